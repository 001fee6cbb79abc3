"""A LUN brought to another volume of its SVM, or to another name in its own, by the cluster itself.

Hosts go on: it keeps its uuid, serial number and maps, and is used at its new place at once while its bytes follow.
What goes on is seen at the cluster, so any run follows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from datamotion.model.item_acts import AwaitLunMove, MoveLun
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import PlacedLun, lun_name
from datamotion.model.plan import Offer, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Standing
from datamotion.model.units import count_text, size_text
from datamotion.model.view import ClusterView, Unseen
from datamotion.model.words import Operation
from datamotion.policy.movers.items import lun_at_goal, lun_at_source, protection_notes, why_no_place_for
from datamotion.policy.movers.offer import Mover, seconds_for
from datamotion.policy.proofs.lun_places import lun_of, told_of
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_RENAME = Phase(rank=1, title="Rename the LUN", because="it stays in its volume, with all that hosts know it by")
_MOVE = Phase(rank=1, title="Begin to move the LUN", because="hosts use it there at once, and its bytes follow")
_AWAIT = Phase(
    rank=2,
    title="Wait until all of it has moved",
    because="until then it needs the old volume too",
    awaits=(AwaitLunMove,),
    way_out="end it (Ctrl-C): the cluster goes on moving, and the same command goes on waiting",
)


def _offer_of_move(migration: ItemMigration, standing: Standing) -> Offer:
    lun = _lun(migration, standing)
    data = lun.used_bytes if lun is not None else 0
    return Offer(
        mechanism="LUN move",
        data=data,
        seconds=seconds_for(data),
        interruption="Hosts notice nothing: serial number and maps stay",
        needs="room in the volume",
        why_not=_why_not(migration, standing, is_wanted_within=False),
    )


def _offer_of_rename(migration: ItemMigration, standing: Standing) -> Offer:
    return Offer(
        mechanism="another name",
        data=0,
        seconds=0,
        interruption="Hosts notice nothing: serial number and maps stay",
        needs="nothing",
        why_not=_why_not(migration, standing, is_wanted_within=True),
    )


def _why_not(migration: ItemMigration, standing: Standing, *, is_wanted_within: bool) -> Refusal | None:
    if migration.is_nowhere_else and is_wanted_within:
        return None
    if is_wanted_within and not migration.is_within_volume:
        return Refusal(text=f"it stays within a volume, and {migration.goal_volume} is another one")
    if not migration.is_within_svm:
        return Refusal(text=f"it stays within one SVM, and {migration.to.name} is another one")
    if not is_wanted_within and migration.is_within_volume:
        return Refusal(text="it stays in its volume: its name is all that changes")
    if migration.keeps_source:
        return Refusal(text="it leaves nothing behind, and the old one is to stay", hint="leave --keep-source out")
    lun = None if is_wanted_within else _lun(migration, standing)
    return why_no_place_for(lun, migration, standing)


def _is_meant(migration: ItemMigration, standing: Standing, *, is_wanted_within: bool) -> bool:
    return migration.is_within_svm and migration.is_within_volume is is_wanted_within


def _lun(migration: ItemMigration, standing: Standing) -> PlacedLun | None:
    """The LUN that is to go, wherever it is: still at its source, or where its move has brought it."""
    old, new = lun_at_source(migration, standing), lun_at_goal(migration, standing)
    if old is not None or new is None or new.move is None:
        return old
    return new if new.move.source == lun_name(migration.volume, migration.path) else None


def _ongoing(migration: ItemMigration, standing: Standing) -> bool:
    """It is on its way there, or has come there that way."""
    lun = _lun(migration, standing)
    if not migration.is_within_svm or lun is None or lun.move is None:
        return False
    goal = lun_name(migration.to_volume, migration.to_path)
    return lun.name == goal or (lun.move.state.is_going_on and lun.move.destination == goal)


def _planner(migration: ItemMigration, *, is_wanted_within: bool) -> Planner:
    backend, goal = migration.source, lun_name(migration.to_volume, migration.to_path)
    verb = "Rename" if is_wanted_within else "Move"

    def plan(situation: Situation) -> Plan:
        due, refusals, is_there = StepList(), list[Refusal](), False
        began = _lun(migration, situation.first)
        lun = _now(began, situation.now.sites[backend.name].seen)
        if lun is not None:
            move = lun.move if lun.move is not None and lun.move.state.is_going_on else None
            is_there = lun.name == goal and move is None
            if move is None and not is_there:
                text = f"{migration.item} to {migration.goal}, {size_text(lun.used_bytes)} used"
                change = MoveLun(uuid=lun.uuid, name=goal)
                due.add(_RENAME if is_wanted_within else _MOVE, backend, migration.item, change, text)
            if move is not None and goal not in (lun.name, move.destination):
                text = f"it is on its way elsewhere already: {told_of(move)}"
                hint = "wait until it is there, then name it by where it is"
                refusals.append(Refusal(backend=backend.name, volume=migration.item, text=text, hint=hint))
            elif not (is_there or is_wanted_within):
                awaited = AwaitLunMove(uuid=lun.uuid, name=goal)
                due.add(_AWAIT, backend, migration.item, awaited, f"{migration.item} at {migration.goal}")
        return Plan(
            operation=Operation.MIGRATE,
            group=migration.name,
            title=f"{verb} {migration.item} of {backend.name} to {migration.goal}",
            steps=due.steps(),
            refusals=tuple(refusals),
            notes=tuple(_notes(migration, situation.first, began)),
            holds=frozenset({(backend.name, migration.item)} if is_there else ()),
        )

    return plan


def _now(began: PlacedLun | None, seen: ClusterView | Unseen) -> PlacedLun | None:
    """The LUN that was to go when the run began, by whatever name it is there now."""
    return lun_of(seen, began.uuid) if began is not None and isinstance(seen, ClusterView) else None


def _notes(migration: ItemMigration, first: Standing, began: PlacedLun | None) -> Iterator[Remark]:
    if began is not None and began.igroups:
        groups = ", ".join(name for name, _ in began.igroups[:4])
        serial = f"Serial number {began.serial}" if began.serial else "Its serial number"
        yield Remark(f"{serial} and {count_text(len(began.igroups), 'map')} ({groups}) stay.")
    yield from protection_notes(migration, first)


def _way_back(migration: ItemMigration) -> Planner:
    """There is none: hosts write to it at its new place from the first moment on."""
    hint = (
        f"when it has moved: `datamotion migrate {migration.goal} --to"
        f" {migration.source.name}:{migration.item}` brings it back"
    )
    refusal = Refusal(
        text="a LUN that moves is used at its new place at once: ONTAP does not take that back", hint=hint
    )

    def plan(situation: Situation) -> Plan:
        title = f"Undo the move of {migration.item} to {migration.goal}"
        return Plan(operation=Operation.MIGRATE, group=migration.name, title=title, refusals=(refusal,))

    return plan


LUN_RENAME: Mover[ItemMigration] = Mover(
    offer=_offer_of_rename,
    is_meant=lambda migration, _: migration.is_within_volume and not migration.keeps_source,
    ongoing=lambda migration, standing: False,  # one request, and it is done
    planner=partial(_planner, is_wanted_within=True),
    way_back=_way_back,
)
LUN_MOVE: Mover[ItemMigration] = Mover(
    offer=_offer_of_move,
    is_meant=partial(_is_meant, is_wanted_within=False),
    ongoing=_ongoing,
    planner=partial(_planner, is_wanted_within=False),
    way_back=_way_back,
)
