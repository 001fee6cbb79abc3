"""The acts a plan is made of: each one change at one cluster, or one thing to wait for.

An act names what it changes by uuid where that exists already; None stands for something that an earlier step of the
same plan makes, and by the time the act is due it has been observed and planned again with its uuid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from datamotion.model.claim import Claim
from datamotion.model.definition import PolicyDefinition, Rule
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
from datamotion.model.records import Endpoint, Share

ONLINE_S = 360.0
"""How long a new volume may take to be there, and then to be online. As in OpenStack Cinder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerClusters:
    """The cluster that is asked has `peer` for its peer, or offers that at these addresses.

    `peer` is what the other calls itself. What proves that it is meant is the passphrase of the cluster `secret_of`, by
    its name in the configuration: no act holds a secret.
    """

    peer: str
    addresses: tuple[str, ...]
    secret_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitClusterPeer:
    """Nothing is changed: a cluster is waited for that becomes a peer once both have offered it."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSvms:
    """`svm` of the cluster that is asked is peered with `peer_svm` of `peer_cluster`, for these applications.

    `name` is what the cluster that is asked calls the peer; no other SVM that it knows has it.
    """

    svm: str
    name: str
    peer_svm: str
    peer_svm_uuid: str
    peer_cluster: str
    applications: frozenset[str] = frozenset({"snapmirror"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptSvmPeer:
    """The peering of `svm` that another cluster asked for is accepted. `uuid` is None until it has arrived."""

    uuid: str | None
    svm: str
    peer_svm_uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowApplications:
    """An SVM peering serves these applications: what is wanted beside those that it had."""

    uuid: str
    svm: str
    peer_svm_uuid: str
    applications: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePolicy:
    """The SVM has a SnapMirror policy as it is defined."""

    svm: str
    definition: PolicyDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyPolicy:
    """A SnapMirror policy has these rules and no others, and this schedule ("" for none). None: unchanged."""

    uuid: str
    rules: tuple[Rule, ...] | None
    schedule: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVolume:
    """A volume of type `dp` exists, with the size and properties of its source, unmounted; awaited for so long."""

    volume: str
    svm: str
    aggregates: tuple[str, ...]
    size_bytes: int
    style: str
    language: str | None
    guarantee: str | None
    comment: str
    constituents_per_aggregate: int | None = None
    snapshot_reserve: int | None = None
    is_encrypted: bool = False
    efficiency: tuple[tuple[str, str], ...] = ()  # what is switched on, by the names of ONTAP's fields
    limit_s: float = ONLINE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitOnline:
    """Nothing is changed: a destination volume is waited for, for so long, until it is online."""

    limit_s: float = ONLINE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRelationship:
    """A relationship exists, uninitialized; no data has moved."""

    source: Endpoint
    destination: Endpoint
    policy: str
    schedule: str | None
    throttle: int | None = None  # KiB a second


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyRelationship:
    """Its policy, transfer schedule or throttle is the wanted one ("" and 0: none of its own). None: unchanged."""

    uuid: str
    policy: str | None
    schedule: str | None
    throttle: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialize:
    """The first transfer of a relationship has been started."""

    uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """A paused relationship follows its schedule again."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTransfer:
    """An update of a relationship has been started since it exported this snapshot, its last transfer ended then.

    `snapshot` is the one of its source that it carries; None: what the source holds at that moment.
    `expands`: the destination gets as many constituents as the source with it.
    """

    uuid: str
    exported: str | None
    ended_at: datetime | None
    snapshot: str | None = None
    expands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitTransfer:
    """Nothing is changed: a transfer is waited for that leaves another snapshot than this one.

    `expands`: the destination gets as many constituents as the source with it.
    """

    uuid: str | None
    exported: str | None
    expands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSnapshot:
    """The volume has a snapshot of this name, taken since it had none. `label` is what policies select it by."""

    volume_uuid: str
    name: str
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitSnapshot:
    """Nothing is changed: a transfer is waited for that leaves this very snapshot, told by its version."""

    uuid: str
    name: str
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitIdle:
    """Nothing is changed: the transfer that runs is waited for, however it ends; `until`: it is aborted then."""

    uuid: str | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortTransfer:
    """The running transfer is stopped; its restart checkpoint is kept."""

    relationship_uuid: str
    transfer_uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """No new transfer starts (ONTAP's quiesce).

    `during` is the transfer that runs, and has to end first. Once it has, the cluster is asked again: it waits for an
    end for so long only, and how long that is nobody tells.
    """

    uuid: str
    during: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The destination is writable and holds its last exported snapshot; with `restore_to` the one of that name."""

    uuid: str
    restore_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """A destination that was broken off is becoming a mirror again, from the newest snapshot that both ends hold.

    What was written there since is gone.
    """

    uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRelationship:
    """No relationship of this uuid ends in the destination volume any more, which stays as it is."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRelationship:
    """Its source does not list the relationship any more, and the snapshots that were made for it are gone there.

    `uuid` is the one that the source lists it by. `keeps_snapshots`: they stay, being what two copies have in common.
    """

    uuid: str
    keeps_snapshots: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteVolume:
    """The volume is gone, with all its snapshots."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCommonSnapshot:
    """The volume has a snapshot of that name, with that SnapMirror label."""

    volume_uuid: str
    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSnapshot:
    """The snapshot of the volume is gone."""

    volume_uuid: str
    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneVolume:
    """A writable volume of this name holds what its parent held at a snapshot, as a clone of it.

    It is mounted at `path`, nowhere without one, and has this export policy; None: its parent's.
    """

    volume: str
    svm: str
    parent_uuid: str
    snapshot: str
    comment: str
    path: str | None = None
    export: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitClone:
    """The volume is no clone any more: what becomes of its parent does not concern it."""

    uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyVolume:
    """The volume has this junction path ("" unmounts), export policy, comment, size, snapshot and QoS policy, autosize
    mode; of its efficiency this is switched on. None: unchanged.
    """

    uuid: str | None
    path: str | None = None
    export: str | None = None
    comment: str | None = None
    size_bytes: int | None = None
    snapshots: str | None = None
    qos: str | None = None
    autosize: str | None = None
    efficiency: tuple[tuple[str, str], ...] = ()  # by the names of ONTAP's fields


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveVolume:
    """The volume goes to this aggregate, or is there. `waits`: the cut-over is to be asked for."""

    uuid: str
    aggregate: str
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitMove:
    """Nothing is changed: a volume is waited for to be on this aggregate; `until`: all but its cut-over is done, and
    that is not asked for before.
    """

    uuid: str
    aggregate: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOver:
    """A volume that waits for it is cut over to the aggregate that it moves to, or is there."""

    uuid: str
    aggregate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortMove:
    """The volume stays where it is: its move does not go on."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyQtree:
    """A qtree has this export policy."""

    volume_uuid: str
    id: int
    export: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyLun:
    """Hosts can use a LUN, or cannot: its maps stay as they are."""

    uuid: str
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLun:
    """A LUN is mapped to an igroup of its SVM; it is asked for under this number, None: under one that is free."""

    svm: str
    lun_uuid: str | None
    igroup: str
    number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateShare:
    """The SVM has a share of that name, which leads to that path."""

    share: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSessions:
    """Nobody who is connected by SMB uses the volume. `sessions` are paths of those who do."""

    volume_uuid: str
    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateExportPolicy:
    """The SVM has an export policy of that name, without rules: it lets nobody in."""

    svm: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeEpoch:
    """The SVM holds this claim, and no other of its group and epoch: a cluster refuses the second of one name."""

    svm: str
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmClaim:
    """The claim that is the policy with this uuid says that it was served."""

    uuid: str
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteClaim:
    """The policy with this uuid, which was a claim, is gone."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMark:
    """A volume that is nobody's copy bears no mark: its comment is this one, what people wrote."""

    uuid: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHook:
    """A command has ended with status 0 on this host, in time. `facts` are what its environment tells it."""

    command: tuple[str, ...]
    limit_s: float
    facts: tuple[tuple[str, str], ...] = ()


