"""Which acts of a plan are due next, and which never will be. Pure, and linear in the acts.

A volume goes on alone, from step to step. What concerns all volumes of a back end (peering, a claim) keeps its place
among theirs. Behind a step that is a gate nobody begins before every act of it has come about; with gate `REST` those
that were given up are not waited for. One with gate `VOLUME`
waits for what comes before it for the same volume at every back end, but for steps of the same title; one with gate
`END` for all that comes before it, but for those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from datamotion.engine.failures import Failure
from datamotion.model.acts import Act, ActId, Subject
from datamotion.model.plan import Gate, Plan

GivenUp = Mapping[Subject, Failure]


def planned_acts(plan: Plan) -> dict[ActId, Act]:
    """All acts of a plan, in their order."""
    return {act.id: act for step in plan.steps for act in step.acts}


def gated(plan: Plan) -> frozenset[ActId]:
    """The acts of a plan that everything behind them waits for."""
    return frozenset(act.id for step in plan.steps if step.gate is Gate.ALL for act in step.acts)


def beside(plan: Plan) -> frozenset[ActId]:
    """The acts of a plan that nothing waits for: one that fails keeps none of its volume's others out."""
    return frozenset(act.id for step in plan.steps if step.gate is Gate.BESIDE for act in step.acts)


def next_acts(plan: Plan, given_up: GivenUp, not_given: Collection[ActId] = ()) -> list[Act]:
    """For every subject its acts in the first step that has one, where nothing before holds it up.

    `not_given` are acts that failed alone.
    """
    due: list[Act] = []
    begun: set[Subject] = set()
    of_all: set[str] = set()  # back ends with something open that all their volumes need
    of_some: set[str] = set()  # back ends with something open for a volume
    unfinished: set[str | None] = set()  # volumes with something open somewhere, before the present phase
    present: set[str | None] = set()  # and in it
    title = ""
    for step in plan.steps:
        if step.title != title:
            unfinished, present, title = unfinished | present, set(), step.title
        if step.gate in (Gate.END, Gate.END_OF_REST) and unfinished:
            break
        waiting = unfinished if step.gate is Gate.VOLUME else frozenset()
        live = [act for act in step.acts if act.subject not in given_up and act.id not in not_given]
        due += [
            act
            for act in live
            if act.subject not in begun
            and act.backend not in (of_some if act.volume is None else of_all)
            and act.volume not in waiting
        ]
        present.update(act.volume for act in live)
        begun.update(act.subject for act in live)
        of_all.update(act.backend for act in live if act.volume is None)
        of_some.update(act.backend for act in live if act.volume is not None)
        if step.gate in (Gate.ALL, Gate.REST) and live:
            break
    return due


def shut_out(plan: Plan, given_up: GivenUp) -> list[tuple[Act, Failure]]:
    """What stays behind something that was given up: a gate, what all volumes of the back end need, or the last step
    of a volume behind what failed for it elsewhere.

    For each subject its first such act, with the reason.
    """
    shut: dict[Subject, tuple[Act, Failure]] = {}
    behind: dict[str, Failure] = {}  # by back end
    unfinished: dict[str | None, Failure] = {}  # by volume, of the phases before the present one
    present: dict[str | None, Failure] = {}  # and of that
    begun: set[Subject] = set()  # those that go on as far as they can before what waits for their volume
    gate: Failure | None = None
    title = ""
    for step in plan.steps:
        if step.title != title:
            unfinished, present, title = {**present, **unfinished}, {}, step.title
        ending = next(iter(unfinished.values()), None) if step.gate is Gate.END else None
        for act in step.acts if step.gate is not Gate.BESIDE else ():
            is_last = step.gate is Gate.VOLUME and act.subject not in begun
            of_volume = unfinished.get(act.volume) if is_last else None
            reason = behind.get(act.backend) or of_volume or gate or ending
            if reason and act.subject not in given_up:
                shut.setdefault(act.subject, (act, reason))
        for act, why in _without_hope(step.acts, given_up, shut):
            if act.volume is None:
                behind.setdefault(act.backend, why)
            else:
                present.setdefault(act.volume, _before_last(act, why))
            if step.gate is Gate.ALL and gate is None:
                gate = _behind_gate(act, why)
        begun.update(act.subject for act in step.acts)
    return list(shut.values())


def _without_hope(
    acts: Iterable[Act], given_up: GivenUp, shut: Mapping[Subject, tuple[Act, Failure]]
) -> Iterable[tuple[Act, Failure]]:
    for act in acts:
        if why := given_up.get(act.subject):
            yield act, why
        elif act.subject in shut:
            yield act, shut[act.subject][1]


def _before_last(act: Act, failure: Failure) -> Failure:
    return replace(failure, text=f"it is left for last, and this failed: {act.title} ({act.backend}: {failure.text})")


def _behind_gate(act: Act, failure: Failure) -> Failure:
    where = f"{act.volume} at {act.backend}" if act.volume else act.backend
    return replace(failure, text=f"it waits for every volume, and this failed: {act.title} ({where}: {failure.text})")
