"""The entries of a difference, and what they look like in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ontaplab.disk.content import Range
from ontaplab.disk.tree import PERMISSIONS, RESERVED

_LONGEST = 2**63


@dataclass(frozen=True, slots=True)
class Removed:
    """Nothing is at this path any more; if it was a directory, all below it is gone too."""

    path: str


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that is new or has other metadata. The root is the path ""."""

    path: str
    mode: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symbolic link that is new or changed."""

    path: str
    target: str
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class File:
    """A file that is new or changed: the base's file, cut or extended with zeros to `size`, with these ranges put in.

    Where it is new, or the base has something else at this path, it begins as an empty one.
    """

    path: str
    mode: int
    mtime_ns: int
    size: int
    is_new: bool
    ranges: tuple[Range, ...]
    compared: int
    """the ranges up to this byte are known; as a rule `size`"""


Entry = Removed | Directory | Symlink | File

_KINDS: Mapping[str, type[Entry]] = {
    "removed": Removed,
    "directory": Directory,
    "symlink": Symlink,
    "file": File,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_document(entry: Entry) -> dict[str, Any]:
    """The entry as JSON knows it."""
    fields = {name: getattr(entry, name) for name in entry.__slots__}
    return {"kind": _NAMES[type(entry)], **fields}


def from_document(document: Mapping[str, Any]) -> Entry:
    """What `to_document` made. Raises ValueError, KeyError or TypeError if it is no entry of a tree."""
    fields = dict(document)
    kind = _KINDS[fields.pop("kind")]
    if kind is File:
        fields["ranges"] = tuple(Range(offset, length) for offset, length in fields["ranges"])
    entry = kind(**fields)
    _check_path(entry)
    if not isinstance(entry, Removed):
        _check_metadata(entry)
    return entry


def check_ranges(ranges: Iterable[Range], begin: int, end: int) -> None:
    """Raises: ValueError if they are not in order between these bytes of a file."""
    for offset, length in ranges:
        if not begin <= offset < offset + length <= end:
            raise ValueError(f"{length} bytes from {offset} on are not between {begin} and {end}")
        begin = offset + length


def _check_metadata(entry: Directory | Symlink | File) -> None:
    if not -_LONGEST <= entry.mtime_ns < _LONGEST:
        raise ValueError(f"{entry.mtime_ns} is no time of {entry.path!r}")
    if not isinstance(entry, Symlink) and not 0 <= entry.mode <= PERMISSIONS:
        raise ValueError(f"{entry.mode:#o} is no mode of {entry.path!r}")
    if isinstance(entry, File):
        if not 0 <= entry.compared <= entry.size < _LONGEST:
            raise ValueError(f"{entry.size} is no size of {entry.path!r}")
        check_ranges(entry.ranges, 0, entry.compared)


def _check_path(entry: Entry) -> None:
    if entry.path == "" and isinstance(entry, Directory):
        return
    parts = entry.path.split("/")
    if parts[0] == RESERVED or not {"", ".", ".."}.isdisjoint(parts):
        raise ValueError(f"{entry.path!r} is no path in a tree")
