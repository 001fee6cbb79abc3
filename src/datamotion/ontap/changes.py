"""What a cluster is asked to change: each kind of act goes to the module that makes its requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Reply
from datamotion.errors import ClusterNotAsked, ConfigError, InternalError
from datamotion.model.acts import Act, Change, RunHook, Wait
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
from datamotion.ontap.answer import Answer
from datamotion.ontap.bulk import Bulk
from datamotion.ontap.cifs import change_cifs
from datamotion.ontap.clones import change_clone
from datamotion.ontap.clusters import (
    peer_clusters,
)
from datamotion.ontap.exports import change_exports
from datamotion.ontap.files import change_file
from datamotion.ontap.igroups import change_igroup
from datamotion.ontap.luns import change_lun
from datamotion.ontap.mirroring import change_relationship
from datamotion.ontap.movements import change_movement
from datamotion.ontap.policy_changes import change_policy
from datamotion.ontap.relationship_changes import modify_relationships
from datamotion.ontap.removing import Removal, remove
from datamotion.ontap.replies import reply_of
from datamotion.ontap.snapshots import change_snapshot
from datamotion.ontap.svm_peering import change_svm_peer
from datamotion.ontap.transitions import StateChange, change_states
from datamotion.ontap.transport import Transport
from datamotion.ontap.validating import validate
from datamotion.ontap.volume_changes import create_volume, modify_volumes, set_aside
from datamotion.policy.validation import Question


class Changes:
    """Of one cluster."""

    def __init__(self, transport: Transport, passphrases: Mapping[str, str]) -> None:
        """`passphrases` are those by which clusters become peers, by name."""
        self._passphrases = passphrases
        self._transport = transport
        self._bulk = Bulk(transport.name)

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        """Changes of relationships and of what volumes have, and removals go in batches; all else side by side.

        Never raises a ClusterError.
        Raises: InternalError when the acts are of several kinds; in a group, when one changes what was never observed.
        """
        changes = [act.change for act in acts]
        if len({type(change) for change in changes}) > 1:
            raise InternalError("acts of several kinds were asked for at once")
        state_changes = [change for change in changes if isinstance(change, StateChange)]
        if state_changes:
            return await change_states(self._transport, self._bulk, state_changes)
        volume_changes = [each for each in map(_without_mark, changes) if isinstance(each, ModifyVolume)]
        if volume_changes:
            return await modify_volumes(self._transport, self._bulk, volume_changes)
        relationship_changes = [change for change in changes if isinstance(change, ModifyRelationship)]
        if relationship_changes:
            return await modify_relationships(self._transport, self._bulk, relationship_changes)
        removals = [change for change in changes if isinstance(change, Removal)]
        if removals:
            return await remove(self._transport, self._bulk, removals)
        return await side_by_side(self._ask_one, changes)

    async def validate(self, questions: Sequence[Question]) -> Sequence[Reply]:
        """What it would say to these, one request each, side by side. Nothing is changed."""
        return await side_by_side(lambda each: reply_of(validate(self._transport, each)), questions)

    async def _ask_one(self, change: Change) -> Reply:
        """One that goes in no batch."""
        if isinstance(change, Wait):
            return Accepted()
        if isinstance(change, PeerClusters):
            return await reply_of(self._peer(change))
        return await reply_of(self._answer_to(change))

    async def _answer_to(self, change: Change) -> Answer:  # noqa: C901, PLR0911, PLR0912  # one for each module of requests
        match change:
            case PeerSvms() | AcceptSvmPeer() | AllowApplications():
                return await change_svm_peer(self._transport, change)
            case CreateVolume():
                return await create_volume(self._transport, change)
            case SetAside():
                return await set_aside(self._transport, change)
            case CloneVolume() | SplitClone():
                return await change_clone(self._transport, change)
            case CreateRelationship() | StartTransfer() | AbortTransfer():
                return await change_relationship(self._transport, change)
            case TakeSnapshot() | TakeCommonSnapshot() | DeleteSnapshot():
                return await change_snapshot(self._transport, change)
            case MoveVolume() | CutOver() | AbortMove():
                return await change_movement(self._transport, change)
            case CreateExportPolicy() | ModifyQtree():
                return await change_exports(self._transport, change)
            case ModifyLun() | MoveLun() | CloneLun() | CopyLun() | MarkLun() | DeleteLun():
                return await change_lun(self._transport, change)
            case MapLun() | CreateIgroup():
                return await change_igroup(self._transport, change)
            case RenameFile() | CloneFile() | MakeFolder() | CopyFile() | DeleteFile():
                return await change_file(self._transport, change)
            case CloseSessions() | CreateShare():
                return await change_cifs(self._transport, change)
            case TakeEpoch() | ConfirmClaim() | CreatePolicy() | ModifyPolicy():
                return await change_policy(self._transport, change)
            case (
                ModifyVolume()
                | RemoveMark()
                | RunHook()
                | Initialize()
                | Resume()
                | Resync()
                | Pause()
                | Break()
                | AwaitTransfer()
                | AwaitSnapshot()
                | AwaitIdle()
                | AwaitOnline()
                | AwaitClusterPeer()
                | AwaitMove()
                | AwaitLunMove()
                | AwaitLunCopy()
                | PeerClusters()
                | ModifyRelationship()
                | DeleteRelationship()
                | ReleaseRelationship()
                | DeleteVolume()
                | DeleteClaim()
            ):
                raise InternalError(f"{type(change).__name__} has no request of its own")
            case _:
                assert_never(change)

    async def _peer(self, change: PeerClusters) -> Answer:
        passphrase = self._passphrases.get(change.secret_of)
        if passphrase is None:
            problem = ConfigError(
                f"there is no passphrase by which {change.secret_of} gets a peer",
                hint="name `peer_passphrase` of it in the configuration, or run it on a terminal, which asks for one",
            )
            raise ClusterNotAsked(self._transport.name, problem)
        return await peer_clusters(self._transport, change, passphrase)


def _without_mark(change: Change) -> Change:
    """To a cluster, removing a mark is a change of a volume like others."""
    return ModifyVolume(uuid=change.uuid, comment=change.comment) if isinstance(change, RemoveMark) else change
