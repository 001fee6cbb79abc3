"""How fast bytes come, and how long the rest takes: said only of what was measured long enough."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_WINDOW_S = 60.0  # what is told of is how fast it goes now
_LEAST_S = 3.0  # to tell how fast it goes
_LEAST_FOR_REST_S = 10.0
_FARTHEST = 20.0  # times what was measured: nobody can tell from the first seconds that it takes hours


@dataclass(slots=True)
class Pace:
    """Of bytes that only become more. Where they become less it is another transfer, and nothing is measured yet."""

    _began_s: float = 0.0
    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, at_s: float, moved: int) -> None:
        """So many had come by then."""
        if not self._seen or moved < self._seen[-1][1]:
            self._seen.clear()
            self._began_s = at_s
        self._seen.append((at_s, moved))
        while len(self._seen) > 2 and self._seen[1][0] <= at_s - _WINDOW_S:
            self._seen.popleft()

    @property
    def bytes_s(self) -> float | None:
        """How many a second, over the last minute; None where that is not measured yet."""
        (first_s, first), (last_s, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_s - first_s) if last_s - first_s >= _LEAST_S else None

    def seconds_left(self, left: int) -> float | None:
        """How long so many more take; None where too little was measured to say so."""
        measured_s, bytes_s = self._seen[-1][0] - self._began_s, self.bytes_s
        if not bytes_s or measured_s < _LEAST_FOR_REST_S:
            return None
        seconds = left / bytes_s
        return round(seconds, 1) if seconds <= measured_s * _FARTHEST else None
