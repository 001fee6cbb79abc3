"""A migration of a whole protected group: where it is to be served from now on. It stays the group that it is."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from datamotion.model.group import Backend, Group, Target
from datamotion.model.migration import ALL_SNAPSHOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMigration:
    """All volumes of `of` are to live at `to`, mirrored from there to all its targets; none stays at its home.

    `aggregates` may hold them there, where the configuration makes `to` no target of the group: where it does, it says
    how. None is needed once all are made there. With `keeps_source` the old volumes stay, as nobody can write to them.
    """

    of: Group
    to: Backend
    aggregates: tuple[str, ...] = ()
    keeps_source: bool = False

    @property
    def source(self) -> Backend:
        return self.of.home

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def left(self) -> tuple[Backend, ...]:
        """The back ends that hold nothing of the group any more in the end."""
        return (self.source,)

    @property
    def is_to_target(self) -> bool:
        """Whether the group has mirrors where it goes in any case."""
        return self.of.target(self.to.name) is not None

    @property
    def options(self) -> tuple[str, ...]:
        """Those of the command that asks for this, beside `--to`."""
        named = () if self.is_to_target else self.aggregates
        kept = ("--keep-source",) if self.keeps_source else ()
        return (*(f"--aggregate {shlex.quote(each)}" for each in named), *kept)

    @property
    def group(self) -> Group:
        """The group with the place where it goes among its targets."""
        if self.is_to_target:
            return self.of
        target = Target(backend=self.to, aggregates={"*": self.aggregates}, policy=ALL_SNAPSHOTS)
        return replace(self.of, targets=(*self.of.targets, target))

    @property
    def others(self) -> tuple[Target, ...]:
        """Those whose mirrors are to follow it there."""
        return tuple(each for each in self.of.targets if each.backend.name != self.to.name)
