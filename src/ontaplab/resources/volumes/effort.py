"""Work that takes its time on the cluster's clock. How far it is follows from the instant; nothing advances it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

_BYTES_PER_S = 200 * 1024**2
_LEAST_S = 5.0
_NOTHING_S = 0.001
"""Less is not worth sleeping for: instants are kept in microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Begun at `since`, when `done_s` of the seconds that it needs were done already; paused if `since` is None."""

    needs_s: float
    done_s: float = 0.0
    since: datetime | None = None

    def left_s(self, now: datetime) -> float:
        """Seconds still to be worked; 0.0 when it is done."""
        left = self.needs_s - self._done_s(now)
        return left if left > _NOTHING_S else 0.0

    def percent(self, now: datetime) -> int:
        """What is done of it. 100 only when all is."""
        return 100 if not self.left_s(now) else min(99, int(100 * self._done_s(now) / self.needs_s))

    def paused(self, now: datetime) -> Effort:
        return replace(self, done_s=self._done_s(now), since=None)

    def resumed(self, now: datetime) -> Effort:
        return self if self.since is not None else replace(self, since=now)

    def _done_s(self, now: datetime) -> float:
        return self.done_s + (0.0 if self.since is None else (now - self.since).total_seconds())


def effort_for(size_bytes: int, now: datetime) -> Effort:
    """What working through that many bytes takes, begun now.

    Assumption: 200 MiB a second, and 5 seconds at least, so that clients see the work going on.
    """
    return Effort(needs_s=max(_LEAST_S, size_bytes / _BYTES_PER_S), since=now)
