"""The way back of a file that was taken aside to be copied: the copy goes, and the file has its name again."""

from __future__ import annotations

from datamotion.model.item_acts import DeleteFile, RenameFile
from datamotion.model.item_migration import ItemMigration
from datamotion.model.plan import Gate, Plan, Refusal
from datamotion.policy.movers.file_names import copy_of, is_named_at, old_of
from datamotion.policy.movers.item_steps import ItemSteps
from datamotion.policy.movers.items import file_at_goal
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase

_REMOVE = Phase(rank=50, title="Delete the copy", because="the file stays where it is", gate=Gate.ALL)
_BACK = Phase(rank=51, title="Put the file back", because="it was taken aside to be copied", gate=Gate.ALL)


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
        if copy is not None:
            gone = DeleteFile(volume_uuid=sites[migration.to.name].volumes[copy.name.volume].uuid, name=copy.name)
            back.add(_REMOVE, migration.to, gone, copy.name.path)
        if old is not None:
            uuid = sites[migration.source.name].volumes[migration.volume].uuid
            named = RenameFile(volume_uuid=uuid, name=old.name, to_path=migration.path)
            back.add(_BACK, migration.source, named, f"{old.name.path} to {migration.path}")
        return back.plan(title, is_over=not back.due.steps())

    return plan
