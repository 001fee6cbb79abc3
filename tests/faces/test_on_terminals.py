"""Every face on a terminal of its own, beside what was kept of it: at 80 columns, at 200, and where nothing is drawn.

After a change that is meant, `KEEP=1 pytest --hypothesis-profile=soak tests/faces/test_on_terminals.py` keeps what is
shown now.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.faces.on_terminal import on_terminal
from tests.faces.pictures import FACES
from tests.profile import thinned

KEPT = Path(__file__).parent / "kept" / "terminals"
TERMINALS = {"80": ("xterm-256color", (80, 24)), "200": ("xterm-256color", (200, 50)), "dumb": ("dumb", (80, 24))}

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CURSOR = re.compile(r"\x1b\[\?25[lh]")


def shown_on(face: str, terminal: str) -> str:
    term, size = TERMINALS[terminal]
    environ = {"TERM": term, "COLUMNS": "", "LINES": "", "NO_COLOR": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    with on_terminal(sys.executable, "-m", "tests.faces.pictures", face, environ=environ, size=size) as opened:
        return opened.read_to_the_end()


def read(shown: str) -> str:
    """Without colours; where the picture is drawn anew, a line says so."""
    plain = _CURSOR.sub("", _COLOUR.sub("", shown)).replace("\r\n", "\n")
    plain = re.sub(r"(?:\r|\x1b\[2K|\x1b\[1A)+", "\n-- drawn anew:\n", plain)
    return "\n".join(line.rstrip() for line in plain.split("\n"))


@pytest.mark.parametrize(("face", "terminal"), thinned([(face, each) for face in FACES for each in TERMINALS], 2))
def test_it_is_shown_as_it_was_kept(face: str, terminal: str) -> None:
    path = KEPT / f"{face}-{terminal}.txt"
    shown = shown_on(face, terminal)
    if os.environ.get("KEEP"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(read(shown), encoding="utf-8")
    assert read(shown) == path.read_text(encoding="utf-8")
    if terminal == "dumb":
        assert "\x1b" not in shown, "such a terminal understands none of it"
    else:
        assert "\x1b" not in read(shown), "it is shown, or it is known what it does"
