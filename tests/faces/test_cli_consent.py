"""What a person is asked before it is carried out, and does not agree to."""

from __future__ import annotations

import io
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faces.labs import Lab, some_files, writes
from tests.faces.terminal import SCRIPT


def read_until(told: bytes, screen: io.FileIO) -> bytes:
    """What comes to a terminal's screen, up to that. Fails if nothing comes for long."""
    shown = b""
    while told not in shown:
        assert select.select([screen], [], [], 30)[0], shown
        shown += screen.read(1024)
    return shown


@pytest.mark.usefixtures("interruptible")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "answer", "told"),
    [
        ("text", b"\xff\xfe\n", b"Not carried out."),
        ("text", b"\n", b"Not carried out."),
        ("json", None, b"Nothing of this plan was carried out."),
    ],
)
def test_what_a_person_does_not_agree_to_is_not_carried_out(
    lab: Lab, tmp_path: Path, form: str, answer: bytes | None, told: bytes
) -> None:
    """They press Enter, or Ctrl-C."""
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    before = [writes(lab.site, name) for name in ("paris", "lyon")]
    keyboard, terminal = os.openpty()
    words = ["apply", "-c", str(lab.folder / "datamotion.yaml"), "-o", form]
    with open(keyboard, "r+b", buffering=0) as screen, open(terminal, "r+b", buffering=0) as tty:  # noqa: PTH123
        with subprocess.Popen([SCRIPT, *words], stdin=tty, stdout=subprocess.PIPE, stderr=tty) as process:
            shown = read_until(b"Carry this out?", screen)
            if answer is None:
                process.send_signal(signal.SIGINT)
            else:
                screen.write(answer)
            out, _ = process.communicate(timeout=30)
        shown += read_until(told, screen)
    assert process.returncode == (1 if answer else 130)
    assert b"Create destination volumes" in (out if form == "text" else shown), "the question comes with its plan"
    assert form == "text" or out == b""
    assert [writes(lab.site, name) for name in ("paris", "lyon")] == before
