"""The same said once: what is to be told of many volumes, in the words of the first, with their number."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from datamotion.model.units import count_text

T = TypeVar("T")
_SHOWN_NAMES = 4
_OF_ITS_OWN = re.compile(r"uuid \S+|\bsnapmirror\.[0-9a-f-]{36}_[^\s,]+")
"""Names that every volume has others of."""


def names_text(names: Sequence[str], most: int = _SHOWN_NAMES) -> str:
    """The first of these names, and how many more there are.

    >>> names_text(["vol_1", "vol_2", "vol_3"], most=1)
    'vol_1 and 2 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def alike(things: Iterable[T], said: Callable[[T], tuple[str, str | None, Hashable]]) -> list[list[T]]:
    """Those that say the same, together, in the order of their first.

    `said` gives the text, the volume that it is about, and what else has to be equal. Texts that differ only in that
    volume's name, in a uuid, or in the snapshot that SnapMirror left, say the same.
    """
    found: dict[Hashable, list[T]] = {}
    for thing in things:
        text, volume, other = said(thing)
        found.setdefault((other, _OF_ITS_OWN.sub("", text.replace(volume, "") if volume else text)), []).append(thing)
    return list(found.values())


def and_others(text: str, volumes: Sequence[str]) -> str:
    """The text about the first of these volumes, and for whom else it holds.

    >>> and_others("vol_1 is full", ["vol_1", "vol_2"])
    'vol_1 is full; the same holds for 1 other volume: vol_2'
    """
    others = volumes[1:]
    more = f"; the same holds for {count_text(len(others), 'other volume')}: {names_text(others)}" if others else ""
    return text + more
