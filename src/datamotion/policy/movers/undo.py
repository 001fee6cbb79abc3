"""The way back of a migration by mirrors: clients are let in again, the mirrors go, and all that told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from datamotion.model.group import Backend
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import DoubtKind
from datamotion.model.words import Operation
from datamotion.policy.ending import Ending
from datamotion.policy.movers.finish import delete_claims
from datamotion.policy.movers.offer import Leaving
from datamotion.policy.movers.unmarked import unmarked
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.thaw import frozen_copies, thaw_planner


def undo_planner(migration: Leaving, made_at: Sequence[Backend]) -> Planner:
    """`made_at` are the back ends at which all that belongs to its group was put by the migration.

    Where somebody else brings the group to a back end that is not known here, only what is at these goes.
    """
    thawing, names = thaw_planner(migration.group), frozenset(each.name for each in made_at)

    def plan(situation: Situation) -> Plan:
        standing, title = situation.now, f"Undo the migration to {migration.to.name}"
        newest = standing.claims[0] if standing.claims else None
        if newest is not None and newest.backend == migration.to.name:
            text = f"{migration.to.name} has been taken over in epoch {newest.epoch}: there is only the way forward"
            refusal = Refusal(text=text, hint="the same command without --abort goes on with it")
            return Plan(operation=Operation.MIGRATE, group=migration.name, title=title, refusals=(refusal,))
        marked = [each for each in situation.first.volumes if any(it.mark for it in situation.first.copies_of(each))]
        leaving = [each for each in marked if each in standing.active]
        because = "they were made by it, and nothing serves them"
        ending = Ending(situation, leaving, delete_copies=True, at=names, because=because)
        ending.plan()
        losses, thawed = tuple(ending.losses), thawing(situation)
        elsewhere = [each for each in standing.doubts if each.kind is DoubtKind.TAKEN_ELSEWHERE and made_at]
        if frozen_copies(standing) and not elsewhere:
            return replace(thawed, operation=Operation.MIGRATE, title=title, losses=losses, part="thaw")
        left = () if ending.due.steps() else tuple(unmarked(migration, standing))
        if not (ending.due.steps() or ending.refusals or left):
            for each in made_at:
                delete_claims(ending.due, migration.name, standing.sites[each.name])
        return Plan(
            operation=Operation.MIGRATE,
            group=migration.name,
            title=title,
            steps=ending.due.steps(),
            losses=losses,
            refusals=(*ending.refusals, *left),
            notes=(*ending.notes(), *(Remark(f"Who is kept away stays so: {each.text}.") for each in elsewhere[:1])),
            holds=ending.holds() | thawed.holds,
        )

    return plan
