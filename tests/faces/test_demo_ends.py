"""However the demo ends, nothing of it is left: no process, no file."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from datamotion.exit_status import ExitStatus
from docs.consoles import Ended, refreshed
from docs.record import TOLD
from tests.faces.labs import some_files
from tests.faces.on_terminal import CTRL_C, on_terminal
from tests.faces.terminal import SCRIPT, typed_as_process
from tests.faces.test_pages import ROOT
from tests.ontaplab.site.labs import eventually, processes_in
from tests.profile import some

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("interruptible")]

STARTING, FILLING, PROTECTING = "", "Filling paris", "Initialize, at lyon"


@pytest.fixture
def demo(tmp_path: Path) -> Callable[..., list[object]]:
    """The command for a demo with few files, perhaps of another program than the installed one."""
    files = some_files(tmp_path / "files")
    (tmp_path / "a place").mkdir()
    return lambda *program: [*(program or (SCRIPT, "demo")), "--from", files]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the demo makes its folder."""
    return tmp_path / "a place"


def nothing_is_left(place: Path) -> None:
    eventually(lambda: not processes_in(place) and not list(place.iterdir()), seconds=20)


@pytest.mark.parametrize("moment", some([PROTECTING, STARTING, FILLING]))
def test_ctrl_c_is_told_once_however_often_it_is_pressed(
    demo: Callable[..., list[object]], place: Path, moment: str
) -> None:
    with on_terminal(*demo(), environ={"TMPDIR": str(place)}) as it:
        if moment is STARTING:
            eventually(lambda: any(place.iterdir()))
        else:
            it.read_until(moment)
        shown = it.press_until_the_end(CTRL_C)
    assert it.process.returncode == 130
    assert "the demo was interrupted (SIGINT)" in shown
    assert "nothing is left of it; the same command starts anew" in shown
    assert "Traceback" not in shown
    assert not list(place.iterdir())
    assert not processes_in(place)


@pytest.mark.parametrize("how", some([signal.SIGTERM, signal.SIGHUP]))
def test_a_signal_that_ends_processes_is_told_and_leaves_nothing(
    demo: Callable[..., list[object]], place: Path, how: signal.Signals
) -> None:
    with on_terminal(*demo(), environ={"TMPDIR": str(place)}) as it:
        it.read_until(PROTECTING)
        it.process.send_signal(how)
        shown = it.read_until("anew")
    assert f"the demo was interrupted ({how.name})" in shown
    assert it.process.returncode == 128 + how
    nothing_is_left(place)


def test_a_closed_terminal_leaves_nothing(demo: Callable[..., list[object]], place: Path) -> None:
    with on_terminal(*demo(), environ={"TMPDIR": str(place)}) as it:
        it.read_until(PROTECTING)
        it.close()
    assert it.process.returncode > 0
    nothing_is_left(place)


@pytest.mark.parametrize("moment", some([PROTECTING, STARTING]))
def test_a_kill_leaves_nothing(demo: Callable[..., list[object]], place: Path, moment: str) -> None:
    with on_terminal(*demo(), environ={"TMPDIR": str(place)}) as it:
        if moment is STARTING:
            eventually(lambda: bool(processes_in(place)))
        else:
            it.read_until(moment)
        it.process.kill()
    nothing_is_left(place)


@pytest.mark.parametrize("how", some([signal.SIGINT, signal.SIGTERM]))
def test_a_signal_to_make_ends_its_demo_too(place: Path, tmp_path: Path, how: signal.Signals) -> None:
    files = some_files(tmp_path / "files")
    makefile = Path(__file__).parents[2]
    words = ("make", "-C", makefile, "-o", ".venv/.run", f"BIN={SCRIPT.parent}", f"FROM={files}", "demo")
    place.mkdir()
    with on_terminal(*words, environ={"TMPDIR": str(place), "MAKEFLAGS": "", "MAKELEVEL": ""}) as it:
        it.read_until(PROTECTING)
        if how is signal.SIGINT:
            it.press(CTRL_C)
        else:
            it.process.send_signal(how)
        it.read_until("anew")
    assert it.process.returncode != 0
    nothing_is_left(place)


def test_output_that_nobody_reads_any_more_leaves_nothing(demo: Callable[..., list[object]], place: Path) -> None:
    environ = os.environ | {"TMPDIR": str(place)}
    words = [str(word) for word in demo()]
    with subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 1
    nothing_is_left(place)


@pytest.mark.sweep
def test_a_kept_lab_tells_commands_that_work_as_they_are_typed_and_pages_tell_of_it_what_it_printed(
    demo: Callable[..., list[object]], place: Path, tmp_path: Path
) -> None:
    words = [str(word) for word in demo()][1:]
    for path in (os.defpath, f"{SCRIPT.parent}:{os.defpath}"):
        environ = {"TMPDIR": str(place), "PATH": path}
        kept = typed_as_process(*words, "--keep", folder=tmp_path, environ=environ)
        assert kept.status == 0, kept
        told = Ended(0, kept.out.partition("== The lab goes on running")[0])
        for name in TOLD:
            refreshed((ROOT / "docs" / name).read_text(encoding="utf-8"), lambda _, told=told: told)  # type: ignore[misc]
        for line in kept.out.splitlines()[-2:]:
            ended = subprocess.run(shlex.split(line), cwd=tmp_path, env=os.environ | environ, check=False)
            assert ended.returncode in {0, 4}, "paris has been killed"
        nothing_is_left(place)


def test_an_interrupt_while_it_is_imported_ends_it_in_silence() -> None:
    words = [sys.executable, "-X", "importtime", str(SCRIPT), "status"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "datamotion.cli" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert "Traceback" not in process.stderr.read()
    assert process.returncode in (-signal.SIGINT, ExitStatus.INTERRUPTED)  # before or after what is imported first


def test_a_closed_standard_output_is_written_to_in_silence(tmp_path: Path) -> None:
    command = f"exec {shlex.quote(str(SCRIPT))} --help >&-"
    ended = subprocess.run(["sh", "-c", command], cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
