"""What goes to a process that helps, and what comes back from it."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datamotion.model.remark import Remark

_MOST = 256
_MOST_BYTES = 32 << 20


@dataclass
class Batch:
    """Some of what one folder holds, by name and mode: no more than goes to another process quickly.

    `had`: something may be at their copies' paths already. `whole`: which of them are there as files that have no name
    but those of their source.
    """

    source: str
    target: str
    had: bool
    named: list[tuple[str, int]] = field(default_factory=list)
    size: int = 0
    whole: frozenset[str] = frozenset()

    def add(self, name: str, stat: os.stat_result) -> None:
        self.named.append((name, stat.st_mode))
        if modes.S_ISREG(stat.st_mode):
            self.size += stat.st_size

    @property
    def is_full(self) -> bool:
        return len(self.named) >= _MOST or self.size >= _MOST_BYTES


@dataclass(frozen=True)
class Done:
    """What came of a batch."""

    counted: Mapping[str, Any]
    ended_by: Remark | None
    lacking: frozenset[str]
