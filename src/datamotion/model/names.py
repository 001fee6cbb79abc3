"""Names in the order in which people count: vol_2 before vol_10."""

from __future__ import annotations

import re
from functools import lru_cache

_DIGITS = re.compile(r"(\d+)", re.ASCII)


@lru_cache(maxsize=2**15)  # every look sorts the same names again
def counted(name: str) -> tuple[tuple[str, int], ...]:
    """A key to sort names by.

    >>> sorted(["vol_10", "vol_2", "vol"], key=counted)
    ['vol', 'vol_2', 'vol_10']
    """
    parts = _DIGITS.split(name)
    return tuple((text, int(digits[:18] or -1)) for text, digits in zip(parts[::2], [*parts[1::2], ""], strict=True))
