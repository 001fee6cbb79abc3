"""POST: a relationship between a source volume, here or at a peer, and a destination volume of this cluster."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.intercluster.mirroring.messages import Registered
from ontaplab.resources.licenses.handlers import check_licensed
from ontaplab.resources.relationships.bodies import RelationshipCreate
from ontaplab.resources.relationships.decisions import Word
from ontaplab.resources.relationships.endpoints import (
    SourcePlace,
    destination_volume,
    endpoint_of,
    path_of,
    source_place,
    split_path,
)
from ontaplab.resources.relationships.errors import (
    creation_schedules_on_flexgroup,
    destination_not_a_mirror,
    destination_taken,
    fields_exclude_each_other,
    not_for_synchronous,
    not_for_volumes,
    policy_not_for_volumes,
    same_volume,
    styles_differ,
    svm_not_found,
)
from ontaplab.resources.relationships.peering import become_peers, place_to_be_peered
from ontaplab.resources.relationships.provisioning import check_provisioning, planned_destination, provision
from ontaplab.resources.relationships.references import cron_schedule, kind_of, makes_snapshots, volume_policy
from ontaplab.resources.relationships.state import Endpoint, Kind, Listed, Relationship, State
from ontaplab.resources.relationships.transitions import Asked, Transitions
from ontaplab.resources.snapmirror_policies.state import Policy
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.resources.svms.lookup import svm_named
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.sources import registration_of, source_at
from ontaplab.resources.volumes.lifecycle import present
from ontaplab.wire.body import Reference
from ontaplab.wire.resource import Done, Reply, Request, Started

DEFAULT_POLICY = Reference(name="Asynchronous")


def create(
    cluster: Cluster, engine: Engine, transitions: Transitions, request: Request, body: RelationshipCreate
) -> Reply[Listed]:
    """What can be checked here is refused at once; what only the source knows is found out by the job."""
    check_licensed(cluster, "snapmirror")
    if body.identity_preservation is not None:
        raise not_for_volumes("identity_preservation")
    destination, place = _ends(cluster, body)
    if not request.reaches(destination.svm_uuid):
        raise svm_not_found(destination.svm)
    policy = volume_policy(cluster, body.policy or DEFAULT_POLICY, destination.svm_uuid)
    kind = _kind(body, policy)
    if policy.type == "sync":
        check_licensed(cluster, "snapmirror_sync")
    check_provisioning(body, kind)
    relationship = Relationship(
        uuid=cluster.new_uuid("relationship", destination.volume_uuid),
        source=Endpoint(
            svm=place.svm,
            svm_uuid=place.svm_uuid,
            volume=place.volume,
            volume_uuid="",
            cluster_peer=place.cluster_peer,
        ),
        destination=destination,
        policy=policy.uuid,
        state=State.UNINITIALIZED,
        kind=kind,
        transfer_schedule=cron_schedule(cluster, body.transfer_schedule),
        throttle=body.throttle,
        backoff_level=body.backoff_level,
    )
    _check_is_free(cluster, relationship)
    if request.flag("validate_only"):
        return Done(status=200)

    async def work() -> None:
        await _Creation(cluster, engine, relationship, body).run()
        if body.state is not None:
            await transitions.carry_out(relationship.uuid, Asked(word=Word.INITIALIZE))

    job = cluster.start_job("POST /api/snapmirror/relationships", work, svm=destination.svm_uuid)
    return Started(job, relationship)


def _kind(body: RelationshipCreate, policy: Policy) -> Kind:
    """Raises: OntapError for attributes that such a relationship does not have."""
    kind = kind_of(policy)
    scheduled = body.transfer_schedule is not None
    if body.restore and (scheduled or body.throttle):
        raise fields_exclude_each_other("transfer_schedule" if scheduled else "throttle", "restore")
    if body.restore and kind != "async":
        raise policy_not_for_volumes(policy.name)
    if kind != "async" and scheduled:
        raise not_for_synchronous("transfer_schedule")
    return "restore" if body.restore else kind


def _ends(cluster: Cluster, body: RelationshipCreate) -> tuple[Endpoint, SourcePlace]:
    if body.source is None or body.source.path is None:
        raise missing_field("source.path")
    if body.destination is None or body.destination.path is None:
        raise missing_field("destination.path")
    path = body.destination.path
    if body.creates_destination:
        svm = svm_named(cluster, split_path("destination.path", path)[0]).uuid
        place = place_to_be_peered(cluster, body.source, svm)
        destination = planned_destination(cluster, path)
    else:
        destination = endpoint_of(cluster, destination_volume(cluster, path))
        place = source_place(cluster, body.source.path, destination.svm_uuid)
    here = (destination.svm_uuid, destination.volume)
    if place.cluster_peer is None and (place.svm_uuid, place.volume) == here:
        raise same_volume(place.path)
    return destination, place


def _check_is_free(cluster: Cluster, wanted: Relationship) -> None:
    """Raises: OntapError 6619637 if a relationship ends at that volume already."""
    volume = wanted.destination.volume_uuid
    if cluster.relationships_by_volume.first(volume):
        raise destination_taken(path_of(cluster, wanted.destination))


class _Creation:
    def __init__(self, cluster: Cluster, engine: Engine, relationship: Relationship, body: RelationshipCreate) -> None:
        self._cluster = cluster
        self._relationship = relationship
        self._body = body
        self._source = source_at(cluster, engine.local, relationship.source.cluster_peer)

    async def run(self) -> None:
        """The source lists the destination, and the relationship is there; or neither."""
        relationship = self._relationship
        if not relationship.source.svm_uuid:
            svm = await become_peers(self._cluster, relationship.source, relationship.destination)
            self._relationship = replace(relationship, source=replace(relationship.source, svm_uuid=svm))
        registered = await self._source.register(registration_of(self._cluster, self._relationship))
        try:
            _check_is_free(self._cluster, self._relationship)
            if self._body.creates_destination:
                await provision(self._cluster, self._relationship.destination, registered, self._body)
            relationship = self._as_found(registered)
        except BaseException:
            await self._source.release(self._relationship.uuid, keep_snapshots=True)
            raise
        self._cluster.relationships.put(relationship)

    def _as_found(self, registered: Registered) -> Relationship:
        """A writable destination that shares a snapshot with the source is a pair that was turned round: broken off.

        Assumption: without a common snapshot a writable destination is refused; it could only be overwritten.
        Raises: OntapError 6619546; 13107371 for a FlexVol and a FlexGroup; 6621125; 13303821 if its policy is gone.
        """
        volume_policy(self._cluster, Reference(uuid=self._relationship.policy), self._relationship.destination.svm_uuid)
        source = replace(self._relationship.source, volume_uuid=registered.volume_uuid)
        relationship = replace(self._relationship, source=source)
        volume = present(self._cluster, relationship.destination.volume_uuid)
        if bool(registered.constituents) != bool(volume.constituents):
            raise styles_differ(path_of(self._cluster, relationship.destination))
        if volume.constituents and makes_snapshots(self._cluster, relationship.policy):
            raise creation_schedules_on_flexgroup()
        if volume.is_mirror or relationship.kind == "restore":
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
