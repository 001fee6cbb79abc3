"""A volume made, served, turned into a mirror and back, and removed: its record and its files together.

Each step that a crash could cut in two is ordered so that doing it again completes it. Where the record and the files
can disagree the record is right, and `recover` makes the files follow.

The functions that change files are to be called by one task at a time for each volume: hold `cluster.volume_lock`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import remove_tree
from ontaplab.errors import no_entry
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.places import directory_of, served_tree, volumes_folder
from ontaplab.resources.volumes.rules import check_may_be_created
from ontaplab.resources.volumes.state import CLONE_OWNER, Clone, Volume

_SEEN = ("name", "junction_path", "state", "type", "exported_snapshot")
"""What clients' view of a volume follows from, besides its SVM."""


def present(cluster: Cluster, uuid: str) -> Volume:
    """The volume as it is now. Raises: OntapError 4 if it was removed meanwhile."""
    volume = cluster.volumes.get(uuid)
    if volume is None:
        raise no_entry("uuid")
    return volume


async def create_volume(cluster: Cluster, volume: Volume) -> Volume:
    """The volume is there: empty, or a mirror that was not initialised.

    Raises: OntapError if its name, its path or the room for it was taken since it was asked for.
    """
    directory = directory_of(cluster, volume.uuid)
    await cluster.offload(directory.create_mirror if volume.is_mirror else directory.create)
    return await put_new_volume(cluster, volume)


async def put_new_volume(cluster: Cluster, volume: Volume, and_put: Callable[[], None] | None = None) -> Volume:
    """The volume, whose files were just made, is there, with what else `and_put` puts; or the files are gone again.

    Raises: OntapError if its name, its path or the room for it was taken since it was asked for.
    """
    try:
        check_may_be_created(cluster, volume)
        with cluster.together():
            volume = cluster.volumes.put(_numbered(cluster, volume))
            if and_put is not None:
                and_put()
    except BaseException:
        directory_of(cluster, volume.uuid).remove()
        raise
    await cluster.offload(partial(serve, cluster, volume))
    return volume


async def remove_volume(cluster: Cluster, volume: Volume) -> None:
    """Neither the volume nor its snapshots are there."""
    with cluster.together():
        cluster.volumes.remove(volume.uuid)
        for snapshot in cluster.snapshots_by_volume[volume.uuid]:
            cluster.snapshots.remove(snapshot.uuid)
        for qtree in cluster.qtrees_by_volume[volume.uuid]:
            cluster.qtrees.remove(qtree.uuid)
        for each in cluster.lun_maps.where(lambda each: each.volume == volume.uuid):
            cluster.lun_maps.remove(each.uuid)
        if volume.clone is not None:
            release_parent_snapshot(cluster, volume.clone)
    await cluster.offload(partial(withdraw, cluster, volume))
    await cluster.offload(directory_of(cluster, volume.uuid).remove)


def release_parent_snapshot(cluster: Cluster, clone: Clone) -> None:
    """The parent's snapshot may be deleted again, unless it has another clone."""
    snapshot = cluster.snapshots.get(clone.snapshot)
    others = (each.clone.snapshot for each in cluster.volumes.clones_by_parent[clone.parent] if each.clone is not None)
    if snapshot is not None and clone.snapshot not in others:
        owners = tuple(owner for owner in snapshot.owners if owner != CLONE_OWNER)
        cluster.snapshots.put(replace(snapshot, owners=owners))


async def change_volume(cluster: Cluster, former: Volume, volume: Volume) -> Volume:
    """The record is `volume`; clients find it where it now is, and no longer where it was."""
    cluster.volumes.put(volume)
    if all(getattr(former, name) == getattr(volume, name) for name in _SEEN):
        return volume
    if (former.name, former.junction_path) != (volume.name, volume.junction_path):
        await cluster.offload(partial(withdraw, cluster, former))
    await cluster.offload(partial(serve, cluster, volume))
    return volume


async def become_writable(cluster: Cluster, uuid: str, from_snapshot: str | None) -> Volume:
    """The volume is writable and holds what the snapshot of that name holds (None: nothing); its mount stays."""
    volume = present(cluster, uuid)
    await cluster.offload(partial(directory_of(cluster, uuid).make_writable, from_snapshot))
    return await change_volume(cluster, volume, volume.as_writable())


async def become_mirror(cluster: Cluster, uuid: str, exported_snapshot: str | None) -> Volume:
    """The volume is read-only: clients see the snapshot of that name (None: nothing yet). Its live files are gone.

    Deduplication and inline compression are off from then on, as on all-flash systems: page "Manage storage efficiency"
    of ONTAP's documentation of SnapMirror.
    """
    volume = present(cluster, uuid)
    compression = {"inline": "none", "both": "background"}
    had = volume.property_of("efficiency.compression")
    off = {"efficiency.dedupe": "none", "efficiency.compression": compression.get(had, had)}
    mirror = await change_volume(
        cluster, volume, replace(volume.as_mirror(exported_snapshot), properties={**volume.properties, **off})
    )
    await cluster.offload(directory_of(cluster, uuid).make_mirror)
    return mirror


def serve(cluster: Cluster, volume: Volume) -> None:
    """Clients find what they are to see of the volume, at its junction path and by its name, or nothing."""
    tree, svm = served_tree(cluster, volume), cluster.svms[volume.svm]
    if tree is None:
        withdraw(cluster, volume)
        return
    cluster.by_name.expose(svm.name, volume.name, tree)
    if volume.export_path is not None and svm.state == "running":
        cluster.exports.expose(svm.name, volume.export_path, tree)
    elif volume.export_path is not None:
        cluster.exports.withdraw(svm.name, volume.export_path)


def withdraw(cluster: Cluster, volume: Volume) -> None:
    """Clients find nothing of the volume."""
    svm = svm_name(cluster, volume.svm)
    if svm is None:
        return
    cluster.by_name.withdraw(svm, volume.name)
    if volume.export_path is not None:
        cluster.exports.withdraw(svm, volume.export_path)


def recover(cluster: Cluster, kept_transfers: Mapping[str, str] | None = None) -> None:
    """After a restart the files are what the records say; what a crash left unfinished is gone.

    `kept_transfers`: by volume, the transfer whose received part is kept.
    """
    if not volumes_folder(cluster).exists():
        return
    for leftover in [path for path in volumes_folder(cluster).iterdir() if path.name not in cluster.volumes]:
        remove_tree(leftover)
    names: dict[str, list[str]] = {}
    for snapshot in cluster.snapshots:
        names.setdefault(snapshot.volume, []).append(snapshot.name)
    for volume in cluster.volumes:
        directory = directory_of(cluster, volume.uuid)
        directory.sweep(names.get(volume.uuid, ()), (kept_transfers or {}).get(volume.uuid))
        serve(cluster, volume)
        if volume.is_mirror:
            directory.make_mirror()


def _numbered(cluster: Cluster, volume: Volume) -> Volume:
    """With an msid of its own, and its constituents too."""
    volume = replace(volume, msid=cluster.volumes.new_msid())
    return replace(
        volume, constituents=tuple(replace(each, msid=cluster.volumes.new_msid()) for each in volume.constituents)
    )
