"""A tree copied, sharing with the newest snapshot the files that did not change since.

Unchanged is a file of the same size, mode and mtime as the snapshot's copy whose ctime is before the moment the
snapshot began. No program can set a ctime, and the snapshot's `.snapshot` link was made first, so its mtime is that
moment by the same clock. A ctime tells of a change to the file and of its own renaming, not of the renaming of a
directory above it: therefore the inodes of directories are kept too. A file below a directory that is another one now
is compared by its bytes, as is one whose ctime alone speaks against it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ontaplab.disk.content import copy_content, opened, opened_if_there, same_content
from ontaplab.disk.tree import PERMISSIONS, RESERVED, appearance, join, listing, make_symlink, set_metadata

# A file that is written to while it is copied is copied again; one that never rests is left as the last copy got it.
_MORE_ATTEMPTS = 2


class Newest:
    """The newest snapshot, to share files with.

    `directories` are the inodes of those it was taken of, by path. Without them every file is compared by its bytes.
    """

    def __init__(self, tree: str, directories: Mapping[str, int]) -> None:
        self.tree = tree
        self.directories = directories
        self.began_ns = os.lstat(f"{tree}/{RESERVED}").st_mtime_ns


@dataclass(frozen=True, slots=True)
class _Directory:
    """A directory of the source. `known`: the newest snapshot has one at this path.

    `stayed`: the snapshot was taken of this very directory, below the very same ones.
    """

    path: str
    status: os.stat_result
    known: bool
    stayed: bool


def copy_tree(source: str, target: str, newest: Newest | None = None) -> dict[str, int]:
    """The directory `target` holds what `source` holds. Returns the inodes of the source's directories, by path.

    The root is open to its owner whatever the source's mode: otherwise the tree could not be moved.
    """
    copy = _Copy(source, target, newest)
    copy.fill()
    copy.set_directories()
    return {directory.path: directory.status.st_ino for directory in copy.directories}


class _Copy:
    def __init__(self, source: str, target: str, newest: Newest | None) -> None:
        self._source = source
        self._target = target
        self._newest = newest
        root = os.lstat(source)
        self.directories = [_Directory("", root, newest is not None, self._is_same("", root))]

    def fill(self) -> None:
        """Everything is there but the metadata of directories; `directories` has each before what it contains."""
        for directory in self.directories:
            shared = listing(self._newest.tree, directory.path) if self._newest and directory.known else {}
            for name, status in listing(self._source, directory.path).items():
                path = join(directory.path, name)
                if stat.S_ISDIR(status.st_mode):
                    self._add_directory(path, status, shared.get(name), directory)
                elif stat.S_ISLNK(status.st_mode):
                    _copy_symlink(Path(self._source, path), Path(self._target, path), status.st_mtime_ns)
                elif not self._share(path, status, shared.get(name), directory):
                    copy_file(Path(self._source, path), Path(self._target, path))

    def set_directories(self) -> None:
        for directory in reversed(self.directories):
            mode = directory.status.st_mode & PERMISSIONS | (0 if directory.path else stat.S_IRWXU)
            set_metadata(f"{self._target}/{directory.path}", mode, directory.status.st_mtime_ns)

    def _add_directory(
        self, path: str, status: os.stat_result, shared: os.stat_result | None, parent: _Directory
    ) -> None:
        os.mkdir(f"{self._target}/{path}", 0o700)  # noqa: PTH102  # plain strings: as in `tree`
        known = shared is not None and stat.S_ISDIR(shared.st_mode)
        stayed = known and parent.stayed and self._is_same(path, status)
        self.directories.append(_Directory(path, status, known, stayed))

    def _is_same(self, path: str, status: os.stat_result) -> bool:
        return self._newest is not None and self._newest.directories.get(path) == status.st_ino

    def _share(self, path: str, status: os.stat_result, shared: os.stat_result | None, directory: _Directory) -> bool:
        """Link the newest snapshot's copy of the file, if that is unchanged."""
        if self._newest is None or shared is None or appearance(shared) != appearance(status):
            return False
        certain = directory.stayed and status.st_ctime_ns < self._newest.began_ns
        if not certain and not same_content(Path(self._source, path), Path(self._newest.tree, path)):
            return False
        os.link(f"{self._newest.tree}/{path}", f"{self._target}/{path}")
        return True


def _copy_symlink(source: Path, target: Path, mtime_ns: int) -> None:
    try:
        points_to = os.fspath(source.readlink())
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.EINVAL}:
            return  # removed or replaced since it was listed
        raise
    make_symlink(target, points_to, mtime_ns)


def copy_file(source: Path, target: Path) -> None:
    """The target, a new file, has the source's bytes, mode and mtime. There is none if the source has vanished."""
    with opened_if_there(source) as reading:
        if reading is None:
            return
        with opened(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as writing:
            status = _copy_at_rest(reading, writing)
            os.fchmod(writing, status.st_mode & PERMISSIONS)
            os.utime(writing, ns=(status.st_mtime_ns, status.st_mtime_ns))


def _copy_at_rest(reading: int, writing: int) -> os.stat_result:
    """Returns what the source was just before it was copied: a write since then shows in its times."""
    status = os.fstat(reading)
    copy_content(reading, writing, status.st_size)
    for _ in range(_MORE_ATTEMPTS):
        now = os.fstat(reading)
        if now.st_ctime_ns == status.st_ctime_ns:
            break
        status = now
        os.ftruncate(writing, 0)
        copy_content(reading, writing, status.st_size)
    return status
