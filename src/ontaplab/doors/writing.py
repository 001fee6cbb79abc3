"""All that is written to volumes, by a door or by the API: there is room for it, and it is mirrored where it must be.

What is written to plain files, past both, can be neither mirrored at once nor refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.followers import follow_now
from ontaplab.resources.relationships.state import SYNCHRONOUS, ListedDestination, State
from ontaplab.resources.transfers.following import Following
from ontaplab.resources.volumes.growth import make_room
from ontaplab.resources.volumes.lifecycle import present


class Writes:
    """Whoever writes to a volume makes room first, and writes within `mirrored(volume)`."""

    def __init__(self, cluster: Cluster, following: Following) -> None:
        self._cluster = cluster
        self._following = following
        self._granted: dict[str, tuple[int, int]] = {}

    def make_room(self, uuid: str, more_bytes: int) -> None:
        """There is room for that many bytes more. Raises: OntapError 131100; nothing has changed then.

        Looking how full a volume is means looking at all its files, so half of the room that was seen is given away
        without another look: exact where it becomes scarce. Where autosize is on, every write looks.
        """
        volume = present(self._cluster, uuid)
        size_bytes, granted = self._granted.get(uuid, (0, 0))
        if size_bytes == volume.size_bytes and more_bytes <= granted:
            self._granted[uuid] = size_bytes, granted - max(0, more_bytes)
            return
        left = make_room(self._cluster, volume, more_bytes)
        if volume.property_of("autosize.mode") == "off":
            self._granted[uuid] = volume.size_bytes, left // 2

    @asynccontextmanager
    async def mirrored(self, volume: str) -> AsyncIterator[None]:
        """What was written within is at the synchronous destinations then.

        Raises: OntapError if a strictly synchronous destination is, or falls, out of sync.
        In the second case the write has happened at the source, as with any I/O error.
        """
        self._check_strict(volume)
        yield
        for listed in self._destinations(volume):
            if listed.state is State.IN_SYNC:
                state = await follow_now(self._cluster, self._following, listed)
                self._note(listed.uuid, state)
        self._check_strict(volume)

    def _check_strict(self, volume: str) -> None:
        for listed in self._destinations(volume):
            if listed.kind == "strict_sync" and listed.state is State.OUT_OF_SYNC:
                raise _refused(listed)

    def _destinations(self, volume: str) -> list[ListedDestination]:
        listed = self._cluster.listed_destinations_by_volume[volume]
        return [each for each in listed if each.kind in SYNCHRONOUS]

    def _note(self, uuid: str, state: State) -> None:
        listed = self._cluster.listed_destinations.get(uuid)
        if listed is not None and listed.state is not state:
            self._cluster.listed_destinations.put(replace(listed, state=state))


def _refused(listed: ListedDestination) -> OntapError:
    """Assumption: the code of an input/output error."""
    return OntapError(
        500,
        "6488081",
        f'Input/output error: "{listed.destination.path}" is out of sync, and its policy is strictly synchronous.',
    )
