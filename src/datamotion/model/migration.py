"""A migration: which volumes go where. While it is under way it is a group like any other, of two back ends."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import datetime

from datamotion.model.definition import PolicyDefinition
from datamotion.model.group import Backend, Group, Target

PREFIX = "migrate."
ALL_SNAPSHOTS = "MirrorAllSnapshots"
"""The policy of ONTAP's own with which the new volume has every snapshot of the old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """These volumes (names, patterns, uuids) of `source` are to live at `to`, there on this aggregate.

    `aggregates` may hold what is made at another back end; one alone is where a volume is moved to at its own. With
    `keeps_source` the old volume stays, as nobody can write to it. `cutover_at`: not before.
    """

    source: Backend
    volumes: tuple[str, ...]
    to: Backend
    aggregates: tuple[str, ...] = ()
    keeps_source: bool = False
    cutover_at: datetime | None = None
    policy: str = ALL_SNAPSHOTS
    definition: PolicyDefinition | None = None

    @property
    def is_within(self) -> bool:
        """Whether the volumes stay at their back end."""
        return self.source.name == self.to.name

    @property
    def words(self) -> tuple[str, ...]:
        """What the command says that asks for this."""
        return (
            shlex.quote(f"{self.source.name}:{','.join(self.volumes)}"),
            *(() if self.is_within else (f"--to {self.to.name}",)),
            *(f"--aggregate {shlex.quote(each)}" for each in self.aggregates),
            *(("--keep-source",) if self.keeps_source else ()),
            *((f"--cutover-at {self.cutover_at.isoformat()}",) if self.cutover_at is not None else ()),
        )

    @property
    def left(self) -> tuple[Backend, ...]:
        """The back ends that hold nothing of its group any more in the end: it was made for it."""
        return (self.source, self.to)

    @property
    def group(self) -> Group:
        """What stands for it in locks, marks, claims and history. It is served by its source at first."""
        if self.is_within:
            return Group(name=self.name, home=replace(self.source, volumes=self.volumes), targets=())
        return Group(
            name=self.name,
            home=replace(self.source, volumes=self.volumes),
            targets=(
                Target(
                    backend=replace(self.to, volumes=self.volumes),
                    aggregates={"*": self.aggregates},
                    policy=self.policy,
                    definition=self.definition,
                ),
            ),
        )

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.source.name}.{self.to.name}"


def is_migration(group: str) -> bool:
    """Whether a group is one that stands for a migration."""
    return group.startswith(PREFIX)


def ends_of(group: str, backends: frozenset[str]) -> tuple[str, str] | None:
    """The back ends, of these, whence and where to the migration of that name goes; None: it is none of theirs.

    >>> ends_of("migrate.gold.paris.lyon", frozenset({"gold.paris", "lyon"})), ends_of("gold", frozenset({"gold"}))
    (('gold.paris', 'lyon'), None)
    """
    names = group.removeprefix(PREFIX).split(".") if is_migration(group) else []
    pairs = ((".".join(names[:n]), ".".join(names[n:])) for n in range(1, len(names)))
    return next((each for each in pairs if backends.issuperset(each)), None)
