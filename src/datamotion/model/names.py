"""Names: in the order in which people count, vol_2 before vol_10; and whether one is text alone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, marks of direction, halves of pairs, line ends
_DIGITS = re.compile(r"(\d+)", re.ASCII)


@lru_cache(maxsize=2**15)  # every look sorts the same names again
def counted(name: str) -> tuple[tuple[str, int], ...]:
    """A key to sort names by.

    >>> sorted(["vol_10", "vol_2", "vol"], key=counted)
    ['vol', 'vol_2', 'vol_10']
    """
    parts = _DIGITS.split(name)
    return tuple((text, int(digits[:18] or -1)) for text, digits in zip(parts[::2], [*parts[1::2], ""], strict=True))


def is_plain(text: str) -> bool:
    """Whether all of it is seen as it is: nothing that steers a terminal, turns text round or begins a line.

    >>> is_plain("/données 1"), is_plain("/vol_1\x1b[8m")
    (True, False)
    """
    return (text.isascii() and text.isprintable()) or not any(unicodedata.category(each) in _UNSEEN for each in text)
