"""A file at another path of its own volume: renamed, or, where the old one is to stay, cloned. Nothing is copied."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from datamotion.model.item_acts import CloneFile, RenameFile
from datamotion.model.item_migration import ItemMigration
from datamotion.model.plan import Offer, Plan, Refusal
from datamotion.model.standing import Standing
from datamotion.model.words import Operation
from datamotion.policy.movers.folders import add_folder
from datamotion.policy.movers.items import file_at_goal, file_at_source, names_at, why_no_clone, why_no_place
from datamotion.policy.movers.offer import Mover
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_RENAME = Phase(rank=50, title="Rename the file", because="it stays in its volume, and nothing has to be copied")
_CLONE = Phase(rank=50, title="Clone the file", because="the old one is to stay, and the two share their blocks")


def _offer_of_rename(migration: ItemMigration, standing: Standing) -> Offer:
    return Offer(
        mechanism="another path",
        data=0,
        seconds=0,
        interruption="Who has it open goes on; others find it by its new path",
        needs="nothing",
        why_not=_why_not(migration, standing, keeps_source=False),
    )


def _offer_of_clone(migration: ItemMigration, standing: Standing) -> Offer:
    return Offer(
        mechanism="FlexClone of the file",
        data=0,
        seconds=0,
        interruption="Clients notice nothing: the old one is used as before",
        needs="FlexClone licensed; the two share their blocks",
        why_not=_why_not(migration, standing, keeps_source=True),
    )


def _why_not(migration: ItemMigration, standing: Standing, *, keeps_source: bool) -> Refusal | None:
    if not migration.is_within_volume:
        return Refusal(text=f"it stays within a volume, and {migration.goal_volume} is another one")
    if migration.is_nowhere_else and not keeps_source:
        return None
    if keeps_source and not migration.keeps_source:
        return Refusal(text="the old file is not to stay", hint="--keep-source leaves it, and clones it")
    if migration.keeps_source and not keeps_source:
        return Refusal(text="it leaves nothing behind, and the old one is to stay", hint="leave --keep-source out")
    return why_no_clone(migration, standing) if keeps_source else why_no_place(migration, standing, 0)


def _rename(migration: ItemMigration, uuid: str, due: StepList) -> None:
    source, _ = names_at(migration)
    change = RenameFile(volume_uuid=uuid, name=source, to_path=migration.to_path)
    due.add(_RENAME, migration.source, migration.item, change, f"{migration.item} to {migration.goal}")


def _clone(migration: ItemMigration, uuid: str, due: StepList) -> None:
    source, goal = names_at(migration)
    change = CloneFile(volume_uuid=uuid, source=source, to_path=goal.path)
    due.add(_CLONE, migration.source, migration.item, change, f"{migration.item} as {migration.goal}")


def _planner(
    migration: ItemMigration, *, verb: str, link: str, add: Callable[[ItemMigration, str, StepList], None]
) -> Planner:
    backend = migration.source

    def plan(situation: Situation) -> Plan:
        standing, due, then = situation.now, StepList(), ""
        source, goal = file_at_source(migration, standing), file_at_goal(migration, standing)
        volume = standing.sites[backend.name].volumes.get(migration.volume)
        is_there = goal is not None and (source is not None) is migration.keeps_source
        if source is not None and volume is not None and not (is_there or migration.is_nowhere_else):
            if add_folder(migration, standing, due):
                then = "the file goes there as soon as its folder is there"
            else:
                add(migration, volume.uuid, due)
        return Plan(
            operation=Operation.MIGRATE,
            group=migration.name,
            title=f"{verb} {migration.item} of {backend.name} {link} {migration.goal}",
            steps=due.steps(),
            then=(then,) if then else (),
            holds=frozenset({(backend.name, migration.item)} if is_there or migration.is_nowhere_else else ()),
        )

    return plan


def _way_back(migration: ItemMigration) -> Planner:
    text = f"one request brings {migration.item} there: nothing of it is under way"

    def plan(situation: Situation) -> Plan:
        hint = f"`datamotion migrate {migration.goal} --to {migration.source.name}:{migration.item}` brings it back"
        title, refusal = f"Undo the renaming of {migration.item}", Refusal(text=text, hint=hint)
        return Plan(operation=Operation.MIGRATE, group=migration.name, title=title, refusals=(refusal,))

    return plan


FILE_RENAME: Mover[ItemMigration] = Mover(
    offer=_offer_of_rename,
    is_meant=lambda migration, _: migration.is_within_volume and not migration.keeps_source,
    ongoing=lambda migration, standing: False,  # one request, and it is done
    planner=partial(_planner, verb="Rename", link="to", add=_rename),
    way_back=_way_back,
)
FILE_CLONE: Mover[ItemMigration] = Mover(
    offer=_offer_of_clone,
    is_meant=lambda migration, _: migration.is_within_volume and migration.keeps_source,
    ongoing=lambda migration, standing: False,
    planner=partial(_planner, verb="Clone", link="as", add=_clone),
    way_back=_way_back,
)
