"""What the store remembers, read without its being made or changed: who serves, where no cluster can say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, NamedTuple

from datamotion.errors import ConfigError, StoreFailed
from datamotion.model.group import Group
from datamotion.model.view import Unseen, View
from datamotion.model.words import Operation
from datamotion.runs.phases import Phase
from datamotion.service.session import Session

if TYPE_CHECKING:
    from datamotion.store.journal import History

_RUNS = 20
_TAKING = (Operation.FAILOVER, Operation.SETTLE)


class Taken(NamedTuple):
    """The newest epoch that a run from here took, and for which back end."""

    backend: str
    epoch: int


def remembered(session: Session, groups: Iterable[Group], view: View) -> Mapping[str, Taken]:
    """By group, where a cluster of it was not seen. Of a store that cannot be read nothing: clusters alone decide."""
    unseen = [group for group in groups if any(isinstance(view[each.cluster], Unseen) for each in group.backends)]
    found = {}
    with suppress(ConfigError, StoreFailed, OSError):
        for group in unseen:
            if taken := _last_taken(session, group.name):
                found[group.name] = taken
    return found


def _last_taken(session: Session, group: str) -> Taken | None:
    with opened_history(session.store_url) as store:
        for record in store.newest(group, _RUNS):
            if record.operation in _TAKING and record.phase in (Phase.DONE, Phase.PARTLY):
                run = store.run(record.id)
                if run is not None and run.plan.backend is not None and run.plan.epoch is not None:
                    return Taken(run.plan.backend, run.plan.epoch)
    return None


def opened_history(store_url: str) -> AbstractContextManager[History]:
    """The store, to be read. Raises: ConfigError where it cannot be opened."""
    from datamotion.store.journal import open_history  # noqa: PLC0415  # a command that only looks starts without it

    return open_history(store_url)
