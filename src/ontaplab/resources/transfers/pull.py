"""What a destination wants of its source, brought: snapshot after snapshot, the last one exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.messages import Landed, Step, Wanted
from ontaplab.intercluster.mirroring.source import Source
from ontaplab.resources.licenses.handlers import check_licensed
from ontaplab.resources.relationships.errors import failed, no_common_snapshot
from ontaplab.resources.relationships.requests import mirror_state
from ontaplab.resources.relationships.state import Relationship
from ontaplab.resources.snapmirror_policies.state import Policy
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.resources.transfers.errors import nothing_to_restore_into
from ontaplab.resources.transfers.landing import Landing
from ontaplab.resources.transfers.receiving import Progress, receive
from ontaplab.resources.transfers.state import Transfer

_NO_LABELS = {"sm_created", "all_source_snapshots"}
"""Labels of rules that stand for what SnapMirror itself makes, or for everything."""


class _Pull:
    """One relationship, its source, and where it is received."""

    def __init__(self, cluster: Cluster, source: Source, relationship: str, progress: Progress) -> None:
        self._cluster = cluster
        self._source = source
        self._relationship_uuid = relationship
        self._progress = progress
        self._landing = Landing(cluster, relationship)

    @property
    def _relationship(self) -> Relationship:
        return self._cluster.relationships[self._relationship_uuid]

    @property
    def _policy(self) -> Policy:
        return self._cluster.policies[self._relationship.policy]

    def _wanted(self) -> Wanted:
        """A vault's first transfer, too, makes and carries a snapshot: ONTAP command `snapmirror initialize`."""
        return Wanted(
            have=self._have(),
            labels=tuple(rule.label for rule in self._policy.retention if rule.label not in _NO_LABELS),
            everything=self._policy.copy_all_source_snapshots,
            creates=self._policy.create_snapshot_on_source or not self._relationship.is_initialized,
        )

    def _have(self) -> tuple[str, ...]:
        volume = self._relationship.destination.volume_uuid
        return tuple(snapshot.version_uuid for snapshot in snapshots_of(self._cluster, volume))

    async def _carry(
        self, wanted: Callable[[], Wanted], begin: Callable[[Step], None], landed: Callable[[Relationship], None]
    ) -> bool:
        """All that is wanted was carried; false: there was nothing.

        Raises: OntapError, OSError: the destination exports what it did before.
        """
        check_licensed(self._cluster, "snapmirror")
        while (step := await self._source.next_step(self._relationship_uuid, wanted())) is not None:
            if step.base is None and self._relationship.is_initialized:
                raise no_common_snapshot("13303844")
            self._landing.check(step)
            begin(step)
            await receive(self._cluster, self._relationship_uuid, self._source, step, self._progress)
            await self._landing.take_in(step, landed)
            if step.is_last:
                return True
        return False

    async def _tell_source(self) -> None:
        """A source that does not hear it keeps a snapshot more, until the next transfer."""
        relationship = self._relationship
        try:
            await self._source.landed(
                self._relationship_uuid, Landed(snapshot=relationship.base or "", state=mirror_state(relationship.kind))
            )
        except OntapError:
            return


class Pull(_Pull):
    """Carries out that transfer."""

    def __init__(self, cluster: Cluster, source: Source, transfer: Transfer, progress: Progress) -> None:
        super().__init__(cluster, source, transfer.relationship, progress)
        self._transfer_uuid = transfer.uuid

    async def run(self) -> None:
        """The destination exports what was wanted, and the records say so.

        Raises: OntapError, OSError: the destination exports what it did before.
        """
        if self._relationship.is_synchronous:
            await self._catch_up()
        if await self._carry(self._next, self._remember_target, self._succeed):
            await self._tell_source()
        else:
            self._nothing_to_carry()

    async def _catch_up(self) -> None:
        """Nearly all is there, and the source mirrors what is written from now on: what follows is in sync."""
        await self._carry(self._next, self._remember_target, self._keep)
        await self._tell_source()
        self._cluster.transfers.put(replace(self._transfer, target=None))

    @property
    def _transfer(self) -> Transfer:
        return self._cluster.transfers[self._transfer_uuid]

    def _next(self) -> Wanted:
        checkpoint = self._relationship.checkpoint
        return replace(
            self._wanted(),
            target=self._transfer.target,
            source_snapshot=self._transfer.source_snapshot,
            scheduled=self._transfer.scheduled,
            resume=checkpoint.snapshot if checkpoint and checkpoint.position else None,
        )

    def _remember_target(self, step: Step) -> None:
        if self._transfer.target != step.target:
            self._cluster.transfers.put(replace(self._transfer, target=step.target, snapshot=step.target_name))

    def _keep(self, relationship: Relationship) -> None:
        self._cluster.relationships.put(relationship)

    def _succeed(self, relationship: Relationship) -> None:
        """The transfer is a success, and the relationship, as given, a mirror."""
        now, moved = self._cluster.clock.now(), self._progress.received
        transfer = self._cluster.transfers.put(self._transfer.succeeded(now, moved))
        self._cluster.relationships.put(
            replace(
                relationship,
                state=mirror_state(relationship.kind),
                unhealthy=None,
                last_transfer_type=transfer.type,
                last_transfer_bytes=moved,
                last_transfer_duration=transfer.duration(now),
                total_transfer_bytes=relationship.total_transfer_bytes + moved,
                total_transfer_duration=relationship.total_transfer_duration + transfer.duration(now),
            )
        )

    def _nothing_to_carry(self) -> None:
        """With a policy that makes no snapshots: it is a success if there is something to see."""
        if not self._relationship.is_initialized:
            raise failed("13303812", "The source volume has no snapshot that the policy selects.")
        with self._cluster.together():
            self._succeed(self._relationship)


class Follow(_Pull):
    """Brings a synchronous destination up to what its source holds now. It leaves no record of its own."""

    async def run(self, *, only_changes: bool = True) -> None:
        """Without `only_changes` a new common snapshot is made where nothing has changed, too.

        Raises: OntapError, OSError: the destination exports what it did before.
        """
        carried = await self._carry(
            lambda: replace(self._wanted(), only_changes=only_changes),
            lambda step: None,
            self._keep,
        )
        if carried:
            await self._tell_source()

    def _keep(self, relationship: Relationship) -> None:
        self._cluster.relationships.put(replace(relationship, unhealthy=None))


class Restore(_Pull):
    """Carries out the transfer of a restore relationship."""

    def __init__(self, cluster: Cluster, source: Source, transfer: Transfer, progress: Progress) -> None:
        super().__init__(cluster, source, transfer.relationship, progress)
        self._source_snapshot = transfer.source_snapshot

    async def run(self) -> None:
        """The destination is writable and holds what was restored. Raises: OntapError, OSError: it is unchanged."""
        wanted = replace(self._wanted(), restore=True, source_snapshot=self._source_snapshot)
        step = await self._source.next_step(self._relationship_uuid, wanted)
        assert step is not None, "a source that has nothing to restore says so"
        volume = self._cluster.volumes[self._relationship.destination.volume_uuid]
        if step.base is None and (not volume.is_mirror or self._have()):
            raise nothing_to_restore_into(volume.name)
        self._landing.check_restorable(step)
        if step.base != step.snapshot.version:
            await receive(self._cluster, self._relationship_uuid, self._source, step, self._progress)
        await self._landing.restore(step)
