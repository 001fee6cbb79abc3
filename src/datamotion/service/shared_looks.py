"""One cluster that several runs look at side by side: what they want to see at the same time is one look.

However many runs there are, a cluster has one look to answer at a time. A look that goes on may be older than what a
run asked for since: who comes meanwhile waits for the next one, with all others that do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import anyio

from datamotion.engine.looking import Glance
from datamotion.engine.ports import Delay, Reply
from datamotion.errors import ClusterError
from datamotion.model.acts import Act
from datamotion.model.item_records import FileName, FilesIn
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_records import Snapshot
from datamotion.policy.validation import Question
from datamotion.service.clusters import FollowedCluster


class _Look:
    """What is wanted of a look that has not begun, and then what it showed."""

    def __init__(self) -> None:
        self.wanted = Glance(aspects=(), svms=())
        self.seen: ClusterView | ClusterError | None = None


class SharedLooks:
    """Fulfils `FollowedCluster`. What a look shows is all that was wanted of it, and may be more than one asked for."""

    def __init__(self, cluster: FollowedCluster) -> None:
        self._cluster = cluster
        self._turn = anyio.Lock()
        self._next = _Look()

    @property
    def unanswered(self) -> Delay | None:
        return self._cluster.unanswered

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> ClusterView:
        look = self._next
        look.wanted = look.wanted.joined(Glance(aspects=aspects, svms=svms, files=files))
        async with self._turn:  # the first of those who wait looks for all; where it is cancelled, the next one does
            if self._next is look:
                self._next = _Look()
            if look.seen is None:
                wanted = look.wanted
                try:
                    look.seen = await self._cluster.observe(wanted.aspects, wanted.svms, wanted.files)
                except ClusterError as error:
                    look.seen = error
        if isinstance(look.seen, ClusterError):
            raise look.seen
        return look.seen

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        return await self._cluster.ask(acts)

    async def validate(self, questions: Sequence[Question]) -> Sequence[Reply]:
        return await self._cluster.validate(questions)

    async def measure(self, snapshots: Sequence[Snapshot]) -> Mapping[str, int]:
        return await self._cluster.measure(snapshots)

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        return await self._cluster.follow(jobs)
