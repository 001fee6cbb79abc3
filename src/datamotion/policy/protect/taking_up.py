"""Taking a read-only copy up again whose relationship is gone: only where that gives nothing up.

Its first transfer goes back to what it has in common with the copy that serves, or begins anew. What it alone holds,
as after a failover to another copy that had less, would be gone with that.
"""

from __future__ import annotations

from datamotion.model.standing import Copy, Standing
from datamotion.model.view import Aspect, ClusterView
from datamotion.policy.copies.common import snapshots_of
from datamotion.policy.copies.divergence import divergence, is_held
from datamotion.policy.obstacles import Obstacle
from datamotion.policy.situation import Situation


def to_compare(standing: Standing) -> frozenset[str]:
    """The clusters whose snapshots tell what such copies hold: theirs, and those of what serves."""
    found = set()
    for volume, active in standing.active.items():
        for copy in standing.copies_of(volume) if active is not None else ():
            if active is not None and _may_hold_more(copy):
                found |= {standing.sites[each].backend.cluster for each in (copy.id.backend, active.backend)}
    return frozenset(found)


def own_obstacle(situation: Situation, mirror: Copy, active: Copy) -> Obstacle | None:
    """Why such a copy is left as it is. What this run has made holds nothing."""
    if mirror.id not in situation.first.copies or not _may_hold_more(mirror):
        return None
    standing = situation.now
    volume, group = mirror.id.volume, standing.group.name
    text = f"the copy of {volume} has lost its relationship"
    if not all(_compared(standing, each) for each in (mirror, active)):
        return f"{text}, and what it holds was not looked at", f"datamotion plan {group} looks at it"
    if not snapshots_of(standing, mirror) or is_held(standing, mirror, active):
        return None
    loss = divergence(standing, mirror, active)
    assert loss is not None
    return (
        f"{text}, and taking it up again gives up {loss.text}",
        f"datamotion reprotect {group} --discard-divergent {mirror.id.backend} gives that up there, and keeps a clone"
        " of it in which it can be looked at",
    )


def _may_hold_more(copy: Copy) -> bool:
    """Whether nothing was carried to it since it lost its relationship: its size tells nothing of what it holds."""
    has_lost = copy.edge is None or (not copy.edge.holds_copy and copy.edge.relationship.transfer is None)
    return has_lost and not copy.is_writable


def _compared(standing: Standing, copy: Copy) -> bool:
    seen = standing.sites[copy.id.backend].seen
    return isinstance(seen, ClusterView) and Aspect.SNAPSHOTS in seen.looked_at
