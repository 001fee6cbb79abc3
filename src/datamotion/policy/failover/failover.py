"""The planner of a failover: where to is decided by the first look of a run, and it keeps to that.

What is so already is not in the plan, so an interrupted failover is finished by planning again: it keeps to the back
end and the epoch that were claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from datamotion.model.group import Group
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Standing
from datamotion.model.words import Operation
from datamotion.policy.failover.choice import FailoverChoice, why_alive, works
from datamotion.policy.failover.decision import Decision, decide, keep_to
from datamotion.policy.failover.takeover import Takeover
from datamotion.policy.situation import Planner, Situation


def failover_planner(group: Group, choice: FailoverChoice) -> Planner:
    """The planner for `datamotion failover`."""
    where = f" to {choice.to}" if choice.to else ""

    def title(decision: Decision | None) -> str:
        if decision is None:
            return f"Fail {group.name} over{where}"
        if decision.is_served and any(copy.mark and copy.mark.frozen for copy in decision.candidate.usable):
            return f"Let clients of {group.name} in again at {decision.candidate.name}, which serves it"
        if decision.is_served or decision.sources == decision.candidate.name:
            return f"Serve {group.name} from {decision.candidate.name}, which serves it already"
        goes_to = f"{decision.candidate.name}, epoch {decision.epoch}"
        return f"Fail {group.name} over from {decision.sources} to {goes_to}"

    def decided(situation: Situation) -> Decision | Refusal:
        return decide(situation.first, choice, situation.agreed)

    planner = serving_planner(group, Operation.FAILOVER, decided, title)
    options = choice.options(group)
    named = (f"--to {choice.to}", *options) if choice.to is not None else options

    def told(situation: Situation) -> Plan:
        if choice.leaves_working and (plan := _left(situation.first)):
            return plan
        plan = planner(situation)
        return replace(plan, options=options if plan.backend is not None else named)

    return told


def serving_planner(
    group: Group,
    operation: Operation,
    decide: Callable[[Situation], Decision | Refusal],
    title: Callable[[Decision | None], str],
) -> Planner:
    """A planner that makes one back end serve: the one that is decided on by the first look of a run, to its end."""
    decided: list[tuple[Standing, Decision | Refusal]] = []  # the last one; it would come to the same again

    def plan(situation: Situation) -> Plan:
        if not decided or decided[0][0] is not situation.first:
            decided[:] = [(situation.first, decide(situation))]
        decision = decided[0][1]
        if isinstance(decision, Decision) and situation.now is not situation.first:
            decision = keep_to(decision, situation.first, situation.now)
        if isinstance(decision, Refusal):
            return Plan(operation=operation, group=group.name, title=title(None), refusals=(decision,))
        return _plan(situation, decision, operation, title(decision))

    return plan


def also_needed(standing: Standing) -> frozenset[str]:
    """The clusters that a failover has to look at beside the targets'.

    None while every target was seen and says that the home serves: then there is nothing that the home alone knows.
    Where a target was not seen, or another back end served last, the home knows what it was told when it was fenced.
    """
    group = standing.group
    targets_seen = all(standing.sites[target.backend.name].unseen is None for target in group.targets)
    served_last = standing.claims[0].backend if standing.claims else group.home.name
    if targets_seen and served_last == group.home.name:
        return frozenset()
    return frozenset({group.home.cluster})


def _left(standing: Standing) -> Plan | None:
    """Nothing to do where all who serve the group are seen to work; None where they are not."""
    serving = {volume: active.backend for volume, active in standing.active.items() if active is not None}
    names, group = sorted(set(serving.values())), standing.group.name
    if not serving or serving.keys() != standing.active.keys():
        return None
    if silent := next((name for name in names if not works(standing, name)), None):
        if (alive := why_alive(standing.sites[silent])) is None:
            return None
        why, mend = alive
        return Plan(
            operation=Operation.FAILOVER,
            group=group,
            title=f"Fail {group} over",
            refusals=(
                Refusal(
                    text=f"{silent}, which serves {group}, is not lost: {why}",
                    hint=f"{mend}; datamotion failover {group} --unplanned moves it all the same",
                    unseen=standing.sites[silent].unseen,
                ),
            ),
        )
    who = " and ".join(names)
    text = f"{who} serves {group} and works: it stays there, as with --all only what was lost is taken over unplanned."
    return Plan(
        operation=Operation.FAILOVER,
        group=group,
        title=f"Leave {group} at {who}",
        notes=(Remark(text, f"datamotion failover {group} --unplanned moves it all the same, at a loss"),),
        holds=frozenset((name, volume) for volume, name in serving.items()),
    )


def _plan(situation: Situation, decision: Decision, operation: Operation, title: str) -> Plan:
    takeover = Takeover(situation, decision)
    if refusal := takeover.plan():
        return Plan(operation=operation, group=situation.now.group.name, title=title, refusals=(refusal,))
    return takeover.told(operation, title)
