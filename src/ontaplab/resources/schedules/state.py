"""A schedule and when it fires."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cronsim import CronSim


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """When to fire, in UTC; an empty list is every value. Weekday 0 is Sunday."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()

    @property
    def expression(self) -> str:
        """The five fields of a crontab line."""
        columns = (self.minutes, self.hours, self.days, self.months, self.weekdays)
        return " ".join(",".join(map(str, sorted(column))) or "*" for column in columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    uuid: str
    name: str
    cron: Cron | None = None
    interval: timedelta | None = None
    svm: str | None = None
    """uuid of the SVM it belongs to; None: the cluster's."""
    is_built_in: bool = field(default=False)

    def next_firing(self, after: datetime) -> datetime | None:
        """The first instant past `after` at which it fires; None for an interval, which the lab never fires."""
        if self.cron is None:
            return None
        firing: datetime = next(CronSim(self.cron.expression, after))
        return firing


_EVERY_FIFTH = tuple(range(0, 60, 5))
BUILT_IN = {
    "5min": Cron(minutes=_EVERY_FIFTH),
    "hourly": Cron(minutes=(5,)),
    "8hour": Cron(minutes=(15,), hours=(2, 10, 18)),
    "daily": Cron(minutes=(10,), hours=(0,)),
    "weekly": Cron(minutes=(15,), hours=(0,), weekdays=(0,)),
    "monthly": Cron(minutes=(20,), hours=(0,), days=(1,)),
}
"""Assumption: the minutes of all but hourly and daily, and that 8hour and monthly are built in."""
