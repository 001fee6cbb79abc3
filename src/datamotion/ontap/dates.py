"""How a cluster's clock differs from ours, as the `Date` of each of its answers shows (RFC 9110), at no call more.

ONTAP's web server sends one with every answer, in whole seconds (the samples in its REST documentation show it). That
it is the clock by which the cluster tells ages is assumed: a proxy in between may send its own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from datamotion.model.view import ClusterClock

_RESOLUTION = timedelta(seconds=1)


class Dates:
    """Those of one look. Each was told between when it was asked for and when it was there."""

    def __init__(self) -> None:
        self._least: timedelta | None = None
        self._most: timedelta | None = None
        self._is_legible = True

    def hear(self, date: str | None, asked_at: datetime, told_at: datetime) -> None:
        """An answer that tells none adds nothing."""
        if date is None:
            return
        told = _read(date)
        if told is None:
            self._is_legible = False
            return
        least, most = told - told_at, told + _RESOLUTION - asked_at
        self._least = least if self._least is None else max(self._least, least)
        self._most = most if self._most is None else min(self._most, most)

    def clock(self, limit: timedelta) -> ClusterClock:
        """The smallest difference that fits all of them; not known where none does, as when a clock was set."""
        if self._least is None or self._most is None or self._least > self._most or not self._is_legible:
            return ClusterClock(ahead=None, limit=limit)
        return ClusterClock(ahead=max(self._least, min(self._most, timedelta())), limit=limit)


@lru_cache(maxsize=64)
def _read(date: str) -> datetime | None:
    """None where it cannot be. The answers to one look bear the same few."""
    try:
        told = parsedate_to_datetime(date)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
