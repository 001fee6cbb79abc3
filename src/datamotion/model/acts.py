"""The acts a plan is made of: each one change at one cluster, or one thing to wait for.

An act names what it changes by uuid where that exists already; None stands for something that an earlier step of the
same plan makes, and by the time the act is due it has been observed and planned again with its uuid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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
    | SetAside
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
