"""A snapshot taken, renamed, dropped: its record and its files together. Hold `cluster.volume_lock`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter

from ontaplab.cluster import Cluster
from ontaplab.resources.snapshots.errors import bad_name, exists, too_many
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.volumes.places import directory_of

MOST = 1023
_NAME = re.compile(r"[\w.:@+=~ -]{1,255}", re.ASCII)


def snapshots_of(cluster: Cluster, volume: str) -> list[Snapshot]:
    """That volume's snapshots, the oldest first."""
    return sorted(cluster.snapshots_by_volume[volume], key=attrgetter("created"))


def check_new_name(cluster: Cluster, volume: str, name: str) -> None:
    """Raises: OntapError 1638518, 525059."""
    if not _NAME.fullmatch(name) or name in (".", ".."):
        raise bad_name(name)
    if any(snapshot.name == name for snapshot in cluster.snapshots_by_volume[volume]):
        raise exists(name)


def new_snapshot(
    cluster: Cluster,
    volume: str,
    name: str,
    *,
    label: str | None = None,
    comment: str | None = None,
    owners: Sequence[str] = (),
) -> Snapshot:
    """The record of a snapshot to be taken, its name checked. Nothing is changed yet."""
    check_new_name(cluster, volume, name)
    if len(cluster.snapshots_by_volume[volume]) >= MOST:
        raise too_many(MOST)
    return Snapshot(
        uuid=cluster.new_uuid("snapshot", f"{volume}/{name}"),
        volume=volume,
        name=name,
        created=cluster.clock.now(),
        version_uuid=cluster.new_uuid("version", f"{volume}/{name}"),
        provenance_volume=volume,
        label=label,
        comment=comment,
        owners=tuple(owners),
    )


async def take_snapshot(cluster: Cluster, snapshot: Snapshot) -> Snapshot:
    """The writable volume has this snapshot (one of `new_snapshot`), of what it holds now.

    Raises: OntapError 525059 if the name was taken meanwhile; OSError if the disk is full.
    """
    check_new_name(cluster, snapshot.volume, snapshot.name)
    if snapshot.created != (now := cluster.clock.now()):  # its volume was locked for a while
        snapshot = replace(snapshot, created=now)
    before = snapshots_of(cluster, snapshot.volume)
    take = directory_of(cluster, snapshot.volume).take_snapshot
    await cluster.offload(partial(take, snapshot.name, before[-1].name if before else None))
    return cluster.snapshots.put(snapshot)


async def rename_snapshot(cluster: Cluster, snapshot: Snapshot, name: str) -> Snapshot:
    """The snapshot has the new name. Raises: OntapError 1638518, 525059."""
    check_new_name(cluster, snapshot.volume, name)
    await cluster.offload(partial(directory_of(cluster, snapshot.volume).rename_snapshot, snapshot.name, name))
    return cluster.snapshots.put(replace(snapshot, name=name))


async def drop_snapshot(cluster: Cluster, snapshot: Snapshot) -> None:
    """There is no such snapshot, whoever owned it."""
    cluster.snapshots.remove(snapshot.uuid)
    await cluster.offload(partial(directory_of(cluster, snapshot.volume).drop_snapshot, snapshot.name))
