"""Synchronous destinations kept up to date.

What is written through the API is mirrored before the writer is answered: the source asks for it. What is written to
the volume's plain files is not seen by anybody; it is looked for every few seconds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, no_entry
from ontaplab.intercluster.mirroring.messages import Landed
from ontaplab.resources.relationships.decisions import Event, Move, Word
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.relationships.state import Reason, Relationship, State
from ontaplab.resources.schedules.state import Schedule
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.pull import Follow
from ontaplab.resources.transfers.receiving import Progress
from ontaplab.resources.transfers.sources import registration_of, source_of

FOLLOW_S = 10
"""How often plain files are looked at. Assumption: ONTAP sees every write, so any interval is the lab's own."""
RETRY_AFTER = timedelta(minutes=5)
"""How long after a failed resync the next one is tried. Assumption: that it is tried is documented, not when."""


class Following:
    """The synchronous relationships that end at this cluster."""

    def __init__(self, cluster: Cluster, engine: Engine) -> None:
        self._cluster = cluster
        self._engine = engine
        self._watched: set[str] = set()
        engine.when_ended(self._watch)
        cluster.firings.listen(self._renew_common_snapshots)

    def go_on(self) -> None:
        """To be called at each start. What was written meanwhile was not mirrored."""
        for relationship in self._cluster.relationships:
            if relationship.state is State.IN_SYNC:
                self._fall_behind(relationship.uuid, "4", "the cluster was restarted")
            self._watch(relationship)

    async def follow(self, uuid: str) -> State:
        """The relationship's state, once the destination holds what the source holds now or cannot hold it.

        Raises: OntapError 4 if there is no such relationship.
        """
        relationship = self._known(uuid)
        if relationship.state is State.SYNCHRONIZING:
            await self._engine.wait_idle(uuid)
        async with self._engine.lock(uuid):
            relationship = self._known(uuid)
            if relationship.state is State.IN_SYNC:
                await self._bring(relationship)
            return self._known(uuid).state

    def _renew_common_snapshots(self, schedule: Schedule, due: datetime) -> None:
        """Pairs in sync whose policy says so have a new common snapshot, whether or not anything was written."""
        for relationship in self._cluster.relationships:
            policy = self._cluster.policies.get(relationship.policy)
            if policy is not None and policy.sync_common_snapshot_schedule == schedule.uuid:
                self._cluster.start_task(partial(self._renew, relationship.uuid))

    async def _renew(self, uuid: str) -> None:
        async with self._engine.lock(uuid):
            relationship = self._cluster.relationships.get(uuid)
            if relationship is not None and relationship.state is State.IN_SYNC:
                await self._bring(relationship, only_changes=False)

    def tell_source(self, relationship: Relationship) -> None:
        """The source will know the relationship's state, if it can be reached."""

        async def tell() -> None:
            try:
                source = source_of(self._cluster, self._engine.local, relationship)
                await source.landed(
                    relationship.uuid, Landed(snapshot=relationship.base or "", state=relationship.state)
                )
            except OntapError:
                return

        self._cluster.start_task(tell)

    def _known(self, uuid: str) -> Relationship:
        relationship = self._cluster.relationships.get(uuid)
        if relationship is None:
            raise no_entry("relationship.uuid")
        return relationship

    async def _bring(self, relationship: Relationship, *, only_changes: bool = True) -> None:
        try:
            source = source_of(self._cluster, self._engine.local, relationship)
            await Follow(self._cluster, source, relationship.uuid, Progress(None)).run(only_changes=only_changes)
        except OntapError as refused:
            self._fall_behind(relationship.uuid, refused.code, refused.message)
        except OSError as broken:
            self._fall_behind(relationship.uuid, "917536", broken.strerror or str(broken))

    def _fall_behind(self, uuid: str, code: str, cause: str) -> None:
        relationship = self._cluster.relationships[uuid]
        outcome = decide(self._engine.situation(relationship), Event.FALLS_BEHIND)
        if isinstance(outcome, Move):
            reason = Reason(code=code, message=f"Mirroring from {relationship.source.path} failed: {cause}")
            behind = self._cluster.relationships.put(replace(relationship, state=outcome.to, unhealthy=reason))
            self.tell_source(behind)

    def _watch(self, relationship: Relationship) -> None:
        """Plain files of its source are looked at, and what is out of sync is resynchronized, while it is either."""
        uuid = relationship.uuid
        if uuid in self._watched or relationship.state not in (State.IN_SYNC, State.OUT_OF_SYNC, State.SYNCHRONIZING):
            return
        self._watched.add(uuid)

        async def watch() -> None:
            while await self._look_after(uuid):
                pass
            self._watched.discard(uuid)

        self._cluster.start_task(watch)

    async def _look_after(self, uuid: str) -> bool:
        """Whether there will be anything to look after again."""
        await self._cluster.clock.sleep(FOLLOW_S)
        relationship = self._cluster.relationships.get(uuid)
        if relationship is None:
            return False
        if relationship.state is State.IN_SYNC:
            await self.follow(uuid)
        elif relationship.state is State.OUT_OF_SYNC:
            await self._retry(relationship)
        return relationship.state in (State.IN_SYNC, State.OUT_OF_SYNC, State.SYNCHRONIZING)

    async def _retry(self, relationship: Relationship) -> None:
        """A resync is started, if the source answers and the last attempt is some time ago."""
        cluster, uuid = self._cluster, relationship.uuid
        last = cluster.transfers.get(relationship.transfer)
        if last is not None and last.state == "failed" and last.finished_within(RETRY_AFTER, cluster.clock.now()):
            return
        async with self._engine.lock(uuid):
            try:
                source = source_of(cluster, self._engine.local, relationship)
                await source.register(registration_of(cluster, relationship))
            except OntapError:
                return
            known = cluster.relationships.get(uuid)
            outcome = known and decide(self._engine.situation(known), Word.RESYNC)
            if known is not None and isinstance(outcome, Move) and outcome.transfer is not None:
                self._engine.start(replace(known, state=outcome.to), outcome.transfer)
