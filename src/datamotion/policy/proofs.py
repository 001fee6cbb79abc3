"""Whether an act holds: told by what is seen, act by act. That a plan no longer holds an act proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from datamotion.model.acts import (
    AbortTransfer,
    AcceptSvmPeer,
    Act,
    AllowApplications,
    AwaitIdle,
    AwaitOnline,
    AwaitSnapshot,
    AwaitTransfer,
    Break,
    CloneVolume,
    CloseSessions,
    ConfirmClaim,
    CreateExportPolicy,
    CreateRelationship,
    CreateShare,
    CreateVolume,
    Initialize,
    MapLun,
    ModifyLun,
    ModifyQtree,
    ModifyRelationship,
    ModifyVolume,
    Pause,
    PeerSvms,
    Resume,
    Resync,
    RunHook,
    SplitClone,
    StartTransfer,
    TakeCommonSnapshot,
    TakeEpoch,
    TakeSnapshot,
)
from datamotion.model.claim import read_claim
from datamotion.model.drilled import read_drilled
from datamotion.model.kept import read_kept
from datamotion.model.mark import read_mark
from datamotion.model.records import Relationship, SvmPeer
from datamotion.model.standing import Copy, Standing
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState


class Holds(StrEnum):
    """What a look says of an act."""

    YES = "holds"
    NOT_YET = "not yet"
    GONE = "gone"  # what it was about is not there any more
    CONTRADICTED = "contradicted"  # something else is so, and asking again would not change it


class Proof(NamedTuple):
    """`evidence` says what was seen, where that is not what was wanted."""

    holds: Holds
    evidence: str = ""


YES = Proof(Holds.YES)
NOT_YET = Proof(Holds.NOT_YET)


class Ground(NamedTuple):
    """What an act is proved by: how its group stands, and `seen`, the cluster that was asked."""

    act: Act
    standing: Standing
    seen: ClusterView

    @property
    def copy(self) -> Copy | None:
        return self.standing.copy(self.act.backend, self.act.volume or "")

    def by_relationship(self, uuid: str | None, test: Callable[[Relationship], Proof]) -> Proof:
        """What a test says of the relationship that ends in the act's copy, or that this one is gone."""
        act, copy = self.act, self.copy
        if copy is None:
            return Proof(Holds.GONE, f"there is no copy of {act.volume} at {act.backend} any more")
        into = f"the relationship into {copy.volume.name} at {act.backend}"
        if copy.edge is None:
            return Proof(Holds.GONE, f"{into} was deleted")
        if uuid not in (None, copy.edge.relationship.uuid):
            return Proof(Holds.GONE, f"{into} was replaced by another one")
        return test(copy.edge.relationship)

    def peering(self, svm: str, peer_svm_uuid: str) -> SvmPeer | None:
        peers = self.seen.svm_peers
        return next((each for each in peers if (each.svm, each.peer_svm_uuid) == (svm, peer_svm_uuid)), None)


def _as(holds: bool) -> Proof:
    return YES if holds else NOT_YET


def never_seen(change: RunHook, ground: Ground) -> Proof:
    """What runs on this host shows at no cluster: the engine goes by how it ended."""
    return NOT_YET


def peered(change: PeerSvms, ground: Ground) -> Proof:
    return _as(ground.peering(change.svm, change.peer_svm_uuid) is not None)


def accepted(change: AcceptSvmPeer, ground: Ground) -> Proof:
    peer = ground.peering(change.svm, change.peer_svm_uuid)
    if peer is not None and peer.state == "rejected":
        return Proof(Holds.CONTRADICTED, f"the peering of {peer.svm} with {peer.peer_svm} was rejected")
    return _as(peer is not None and peer.state == "peered")


def applications_allowed(change: AllowApplications, ground: Ground) -> Proof:
    peer = ground.peering(change.svm, change.peer_svm_uuid)
    if peer is None:
        return Proof(Holds.GONE, f"the SVM peering of {change.svm} was removed")
    return _as(change.applications <= peer.applications)


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
    return _as(volume is not None)


def clone_split(change: SplitClone, ground: Ground) -> Proof:
    volumes = ground.standing.sites[ground.act.backend].volumes.values()
    volume = next((each for each in volumes if each.uuid == change.uuid), None)
    if volume is None:
        return Proof(Holds.GONE, f"the clone that keeps what {ground.act.volume} held is not there any more")
    return _as(not volume.is_clone)


