"""Copying through this host, the last resort: offered with what it takes, and done by `datamotion copy`."""

from __future__ import annotations

from datamotion.model.migration import Migration
from datamotion.model.plan import Offer, Refusal
from datamotion.model.standing import Standing
from datamotion.policy.movers.offer import seconds_for, selected


def host_copy(migration: Migration, standing: Standing) -> Offer:
    """What copying through this host would take."""
    data = sum(each.used_bytes for each in selected(migration, standing))
    return Offer(
        mechanism="copy through this host",
        data=data,
        seconds=seconds_for(2 * data),  # it is read and written
        interruption="Clients are stopped by hand until all is copied; no snapshot comes along",
        needs="both volumes mounted here",
        why_not=Refusal(
            text="nothing is mounted here by datamotion",
            hint="mount both and run `datamotion copy SOURCE DESTINATION`, with clients stopped",
        ),
    )
