"""The mark in a volume's comment: which copy serves, since which failover. The clusters are the truth.

    nightly build trees [datamotion group=gold role=active epoch=2 path=/vol_1]

What people wrote in the comment stays; only the bracket is ours. `epoch` grows at each failover: when two copies claim
to be active, the higher one serves. `path` is the junction path at which the volume is served while it is active, kept
with every mirror so that a failover needs nothing from the source. `since` is when the role was taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote

from datamotion.model.words import Role

_MARK = re.compile(r"\s*\[datamotion ([^\]]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    group: str
    role: Role
    epoch: int
    path: str | None = None
    since: datetime | None = None

    def says_the_same(self, other: Mark | None) -> bool:
        """Whether both state the same facts; when they were written does not count."""
        return other is not None and (self.group, self.role, self.epoch, self.path) == (
            other.group,
            other.role,
            other.epoch,
            other.path,
        )

    def write(self, comment: str) -> str:
        """`comment` with this mark in place of any earlier one; the rest of it untouched."""
        words = [f"group={quote(self.group)}", f"role={self.role}", f"epoch={self.epoch}"]
        if self.path is not None:
            words.append(f"path={quote(self.path)}")
        if self.since is not None:
            words.append(f"since={self.since.isoformat(timespec='seconds')}")
        return f"{_MARK.sub('', comment)} [datamotion {' '.join(words)}]".lstrip()


def read_mark(comment: str) -> Mark | None:
    """The mark in a volume's comment; None where there is none, or none that can be read.

    >>> read_mark("trees [datamotion group=gold role=mirror epoch=1 path=/v%201]").path
    '/v 1'
    >>> read_mark("trees") is None
    True
    """
    found = _MARK.search(comment)
    if found is None:
        return None
    words = dict(word.split("=", 1) for word in found[1].split() if "=" in word)
    try:
        return Mark(
            group=unquote(words["group"]),
            role=Role(words["role"]),
            epoch=int(words["epoch"]),
            path=unquote(words["path"]) if "path" in words else None,
            since=datetime.fromisoformat(words["since"]) if "since" in words else None,
        )
    except (KeyError, ValueError):
        return None