Change = (
    PeerClusters
    | AwaitClusterPeer
    | PeerSvms
    | AcceptSvmPeer
    | AllowApplications
    | CreatePolicy
    | ModifyPolicy
    | CreateVolume
    | AwaitOnline
    | CreateRelationship
    | ModifyRelationship
    | Initialize
    | Resume
    | StartTransfer
    | AwaitTransfer
    | TakeSnapshot
    | AwaitSnapshot
    | AwaitIdle
    | AbortTransfer
    | Pause
    | Break
    | Resync
    | DeleteRelationship
    | ReleaseRelationship
    | DeleteVolume
    | TakeCommonSnapshot
    | DeleteSnapshot
    | CloneVolume
    | SplitClone
    | ModifyVolume
    | MoveVolume
    | AwaitMove
    | CutOver
    | AbortMove
    | ModifyQtree
    | ModifyLun
    | MoveLun
    | AwaitLunMove
    | CloneLun
    | CopyLun
    | AwaitLunCopy
    | CreateIgroup
    | DeleteLun
    | MarkLun
    | RenameFile
    | CloneFile
    | MakeFolder
    | CopyFile
    | DeleteFile
    | MapLun
    | CreateShare
    | CloseSessions
    | CreateExportPolicy
    | TakeEpoch
    | ConfirmClaim
    | DeleteClaim
    | RemoveMark
    | RunHook
)

THIS_HOST = "this host"
"""In the place of a cluster: what is carried out here, and shows nowhere but in how it ended."""

Wait = (
    AwaitClusterPeer | AwaitOnline | AwaitTransfer | AwaitSnapshot | AwaitIdle | AwaitMove | AwaitLunMove | AwaitLunCopy
)
"""Nothing is asked for: what goes on at the clusters is looked at until it has come about."""

Subject = tuple[str, str | None]
"""A back end and one of the group's volumes; None stands for what all its volumes need."""


class ActId(NamedTuple):
    """What answers and patience are remembered by: who is asked, and for what.

    `about` tells acts of one kind for one volume apart, as the qtrees of a volume.
    """

    cluster: str
    backend: str
    volume: str | None
    kind: type[Change]
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One change, for one volume of the group at one back end. `volume` is None when it serves all of them.

    `cluster` is the one that is asked, by its name in the configuration. `backend` and `volume` (what the group calls
    it) are what outcomes are counted by. `title` (that of its step) and `text` are for people.
    """

    cluster: str
    backend: str
    volume: str | None
    change: Change
    title: str
    text: str
    about: str = ""

    @property
    def subject(self) -> Subject:
        return (self.backend, self.volume)

    @property
    def id(self) -> ActId:
        return ActId(self.cluster, self.backend, self.volume, type(self.change), self.about)
