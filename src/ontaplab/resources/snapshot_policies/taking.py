"""Snapshots taken by policy, when their schedules fire."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.resources.schedules.state import Schedule
from ontaplab.resources.snapshot_policies.lookup import snapshot_policy_named
from ontaplab.resources.snapshot_policies.state import Copies
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, new_snapshot, snapshots_of, take_snapshot
from ontaplab.resources.volumes.state import Volume

_log = logging.getLogger(__name__)


def take_by_policy(cluster: Cluster) -> None:
    """From now on volumes get the snapshots that their policies want. To be called once."""
    cluster.firings.listen(partial(_fired, cluster))


def _fired(cluster: Cluster, schedule: Schedule, due: datetime) -> None:
    if not any(copies.schedule == schedule.uuid for policy in cluster.snapshot_policies for copies in policy.copies):
        return  # volumes need not be looked at
    for volume in cluster.volumes:
        copies = _wanted(cluster, volume, schedule)
        if copies is not None:
            cluster.start_task(partial(_take, cluster, volume.uuid, copies, due))


def _wanted(cluster: Cluster, volume: Volume, schedule: Schedule) -> Copies | None:
    """What the volume's policy wants at that schedule; None: nothing. A mirror holds its source's snapshots only."""
    if volume.is_mirror or volume.state != "online":
        return None
    policy = snapshot_policy_named(cluster, volume.property_of("snapshot_policy.name"), volume.svm)
    if policy is None or not policy.enabled:
        return None
    return next((copies for copies in policy.copies if copies.schedule == schedule.uuid), None)


async def _take(cluster: Cluster, uuid: str, copies: Copies, due: datetime) -> None:
    """The volume has the snapshot, and no more of them than the policy keeps.

    Whether it may have one is asked again: what holds its lock may be a job that makes it a mirror.
    """
    async with cluster.volume_lock(uuid):
        volume = cluster.volumes.get(uuid)
        if volume is None or volume.is_mirror or volume.state != "online":
            return
        try:
            await take_snapshot(cluster, new_snapshot(cluster, uuid, copies.name_at(due), label=copies.label))
            await _drop_surplus(cluster, uuid, copies)
        except (OntapError, OSError) as error:
            _log.warning("no scheduled snapshot %s of volume %s: %s", copies.name_at(due), volume.name, error)


async def _drop_surplus(cluster: Cluster, uuid: str, copies: Copies) -> None:
    """What a relationship depends on stays; it goes at a later firing."""
    taken = [snapshot for snapshot in snapshots_of(cluster, uuid) if copies.made(snapshot.name)]
    for snapshot in taken[: -copies.count]:
        if not snapshot.owners:
            await drop_snapshot(cluster, snapshot)
