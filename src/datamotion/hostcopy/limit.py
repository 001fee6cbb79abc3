"""How many bytes may go by in a second, over all threads."""

from __future__ import annotations

import threading
from typing import Protocol


class Pace(Protocol):
    """A clock that threads may wait on."""

    def monotonic_s(self) -> float: ...
    def pause(self, seconds: float) -> None: ...


class Limit:
    """Whoever takes bytes waits for its turn: no more goes by than the rate allows, and one chunk."""

    def __init__(self, bytes_per_s: int | None, pace: Pace) -> None:
        self._rate = bytes_per_s
        self._pace = pace
        self._free_s = pace.monotonic_s()
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether nobody ever waits."""
        return self._rate is None

    def take(self, count: int) -> None:
        """Returns when so many bytes may go."""
        if self._rate is None:
            return
        with self._lock:
            now = self._pace.monotonic_s()
            begins = max(self._free_s, now)
            self._free_s = begins + count / self._rate
        if begins > now:
            self._pace.pause(begins - now)
