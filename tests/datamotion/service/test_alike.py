"""The same is said once, and nothing else is taken for the same."""

from __future__ import annotations

import doctest

from datamotion.service import alike as module
from datamotion.service.alike import alike


def grouped(*said: tuple[str, str | None]) -> list[list[str]]:
    return [[text for text, _ in group] for group in alike(said, lambda each: (each[0], each[1], None))]


def test_the_examples_hold() -> None:
    result = doctest.testmod(module)
    assert (result.failed, result.attempted) == (0, 2)


def test_texts_that_differ_in_their_volume_and_uuid_say_the_same() -> None:
    assert len(grouped(("vol_1 (uuid 1b2c) is full", "vol_1"), ("vol_2 (uuid 9f00) is full", "vol_2"))) == 1


def test_texts_that_differ_in_the_snapshot_that_snapmirror_left_say_the_same() -> None:
    left = "snapmirror.be0e63cc-354e-5bba-98f9-948c00137546_{}.2026-03-01_120500"
    said = [
        (f"{name} goes back to {left.format(number)}, 5 min old", name)
        for number, name in enumerate(("vol_1", "vol_2"))
    ]
    assert len(grouped(*said)) == 1
    another = ("vol_3 goes back to hourly.2026-03-01_1205, 5 min old", "vol_3")
    assert len(grouped(*said, another)) == 2


def test_texts_that_differ_in_anything_else_do_not() -> None:
    said = (("vol_1 is full", "vol_1"), ("vol_2 is offline", "vol_2"), ("vol_3 is full", None))
    assert grouped(*said) == [[text] for text, _ in said]
