"""Volumes: create, change, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.errors import invalid_value, missing_field
from ontaplab.resources.aggregates.space import aggregate_of, check_room
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.volumes.bodies import VolumeChange, VolumeCreate
from ontaplab.resources.volumes.errors import is_protected, not_for_dp, one_aggregate_needed, reserve_too_large
from ontaplab.resources.volumes.lifecycle import change_volume, create_volume, present, remove_volume
from ontaplab.resources.volumes.rules import (
    check_junction_path,
    check_may_be_created,
    check_may_be_mounted,
    check_name,
    check_name_is_free,
    check_size,
)
from ontaplab.resources.volumes.state import SMALLEST_BYTES, Volume
from ontaplab.wire.resource import Reply, Request, Started

_CORE = {"name", "comment", "state", "size", "space.size", "nas.path", "svm", "aggregates", "style", "type", "language"}
_STATES = {"online", "offline"}
_RW_ONLY = ("snapshot_policy", "nas.path", "nas.export_policy", "nas.security_style")


def create(cluster: Cluster, request: Request, body: VolumeCreate) -> Reply[Volume]:
    volume = new_volume(cluster, request, body)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            await create_volume(cluster, volume)

    return Started(cluster.start_job("POST /api/storage/volumes", work, svm=volume.svm), volume)


def new_volume(cluster: Cluster, request: Request, body: VolumeCreate) -> Volume:
    """The record of the volume to be created, everything checked. Nothing is changed yet."""
    if body.name is None:
        raise missing_field("name")
    svm = svm_of(cluster, body.svm, request.tunnel)
    if len(body.aggregates) != 1:
        raise one_aggregate_needed()
    aggregate = aggregate_of(cluster, body.aggregates[0])
    size_bytes = body.size_bytes() or SMALLEST_BYTES
    check_name(body.name)
    check_size(size_bytes)
    if body.type == "dp":
        _check_dp_fields(body)
    volume = Volume(
        uuid=cluster.new_uuid("volume", f"{svm.uuid}/{body.name}"),
        name=body.name,
        svm=svm.uuid,
        aggregate=aggregate.uuid,
        size_bytes=size_bytes,
        created=cluster.clock.now(),
        type=body.type,
        comment=body.comment or "",
        language=(body.language or svm.language).lower(),
        properties=_properties(body),
    )
    check_may_be_created(cluster, volume)
    return _with_state_and_path(cluster, volume, body)


def modify(cluster: Cluster, request: Request, volume: Volume, body: VolumeChange) -> Reply[Volume]:
    """Assumption: whether a volume may be mounted is found out by the job."""
    changed = _changed(cluster, volume, body)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            former = present(cluster, volume.uuid)
            await change_volume(cluster, former, _with_state_and_path(cluster, _changed(cluster, former, body), body))

    job = cluster.start_job(f"PATCH /api/storage/volumes/{volume.uuid}", work, svm=volume.svm)
    return Started(job, changed)


def remove(cluster: Cluster, request: Request, volume: Volume) -> Reply[Volume]:
    """Assumption: a mounted volume is unmounted, as by taking it offline."""
    check_is_not_protected(cluster, volume)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            check_is_not_protected(cluster, volume)
            await remove_volume(cluster, present(cluster, volume.uuid))

    return Started(cluster.start_job(f"DELETE /api/storage/volumes/{volume.uuid}", work, svm=volume.svm))


def check_is_not_protected(cluster: Cluster, volume: Volume) -> None:
    """Raises: OntapError 917536 while a relationship begins or ends at it, or depends on one of its snapshots."""
    owned = cluster.snapshots.first(lambda snapshot: snapshot.volume == volume.uuid and bool(snapshot.owners))
    ends_here = cluster.relationships.first(lambda each: each.destination.volume_uuid == volume.uuid)
    begins_here = cluster.listed_destinations.first(lambda each: each.source.volume_uuid == volume.uuid)
    if owned or ends_here or begins_here:
        raise is_protected(volume.name)


def _changed(cluster: Cluster, volume: Volume, body: VolumeChange) -> Volume:
    """The volume with the body's changes, but for state and junction path."""
    if volume.is_mirror:
        _check_dp_fields(body, allowed=("nas.path",))
    changed = replace(volume, properties={**volume.properties, **_properties(body)})
    if body.name is not None and body.name != volume.name:
        check_name(body.name)
        check_name_is_free(cluster, volume.svm, body.name)
        changed = replace(changed, name=body.name)
    if body.comment is not None:
        changed = replace(changed, comment=body.comment)
    if (size_bytes := body.size_bytes()) is not None:
        check_size(size_bytes)
        if volume.property_of("guarantee.type") == "volume":
            check_room(cluster, cluster.aggregates[volume.aggregate], size_bytes - volume.size_bytes)
        changed = replace(changed, size_bytes=size_bytes)
    if body.nas is not None and body.nas.path:
        check_junction_path(body.nas.path)
    if body.state is not None and body.state not in _STATES:
        raise invalid_value(body.state, "state")
    return changed


def _with_state_and_path(cluster: Cluster, volume: Volume, body: VolumeChange) -> Volume:
    """A volume that is offline has no junction path."""
    if body.state is not None and body.state != "online":
        return replace(volume, state=body.state, junction_path=None)
    if body.state is not None:
        volume = replace(volume, state=body.state)
    if body.nas is None or "path" not in body.nas.model_fields_set:
        return volume
    if not body.nas.path:
        return replace(volume, junction_path=None)
    check_junction_path(body.nas.path)
    check_may_be_mounted(cluster, volume, body.nas.path)
    return replace(volume, junction_path=body.nas.path)


def _properties(body: VolumeChange) -> dict[str, Any]:
    """What the body says about properties that are only stored."""
    given = body.given()
    percent = given.get("space.snapshot.reserve_percent")
    if isinstance(percent, int) and not 0 <= percent <= 90:
        raise reserve_too_large(percent)
    return {
        name: value
        for name, value in given.items()
        if name not in _CORE and name.partition(".")[0] not in _CORE and value is not None
    }


def _check_dp_fields(body: VolumeChange, allowed: tuple[str, ...] = ()) -> None:
    for name in body.given():
        if name.startswith(_RW_ONLY) and name not in allowed:
            raise not_for_dp(name)
