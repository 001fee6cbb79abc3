"""What turns one tree into another."""

from __future__ import annotations

import json
import os
import stat
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from ontaplab.disk.content import Range, changed_ranges, opened
from ontaplab.disk.entries import Directory, Entry, File, Removed, Symlink, from_document, to_document
from ontaplab.disk.tree import join, listing


class Piece(NamedTuple):
    """A range of a file, and the position of its first byte in the stream."""

    position: int
    file: File
    range: Range


@dataclass(frozen=True)
class Difference:
    """Entries in path order, a directory before what it contains; what did not change is not listed.

    The bytes of all ranges, one after another, are the difference's stream.
    """

    entries: Sequence[Entry]

    @cached_property
    def pieces(self) -> Sequence[Piece]:
        """The ranges of all files in the order of the stream."""
        pieces = []
        position = 0
        for entry in self.entries:
            if isinstance(entry, File):
                for part in entry.ranges:
                    pieces.append(Piece(position, entry, part))
                    position += part.length
        return pieces

    @property
    def bytes(self) -> int:
        """Length of the stream."""
        return self.pieces[-1].position + self.pieces[-1].range.length if self.pieces else 0

    def piece_at(self, position: int) -> int:
        """Index of the piece that the byte at this position of the stream belongs to."""
        return bisect_right(self.pieces, position, key=attrgetter("position")) - 1

    def to_json(self) -> str:
        """The difference as one ASCII document; file names that are not UTF-8 are escaped in it."""
        return json.dumps({"entries": [to_document(entry) for entry in self.entries]}, separators=(",", ":"))

    @classmethod
    def from_json(cls, document: str) -> Difference:
        """What `to_json` made. Raises ValueError if it is none, or if a path leads out of the tree."""
        try:
            return cls([from_document(entry) for entry in json.loads(document)["entries"]])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is not a difference: {error!r}") from error


def difference(base: Path | None, target: Path) -> Difference:
    """What turns the tree `base` (None: nothing) into the tree `target`. Neither may change meanwhile."""
    return Difference(list(_compared(base, target)))


@dataclass(frozen=True, slots=True)
class _Pair:
    """One path in both trees. What is of another type in the base counts as new, so `before` is None then."""

    path: str
    before: os.stat_result | None
    after: os.stat_result | None


def _compared(base: Path | None, target: Path) -> Iterator[Entry]:
    pending = [_Pair("", os.lstat(base) if base else None, os.lstat(target))]
    while pending:
        pair = pending.pop()
        entry = _changed(base, target, pair)
        if entry:
            yield entry
        if pair.after and stat.S_ISDIR(pair.after.st_mode):
            pending.extend(reversed(_children(base, target, pair)))


def _children(base: Path | None, target: Path, pair: _Pair) -> list[_Pair]:
    old = listing(base, pair.path) if base and pair.before else {}
    new = listing(target, pair.path)
    changed = [name for name in old.keys() | new.keys() if not _is_same(old.get(name), new.get(name))]
    return [_pair(join(pair.path, name), old.get(name), new.get(name)) for name in sorted(changed)]


def _is_same(before: os.stat_result | None, after: os.stat_result | None) -> bool:
    """Whether both are one file, which both trees hold: most are."""
    return before is not None and after is not None and os.path.samestat(before, after)


def _pair(path: str, before: os.stat_result | None, after: os.stat_result | None) -> _Pair:
    if before and after and stat.S_IFMT(before.st_mode) != stat.S_IFMT(after.st_mode):
        before = None
    return _Pair(path, before, after)


def _changed(base: Path | None, target: Path, pair: _Pair) -> Entry | None:
    before, after = pair.before, pair.after
    if after is None:
        return Removed(pair.path)
    if base is None or before is None:
        return _described(target, pair.path, after, _ranges(None, target, pair))
    entry = _described(target, pair.path, after, _ranges(base, target, pair))
    return None if entry == _described(base, pair.path, before, ()) else entry


def _described(root: Path, path: str, status: os.stat_result, ranges: tuple[Range, ...]) -> Entry:
    mode, mtime_ns = stat.S_IMODE(status.st_mode), status.st_mtime_ns
    if stat.S_ISDIR(status.st_mode):
        return Directory(path, mode, mtime_ns)
    if stat.S_ISLNK(status.st_mode):
        return Symlink(path, os.fspath((root / path).readlink()), mtime_ns)
    return File(path, mode, mtime_ns, status.st_size, ranges)


def _ranges(base: Path | None, target: Path, pair: _Pair) -> tuple[Range, ...]:
    if pair.after is None or not stat.S_ISREG(pair.after.st_mode) or not pair.after.st_size:
        return ()
    with opened(base / pair.path) if base else nullcontext() as before, opened(target / pair.path) as after:
        return changed_ranges(before, after, pair.after.st_size)
