"""The way back of a LUN that is copied to another SVM: its copy goes, and hosts use the old one again."""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.item_acts import DeleteLun, MarkLun
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import PlacedLun
from datamotion.model.lun_mark import is_leaving, unmarked
from datamotion.model.plan import Gate, Loss, Plan, Refusal
from datamotion.policy.movers.item_steps import ItemSteps
from datamotion.policy.movers.lun_copies import pair_of, why_gone
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase

_REMOVE = Phase(rank=50, title="Delete the copy", because="the LUN stays where it is", gate=Gate.ALL)
_LET_IN = Phase(
    rank=51, title="Let hosts use the LUN", because="they were kept from it to have it copied", gate=Gate.ALL
)


def way_back(migration: ItemMigration) -> Planner:
    title = f"Undo the copy of {migration.item} to {migration.goal}"

    def plan(situation: Situation) -> Plan:
        began = pair_of(migration, situation.first).old
        old, new = pair = pair_of(migration, situation.now, began)
        back = ItemSteps(migration)
        if old is None:
            text = f"the old LUN was deleted after {migration.goal} was whole and mapped: there is only the way forward"
            onward = Refusal(text=text, hint="the same command without --abort goes on with it")
            back.refuse_by(why_gone(migration, situation.now, pair, began) or onward)
            return back.plan(title, is_over=False)
        if new is not None:
            back.add(_REMOVE, migration.to, DeleteLun(uuid=new.uuid), f"{migration.to.name}:{new.volume}/{new.path}")
        if is_leaving(old.comment):
            change = MarkLun(uuid=old.uuid, comment=unmarked(old.comment), is_enabled=True)
            back.add(_LET_IN, migration.source, change, f"{migration.item} of {migration.source.name}")
        undone = back.plan(title, is_over=not back.due.steps())
        return replace(undone, losses=(_written(migration, new),) if new is not None and new.igroups else ())

    return plan


def _written(migration: ItemMigration, new: PlacedLun) -> Loss:
    """From when the copy was mapped its hosts may have used it."""
    return Loss(
        volume=migration.item,
        backend=migration.to.name,
        given_up_at=migration.to.name,
        kept=None,
        age=None,
        text=f"all that {', '.join(name for name, _ in new.igroups)} wrote to {new.name}, which is mapped to them",
    )
