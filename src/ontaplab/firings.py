"""Schedules firing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import anyio

from ontaplab.clock import Clock
from ontaplab.resources.schedules.state import Schedule
from ontaplab.store import Table

_LONG = timedelta(days=1)
"""How long to sleep where no schedule fires at all."""

Listener = Callable[[Schedule, datetime], None]


class Firings:
    """Calls each listener at each firing of each schedule, with the instant it was due.

    A listener starts what is to be done and returns: it does not wait. What was due while the cluster was down is not
    made up for.
    """

    def __init__(self, schedules: Table[Schedule], clock: Clock) -> None:
        self._schedules = schedules
        self._clock = clock
        self._listeners: list[Listener] = []
        self._changed = anyio.Event()
        self._firings: dict[Schedule, datetime | None] = {}

    def listen(self, listener: Listener) -> None:
        """The listener is called from now on."""
        self._listeners.append(listener)

    def schedules_changed(self) -> None:
        """To be called after a schedule came, changed or went."""
        self._changed.set()

    async def run(self) -> None:
        """Fires for ever."""
        fired = self._clock.now()
        while True:
            self._changed = anyio.Event()
            due, schedules = self._next(fired)
            with self._clock.limit((due - self._clock.now()).total_seconds()):
                await self._changed.wait()
                continue
            fired = max(due, self._clock.now())
            for schedule in schedules:
                for listener in self._listeners:
                    listener(schedule, due)

    def _next(self, after: datetime) -> tuple[datetime, list[Schedule]]:
        """The next instant at which anything fires, and what fires then."""
        self._firings = {schedule: self._firing(schedule, after) for schedule in self._schedules}
        due = min((firing for firing in self._firings.values() if firing is not None), default=after + _LONG)
        return due, [schedule for schedule, firing in self._firings.items() if firing == due]

    def _firing(self, schedule: Schedule, after: datetime) -> datetime | None:
        """Working it out takes as long as all else here: what is still to come is not worked out again."""
        known = self._firings.get(schedule)
        return known if known is not None and known > after else schedule.next_firing(after)
