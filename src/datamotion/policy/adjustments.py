"""What a copy or its relationship should be like, and the change that makes it so; None where it is."""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.acts import ModifyRelationship, ModifyVolume
from datamotion.model.group import Target
from datamotion.model.mark import Mark
from datamotion.model.paused import paused_of, with_paused
from datamotion.model.records import Relationship
from datamotion.model.standing import FENCE, Copy, Standing
from datamotion.model.units import size_text
from datamotion.model.words import MirrorState, VolumeState
from datamotion.policy.geometry import changed_geometry
from datamotion.policy.needs import mark_of


def wanted_mark(standing: Standing, active: Copy) -> Mark:
    """What the mark of every copy should say, told by the active one; by another's mark where it has lost its own.

    A volume that is offline tells nothing: then what was noted stays. So does where clients look for one that is
    mounted nowhere, as after it was offline, and the export policy that it had before a fence.
    """
    volume, mark = active.volume, active.mark or mark_of(standing, active.id.volume)
    if mark is not None and volume.state is not VolumeState.ONLINE:
        path, export, snapshots, qos = mark.path, mark.export, mark.snapshots, mark.qos
    else:
        path, export, snapshots, qos = volume.path, volume.export, volume.snapshots, volume.qos
        path = path or (mark.path if mark else None)
        export = (mark.export if mark else None) if export == FENCE else export
    return Mark(
        group=standing.group.name,
        volume=active.id.volume,
        origin=mark.origin if mark else volume.uuid,
        path=path,
        export=export,
        snapshots=snapshots,
        qos=qos,
    )


def mirrors_mark(standing: Standing, active: Copy, mirror: Copy) -> Mark:
    """What the mark of a mirror should say: as the active one's, with what is noted of this copy alone.

    That is how its qtrees were served before a fence, which stays on it; and who paused it, while it is paused, or
    until the transfer ends that its pause waits for.
    """
    wanted = wanted_mark(standing, active)
    if mirror.mark is None:
        return wanted
    relationship = mirror.edge.relationship if mirror.edge else None
    is_paused = relationship is not None and (relationship.state is MirrorState.PAUSED or relationship.is_transferring)
    wanted = replace(wanted, qtrees=mirror.mark.qtrees)
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


def adjusted_relationship(
    volume: str, target: Target, relationship: Relationship, present: str | None
) -> tuple[ModifyRelationship, str] | None:
    """Policy and schedule are the configured ones. Without one, a schedule of its own goes back to the policy's."""
    policy = target.policy if relationship.policy != target.policy else None
    schedule = None
    if target.schedule is None and relationship.schedule is not None:
        schedule = ""
    elif target.schedule not in (None, present):
        schedule = target.schedule
    if policy is None and schedule is None:
        return None
    what = [f"policy {relationship.policy} -> {policy}"] if policy else []
    what += [f"schedule {present or 'none'} -> {schedule or 'that of the policy'}"] if schedule is not None else []
    change = ModifyRelationship(uuid=relationship.uuid, policy=policy, schedule=schedule)
    return change, f"{volume}: {', '.join(what)}"
