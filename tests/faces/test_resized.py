"""A terminal that gets another size while a run is followed on it: the picture is drawn anew, and nothing is left."""

from __future__ import annotations

import os
import sys

from tests.faces import resized
from tests.faces.on_terminal import on_terminal
from tests.faces.screen import Screen

PICTURE = ["Protect", "3", "0", "0", "vol_1", "vol_2", "vol_3"]
"""How its lines begin."""


def test_after_a_change_of_size_one_picture_stands_and_it_fits() -> None:
    environ = {"TERM": "xterm", "COLUMNS": "", "LINES": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    screen = Screen(80, 24)
    with on_terminal(sys.executable, "-m", resized.__name__, environ=environ, size=(80, 24)) as opened:
        screen.show(opened.read_until(resized.BELL))
        for seconds, columns, rows in ((10, 40, 12), (20, 120, 40)):
            opened.resize(columns, rows)
            screen.resize(columns, rows)
            screen.show(opened.read_until(resized.BELL))
            assert begins(screen) == PICTURE
            assert screen.lines[0].endswith(f" {seconds} s so far")
            assert columns / 2 < max(map(len, screen.lines)) < columns
        screen.show(opened.read_to_the_end())
    assert begins(screen) == PICTURE, "the last one stays"
    assert screen.lines[0].endswith("ended, 20 s so far")


def begins(screen: Screen) -> list[str]:
    return [line.split()[0][:7] for line in screen.lines if line]
