"""A tree made of a base, a difference and its stream."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ontaplab.disk.arriving import Held, Incoming
from ontaplab.disk.content import copy_content, opened
from ontaplab.disk.difference import Difference
from ontaplab.disk.entries import Directory, Entry, File, Removed, Symlink
from ontaplab.disk.tree import RESERVED, appearance, join, listing, make_symlink, remove_tree, set_metadata

_KINDS: Mapping[type[Entry], int] = {Directory: stat.S_IFDIR, Symlink: stat.S_IFLNK, File: stat.S_IFREG}


class Receiver:
    """The tree being made in `incoming`. After `finish` it is a snapshot and may be moved to its place.

    It may be dropped at any moment, by SIGKILL too, and made anew with the same arguments and a `position` that was
    reported after a `feed`: whatever was written past it is written again. Files of the base are linked if they are not
    in the difference, and never written to.

    Another cluster says what is in the difference: nothing is written, read or changed by way of a link that it brings,
    or that the base has.
    """

    def __init__(self, incoming: Path, base: Path | None, difference: Difference, position: int) -> None:
        """At position 0 whatever was in `incoming` is removed first. The difference may be the beginning of one.

        Raises FileNotFoundError at a later position without that folder, or with another tree in it; ValueError at one
        outside the stream, or for entries that make no tree.
        """
        if not 0 <= position <= difference.bytes:
            raise ValueError(f"a stream of {difference.bytes} bytes has no position {position}")
        if position and not incoming.is_dir():
            raise FileNotFoundError(f"the first {position} bytes are not in {incoming}")
        self.position = position
        self._incoming = incoming
        self._base = base
        self._difference = difference
        self._directories: dict[str, tuple[int, int]] = {}
        self._of_base: set[str] = set()
        """The directories of the base that are directories here."""
        self._entries = {entry.path: entry for entry in difference.entries}
        if len(self._entries) < len(difference.entries):
            raise ValueError("a path is in the difference twice")
        if position:
            self._check_kept()
        else:
            remove_tree(incoming)
        self._lay_out()

    def learn(self, difference: Difference) -> None:
        """More is known of the difference: further ranges."""
        self._difference = difference

    def feed(self, data: bytes) -> None:
        """The next bytes of the stream are in their files, safe from SIGKILL; `position` is past them.

        Raises ValueError, having written nothing, if the stream is not as long.
        """
        self.take(Held(data))

    def take(self, incoming: Incoming) -> None:
        """As `feed`, with what comes until nothing is left, or none is there for a moment."""
        if self.position + incoming.left > self._difference.bytes:
            raise ValueError(f"{self._difference.bytes} bytes were announced, more have come")
        while incoming.left and self._write_to_one_file(incoming):
            pass

    def finish(self) -> None:
        """The tree is what the difference, a whole one, leads to. Raises ValueError if bytes are missing."""
        missing = self._difference.bytes - self.position
        if missing or not self._difference.is_whole:
            raise ValueError(f"{missing} of {self._difference.bytes} bytes have not come")
        for file in self._difference.files:
            if not file.ranges and self._is_in_base(file):
                self._share(file.path)
            else:
                self._complete(file)
        for path, (mode, mtime_ns) in reversed(self._directories.items()):
            set_metadata(self._incoming / path, mode, mtime_ns)

    def _lay_out(self) -> None:
        """All is there but the files in the difference; directories are open until `finish`."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._incoming.chmod(0o700)
        link = self._incoming / RESERVED
        if not link.is_symlink():
            link.symlink_to("..")
        if self._base is not None:
            self._lay_out_base(self._base)
        for entry in self._difference.entries:
            self._check_place(entry)
            if isinstance(entry, Directory):
                self._make_directory(entry.path, entry.mode, entry.mtime_ns)
            elif isinstance(entry, Symlink):
                make_symlink(self._incoming / entry.path, entry.target, entry.mtime_ns)

    def _lay_out_base(self, base: Path) -> None:
        root = os.lstat(base)
        self._make_directory("", stat.S_IMODE(root.st_mode), root.st_mtime_ns)
        pending = [""]
        for directory in pending:
            self._of_base.add(directory)
            for name, status in listing(base, directory).items():
                path = join(directory, name)
                entry = self._entries.get(path)
                if stat.S_ISDIR(status.st_mode):
                    if entry is None or isinstance(entry, Directory):
                        self._make_directory(path, stat.S_IMODE(status.st_mode), status.st_mtime_ns)
                        pending.append(path)
                elif entry is None:
                    self._take_over(base, path, status)

    def _check_kept(self) -> None:
        """What is there already is what this difference brings. Looked at only where a transfer goes on."""
        directories = [""]
        for directory in directories:
            for name, status in listing(self._incoming, directory).items():
                path = join(directory, name)
                if stat.S_IFMT(status.st_mode) != self._kind_at(path):
                    raise FileNotFoundError(errno.ENOENT, "another tree is there", str(self._incoming / path))
                if stat.S_ISDIR(status.st_mode):
                    directories.append(path)

    def _kind_at(self, path: str) -> int | None:
        entry = self._entries.get(path)
        if entry is not None:
            return _KINDS.get(type(entry))
        try:
            return stat.S_IFMT(os.lstat(self._base / path).st_mode) if self._base else None
        except OSError:
            return None

    def _check_place(self, entry: Entry) -> None:
        """Its directory is one here, and, where it goes on from the base's file, in the base."""
        parent = entry.path.rpartition("/")[0]
        if isinstance(entry, Removed) or not entry.path:
            return
        if parent not in self._directories:
            raise ValueError(f"{entry.path!r} is in no directory")
        if isinstance(entry, File) and self._base and not entry.is_new and parent not in self._of_base:
            raise ValueError(f"{entry.path!r} is in no directory of the base")

    def _make_directory(self, path: str, mode: int, mtime_ns: int) -> None:
        directory = self._incoming / path
        directory.mkdir(exist_ok=True)
        directory.chmod(0o700)
        self._directories[path] = mode, mtime_ns

    def _take_over(self, base: Path, path: str, status: os.stat_result) -> None:
        """What is unchanged in the base is here too; it may be here already."""
        if stat.S_ISLNK(status.st_mode):
            make_symlink(self._incoming / path, os.fspath((base / path).readlink()), status.st_mtime_ns)
            return
        self._share(path)

    def _is_in_base(self, file: File) -> bool:
        """Whether the base has just this file, if their bytes are the same: it was compared late."""
        if self._base is None or file.is_new:
            return False
        return appearance(os.lstat(self._base / file.path)) == (stat.S_IFREG | file.mode, file.size, file.mtime_ns)

    def _share(self, path: str) -> None:
        with suppress(FileExistsError):
            os.link(f"{self._base}/{path}", f"{self._incoming}/{path}")

    def _complete(self, file: File) -> None:
        """What is not in its ranges, which were put in, is as in the base."""
        path = self._incoming / file.path
        if not file.ranges:
            self._begin(file)
        path.chmod(0o600)  # a `finish` that a crash cut off may have closed it
        if self._base is not None and not file.is_new:
            with opened(self._base / file.path) as reading, opened(path, os.O_WRONLY) as writing:
                copy_content(reading, writing, file.size, without=file.ranges)
        set_metadata(path, file.mode, file.mtime_ns)

    def _begin(self, file: File) -> None:
        """The file is as long as it will be, all zeros, for ranges to be put in."""
        path = self._incoming / file.path
        path.unlink(missing_ok=True)
        with opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as writing:
            os.ftruncate(writing, file.size)

    def _write_to_one_file(self, incoming: Incoming) -> bool:
        """Write what belongs to the file at `position`. Returns whether all of that was there."""
        pieces = self._difference.pieces
        index = self._difference.piece_at(self.position)
        file = pieces[index].file
        path = self._incoming / file.path
        if self.position == pieces[index].position and pieces[index].range == file.ranges[0]:
            self._begin(file)
        else:
            path.chmod(0o600)  # a `finish` that a crash cut off may have closed it
        with opened(path, os.O_WRONLY) as descriptor:
            while incoming.left and index < len(pieces) and pieces[index].file is file:
                position, _, (offset, length) = pieces[index]
                done = self.position - position
                moved = incoming.move(descriptor, offset + done, length - done)
                if not moved:
                    return False
                self.position += moved
                if done + moved == length:
                    index += 1
        return True
