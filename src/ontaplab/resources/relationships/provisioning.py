"""`create_destination`: the destination volume that a POST asks for."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.messages import Registered
from ontaplab.resources.aggregates.space import used_bytes
from ontaplab.resources.aggregates.state import Aggregate
from ontaplab.resources.relationships.bodies import RelationshipCreate
from ontaplab.resources.relationships.endpoints import split_path
from ontaplab.resources.relationships.errors import fields_exclude_each_other
from ontaplab.resources.relationships.requests import mirror_state
from ontaplab.resources.relationships.state import Endpoint, Kind
from ontaplab.resources.svms.lookup import svm_named
from ontaplab.resources.volumes.flexgroups import made_of
from ontaplab.resources.volumes.lifecycle import create_volume
from ontaplab.resources.volumes.policies import policies_at_creation
from ontaplab.resources.volumes.rules import check_name, check_name_is_free
from ontaplab.resources.volumes.state import Volume


def check_provisioning(body: RelationshipCreate, kind: Kind) -> None:
    """Raises: OntapError for what does not go with `create_destination`, or only goes with it."""
    wanted = body.create_destination
    if wanted is None or not wanted.enabled:
        if body.state is not None:
            raise _refused("13303873", '"state" is only for a destination that is created.', "state")
        return
    if body.state not in (None, mirror_state(kind)):
        raise _refused("13303874", f'"{body.state}" is not a state in which a relationship can be created.', "state")
    if body.restore:
        raise _refused("13303869", '"create_destination" is not for restore relationships.', "restore")
    if "backoff_level" in body.model_fields_set:
        raise _refused("13304132", '"backoff_level" is not for a destination that is created.', "backoff_level")
    if body.throttle:
        raise fields_exclude_each_other("throttle", "create_destination")
    tiering, service = wanted.tiering, wanted.storage_service
    if tiering and tiering.policy and not tiering.supported:
        raise _refused("13303870", "A tiering policy needs a destination that supports tiering.", "create_destination")
    if service and not service.enabled and (service.name or service.enforce_performance is not None):
        raise _refused("13303871", "The storage service is not enabled.", "create_destination")
    if wanted.snapshot_locking_enabled and tiering and tiering.policy not in (None, "none"):
        raise _refused("6619599", 'A destination with locked snapshots supports tiering policy "none" only.', "policy")


def planned_destination(cluster: Cluster, path: str) -> Endpoint:
    """The volume to be created at that path; it is not there yet.

    Raises: OntapError 2621462 without its SVM, 1 if the name is taken, 917888 if it cannot be one.
    """
    svm_name, name = split_path("destination.path", path)
    svm = svm_named(cluster, svm_name)
    check_name(name)
    check_name_is_free(cluster, svm.uuid, name)
    return Endpoint(
        svm=svm.name, svm_uuid=svm.uuid, volume=name, volume_uuid=cluster.new_uuid("volume", f"{svm.uuid}/{name}")
    )


async def provision(cluster: Cluster, destination: Endpoint, source: Registered, body: RelationshipCreate) -> None:
    """The volume is there, a mirror that was not initialised, as large as its source.

    Raises: OntapError 13303875 if no aggregate has room for it.
    """
    wanted = body.create_destination
    size_bytes = (wanted and wanted.size) or source.volume_size_bytes
    tiering = wanted.tiering if wanted else None
    policy = (tiering.policy or "snapshot_only") if tiering and tiering.supported else "none"
    aggregate = _roomiest(cluster, size_bytes).uuid
    volume = Volume(
        uuid=destination.volume_uuid,
        name=destination.volume,
        svm=destination.svm_uuid,
        aggregate=aggregate,
        size_bytes=size_bytes,
        created=cluster.clock.now(),
        type="dp",
        language=source.volume_language,
        properties={**policies_at_creation(cluster.svms[destination.svm_uuid], "dp"), "tiering.policy": policy},
    )
    if source.constituents:
        volume = made_of(cluster, volume, [aggregate] * source.constituents, size_bytes // source.constituents)
    async with cluster.volume_lock(volume.uuid):
        await create_volume(cluster, volume)


def _roomiest(cluster: Cluster, size_bytes: int) -> Aggregate:
    """Assumption: ONTAP, too, takes the aggregate that has most room."""

    def room(aggregate: Aggregate) -> int:
        return aggregate.size_bytes - used_bytes(cluster, aggregate)

    best = max(cluster.aggregates, key=room, default=None)
    if best is None or room(best) < size_bytes:
        raise _refused("13303875", f"No aggregate has room for {size_bytes} bytes.", "create_destination")
    return best


def _refused(code: str, message: str, target: str) -> OntapError:
    return OntapError(400, code, message, target=target)
