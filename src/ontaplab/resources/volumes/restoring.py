"""A volume brought back to one of its snapshots."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.licenses.handlers import check_licensed
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, snapshots_of
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.volumes.clone_errors import newer_in_use, snapshot_not_found, snapshot_not_named
from ontaplab.resources.volumes.cloning import snapshot_named
from ontaplab.resources.volumes.errors import not_for_dp, not_online
from ontaplab.resources.volumes.lifecycle import present
from ontaplab.resources.volumes.places import directory_of
from ontaplab.resources.volumes.rules import check_is_idle
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.body import Reference

FIELD = "restore_to.snapshot"


def check_is_named(cluster: Cluster, wanted: Reference) -> None:
    """Raises: OntapError 1115127 without a licence, 1638515 if no snapshot was named."""
    check_licensed(cluster, "snaprestore")
    if not wanted.name and not wanted.uuid:
        raise snapshot_not_named(f"{FIELD}.name")


def check_may_be_restored(cluster: Cluster, volume: Volume, wanted: Reference) -> tuple[Snapshot, list[Snapshot]]:
    """The snapshot that is meant, and the newer ones, which will be gone.

    Raises: OntapError 1115127 without a licence, 1638515 if none was named, 542797, 917628 for a mirror, 9437885,
    13107405 if it is busy, 1638480 if a newer snapshot is in use.
    """
    check_is_named(cluster, wanted)
    if volume.is_mirror:
        raise not_for_dp(FIELD)
    if volume.state != "online":
        raise not_online(volume.name)
    check_is_idle(volume)
    snapshot = snapshot_named(cluster, volume, wanted.name, wanted.uuid)
    if snapshot is None or wanted.name not in (None, snapshot.name):
        raise snapshot_not_found(str(wanted.name or wanted.uuid), f"{FIELD}.name")
    held = snapshots_of(cluster, volume.uuid)
    newer = held[held.index(snapshot) + 1 :]
    for each in newer:
        if each.owners:
            raise newer_in_use(snapshot.name, each.name)
    return snapshot, newer


async def restore(cluster: Cluster, uuid: str, wanted: Reference) -> None:
    """The volume holds what it held at the snapshot; newer snapshots are gone. Hold `cluster.volume_lock`.

    A crash half way leaves newer snapshots; doing it again completes it. Raises: as `check_may_be_restored`.
    """
    snapshot, newer = check_may_be_restored(cluster, present(cluster, uuid), wanted)
    await cluster.offload(partial(directory_of(cluster, uuid).restore, snapshot.name))
    for each in newer:
        await drop_snapshot(cluster, each)
