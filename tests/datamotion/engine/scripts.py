"""Planners that know no policy: a fixed list of steps, of which is left what is not seen to hold yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from datamotion.model.acts import Act, Change
from datamotion.model.group import Backend
from datamotion.model.plan import Gate, Loss, Plan, Step
from datamotion.model.words import Operation
from datamotion.policy.kinds import Holds, prove
from datamotion.policy.situation import Planner, Situation
from tests.datamotion.building import LYON


def act(change: Change, volume: str | None = "vol_1", backend: Backend = LYON, *, about: str = "") -> Act:
    kind = type(change).__name__
    return Act(
        cluster=backend.cluster,
        backend=backend.name,
        volume=volume,
        change=change,
        title=kind,
        text=f"{volume}: {kind}",
        about=about,
    )


def step(*acts: Act, gate: Gate = Gate.EACH) -> Step:
    return Step(cluster=acts[0].cluster, title=acts[0].title, because="", acts=acts, gate=gate)


def plan_of(*steps: Step, **changes: object) -> Plan:
    plan = Plan(operation=Operation.PROTECT, group="gold", title="as written", steps=steps)
    return replace(plan, **changes)  # type: ignore[arg-type]


def script(
    *steps: Step, losses: tuple[Loss, ...] = (), keeps: Callable[[Act, Situation], bool] = lambda _, __: True
) -> Planner:
    """Plans all of these acts that are not seen to hold, and that it keeps; a subject holds once all its acts do."""

    def plan(situation: Situation) -> Plan:
        open_, broken = set[Act](), set[tuple[str, str | None]]()
        for each in _acts(steps):
            proof = prove(each, situation.now)
            if proof is None or proof.holds is not Holds.YES:
                broken.add(each.subject)
                if keeps(each, situation):
                    open_.add(each)
        left = (replace(each, acts=tuple(act for act in each.acts if act in open_)) for each in steps)
        return plan_of(
            *(each for each in left if each.acts),
            losses=losses,
            holds=frozenset(each.subject for each in _acts(steps)) - broken,
        )

    return plan


def _acts(steps: Iterable[Step]) -> Iterable[Act]:
    return (act for each in steps for act in each.acts)
