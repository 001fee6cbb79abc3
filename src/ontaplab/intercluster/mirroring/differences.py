"""What turns one snapshot of a volume into another, kept between the questions of the transfers that run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ontaplab.cluster import Cluster
from ontaplab.disk.difference import Difference, difference
from ontaplab.disk.stream import Stretch, read_stream, stretches
from ontaplab.errors import OntapError
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.volumes.places import directory_of

_REMEMBERED = 64


class Differences:
    """Of the volumes of one cluster. Snapshots are named by their version_uuid; no base: from nothing."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known: dict[tuple[str, str | None, str], Difference] = {}

    async def between(self, volume: str, base: str | None, snapshot: str) -> Difference:
        """Both never change, so neither does this. Raises: OntapError 542797 without one of them."""
        key = volume, base, snapshot
        if key not in self._known:
            directory = directory_of(self._cluster, volume)
            before = directory.snapshot(self._named(volume, base).name) if base is not None else None
            after = directory.snapshot(self._named(volume, snapshot).name)
            self._known[key] = await self._cluster.offload(partial(difference, before, after))
            if len(self._known) > _REMEMBERED:
                del self._known[next(iter(self._known))]
        return self._known[key]

    async def chunks(self, volume: str, base: str | None, snapshot: str, start: int) -> Iterator[bytes]:
        """The bytes of it from byte `start` on. Raises: OntapError 542797."""
        return read_stream(self._tree(volume, snapshot), await self.between(volume, base, snapshot), start)

    async def stretches(
        self, volume: str, base: str | None, snapshot: str, start: int, length: int
    ) -> Iterator[bytes | Stretch]:
        """So many of its bytes from byte `start` on, where possible by where they are. Raises: OntapError 542797."""
        return stretches(self._tree(volume, snapshot), await self.between(volume, base, snapshot), start, length)

    def forget(self, volume: str) -> None:
        for key in [key for key in self._known if key[0] == volume]:
            del self._known[key]

    def _tree(self, volume: str, snapshot: str) -> Path:
        return directory_of(self._cluster, volume).snapshot(self._named(volume, snapshot).name)

    def _named(self, volume: str, version: str) -> Snapshot:
        for snapshot in snapshots_of(self._cluster, volume):
            if snapshot.version_uuid == version:
                return snapshot
        raise OntapError(404, "542797", "A snapshot that the transfer needs is not on the source volume any more.")
