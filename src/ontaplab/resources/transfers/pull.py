"""One transfer carried out by the destination: snapshot after snapshot, the last one exported.

A snapshot is moved to its place before its record is written: what a crash leaves without a record is swept away. What
clients see follows the volume's record, at the latest when the cluster starts again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.messages import CarriedSnapshot, Landed, Step, Wanted
from ontaplab.intercluster.mirroring.source import Source
from ontaplab.resources.relationships.dependence import settle_owners, snapshot_prefix
from ontaplab.resources.relationships.errors import failed
from ontaplab.resources.relationships.state import Relationship, State
from ontaplab.resources.snapmirror_policies.state import Policy
from ontaplab.resources.snapshots.errors import exists
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, snapshots_of
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.transfers.receiving import Progress, receive
from ontaplab.resources.transfers.state import Transfer
from ontaplab.resources.volumes.lifecycle import directory_of, serve

_NO_LABELS = {"sm_created", "all_source_snapshots"}
"""Labels of rules that stand for what SnapMirror itself makes, or for everything."""


class Pull:
    """Carries out the transfer of that uuid."""

    def __init__(self, cluster: Cluster, source: Source, transfer: Transfer, progress: Progress) -> None:
        self._cluster = cluster
        self._source = source
        self._transfer_uuid = transfer.uuid
        self._relationship_uuid = transfer.relationship
        self._progress = progress

    async def run(self) -> None:
        """The destination exports what was wanted, and the records say so.

        Raises: OntapError, OSError: the destination exports what it did before.
        """
        while (step := await self._source.next_step(self._relationship_uuid, self._wanted())) is not None:
            self._remember_target(step)
            await receive(self._cluster, self._relationship_uuid, self._source, step, self._progress)
            await self._take_in(step)
            if step.is_last:
                await self._tell_source(step)
                return
        self._nothing_to_carry()

    @property
    def _relationship(self) -> Relationship:
        return self._cluster.relationships[self._relationship_uuid]

    @property
    def _transfer(self) -> Transfer:
        return self._cluster.transfers[self._transfer_uuid]

    @property
    def _policy(self) -> Policy:
        return self._cluster.policies[self._relationship.policy]

    @property
    def _volume(self) -> str:
        return self._relationship.destination.volume_uuid

    def _wanted(self) -> Wanted:
        checkpoint = self._relationship.checkpoint
        return Wanted(
            have=tuple(snapshot.version_uuid for snapshot in snapshots_of(self._cluster, self._volume)),
            labels=tuple(rule.label for rule in self._policy.retention if rule.label not in _NO_LABELS),
            everything=self._policy.copy_all_source_snapshots,
            creates=self._policy.create_snapshot_on_source,
            target=self._transfer.target,
            source_snapshot=self._transfer.source_snapshot,
            resume=checkpoint.snapshot if checkpoint and checkpoint.position else None,
        )

    def _remember_target(self, step: Step) -> None:
        if self._transfer.target != step.target:
            self._cluster.transfers.put(replace(self._transfer, target=step.target, snapshot=step.target_name))

    async def _take_in(self, step: Step) -> None:
        """The snapshot that was received is one of the volume's; the last one is what clients see."""
        cluster, volume = self._cluster, self._volume
        async with cluster.volume_lock(volume):
            await self._accept(step.snapshot.name)
            with cluster.together():
                cluster.snapshots.put(self._snapshot(step.snapshot))
                if step.is_last:
                    self._export(step)
                else:
                    cluster.relationships.put(replace(self._relationship, checkpoint=None))
            if step.is_last:
                await cluster.offload(partial(serve, cluster, cluster.volumes[volume]))
                await self._drop_obsolete(step)

    async def _accept(self, name: str) -> None:
        """What was received is at the snapshot's place. What an abort left there, without a record, is gone."""
        if any(snapshot.name == name for snapshot in snapshots_of(self._cluster, self._volume)):
            raise exists(name)
        directory = directory_of(self._cluster, self._volume)
        await self._cluster.offload(partial(directory.drop_snapshot, name))
        await self._cluster.offload(partial(directory.accept, self._relationship_uuid, name))

    def _snapshot(self, carried: CarriedSnapshot) -> Snapshot:
        return Snapshot(
            uuid=self._cluster.new_uuid("snapshot", f"{self._volume}/{carried.name}"),
            volume=self._volume,
            name=carried.name,
            created=carried.created,
            version_uuid=carried.version,
            provenance_volume=carried.provenance_volume,
            label=carried.label,
            comment=carried.comment,
        )

    def _export(self, step: Step) -> None:
        volume = self._cluster.volumes[self._volume].as_mirror(step.snapshot.name)
        size_bytes = max(volume.size_bytes, step.volume_size_bytes)
        self._cluster.volumes.put(replace(volume, size_bytes=size_bytes))
        self._succeed(
            replace(
                self._relationship,
                checkpoint=None,
                exported_snapshot=step.snapshot.name,
                exported_created=step.snapshot.created,
                base=step.snapshot.version,
            )
        )

    def _succeed(self, relationship: Relationship) -> None:
        """The transfer is a success, and the relationship, as given, a mirror."""
        now, moved = self._cluster.clock.now(), self._progress.received
        success = self._transfer.finished("success", now)
        transfer = self._cluster.transfers.put(replace(success, bytes_transferred=moved, checkpoint_bytes=0))
        self._cluster.relationships.put(
            replace(
                relationship,
                state=State.SNAPMIRRORED,
                unhealthy=None,
                last_transfer_type=transfer.type,
                last_transfer_bytes=moved,
                last_transfer_duration=transfer.duration(now),
                total_transfer_bytes=relationship.total_transfer_bytes + moved,
                total_transfer_duration=relationship.total_transfer_duration + transfer.duration(now),
            )
        )
        settle_owners(self._cluster, self._volume)

    def _nothing_to_carry(self) -> None:
        """With a policy that makes no snapshots: it is a success if there is something to see."""
        if not self._relationship.is_initialized:
            raise failed("13303812", "The source volume has no snapshot that the policy selects.")
        with self._cluster.together():
            self._succeed(self._relationship)

    async def _tell_source(self, step: Step) -> None:
        """A source that does not hear it keeps a snapshot more, until the next transfer."""
        try:
            await self._source.landed(
                self._relationship_uuid, Landed(snapshot=step.snapshot.version, state=self._relationship.state)
            )
        except OntapError:
            return

    async def _drop_obsolete(self, step: Step) -> None:
        held = snapshots_of(self._cluster, self._volume)
        kept = {step.snapshot.version, self._relationship.base}
        for snapshot in self._obsolete(held, set(step.present)):
            if snapshot.version_uuid not in kept and not snapshot.owners:
                await drop_snapshot(self._cluster, snapshot)

    def _obsolete(self, held: list[Snapshot], present: set[str]) -> Iterator[Snapshot]:
        """Former bases, what the source has dropped if all is mirrored, and what is more than a rule keeps."""
        made = snapshot_prefix(self._relationship)
        mirrors_all = self._policy.copy_all_source_snapshots
        for snapshot in held:
            if snapshot.name.startswith(made) or (mirrors_all and snapshot.version_uuid not in present):
                yield snapshot
        for rule in self._policy.retention:
            labelled = [snapshot for snapshot in held if snapshot.label == rule.label]
            yield from labelled[: max(0, len(labelled) - rule.count)]
