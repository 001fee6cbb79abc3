"""Block hosts: an initiator sees the LUNs that are mapped to its groups, and reads and writes their blocks.

Each request is judged by what is mapped at that moment. Assumptions: the numbers of errors; that no iSCSI or FC service
need be there, since the lab has none; that reservations do not exist.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ontaplab.cluster import Cluster
from ontaplab.doors.errors import DoorError, of_files
from ontaplab.doors.writing import Writes
from ontaplab.errors import OntapError
from ontaplab.resources.files.handlers import file_at
from ontaplab.resources.lun_maps.lookup import maps_that_hold, seen_by
from ontaplab.resources.luns.lookup import lun_name
from ontaplab.resources.luns.state import Lun


@dataclass(frozen=True, slots=True)
class SeenLun:
    """A LUN as an initiator finds it."""

    number: int
    serial_number: str
    name: str
    size_bytes: int


class BlockClient:
    """A host by one of its initiators."""

    def __init__(self, cluster: Cluster, writes: Writes, initiator: str) -> None:
        self.initiator = initiator
        self._cluster = cluster
        self._writes = writes

    async def luns(self) -> list[SeenLun]:
        """The LUNs that are there for it, by number; those that are offline are not."""
        found = [
            SeenLun(number, lun.serial_number, lun_name(self._cluster, lun), lun.size_bytes)
            for number, lun in self._mapped()
            if self._why_not(lun) is None
        ]
        return sorted(found, key=lambda each: each.number)

    def lun(self, which: str) -> Blocks:
        """The LUN of that serial number or name; nothing is asked of the cluster yet."""
        return Blocks(self, which)

    async def read(self, which: str, offset: int, length: int | None) -> bytes:
        """See `Blocks`."""
        lun = self._judged(which, offset, writes=False)
        with _told(which):
            return file_at(self._cluster, lun.volume, lun.file.path).read(offset, -1 if length is None else length)

    async def write(self, which: str, content: bytes, offset: int) -> None:
        """See `Blocks`."""
        lun = self._judged(which, offset, writes=True)
        if offset + len(content) > lun.size_bytes:
            raise DoorError(errno.ENOSPC, f"the LUN has {lun.size_bytes} bytes", which)
        with _told(which):
            async with self._writes.mirrored(lun.volume):
                file_at(self._cluster, lun.volume, lun.file.path).write(content, offset)

    def _judged(self, which: str, offset: int, *, writes: bool) -> Lun:
        """Raises: DoorError."""
        lun = next((lun for _, lun in self._mapped() if which in self._names(lun)), None)
        if lun is None:
            raise DoorError(errno.ENXIO, f"no LUN is mapped to {self.initiator} that is called so", which)
        if (why := self._why_not(lun)) is not None:
            raise DoorError(*why, which)
        if offset < 0:
            raise DoorError(errno.EINVAL, "blocks begin at 0", which)
        if writes and self._cluster.volumes[lun.volume].is_mirror:
            raise DoorError(errno.EROFS, f"volume {self._cluster.volumes[lun.volume].name} is a mirror", which)
        return lun

    def _mapped(self) -> list[tuple[int, Lun]]:
        held = maps_that_hold(self._cluster, seen_by(self._cluster, self.initiator))
        return [(each.number, lun) for each, lun in held]

    def _names(self, lun: Lun) -> tuple[str, str]:
        return lun.serial_number, lun_name(self._cluster, lun)

    def _why_not(self, lun: Lun) -> tuple[int, str] | None:
        volume = self._cluster.volumes[lun.volume]
        svm = self._cluster.svms[volume.svm]
        if svm.state != "running":
            return errno.ETIMEDOUT, f"SVM {svm.name} is {svm.state}"
        if volume.state != "online":
            return errno.ENXIO, f"volume {volume.name} is {volume.state}"
        return None if lun.file.enabled else (errno.ENXIO, "the LUN is offline")


class Blocks:
    """A LUN in a host's hands. Every request is judged anew, and raises DoorError where it is refused."""

    def __init__(self, client: BlockClient, which: str) -> None:
        self._client = client
        self._which = which

    async def read(self, *, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes from the offset on: all, or no more than `length`."""
        return await self._client.read(self._which, offset, length)

    async def write(self, content: bytes, *, offset: int = 0) -> None:
        """The LUN holds this from the offset on."""
        await self._client.write(self._which, content, offset)


@contextmanager
def _told(which: str) -> Iterator[None]:
    try:
        yield
    except OntapError as error:
        raise of_files(error, which) from error
