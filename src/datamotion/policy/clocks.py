"""Ages, and the clocks that they come from.

`lag_time` is the destination's clock less the time of the exported snapshot, which its source's clock gave it: what the
two differ by is in it, and is taken out. Of a source that is out of sight the clock is taken to have been right.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from datamotion.model.records import Relationship
from datamotion.model.standing import Site
from datamotion.model.view import ClusterView


def with_true_age(relationship: Relationship, here: Site, source: Site | None) -> Relationship:
    """The relationship with its lag as it is by our clock; not known where either clock cannot be believed."""
    if relationship.lag is None:
        return relationship
    ahead = timedelta()
    for site, sign in ((here, 1), (source, -1)):
        if site is None or not isinstance(site.seen, ClusterView):
            continue
        clock = site.seen.clock
        if clock.ahead is None or not clock.is_believed:
            return replace(
                relationship,
                lag=None,
                lag_problem=f"tells an age that nobody can judge: the clock of {site.backend.cluster} {clock}",
            )
        ahead += sign * clock.ahead
    return replace(relationship, lag=max(timedelta(), relationship.lag - ahead)) if ahead else relationship
