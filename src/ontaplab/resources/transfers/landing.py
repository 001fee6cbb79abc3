"""What was received becomes a snapshot of the destination; the last one is what clients see.

A snapshot is moved to its place, and seen by clients, before its record is written: what a crash leaves without a
record is swept away, and what clients see follows the volume's record when the cluster starts again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import anyio
import anyio.lowlevel

from ontaplab.cluster import Cluster
from ontaplab.intercluster.mirroring.messages import CarriedSnapshot, Step
from ontaplab.resources.relationships.dependence import settle_owners, snapshot_prefix
from ontaplab.resources.relationships.geometry import fit_to_source
from ontaplab.resources.relationships.state import Relationship
from ontaplab.resources.snapmirror_policies.state import Policy, Rule
from ontaplab.resources.snapshots.errors import exists
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, snapshots_of
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.transfers.errors import destination_not_ready, retention_exhausted
from ontaplab.resources.volumes.lifecycle import become_writable, present, serve
from ontaplab.resources.volumes.places import directory_of
from ontaplab.resources.volumes.state import Volume

_MADE = "snapmirror."
"""How the names of all snapshots begin that SnapMirror makes."""


class Landing:
    """The destination's side of one relationship's transfers."""

    def __init__(self, cluster: Cluster, relationship: str) -> None:
        self._cluster = cluster
        self._relationship_uuid = relationship

    def check(self, step: Step) -> None:
        """Raises: OntapError if what the step brings could not be taken in, however long it was received."""
        self._mirror()
        fit_to_source(self._cluster, self._relationship, step)
        for rule in self._policy.retention:
            if rule.preserve and rule.label == step.snapshot.label and len(self._labelled(rule)) >= rule.count:
                raise retention_exhausted(rule.label, rule.count)

    async def take_in(self, step: Step, landed: Callable[[Relationship], None]) -> None:
        """The snapshot that was received is one of the volume's. If it is the last one, clients see it.

        `landed` is to keep the relationship's record, as given, when the last one is exported.
        """
        cluster, volume = self._cluster, self._relationship.destination.volume_uuid
        async with cluster.volume_lock(volume):
            self._mirror()
            former = self._relationship.base
            await self._give_up(step)
            await self._accept(step.snapshot.name)
            if not step.is_last:
                with cluster.together():
                    cluster.snapshots.put(self._snapshot(step.snapshot))
                    cluster.relationships.put(replace(self._relationship, checkpoint=None))
                return
            async with self._served(step.snapshot.name):
                with cluster.together():
                    cluster.snapshots.put(self._snapshot(step.snapshot))
                    landed(self._exporting(step))
                    settle_owners(cluster, volume)
            await self._drop_obsolete(step, former)

    @asynccontextmanager
    async def _served(self, snapshot: str) -> AsyncIterator[None]:
        """Clients see the snapshot, so that nobody reads of a success before; what fails within takes it back."""
        cluster, volume = self._cluster, self._relationship.destination.volume_uuid
        try:
            await cluster.offload(partial(serve, cluster, cluster.volumes[volume].as_mirror(snapshot)))
            await anyio.lowlevel.checkpoint_if_cancelled()
            yield
        except BaseException:  # an abort included
            with anyio.CancelScope(shield=True):
                await cluster.offload(partial(serve, cluster, cluster.volumes[volume]))
            raise

    async def restore(self, step: Step) -> None:
        """The volume is writable and holds what the snapshot holds; what is newer than the common one is gone.

        Assumption: but for snapshots that another relationship depends on.
        """
        cluster, relationship = self._cluster, self._relationship
        volume = relationship.destination.volume_uuid
        async with cluster.volume_lock(volume):
            held = snapshots_of(cluster, volume)
            if step.base != step.snapshot.version:
                await self._accept(step.snapshot.name)
                cluster.snapshots.put(self._snapshot(step.snapshot))
            await become_writable(cluster, volume, step.snapshot.name)
            versions = [each.version_uuid for each in held]
            for newer in held[versions.index(step.base) + 1 :] if step.base in versions else ():
                if not newer.owners:
                    await drop_snapshot(cluster, newer)

    def check_restorable(self, step: Step) -> None:
        """Raises: OntapError if the destination is too small for it."""
        fit_to_source(self._cluster, self._relationship, step)

    @property
    def _relationship(self) -> Relationship:
        return self._cluster.relationships[self._relationship_uuid]

    @property
    def _policy(self) -> Policy:
        return self._cluster.policies[self._relationship.policy]

    def _mirror(self) -> Volume:
        """The destination volume. Raises: OntapError if nothing can be taken in by it."""
        volume = present(self._cluster, self._relationship.destination.volume_uuid)
        if not volume.is_mirror or volume.state != "online":
            raise destination_not_ready(volume.name)
        return volume

    async def _give_up(self, step: Step) -> None:
        """Where all is mirrored, a snapshot goes that the source has replaced by the received one of the same name."""
        volume, mirrors_all = self._relationship.destination.volume_uuid, self._policy.copy_all_source_snapshots
        for snapshot in snapshots_of(self._cluster, volume):
            replaced = snapshot.name == step.snapshot.name and snapshot.version_uuid not in step.present
            if mirrors_all and replaced and not snapshot.owners:
                await drop_snapshot(self._cluster, snapshot)

    async def _accept(self, name: str) -> None:
        """What was received is at the snapshot's place. What an abort left there, without a record, is gone."""
        volume = self._relationship.destination.volume_uuid
        if any(snapshot.name == name for snapshot in snapshots_of(self._cluster, volume)):
            raise exists(name)
        directory = directory_of(self._cluster, volume)
        await self._cluster.offload(partial(directory.drop_snapshot, name))
        await self._cluster.offload(partial(directory.accept, self._relationship_uuid, name))

    def _snapshot(self, carried: CarriedSnapshot) -> Snapshot:
        volume = self._relationship.destination.volume_uuid
        return Snapshot(
            uuid=self._cluster.new_uuid("snapshot", f"{volume}/{carried.name}"),
            volume=volume,
            name=carried.name,
            created=carried.created,
            version_uuid=carried.version,
            provenance_volume=carried.provenance_volume,
            label=carried.label,
            comment=carried.comment,
        )

    def _exporting(self, step: Step) -> Relationship:
        """The relationship's record to be kept; the volume's is kept already."""
        relationship, source = self._relationship, self._relationship.source
        volume = self._cluster.volumes[relationship.destination.volume_uuid]
        self._cluster.volumes.put(volume.as_mirror(step.snapshot.name))
        return replace(
            relationship,
            source=source if source.volume == step.volume_name else replace(source, volume=step.volume_name),
            checkpoint=None,
            exported_snapshot=step.snapshot.name,
            exported_created=step.snapshot.created,
            base=step.snapshot.version,
        )

    async def _drop_obsolete(self, step: Step, former: str | None) -> None:
        held = snapshots_of(self._cluster, self._relationship.destination.volume_uuid)
        kept = {step.snapshot.version, self._relationship.base, *self._relationship.preserved}
        for snapshot in self._obsolete(held, set(step.present), former):
            if snapshot.version_uuid not in kept and not snapshot.owners:
                await drop_snapshot(self._cluster, snapshot)

    def _obsolete(self, held: list[Snapshot], present: set[str], former: str | None) -> Iterator[Snapshot]:
        """Former bases, what the source has dropped if all is mirrored, and what is more than a rule keeps."""
        made = snapshot_prefix(self._relationship)
        mirrors_all = self._policy.copy_all_source_snapshots
        for snapshot in held:
            was_base = snapshot.version_uuid == former and snapshot.name.startswith(_MADE) and not mirrors_all
            if snapshot.name.startswith(made) or was_base or (mirrors_all and snapshot.version_uuid not in present):
                yield snapshot
        for rule in self._policy.retention:
            labelled = self._labelled(rule)
            yield from labelled[: max(0, len(labelled) - rule.count)]

    def _labelled(self, rule: Rule) -> list[Snapshot]:
        held = snapshots_of(self._cluster, self._relationship.destination.volume_uuid)
        return [snapshot for snapshot in held if snapshot.label == rule.label]
