"""How many bytes may go by in a second, over all threads."""

from __future__ import annotations

import threading
from typing import Protocol

_LOOK_S = 0.25


class Pace(Protocol):
    """A clock that threads may wait on."""

    def monotonic_s(self) -> float: ...
    def pause(self, seconds: float) -> None: ...


class Limit:
    """Whoever takes bytes waits for its turn: no more goes by than the rate allows, and one chunk."""

    def __init__(self, bytes_per_s: int | None, pace: Pace, stopped: threading.Event | None = None) -> None:
        self._rate = bytes_per_s
        self._stopped = stopped or threading.Event()
        self._pace = pace
        self._free_s = pace.monotonic_s()
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether nobody ever waits."""
        return self._rate is None

    def take(self, count: int) -> None:
        """Returns when so many bytes may go, or soon after all was stopped."""
        if self._rate is None:
            return
        with self._lock:
            now = self._pace.monotonic_s()
            begins = max(self._free_s, now)
            self._free_s = begins + count / self._rate
        while begins > now and not self._stopped.is_set():
            self._pace.pause(min(begins - now, _LOOK_S))
            now = self._pace.monotonic_s()
