"""An entry of a directory in a volume, and what a host keeps of one."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ontaplab.errors import OntapError
from ontaplab.resources.volumes.effort import Effort

_TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "blockdev",
    stat.S_IFCHR: "chardev",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """`path` is that of the directory it is in, from the volume's root; empty for the root itself."""

    volume: str
    path: str
    name: str
    status: os.stat_result
    target: str | None = None
    """Where a symbolic link points to."""

    @property
    def full_path(self) -> str:
        return f"{self.path}/{self.name}" if self.path else self.name

    @property
    def type(self) -> str:
        return _TYPES[stat.S_IFMT(self.status.st_mode)]

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(self.status.st_mtime, UTC)

    @property
    def unix_permissions(self) -> int:
        """Octal digits as a decimal number: 755."""
        return int(f"{stat.S_IMODE(self.status.st_mode):o}")


@dataclass(frozen=True, slots=True)
class FileHandle:
    """What a host keeps of a file or directory that it has opened.

    As ONTAP's it holds the volume's own identity (there the MSID): it stays good when the volume is renamed, unmounted
    or mounted elsewhere. Assumption: the file is told by its path in the volume where ONTAP has inode numbers, so that
    it is found again in another tree of the same volume; a file that was renamed is a stale one.
    """

    volume: str
    """uuid"""
    path: str
    """From the volume's root, which is the empty path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePassage:
    """A file that is being copied to another volume, by where it goes: less of it takes room until all is carried."""

    uuid: str
    volume: str
    """uuid"""
    path: str
    effort: Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMove:
    """A file that goes to another volume of its SVM, or has gone there; `error`: why it has not."""

    uuid: str
    """Of this record alone: that of its job, and which of the job's files it is."""
    job: str
    """uuid"""
    index: int
    svm: str
    source: str
    """uuid"""
    source_path: str
    target: str
    """uuid"""
    target_path: str
    size_bytes: int
    effort: Effort
    max_cutover_s: int
    is_there: bool = False
    error: OntapError | None = None

    @property
    def state(self) -> str:
        """Of its scanner, in ONTAP's words."""
        if self.error is not None:
            return "destroyed"
        return "complete" if self.is_there else "data"


def entry_at(place: Path, volume: str, path: str, name: str) -> FileEntry:
    """Raises: OSError."""
    target = _told(os.fspath(place.readlink())) if place.is_symlink() else None
    return FileEntry(volume=volume, path=path, name=_told(name), status=place.lstat(), target=target)


def _told(name: str) -> str:
    """Assumption: of bytes that are no UTF-8 a replacement character is told, and nothing is found by such a name."""
    return os.fsencode(name).decode(errors="replace")
