"""Snapshots: list those of one volume or of all, take, change, delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ontaplab.cluster import Cluster
from ontaplab.errors import invalid_value, missing_field, no_entry
from ontaplab.resources.snapshots.errors import (
    bad_expiry,
    cannot_change_on_mirror,
    cannot_create_on_mirror,
    cannot_delete_on_mirror,
    has_owner,
    is_kept,
    is_reference,
    label_too_long,
    volume_is_offline,
)
from ontaplab.resources.snapshots.lifecycle import (
    check_new_name,
    drop_snapshot,
    new_snapshot,
    rename_snapshot,
    take_snapshot,
)
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.volumes.errors import not_found
from ontaplab.resources.volumes.lifecycle import present
from ontaplab.resources.volumes.state import CLONE_OWNER, Volume
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Reply, Request, Started
from ontaplab.wire.values import format_instant, parse_instant

LONGEST_LABEL = 31


class SnapshotBody(Body):
    """The path says which volume it is about; a body may say so again."""

    svm: Reference | None = None
    volume: Reference | None = None
    name: str | None = None
    comment: str | None = None
    snapmirror_label: str | None = None
    expiry_time: str | None = None


def rows(cluster: Cluster, request: Request) -> Iterable[Snapshot]:
    """Those of the volume in the path. Raises: OntapError 918235 if there is no such volume."""
    volume = request.path["volume.uuid"]
    if volume in cluster.volumes:
        return cluster.snapshots_by_volume[volume]
    if "*" in volume or "|" in volume:
        return cluster.snapshots
    raise not_found(volume)


def create(cluster: Cluster, request: Request, body: SnapshotBody) -> Reply[Snapshot]:
    volume = _volume(cluster, request)
    _check_place(cluster, volume, body)
    if body.name is None:
        raise missing_field("name")
    _check_writable(volume)
    _check_label(body)
    named = new_snapshot(
        cluster, volume.uuid, body.name, label=body.snapmirror_label or None, comment=body.comment or None
    )
    snapshot = replace(named, expires=_expiry(cluster, body.expiry_time))

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            _check_writable(present(cluster, volume.uuid))
            await take_snapshot(cluster, snapshot)

    job = cluster.start_job(f"POST /api/storage/volumes/{volume.uuid}/snapshots", work, svm=volume.svm)
    return Started(job, snapshot)


def modify(cluster: Cluster, request: Request, snapshot: Snapshot, body: SnapshotBody) -> Reply[Snapshot]:
    volume = present(cluster, snapshot.volume)
    _check_place(cluster, volume, body)
    if volume.is_mirror:
        raise cannot_change_on_mirror()
    _check_label(body)
    changed = _changed(cluster, snapshot, body)
    renamed = body.name is not None and body.name != snapshot.name
    if renamed and set(snapshot.owners) - {CLONE_OWNER}:
        raise is_reference(snapshot.name)
    if renamed:
        check_new_name(cluster, volume.uuid, body.name or "")

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            now = cluster.snapshots.put(_changed(cluster, _present(cluster, snapshot), body))
            if renamed:
                await rename_snapshot(cluster, now, body.name or "")

    job = cluster.start_job(_description("PATCH", snapshot), work, svm=volume.svm)
    return Started(job, changed)


def remove(cluster: Cluster, request: Request, snapshot: Snapshot) -> Reply[Snapshot]:
    volume = present(cluster, snapshot.volume)
    _check_may_be_deleted(cluster, snapshot)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            now = _present(cluster, snapshot)
            _check_may_be_deleted(cluster, now)
            await drop_snapshot(cluster, now)

    return Started(cluster.start_job(_description("DELETE", snapshot), work, svm=volume.svm))


def _volume(cluster: Cluster, request: Request) -> Volume:
    volume = cluster.volumes.get(request.path["volume.uuid"])
    if volume is None:
        raise not_found(request.path["volume.uuid"])
    return volume


def _check_place(cluster: Cluster, volume: Volume, body: SnapshotBody) -> None:
    """Assumption: a body that names another volume than the path does is refused, with the general code."""
    if body.volume is not None and not body.volume.means(volume.name, volume.uuid):
        raise invalid_value(body.volume.name or body.volume.uuid, "volume")
    if body.svm is not None and svm_of(cluster, body.svm).uuid != volume.svm:
        raise invalid_value(body.svm.name or body.svm.uuid, "svm")


def _present(cluster: Cluster, snapshot: Snapshot) -> Snapshot:
    found = cluster.snapshots.get(snapshot.uuid)
    if found is None:
        raise no_entry("uuid")
    return found


def _changed(cluster: Cluster, snapshot: Snapshot, body: SnapshotBody) -> Snapshot:
    """With the body's label, comment and expiry; an empty one clears it. Raises: OntapError 1638554."""
    if "snapmirror_label" in body.model_fields_set:
        snapshot = replace(snapshot, label=body.snapmirror_label or None)
    if "comment" in body.model_fields_set:
        snapshot = replace(snapshot, comment=body.comment or None)
    if "expiry_time" in body.model_fields_set:
        snapshot = replace(snapshot, expires=_expiry(cluster, body.expiry_time))
    return snapshot


def _expiry(cluster: Cluster, text: str | None) -> datetime | None:
    if not text:
        return None
    expiry = parse_instant(text)
    if expiry is None or expiry <= cluster.clock.now():
        raise bad_expiry(text)
    return expiry


def _check_writable(volume: Volume) -> None:
    if volume.is_mirror:
        raise cannot_create_on_mirror()
    if volume.state != "online":
        raise volume_is_offline(volume.name)


def _check_label(body: SnapshotBody) -> None:
    if body.snapmirror_label and len(body.snapmirror_label) > LONGEST_LABEL:
        raise label_too_long(body.snapmirror_label, LONGEST_LABEL)


def _check_may_be_deleted(cluster: Cluster, snapshot: Snapshot) -> None:
    if present(cluster, snapshot.volume).is_mirror:
        raise cannot_delete_on_mirror()
    if snapshot.owners:
        raise has_owner(snapshot.name, ", ".join(snapshot.owners))
    if snapshot.expires is not None and snapshot.expires > cluster.clock.now():
        raise is_kept(snapshot.name, format_instant(snapshot.expires))


def _description(method: str, snapshot: Snapshot) -> str:
    return f"{method} /api/storage/volumes/{snapshot.volume}/snapshots/{snapshot.uuid}"
