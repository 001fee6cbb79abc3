"""`datamotion copy` as it is typed: what it tells, and how it ends."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from datamotion.cli.copy_line import read
from datamotion.cli.interruptions import interruptions
from datamotion.cli.main import command_line
from datamotion.service.copying import Asked, Tally, copy_through_host
from tests.faces.documents import check_document
from tests.faces.on_terminal import on_terminal
from tests.faces.screen import Screen
from tests.faces.terminal import typed
from tests.profile import thinned

_AS_COMMAND = "import sys; from datamotion.__main__ import main; main()"


def test_a_copy_tells_in_one_line_what_it_did(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.write_bytes(b"x" * 5000)
    done = typed("copy", source, copy)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"{copy}: a file, 4.9 KiB, 4.9 KiB sent, verified, in ")
    assert done.out.count("\n") == 1
    assert copy.read_bytes() == source.read_bytes()


def test_a_file_goes_into_a_folder_that_is_there_and_links_that_are_named_are_followed(quick_path: Path) -> None:
    (quick_path / "source").write_bytes(b"x")
    (quick_path / "link").symlink_to("source")
    (quick_path / "folder").mkdir()
    (quick_path / "to folder").symlink_to("folder")
    assert typed("copy", quick_path / "link", quick_path / "to folder").status == 0
    assert (quick_path / "folder" / "link").read_bytes() == b"x"
    assert not (quick_path / "folder" / "link").is_symlink()


def test_what_is_there_is_refused_with_what_overrides_it(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.write_bytes(b"new")
    copy.write_bytes(b"old")
    typed("copy", source, copy).failed_cleanly(3, str(copy), "is there already", "--force", "--delta")
    assert copy.read_bytes() == b"old"
    brought = typed("copy", source, copy, "--delta", "-o", "json")
    assert (brought.status, brought.report["sent"], brought.report["outcome"]) == (0, 3, "done")
    assert copy.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--bwlimit", "fast"), "--bwlimit 'fast' is no rate"),
        (("--bwlimit", "0"), "is no rate"),
        (("--inplace",), "--inplace writes into what is there"),
        (("--verify", "much"), "--verify"),
    ],
)
def test_what_cannot_be_read_is_told_and_nothing_is_made(quick_path: Path, options: tuple[str, ...], told: str) -> None:
    (quick_path / "source").write_bytes(b"x")
    typed("copy", quick_path / "source", quick_path / "copy", *options).failed_cleanly(2, told)
    assert [each.name for each in quick_path.iterdir()] == ["source"]


def test_a_missing_source_a_copy_into_itself_and_onto_itself_are_usage(quick_path: Path) -> None:
    (quick_path / "folder").mkdir()
    (quick_path / "file").write_bytes(b"x")
    for there, here in (("absent", "copy"), ("folder", "folder/copy"), ("file", "file"), ("folder", "folder")):
        typed("copy", quick_path / there, quick_path / here).failed_cleanly(2, str(quick_path))
    error = typed("copy", quick_path / "absent", quick_path / "copy", "-o", "json")
    assert json.loads(error.err)["error"]["code"] == "config"


def test_names_may_be_as_long_as_they_can_be(quick_path: Path) -> None:
    source = quick_path / "source"
    source.mkdir()
    (source / ("n" * 255)).write_bytes(b"x")  # its name is as long as one can be
    assert typed("copy", source, quick_path / "copy").status == 0
    (source / "other").write_bytes(b"y")
    assert typed("copy", source, quick_path / "copy", "--delta").status == 0
    assert sorted(each.name[:5] for each in (quick_path / "copy").iterdir()) == ["nnnnn", "other"]


def _interrupted(how: signal.Signals, source: Path, copy: Path, *options: str) -> tuple[int, str]:
    """A copy that takes minutes got a signal once it had begun; how it ended and what it told."""
    command: list[str | Path] = [sys.executable, "-c", _AS_COMMAND, "copy", source, copy, "--bwlimit", "400K", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        journal = copy.with_name(f".{copy.name}.datamotion-journal")
        while process.poll() is None and not journal.exists():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
    assert out == ""
    return process.returncode, err


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("how", thinned([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], 3))
@pytest.mark.parametrize("is_folder", [False, True])
def test_an_interrupted_copy_tells_how_to_go_on_and_how_to_give_up(
    quick_path: Path, how: signal.Signals, is_folder: bool
) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    if is_folder:
        source.mkdir()
    (source / "large" if is_folder else source).write_bytes(b"x" * (40 << 20))
    status, told = _interrupted(how, source, copy)
    assert status == 130
    assert "Traceback" not in told
    assert "cluster" not in told
    assert f"error: {copy}: the copy was interrupted ({how.name}); nothing gets that name until all is there" in told
    assert "run the same command again" in told
    assert not copy.exists()
    for each in (".copy.datamotion-copy", ".copy.datamotion-journal"):
        assert str(quick_path / each) in told
    assert typed("copy", source, copy).status == 0
    assert sorted(each.name for each in quick_path.iterdir()) == ["copy", "source"]
    status, told = _interrupted(how, source, quick_path / "other", "-o", "json")
    assert (status, json.loads(told)["error"]["code"]) == (130, "interrupted")


@pytest.mark.slow
def test_as_it_goes_it_tells_programs_how_far_it_is(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.write_bytes(b"x" * 1_200_000)
    done = typed("copy", source, copy, "--bwlimit", "500K", "-o", "jsonl")
    *goes, report = [json.loads(line) for line in done.out.splitlines()]
    assert (done.status, done.err, report["kind"], report["report"]["sent"]) == (0, "", "copy", 1_200_000)
    assert goes
    for each in (*goes, report):
        check_document(each)
    assert {each["kind"] for each in goes} == {"progress"}
    passed = [each["progress"]["passed"] for each in goes]
    assert passed == sorted(passed)
    assert goes[-1]["progress"]["total"] == 1_200_000


@pytest.mark.parametrize(
    ("source", "copy", "told"),
    [
        ("nfs://server/export", "copy", "addresses are not read"),
        ("", "copy", "SRC is empty"),
        ("source", "", "DST is empty"),
        ("source", "absent/", "absent/: there is no such folder"),
        ("source/", "copy", "source/: there is no such folder"),
    ],
)
def test_what_is_written_as_it_cannot_be_meant_is_told(quick_path: Path, source: str, copy: str, told: str) -> None:
    (quick_path / "source").write_bytes(b"x")
    there, here = (each if ":" in each or not each else f"{quick_path}/{each}" for each in (source, copy))
    ended = typed("copy", there, here)
    assert (ended.status, told in ended.err) == (2, True), ended.err
    assert [each.name for each in quick_path.iterdir()] == ["source"]


@pytest.mark.parametrize("options", [(), ("--force",), ("--delta",)])
@pytest.mark.parametrize(("source", "copy"), [("source", "loop"), ("source", "loop/copy"), ("loop", "copy")])
def test_links_that_lead_in_a_circle_are_told_and_left(
    quick_path: Path, source: str, copy: str, options: tuple[str, ...]
) -> None:
    (quick_path / "source").write_bytes(b"x")
    (quick_path / "loop").symlink_to("other")
    (quick_path / "other").symlink_to("loop")
    ended = typed("copy", f"{quick_path}/{source}", f"{quick_path}/{copy}", *options)
    ended.failed_cleanly(2, "its symbolic links lead in a circle")
    assert sorted(each.name for each in quick_path.iterdir()) == ["loop", "other", "source"]
    assert (quick_path / "loop").is_symlink()


@pytest.mark.slow
@pytest.mark.parametrize("term", thinned(["xterm", "dumb"], 2))
def test_as_it_goes_one_line_is_drawn_anew_where_that_can_be_and_only_the_end_stays(
    quick_path: Path, term: str
) -> None:
    (quick_path / "source").write_bytes(b"x" * 1_000_000)
    command = [sys.executable, "-c", _AS_COMMAND, "copy", quick_path / "source", quick_path / "copy"]
    environ = {"TERM": term, "COLUMNS": "", "LINES": "", "NO_COLOR": "1"}
    with on_terminal(*command, "--bwlimit", "400K", environ=environ) as opened:
        shown = opened.read_to_the_end()
    assert ("\x1b" in shown) == ("B/s" in shown) == (term == "xterm"), shown
    screen = Screen(80, 24)
    screen.show(shown)
    assert screen.lines[0].startswith(f"{quick_path / 'copy'}: a file, 977 KiB")
    assert "B/s" not in "".join(screen.lines)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("how", thinned([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], 3))
def test_an_interruption_at_the_very_end_changes_nothing(quick_path: Path, how: signal.Signals) -> None:
    """Nobody reads what it tells yet, so it cannot end before it is interrupted."""
    source, copy = quick_path / "source", quick_path / "copy"
    source.write_bytes(b"x" * 1000)
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    filler = 0
    with suppress(BlockingIOError):
        while True:
            filler += os.write(writes, b" " * 4096)
    os.set_blocking(writes, True)
    command: list[str | Path] = [sys.executable, "-c", _AS_COMMAND, "copy", source, copy]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}  # it tells at its end
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=writes, text=True, env=buffered) as process:
        os.close(writes)
        while process.poll() is None and (not copy.exists() or list(quick_path.glob(".copy.*"))):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        process.send_signal(how)
        with os.fdopen(reads, encoding="utf-8") as told:
            out = told.read()[filler:]
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith(f"{copy}: a file")


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("options", [[], ["--delta", "--inplace"]])
def test_what_is_interrupted_while_it_gets_its_name_comes_to_its_end(quick_path: Path, options: list[str]) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.write_bytes(b"new")
    if options:
        copy.write_bytes(b"old")
    line = read([str(source), str(copy), *options])
    assert line is not None
    asked = Asked(str(source), str(copy), delta=line.delta, in_place=line.in_place)
    tally = _Interrupted()
    with interruptions() as signals, signals.let_in(unless=lambda: tally.is_ending):
        report = copy_through_host(asked, tally)
    assert signals.first is signal.SIGINT
    assert (report.outcome, copy.read_bytes()) == ("done", b"new")
    assert sorted(each.name for each in quick_path.iterdir()) == ["copy", "source"]


class _Interrupted(Tally):
    """Ctrl-C comes when the copy is about to get its name."""

    def __setattr__(self, name: str, value: object) -> None:
        was_ending = getattr(self, "is_ending", True)
        super().__setattr__(name, value)
        if self.is_ending and not was_ending:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--verify", "none"],
        ["--verify=full", "--force"],
        ["--delta", "--inplace", "--bwlimit", "80M"],
        ["--sync", "--bwlimit=1.5G", "-o", "json"],
        ["--output=jsonl"],
        ["--output", "text", "--output", "json"],
    ],
)
def test_a_plain_line_says_the_same_to_whoever_reads_it(options: list[str]) -> None:
    """What reads the line of a copy because it starts at once, and what reads those of all commands."""
    command = command_line("copy").commands["copy"]
    for arguments in ([*options, "there", "here"], ["there", *options, "here"], ["there", "here", *options]):
        line = read(arguments)
        assert line is not None
        assert line._asdict() == command.make_context("copy", list(arguments)).params


@pytest.mark.parametrize(
    "arguments",
    [
        ["there"],
        ["there", "here", "more"],
        ["there", ""],
        ["there", "here", "--help"],
        ["there", "here", "--verify"],
        ["there", "here", "--verify=quick"],
        ["there", "here", "--force=yes"],
        ["there", "here", "-ojson"],
        ["there", "here", "-o=json"],
        ["there", "here", "--bwlimit", "--force"],
        ["--", "--there", "--here"],
        ["-there", "here"],
    ],
)
def test_what_is_not_plain_is_left_to_what_reads_all_lines(arguments: list[str]) -> None:
    assert read(arguments) is None


def test_a_plain_copy_needs_nothing_that_is_slow_to_import(quick_path: Path) -> None:
    source = quick_path / "source"
    source.write_bytes(b"x" * (20 << 20))
    told = "; import atexit; atexit.register(lambda: print(*sys.modules)); main()"
    command: list[str | Path] = [
        sys.executable,
        "-c",
        _AS_COMMAND.replace("; main()", told),
        "copy",
        source,
        quick_path / "copy",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said, imported = done.stdout.splitlines()
    assert said.startswith(f"{quick_path / 'copy'}: a file, 20 MiB")
    slow = {
        "anyio",
        "asyncio",
        "concurrent.futures",
        "ctypes",
        "datamotion.hostcopy.progress",
        "datamotion.hostcopy.tree",
        "logging",
        "multiprocessing",
        "pathlib",
        "pydantic",
        "rich",
        "typer",
    }
    assert not slow & set(imported.split())


@pytest.mark.parametrize("verify", ["fast", "full"])
@pytest.mark.parametrize("delta", [("--delta",), ("--delta", "--inplace"), ()], ids=" ".join)
def test_a_file_that_was_one_with_another_is_copied_as_itself(
    quick_path: Path, verify: str, delta: tuple[str, ...]
) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.mkdir()
    (source / "a").write_text("first")
    os.link(source / "a", source / "b")
    os.link(source / "a", source / "c")
    if delta:
        assert typed("copy", source, copy).status == 0
    else:
        _fails_first(source, copy)
    (source / "b").unlink()
    (source / "b").write_text("second, longer")
    assert typed("copy", source, copy, *delta, f"--verify={verify}").status == 0
    assert [(copy / name).read_text() for name in "abc"] == ["first", "second, longer", "first"]
    assert [(copy / name).stat().st_nlink for name in "abc"] == [2, 1, 2]


def test_a_copy_that_was_cut_off_goes_on_where_a_link_a_pipe_and_a_folder_became_files(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    (source / "folder").mkdir(parents=True)
    (source / "link").symlink_to(quick_path / "outside")
    os.mkfifo(source / "pipe")
    (quick_path / "outside").write_text("outside")
    _fails_first(source, copy)
    (source / "link").unlink()
    (source / "pipe").unlink()
    (source / "folder").rmdir()
    for name in ("link", "pipe", "folder"):
        (source / name).write_text(name)
    again = typed("copy", source, copy)
    assert (again.status, again.err) == (0, "")
    assert {each.name: each.read_text() for each in copy.iterdir()} == {n: n for n in ("link", "pipe", "folder")}
    assert (quick_path / "outside").read_text() == "outside"


def _fails_first(source: Path, copy: Path) -> None:
    """All is copied but a file that is too large, which is gone then."""
    (source / "large").write_bytes(b"x" * (1 << 20))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, limits[1]))
        assert typed("copy", source, copy).status == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (source / "large").unlink()
