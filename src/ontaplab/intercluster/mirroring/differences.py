"""What turns one snapshot of a volume into another, kept between the questions of the transfers that run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ontaplab.cluster import Cluster
from ontaplab.disk.difference import Difference, compare_on, difference
from ontaplab.disk.stream import Stretch, read_stream, stretches
from ontaplab.errors import OntapError
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.volumes.places import directory_of

_REMEMBERED = 128
"""More than the transfers that one destination runs at once."""
_AT_ONCE = 64 * 1024 * 1024
"""So many bytes are compared before what was found is told: moving what differs need not wait for the rest."""


class Differences:
    """Of the volumes of one cluster. Snapshots are named by their version_uuid; no base: from nothing.

    Raises: OntapError 542797 without one of the snapshots.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known: dict[tuple[str, str | None, str], Difference] = {}

    async def beginning(self, volume: str, base: str | None, snapshot: str) -> Difference:
        """What is known of it, or is found soon. Both snapshots never change, so neither does this."""
        key = volume, base, snapshot
        known = self._known.get(key)
        if known is None:
            before, after = self._trees(volume, base, snapshot)
            known = await self._cluster.offload(partial(difference, before, after, _AT_ONCE))
        return self._remember(key, known)

    async def further(self, volume: str, base: str | None, snapshot: str, compared: int) -> Difference:
        """Compared beyond that byte of its files, if there are more."""
        known = await self.beginning(volume, base, snapshot)
        while known.compared <= compared and not known.is_whole:
            before, after = self._trees(volume, base, snapshot)
            found = await self._cluster.offload(partial(compare_on, before, after, known, _AT_ONCE))
            known = self._remember((volume, base, snapshot), known.with_more(found))
        return known

    async def chunks(self, volume: str, base: str | None, snapshot: str, start: int, length: int) -> Iterator[bytes]:
        """So many of its bytes from byte `start` on, or fewer, in chunks."""
        known = await self._reaching(volume, base, snapshot, start + length)
        return read_stream(self._tree(volume, snapshot), known, start)

    async def stretches(
        self, volume: str, base: str | None, snapshot: str, start: int, length: int
    ) -> Iterator[bytes | Stretch]:
        """The same, where possible by where they are."""
        known = await self._reaching(volume, base, snapshot, start + length)
        return stretches(self._tree(volume, snapshot), known, start, length)

    async def _reaching(self, volume: str, base: str | None, snapshot: str, end: int) -> Difference:
        """Known up to that byte of its stream, if it has one."""
        known = await self.beginning(volume, base, snapshot)
        while known.bytes < end and not known.is_whole:
            known = await self.further(volume, base, snapshot, known.compared)
        return known

    def forget(self, volume: str) -> None:
        for key in [key for key in self._known if key[0] == volume]:
            del self._known[key]

    def _remember(self, key: tuple[str, str | None, str], known: Difference) -> Difference:
        """As the one that was used last. The one that was not used for longest may go."""
        self._known.pop(key, None)
        self._known[key] = known
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return known

    def _trees(self, volume: str, base: str | None, snapshot: str) -> tuple[Path | None, Path]:
        return None if base is None else self._tree(volume, base), self._tree(volume, snapshot)

    def _tree(self, volume: str, snapshot: str) -> Path:
        return directory_of(self._cluster, volume).snapshot(self._named(volume, snapshot).name)

    def _named(self, volume: str, version: str) -> Snapshot:
        for snapshot in snapshots_of(self._cluster, volume):
            if snapshot.version_uuid == version:
                return snapshot
        raise OntapError(404, "542797", "A snapshot that the transfer needs is not on the source volume any more.")
