"""The way back of a file that was taken aside to be copied: it has its name again, and then the copy goes.

In this order: a copy that is gone beside a file that waits to go means that it has its name.
"""

from __future__ import annotations

from datamotion.model.item_acts import DeleteFile, RenameFile
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import PlacedFile
from datamotion.model.plan import Gate, Plan, Refusal
from datamotion.policy.movers.file_names import copy_of, is_named_at, old_of
from datamotion.policy.movers.item_steps import ItemSteps
from datamotion.policy.movers.items import file_at_goal, file_at_source
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase

_BACK = Phase(rank=50, title="Put the file back", because="it was taken aside to be copied", gate=Gate.ALL)
_REMOVE = Phase(rank=51, title="Delete the copy", because="the file stays where it is", gate=Gate.ALL)


def made_anew(migration: ItemMigration, old: PlacedFile) -> Refusal:
    """That somebody made a file of the old name while the old one is aside: nobody is told which one is meant."""
    text = f"there is a file at {migration.item} again, and the old one is aside, at {old.name.path}"
    return _of(migration, text, "say which one is meant: move the other one away")


def lost_old_one(migration: ItemMigration, copy: PlacedFile) -> Refusal:
    """That somebody took the old file away: what was copied may be all that is left of it."""
    where = f"{copy.name.volume}/{copy.name.path}"
    text = f"the old file of {migration.item} is gone, and {where} may be the only copy of it"
    return _of(migration, text, "look at it, and give it the name that it is to have: nothing deletes it here")


def _of(migration: ItemMigration, text: str, hint: str) -> Refusal:
    return Refusal(backend=migration.source.name, volume=migration.item, text=text, hint=hint)


def way_back(migration: ItemMigration) -> Planner:
    title = f"Undo the copy of {migration.item} to {migration.goal}"

    def plan(situation: Situation) -> Plan:
        standing = situation.now
        old, copy = old_of(migration, standing), copy_of(migration, standing)
        back, sites = ItemSteps(migration), standing.sites
        if is_named_at(migration, standing) and file_at_goal(migration, standing) is not None:
            text = f"{migration.goal} was whole and has its name: there is only the way forward"
            back.refuse_by(Refusal(text=text, hint="the same command without --abort goes on with it"))
            return back.plan(title, is_over=False)
        source = file_at_source(migration, standing)
        if copy is not None and old is None and source is None:
            back.refuse_by(lost_old_one(migration, copy))
        if old is not None and source is not None:
            back.refuse_by(made_anew(migration, old))
        if copy is not None:
            gone = DeleteFile(volume_uuid=sites[migration.to.name].volumes[copy.name.volume].uuid, name=copy.name)
            back.add(_REMOVE, migration.to, gone, copy.name.path)
        if old is not None:
            uuid = sites[migration.source.name].volumes[migration.volume].uuid
            named = RenameFile(volume_uuid=uuid, name=old.name, to_path=migration.path)
            back.add(_BACK, migration.source, named, f"{old.name.path} to {migration.path}")
        return back.plan(title, is_over=not back.due.steps())

    return plan
