"""How a LUN that was copied or moved to another volume gets its bytes there.

As with ONTAP hosts use it there at once, while its bytes follow: here they are there at once too, and what takes its
time is what is told of them. Assumption: their pace is that of a volume's move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ontaplab.resources.volumes.effort import Effort

MOST = 50
"""At a time in a cluster, of copies and moves together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The latest of one LUN. It goes on while its effort does."""

    uuid: str
    """The LUN's, at the destination."""
    kind: Literal["copy", "move"]
    source: str
    """Name of the LUN that it was made from, or its own former one."""
    source_uuid: str
    destination: str
    """Name."""
    began: datetime
    effort: Effort

    def state(self, now: datetime) -> str:
        if not self.effort.left_s(now):
            return "complete"
        return "paused" if self.effort.since is None else "replicating"

    def elapsed_s(self, now: datetime) -> int:
        """Seconds of work, pauses not counted."""
        return int(self.effort.needs_s - self.effort.left_s(now))

    def steered(self, now: datetime, *, paused: bool) -> Passage:
        """Paused or going on. What is complete stays so."""
        if not self.effort.left_s(now):
            return self
        return replace(self, effort=self.effort.paused(now) if paused else self.effort.resumed(now))
