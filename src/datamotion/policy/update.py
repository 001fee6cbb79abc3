"""Carrying what the home holds now to every target: one transfer for each mirror, begun after the run was."""

from __future__ import annotations

from datamotion.model.acts import AwaitTransfer, StartTransfer
from datamotion.model.group import Group, Target
from datamotion.model.plan import Plan, Refusal
from datamotion.model.records import Relationship
from datamotion.model.units import duration_text
from datamotion.model.view import ClusterView, View
from datamotion.model.words import MirrorState, Operation, TransferState
from datamotion.policy.mirrors import Mirror, mirrors_at
from datamotion.policy.serving import serving_target
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Stage, StepList

_WAIT_FIRST = Stage(
    rank=1, title="Wait for running transfers", because="they began before this update and may lack the newest writes"
)
_START = Stage(rank=2, title="Start transfers", because="what was written since the last one is at the source only")
_AWAIT = Stage(rank=3, title="Wait for the transfers", because="a copy counts when it is complete")
_RECEIVING = frozenset({MirrorState.SNAPMIRRORED, MirrorState.IN_SYNC})
_ENDED = {
    TransferState.FAILED: "failed",
    TransferState.ABORTED: "was aborted",
    TransferState.HARD_ABORTED: "was aborted",
}


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
    seen = situation.now.get(target.backend.cluster)
    if not isinstance(seen, ClusterView):
        reason = seen.reason if seen else "it was not asked"
        return [Refusal(backend=name, text=reason, because_silent=True)]
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
    earlier = _relationship_in(before, target, mirror)
    if relationship.is_transferring or not _has_ended(earlier, relationship):
        due.add(_AWAIT, backend, volume, AwaitTransfer(uuid=relationship.uuid), volume)
    elif relationship.transfer and relationship.transfer.state in _ENDED:
        return Refusal(
            volume=volume,
            backend=backend.name,
            text=f"the transfer of {volume} {_ENDED[relationship.transfer.state]}:"
            f" {relationship.unhealthy_reason or 'the cluster gives no reason'}",
            hint="the copy is whole, at its last completed transfer; run the update again",
        )
    return None


def _relationship_in(view: View, target: Target, mirror: Mirror) -> Relationship | None:
    seen = view.get(target.backend.cluster)
    if not isinstance(seen, ClusterView):
        return None
    return seen.relationships_into(target.backend.svm).get(mirror.relationship.destination)


def _has_ended(earlier: Relationship | None, now: Relationship) -> bool:
    """Whether a transfer has ended since `earlier`: by its snapshot, or, where it failed, by its end."""
    if earlier is None or earlier.exported_snapshot != now.exported_snapshot:
        return True
    ended_before = earlier.transfer.ended_at if earlier.transfer else None
    return now.transfer is not None and now.transfer.ended_at != ended_before
