"""What turns one tree into another."""

from __future__ import annotations

import json
import math
import os
import stat
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from ontaplab.disk.content import Range, changed_ranges, opened
from ontaplab.disk.entries import Directory, Entry, File, Removed, Symlink, check_ranges, from_document, to_document
from ontaplab.disk.tree import BLOCK, PERMISSIONS, blocks_bytes, join, listing


class Piece(NamedTuple):
    """A range of a file, and the position of its first byte in the stream."""

    position: int
    file: File
    range: Range


class Compared(NamedTuple):
    """What was found in a stretch of a file that was compared up to that byte."""

    end: int
    ranges: tuple[Range, ...]


@dataclass(frozen=True)
class Difference:
    """Entries in path order, a directory before what it contains; what did not change is not listed.

    The bytes of all ranges, one after another, are the difference's stream. Comparing takes its time, so the last
    ranges may not be known yet: then it is the beginning of a difference, and so is its stream.
    """

    entries: Sequence[Entry]

    @cached_property
    def files(self) -> Sequence[File]:
        """Those that are new or changed."""
        return [entry for entry in self.entries if isinstance(entry, File)]

    @cached_property
    def is_whole(self) -> bool:
        """Whether all ranges are known."""
        return self.compared == sum(file.size for file in self.files)

    @cached_property
    def compared(self) -> int:
        """Up to which byte of all files, one after another, the ranges are known."""
        return sum(file.compared for file in self.files)

    def with_more(self, found: Sequence[Compared]) -> Difference:
        """With what was found next. Raises ValueError if that is outside the files."""
        further = {}
        for file, more in zip((each for each in self.files if each.compared < each.size), found, strict=False):
            if not file.compared < more.end <= file.size:
                raise ValueError(f"{file.path} was not compared up to byte {more.end}")
            check_ranges(more.ranges, file.compared, more.end)
            further[file.path] = replace(file, ranges=(*file.ranges, *more.ranges), compared=more.end)
        return Difference([further.get(entry.path, entry) for entry in self.entries])

    def after(self, compared: int) -> Sequence[Compared]:
        """What is to be added to this difference as it was when it was compared up to that byte."""
        found = []
        for file in self.files:
            if compared < file.compared:
                cut = ((max(begin, compared), begin + length) for begin, length in file.ranges)
                ranges = tuple(Range(begin, end - begin) for begin, end in cut if begin < end)
                found.append(Compared(file.compared, ranges))
            compared = max(0, compared - file.size)
        return found

    @cached_property
    def pieces(self) -> Sequence[Piece]:
        """The ranges of all files, as far as they are known, in the order of the stream."""
        pieces = []
        position = 0
        for file in self.files:
            for part in file.ranges:
                pieces.append(Piece(position, file, part))
                position += part.length
        return pieces

    @property
    def bytes(self) -> int:
        """Length of the stream, as far as it is known."""
        return self.pieces[-1].position + self.pieces[-1].range.length if self.pieces else 0

    @property
    def blocks_bytes(self) -> int:
        """What differs in whole blocks, with one for each entry that is gone or has changed in nothing but itself."""
        blocks = (sum(blocks_bytes(each.length) for each in getattr(entry, "ranges", ())) for entry in self.entries)
        return sum(each or BLOCK for each in blocks)

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
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"this is not a difference: {error!r}") from error


def difference(base: Path | None, target: Path, most: float = math.inf) -> Difference:
    """What turns the tree `base` (None: nothing) into the tree `target`. Neither may change meanwhile.

    When `most` bytes, a number of whole blocks, were compared, the ranges of what follows are left open.
    """
    return Difference(list(_compared(base, target, most)))


def compare_on(base: Path | None, target: Path, known: Difference, most: int) -> Sequence[Compared]:
    """What `most` bytes more, in whole blocks, or as many as there are, lead to: to be added to that difference."""
    found = []
    for file in known.files:
        if most > 0 and file.compared < file.size:
            stretch = Range(file.compared, min(file.size - file.compared, most))
            ranges = _ranges(None if file.is_new else base, target, file.path, stretch)
            found.append(Compared(stretch.offset + stretch.length, ranges))
            most -= blocks_bytes(stretch.length)
    return found


@dataclass(frozen=True, slots=True)
class _Pair:
    """One path in both trees. What is of another type in the base counts as new, so `before` is None then."""

    path: str
    before: os.stat_result | None
    after: os.stat_result | None


def _compared(base: Path | None, target: Path, most: float) -> Iterator[Entry]:
    pending = [_Pair("", os.lstat(base) if base else None, os.lstat(target))]
    while pending:
        pair = pending.pop()
        entry = _changed(base, target, pair, most)
        if entry:
            yield entry
        if pair.after and stat.S_ISREG(pair.after.st_mode):
            most = max(0, most - blocks_bytes(pair.after.st_size))
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


def _changed(base: Path | None, target: Path, pair: _Pair, most: float) -> Entry | None:
    if pair.after is None:
        return Removed(pair.path)
    if pair.before is None:
        base = None
    entry = _described(target, pair.path, pair.after)
    if isinstance(entry, File):
        stretch = Range(0, int(min(entry.size, most)))
        ranges = _ranges(base, target, entry.path, stretch)
        entry = replace(entry, is_new=base is None, ranges=ranges, compared=stretch.length)
    return None if base and pair.before and entry == _described(base, pair.path, pair.before) else entry


def _described(root: Path, path: str, status: os.stat_result) -> Entry:
    """The entry of what is there, a file as one in which nothing has changed."""
    mode, mtime_ns = status.st_mode & PERMISSIONS, status.st_mtime_ns
    if stat.S_ISDIR(status.st_mode):
        return Directory(path, mode, mtime_ns)
    if stat.S_ISLNK(status.st_mode):
        return Symlink(path, os.fspath((root / path).readlink()), mtime_ns)
    return File(path, mode, mtime_ns, status.st_size, is_new=False, ranges=(), compared=status.st_size)


def _ranges(base: Path | None, target: Path, path: str, stretch: Range) -> tuple[Range, ...]:
    if not stretch.length:
        return ()
    with opened(base / path) if base else nullcontext() as before, opened(target / path) as after:
        return changed_ranges(before, after, stretch)
