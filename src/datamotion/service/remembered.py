"""What the store remembers of who serves and what mirrors, where no cluster can say so: read, never made or changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from datamotion.errors import ConfigError, StoreFailed
from datamotion.model.claim import Claim
from datamotion.model.group import Group
from datamotion.model.view import Unseen, View
from datamotion.service.session import Session

if TYPE_CHECKING:
    from datamotion.store.journal import History

_RUNS = 20  # those that told a site of a claim: few do
_LINES = 500  # of journals, each about all volumes at a cluster that came as far at once


def with_memory(session: Session, group: Group, view: View) -> Group:
    """The group with the newest claim and the mirrors that were made from here, where one of its clusters was not seen.

    Of a store that cannot be read nothing is remembered: clusters alone decide, and why it cannot be is told. One that
    was never made remembers nothing, and nothing is missing.
    """
    unseen = {each.cluster for each in group.backends if isinstance(view.get(each.cluster), Unseen)}
    if unseen:
        try:
            with opened_history(session.store_url) as store:
                mirrored = _mirrored(store, group.name, unseen)
                return replace(group, remembered=_newest_claim(store, group.name), mirrored=mirrored)
        except (ConfigError, StoreFailed, OSError) as problem:
            return replace(group, forgotten=str(problem))
    return group


def _newest_claim(store: History, group: str) -> Claim | None:
    """None where the claims of the group were collected since, with the last of them: it is as new then."""
    from datamotion.model.serving_acts import ConfirmClaim, DeleteClaim, TakeEpoch  # noqa: PLC0415  # as below
    from datamotion.runs.journal import Note  # noqa: PLC0415

    of_claims = store.that_reached(group, DeleteClaim.__name__, _RUNS)
    collected = next((run.record.id for run in of_claims if run.plan.backend is None), 0)
    for run in store.that_reached(group, TakeEpoch.__name__, _RUNS):
        if run.record.id < collected:
            return None
        if (claim := run.plan.claim) is not None:
            reached = [each for each in run.entries if each.note is Note.REACHED]
            served = [each.at for each in reached if each.change == ConfirmClaim.__name__]
            return replace(claim, served=claim.served or min(served, default=None))
    return None


def _mirrored(store: History, group: str, clusters: Collection[str]) -> Mapping[tuple[str, str], datetime]:
    """When mirrors there were made or updated last, by cluster and volume, but for those that were ended since."""
    from datamotion.model import mirror_acts as acts  # noqa: PLC0415  # as below

    ends = {each.__name__ for each in (acts.DeleteRelationship, acts.Break)}
    carries = {each.__name__ for each in (acts.Resync, acts.StartTransfer, acts.AwaitTransfer)}
    found: dict[tuple[str, str], datetime] = {}
    for entry in store.newest_that_reached(group, ends | carries, _LINES):
        if entry.cluster in clusters:
            for volume in entry.volumes:
                found.pop((entry.cluster, volume), None)
                if entry.change in carries:
                    found[entry.cluster, volume] = entry.at
    return found


def opened_history(store_url: str) -> AbstractContextManager[History]:
    """The store, to be read. Raises: ConfigError, StoreFailed where it cannot be opened."""
    from datamotion.store.journal import open_history  # noqa: PLC0415  # a command that only looks starts without it

    return open_history(store_url)
