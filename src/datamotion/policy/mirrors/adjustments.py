"""What a copy or its relationship should be like, and the change that makes it so; None where it is."""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.group import DEFAULT_POLICY, Target
from datamotion.model.mark import Mark
from datamotion.model.mirror_acts import CreateRelationship, ModifyRelationship
from datamotion.model.mirror_records import Endpoint, Relationship
from datamotion.model.paused import paused_of, with_paused
from datamotion.model.standing import Copy, Standing
from datamotion.model.units import size_text
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState, VolumeState
from datamotion.policy.clients.provision import NEEDS
from datamotion.policy.clients.ways_in import ways_of, with_ways
from datamotion.policy.copies.geometry import changed_geometry
from datamotion.policy.needs import mark_of
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_MODIFY = Phase(
    rank=43, title="Change relationships", because="policy, schedule or throttle differ from the configuration"
)
_ADOPT = Phase(
    rank=43,
    title="Change adopted relationships",
    because="somebody else made them, as no mark of ours says, and may have meant it: name it in the target to keep it",
)
_UNNAMED = ", as the target names none"


def wanted_mark(standing: Standing, active: Copy) -> Mark:
    """What the mark of every copy should say, told by the active one; by another's mark where it has lost its own.

    A volume that is offline tells nothing: then what was noted stays. So does where clients look for one that is
    mounted nowhere, as after it was offline, the export policy that it had before a fence, and what a copy that was
    taken over was never given.
    """
    volume, mark = active.volume, active.mark or mark_of(standing, active.id.volume)
    is_told = mark is None or volume.state is VolumeState.ONLINE
    noted = {need.note: need.noted(volume, mark, is_told=is_told) for need in NEEDS}
    wanted = Mark(
        group=standing.group.name,
        volume=active.id.volume,
        origin=mark.origin if mark else volume.uuid,
        path=(volume.path if is_told else None) or (mark.path if mark else None),
        export=noted["export"],
        snapshots=noted["snapshots"],
        qos=noted["qos"],
        autosize=noted["autosize"],
        efficiency=noted["efficiency"],
        maps=mark.maps if mark else None,
        shares=mark.shares if mark else None,
    )
    return _with_ways(standing, active, wanted, active.volume.comment)


def _with_ways(standing: Standing, active: Copy, mark: Mark, comment: str) -> Mark:
    return with_ways(mark, comment, ways_of(standing, active), has_luns=bool(active.doors.luns))


def mirrors_mark(standing: Standing, active: Copy, mirror: Copy) -> Mark:
    """What the mark of a mirror should say: as the active one's, with what is noted of this copy alone.

    That is how its qtrees and LUNs were served before a fence, which stays on it; and who paused it, while it is
    paused, or until the transfer ends that its pause waits for.
    """
    wanted = _with_ways(standing, active, wanted_mark(standing, active), mirror.volume.comment)
    if mirror.mark is None:
        return wanted
    relationship = mirror.edge.relationship if mirror.edge else None
    is_paused = relationship is not None and (relationship.state is MirrorState.PAUSED or relationship.is_transferring)
    wanted = replace(wanted, qtrees=mirror.mark.qtrees, luns=mirror.mark.luns)
    return with_paused(wanted, paused_of(mirror.mark) if is_paused else None)


def adjusted_volume(active: Copy, mirror: Copy, mark: Mark) -> tuple[ModifyVolume, str] | None:
    """A destination is at least as large as its source, and says where it is to be served.

    One of another shape is not grown: it would be larger than its source once it has as many constituents.
    """
    volume, same = active.id.volume, mark == mirror.mark
    is_smaller = mirror.volume.size_bytes < active.volume.size_bytes
    fits = changed_geometry(active.volume, mirror.volume) is None
    grow = active.volume.size_bytes if is_smaller and fits else None
    if same and grow is None:
        return None
    comment = None if same else mark.write(mirror.volume.comment)
    what = [f"grow to {size_text(grow)}"] if grow else []
    what += [] if same else [f"note that it is to be served at {mark.path or 'no junction path'}"]
    change = ModifyVolume(uuid=mirror.volume.uuid, comment=comment, size_bytes=grow)
    return change, f"{volume}: {', '.join(what)}"


def wanted_relationship(target: Target, source: Endpoint, destination: Endpoint) -> tuple[CreateRelationship, str]:
    """A relationship as the configuration wants it."""
    change = CreateRelationship(
        source=source,
        destination=destination,
        policy=target.policy,
        schedule=target.schedule,
        throttle=target.throttle,
    )
    what = [target.policy, target.schedule, f"at most {_throttle_text(target.throttle)}" if target.throttle else None]
    return change, f"{source} -> {destination} ({', '.join(filter(None, what))})"


def adjusted_relationship(
    volume: str, target: Target, relationship: Relationship, present: str | None
) -> tuple[ModifyRelationship, str] | None:
    """Policy, schedule and throttle are the configured ones; what the target does not name goes back to its default."""
    policy = target.policy if relationship.policy != target.policy else None
    schedule = throttle = None
    if target.schedule is None and relationship.schedule is not None:
        schedule = ""
    elif target.schedule not in (None, present):
        schedule = target.schedule
    if relationship.throttle != (target.throttle or 0):
        throttle = target.throttle or 0
    if policy is None and schedule is None and throttle is None:
        return None
    what = []
    if policy:
        what.append(f"policy {relationship.policy} -> {policy}{', the default' if policy == DEFAULT_POLICY else ''}")
    if schedule is not None:
        what.append(f"schedule {present or 'none'} -> {schedule or f'that of the policy{_UNNAMED}'}")
    if throttle is not None:
        has = _throttle_text(relationship.throttle) if relationship.throttle else "none"
        what.append(f"throttle {has} -> {_throttle_text(throttle) if throttle else f'that of the policy{_UNNAMED}'}")
    change = ModifyRelationship(uuid=relationship.uuid, policy=policy, schedule=schedule, throttle=throttle)
    return change, f"{volume}: {', '.join(what)}"


def _throttle_text(kib_a_second: int) -> str:
    return f"{size_text(kib_a_second * 1024)}/s"


def adjust_relationship(
    due: StepList, situation: Situation, target: Target, volume: str, relationship: Relationship
) -> bool:
    """Whether something about the relationship is due. What it follows is not known where its policy is not."""
    backend, svm = target.backend, relationship.destination.svm
    seen = situation.now.sites[backend.name].seen
    assert isinstance(seen, ClusterView)
    if relationship.schedule is None and seen.gap(Aspect.POLICIES, relationship.policy, svm):
        return False
    adjusted = adjusted_relationship(volume, target, relationship, seen.schedule_of(relationship))
    if adjusted is not None:
        first = situation.first.copy(backend.name, volume)
        due.add(_ADOPT if first is not None and first.mark is None else _MODIFY, backend, volume, *adjusted)
    return adjusted is not None
