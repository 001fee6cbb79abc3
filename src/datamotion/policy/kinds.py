"""The kinds of acts, a row each: what one may change, how it is proved, how long it may take without moving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from datamotion.model.acts import Act, Change, RunHook
from datamotion.model.item_acts import (
    AwaitLunCopy,
    AwaitLunMove,
    CloneFile,
    CloneLun,
    CopyFile,
    CopyLun,
    CreateIgroup,
    DeleteFile,
    DeleteLun,
    MakeFolder,
    MarkLun,
    MoveLun,
    RenameFile,
)
from datamotion.model.mirror_acts import (
    AbortTransfer,
    AwaitIdle,
    AwaitSnapshot,
    AwaitTransfer,
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
from datamotion.model.peering_acts import AcceptSvmPeer, AllowApplications, AwaitClusterPeer, PeerClusters, PeerSvms
from datamotion.model.serving_acts import (
    CloseSessions,
    ConfirmClaim,
    CreateExportPolicy,
    CreateShare,
    DeleteClaim,
    MapLun,
    ModifyLun,
    ModifyQtree,
    TakeEpoch,
)
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_acts import (
    AbortMove,
    AwaitMove,
    AwaitOnline,
    CloneVolume,
    CreateVolume,
    CutOver,
    DeleteSnapshot,
    DeleteVolume,
    ModifyVolume,
    MoveVolume,
    RemoveMark,
    SetAside,
    SplitClone,
    TakeCommonSnapshot,
    TakeSnapshot,
)
from datamotion.model.words import MirrorState, TransferState
from datamotion.policy.mirrors import cluster_peering, defined_policies
from datamotion.policy.proofs import (
    file_places,
    lun_places,
    mirrors,
    movements,
    peerings,
    proof,
    removals,
    serving,
    volumes,
)
from datamotion.policy.proofs.proof import Ground, Holds, Proof

_CHANGE_S = 60.0
_JOB_S = 60.0
_TRANSFER_S = 900.0  # without a single byte: a slow link is slower than any change, and must not be given up
_SPLIT_S = 86400.0  # every block of a volume is copied, and nothing that is looked at tells how far that is
_PERCENT_S = 86400.0  # whole percents are all that is told, and one of a large volume takes hours

_CLUSTERS = frozenset({Aspect.CLUSTER_PEERS})
_PEERS = frozenset({Aspect.SVM_PEERS})
_VOLUMES = frozenset({Aspect.VOLUMES})
_RELATIONSHIPS = frozenset({Aspect.RELATIONSHIPS})
_QTREES = frozenset({Aspect.QTREES})
_LUNS = frozenset({Aspect.LUNS})
_COMMON = frozenset({Aspect.COMMON_SNAPSHOTS})
_POLICIES = frozenset({Aspect.POLICIES})
_SNAPSHOTS = frozenset({Aspect.SNAPSHOTS})
_MOVEMENTS = frozenset({Aspect.VOLUMES, Aspect.MOVEMENTS})
_FILES = frozenset({Aspect.FILES, Aspect.COPY_JOBS})
_LUN_PLACES = frozenset({Aspect.LUN_PLACES})


class Prove(Protocol):
    def __call__(self, change: Any, ground: Ground, /) -> Proof: ...  # each row's own kind of change


class Progress(Protocol):
    """What differs from look to look while nothing is stuck; None: nothing can be."""

    def __call__(self, change: Any, seen: ClusterView, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """`changes` are the aspects that may show what came of it. `limit_s` is how long nothing may move.

    `job_s` is how long its job is followed; what goes on after that is left to the looks.
    `is_asked_for`: False for what is only awaited. `at_all`: it may show at every cluster, whichever was asked.
    `moves`: what tells that it is not stuck; None: the transfer into the copy that it is about, if any.
    `begins`: what is asked for goes on at the cluster by itself, and is awaited: that it has begun is not that it came
    to its end. `stays`: once its job has ended well it is so until somebody undoes it, and asking again does no harm.
    """

    changes: frozenset[Aspect]
    prove: Prove
    limit_s: float = _CHANGE_S
    job_s: float = _JOB_S
    is_asked_for: bool = True
    at_all: bool = False
    moves: Progress | None = None
    begins: bool = False
    stays: bool = False


KINDS: Mapping[type[Change], Kind] = {
    PeerClusters: Kind(_CLUSTERS, cluster_peering.offered, at_all=True),
    AwaitClusterPeer: Kind(_CLUSTERS, cluster_peering.clusters_peered, is_asked_for=False, at_all=True),
    PeerSvms: Kind(_PEERS, peerings.peered, at_all=True),
    AcceptSvmPeer: Kind(_PEERS, peerings.accepted, at_all=True),
    AllowApplications: Kind(_PEERS, peerings.applications_allowed, at_all=True),
    CreatePolicy: Kind(_POLICIES, defined_policies.policy_made),
    ModifyPolicy: Kind(_POLICIES, defined_policies.policy_modified),
    CreateVolume: Kind(_VOLUMES, volumes.volume_made),
    CloneVolume: Kind(_VOLUMES, volumes.volume_cloned),
    SetAside: Kind(_VOLUMES, volumes.set_aside),
    SplitClone: Kind(_VOLUMES, volumes.clone_split, limit_s=_SPLIT_S),
    AwaitOnline: Kind(_VOLUMES, volumes.online, is_asked_for=False),
    ModifyVolume: Kind(_VOLUMES | _POLICIES, volumes.volume_modified, stays=True),
    ModifyQtree: Kind(_QTREES, serving.qtree_modified, stays=True),
    MapLun: Kind(frozenset({Aspect.LUN_MAPS}), serving.lun_mapped),
    CreateShare: Kind(frozenset({Aspect.CIFS_SHARES}), serving.share_made),
    ModifyLun: Kind(_LUNS, serving.lun_modified, stays=True),
    MoveVolume: Kind(_MOVEMENTS, movements.begun, job_s=5.0, begins=True),  # its job may last as long as the move does
    AwaitMove: Kind(_MOVEMENTS, movements.arrived, limit_s=_PERCENT_S, is_asked_for=False, moves=movements.progress),
    CutOver: Kind(_MOVEMENTS, movements.cut_over, job_s=5.0, moves=movements.progress),
    AbortMove: Kind(_MOVEMENTS, movements.aborted),
    MoveLun: Kind(_LUN_PLACES, lun_places.begun, begins=True),
    AwaitLunMove: Kind(
        _LUN_PLACES, lun_places.arrived, limit_s=_PERCENT_S, is_asked_for=False, moves=lun_places.progress
    ),
    CloneLun: Kind(_LUN_PLACES, lun_places.cloned),
    # With what is at the source: a host that was let in there meanwhile is seen before anything is removed.
    CopyLun: Kind(_LUN_PLACES, lun_places.copied, job_s=5.0, begins=True),  # its job may last as long as the copy does
    AwaitLunCopy: Kind(
        _LUN_PLACES, lun_places.copy_complete, limit_s=_PERCENT_S, is_asked_for=False, moves=lun_places.copy_progress
    ),
    CreateIgroup: Kind(frozenset({Aspect.IGROUPS}), lun_places.igroup_made),
    MarkLun: Kind(_LUN_PLACES, lun_places.marked),
    RenameFile: Kind(_FILES, file_places.renamed),
    CloneFile: Kind(_FILES, file_places.cloned),
    MakeFolder: Kind(_FILES, file_places.folder_made),
    CopyFile: Kind(_FILES, file_places.copied, job_s=_SPLIT_S),  # nothing but its job tells how far it is
    DeleteFile: Kind(_FILES, file_places.deleted),
    DeleteLun: Kind(_LUN_PLACES, lun_places.deleted),
    CloseSessions: Kind(frozenset({Aspect.CIFS_SESSIONS}), serving.sessions_closed),
    CreateExportPolicy: Kind(frozenset({Aspect.EXPORT_POLICIES}), serving.export_policy_made),
    # And who else may have claimed the group by now: before a copy goes back to what is common with who serves.
    CreateRelationship: Kind(_RELATIONSHIPS | _POLICIES, mirrors.related),
    ModifyRelationship: Kind(_RELATIONSHIPS, mirrors.relationship_modified),
    Initialize: Kind(_RELATIONSHIPS, mirrors.initialized, begins=True),
    Resume: Kind(_RELATIONSHIPS, mirrors.resumed),
    # Beside what these two change, who else may have claimed the group by now: before it is broken off, and served.
    Pause: Kind(_RELATIONSHIPS | _POLICIES, mirrors.paused, job_s=5.0),  # its job waits for the transfer that runs
    Break: Kind(_RELATIONSHIPS | _VOLUMES | _POLICIES, mirrors.broken_off),  # the destination becomes writable
    Resync: Kind(_RELATIONSHIPS | _VOLUMES, mirrors.resynced, limit_s=_TRANSFER_S, begins=True),
    StartTransfer: Kind(_RELATIONSHIPS, mirrors.started, begins=True),
    AwaitTransfer: Kind(_RELATIONSHIPS, mirrors.carried, limit_s=_TRANSFER_S, is_asked_for=False),
    TakeSnapshot: Kind(_SNAPSHOTS, volumes.snapshot_taken),
    # With it come LUNs as they were at the source: kept from their hosts. And whether the volumes can be served still:
    # behind it the epoch is taken, and there is no way back.
    AwaitSnapshot: Kind(
        _RELATIONSHIPS | _SNAPSHOTS | _LUNS | _VOLUMES,
        mirrors.snapshot_carried,
        limit_s=_TRANSFER_S,
        is_asked_for=False,
    ),
    AwaitIdle: Kind(_RELATIONSHIPS, mirrors.idle, limit_s=_TRANSFER_S, is_asked_for=False),
    AbortTransfer: Kind(_RELATIONSHIPS, mirrors.aborted),
    TakeEpoch: Kind(
        _POLICIES | _RELATIONSHIPS | _VOLUMES, serving.epoch_taken
    ),  # and what somebody serves there by now
    # And whether somebody lets clients in to what was overtaken: nobody looks again behind it.
    ConfirmClaim: Kind(_POLICIES | _VOLUMES | _LUNS, serving.claim_confirmed),
    # Without a relationship nobody breaks a copy off any more: what it is then, it is when it is deleted.
    DeleteRelationship: Kind(_RELATIONSHIPS | _VOLUMES | _POLICIES, removals.relationship_deleted),
    ReleaseRelationship: Kind(frozenset({Aspect.DESTINATIONS}), removals.released),
    DeleteVolume: Kind(_VOLUMES, removals.volume_deleted),
    TakeCommonSnapshot: Kind(_COMMON, volumes.common_snapshot_taken),
    DeleteSnapshot: Kind(_COMMON, removals.snapshot_deleted),
    DeleteClaim: Kind(_POLICIES, removals.claim_deleted),
    RemoveMark: Kind(_VOLUMES, removals.mark_removed),
    RunHook: Kind(frozenset(), proof.never_seen),
}


def kind_of(act: Act) -> Kind:
    return KINDS[type(act.change)]


def aspects_of(act: Act) -> frozenset[Aspect]:
    """What may show what came of it. Qtrees that have no export policy of their own follow their volume's."""
    found = kind_of(act).changes
    if isinstance(act.change, ModifyVolume) and act.change.export is not None:
        found |= _QTREES
    if isinstance(act.change, StartTransfer | AwaitTransfer) and act.change.expands:
        found |= _VOLUMES
    return found


