"""What a host has open, and its requests about it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import RESERVED
from ontaplab.doors.errors import DoorError, of_files
from ontaplab.doors.writing import Writes
from ontaplab.errors import OntapError
from ontaplab.resources.files.handlers import File, file_at
from ontaplab.resources.files.state import FileHandle
from ontaplab.resources.volumes.namespace import junctions_in, way_from
from ontaplab.resources.volumes.state import Volume


class Connection(Protocol):
    """What a host has mounted or connected to."""

    def root(self) -> FileHandle:
        """What it stands for. Raises: DoorError if nobody answers, or no more."""
        ...

    def judge(self, volume: Volume, path: str, *, writes: bool) -> bool:
        """The request may be carried out; whether as root. It is noted. Raises: DoorError if it may not."""
        ...

    def below(self, path: str, found: FileHandle) -> tuple[Connection, str]:
        """What opening the path, where that was found, leads to: a connection and a path below its root."""
        ...


class Opened:
    """A file or directory that a host has open. Paths are relative to it; the empty one is itself.

    Every request is judged anew. All raise DoorError. Each is carried out at once with its judgement: nothing that
    forbids it comes between.
    """

    def __init__(self, cluster: Cluster, writes: Writes, connection: Connection, path: str = "") -> None:
        self._cluster = cluster
        self._writes = writes
        self._connection = connection
        self._path = path

    @property
    def handle(self) -> FileHandle:
        """What it stands for."""
        root = self._connection.root()
        return way_from(self._cluster, root, self._path)[-1]

    async def open(self, path: str) -> Opened:
        """What is at the path, open on its own."""
        file = self._judged(path, writes=False)
        with self._told(path):
            file.entry()
        connection, below = self._connection.below(self._join(path), FileHandle(file.volume, file.path))
        return Opened(self._cluster, self._writes, connection, below)

    async def read(self, path: str = "", *, offset: int = 0, length: int | None = None) -> bytes:
        """The file's bytes from the offset on: all, or no more than `length`."""
        file = self._judged(path, writes=False)
        with self._told(path):
            return file.read(offset, -1 if length is None else length)

    async def list(self, path: str = "") -> list[str]:
        """The names in the directory, sorted; those of volumes that are mounted in it are among them."""
        file = self._judged(path, writes=False)
        with self._told(path):
            names = {entry.name for entry in file.entries()} - {".", "..", RESERVED}
        return sorted(names | junctions_in(self._cluster, self._cluster.volumes[file.volume], file.path))

    async def write(self, content: bytes, path: str = "", *, offset: int | None = None) -> None:
        """The file, which is made if need be, holds just this; with an offset, this from there on (-1: at its end).

        What is open itself is not made again: if it is gone, that is a stale handle.
        """
        file = self._judged(path, writes=True)
        with self._told(path):
            if not file.place.exists():
                if not path:
                    raise DoorError(errno.ESTALE, "what was open is not there any more", file.path)
                content, offset = bytes(max(0, offset or 0)) + content, None
            self._writes.make_room(file.volume, file.growth(len(content), offset))
        if offset is None:
            await self._change(file, path, lambda: file.create(content, overwrite=True))
        else:
            await self._change(file, path, lambda: file.write(content, offset))

    async def make_directory(self, path: str) -> None:
        """There is a new directory."""
        file = self._judged(path, writes=True)
        await self._change(file, path, lambda: file.make_directory(0o755))

    async def remove(self, path: str) -> None:
        """The file, or the empty directory, is gone."""
        file = self._judged(path, writes=True)
        await self._change(file, path, lambda: file.delete(recurse=False))

    async def rename(self, path: str, new_path: str) -> None:
        """The file or directory is at the new path; a file that was there is replaced."""
        file, other = self._judged(path, writes=True), self._judged(new_path, writes=True)
        if file.volume != other.volume:
            raise DoorError(errno.EXDEV, "the new path is in another volume", new_path)
        with self._told(path):
            file.check_writable()
            other.check_writable()
        await self._change(file, path, lambda: os.replace(file.place, other.place))  # noqa: PTH105

    def _judged(self, path: str, *, writes: bool) -> File:
        """The file that is meant, which the host may read or write. Who is to be let in at all is asked on the way."""
        *crossed, target = way_from(self._cluster, self._connection.root(), self._join(path))
        for each in crossed:
            self._connection.judge(self._served(each), "", writes=False)
        volume = self._served(target)
        as_root = self._connection.judge(volume, target.path, writes=writes)
        with self._told(path):
            file = file_at(self._cluster, target.volume, target.path)
            if not as_root:
                _check_bits(file, writes=writes)
        return file

    def _served(self, handle: FileHandle) -> Volume:
        """Assumption: a volume that is not online, as one that is gone, makes its handles stale."""
        volume = self._cluster.volumes.get(handle.volume)
        if volume is None or not volume.is_served:
            raise DoorError(errno.ESTALE, _why_not_served(volume), handle.path)
        return volume

    async def _change(self, file: File, path: str, change: Callable[[], object]) -> None:
        """The change was made, in place: a thread would leave time in which it might be forbidden."""
        with self._told(path):
            async with self._writes.mirrored(file.volume):
                change()

    def _join(self, path: str) -> str:
        return f"{self._path}/{path}" if path else self._path

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """What the files refuse becomes what hosts are told; what was open and is not there is stale."""
        try:
            yield
        except OntapError as error:
            told = of_files(error, path)
            if told.errno == errno.ENOENT and not path:
                raise DoorError(errno.ESTALE, "what was open is not there any more", self._path) from error
            raise told from error
        except DoorError:
            raise
        except OSError as error:
            raise DoorError(error.errno or errno.EIO, error.strerror or str(error), path) from error


def _why_not_served(volume: Volume | None) -> str:
    if volume is None:
        return "the volume is gone"
    state = volume.state if volume.state != "online" else "a mirror that was never initialized"
    return f"volume {volume.name} is {state}"


def _check_bits(file: File, *, writes: bool) -> None:
    """Raises: DoorError for what the mode bits do not allow to everybody.

    Assumption: a host's user is root, and where its root is not to be root it is nobody: files here have no owners.
    """
    place = file.place if file.place.exists() else file.place.parent
    needed = stat.S_IWOTH if writes else stat.S_IROTH
    if not place.stat().st_mode & needed:
        raise DoorError(errno.EACCES, "root is nobody here (superuser), and the mode bits do not let others", file.path)
