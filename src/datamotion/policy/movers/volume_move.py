"""A volume moved to another aggregate of its SVM by the cluster itself: its clients notice nothing but the cut-over.

It keeps its uuid, its name and all that points to it. A move that goes on is seen at the cluster: any run follows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from datamotion.model.mark import read_mark
from datamotion.model.migration import Migration
from datamotion.model.plan import Offer, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Site, Standing
from datamotion.model.units import count_text, moment_text, size_text
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import AbortMove, AwaitMove, CutOver, MoveVolume
from datamotion.model.volume_records import Movement, Volume
from datamotion.model.words import Operation, VolumeState
from datamotion.policy.movers.offer import Mover, seconds_for, selected
from datamotion.policy.needs import names_text
from datamotion.policy.placement import needed_bytes, no_aggregate
from datamotion.policy.proofs.movements import is_on, movement_of
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_MOVE = Phase(rank=1, title="Begin to move", because="the cluster copies them while their clients go on")
_CUT_OVER = Phase(rank=2, title="Cut over", because="all is copied but the last writes: I/O is held for seconds")
_AWAIT = Phase(
    rank=3,
    title="Wait until they have moved",
    because="they are served from the old aggregate until then",
    awaits=(AwaitMove,),
    way_out="end it (Ctrl-C): the cluster goes on moving; `datamotion migrate ... --abort` stops the moves",
)
_ABORT = Phase(rank=1, title="Abort the moves", because="the volumes stay where they are, with all that was written")


def _offer(migration: Migration, standing: Standing) -> Offer:
    volumes = [each for each in selected(migration, standing) if not is_on(each, _aggregate(migration))]
    data = sum(each.used_bytes for each in volumes)
    return Offer(
        mechanism="volume move",
        data=data,
        seconds=seconds_for(data),
        interruption="Clients notice nothing; at the cut-over I/O is held for seconds",
        needs="an account of the cluster; room in the aggregate",
        why_not=_why_not(migration, standing),
    )


def _why_not(migration: Migration, standing: Standing) -> Refusal | None:
    if not migration.is_within:
        return Refusal(text=f"it stays within one SVM, and {migration.to.name} is another back end")
    if len(migration.aggregates) != 1:
        return Refusal(text="no aggregate to move to is named", hint="name it with --aggregate")
    site = standing.sites[migration.source.name]
    if not isinstance(site.seen, ClusterView):
        return Refusal(text=site.seen.reason, hint=site.seen.hint, unseen=site.seen)
    if unknown := no_aggregate(migration.source.cluster, site.seen, migration.aggregates):
        return Refusal(text=unknown[0], hint=unknown[1])
    return _no_room(selected(migration, standing), _aggregate(migration), site.seen)


def _no_room(volumes: Sequence[Volume], aggregate: str, seen: ClusterView) -> Refusal | None:
    """That those that are not on their way yet are more than fits: of a thick one that is its size."""
    to_come = [each for each in volumes if not (is_on(each, aggregate) or _move(each, seen))]
    needed = sum(map(needed_bytes, to_come))
    room = next((each.available_bytes for each in seen.aggregates if each.name == aggregate), 0)
    if needed <= room:
        return None
    return Refusal(
        text=f"{aggregate} has room for {size_text(room)}, and {count_text(len(to_come), 'volume')} with"
        f" {size_text(needed)} would come",
        hint="name fewer volumes, or another aggregate",
    )


def have_moved(migration: Migration, standing: Standing) -> bool:
    """Whether all are on the aggregate that they were to be moved to."""
    volumes = selected(migration, standing)
    return bool(volumes) and all(is_on(each, _aggregate(migration)) for each in volumes)


def _ongoing(migration: Migration, standing: Standing) -> bool:
    seen = standing.sites[migration.source.name].seen
    if not (migration.is_within and isinstance(seen, ClusterView)):
        return False
    return any(_move(each, seen) for each in selected(migration, standing))


def _move(volume: Volume, seen: ClusterView) -> Movement | None:
    """The move of it that goes on."""
    movement = movement_of(seen, volume.uuid)
    return movement if movement is not None and movement.state.is_going_on else None


def _aggregate(migration: Migration) -> str:
    return migration.aggregates[0] if migration.aggregates else ""


def _planner(migration: Migration) -> Planner:
    def plan(situation: Situation) -> Plan:
        return _Moving(migration, situation).plan()

    return plan


class _Moving:
    """What is left to do until every volume is on the aggregate."""

    def __init__(self, migration: Migration, situation: Situation) -> None:
        self._migration = migration
        self._aggregate = _aggregate(migration)
        self._now = situation.now
        self._volumes = _as_they_are(migration, situation)
        self._site = situation.now.sites[migration.source.name]
        self._due = StepList()
        self._refusals: list[Refusal] = []
        self._holds: set[tuple[str, str | None]] = set()

    def plan(self) -> Plan:
        if isinstance(self._site.seen, ClusterView):
            if refusal := _no_room([each for _, each in self._volumes], self._aggregate, self._site.seen):
                self._refusals.append(refusal)
            for name, volume in self._volumes if not self._refusals else ():
                self._plan_one(name, volume, self._site.seen)
        held = f", cut over not before {moment_text(self._at)}" if self._at else ""
        return Plan(
            operation=Operation.MIGRATE,
            group=self._migration.name,
            title=f"Move {_names(self._migration)} of {self._site.backend.name} to aggregate {self._aggregate}{held}",
            steps=self._due.steps(),
            refusals=tuple(self._refusals),
            notes=tuple(_stale_mirrors(self._migration, self._now)),
            differences=tuple(
                f"{name} is called {each.name} by now." for name, each in self._volumes if name != each.name
            ),
            holds=frozenset(self._holds),
        )

    @property
    def _at(self) -> datetime | None:
        return self._migration.cutover_at

    def _is_time(self, seen: ClusterView) -> bool:
        return self._at is None or seen.observed_at >= self._at

    def _plan_one(self, name: str, volume: Volume, seen: ClusterView) -> None:
        going_on = _move(volume, seen)
        if is_on(volume, self._aggregate) and going_on is None:
            self._holds.add((self._site.backend.name, name))
            return
        if why := _obstacle(volume, self._aggregate, going_on.aggregate if going_on else None):
            text, hint = why
            self._refusals.append(Refusal(backend=self._site.backend.name, volume=name, text=text, hint=hint))
            return
        is_held = going_on is not None and going_on.state.waits_for_cutover and not self._is_time(seen)
        moved = AwaitMove(uuid=volume.uuid, aggregate=self._aggregate, until=self._at if is_held else None)
        if going_on is None:
            change = MoveVolume(uuid=volume.uuid, aggregate=self._aggregate, waits=self._at is not None)
            at = ", ".join(volume.aggregates)
            self._add(_MOVE, name, change, f"{volume.name}: {size_text(volume.used_bytes)} from {at}")
        elif going_on.state.waits_for_cutover and not is_held:
            change_over = CutOver(uuid=volume.uuid, aggregate=self._aggregate)
            self._add(_CUT_OVER, name, change_over, f"{volume.name} to {self._aggregate}")
        self._add(_AWAIT, name, moved, f"{volume.name} to {self._aggregate}")

    def _add(self, phase: Phase, name: str, change: MoveVolume | CutOver | AwaitMove, text: str) -> None:
        self._due.add(phase, self._site.backend, name, change, text)


def _as_they_are(migration: Migration, situation: Situation) -> list[tuple[str, Volume]]:
    """The volumes that a run is about, by the names that they had when it began, whatever they are called by now."""
    now = {each.uuid: each for each in situation.now.sites[migration.source.name].volumes.values()}
    return [(each.name, now[each.uuid]) for each in selected(migration, situation.first) if each.uuid in now]


def perhaps_renamed(migration: Migration, standing: Standing) -> str | None:
    """Of a move whose volume is not there under its name: those that are moved, or were, to where it was to go."""
    seen = standing.sites[migration.source.name].seen
    if not (migration.is_within and isinstance(seen, ClusterView)):
        return None
    found = []
    for volume in standing.sites[migration.source.name].volumes.values():
        move = movement_of(seen, volume.uuid)
        is_there = _aggregate(migration) in ("", move.aggregate) if move is not None else False
        if move is not None and is_there and (move.state.is_going_on or is_on(volume, move.aggregate)):
            verb = "is moved" if move.state.is_going_on else "was moved"
            found.append(f"{volume.name} {verb} to {move.aggregate}")
    return f"{', '.join(found[:6])}: name it so, if one of these was renamed since" if found else None


def _obstacle(volume: Volume, aggregate: str, elsewhere: str | None) -> tuple[str, str | None] | None:
    if volume.constituents:
        return "a FlexGroup is not moved as a whole", "its constituents are moved one by one: `volume move start`"
    if volume.state is not VolumeState.ONLINE:
        return f"it is {volume.state}", "bring it online first"
    if elsewhere is not None and elsewhere != aggregate:
        return f"it is being moved to {elsewhere} already", "wait until it is there, or abort that move"
    return None


def _names(migration: Migration) -> str:
    return names_text(migration.volumes)


def _stale_mirrors(migration: Migration, standing: Standing) -> list[Remark]:
    """Documented: transfers from a source that was moved fail until one that was asked for has succeeded."""
    groups: dict[str, list[str]] = {}
    for volume in selected(migration, standing):
        if (mark := read_mark(volume.comment)) is not None and not is_on(volume, _aggregate(migration)):
            groups.setdefault(mark.group, []).append(volume.name)
    return [
        Remark(
            f"{names_text(names)}: mirrored as of {group}. After the move its scheduled transfers fail until one was"
            " asked for.",
            f"Run `datamotion update {group}` then",
        )
        for group, names in groups.items()
    ]


def _way_back(migration: Migration) -> Planner:
    def plan(situation: Situation) -> Plan:
        due, holds = StepList(), set()
        site = situation.now.sites[migration.source.name]
        for name, volume in _as_they_are(migration, situation):
            if not isinstance(site.seen, ClusterView):
                break
            if (movement := _move(volume, site.seen)) is not None:
                change = AbortMove(uuid=volume.uuid)
                text = f"{volume.name}: its move to {movement.aggregate}"
                due.add(_ABORT, site.backend, name, change, text)
            elif _was_going_on(situation.first.sites[migration.source.name], volume):
                holds.add((site.backend.name, name))
        return Plan(
            operation=Operation.MIGRATE,
            group=migration.name,
            title=f"Abort the moves of {_names(migration)} at {site.backend.name}",
            steps=due.steps(),
            holds=frozenset(holds),
        )

    return plan


def _was_going_on(site: Site, volume: Volume) -> bool:
    return isinstance(site.seen, ClusterView) and _move(volume, site.seen) is not None


VOLUME_MOVE = Mover(
    offer=_offer,
    is_meant=lambda migration, _: migration.is_within,
    ongoing=_ongoing,
    planner=_planner,
    way_back=_way_back,
)
