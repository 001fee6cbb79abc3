"""When snapshots were taken, by our clock: their clusters' own differ from it, as `docs/design/hostile.md` has it.

A snapshot has its time from the cluster that took it, and every mirror keeps that: of who served the volume then, as
claims tell. What that clock differs from ours by now is taken out. Of one that is out of sight the clock is taken to
have been right.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from datamotion.model.standing import Copy, Standing
from datamotion.model.view import ClusterView
from datamotion.model.volume_records import Snapshot
from datamotion.policy.last_served import is_about

_ROUNDED = timedelta(seconds=5)  # times are whole seconds, and what clocks differ by is told no better


def taken_at(standing: Standing, copy: Copy, snapshot: Snapshot) -> datetime | None:
    """When a snapshot that a copy holds was taken; None where the clock that tells it cannot be believed."""
    seen = standing.sites[_taker(standing, copy, snapshot)].seen
    if not isinstance(seen, ClusterView):
        return snapshot.created_at
    if seen.clock.ahead is None or not seen.clock.is_believed:
        return None
    return snapshot.created_at - seen.clock.ahead


def age_of(standing: Standing, copy: Copy, snapshot: Snapshot) -> timedelta | None:
    """None where it cannot be told, or would be none."""
    seen, at = standing.sites[copy.id.backend].seen, taken_at(standing, copy, snapshot)
    if at is None or not isinstance(seen, ClusterView) or seen.observed_at - at < -_ROUNDED:
        return None
    return max(timedelta(), seen.observed_at - at)


def misjudged(standing: Standing, copy: Copy, snapshot: Snapshot) -> str | None:
    """Whose clock differs by which a snapshot has its time, and how; None where it does not, as far as can be seen."""
    site = standing.sites[_taker(standing, copy, snapshot)]
    if not isinstance(site.seen, ClusterView) or site.seen.clock.ahead == timedelta():
        return None
    return f"the clock of {site.backend.cluster} {site.seen.clock}"


def _taker(standing: Standing, copy: Copy, snapshot: Snapshot) -> str:
    """The back end that served a volume when a snapshot was taken: its home before anybody took over."""
    for each in standing.claims:
        served = standing.copy(each.backend, copy.id.volume)
        is_then = each.served is not None and each.claim.since <= snapshot.created_at
        if is_then and (not each.claim.partial if served is None else is_about(each, served)):
            return each.backend
    return standing.group.home.name
