"""What a volume's comment says that keeps what a copy gave up before it became a mirror again.

    what gold-paris held of vol_1 [datamotion kept=9c1e... snapshot=datamotion_kept_gold-paris_2_1]

Such a volume is a copy of nothing: whatever patterns select it, it is no member of a group.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_KEPT = re.compile(r"\[datamotion kept=(\S{1,60}) snapshot=([^\s\]]{1,255})\]")


def kept_prefix(backend: str) -> str:
    """How the names of snapshots begin that keep what its copies give up: no two sites take any of one name."""
    return f"datamotion_kept_{backend}_"


class Kept(NamedTuple):
    """`volume` is the uuid of the copy that it was cloned from, at the snapshot of that name; of one that is kept
    itself they are its own, and `all`.
    """

    volume: str
    snapshot: str

    def write(self, text: str) -> str:
        """A comment that says so, behind this text for people."""
        return f"{text} [datamotion kept={self.volume} snapshot={self.snapshot}]"


def read_kept(comment: str) -> Kept | None:
    """
    >>> read_kept(Kept("9c1e", "snap").write("what gold-paris held of vol_1"))
    Kept(volume='9c1e', snapshot='snap')
    >>> read_kept("what gold-paris held of vol_1") is None
    True
    """
    found = _KEPT.search(comment)
    return Kept(found[1], found[2]) if found else None
