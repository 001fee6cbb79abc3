"""POST: a relationship between a source volume, here or at a peer, and a destination volume of this cluster."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.intercluster.mirroring.messages import Registered, Registration
from ontaplab.resources.relationships.endpoints import (
    SourcePlace,
    destination_volume,
    endpoint_of,
    path_of,
    source_place,
)
from ontaplab.resources.relationships.errors import destination_not_a_mirror, destination_taken, same_volume
from ontaplab.resources.relationships.references import async_policy, cron_schedule
from ontaplab.resources.relationships.state import Endpoint, Listed, Relationship, State
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.sources import source_at
from ontaplab.resources.volumes.lifecycle import present
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Reply, Request, Started

DEFAULT_POLICY = Reference(name="Asynchronous")


class End(Body):
    """One end. The SVM and its cluster follow from the path."""

    path: str | None = None
    svm: Reference | None = None
    cluster: Reference | None = None


class RelationshipCreate(Body):
    source: End | None = None
    destination: End | None = None
    policy: Reference | None = None
    transfer_schedule: Reference | None = None
    throttle: int = 0


def create(cluster: Cluster, engine: Engine, request: Request, body: RelationshipCreate) -> Reply[Listed]:
    """What can be checked here is refused at once; what only the source knows is found out by the job."""
    volume, place = _ends(cluster, body)
    policy = async_policy(cluster, body.policy or DEFAULT_POLICY)
    relationship = Relationship(
        uuid=cluster.new_uuid("relationship", volume.uuid),
        source=Endpoint(
            svm=place.svm,
            svm_uuid=place.svm_uuid,
            volume=place.volume,
            volume_uuid="",
            cluster_peer=place.cluster_peer,
        ),
        destination=endpoint_of(cluster, volume),
        policy=policy.uuid,
        state=State.UNINITIALIZED,
        transfer_schedule=cron_schedule(cluster, body.transfer_schedule),
        throttle=body.throttle,
    )
    _check_is_free(cluster, relationship)

    async def work() -> None:
        await _Creation(cluster, engine, relationship, place).run()

    job = cluster.start_job("POST /api/snapmirror/relationships", work, svm=volume.svm)
    return Started(job, relationship)


def _ends(cluster: Cluster, body: RelationshipCreate) -> tuple[Volume, SourcePlace]:
    if body.source is None or body.source.path is None:
        raise missing_field("source.path")
    if body.destination is None or body.destination.path is None:
        raise missing_field("destination.path")
    volume = destination_volume(cluster, body.destination.path)
    place = source_place(cluster, body.source.path, volume.svm)
    if place.cluster_peer is None and (place.svm_uuid, place.volume) == (volume.svm, volume.name):
        raise same_volume(place.path)
    return volume, place


def _check_is_free(cluster: Cluster, wanted: Relationship) -> None:
    """Raises: OntapError 6619637 if a relationship ends at that volume already."""
    volume = wanted.destination.volume_uuid
    if cluster.relationships.first(lambda each: each.destination.volume_uuid == volume):
        raise destination_taken(path_of(cluster, wanted.destination))


class _Creation:
    def __init__(self, cluster: Cluster, engine: Engine, relationship: Relationship, place: SourcePlace) -> None:
        self._cluster = cluster
        self._relationship = relationship
        self._place = place
        self._source = source_at(cluster, engine.local, place.cluster_peer)

    async def run(self) -> None:
        """The source lists the destination, and the relationship is there; or neither."""
        registered = await self._source.register(self._registration())
        try:
            _check_is_free(self._cluster, self._relationship)
            relationship = self._as_found(registered)
        except BaseException:
            await self._source.release(self._relationship.uuid, keep_snapshots=True)
            raise
        self._cluster.relationships.put(relationship)

    def _registration(self) -> Registration:
        destination = self._relationship.destination
        held = snapshots_of(self._cluster, destination.volume_uuid)
        return Registration(
            relationship=self._relationship.uuid,
            source_svm=self._place.svm_uuid,
            source_volume=self._place.volume,
            svm_peer=self._place.svm_peer,
            destination_svm=destination.svm,
            destination_svm_uuid=destination.svm_uuid,
            destination_volume=destination.volume,
            destination_volume_uuid=destination.volume_uuid,
            policy=self._cluster.policies[self._relationship.policy].name,
            have=tuple(snapshot.version_uuid for snapshot in held),
        )

    def _as_found(self, registered: Registered) -> Relationship:
        """A writable destination that shares a snapshot with the source is a pair that was turned round: broken off.

        Assumption: without a common snapshot a writable destination is refused; it could only be overwritten.
        Raises: OntapError 6619546.
        """
        source = replace(self._relationship.source, volume_uuid=registered.volume_uuid)
        relationship = replace(self._relationship, source=source)
        volume = present(self._cluster, relationship.destination.volume_uuid)
        if volume.is_mirror:
            return relationship
        for snapshot in snapshots_of(self._cluster, volume.uuid):
            if snapshot.version_uuid == registered.common:
                return replace(
                    relationship,
                    state=State.BROKEN_OFF,
                    exported_snapshot=snapshot.name,
                    exported_created=snapshot.created,
                    base=snapshot.version_uuid,
                )
        raise destination_not_a_mirror(path_of(self._cluster, relationship.destination))
