"""Failing a group over to one of its targets, from what the targets alone report.

The source is not asked for anything, not even for a name: it may be gone. For each volume of the chosen target: abort
the transfer that runs, pause, break, then serve: mount at the source's junction path and write the new epoch, which is
what makes this copy the active one. Only the chosen leg is broken. A volume that is already served is not in the plan,
so an interrupted failover is finished by planning again; it keeps to the target and the epoch that it began with.
Within one run both are chosen from the first look: a target that falls silent, or another one that turns fresher
meanwhile, must not lead to breaking a second leg.
"""

from __future__ import annotations

from collections.abc import Sequence

from datamotion.model.acts import AbortTransfer, Break, ModifyVolume, Pause
from datamotion.model.group import Group
from datamotion.model.mark import Mark
from datamotion.model.plan import Loss, Plan, RecoveryPoint, Refusal
from datamotion.model.units import duration_text
from datamotion.model.view import ClusterView, View
from datamotion.model.words import MirrorState, Operation, Role
from datamotion.policy.failover_choice import FailoverChoice, choose, keep_to
from datamotion.policy.mirrors import Mirror
from datamotion.policy.serving import mirrored_epoch, serving_target
from datamotion.policy.situation import Planner, Situation, since
from datamotion.policy.steps import Stage, StepList
from datamotion.policy.target import Candidate, assess_targets

_ABORT = Stage(rank=1, title="Abort running transfers", because="a break waits for them, and their source may be gone")
_PAUSE = Stage(rank=2, title="Pause mirrors", because="no new transfer may start while they are broken off")
_BREAK = Stage(rank=3, title="Break mirrors off", because="each destination becomes writable at its last snapshot")
_SERVE = Stage(
    rank=4, title="Serve", because="clients find each volume where it was; the epoch says which copy is newer"
)


def failover_planner(group: Group, choice: FailoverChoice) -> Planner:
    """The planner for `datamotion failover`."""

    def plan(situation: Situation) -> Plan:
        candidates = assess_targets(group, situation.now)
        chosen = choose(group, choice, situation.first)
        if isinstance(chosen, Candidate):
            chosen = keep_to(group, chosen.name, situation.now, candidates)
        if isinstance(chosen, Refusal):
            return _titled(group, None, refusals=(chosen,))
        return _plan_to(group, situation, candidates, chosen)

    return plan


def _titled(group: Group, backend: str | None, refusals: tuple[Refusal, ...]) -> Plan:
    where = f" to {backend}" if backend else ""
    return Plan(
        operation=Operation.FAILOVER,
        group=group.name,
        title=f"Fail {group.name} over from {group.home.name}{where}",
        refusals=refusals,
        backend=backend,
    )


def _plan_to(group: Group, situation: Situation, candidates: Sequence[Candidate], chosen: Candidate) -> Plan:
    epoch = _epoch(group, situation.first)
    due = StepList()
    for mirror in chosen.usable:
        mark = Mark(
            group=group.name,
            role=Role.ACTIVE,
            epoch=epoch,
            path=_junction_path(mirror),
            since=since(situation, chosen.target.backend),
        )
        _add_steps(due, chosen, mirror, mark)
    steps = due.steps()
    begun = {act.volume for step in steps for act in step.acts}
    points = tuple(_recovery_point(situation, chosen, mirror) for mirror in chosen.usable)
    return Plan(
        operation=Operation.FAILOVER,
        group=group.name,
        title=f"Fail {group.name} over from {group.home.name} to {chosen.name}, epoch {epoch}",
        steps=steps,
        losses=tuple(_loss(group, point) for point in points if point.volume in begun),
        refusals=tuple(
            Refusal(volume=volume, backend=chosen.name, text=why) for volume, why in chosen.unusable.items()
        ),
        notes=tuple(_notes(group, candidates, chosen)) if steps else (),
        recovery_points=points,
        backend=chosen.name,
        epoch=epoch,
    )


def _epoch(group: Group, first: View) -> int:
    """One above the mirrors' epoch; where a part is served already, the epoch that this failover began with."""
    serving = serving_target(group, first)
    return serving.epoch if serving else mirrored_epoch(group, first) + 1


def _junction_path(mirror: Mirror) -> str | None:
    return mirror.mark.path if mirror.mark else f"/{mirror.volume}"


def _add_steps(due: StepList, chosen: Candidate, mirror: Mirror, mark: Mark) -> None:
    relationship, backend, volume = mirror.relationship, chosen.target.backend, mirror.volume
    assert mirror.destination is not None
    if relationship.state is not MirrorState.BROKEN_OFF:
        if relationship.is_transferring and relationship.transfer and relationship.transfer.uuid:
            abort = AbortTransfer(relationship_uuid=relationship.uuid, transfer_uuid=relationship.transfer.uuid)
            due.add(_ABORT, backend, volume, abort, f"{volume}: abort the transfer that runs")
        if relationship.state is not MirrorState.PAUSED:
            due.add(
                _PAUSE,
                backend,
                volume,
                Pause(uuid=relationship.uuid),
                f"{volume}: pause {relationship.destination}",
            )
        due.add(
            _BREAK,
            backend,
            volume,
            Break(uuid=relationship.uuid),
            f"{volume}: {relationship.destination} becomes writable{_kept_text(mirror)}",
        )
    mounted = mirror.destination.path == mark.path or mark.path is None
    if mounted and mark.says_the_same(mirror.mark):
        return
    serve = ModifyVolume(
        uuid=mirror.destination.uuid,
        path=None if mounted else mark.path,
        comment=mark.write(mirror.destination.comment),
    )
    where = f"served at {mark.path}" if mark.path else "active, not mounted (its source was not)"
    due.add(_SERVE, backend, volume, serve, f"{volume}: {where}, epoch {mark.epoch}")


def _kept_text(mirror: Mirror) -> str:
    lag = mirror.relationship.lag
    return f", as its source was {duration_text(lag)} ago" if lag is not None else ""


def _recovery_point(situation: Situation, chosen: Candidate, mirror: Mirror) -> RecoveryPoint:
    """As first observed: from then on the copy no longer follows its source, and its age says nothing of loss."""
    first = situation.first.get(chosen.target.backend.cluster)
    earlier = first.relationships_into(chosen.target.backend.svm) if isinstance(first, ClusterView) else {}
    relationship = earlier.get(mirror.relationship.destination, mirror.relationship)
    return RecoveryPoint(volume=mirror.volume, snapshot=relationship.exported_snapshot, age=relationship.lag)


def _loss(group: Group, point: RecoveryPoint) -> Loss:
    age = (
        f"the last {duration_text(point.age)} of writes"
        if point.age is not None
        else "all writes since its last transfer, whenever that was,"
    )
    return Loss(
        volume=point.volume,
        text=f"at most {age} at {group.home.name}",
        age=point.age,
    )


def _notes(group: Group, candidates: Sequence[Candidate], chosen: Candidate) -> list[str]:
    notes = [
        f"{group.home.name} is not asked. If it still runs, its clients can go on writing there: stop them, and when it"
        f" answers run `datamotion apply {group.name}`, which fences it (unmounts, resyncs nothing)."
    ]
    if group.rpo is not None and (chosen.worst_lag is None or chosen.worst_lag > group.rpo):
        notes.append(f"{chosen.lag_text}: over the group's RPO of {duration_text(group.rpo)}.")
    for each in candidates:
        if each is chosen:
            continue
        why = each.why_not or (each.shortfall if each.unusable else each.lag_text)
        notes.append(f"{each.name} is passed over: {why}. Its mirrors stay as they are.")
    return notes
