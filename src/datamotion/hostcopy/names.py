"""Files that have several names: which names of the source are one file, and whether those of the copy are the same."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Iterable
from dataclasses import dataclass, field

Inode = tuple[int, int]


@dataclass
class Names:
    """Of each file that has several names at the source the path of the first copy, and all `others`."""

    others: list[tuple[str, Inode, os.stat_result]] = field(default_factory=list)
    _first: dict[Inode, str] = field(default_factory=dict)

    def is_first(self, target: str, stat: os.stat_result) -> bool:
        """Of the names of one file the first is copied; the others become links to it, when it is there."""
        key = stat.st_dev, stat.st_ino
        if self._first.setdefault(key, target) == target:
            return True
        self.others.append((target, key, stat))
        return False

    def first(self, key: Inode) -> str:
        return self._first[key]

    def whole(self, firsts: Iterable[str]) -> set[str]:
        """Those of these first copies that have no name but those of their source: what is done to one, is to no other.

        It is known when all of the source has been listed.
        """
        counts = dict.fromkeys(firsts, 1)
        for target, key, _ in self.others:
            first = self._first[key]
            if first in counts and _are_one(target, first):
                counts[first] += 1
        return {path for path, count in counts.items() if (there := file_at(path)) and there.st_nlink == count}


def file_at(path: str) -> os.stat_result | None:
    """How the file stands that has this name; None where it is something else's, or nothing's."""
    try:
        stat = os.lstat(path)
    except OSError:
        return None
    return stat if modes.S_ISREG(stat.st_mode) else None


def has_other_names(path: str) -> bool:
    """Whether it is a file that has more names than this."""
    there = file_at(path)
    return there is not None and there.st_nlink > 1


def is_sole_name(path: str) -> bool:
    """Whether it is a file that has no name but this."""
    there = file_at(path)
    return there is not None and there.st_nlink == 1


def _are_one(path: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.lstat(other))
    except OSError:
        return False
