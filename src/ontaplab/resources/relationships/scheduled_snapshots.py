"""Snapshots that a SnapMirror policy's rules make at the destination, when their schedules fire."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.resources.relationships.state import Relationship, State
from ontaplab.resources.schedules.state import Schedule
from ontaplab.resources.snapmirror_policies.state import Rule
from ontaplab.resources.snapshot_policies.state import Copies
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, new_snapshot, snapshots_of
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.volumes.places import directory_of

_log = logging.getLogger(__name__)


def take_at_destinations(cluster: Cluster) -> None:
    """From now on mirrors get the snapshots that their policies' rules make. To be called once."""
    cluster.firings.listen(partial(_fired, cluster))


def _fired(cluster: Cluster, schedule: Schedule, due: datetime) -> None:
    """Assumption: mirrors that are paused get them too; what is broken off does not."""
    if not any(rule.creation_schedule == schedule.uuid for policy in cluster.policies for rule in policy.retention):
        return  # relationships need not be looked at
    for relationship in cluster.relationships:
        policy = cluster.policies.get(relationship.policy)
        if policy is None or relationship.state not in (State.SNAPMIRRORED, State.PAUSED):
            continue
        for rule in policy.retention:
            if rule.creation_schedule == schedule.uuid:
                cluster.start_task(partial(_take, cluster, relationship, rule, due))


async def _take(cluster: Cluster, relationship: Relationship, rule: Rule, due: datetime) -> None:
    """The destination has a snapshot of what it exports, and no more with that label than the rule keeps."""
    uuid = relationship.destination.volume_uuid
    name = Copies(schedule="", count=rule.count, prefix=rule.prefix or rule.label).name_at(due)
    async with cluster.volume_lock(uuid):
        volume = cluster.volumes.get(uuid)
        if volume is None or volume.exported_snapshot is None or volume.state != "online":
            return
        if rule.preserve and len(_labelled(cluster, uuid, rule)) >= rule.count:
            _log.warning("no snapshot %s of volume %s: those labelled %s are kept", name, volume.name, rule.label)
            return
        try:
            snapshot = new_snapshot(cluster, uuid, name, label=rule.label)
            repeat = directory_of(cluster, uuid).repeat_snapshot
            await cluster.offload(partial(repeat, name, volume.exported_snapshot))
            cluster.snapshots.put(replace(snapshot, created=cluster.clock.now()))
            await _drop_surplus(cluster, uuid, rule)
        except (OntapError, OSError) as error:
            _log.warning("no scheduled snapshot %s of volume %s: %s", name, volume.name, error)


async def _drop_surplus(cluster: Cluster, volume: str, rule: Rule) -> None:
    labelled = _labelled(cluster, volume, rule)
    exported = cluster.volumes[volume].exported_snapshot
    for snapshot in labelled[: max(0, len(labelled) - rule.count)]:
        if not snapshot.owners and snapshot.name != exported:
            await drop_snapshot(cluster, snapshot)


def _labelled(cluster: Cluster, volume: str, rule: Rule) -> list[Snapshot]:
    return [snapshot for snapshot in snapshots_of(cluster, volume) if snapshot.label == rule.label]
