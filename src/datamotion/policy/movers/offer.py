"""What a mechanism says of a migration before anything is done, and what each of them can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from datamotion.model.group import Backend, Group
from datamotion.model.names import counted
from datamotion.model.plan import Offer, Refusal
from datamotion.model.standing import Standing
from datamotion.model.volume_records import Volume
from datamotion.policy.situation import Planner
from datamotion.policy.standing.membership import is_beside

_BYTES_A_SECOND = 100 * 2**20
"""Assumption: what moves inside a cluster or between two, for an estimate that is told as one."""


class Migrant(Protocol):
    """What is known of every migration, whatever it brings elsewhere."""

    @property
    def source(self) -> Backend: ...

    @property
    def to(self) -> Backend: ...

    @property
    def name(self) -> str: ...

    @property
    def group(self) -> Group: ...


class Leaving(Migrant, Protocol):
    """One of volumes that are mirrored where they go. With `keeps_source` the old ones stay, and nobody is let in."""

    @property
    def keeps_source(self) -> bool: ...

    @property
    def left(self) -> tuple[Backend, ...]:
        """The back ends at which nothing of the group stays."""


M = TypeVar("M", bound=Migrant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover(Generic[M]):
    """One mechanism: what it would cost and whether it can; doing it, and undoing what is not decided.

    `is_meant`: whether it is made for these two places; if nothing can be done, it tells why. `ongoing`: whether it has
    begun on this migration, as is seen; then it goes on, whatever is cheaper. `is_about`: whether it is shown, as it is
    for what is there: none for LUNs is where a file is.
    """

    offer: Callable[[M, Standing], Offer]
    is_meant: Callable[[M, Standing], bool]
    ongoing: Callable[[M, Standing], bool]
    planner: Callable[[M], Planner]
    way_back: Callable[[M], Planner]
    is_about: Callable[[M, Standing], bool] = lambda migration, standing: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Movers(Generic[M]):
    """All that bring objects of one kind elsewhere, the cheapest first, and what people can do by hand.

    `missing`: why there is nothing at the source to bring elsewhere. `barred`: why nothing is begun, nor gone on with.
    `without_source`: by what clients are let in where that is lost; None: by nothing that is known. `is_there`: whether
    what is at the goal may have come there by it. `lost`: what it may have changed, and that tells so no more.
    """

    movers: tuple[Mover[M], ...]
    by_hand: Callable[[M, Standing], Offer]
    missing: Callable[[M, Standing], Refusal | None]
    title: Callable[[M], str]
    barred: Callable[[M, Standing], Refusal | None] = lambda migration, standing: None
    without_source: Callable[[M, Standing], str | None] = lambda migration, standing: None
    is_there: Callable[[M, Standing], bool]
    lost: Callable[[M, Standing], Iterable[Refusal]] = lambda migration, standing: ()


def selected(migration: Migrant, standing: Standing) -> list[Volume]:
    """The volumes at its source that a migration is about, in the order in which people count.

    What is no member of any group goes nowhere else; within its back end it can be moved like any volume.
    """
    return list(_selected(migration, standing.sites[migration.source.name].volumes.values()))


def _selected(migration: Migrant, volumes: Iterable[Volume]) -> Iterator[Volume]:
    wanted, is_within = migration.group.home, migration.source.name == migration.to.name
    meant = (each for each in volumes if wanted.selects(each.name, each.uuid) and (is_within or not is_beside(each)))
    yield from sorted(meant, key=lambda each: counted(each.name))


def seconds_for(data: int) -> float:
    """How long so many bytes take, by an assumed rate."""
    return data / _BYTES_A_SECOND
