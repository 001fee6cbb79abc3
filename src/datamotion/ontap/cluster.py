"""An ONTAP cluster, as the engine knows one: look at aspects of it, ask for changes, follow its jobs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, assert_never

from datamotion.clock import Clock
from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Delay, Reply
from datamotion.errors import ClusterError, ClusterNotAsked, ConfigError, InternalError
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
from datamotion.model.item_records import FileName, FilesIn
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
    SplitClone,
    TakeCommonSnapshot,
    TakeSnapshot,
)
from datamotion.model.volume_records import Snapshot
from datamotion.ontap.accounts import get_access
from datamotion.ontap.aggregates import list_aggregates
from datamotion.ontap.answer import Answer
from datamotion.ontap.bulk import Bulk
from datamotion.ontap.cifs import change_cifs, list_sessions
from datamotion.ontap.clones import change_clone
from datamotion.ontap.clusters import (
    get_identity,
    list_cluster_peers,
    list_interfaces,
    list_licenses,
    list_nodes,
    list_schedules,
    peer_clusters,
)
from datamotion.ontap.errors import MalformedRecord, told
from datamotion.ontap.exports import change_exports, list_export_policies, list_qtrees
from datamotion.ontap.files import change_file, list_copy_jobs, list_files
from datamotion.ontap.igroups import change_igroup
from datamotion.ontap.jobs import follow_jobs
from datamotion.ontap.lun_maps import list_igroups, list_lun_maps
from datamotion.ontap.lun_places import list_lun_places
from datamotion.ontap.luns import change_lun, list_luns
from datamotion.ontap.movements import change_movement, list_movements
from datamotion.ontap.named_policies import list_qos_policies, list_snapshot_policies
from datamotion.ontap.policies import change_policy, list_policies
from datamotion.ontap.relationship_changes import modify_relationships
from datamotion.ontap.removing import Removal, list_destinations, remove
from datamotion.ontap.replies import reply_of
from datamotion.ontap.rows import Listing
from datamotion.ontap.shares import list_cifs_servers, list_shares
from datamotion.ontap.snapmirror import change_relationship, list_relationships
from datamotion.ontap.snapshots import change_snapshot, list_common_snapshots, list_snapshots, measure
from datamotion.ontap.svms import change_svm_peer, list_svm_peers, list_svms
from datamotion.ontap.transitions import StateChange, change_states
from datamotion.ontap.transport import Transport
from datamotion.ontap.validating import validate
from datamotion.ontap.volume_changes import modify_volumes
from datamotion.ontap.volumes import create_volume, list_volumes
from datamotion.policy.validation import Question

_OF_CLUSTER: Mapping[Aspect, Callable[[Transport], Awaitable[object]]] = {
    Aspect.IDENTITY: get_identity,
    Aspect.CLUSTER_PEERS: list_cluster_peers,
    Aspect.SVMS: list_svms,
    Aspect.SVM_PEERS: list_svm_peers,
    Aspect.AGGREGATES: list_aggregates,
    Aspect.POLICIES: list_policies,
    Aspect.SCHEDULES: list_schedules,
    Aspect.SNAPSHOT_POLICIES: list_snapshot_policies,
    Aspect.QOS_POLICIES: list_qos_policies,
    Aspect.LICENSES: list_licenses,
    Aspect.NODES: list_nodes,
    Aspect.INTERFACES: list_interfaces,
    Aspect.ACCESS: get_access,
    Aspect.COPY_JOBS: list_copy_jobs,
}
_OF_SVMS: Mapping[Aspect, Callable[[Transport, Collection[str]], Awaitable[object]]] = {
    Aspect.VOLUMES: list_volumes,
    Aspect.RELATIONSHIPS: list_relationships,
    Aspect.DESTINATIONS: list_destinations,
    Aspect.EXPORT_POLICIES: list_export_policies,
    Aspect.QTREES: list_qtrees,
    Aspect.CIFS_SESSIONS: list_sessions,
    Aspect.LUNS: list_luns,
    Aspect.LUN_MAPS: list_lun_maps,
    Aspect.IGROUPS: list_igroups,
    Aspect.CIFS_SHARES: list_shares,
    Aspect.CIFS_SERVERS: list_cifs_servers,
    Aspect.MOVEMENTS: list_movements,
    Aspect.LUN_PLACES: list_lun_places,
    Aspect.SNAPSHOTS: list_snapshots,
    Aspect.COMMON_SNAPSHOTS: list_common_snapshots,
}

_NONE_WITHOUT: Mapping[Aspect, Aspect] = {Aspect.LUN_MAPS: Aspect.LUNS, Aspect.CIFS_SHARES: Aspect.CIFS_SERVERS}
"""There is none of the former where there is none of the latter."""
_IDLE_WITHOUT: Mapping[Aspect, Aspect] = {Aspect.IGROUPS: Aspect.LUNS}
"""Of the former there may be, and nothing is done with them."""

_log = logging.getLogger(__name__)


class OntapCluster:
    """Fulfils the engine's port `Cluster`."""

    def __init__(self, transport: Transport, clock: Clock, passphrases: Mapping[str, str] | None = None) -> None:
        """`passphrases` are those by which clusters become peers, by name."""
        self._passphrases = passphrases or {}
        self._transport = transport
        self._clock = clock
        self._bulk = Bulk(transport.name)

    @property
    def unanswered(self) -> Delay | None:
        """The request that has waited longest for an answer; None where none is under way."""
        return self._transport.unanswered

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> ClusterView:
        """One collection GET an aspect, side by side; access takes two. One that was silent is tried again.

        Maps, igroups and shares are asked for behind the others, where those show that there is a use for them.
        Raises: ClusterRefused, ClusterSilent.
        """
        self._transport.forget()
        began_at = self._clock.now()
        behind = {**_NONE_WITHOUT, **_IDLE_WITHOUT}
        asked = set(aspects)
        last = {aspect for aspect in asked if behind.get(aspect) in asked}
        found: dict[Aspect, object] = {}
        with self._transport.looking() as transport:

            async def look(aspect: Aspect) -> object:
                try:
                    return await _look(transport, aspect, svms, files)
                except ClusterError as failure:
                    # Not raised at once: that would cut the others off in the middle of a handshake.
                    return failure
                except Exception as error:  # noqa: BLE001  # whatever a cluster sends, it stops no other one
                    _log.debug("%s: %s", transport.name, aspect, exc_info=True)
                    return MalformedRecord(transport.name, f"of its {aspect}", f"{type(error).__name__}: {told(error)}")

            async def look_at(aspects: Collection[Aspect]) -> None:
                asked = sorted(aspects)
                found.update(zip(asked, await side_by_side(look, asked), strict=True))
                for failure in found.values():
                    if isinstance(failure, ClusterError):
                        raise failure

            await look_at(asked - last)
            of_use = {aspect for aspect in last if not _is_none(found[behind[aspect]])}
            found |= dict.fromkeys((last - of_use) & _NONE_WITHOUT.keys(), ())
            await look_at(of_use)
        # An aspect's name is that of the part of the view that it fills.
        parts: dict[str, Any] = {
            aspect.name.lower(): each.records if isinstance(each, Listing) else each for aspect, each in found.items()
        }
        listings = (found[aspect] for aspect in sorted(found))
        unreadable = tuple(each for listing in listings if isinstance(listing, Listing) for each in listing.unreadable)
        looked_at = dict.fromkeys(found, began_at)
        return ClusterView(looked_at=looked_at, clock=transport.clock, unreadable=unreadable, **parts)

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

    async def validate(self, questions: Sequence[Question]) -> Sequence[Reply]:
        """One request each, side by side."""
        return await side_by_side(lambda each: reply_of(validate(self._transport, each)), questions)

    async def measure(self, snapshots: Sequence[Snapshot]) -> Mapping[str, int]:
        """As the port says."""
        try:
            return await measure(self._transport, snapshots)
        except ClusterError:
            return {}

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        """Sets no time limit: a job that stays queued is followed until the caller gives up."""
        return await follow_jobs(self._transport, self._clock, jobs)


def _is_none(found: object) -> bool:
    """Told, and there is none; not where some cannot be read."""
    return not (found.records or found.unreadable) if isinstance(found, Listing) else found == ()


def _without_mark(change: Change) -> Change:
    """To a cluster, removing a mark is a change of a volume like others."""
    return ModifyVolume(uuid=change.uuid, comment=change.comment) if isinstance(change, RemoveMark) else change


async def _look(
    transport: Transport, aspect: Aspect, svms: Collection[str], files: Collection[FileName | FilesIn]
) -> object:
    if aspect is Aspect.FILES:
        return await list_files(transport, files)
    if aspect in _OF_CLUSTER:
        return await _OF_CLUSTER[aspect](transport)
    # Without an SVM the query would be empty, and ONTAP would answer with everything.
    return await _OF_SVMS[aspect](transport, svms) if svms else ()
