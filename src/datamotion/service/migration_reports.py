"""What is told of migrations under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismReport:
    """A mechanism that a migration could take. `seconds` by a rate that is assumed; `why_not`: why it is not taken."""

    mechanism: str
    data: int
    seconds: float
    interruption: str
    needs: str
    is_taken: bool
    why_not: str | None
    hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """One volume, LUN or file on its way.

    Bytes are None where they are not told, the rate (bytes a second) where nothing moved.
    """

    volume: str
    source: str
    to: str
    mechanism: str
    state: str
    moved: int | None
    total: int | None
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.source, self.volume, self.to)

    def since(self, before: MigrationReport | None, seconds: float) -> MigrationReport:
        """With how fast it went since an earlier look, and how long what is left takes at that rate."""
        if before is None or self.moved is None or before.moved is None or not self.moved - before.moved > 0:
            return self
        rate = (self.moved - before.moved) / seconds
        left = None if self.total is None else max(self.total - self.moved, 0) / rate
        return replace(self, rate=rate, seconds_left=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationsReport:
    """All that are under way. `unseen`: the clusters that could not be looked at, and why."""

    migrations: Sequence[MigrationReport]
    unseen: tuple[str, ...]


def share_of(total: int, percent: int | None) -> int | None:
    """So many percent of these bytes, where they are told."""
    return None if percent is None else total * percent // 100
