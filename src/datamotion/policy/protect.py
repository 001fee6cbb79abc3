"""Bringing a group to where every volume of its home is mirrored to every target, as configured.

Nothing here discards data. A mirror that was broken off is never resynced: its destination may hold newer writes.
While a target serves the group, the one thing planned is to fence the home: unmount the copies that the higher epoch
overtook.
"""

from __future__ import annotations

from collections.abc import Sequence

from datamotion.model.acts import ModifyVolume
from datamotion.model.group import Group, Target
from datamotion.model.mark import Mark
from datamotion.model.plan import Plan, Refusal
from datamotion.model.records import Volume
from datamotion.model.view import ClusterView, Unseen, look_up
from datamotion.model.words import MirrorState, Operation, Role, VolumeType
from datamotion.policy.mirrors import mirrors_at
from datamotion.policy.protect_target import HomeCopy, TargetPlanner
from datamotion.policy.serving import (
    Serving,
    home_volumes,
    mark_of,
    mirrored_epoch,
    served_volumes,
    serving_target,
)
from datamotion.policy.situation import Planner, Situation, since
from datamotion.policy.steps import Stage, StepList

_FENCE = Stage(
    rank=1,
    title="Fence the overtaken copies",
    because="another site took over while this one was away: two must not serve the same volume",
)
_MARK = Stage(rank=2, title="Mark the active copies", because="the clusters themselves say which copy serves")


def protect_planner(group: Group) -> Planner:
    """The planner for `datamotion plan` and `datamotion apply`."""

    def plan(situation: Situation) -> Plan:
        home = look_up(situation.now, group.home.cluster)
        if isinstance(home, Unseen):
            return _plan(group, refusals=[_home_unseen(group, home)])
        if home.svm(group.home.svm) is None:
            text = f"SVM {group.home.svm} of {group.home.name} is not on {group.home.cluster}"
            return _plan(group, refusals=[Refusal(text=text, hint="correct `svm` in the configuration")])
        serving = serving_target(group, situation.now)
        if serving is not None:
            return _plan_fence(group, situation, home, serving)
        return _plan_mirrors(group, situation, home)

    return plan


def _plan(
    group: Group,
    due: StepList | None = None,
    refusals: Sequence[Refusal] = (),
    notes: Sequence[str] = (),
    title: str | None = None,
) -> Plan:
    return Plan(
        operation=Operation.PROTECT,
        group=group.name,
        title=title or f"Protect {group.name}: {group.home.name} to {', '.join(t.backend.name for t in group.targets)}",
        steps=due.steps() if due else (),
        refusals=tuple(refusals),
        notes=tuple(notes),
    )


def _home_unseen(group: Group, unseen: Unseen) -> Refusal:
    lost = f"if {group.home.name} is lost: datamotion failover {group.name}"
    return Refusal(
        text=f"it is not known what {group.home.name} holds: {unseen.reason}",
        hint=unseen.hint if unseen.refused else lost,
        unseen=unseen,
    )


def _plan_fence(group: Group, situation: Situation, home: ClusterView, serving: Serving) -> Plan:
    """The home's copies of what a target serves are unmounted and marked, and nothing else is touched."""
    due = StepList()
    target = next(each for each in group.targets if each.backend.name == serving.backend)
    seen = situation.now[target.backend.cluster]
    assert isinstance(seen, ClusterView)
    refusals = _doubtful_claims(group, target, seen)
    taken = served_volumes(group, target, seen) - {refusal.volume for refusal in refusals}
    for volume in home_volumes(group, home):
        mark = mark_of(group, volume)
        if volume.name not in taken or (mark and mark.epoch > serving.epoch):
            continue
        fenced = Mark(
            group=group.name,
            role=Role.FENCED,
            epoch=mark.epoch if mark else serving.epoch - 1,
            path=volume.path or (mark.path if mark else None),
            since=since(situation, group.home),
        )
        if volume.path or not (mark and mark.role is Role.FENCED):
            change = ModifyVolume(
                uuid=volume.uuid, path="" if volume.path else None, comment=fenced.write(volume.comment)
            )
            due.add(_FENCE, group.home, volume.name, change, f"{volume.name}: {_fence_text(volume)}, keep all data")
    note = (
        f"{serving.backend} serves {group.name} since epoch {serving.epoch}. Its mirrors stay broken off: a resync"
        f" from {group.home.name} would discard what has been written at {serving.backend} since then."
    )
    title = f"Keep {group.home.name} from serving {group.name}: {serving.backend} does"
    return _plan(group, due, refusals, [note], title)


def _doubtful_claims(group: Group, target: Target, seen: ClusterView) -> list[Refusal]:
    """Copies that are marked as active, yet receive again: somebody resynced them by hand, so home may well serve."""
    return [
        Refusal(
            volume=volume,
            backend=target.backend.name,
            text=f"{mirror.relationship.destination} is marked as the active copy of {volume}, yet its mirror is"
            f" {mirror.relationship.state}: it is not certain that it serves, so {group.home.name} is not fenced",
            hint=f"if {group.home.name} is to serve, remove the mark from the comment of"
            f" {mirror.relationship.destination}",
        )
        for volume, mirror in mirrors_at(group, target, seen).items()
        if mirror.is_active and mirror.relationship.state is not MirrorState.BROKEN_OFF
    ]


def _fence_text(volume: Volume) -> str:
    return f"unmount {volume.path}" if volume.path else "mark as fenced (it is not mounted)"


def _plan_mirrors(group: Group, situation: Situation, home: ClusterView) -> Plan:
    due, refusals, notes = StepList(), [], []
    volumes = home_volumes(group, home)
    epoch = max([mirrored_epoch(group, situation.now), *(mark.epoch for v in volumes if (mark := mark_of(group, v)))])
    copies = []
    for volume in volumes:
        if refusal := _unprotectable(group, volume):
            refusals.append(refusal)
            continue
        copies.append(HomeCopy(volume=volume, epoch=epoch))
        mark = Mark(
            group=group.name, role=Role.ACTIVE, epoch=epoch, path=volume.path, since=since(situation, group.home)
        )
        if not mark.says_the_same(mark_of(group, volume)):
            change = ModifyVolume(uuid=volume.uuid, comment=mark.write(volume.comment))
            due.add(
                _MARK, group.home, volume.name, change, f"{volume.name}: active copy of {group.name}, epoch {epoch}"
            )
    if not copies and not refusals:
        patterns = ", ".join(group.home.volumes)
        notes.append(f"{group.home.name} holds no volume that matches {patterns}: there is nothing to protect.")
    for target in group.targets:
        seen = look_up(situation.now, target.backend.cluster)
        if isinstance(seen, ClusterView):
            refusals += TargetPlanner(group, target, situation, due).plan(copies)
        else:
            refusals.append(Refusal(backend=target.backend.name, text=seen.reason, hint=seen.hint, unseen=seen))
    return _plan(group, due, refusals, notes)


def _unprotectable(group: Group, volume: Volume) -> Refusal | None:
    mark = mark_of(group, volume)
    if mark is not None and mark.role is Role.FENCED:
        return Refusal(
            volume=volume.name,
            text=f"{volume.name} at {group.home.name} is fenced (epoch {mark.epoch}), and no target seen serves it",
            hint="find the copy that served last before this one is used: datamotion status",
        )
    if volume.type is not VolumeType.RW:
        return Refusal(
            volume=volume.name,
            text=f"{volume.name} at {group.home.name} is of type {volume.type}: not a writable source",
            hint="leave it out with `volumes` of the back end, or break it off first",
        )
    return None
