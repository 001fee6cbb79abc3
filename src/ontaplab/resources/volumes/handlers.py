"""Volumes: create, change, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.accounts.errors import not_permitted
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.bodies import RestoreTo, VolumeChange, VolumeCreate
from ontaplab.resources.volumes.changing import changed, with_state_and_path
from ontaplab.resources.volumes.clone_errors import has_clones
from ontaplab.resources.volumes.cloning import (
    as_clone,
    make_clone,
    parent_of,
)
from ontaplab.resources.volumes.errors import is_constituent, is_protected, is_root
from ontaplab.resources.volumes.flexgroups import made_of, places_of
from ontaplab.resources.volumes.growth import autosize_limits, check_autosize
from ontaplab.resources.volumes.lifecycle import change_volume, create_volume, present, remove_volume
from ontaplab.resources.volumes.policies import policies_at_creation, referred_policies
from ontaplab.resources.volumes.properties import check_dp_fields, merged, properties_of
from ontaplab.resources.volumes.restoring import check_is_named, check_may_be_restored, restore
from ontaplab.resources.volumes.rules import check_is_idle, check_may_be_created, check_name, check_size
from ontaplab.resources.volumes.splitting import drop_snapshots_of_clone, wait_until_split
from ontaplab.resources.volumes.state import SMALLEST_BYTES, SMALLEST_CONSTITUENT_BYTES, Volume
from ontaplab.resources.volumes.working import start_work
from ontaplab.wire.body import Reference, parse
from ontaplab.wire.resource import Done, Reply, Request, Started

_RESTORE = ("restore_to.snapshot.name", "restore_to.snapshot.uuid")
FLAGS = frozenset(
    {
        "force",
        "is_constituent",
        "validate_only",
        "sizing_method",
        "nvfail",
        "clone.match_parent_storage_tier",
        *_RESTORE,
    }
)
"""Query parameters that are no fields. Clients send several of them in the body instead."""


def create(cluster: Cluster, request: Request, body: VolumeCreate) -> Reply[Volume]:
    volume = new_volume(cluster, request, body)
    if body.validate_only or request.flag("validate_only"):
        return Done(status=200)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            if volume.clone is None:
                await create_volume(cluster, volume)
            else:
                await make_clone(cluster, volume)

    return Started(cluster.start_job("POST /api/storage/volumes", work, svm=volume.svm), volume)


def new_volume(cluster: Cluster, request: Request, body: VolumeCreate) -> Volume:
    """The record of the volume to be created, everything checked. Nothing is changed yet."""
    if body.name is None:
        raise missing_field("name")
    svm = svm_of(cluster, body.svm, request.tunnel)
    if body.type == "dp":
        check_dp_fields(body, allowed=("snapshot_policy.name", "snapshot_policy.uuid"))
    volume = Volume(
        uuid=cluster.new_uuid("volume", f"{svm.uuid}/{body.name}"),
        name=body.name,
        svm=svm.uuid,
        aggregate="",
        size_bytes=0,
        created=cluster.clock.now(),
        type=body.type,
        comment=body.comment or "",
        language=(body.language or svm.language).lower(),
        tags=body.tags or (),
        properties=merged(_first_properties(body), referred_policies(cluster, svm.uuid, body)),
    )
    if body.clone is not None and body.clone.is_flexclone is not False:
        volume = as_clone(cluster, volume, parent_of(cluster, request, svm, body))
    else:
        volume = _placed(cluster, svm, volume, body)
    check_name(volume.name, volume.style)
    check_autosize(volume)
    check_may_be_created(cluster, volume)
    return with_state_and_path(cluster, volume, body)


def _placed(cluster: Cluster, svm: Svm, volume: Volume, body: VolumeCreate) -> Volume:
    """With its size, and where it is to be."""
    style, places = places_of(cluster, svm, body)
    if style == "flexvol":
        volume = replace(volume, aggregate=places[0], size_bytes=body.size_bytes() or SMALLEST_BYTES)
        check_size(volume.size_bytes)
    else:
        size_bytes = body.size_bytes() or SMALLEST_CONSTITUENT_BYTES * len(places)
        check_size(size_bytes, len(places))
        volume = made_of(cluster, volume, places, size_bytes // len(places))
    properties = autosize_limits(volume.size_bytes) | policies_at_creation(svm, volume.type)
    return replace(volume, properties={**properties, **volume.properties})


def _first_properties(body: VolumeCreate) -> dict[str, Any]:
    """A volume that is made encrypted needs no conversion."""
    properties = properties_of(body)
    if body.encryption is not None and body.encryption.enabled is not None:
        properties["encryption.enabled"] = body.encryption.enabled
    return properties


def modify(cluster: Cluster, request: Request, volume: Volume, body: VolumeChange) -> Reply[Volume]:
    """Assumption: whether a volume may be mounted is found out by the job."""
    if volume.flexgroup is not None:
        raise is_constituent(volume.name)
    if body.movement is not None and request.of_svms_account:
        raise not_permitted("PATCH", f"/api/storage/volumes/{volume.uuid} (movement)")
    body = _with_query(request, body)
    wanted = changed(cluster, volume, body)
    if body.restore_to is not None:
        check_may_be_restored(cluster, volume, body.restore_to.snapshot)
    if body.validate_only:
        return Done(status=200)

    async def work() -> None:
        await _carry_out(cluster, volume.uuid, body)

    return Started(cluster.start_job(f"PATCH /api/storage/volumes/{volume.uuid}", work, svm=volume.svm), wanted)


def check_any(cluster: Cluster, request: Request, body: VolumeChange) -> None:
    """Raises: OntapError 1115127, 1638515: so a client finds out whether the licence is there, volumes or not."""
    restored = _with_query(request, body).restore_to
    if restored is not None:
        check_is_named(cluster, restored.snapshot)


def _with_query(request: Request, body: VolumeChange) -> VolumeChange:
    """The body with what the query says in its place."""
    said: dict[str, Any] = {}
    snapshot = [request.flags.get(name) for name in _RESTORE]
    if any(snapshot):
        said["restore_to"] = RestoreTo(snapshot=Reference(name=snapshot[0], uuid=snapshot[1]))
    query = {name: request.flags[name] for name in ("validate_only", "sizing_method") if name in request.flags}
    checked = parse(VolumeChange, query)
    said.update({name: getattr(checked, name) for name in query})
    return body.model_copy(update=said) if said else body


async def _carry_out(cluster: Cluster, uuid: str, body: VolumeChange) -> None:
    """The volume is as the body says, or is becoming so; only a split has ended too."""
    splits = body.clone is not None and bool(body.clone.split_initiated)
    async with cluster.volume_lock(uuid):
        former = present(cluster, uuid)
        volume = with_state_and_path(cluster, changed(cluster, former, body), body)
        if splits:
            await drop_snapshots_of_clone(cluster, uuid)
        await change_volume(cluster, former, volume)
        if body.restore_to is not None:
            await restore(cluster, uuid, body.restore_to.snapshot)
        start_work(cluster, former, volume)
    if splits:
        await wait_until_split(cluster, uuid)


def remove(cluster: Cluster, request: Request, volume: Volume) -> Reply[Volume]:
    """Assumption: a mounted volume is unmounted, as by taking it offline."""
    check_may_be_removed(cluster, volume)
    if request.flag("validate_only"):
        return Done(status=200)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            former = present(cluster, volume.uuid)
            check_may_be_removed(cluster, former)
            await remove_volume(cluster, former)

    return Started(cluster.start_job(f"DELETE /api/storage/volumes/{volume.uuid}", work, svm=volume.svm))


def check_may_be_removed(cluster: Cluster, volume: Volume) -> None:
    """Raises: OntapError 524615 while it has clones; 917536 while a relationship needs it or one of its snapshots;
    917531 for the root volume of an SVM that has others; 13107371 for a constituent; 13107405 if it is busy.
    """
    if volume.flexgroup is not None:
        raise is_constituent(volume.name)
    check_is_idle(volume)
    if volume.is_svm_root and len(cluster.volumes.where(lambda each: each.svm == volume.svm)) > 1:
        raise is_root(volume.name)
    if clones := cluster.volumes.clones_by_parent[volume.uuid]:
        raise has_clones(volume.name, ", ".join(clone.name for clone in clones))
    owned = any(snapshot.owners for snapshot in cluster.snapshots_by_volume[volume.uuid])
    ends_here = cluster.relationships_by_volume.first(volume.uuid)
    begins_here = cluster.listed_destinations_by_volume.first(volume.uuid)
    if owned or ends_here or begins_here:
        raise is_protected(volume.name)