def online(change: AwaitOnline, ground: Ground) -> Proof:
    copy = ground.copy
    if copy is None:
        return Proof(Holds.GONE, f"the copy of {ground.act.volume} at {ground.act.backend} is not there any more")
    return _as(copy.is_online)


def volume_modified(change: ModifyVolume, ground: Ground) -> Proof:
    copy = ground.copy
    if copy is None and change.comment is not None and read_mark(change.comment) is None:
        return YES  # it was unmarked, and so is no copy of the group any more
    if copy is None or change.uuid not in (None, copy.volume.uuid):
        return Proof(Holds.GONE, f"the copy of {ground.act.volume} at {ground.act.backend} is not there any more")
    volume = copy.volume
    return _as(
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
    return _as(any((each.volume_uuid, each.name) == wanted for each in ground.seen.common_snapshots or ()))


def qtree_modified(change: ModifyQtree, ground: Ground) -> Proof:
    qtrees = ground.seen.qtrees
    found = next((each for each in qtrees if (each.volume_uuid, each.id) == (change.volume_uuid, change.id)), None)
    if found is None:
        return Proof(Holds.GONE, f"qtree {change.id} of {ground.act.volume} is not there any more")
    return _as(found.export == change.export)


def lun_modified(change: ModifyLun, ground: Ground) -> Proof:
    found = next((each for each in ground.seen.luns or () if each.uuid == change.uuid), None)
    if found is None:
        return Proof(Holds.GONE, f"a LUN of {ground.act.volume} is not there any more")
    return _as(found.is_enabled is change.is_enabled)


def lun_mapped(change: MapLun, ground: Ground) -> Proof:
    """Under whatever number: another one than was asked for is a difference, and asking again would not change it."""
    if ground.copy is not None:
        there = {each.uuid for each in ground.copy.doors.luns}
    else:  # a LUN that is brought elsewhere alone
        there = {each.uuid for each in ground.seen.lun_places or ()}
    if change.lun_uuid not in there:
        return Proof(Holds.GONE, f"a LUN of {ground.act.volume} is not there any more")
    maps = ground.seen.lun_maps or ()
    return _as(any((each.lun_uuid, each.igroup) == (change.lun_uuid, change.igroup) for each in maps))


def share_made(change: CreateShare, ground: Ground) -> Proof:
    svm, name = change.share.svm, change.share.name.casefold()
    shares = ground.seen.cifs_shares or ()
    found = next((each for each in shares if (each.svm, each.name.casefold()) == (svm, name)), None)
    if found is not None and found.path.casefold() != change.share.path.casefold():
        return Proof(Holds.CONTRADICTED, f"somebody else made a share {found.name} at {ground.act.backend}")
    return _as(found is not None)


def sessions_closed(change: CloseSessions, ground: Ground) -> Proof:
    return _as(not any(change.volume_uuid in each.volumes for each in ground.seen.cifs_sessions or ()))


def export_policy_made(change: CreateExportPolicy, ground: Ground) -> Proof:
    policies = ground.seen.export_policies
    found = next((each for each in policies if (each.svm, each.name) == (change.svm, change.name)), None)
    if found is not None and found.rules:
        return Proof(Holds.CONTRADICTED, f"export policy {change.name} of {change.svm} has rules, and lets clients in")
    return _as(found is not None)


def related(change: CreateRelationship, ground: Ground) -> Proof:
    site = ground.standing.sites[ground.act.backend]
    if change.destination.volume not in site.volumes:
        return Proof(Holds.GONE, f"{change.destination} is not there any more")
    ending = site.relationships.get(change.destination.volume)
    if ending is not None and ending.source != change.source:
        return Proof(Holds.CONTRADICTED, f"{change.destination} is the mirror of {ending.source}")
    return _as(ending is not None)


def relationship_modified(change: ModifyRelationship, ground: Ground) -> Proof:
    return ground.by_relationship(
        change.uuid,
        lambda relationship: _as(
            change.policy in (None, relationship.policy)
            and change.schedule in (None, relationship.schedule or "")
            and change.throttle in (None, relationship.throttle)
        ),
    )


def initialized(change: Initialize, ground: Ground) -> Proof:
    return ground.by_relationship(
        change.uuid,
        lambda relationship: _as(relationship.state is not MirrorState.UNINITIALIZED or relationship.is_transferring),
    )


def resumed(change: Resume, ground: Ground) -> Proof:
    def test(relationship: Relationship) -> Proof:
        if relationship.state is MirrorState.BROKEN_OFF:
            return Proof(Holds.CONTRADICTED, f"{relationship.destination} was broken off meanwhile")
        return _as(relationship.state is not MirrorState.PAUSED)

    return ground.by_relationship(change.uuid, test)


def paused(change: Pause, ground: Ground) -> Proof:
    quiet = (MirrorState.PAUSED, MirrorState.BROKEN_OFF)
    return ground.by_relationship(change.uuid, lambda relationship: _as(relationship.state in quiet))


def broken_off(change: Break, ground: Ground) -> Proof:
    """A relationship may be deleted once its destination is writable; before that, nothing can make it so."""
    if ground.copy is not None and ground.copy.is_writable:
        return YES
    return ground.by_relationship(change.uuid, lambda relationship: NOT_YET)


def resynced(change: Resync, ground: Ground) -> Proof:
    """It has begun: a mirror again, or with a transfer that makes it one."""
    return ground.by_relationship(
        change.uuid,
        lambda relationship: _as(relationship.state is not MirrorState.BROKEN_OFF or relationship.is_transferring),
    )


def started(change: StartTransfer, ground: Ground) -> Proof:
    def test(relationship: Relationship) -> Proof:
        ended_at = relationship.transfer.ended_at if relationship.transfer else None
        before = (change.exported, change.ended_at)
        return _as(relationship.is_transferring or (relationship.exported_snapshot, ended_at) != before)

    return ground.by_relationship(change.uuid, test)


def carried(change: AwaitTransfer, ground: Ground) -> Proof:
    def test(relationship: Relationship) -> Proof:
        is_newer = relationship.exported_snapshot not in (None, change.exported)
        return _as(is_newer and not relationship.is_transferring)

    return ground.by_relationship(change.uuid, test)


def snapshot_taken(change: TakeSnapshot, ground: Ground) -> Proof:
    if ground.copy is None or ground.copy.volume.uuid != change.volume_uuid:
        return Proof(Holds.GONE, f"the copy of {ground.act.volume} at {ground.act.backend} is not there any more")
    held = ground.standing.sites[ground.act.backend].snapshots.get(change.volume_uuid, ())
    return _as(any(each.name == change.name for each in held))


def snapshot_carried(change: AwaitSnapshot, ground: Ground) -> Proof:
    def test(relationship: Relationship) -> Proof:
        assert ground.copy is not None
        held = ground.standing.sites[ground.act.backend].snapshots.get(ground.copy.volume.uuid, ())
        is_there = change.version is not None and any(each.version == change.version for each in held)
        return _as(is_there and not relationship.is_transferring)

    return ground.by_relationship(change.uuid, test)


def idle(change: AwaitIdle, ground: Ground) -> Proof:
    return ground.by_relationship(change.uuid, lambda relationship: _as(not relationship.is_transferring))


def aborted(change: AbortTransfer, ground: Ground) -> Proof:
    """Where the relationship itself is gone nothing runs either; whatever comes next tells that."""
    if ground.copy is not None and ground.copy.edge is None:
        return YES

    def test(relationship: Relationship) -> Proof:
        runs = relationship.transfer.uuid if relationship.transfer and relationship.is_transferring else None
        return _as(runs is None or runs != change.transfer_uuid)

    return ground.by_relationship(change.relationship_uuid, test)


def epoch_taken(change: TakeEpoch, ground: Ground) -> Proof:
    """Who took an epoch is who the policy of that name says; one that says somebody else is final."""
    claim, backend = change.claim, ground.act.backend
    policies = ground.seen.policies
    policy = next((each for each in policies if (each.svm, each.name) == (change.svm, claim.policy)), None)
    if policy is None:
        return NOT_YET
    taken = read_claim(claim.group, policy.name, policy.comment)
    if taken is not None and taken.is_same(claim):
        return YES
    who = f"{taken.backend} by {taken.by}, at {taken.since:%H:%M:%S} UTC" if taken else "somebody who cannot be told"
    return Proof(Holds.CONTRADICTED, f"epoch {claim.epoch} of {claim.group} was taken at {backend} for {who}")


def claim_confirmed(change: ConfirmClaim, ground: Ground) -> Proof:
    policy = next((each for each in ground.seen.policies if each.uuid == change.uuid), None)
    if policy is None:
        return Proof(Holds.GONE, f"the claim of epoch {change.claim.epoch} at {ground.act.backend} was removed")
    told = read_claim(change.claim.group, policy.name, policy.comment)
    return _as(told is not None and told.served is not None)
