"""A second LUN beside one, of the same bytes and in the same volume: where the old one is to stay."""

from __future__ import annotations

from datamotion.model.item_acts import CloneLun
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import PlacedLun, lun_name
from datamotion.model.plan import Offer, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Standing
from datamotion.model.words import Operation
from datamotion.policy.movers.items import lun_at_goal, lun_at_source, why_no_clone, why_no_place_for
from datamotion.policy.movers.offer import Mover
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_CLONE = Phase(rank=1, title="Clone the LUN", because="the old one is to stay, and the two share their blocks")


def _offer(migration: ItemMigration, standing: Standing) -> Offer:
    return Offer(
        mechanism="FlexClone of the LUN",
        data=0,
        seconds=0,
        interruption="Hosts notice nothing: the old one is used as before; the new one is a LUN of its own, mapped"
        " to nobody",
        needs="FlexClone licensed; the two share their blocks",
        why_not=_why_not(migration, standing),
    )


def _why_not(migration: ItemMigration, standing: Standing) -> Refusal | None:
    if not migration.is_within_volume:
        return Refusal(text=f"it stays within a volume, and {migration.goal_volume} is another one")
    if not migration.keeps_source:
        text = "the new LUN would have another serial number; renaming keeps it"
        return Refusal(text=text, hint="--keep-source leaves the old one, and clones it")
    return why_no_place_for(None, migration, standing) or why_no_clone(migration, standing)


def _is_meant(migration: ItemMigration, standing: Standing) -> bool:
    return migration.is_within_volume and migration.keeps_source


def _comment(source: PlacedLun) -> str:
    return f"cloned from LUN {source.uuid} by datamotion"


def _is_there(migration: ItemMigration, standing: Standing) -> bool:
    """Whether what is there was cloned from the LUN, as its comment says."""
    old, new = lun_at_source(migration, standing), lun_at_goal(migration, standing)
    return migration.is_within_volume and old is not None and new is not None and new.comment == _comment(old)


def _planner(migration: ItemMigration) -> Planner:
    backend, goal = migration.source, lun_name(migration.to_volume, migration.to_path)

    def plan(situation: Situation) -> Plan:
        due, source = StepList(), lun_at_source(migration, situation.now)
        is_there = _is_there(migration, situation.now)
        if source is not None and not is_there:
            change = CloneLun(svm=backend.svm, source_uuid=source.uuid, name=goal, comment=_comment(source))
            due.add(_CLONE, backend, migration.item, change, f"{migration.item} as {migration.goal}")
        return Plan(
            operation=Operation.MIGRATE,
            group=migration.name,
            title=f"Clone {migration.item} of {backend.name} as {migration.goal}",
            steps=due.steps(),
            notes=(Remark("The new LUN has a serial number of its own, and no map."),),
            holds=frozenset({(backend.name, migration.item)} if is_there else ()),
        )

    return plan


def _way_back(migration: ItemMigration) -> Planner:
    text = f"there is nothing to go back from: {migration.item} is as it was, and {migration.goal} is a LUN of its own"

    def plan(situation: Situation) -> Plan:
        title, hint = f"Undo the clone {migration.goal}", "delete the clone where nobody needs it"
        refusal = Refusal(text=text, hint=hint)
        return Plan(operation=Operation.MIGRATE, group=migration.name, title=title, refusals=(refusal,))

    return plan


LUN_CLONE: Mover[ItemMigration] = Mover(
    offer=_offer, is_meant=_is_meant, ongoing=_is_there, planner=_planner, way_back=_way_back
)
