"""Updates that a schedule asks for."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.relationships.decisions import Move, Word
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.relationships.state import Relationship, State
from ontaplab.resources.schedules.state import Schedule
from ontaplab.resources.transfers.engine import Engine


def update_by_schedule(cluster: Cluster, engine: Engine) -> None:
    """From now on mirrors are updated when their schedules fire. To be called once."""
    cluster.firings.listen(partial(_fired, cluster, engine))


def _fired(cluster: Cluster, engine: Engine, schedule: Schedule, due: datetime) -> None:
    """Mirrors with that schedule, their own or their policy's, are updated unless they are busy."""
    for relationship in cluster.relationships:
        if _schedule(cluster, relationship) != schedule.uuid or relationship.state is not State.SNAPMIRRORED:
            continue
        if isinstance(decide(engine.situation(relationship), Word.UPDATE), Move):
            engine.start(relationship, "update", scheduled=True)


def _schedule(cluster: Cluster, relationship: Relationship) -> str | None:
    if relationship.transfer_schedule:
        return relationship.transfer_schedule
    policy = cluster.policies.get(relationship.policy)
    return policy.transfer_schedule if policy else None
