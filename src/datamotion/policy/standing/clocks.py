"""Ages, and the clocks that they come from.

`lag_time` is the destination's clock less the time of the exported snapshot, which its source's clock gave it: what the
two differ by is in it, and is taken out. Of a source that is out of sight the clock is taken to have been right.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import Site
from datamotion.model.units import duration_text
from datamotion.model.view import ClusterView

_ROUNDED = timedelta(seconds=5)  # ages and times are whole seconds, and looks take some


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
    since = None if _is_seen(source) else _ended_before(relationship, here)
    if since is not None and relationship.lag + _ROUNDED < since:
        problem = f"tells an age that cannot be: its last transfer ended {duration_text(since)} ago"
        return replace(relationship, lag=None, lag_problem=problem)
    return replace(relationship, lag=max(timedelta(), relationship.lag - ahead)) if ahead else relationship


def _is_seen(site: Site | None) -> bool:
    return site is not None and isinstance(site.seen, ClusterView)


def _ended_before(relationship: Relationship, here: Site) -> timedelta | None:
    """How long ago the last transfer ended, by its own cluster's clock: what a mirror holds was made before that."""
    transfer = relationship.transfer
    if transfer is None or transfer.ended_at is None or not isinstance(here.seen, ClusterView):
        return None
    return here.seen.observed_at + (here.seen.clock.ahead or timedelta()) - transfer.ended_at
