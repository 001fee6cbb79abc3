"""`datamotion copy`: bytes through this host.

How long the command takes to start is part of how long a copy takes: what it needs is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datamotion.service.copying import Asked, CopyProgressReport, CopyReport, Tally


class Form(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


class Checked(StrEnum):
    """How far the destination is checked."""

    FAST = "fast"
    FULL = "full"
    NONE = "none"


_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_BETWEEN_DOCUMENTS = 1.0


def copy(
    source: Annotated[str, typer.Argument(metavar="SRC", help="A file, a folder or a block device.")],
    destination: Annotated[
        str, typer.Argument(metavar="DST", help="The copy itself; a file goes into a folder that is there.")
    ],
    verify: Annotated[
        Checked,
        typer.Option(
            help="fast: the copy is read back and its sums compared; full: from the disk, after all is written to it."
        ),
    ] = Checked.FAST,
    bwlimit: Annotated[
        str | None, typer.Option("--bwlimit", metavar="RATE", help="Bytes a second at most: 500K, 80M, 1.5G.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there, once the copy is whole.")] = False,
    delta: Annotated[
        bool, typer.Option("--delta", help="Bring an older copy up to date: only changed blocks are sent.")
    ] = False,
    in_place: Annotated[
        bool, typer.Option("--inplace", help="Write into what is there: a reader may see it half changed.")
    ] = False,
    sync: Annotated[
        bool, typer.Option("--sync", help="Have all on the disk before the copy gets its name; full does so anyway.")
    ] = False,
    output: Annotated[
        Form, typer.Option("-o", "--output", help="Text for people, JSON for programs, also as it goes.")
    ] = Form.TEXT,
) -> None:
    """Copy a file, a folder or a block device through this host, verified, and resumable after any interruption.

    The copy gets its name when it is whole: no reader sees half a file. Run again after anything it goes on from the
    last verified piece. What is there already is left alone without --force or --delta.

    Example: datamotion copy /mnt/gold/disk.img /mnt/silver/disk.img
    """
    from datamotion.cli.failing import Interrupted
    from datamotion.cli.interruptions import interruptions
    from datamotion.service import copying as service

    asked = service.asked_for(
        source,
        destination,
        verify=service.Verify(verify.value),
        bwlimit=bwlimit,
        force=force,
        delta=delta,
        in_place=in_place,
        sync=sync,
    )
    tally = service.Tally()
    with interruptions() as signals:
        try:
            with _watched(tally, output), signals.let_in():
                report = service.copy_through_host(asked, tally)
        except KeyboardInterrupt:
            by = signals.first.name if signals.first else "Ctrl-C"
            raise Interrupted(
                f"{asked.destination}: the copy was interrupted ({by}); {_stands(asked)}",
                hint="run the same command again: it goes on from the last verified piece;"
                f" to give up, remove {asked.temporary} and {asked.journal}",
            ) from None
    if output is not Form.TEXT:
        _print_json(report, 2 if output is Form.JSON else None)
    else:
        render_copied(report)
    raise typer.Exit(report.exit_status)


def _stands(asked: Asked) -> str:
    """What the destination is, of a copy that did not end."""
    if asked.in_place:
        return "it may be half changed"
    if asked.delta and Path(asked.destination).is_dir():
        return "what was brought up to date stays, each file whole"
    return "nothing gets that name until all is there"


def _print_json(report: CopyReport, indent: int | None) -> None:
    import json
    from dataclasses import asdict

    from datamotion.service.envelope import enveloped

    print(json.dumps(enveloped("copy", asdict(report), report.exit_status), indent=indent))


def render_copied(report: CopyReport) -> None:
    """What was done, on standard output; what was not, on standard error."""
    from datamotion.cli.terminal import open_console, plain, say
    from datamotion.model.units import count_text, duration_text, size_text

    console, aside = open_console(), open_console(stderr=True)
    for each in report.failures:
        say(aside, f"[bold red]error:[/] {plain(each)}", hang=2)
    for each in report.skipped:
        say(aside, f"[bold yellow]skipped:[/] {plain(each)}", hang=2)
    for each in report.notes:
        say(aside, f"[bold yellow]note:[/] {plain(each)}", hang=2)
    if report.outcome == "failed":
        say(aside, f"{plain(report.destination)} is as it was: nothing gets that name until all is there.", hang=2)
        return
    what = count_text(report.files, "file") if report.kind == "folder" else f"a {report.kind}"
    rest = [f"{size_text(report.size)}", f"{size_text(report.sent)} sent"]
    rest += [f"{size_text(report.kept)} verified before"] if report.kept else []
    rest += [f"{size_text(report.equal)} equal already"] if report.equal else []
    checked = {"none": "not verified", "fast": "verified", "full": "verified from the disk"}[report.verify]
    took = duration_text(timedelta(seconds=report.seconds))
    say(console, f"{plain(report.destination)}: {what}, {', '.join(rest)}, {checked}, in {took}", hang=2)


@contextmanager
def _watched(tally: Tally, form: Form) -> Iterator[None]:
    """While it goes on, a line tells the rate, the share and the time that is left; or a document a second."""
    import os
    import sys
    import threading

    from datamotion.service.copying import progress_of

    ended = threading.Event()
    is_streamed = form is Form.JSONL
    is_terminal = sys.stderr.isatty() and not is_streamed and os.environ.get("TERM") not in ("dumb", "unknown")
    interval = _SECONDS_BETWEEN_LOOKS if is_terminal else _SECONDS_BETWEEN_LINES
    if is_streamed:
        interval = _SECONDS_BETWEEN_DOCUMENTS

    def tell_on() -> None:
        looks, last = 0, 0
        while not ended.wait(interval):
            looks += 1
            progress = progress_of(tally, (tally.passed - last) / interval, tally.passed / (looks * interval))
            last = tally.passed
            try:
                if is_streamed:
                    _print_progress(progress)
                    continue
                line = progress_line(progress)
                print(f"\r\x1b[K{line}" if is_terminal else line, end="" if is_terminal else "\n", file=sys.stderr)
                sys.stderr.flush()
            except OSError:  # nobody reads it any more, which stops no copy
                return
        if is_terminal and looks:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell_on, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _print_progress(progress: CopyProgressReport) -> None:
    import json
    from dataclasses import asdict

    from datamotion.service.envelope import enveloped

    print(json.dumps(enveloped("progress", asdict(progress))), flush=True)


def progress_line(progress: CopyProgressReport) -> str:
    """The share is told once all of the source is known."""
    from datamotion.model.units import duration_text, size_text

    said = f"{size_text(progress.passed)} of {size_text(progress.total)}"
    if progress.is_whole and progress.total:
        said += f", {min(100, 100 * progress.passed // progress.total)}%"
    else:
        said += " so far"
    said += f", {size_text(int(progress.bytes_s))}/s"
    if progress.seconds_left is not None:
        said += f", {duration_text(timedelta(seconds=round(progress.seconds_left)))} left"
    return said
