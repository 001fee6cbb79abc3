"""Files in volumes, as their clients see them: a mirror's are those of its exported snapshot."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ontaplab.cluster import Cluster
from ontaplab.disk.luns import LIST as LUNS
from ontaplab.disk.tree import LONGEST_FILE_NAME, RESERVED, blocks_bytes
from ontaplab.errors import invalid_value
from ontaplab.resources.files.errors import denied, exists, from_os_error, not_found, read_only, volume_is_offline
from ontaplab.resources.files.state import FileEntry, entry_at
from ontaplab.resources.volumes.errors import not_found as volume_not_found
from ontaplab.resources.volumes.places import directory_of, served_tree

_LONGEST_PATH = 2048
"""Assumption: a path in a volume may have that many bytes, half of what this machine's own paths may have."""


@dataclass(frozen=True, slots=True)
class File:
    """A path in a volume, whether or not anything is there. Nothing outside the volume can be reached through it."""

    volume: str
    path: str
    place: Path
    tree: Path
    """The volume's live files, or a mirror's exported snapshot."""
    root: Path
    """What must not be left, whatever symbolic links say: live files and snapshots."""
    writable: bool

    def entry(self) -> FileEntry:
        """Raises: OntapError 6684674."""
        with _told(self.path):
            parent, _, name = self.path.rpartition("/")
            return entry_at(self.place, self.volume, parent, name or ".")

    def is_directory(self) -> bool:
        return self.place.is_dir() and not (self.path and self.place.is_symlink() and self.path != RESERVED)

    def entries(self) -> list[FileEntry]:
        """What the directory holds, with `.` and `..`, and without the list of LUNs. Raises: OntapError 6684674."""
        with _told(self.path):
            there = {each.name for each in self.place.iterdir()} - (set() if self.path else {LUNS})
            names = [".", "..", *sorted(there)]
            return [self._entry_in(name) for name in names]

    def read(self, offset: int, length: int) -> bytes:
        """At most that many bytes. Raises: OntapError."""
        if not self._is_within(self.path, self.root):
            raise denied(self.path)
        with _told(self.path), self.place.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def create(self, content: bytes, *, overwrite: bool) -> None:
        """The file holds exactly this."""
        self._check_content_writable()
        with _told(self.path), self.place.open("wb" if overwrite else "xb") as file:
            file.write(content)

    def write(self, content: bytes, offset: int) -> None:
        """The file, which is there, holds this from the offset on; -1 appends."""
        self._check_content_writable()
        with _told(self.path), self.place.open("r+b") as file:
            file.seek(0, os.SEEK_END) if offset < 0 else file.seek(offset)
            file.write(content)

    def growth(self, length: int, offset: int | None = None) -> int:
        """Bytes that a write takes of the volume, in whole blocks: at the offset, after the end (-1), or of it all.

        Raises: OntapError 131102.
        """
        self._check_content_writable()
        size = self.place.stat().st_size if self.place.is_file() else 0
        if offset is None:
            return blocks_bytes(length) - blocks_bytes(size)
        end = size + length if offset < 0 else offset + length
        return blocks_bytes(max(size, end)) - blocks_bytes(size)

    def make_directory(self, mode: int) -> None:
        self.check_writable()
        with _told(self.path):
            self.place.mkdir()
            self.place.chmod(mode)

    def make_symlink(self, target: str) -> None:
        self.check_writable()
        with _told(self.path):
            self.place.symlink_to(target)

    def rename(self, other: File) -> None:
        """The file is at the other path, where nothing may be."""
        self.check_writable()
        other.check_writable()
        if other.place.exists() or other.place.is_symlink():
            raise exists(other.path)
        with _told(self.path):
            self.place.rename(other.place)

    def delete(self, *, recurse: bool) -> None:
        """There is no such file; no such directory if it was empty or `recurse`."""
        self.check_writable()
        with _told(self.path):
            if self.place.is_symlink() or not self.place.is_dir():
                self.place.unlink()
            elif recurse:
                shutil.rmtree(self.place)
            else:
                self.place.rmdir()

    def check_writable(self) -> None:
        """Raises: OntapError 131102."""
        if not self.path:
            raise denied("/")
        if not self.writable or not self._is_within(_parent(self.path), self.tree) or self.path in (RESERVED, LUNS):
            raise read_only()

    def _check_content_writable(self) -> None:
        """As `check_writable`; what a symbolic link points to must be in the volume too."""
        self.check_writable()
        if not self._is_within(self.path, self.tree):
            raise denied(self.path)

    def _is_within(self, path: str, folder: Path) -> bool:
        return leads_into(self.tree, path, folder)

    def _entry_in(self, name: str) -> FileEntry:
        place = self.place if name == ".." and not self.path else self.place / name
        return entry_at(place, self.volume, self.path, name)


def file_at(cluster: Cluster, volume_uuid: str, path: str) -> File:
    """Raises: OntapError 918235, 917752, 6684674, 6488117 for a path that leads out of the volume."""
    volume = cluster.volumes.get(volume_uuid)
    if volume is None:
        raise volume_not_found(volume_uuid)
    if volume.state != "online":
        raise volume_is_offline(volume.name)
    parts = [part for part in PurePosixPath(path).parts if part not in ("/", ".")]
    lengths = [len(os.fsencode(part)) for part in parts]
    if "\0" in path or max(lengths, default=0) > LONGEST_FILE_NAME or sum(lengths) + len(lengths) > _LONGEST_PATH:
        raise invalid_value(path, "path")
    tree = served_tree(cluster, volume)
    if tree is None:
        raise not_found(path)
    if ".." in parts:
        raise denied(path)
    place = tree.joinpath(*parts)
    root = directory_of(cluster, volume_uuid).root
    if not leads_into(tree, "/".join(parts[:-1]), root):
        raise denied(path)
    return File(volume_uuid, "/".join(parts), place, tree, root, writable=not volume.is_mirror)


def leads_into(tree: Path, path: str, folder: Path) -> bool:
    """Whether a path in the tree leads into that folder above the tree, or the tree itself, whatever links say.

    A path without links does. They are looked for first: resolving takes ten times as long as all else of a write.
    """
    place = str(tree)
    for name in path.split("/"):
        place = f"{place}/{name}"
        if os.path.islink(place):  # noqa: PTH114
            return (tree / path).resolve().is_relative_to(folder.resolve())
    return True


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


@contextmanager
def _told(path: str) -> Iterator[None]:
    """The file system's refusals become ONTAP's."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise invalid_value(path, "path") from error
        raise from_os_error(error, path) from error
