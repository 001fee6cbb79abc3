"""Splitting a FlexClone off its parent: it gets blocks of its own, loses its snapshots, and is a clone no more."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.resources.aggregates.space import check_room
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, snapshots_of
from ontaplab.resources.volumes.clone_errors import no_clone, snapshots_in_use, split_stopped
from ontaplab.resources.volumes.effort import effort_for
from ontaplab.resources.volumes.errors import not_online
from ontaplab.resources.volumes.lifecycle import release_parent_snapshot
from ontaplab.resources.volumes.state import Volume


def check_may_be_split(cluster: Cluster, volume: Volume) -> None:
    """Raises: OntapError 917536 for what is no clone or has no room, 1638543 if its snapshots are in use, 9437885."""
    if volume.clone is None:
        raise no_clone(volume.name)
    if volume.state != "online":
        raise not_online(volume.name)
    owned = [snapshot.name for snapshot in snapshots_of(cluster, volume.uuid) if snapshot.owners]
    if owned:
        raise snapshots_in_use(volume.name, ", ".join(owned))
    for aggregate in volume.aggregates:
        count = sum(part.aggregate == aggregate for part in volume.parts)
        needed_bytes = volume.clone.inherited_bytes * count // len(volume.parts)
        check_room(cluster, cluster.aggregates[aggregate], needed_bytes)


def with_split(cluster: Cluster, volume: Volume, *, initiated: bool) -> Volume:
    """The clone that is being split off, or is not any more. Raises: as `check_may_be_split`."""
    if not initiated:
        return volume if volume.clone is None else replace(volume, clone=replace(volume.clone, split=None))
    check_may_be_split(cluster, volume)
    assert volume.clone is not None, "it was just checked"
    if volume.clone.split is not None:
        return volume
    effort = effort_for(volume.clone.inherited_bytes, cluster.clock.now())
    return replace(volume, clone=replace(volume.clone, split=effort))


async def drop_snapshots_of_clone(cluster: Cluster, uuid: str) -> None:
    """A clone that is split off loses its snapshots: the blocks that they share are the parent's."""
    for snapshot in snapshots_of(cluster, uuid):
        await drop_snapshot(cluster, snapshot)


def split_off(cluster: Cluster, volume: Volume) -> Volume:
    """The volume is no clone any more. The parent's snapshot is free if it has no other."""
    assert volume.clone is not None, "only clones are split off"
    alone = cluster.volumes.put(replace(volume, clone=None))
    release_parent_snapshot(cluster, volume.clone)
    return alone


async def wait_until_split(cluster: Cluster, uuid: str) -> None:
    """Return when the volume is no clone any more. Raises: OntapError 917536 if its split was stopped."""
    while (volume := cluster.volumes.get(uuid)) is not None and volume.clone is not None:
        if volume.clone.split is None:
            raise split_stopped(volume.name)
        await cluster.clock.sleep(max(0.001, volume.clone.split.left_s(cluster.clock.now())))
