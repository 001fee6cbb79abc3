"""Time as an argument. The only module of the lab that reads a clock or sleeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import anyio


class Clock(Protocol):
    """What a cluster may know about time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds on this clock."""
        ...

    def limit(self, seconds: float) -> anyio.CancelScope:
        """A scope that is left, without an error, after that many seconds on this clock."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    def limit(self, seconds: float) -> anyio.CancelScope:
        return anyio.move_on_after(seconds)


class LoopClock(SystemClock):
    """The event loop's clock, counted from a chosen instant: virtual under trio's mock clock."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._offset_s = anyio.current_time()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=anyio.current_time() - self._offset_s)


class SkewedClock:
    """Another clock, set forward by `offset`: its seconds are as long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return self._clock.now() + self.offset

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    def limit(self, seconds: float) -> anyio.CancelScope:
        return self._clock.limit(seconds)


def pause(seconds: float) -> None:
    """Blocks this thread for so long: for what runs outside of clusters, without an event loop."""
    time.sleep(seconds)
