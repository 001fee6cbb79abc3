"""Carrying what the home holds now to every target: one transfer for each mirror, begun after the run was."""

from __future__ import annotations

from datamotion.model.acts import AwaitTransfer, StartTransfer
from datamotion.model.group import Group, Target
from datamotion.model.plan import Plan, Refusal
from datamotion.model.units import duration_text
from datamotion.model.view import Unseen, look_up
from datamotion.model.words import MirrorState, Operation
from datamotion.policy.mirrors import Mirror, mirrors_at
from datamotion.policy.serving import serving_target
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Stage, StepList
from datamotion.policy.transfers import relationship_before, transfer_failure, transfer_has_ended

_WAIT_FIRST = Stage(
    rank=1, title="Wait for running transfers", because="they began before this update and may lack the newest writes"
)
_START = Stage(rank=2, title="Start transfers", because="what was written since the last one is at the source only")
_AWAIT = Stage(rank=3, title="Wait for the transfers", because="a copy counts when it is complete")
_RECEIVING = frozenset({MirrorState.SNAPMIRRORED, MirrorState.IN_SYNC})


def update_planner(group: Group) -> Planner:
    """The planner for `datamotion update`."""

    def plan(situation: Situation) -> Plan:
        due, refusals = StepList(), []
        serving = serving_target(group, situation.now)
        if serving is not None:
            text = f"{serving.backend} serves {group.name} since epoch {serving.epoch}: its mirrors are broken off"
            refusals.append(Refusal(text=text))
        for target in group.targets if serving is None else ():
            refusals += _plan_target(group, target, situation, due)
        return Plan(
            operation=Operation.UPDATE,
            group=group.name,
            title=f"Update the mirrors of {group.name}",
            steps=due.steps(),
            refusals=tuple(refusals),
        )

    return plan


def _plan_target(group: Group, target: Target, situation: Situation, due: StepList) -> list[Refusal]:
    name = target.backend.name
    seen = look_up(situation.now, target.backend.cluster)
    if isinstance(seen, Unseen):
        return [Refusal(backend=name, text=seen.reason, hint=seen.hint, unseen=seen)]
    mirrors = mirrors_at(group, target, seen)
    if not mirrors:
        hint = f"datamotion apply {group.name} sets the mirrors up"
        return [Refusal(backend=name, text=f"{name} holds no mirror of {group.name}", hint=hint)]
    refusals = (_plan_mirror(target, mirror, situation, due) for mirror in mirrors.values())
    return [refusal for refusal in refusals if refusal]


def _plan_mirror(target: Target, mirror: Mirror, situation: Situation, due: StepList) -> Refusal | None:
    relationship, backend, volume = mirror.relationship, target.backend, mirror.volume
    if relationship.state not in _RECEIVING:
        return Refusal(
            volume=volume,
            backend=backend.name,
            text=f"the mirror of {volume} is {relationship.state}: it takes no update",
            hint="datamotion plan shows what would make it receive again",
        )
    before = situation.accepted.get(StartTransfer(uuid=relationship.uuid))
    if before is None:
        if relationship.is_transferring:
            due.add(_WAIT_FIRST, backend, volume, AwaitTransfer(uuid=relationship.uuid), volume)
        age = f", its copy is {duration_text(relationship.lag)} old" if relationship.lag is not None else ""
        due.add(_START, backend, volume, StartTransfer(uuid=relationship.uuid), f"{volume}{age}")
        return None
    if transfer_has_ended(relationship_before(before, target, mirror), relationship):
        return transfer_failure(target, mirror)
    due.add(_AWAIT, backend, volume, AwaitTransfer(uuid=relationship.uuid), volume)
    return None