def limit_s(act: Act) -> float:
    """How long nothing may move before an act is given up: of what makes a volume, as the configuration says."""
    if isinstance(act.change, CreateVolume | AwaitOnline):
        return act.change.limit_s
    return kind_of(act).limit_s


def is_asked_for(act: Act) -> bool:
    """Not what is only awaited: a transfer, or a peering that has yet to arrive at the cluster that is to accept it."""
    waits_for_arrival = isinstance(act.change, AcceptSvmPeer) and act.change.uuid is None
    return kind_of(act).is_asked_for and not waits_for_arrival


def prove(act: Act, standing: Standing) -> Proof | None:
    """What is seen of an act; None where the cluster that was asked was not seen.

    A copy that cannot be read is not gone: what was asked for may hold all the same.
    """
    if act.volume is not None and (reason := standing.hidden.get(CopyId(act.backend, act.volume))):
        return Proof(Holds.NOT_YET, reason)
    seen = next(site.seen for site in standing.sites.values() if site.backend.cluster == act.cluster)
    return kind_of(act).prove(act.change, Ground(act, standing, seen)) if isinstance(seen, ClusterView) else None


def progress(act: Act, standing: Standing) -> object:
    """What moves while an act is awaited: as long as it differs from look to look, nothing is stuck.

    None: nothing can be stuck, as a transfer that waits for its turn, that ONTAP itself has queued behind others, or
    that is to be aborted.
    """
    if (moves := kind_of(act).moves) is not None:
        seen = standing.sites[act.backend].seen
        return moves(act.change, seen) if isinstance(seen, ClusterView) else False
    copy = standing.copy(act.backend, act.volume or "")
    transfer = copy.edge.relationship.transfer if copy and copy.edge else None
    if transfer is None:
        return None if isinstance(act.change, AwaitTransfer) and _waits_for_its_turn(copy) else False
    if isinstance(act.change, Pause):  # it comes about once the transfer has ended
        return (transfer.uuid,)
    if kind_of(act).is_asked_for and not isinstance(act.change, Resync):
        return False
    if isinstance(act.change, AwaitIdle) and act.change.until is not None:
        return None
    return None if transfer.state is TransferState.QUEUED else (transfer.uuid, transfer.bytes_transferred)


def _waits_for_its_turn(copy: Copy | None) -> bool:
    """Nothing was asked for: before a first transfer is awaited, it is begun, as soon as the plan lets it."""
    return copy is not None and copy.edge is not None and copy.edge.relationship.state is MirrorState.UNINITIALIZED


__all__ = ["KINDS", "Holds", "Kind", "is_asked_for", "kind_of", "limit_s", "progress", "prove"]
