"""The acts a plan is made of: each one change at one cluster, or one thing to wait for.

An act names what it changes by uuid where that exists already; None stands for something that an earlier step of the
same plan makes, and by the time the act is due it has been observed and planned again with its uuid.
"""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.model.records import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSvms:
    """`svm` of the cluster that is asked is peered with `peer_svm` of `peer_cluster`, for SnapMirror.

    `name` is what the cluster that is asked calls the peer; no other SVM that it knows has it.
    """

    svm: str
    name: str
    peer_svm: str
    peer_cluster: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptSvmPeer:
    """The peering that another cluster asked this one for is accepted."""

    uuid: str | None
    svm: str
    peer_svm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVolume:
    """A volume of type `dp` exists, with the size and properties of its source, unmounted."""

    volume: str
    svm: str
    aggregates: tuple[str, ...]
    size_bytes: int
    style: str
    language: str | None
    guarantee: str | None
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRelationship:
    """A relationship exists, uninitialized; no data has moved."""

    source: Endpoint
    destination: Endpoint
    policy: str
    schedule: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyRelationship:
    """Its policy or transfer schedule is the wanted one. None: unchanged."""

    uuid: str
    policy: str | None
    schedule: str | None


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
    """An update of a relationship has been started."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitTransfer:
    """Nothing is changed: the transfer that runs is waited for."""

    uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortTransfer:
    """The running transfer is stopped; its restart checkpoint is kept."""

    relationship_uuid: str
    transfer_uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """No new transfer starts (ONTAP's quiesce)."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The destination is writable and holds its last exported snapshot."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyVolume:
    """The volume has this junction path ("" unmounts), comment, size. None: unchanged."""

    uuid: str | None
    path: str | None = None
    comment: str | None = None
    size_bytes: int | None = None


Change = (
    PeerSvms
    | AcceptSvmPeer
    | CreateVolume
    | CreateRelationship
    | ModifyRelationship
    | Initialize
    | Resume
    | StartTransfer
    | AwaitTransfer
    | AbortTransfer
    | Pause
    | Break
    | ModifyVolume
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One change, for one volume of the group at one back end. `volume` is None when it serves all of them.

    `cluster` is the one that is asked, by its name in the configuration. `backend` and `volume` (the source volume's
    name) are what outcomes are counted by. `title` (that of its step) and `text` are for people.
    """

    cluster: str
    backend: str
    volume: str | None
    change: Change
    title: str
    text: str

    @property
    def subject(self) -> tuple[str, str | None]:
        return (self.backend, self.volume)
