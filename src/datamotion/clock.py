"""Time as an argument. Beside `thread_clock` the only module that reads a clock or sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import anyio


class Clock(Protocol):
    """What may be known about time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow, for measuring how long something took."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds on this clock."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return anyio.current_time()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class LoopClock(SystemClock):
    """The event loop's clock, counted from a chosen instant: virtual under trio's mock clock."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._offset_s = anyio.current_time()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=anyio.current_time() - self._offset_s)
