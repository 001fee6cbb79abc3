"""Letting clients in again where a planned failover kept them away and was not carried through.

Only while no later epoch was taken anywhere: from then on there is only the way forward.
"""

from __future__ import annotations

from datamotion.model.group import Group
from datamotion.model.plan import Plan, Refusal
from datamotion.model.standing import Copy, Standing
from datamotion.model.words import Operation
from datamotion.policy.failover import serve
from datamotion.policy.needs import export_policies
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import StepList


def thaw_planner(group: Group) -> Planner:
    """The planner for `datamotion failover --abort`."""

    def plan(situation: Situation) -> Plan:
        standing, due = situation.now, StepList()
        frozen = frozen_copies(standing)
        title = f"Let clients of {group.name} in again"
        if frozen and (refusal := _decided(standing, frozen[0])):
            return Plan(operation=Operation.THAW, group=group.name, title=title, refusals=(refusal,))
        for copy in frozen:
            serve(due, standing, copy, standing.contenders[0].claim, export_policies(standing.sites[copy.id.backend]))
        was_frozen = {copy.id for copy in frozen_copies(situation.first)}
        return Plan(
            operation=Operation.THAW,
            group=group.name,
            title=title,
            steps=due.steps(),
            holds=frozenset(was_frozen - {copy.id for copy in frozen}),
        )

    return plan


def frozen_copies(standing: Standing) -> list[Copy]:
    """Copies that serve, and are marked to be kept as they are until a planned failover has carried them over."""
    copies = (standing.copies.get(active) for active in standing.active.values() if active is not None)
    return [copy for copy in copies if copy is not None and copy.mark is not None and copy.mark.frozen]


def _decided(standing: Standing, copy: Copy) -> Refusal | None:
    newest = standing.contenders
    if len(newest) == 1 and newest[0].backend == copy.id.backend:
        return None
    group = standing.group.name
    taken = " and ".join(f"epoch {each.epoch} was taken for {each.backend}" for each in newest)
    return Refusal(
        text=f"{copy.id.backend} does not serve {group} again: {taken}",
        hint=f"datamotion failover {group} --to {newest[0].backend} goes on with it",
    )
