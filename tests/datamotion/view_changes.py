"""What one cluster shows after a change that concerns it alone, from what it showed before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch

from datamotion.model.acts import Change
from datamotion.model.mirror_acts import (
    AbortTransfer,
    Break,
    CreatePolicy,
    CreateRelationship,
    DeleteRelationship,
    Initialize,
    ModifyPolicy,
    ModifyRelationship,
    Pause,
    ReleaseRelationship,
    Resume,
    Resync,
    StartTransfer,
)
from datamotion.model.mirror_records import Policy, Relationship
from datamotion.model.peering_acts import AllowApplications
from datamotion.model.serving_acts import (
    CloseSessions,
    ConfirmClaim,
    CreateExportPolicy,
    DeleteClaim,
    ModifyQtree,
    TakeEpoch,
)
from datamotion.model.serving_records import ExportPolicy
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import (
    CloneVolume,
    CreateVolume,
    DeleteSnapshot,
    DeleteVolume,
    ModifyVolume,
    RemoveMark,
    SetAside,
    SplitClone,
    TakeCommonSnapshot,
    TakeSnapshot,
)
from datamotion.model.volume_records import Snapshot, Volume
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from tests.datamotion.building import NOON, a_common_snapshot, a_transfer


class Refusing(Exception):
    """The cluster says no."""


@singledispatch
def changed(change: Change, view: ClusterView) -> ClusterView:
    """What the asked cluster shows after a change that concerns it alone."""
    raise TypeError(f"what {type(change).__name__} leads to is not simulated")


@changed.register
def _(change: CreateVolume, view: ClusterView) -> ClusterView:
    if _has_volume(view, change.svm, change.volume):
        raise Refusing(f"volume {change.volume} exists")
    volume = Volume(
        uuid=f"{_cluster(view)}/{change.svm}/{change.volume}",
        name=change.volume,
        svm=change.svm,
        type=VolumeType.DP,
        state=VolumeState.ONLINE,
        style=change.style,
        size_bytes=change.size_bytes,
        used_bytes=0,
        aggregates=change.aggregates,
        path=None,
        comment=change.comment,
        language=change.language,
        guarantee=change.guarantee,
        export="default",
        constituents=len(change.aggregates) * (change.constituents_per_aggregate or 0) or None,
    )
    return replace(view, volumes=(*view.volumes, volume))


@changed.register
def _(change: CreateRelationship, view: ClusterView) -> ClusterView:
    if any(each.destination == change.destination for each in view.relationships):
        raise Refusing(f"{change.destination} is a destination already")
    if not _has_volume(view, change.destination.svm, change.destination.volume):
        raise Refusing(f"{change.destination} does not exist")
    here = change.destination.svm
    peered = [
        each for each in view.svm_peers if (each.svm, each.name, each.state) == (here, change.source.svm, "peered")
    ]
    if not peered:
        raise Refusing(f"{change.source.svm} is not peered")
    mirror = Relationship(
        uuid=f"{_cluster(view)}/{change.destination}/mirror",
        source=change.source,
        source_cluster=peered[0].peer_cluster,
        source_cluster_uuid=peered[0].peer_cluster_uuid,
        source_svm_uuid=peered[0].peer_svm_uuid,
        destination=change.destination,
        state=MirrorState.UNINITIALIZED,
        healthy=True,
        unhealthy_reason=None,
        policy=change.policy,
        schedule=change.schedule,
        throttle=change.throttle or 0,
        lag=None,
        exported_snapshot=None,
        transfer=None,
    )
    return replace(view, relationships=(*view.relationships, mirror))


@changed.register
def _(change: ModifyRelationship, view: ClusterView) -> ClusterView:
    return _with_mirror(
        view,
        change.uuid,
        lambda mirror: replace(
            mirror,
            policy=change.policy or mirror.policy,
            schedule=mirror.schedule if change.schedule is None else change.schedule or None,
            throttle=mirror.throttle if change.throttle is None else change.throttle,
        ),
    )


@changed.register
def _(change: Initialize, view: ClusterView) -> ClusterView:
    """Onto a writable volume it is a resync: that is read-only from then on."""
    return _read_only(_with_mirror(view, change.uuid, _starting(MirrorState.UNINITIALIZED)), change.uuid)


@changed.register
def _(change: StartTransfer, view: ClusterView) -> ClusterView:
    return _with_mirror(view, change.uuid, _starting(MirrorState.SNAPMIRRORED))


def _starting(only_from: MirrorState) -> Callable[[Relationship], Relationship]:
    def start(mirror: Relationship) -> Relationship:
        if mirror.state is not only_from:
            raise Refusing(f"{mirror.destination} is {mirror.state}, not {only_from}")
        if mirror.is_transferring:
            raise Refusing("another transfer is in progress")
        return replace(mirror, transfer=a_transfer(TransferState.TRANSFERRING))

    return start


@changed.register
def _(change: AbortTransfer, view: ClusterView) -> ClusterView:
    def abort(mirror: Relationship) -> Relationship:
        if not mirror.is_transferring or mirror.transfer is None or mirror.transfer.uuid != change.transfer_uuid:
            raise Refusing("there is no such transfer")
        return replace(mirror, transfer=a_transfer(TransferState.ABORTED, ended_at=NOON))

    return _with_mirror(view, change.relationship_uuid, abort)


@changed.register
def _(change: Pause, view: ClusterView) -> ClusterView:
    def pause(mirror: Relationship) -> Relationship:
        if mirror.state is MirrorState.BROKEN_OFF:
            raise Refusing(f"{mirror.destination} is broken off")
        return replace(mirror, state=MirrorState.PAUSED)

    return _with_mirror(view, change.uuid, pause)


@changed.register
def _(change: Resume, view: ClusterView) -> ClusterView:
    def resume(mirror: Relationship) -> Relationship:
        if mirror.state is not MirrorState.PAUSED:
            raise Refusing(f"{mirror.destination} is {mirror.state}")
        return replace(mirror, state=MirrorState.SNAPMIRRORED)

    return _with_mirror(view, change.uuid, resume)


@changed.register
def _(change: Break, view: ClusterView) -> ClusterView:
    def break_off(mirror: Relationship) -> Relationship:
        if mirror.is_transferring or mirror.state is MirrorState.UNINITIALIZED:
            raise Refusing(f"{mirror.destination} cannot be broken off now")
        return replace(mirror, state=MirrorState.BROKEN_OFF)

    broken = next((each for each in view.relationships if each.uuid == change.uuid), None)
    view = _with_mirror(view, change.uuid, break_off)
    assert broken is not None
    volumes = (
        replace(each, type=VolumeType.RW) if (each.svm, each.name) == _place(broken) else each for each in view.volumes
    )
    return replace(view, volumes=tuple(volumes))


@changed.register
def _(change: Resync, view: ClusterView) -> ClusterView:
    """Its transfer runs, and the destination is read-only already."""

    def resync(mirror: Relationship) -> Relationship:
        if mirror.state is not MirrorState.BROKEN_OFF or mirror.is_transferring:
            raise Refusing(f"{mirror.destination} is {mirror.state}")
        return replace(mirror, transfer=a_transfer(TransferState.TRANSFERRING))

    return _read_only(_with_mirror(view, change.uuid, resync), change.uuid)


def _read_only(view: ClusterView, mirror: str | None) -> ClusterView:
    """The volume that a mirror ends in is of type `dp`."""
    place = _place(next(each for each in view.relationships if each.uuid == mirror))
    volumes = (replace(each, type=VolumeType.DP) if (each.svm, each.name) == place else each for each in view.volumes)
    return replace(view, volumes=tuple(volumes))


def _place(mirror: Relationship) -> tuple[str, str]:
    return mirror.destination.svm, mirror.destination.volume


@changed.register
def _(change: ModifyVolume, view: ClusterView) -> ClusterView:
    if change.uuid not in {volume.uuid for volume in view.volumes}:
        raise Refusing(f"there is no volume {change.uuid}")
    return replace(
        view, volumes=tuple(_modified(each, change) if each.uuid == change.uuid else each for each in view.volumes)
    )


def _modified(volume: Volume, change: ModifyVolume) -> Volume:
    return replace(
        volume,
        path=volume.path if change.path is None else change.path or None,
        export=change.export or volume.export,
        comment=volume.comment if change.comment is None else change.comment,
        size_bytes=change.size_bytes or volume.size_bytes,
    )


@changed.register
def _(change: ModifyQtree, view: ClusterView) -> ClusterView:
    place = (change.volume_uuid, change.id)
    if place not in {(each.volume_uuid, each.id) for each in view.qtrees}:
        raise Refusing(f"there is no qtree {place}")
    return replace(
        view,
        qtrees=tuple(
            replace(each, export=change.export) if (each.volume_uuid, each.id) == place else each
            for each in view.qtrees
        ),
    )


@changed.register
def _(change: CloseSessions, view: ClusterView) -> ClusterView:
    left = tuple(each for each in view.cifs_sessions or () if each.path not in change.sessions)
    return replace(view, cifs_sessions=left)


@changed.register
def _(change: CreateExportPolicy, view: ClusterView) -> ClusterView:
    if any((each.svm, each.name) == (change.svm, change.name) for each in view.export_policies):
        raise Refusing(f"export policy {change.name} exists")
    made = ExportPolicy(name=change.name, svm=change.svm, rules=0)
    return replace(view, export_policies=(*view.export_policies, made))


@changed.register
def _(change: TakeCommonSnapshot, view: ClusterView) -> ClusterView:
    place = (change.volume_uuid, change.name)
    if any((each.volume_uuid, each.name) == place for each in view.common_snapshots or ()):
        raise Refusing(f"snapshot {change.name} exists")
    made = a_common_snapshot(change.name, change.volume_uuid, uuid="/".join(place), label=change.label)
    return replace(view, common_snapshots=(*(view.common_snapshots or ()), made))


@changed.register
def _(change: DeleteSnapshot, view: ClusterView) -> ClusterView:
    return replace(
        view, common_snapshots=tuple(each for each in view.common_snapshots or () if each.uuid != change.uuid)
    )


@changed.register
def _(change: TakeEpoch, view: ClusterView) -> ClusterView:
    claim = change.claim
    if any((each.svm, each.name) == (change.svm, claim.policy) for each in view.policies):
        raise Refusing(f"policy {claim.policy} exists")
    made = Policy(
        uuid=f"{_cluster(view)}/{claim.policy}",
        name=claim.policy,
        svm=change.svm,
        type="async",
        schedule=None,
        takes_snapshots=True,
        comment=claim.comment,
    )
    return replace(view, policies=(*view.policies, made))


@changed.register
def _(change: CreatePolicy, view: ClusterView) -> ClusterView:
    wanted = change.definition
    if any(each.name == wanted.name and each.svm in (None, change.svm) for each in view.policies):
        raise Refusing(f"policy {wanted.name} exists")
    made = Policy(
        uuid=f"{_cluster(view)}/{change.svm}/{wanted.name}",
        name=wanted.name,
        svm=change.svm,
        type="async",
        schedule=wanted.schedule,
        takes_snapshots=wanted.takes_snapshots,
        comment="",
        copies_all=wanted.copies_all,
        copies_latest=wanted.copies_latest,
        rules=wanted.rules,
    )
    return replace(view, policies=(*view.policies, made))


@changed.register
def _(change: ModifyPolicy, view: ClusterView) -> ClusterView:
    def modified(policy: Policy) -> Policy:
        rules = policy.rules if change.rules is None else change.rules
        schedule = policy.schedule if change.schedule is None else change.schedule or None
        return replace(policy, rules=rules, schedule=schedule)

    if change.uuid not in {each.uuid for each in view.policies}:
        raise Refusing(f"there is no policy {change.uuid}")
    policies = (modified(each) if each.uuid == change.uuid else each for each in view.policies)
    return replace(view, policies=tuple(policies))


@changed.register
def _(change: ConfirmClaim, view: ClusterView) -> ClusterView:
    if change.uuid not in {each.uuid for each in view.policies}:
        raise Refusing(f"there is no policy {change.uuid}")
    return replace(
        view,
        policies=tuple(
            replace(each, comment=change.claim.comment) if each.uuid == change.uuid else each for each in view.policies
        ),
    )


@changed.register
def _(change: DeleteRelationship, view: ClusterView) -> ClusterView:
    going = next((each for each in view.relationships if each.uuid == change.uuid), None)
    if going is not None and going.is_transferring:
        raise Refusing("a transfer is in progress")
    return replace(view, relationships=tuple(each for each in view.relationships if each.uuid != change.uuid))


@changed.register
def _(change: ReleaseRelationship, view: ClusterView) -> ClusterView:
    return replace(view, destinations=tuple(each for each in view.destinations if each.uuid != change.uuid))


@changed.register
def _(change: TakeSnapshot, view: ClusterView) -> ClusterView:
    if any((each.volume_uuid, each.name) == (change.volume_uuid, change.name) for each in view.snapshots):
        raise Refusing(f"snapshot {change.name} exists")
    uuid = f"{change.volume_uuid}/{change.name}"
    made = Snapshot(
        uuid=uuid,
        volume_uuid=change.volume_uuid,
        name=change.name,
        version=uuid,
        created_at=view.observed_at,
        label=change.label,
    )
    return replace(view, snapshots=(*view.snapshots, made))


@changed.register
def _(change: CloneVolume, view: ClusterView) -> ClusterView:
    if _has_volume(view, change.svm, change.volume):
        raise Refusing(f"volume {change.volume} exists")
    parent = next(each for each in view.volumes if each.uuid == change.parent_uuid)
    if change.snapshot not in {each.name for each in view.snapshots if each.volume_uuid == parent.uuid}:
        raise Refusing(f"there is no snapshot {change.snapshot}")
    clone = replace(
        parent,
        uuid=f"{_cluster(view)}/{change.svm}/{change.volume}",
        name=change.volume,
        type=VolumeType.RW,
        path=None,
        comment=change.comment,
        is_clone=True,
    )
    return replace(view, volumes=(*view.volumes, clone))


@changed.register
def _(change: SplitClone, view: ClusterView) -> ClusterView:
    volumes = (replace(each, is_clone=False) if each.uuid == change.uuid else each for each in view.volumes)
    return replace(view, volumes=tuple(volumes))


@changed.register
def _(change: SetAside, view: ClusterView) -> ClusterView:
    volumes = []
    for each in view.volumes:
        path = None if change.is_mounted else each.path
        is_it = each.uuid == change.uuid
        volumes.append(replace(each, name=change.name, comment=change.comment, path=path) if is_it else each)
    return replace(view, volumes=tuple(volumes))


@changed.register
def _(change: DeleteVolume, view: ClusterView) -> ClusterView:
    going = next((each for each in view.volumes if each.uuid == change.uuid), None)
    if going is not None and any(_place(each) == (going.svm, going.name) for each in view.relationships):
        raise Refusing(f"a relationship needs {going.name}")
    return replace(view, volumes=tuple(each for each in view.volumes if each.uuid != change.uuid))


@changed.register
def _(change: DeleteClaim, view: ClusterView) -> ClusterView:
    return replace(view, policies=tuple(each for each in view.policies if each.uuid != change.uuid))


@changed.register
def _(change: RemoveMark, view: ClusterView) -> ClusterView:
    return changed(ModifyVolume(uuid=change.uuid, comment=change.comment), view)


@changed.register
def _(change: AllowApplications, view: ClusterView) -> ClusterView:
    if change.uuid not in {each.uuid for each in view.svm_peers}:
        raise Refusing(f"there is no SVM peering {change.uuid}")
    return replace(
        view,
        svm_peers=tuple(
            replace(each, applications=change.applications) if each.uuid == change.uuid else each
            for each in view.svm_peers
        ),
    )


def _cluster(view: ClusterView) -> str:
    assert view.identity is not None
    return view.identity.name


def _has_volume(view: ClusterView, svm: str, name: str) -> bool:
    return any((each.svm, each.name) == (svm, name) for each in view.volumes)


def _with_mirror(view: ClusterView, uuid: str | None, change: Callable[[Relationship], Relationship]) -> ClusterView:
    if uuid not in {each.uuid for each in view.relationships}:
        raise Refusing(f"there is no relationship {uuid}")
    return replace(
        view, relationships=tuple(change(each) if each.uuid == uuid else each for each in view.relationships)
    )
