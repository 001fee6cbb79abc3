"""A terminal that gets another size while it is looked at: what is followed is drawn anew, and nothing is left."""

from __future__ import annotations

import os
import sys

from tests.faces import resized, resized_status
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


def test_a_status_that_is_watched_fits_at_once_and_not_only_at_its_next_look() -> None:
    environ = {"TERM": "xterm", "COLUMNS": "", "LINES": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    screen, shown = Screen(80, 24), []
    with on_terminal(sys.executable, "-m", resized_status.__name__, environ=environ, size=(80, 24)) as opened:
        screen.show(opened.read_until(resized.BELL))
        for columns, rows in ((60, 24), (200, 50)):
            shown.append(screen.lines)
            opened.resize(columns, rows)
            screen.resize(columns, rows)
            screen.show(opened.read_until(resized.BELL))
            assert max(map(len, screen.lines)) < columns
        shown.append(screen.lines)
        screen.show(opened.read_to_the_end())
        shown.append(screen.lines)
    for lines in shown:
        for once in ("gold is served by gold-paris since", "vol_1 ", "vol_2 ", "seen at 12:00:00 UTC, every 5 s"):
            assert len([line for line in lines if line.lstrip().startswith(once)]) == 1, (once, lines)
        assert [line for line in lines if line][-1].startswith("seen at")
    assert max(map(len, shown[2])) > 80, "the long name has room there"
    assert shown[3][: len(shown[2])] == shown[2], "the last one stays"


def begins(screen: Screen) -> list[str]:
    return [line.split()[0][:7] for line in screen.lines if line]
