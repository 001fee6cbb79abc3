"""A copy through this host, from what was typed to what is told.

How long the command takes to start is part of how long a copy takes: what only some copies need is imported by them.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from datamotion.cli.copy_line import CopyLine
from datamotion.cli.interruptions import interruptions
from datamotion.model.units import count_text, duration_text, size_text
from datamotion.model.visible import visible
from datamotion.service import copying as service
from datamotion.service.copying import Asked, CopyReport, Tally

if TYPE_CHECKING:
    from datamotion.hostcopy.progress import CopyProgressReport

_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_BETWEEN_DOCUMENTS = 1.0


def carry_out(line: CopyLine, *, to_the_end: bool = False) -> int:
    """The copy was made, and what came of it was told; returns the exit status.

    `to_the_end`: the process ends with it. An interruption that comes when all is done changes nothing.

    Raises: DataMotionError.
    """
    asked = service.asked_for(
        line.source,
        line.destination,
        verify=service.Verify(line.verify),
        bwlimit=line.bwlimit,
        force=line.force,
        delta=line.delta,
        in_place=line.in_place,
        sync=line.sync,
    )
    tally = Tally()
    with interruptions(to_the_end=to_the_end) as signals:
        try:
            with _watched(tally, line.output), signals.let_in(unless=lambda: tally.is_ending):
                report = service.copy_through_host(asked, tally)
        except KeyboardInterrupt:
            from datamotion.cli.failing import Interrupted

            by = signals.first.name if signals.first else "Ctrl-C"
            raise Interrupted(
                f"{asked.destination}: the copy was interrupted ({by}); {_stands(asked)}",
                hint=f"run the same command again: it goes on from the last verified piece; {asked.to_give_up}",
            ) from None
        if line.output == "text":
            render_copied(report)
        else:
            _print_json(report, 2 if line.output == "json" else None)
    return report.exit_status


def _stands(asked: Asked) -> str:
    """What the destination is, of a copy that did not end."""
    if asked.in_place:
        return "it may be half changed"
    if asked.delta and os.path.isdir(asked.destination):
        return "what was brought up to date stays, each file whole"
    return "nothing gets that name until all is there"


def _print_json(report: CopyReport, indent: int | None) -> None:
    import json
    from dataclasses import asdict

    from datamotion.service.envelope import enveloped

    print(json.dumps(enveloped("copy", asdict(report), report.exit_status), indent=indent))


def render_copied(report: CopyReport) -> None:
    """What was done, on standard output; what was not, on standard error."""
    if report.failures or report.skipped or report.notes:
        _render_aside(report)
    if report.outcome == "failed":
        return
    what = count_text(report.files, "file") if report.kind == "folder" else f"a {report.kind}"
    rest = [f"{size_text(report.size)}", f"{size_text(report.sent)} sent"]
    rest += [f"{size_text(report.kept)} verified before"] if report.kept else []
    rest += [f"{size_text(report.equal)} equal already"] if report.equal else []
    checked = {"none": "not verified", "fast": "verified", "full": "verified from the disk"}[report.verify]
    took = duration_text(timedelta(seconds=report.seconds))
    print(f"{visible(report.destination)}: {what}, {', '.join(rest)}, {checked}, in {took}")


def _render_aside(report: CopyReport) -> None:
    from datamotion.cli.terminal import open_console, plain, say

    aside = open_console(stderr=True)
    for failure in report.failures:
        hint = f" ({failure.hint})" if failure.hint else ""
        say(aside, f"[bold red]error:[/] {plain(failure.text + hint)}", hang=2)
    for each in report.skipped:
        say(aside, f"[bold yellow]skipped:[/] {plain(each)}", hang=2)
    for each in report.notes:
        say(aside, f"[bold yellow]note:[/] {plain(each)}", hang=2)
    if report.hint:
        say(aside, f"[bold]hint:[/] {plain(report.hint)}", hang=2)
    if report.outcome == "failed":
        say(aside, f"{plain(report.destination)} is as it was: nothing gets that name until all is there.", hang=2)


@contextmanager
def _watched(tally: Tally, output: str) -> Iterator[None]:
    """While it goes on, a line tells the rate, the share and the time that is left; or a document a second."""
    ended = threading.Event()
    is_streamed = output == "jsonl"
    is_terminal = sys.stderr.isatty() and not is_streamed and os.environ.get("TERM") not in ("dumb", "unknown")
    interval = _SECONDS_BETWEEN_LOOKS if is_terminal else _SECONDS_BETWEEN_LINES
    if is_streamed:
        interval = _SECONDS_BETWEEN_DOCUMENTS

    def tell_on() -> None:
        looks, last = 0, 0
        while not ended.wait(interval):
            looks += 1
            from datamotion.hostcopy.progress import progress_of  # few copies take so long

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
    said = f"{size_text(progress.passed)} of {size_text(progress.total)}"
    if progress.is_whole and progress.total:
        said += f", {min(100, 100 * progress.passed // progress.total)}%"
    else:
        said += " so far"
    said += f", {size_text(int(progress.bytes_s))}/s"
    if progress.seconds_left is not None:
        said += f", {duration_text(timedelta(seconds=round(progress.seconds_left)))} left"
    return said
