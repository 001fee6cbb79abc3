"""Copies at a target that protecting it leaves as they are: why, and what is done about that."""

from __future__ import annotations

from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import Copy, Edge, Standing
from datamotion.model.units import size_text
from datamotion.model.words import Role
from datamotion.policy.copies.broken_mirrors import was_mirror
from datamotion.policy.copies.geometry import Geometry
from datamotion.policy.copies.health import Ailment
from datamotion.policy.obstacles import Obstacle


def writable(standing: Standing, copy: Copy, mirror: Copy) -> Obstacle:
    """Nothing is resynced over what somebody may have written."""
    volume, group, name = copy.id.volume, standing.group.name, mirror.id.backend
    if mirror.role in (Role.FENCED, Role.OVERTAKEN) and not was_mirror(standing, mirror):
        return (
            f"the copy of {volume} served before {copy.id.backend} took over, and may hold writes that no other has",
            f"it stays as it is: datamotion reprotect {group} says what making it a mirror gives up",
        )
    return (
        f"the mirror of {volume} is broken off; nothing is resynced, its destination may hold newer writes",
        f"datamotion resync {group} --at {name} says what making it a mirror again gives up; if it is to serve:"
        f" datamotion failover {group} --to {name} --unplanned",
    )


def follows_another(standing: Standing, copy: Copy, mirror: Copy, edge: Edge) -> Obstacle:
    """Its relationship comes from a copy that does not serve, or from no copy of it at all."""
    return (
        f"{mirror.volume.name} is a mirror of {edge.source_text}, and {copy.id.backend} serves {copy.id.volume}:"
        " nothing is turned round here",
        f"datamotion reprotect {standing.group.name} makes it follow {copy.id.backend}",
    )


def half_resynced(standing: Standing, mirror: Copy, relationship: Relationship) -> Obstacle:
    """Only a resync goes on with a resync."""
    runs = "runs" if relationship.is_transferring else "has not come to its end"
    return (
        f"a resync of the mirror of {mirror.id.volume} {runs}: nothing else is carried to it before",
        f"datamotion resync {standing.group.name} --at {mirror.id.backend} goes on with it",
    )


def unknown_state(volume: str) -> Obstacle:
    return (
        f"the mirror of {volume} is in a state that is not known here; it is left as it is",
        "look at it on the cluster, or use a release of datamotion that knows this ONTAP",
    )


def broken_down(volume: str, ailment: Ailment) -> Obstacle:
    return f"the mirror of {volume} does not work: {ailment.text}", ailment.hint


def misshapen(standing: Standing, copy: Copy, mirror: Copy, geometry: Geometry) -> Obstacle:
    """No update mends its shape; what making it anew costs."""
    volume, group, name = copy.id.volume, standing.group.name, mirror.id.backend
    why = "only an initialized mirror is" if geometry.is_grown else "no FlexGroup loses constituents"
    return (
        f"the mirror of {volume} has {geometry.text}, and no update mends that: {why}",
        f"datamotion apply {group} --recreate {name} deletes {mirror.volume.name} there and makes the mirror anew: that"
        f" copies {size_text(copy.volume.used_bytes)} again, and {name} holds no copy meanwhile",
    )
