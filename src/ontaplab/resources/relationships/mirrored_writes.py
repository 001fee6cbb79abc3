"""Writes through the API to the sources of synchronous relationships."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.followers import follow_now
from ontaplab.resources.relationships.state import SYNCHRONOUS, ListedDestination, State
from ontaplab.resources.transfers.following import Following


class MirroredWrites:
    """Whoever writes to a volume does so within `mirrored(volume)`: what was written is at the destinations then.

    What is written to plain files, past the API, can be neither mirrored at once nor refused.
    """

    def __init__(self, cluster: Cluster, following: Following) -> None:
        self._cluster = cluster
        self._following = following

    @asynccontextmanager
    async def mirrored(self, volume: str) -> AsyncIterator[None]:
        """Raises: OntapError if a strictly synchronous destination is, or falls, out of sync.

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
