"""Copies that served once and were mirrors of what overtook them, until they were broken off, by no failover.

A copy that was just overtaken looks like one: it can be written, and a failover to its back end may have left its
relationship, broken off. What that left it with is older than what overtook it.
"""

from __future__ import annotations

from datamotion.model.standing import Copy, Standing
from datamotion.model.view import ClusterView
from datamotion.policy.last_served import CLOCKS, last_served


def was_mirror(standing: Standing, copy: Copy) -> bool:
    """Whether a copy holds a snapshot of what serves now, from after it was overtaken, and was broken off since.

    Not one whose back end was claimed again since: that failover may have done it, whatever became of it.
    """
    edge, seen = copy.edge, standing.sites[copy.id.backend].seen
    if edge is None or not edge.is_broken_off or edge.source != standing.active[copy.id.volume]:
        return False
    own = last_served(standing, copy.id)
    later = [each for each in standing.claims if own is None or each.epoch > own.epoch]
    if copy.lag is None or not isinstance(seen, ClusterView) or not later:
        return False
    if any(each.backend == copy.id.backend for each in later):
        return False
    overtaken_at = min(later, key=lambda each: each.epoch).claim.since
    return seen.observed_at - copy.lag > overtaken_at + CLOCKS
