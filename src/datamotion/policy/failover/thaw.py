"""Letting clients in again where a planned failover kept them away and was not carried through.

Only while no later epoch was taken anywhere: from then on there is only the way forward. But for what a failover has
left behind that is done: that is served where it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from datamotion.model.group import Group
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, DoubtKind, Standing
from datamotion.model.words import Operation
from datamotion.policy.clients.letting_in import serve
from datamotion.policy.needs import export_policies
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import StepList

_FOR_NOBODY_KNOWN = frozenset({DoubtKind.UNREADABLE_CLAIM, DoubtKind.TAKEN_ELSEWHERE})


def thaw_planner(group: Group) -> Planner:
    """The planner for `datamotion failover --abort`."""

    def plan(situation: Situation) -> Plan:
        standing, due = situation.now, StepList()
        frozen = frozen_copies(standing)
        title = f"Let clients of {group.name} in again"
        if refusal := _taken(standing) or _decided(standing, frozen) or _unseen(standing):
            return Plan(operation=Operation.THAW, group=group.name, title=title, refusals=(refusal,))
        for copy in frozen:
            claim = next(each.claim for each in standing.claims if each.backend == copy.id.backend)
            serve(due, standing, copy, claim, export_policies(standing.sites[copy.id.backend]))
        notes, serving = [], standing.serving
        if serving is not None and not frozen_copies(situation.first):
            notes.append(
                Remark(
                    f"Nothing is frozen, and nothing was begun that is not done: {serving.backend} serves {group.name},"
                    f" epoch {serving.epoch}.",
                    "To serve it elsewhere again is a failover of its own:"
                    f" datamotion failover {group.name} --to BACKEND",
                )
            )
        was_frozen = {copy.id for copy in frozen_copies(situation.first)}
        return Plan(
            operation=Operation.THAW,
            group=group.name,
            title=title,
            steps=due.steps(),
            notes=tuple(notes),
            holds=frozenset(was_frozen - {copy.id for copy in frozen}),
        )

    return plan


def frozen_copies(standing: Standing) -> list[Copy]:
    """Copies that serve, and are marked to be kept as they are until a planned failover has carried them over."""
    copies = (standing.copies.get(active) for active in standing.active.values() if active is not None)
    return [copy for copy in copies if copy is not None and copy.mark is not None and copy.mark.frozen]


def _taken(standing: Standing) -> Refusal | None:
    """That a later epoch was taken for somebody who is not known here: the group may be served there already."""
    served = max((each.epoch for each in standing.claims if each.served), default=0)
    if max(standing.unreadable, default=0) <= served:
        return None
    doubt = next(each for each in standing.doubts if each.kind in _FOR_NOBODY_KNOWN)
    return Refusal(text=f"no clients of {standing.group.name} are let in again: {doubt.text}", hint=doubt.hint)


def _decided(standing: Standing, frozen: Sequence[Copy]) -> Refusal | None:
    """That a later epoch was taken of what is frozen, or was; or of the group, while its taker is not done yet."""
    newest = standing.contenders
    is_open = not newest or newest[0].served is None
    actives = standing.active
    left = [each for each in standing.copies.values() if is_open and actives.get(each.id.volume) != each.id]
    copy = next((each for each in (*frozen, *left) if each.mark and each.mark.frozen), None)
    if not newest or (copy is None and not is_open):
        return None
    if copy is not None and len(newest) == 1 and newest[0].backend == copy.id.backend:
        return None
    if len(newest) == 1 and newest[0].claim.partial and newest[0].served is not None:
        return None
    group, holder = standing.group.name, newest[0].backend
    taken = " and ".join(f"epoch {each.epoch} was taken for {each.backend}" for each in newest)
    hint = f"{newest[0].claim.command} goes on with it"
    unseen = standing.sites[holder].unseen
    if unseen:
        hint += f", once it can be seen; if it is lost, with all that was written there: datamotion failover {group}"
        hint += f" --to {copy.id.backend if copy else 'BACKEND'} --overrule {holder}"
    text = f"{copy.id.backend} does not serve {group} again" if copy else f"no clients of {group} are let in again"
    return Refusal(text=f"{text}: {taken}", hint=hint, unseen=unseen)


def _unseen(standing: Standing) -> Refusal | None:
    """That who serves, or may, cannot be seen: whether its clients are kept away nobody can tell then."""
    serving = {each.backend for each in (*standing.active.values(), *standing.contenders) if each is not None}
    for name in sorted(serving):
        if unseen := standing.sites[name].unseen:
            text = f"{name}, which serves {standing.group.name}, cannot be seen, nor whether its clients are kept away"
            return Refusal(text=f"{text}: {unseen.reason}", hint="run it again when it can be seen", unseen=unseen)
    return None
