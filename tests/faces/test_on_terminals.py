"""Every face on a terminal of its own, beside what was kept of it: at 80 columns, at 200, and where nothing is drawn.

After a change that is meant, `KEEP=1 pytest --hypothesis-profile=soak tests/faces/test_on_terminals.py` keeps what is
shown now.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faces import lab_shown, pictures, played
from tests.faces.on_terminal import on_terminal
from tests.profile import thinned

KEPT = Path(__file__).parent / "kept" / "terminals"
TERMINALS = {"80": ("xterm-256color", (80, 24)), "200": ("xterm-256color", (200, 50)), "dumb": ("dumb", (80, 24))}
PICTURES, STORY, LAB = pictures.__name__, played.__name__, lab_shown.__name__
CASES = [
    *((PICTURES, terminal, face) for terminal in thinned(tuple(TERMINALS), 2) for face in pictures.FACES),
    *((STORY, terminal, face) for terminal in thinned(tuple(TERMINALS), 3) for face in played.FACES),
    *((LAB, terminal, face) for terminal in thinned(tuple(TERMINALS), 3) for face in lab_shown.FACES),
]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CURSOR = re.compile(r"\x1b\[\?25[lh]")
_OF_THE_DAY = re.compile(r"(\bpid |\bprocess |127\.0\.0\.1:)\d+")


@cache
def shown_on(program: str, terminal: str) -> Mapping[str, str]:
    """By face, what a program shows that prints many."""
    term, size = TERMINALS[terminal]
    environ = {"TERM": term, "COLUMNS": "", "LINES": "", "NO_COLOR": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    with (
        TemporaryDirectory() as folder,
        on_terminal(sys.executable, "-m", program, folder, environ=environ, size=size) as opened,
    ):
        _, *parts = opened.read_to_the_end().split(pictures.BEGINS)
    return dict(part.split("\r\n", 1) for part in parts)


def read(shown: str) -> str:
    """Without colours; where the picture is drawn anew, a line says so."""
    plain = _CURSOR.sub("", _COLOUR.sub("", shown)).replace("\r\n", "\n")
    plain = re.sub(r"(?:\r|\x1b\[2K|\x1b\[1A)+", "\n-- drawn anew:\n", plain)
    return "\n".join(line.rstrip() for line in plain.split("\n"))


def on_any_day(shown: str) -> str:
    """Whatever processes and ports a lab got: how wide a column is, and where one line is wrapped, goes by them."""
    same = _OF_THE_DAY.sub(r"\1N", _COLOUR.sub("", shown))
    unwrapped = re.sub(r"(is killed[^\r\n]*)\r\n +", r"\1 ", same)
    return re.sub(r"(?<=\S) {2,}", "  ", unwrapped) if "127.0.0.1" in unwrapped else unwrapped


@pytest.mark.parametrize(("program", "terminal", "face"), CASES)
def test_it_is_shown_as_it_was_kept(program: str, terminal: str, face: str) -> None:
    path = KEPT / f"{face}-{terminal}.txt"
    shown = shown_on(program, terminal)[face]
    told = read(on_any_day(shown) if program == LAB else shown)
    if os.environ.get("KEEP"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")
    if terminal == "dumb":
        assert "\x1b" not in shown, "such a terminal understands none of it"
    else:
        assert "\x1b" not in told, "it is shown, or it is known what it does"


def test_no_picture_is_kept_of_what_is_no_face_any_more() -> None:
    faces = (*pictures.FACES, *played.FACES, *lab_shown.FACES)
    assert {path.name for path in KEPT.iterdir()} == {f"{face}-{each}.txt" for face in faces for each in TERMINALS}
