"""FlexClones: writable volumes that begin as a snapshot of another volume and share its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import used_bytes
from ontaplab.errors import missing_field
from ontaplab.resources.licenses.handlers import check_licensed
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, new_snapshot, snapshots_of, take_snapshot
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes import bodies
from ontaplab.resources.volumes.clone_errors import (
    not_for_clone,
    nothing_to_clone,
    parent_mismatch,
    parent_not_found,
    parent_snapshot_mismatch,
    snapshot_not_found,
    wrong_type_for_clone,
)
from ontaplab.resources.volumes.errors import not_online
from ontaplab.resources.volumes.lifecycle import put_new_volume
from ontaplab.resources.volumes.places import content_of, directory_of
from ontaplab.resources.volumes.state import CLONE_OWNER, Clone, Volume
from ontaplab.wire.resource import Request

_FROM_PARENT = ("size", "space.size", "aggregates", "style", "language", "constituent_count")


@dataclass(frozen=True, slots=True)
class Parent:
    """What is to be cloned: a snapshot of the volume, or (None) what it holds when the clone is made."""

    volume: Volume
    snapshot: Snapshot | None


def parent_of(cluster: Cluster, request: Request, svm: Svm, body: bodies.VolumeCreate) -> Parent:
    """What the new volume of that SVM is to be a clone of; only what the request reaches is there for it.

    Raises: OntapError 1115127 without a licence, 262179, 524601, 542797, 917536, 918236, 918243, 918244, 9437885."""
    assert body.clone is not None, "to be asked for clones"
    check_licensed(cluster, "flexclone")
    if body.type != "rw":
        raise wrong_type_for_clone(body.type)
    for name in body.given():
        if name in _FROM_PARENT:
            raise not_for_clone(name)
    volume = _parent_volume(cluster, request, svm, body.clone)
    if volume.state != "online":
        raise not_online(volume.name)
    snapshot = _parent_snapshot(cluster, volume, body.clone)
    if volume.is_mirror and snapshot is None:
        snapshot = next((each for each in snapshots_of(cluster, volume.uuid) if _is_exported(volume, each)), None)
        if snapshot is None:
            raise nothing_to_clone(volume.name)
    return Parent(volume, snapshot)


def _parent_volume(cluster: Cluster, request: Request, svm: Svm, body: bodies.Clone) -> Volume:
    wanted = body.parent_volume
    if wanted is None:
        raise missing_field("clone.parent_volume")
    home = svm if body.parent_svm is None else svm_of(cluster, body.parent_svm, request.tunnel)
    if wanted.uuid is None:
        found = cluster.volumes.by_name.first((home.uuid, wanted.name or ""))
    else:
        found = cluster.volumes.get(wanted.uuid)
    if found is None or not request.reaches(found.svm):
        raise parent_not_found(str(wanted.name or wanted.uuid))
    if wanted.name not in (None, found.name):
        raise parent_mismatch(wanted.name or "", found.uuid)
    return found


def _parent_snapshot(cluster: Cluster, volume: Volume, body: bodies.Clone) -> Snapshot | None:
    if body.parent_snapshot is None:
        return None
    found = snapshot_named(cluster, volume, body.parent_snapshot.name, body.parent_snapshot.uuid)
    if found is None:
        raise snapshot_not_found(
            str(body.parent_snapshot.name or body.parent_snapshot.uuid), "clone.parent_snapshot.name"
        )
    if body.parent_snapshot.name not in (None, found.name):
        raise parent_snapshot_mismatch(body.parent_snapshot.name or "", found.uuid)
    return found


def snapshot_named(cluster: Cluster, volume: Volume, name: str | None, uuid: str | None) -> Snapshot | None:
    """The volume's snapshot of that uuid, or, without one, of that name."""
    held = snapshots_of(cluster, volume.uuid)
    return next((each for each in held if (each.uuid == uuid if uuid else each.name == name)), None)


def _is_exported(volume: Volume, snapshot: Snapshot) -> bool:
    return snapshot.name == volume.exported_snapshot


