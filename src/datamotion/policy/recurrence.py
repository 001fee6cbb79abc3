"""How far apart the firings of a schedule are: what an RPO can be held against."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from cronsim import CronSim, CronSimError

from datamotion.model.cluster_records import Schedule

_DAY_MIN = 24 * 60
_FROM, _UNTIL = datetime(2024, 1, 1), datetime(2033, 1, 1)  # noqa: DTZ001  # days of a calendar, with two leap years


class Intervals(NamedTuple):
    """The shortest and the longest time between two firings."""

    shortest: timedelta
    longest: timedelta


def intervals(schedule: Schedule) -> Intervals | None:
    """None where it never fires, or cannot be read.

    Assumption: a day is one when either `days` or `weekdays` name it, where both are given, as for cron. Where clocks
    are put forward or back, one time is an hour longer or shorter.
    """
    if not set(schedule.hours) <= set(range(24)) or not set(schedule.minutes) <= set(range(60)):
        return None
    times = sorted(
        60 * hour + minute for hour in set(schedule.hours) or range(24) for minute in set(schedule.minutes) or range(60)
    )
    nights = {_DAY_MIN * apart.days - times[-1] + times[0] for apart in _days_apart(schedule)}
    if not nights:
        return None
    gaps = {later - earlier for earlier, later in pairwise(times)} | nights
    return Intervals(timedelta(minutes=min(gaps)), timedelta(minutes=max(gaps)))


def _days_apart(schedule: Schedule) -> set[timedelta]:
    """Each number of days that lies between two on which it fires."""
    if not (schedule.days or schedule.months or schedule.weekdays):
        return {timedelta(days=1)}
    return {later - earlier for earlier, later in pairwise(_dates(schedule))}


def _dates(schedule: Schedule) -> Iterator[date]:
    columns = map(_column, (schedule.days, schedule.months, schedule.weekdays))
    try:
        for firing in CronSim(f"0 0 {' '.join(columns)}", _FROM):
            if firing >= _UNTIL:
                return
            yield firing.date()
    except CronSimError:
        return


def _column(values: Collection[int]) -> str:
    return ",".join(map(str, sorted(set(values)))) or "*"
