"""What is seen of volumes, their clones and snapshots."""

from __future__ import annotations

from datamotion.model.drilled import read_drilled
from datamotion.model.kept import read_kept
from datamotion.model.mark import read_mark
from datamotion.model.volume_acts import (
    AwaitOnline,
    CloneVolume,
    CreateVolume,
    ModifyVolume,
    SetAside,
    SplitClone,
    TakeCommonSnapshot,
    TakeSnapshot,
)
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Holds, Proof, as_proof


def volume_made(change: CreateVolume, ground: Ground) -> Proof:
    volume = ground.standing.sites[ground.act.backend].volumes.get(change.volume)
    if volume is None:
        return NOT_YET
    if read_mark(volume.comment) != read_mark(change.comment):
        return Proof(Holds.CONTRADICTED, f"somebody else made a volume {change.volume} at {ground.act.backend}")
    return YES


def volume_cloned(change: CloneVolume, ground: Ground) -> Proof:
    volume = ground.standing.sites[ground.act.backend].volumes.get(change.volume)
    tells = (read_kept, read_drilled)
    if volume is not None and any(read(volume.comment) != read(change.comment) for read in tells):
        return Proof(Holds.CONTRADICTED, f"somebody else made a volume {change.volume} at {ground.act.backend}")
    return as_proof(volume is not None)


def set_aside(change: SetAside, ground: Ground) -> Proof:
    volume = ground.standing.sites[ground.act.backend].volumes.get(change.name)
    if volume is not None and volume.uuid != change.uuid:
        return Proof(Holds.CONTRADICTED, f"somebody else made a volume {change.name} at {ground.act.backend}")
    return as_proof(volume is not None and read_kept(volume.comment) is not None and not volume.path)


def clone_split(change: SplitClone, ground: Ground) -> Proof:
    volumes = ground.standing.sites[ground.act.backend].volumes.values()
    volume = next((each for each in volumes if each.uuid == change.uuid), None)
    if volume is None:
        return Proof(Holds.GONE, f"the clone that keeps what {ground.act.volume} held is not there any more")
    return as_proof(not volume.is_clone)


def online(change: AwaitOnline, ground: Ground) -> Proof:
    copy = ground.copy
    if copy is None:
        return Proof(Holds.GONE, f"the copy of {ground.act.volume} at {ground.act.backend} is not there any more")
    return as_proof(copy.is_online)


def volume_modified(change: ModifyVolume, ground: Ground) -> Proof:
    copy = ground.copy
    if copy is None and change.comment is not None and read_mark(change.comment) is None:
        return YES  # it was unmarked, and so is no copy of the group any more
    if copy is None or change.uuid not in (None, copy.volume.uuid):
        return Proof(Holds.GONE, f"the copy of {ground.act.volume} at {ground.act.backend} is not there any more")
    volume = copy.volume
    return as_proof(
        (change.path is None or (volume.path or "").casefold() == change.path.casefold())
        and change.export in (None, volume.export)
        and (change.comment is None or read_mark(change.comment) == read_mark(volume.comment))
        and (change.size_bytes is None or volume.size_bytes >= change.size_bytes)
        and change.snapshots in (None, volume.snapshots)
        and change.qos in (None, volume.qos)
        and change.autosize in (None, volume.autosize)
        and all(getattr(volume, name) == value for name, value in change.efficiency)
    )


def common_snapshot_taken(change: TakeCommonSnapshot, ground: Ground) -> Proof:
    wanted = (change.volume_uuid, change.name)
    return as_proof(any((each.volume_uuid, each.name) == wanted for each in ground.seen.common_snapshots or ()))


def snapshot_taken(change: TakeSnapshot, ground: Ground) -> Proof:
    if ground.copy is None or ground.copy.volume.uuid != change.volume_uuid:
        return Proof(Holds.GONE, f"the copy of {ground.act.volume} at {ground.act.backend} is not there any more")
    held = ground.standing.sites[ground.act.backend].snapshots.get(change.volume_uuid, ())
    return as_proof(any(each.name == change.name for each in held))