def as_clone(cluster: Cluster, volume: Volume, parent: Parent) -> Volume:
    """The record of the clone to be made: all that `volume` does not say is as the parent has it."""
    constituents = tuple(
        replace(
            each, uuid=cluster.new_uuid("constituent", f"{volume.uuid}/{number}"), name=f"{volume.name}__{number:04}"
        )
        for number, each in enumerate(parent.volume.constituents, start=1)
    )
    return replace(
        volume,
        aggregate=parent.volume.aggregate,
        size_bytes=parent.volume.size_bytes,
        style=parent.volume.style,
        constituents=constituents,
        language=parent.volume.language,
        properties={**parent.volume.properties, **volume.properties},
        clone=Clone(
            parent=parent.volume.uuid,
            snapshot="" if parent.snapshot is None else parent.snapshot.uuid,
            snapshot_name="" if parent.snapshot is None else parent.snapshot.name,
            inherited_bytes=_held_bytes(cluster, parent),
        ),
    )


def _held_bytes(cluster: Cluster, parent: Parent) -> int:
    directory = directory_of(cluster, parent.volume.uuid)
    if parent.snapshot is not None:
        return directory.used_bytes(parent.snapshot.name)
    tree = content_of(cluster, parent.volume)
    return 0 if tree is None else used_bytes(tree)


async def make_clone(cluster: Cluster, volume: Volume) -> None:
    """The clone is there, with the parent's snapshot, which cannot be deleted meanwhile.

    Raises: OntapError if the parent or its snapshot is gone, or if name, path or room was taken meanwhile.
    """
    assert volume.clone is not None, "to be called for clones"
    async with cluster.volume_lock(volume.clone.parent):
        parent = cluster.volumes.get(volume.clone.parent)
        if parent is None:
            raise parent_not_found(volume.clone.parent)
        base = await _base(cluster, volume, parent)
        try:
            await _make_from(cluster, _based_on(cluster, volume, parent, base), parent, base)
        except BaseException:
            if base.uuid != volume.clone.snapshot:
                await drop_snapshot(cluster, base)
            raise


def _based_on(cluster: Cluster, volume: Volume, parent: Volume, base: Snapshot) -> Volume:
    assert volume.clone is not None, "to be called for clones"
    clone = replace(
        volume.clone,
        snapshot=base.uuid,
        snapshot_name=base.name,
        inherited_bytes=_held_bytes(cluster, Parent(parent, base)),
    )
    return replace(volume, clone=clone)


async def _base(cluster: Cluster, volume: Volume, parent: Volume) -> Snapshot:
    """The snapshot that is to be cloned, or a new one.

    Assumption: a new one is called after the clone, and stays when the clone is gone.
    """
    assert volume.clone is not None, "to be called for clones"
    if volume.clone.snapshot:
        found = cluster.snapshots.get(volume.clone.snapshot)
        if found is None:
            raise snapshot_not_found(volume.clone.snapshot_name, "clone.parent_snapshot.name")
        return found
    name = f"clone_{volume.name}.{cluster.clock.now():%Y-%m-%d_%H%M%S}.0"
    return await take_snapshot(cluster, new_snapshot(cluster, parent.uuid, name))


async def _make_from(cluster: Cluster, volume: Volume, parent: Volume, base: Snapshot) -> None:
    tree = directory_of(cluster, parent.uuid).snapshot(base.name)
    await cluster.offload(partial(directory_of(cluster, volume.uuid).create_clone, tree, base.name))
    held = replace(
        base,
        uuid=cluster.new_uuid("snapshot", f"{volume.uuid}/{base.name}"),
        volume=volume.uuid,
        provenance_volume=volume.uuid,
        owners=(),
    )

    def with_snapshots() -> None:
        cluster.snapshots.put(held)
        owners = cluster.snapshots[base.uuid].owners
        if CLONE_OWNER not in owners:
            cluster.snapshots.put(replace(cluster.snapshots[base.uuid], owners=(*owners, CLONE_OWNER)))

    await put_new_volume(cluster, volume, with_snapshots)
