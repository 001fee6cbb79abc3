"""Time for threads, which have no event loop: apart from `clock`, for what brings one is slow to import."""

from __future__ import annotations

import time


class ThreadClock:
    """The machine's clock."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Return after that many seconds; only this thread waits."""
        time.sleep(seconds)
