"""What a cluster reports, as immutable records: made in `ontap/` from JSON, read by planners and reports.

Identity is the uuid; names are labels that people change. Sizes are bytes, durations `timedelta`, instants aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from datamotion.model.definition import Rule
from datamotion.model.words import MirrorState, MoveState, PassageState, TransferState, VolumeState, VolumeType


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a relationship. `svm` is the name as the destination cluster knows it (the peer's alias there)."""

    svm: str
    volume: str

    def __str__(self) -> str:
        return f"{self.svm}:{self.volume}"

    @classmethod
    def parse(cls, path: str) -> Endpoint:
        """The endpoint that ONTAP writes as `svm:volume`.

        >>> Endpoint.parse("svm_gold:vol_1")
        Endpoint(svm='svm_gold', volume='vol_1')
        """
        svm, _, volume = path.partition(":")
        return cls(svm, volume)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterIdentity:
    """`name` is what the cluster calls itself, which need not be its name in the configuration."""

    name: str
    uuid: str
    version: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPeer:
    """`name` is what the peer is called here, which anybody may change; `remote` is what it calls itself.

    An offer that nobody has accepted yet has no `remote`; `addresses` say to whom it is.
    """

    uuid: str
    name: str
    remote: str
    available: bool
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IpInterface:
    """A network interface that carries what goes to other clusters; `node` is where it is now."""

    name: str
    node: str
    is_up: bool
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the account that asks may do. `role` is None where the cluster does not list the account, which may be let
    in by a group or a directory. `granted` is the access by path of the API, or by command.
    """

    account: str
    role: str | None
    granted: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a cron schedule fires; what is empty means every one. Weekday 0 is Sunday."""

    name: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Svm:
    uuid: str
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SvmPeer:
    """A peering of two SVMs as one cluster sees it. `name` is the alias by which paths here name the peer.

    `peer_cluster` is the peer cluster's name here; who it is, `peer_cluster_uuid` says.
    """

    uuid: str
    name: str
    svm: str
    peer_svm: str
    peer_svm_uuid: str | None
    peer_cluster: str
    peer_cluster_uuid: str | None
    state: str
    applications: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    name: str
    available_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A SnapMirror policy. `svm` is None for one of cluster scope, `schedule` None where it has none.

    `takes_snapshots`: an update carries what the source holds at that moment; without it (a vault's policy) only
    snapshots with certain labels, which something else has to make. `copies_all`: and every snapshot that the source
    has; `copies_latest`: and none beside; else those that have one of the `labels`.
    """

    uuid: str
    name: str
    svm: str | None
    type: str
    schedule: str | None
    takes_snapshots: bool
    comment: str
    copies_all: bool = False
    copies_latest: bool = False
    rules: tuple[Rule, ...] = ()

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(rule.label for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPolicy:
    """Which NFS clients may come. One without rules lets nobody in."""

    name: str
    svm: str
    rules: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Qtree:
    """A qtree, and the export policy that binds it, which its volume's does not when it has one of its own.

    `is_own`: the two differ, so this one is the qtree's own. Where they are the same, ONTAP does not tell whether the
    qtree inherits it.
    """

    volume_uuid: str
    id: int
    name: str
    export: str
    is_own: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CifsSession:
    """Somebody who is connected by SMB. `path` says which session below the collection; `volumes` it uses, by uuid."""

    path: str
    volumes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """`path` is the junction path, None while unmounted. `export` is its export policy, None where it tells none.

    `constituents` is None for a FlexVol; `is_clone`: a FlexClone that still shares its parent's blocks.
    """

    uuid: str
    name: str
    svm: str
    type: VolumeType
    state: VolumeState
    style: str
    size_bytes: int
    used_bytes: int
    aggregates: tuple[str, ...]
    path: str | None
    comment: str
    language: str | None
    guarantee: str | None
    export: str | None = None
    snapshots: str | None = None  # its snapshot policy
    qos: str | None = None
    is_clone: bool = False
    is_encrypted: bool = False
    constituents: int | None = None
    snapshot_reserve: int | None = None  # percent of its size
    dedupe: str | None = None  # "none", "background", "inline", "both", as ONTAP says
    compression: str | None = None
    autosize: str | None = None  # "off", "grow", "grow_shrink"

    @property
    def efficiency(self) -> str | None:
        """What of its efficiency is switched on, as marks note it; None: nothing."""
        found = (("dedupe", self.dedupe), ("compression", self.compression))
        return ",".join(f"{name}:{value}" for name, value in found if value not in (None, "none")) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lun:
    """A LUN of a volume; `path` is where it is in that. Hosts read and write it only while it is enabled."""

    uuid: str
    volume_uuid: str
    path: str
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The copy or move of a LUN to another volume that goes on, else its last one; LUNs by their full names.

    Until a move has arrived, `destination` is where it goes. A copy tells none: it is where it goes.
    """

    source: str | None
    destination: str | None
    state: PassageState
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLun:
    """A LUN with all that has to be known to bring it elsewhere. `path` is where it is in its volume.

    `igroups` are those that it is mapped to, each with the number by which its hosts know it there.
    """

    uuid: str
    svm: str
    volume: str
    path: str
    size_bytes: int
    used_bytes: int
    serial: str | None
    is_enabled: bool
    comment: str
    igroups: tuple[tuple[str, int | None], ...] = ()
    move: Passage | None = None
    copy: Passage | None = None

    @property
    def name(self) -> str:
        """As ONTAP calls it."""
        return lun_name(self.volume, self.path)


def lun_name(volume: str, path: str) -> str:
    """What ONTAP calls the LUN at that path of a volume."""
    return f"/vol/{volume}/{path}"


class FileName(NamedTuple):
    """A file by where it is: its path from the root of a volume of an SVM."""

    svm: str
    volume: str
    path: str


@dataclass(frozen=True, slots=True)
class FilesIn:
    """All that is in a folder, or at a volume's root, whose path is empty."""

    folder: FileName


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFile:
    """A file that is there. `kind` is ONTAP's word for what it is: `file`, `directory`, `symlink`.

    `mode` are the octal digits that ONTAP writes as a number, 755; None where it does not tell.
    """

    name: FileName
    kind: str
    size_bytes: int
    used_bytes: int
    modified_at: datetime
    mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyJob:
    """A job of a cluster that copies files, or did. `ended_at` is None while it goes on."""

    uuid: str
    state: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LunMap:
    """The initiators of an igroup see a LUN under this number."""

    lun_uuid: str
    svm: str
    igroup: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Igroup:
    """Hosts that LUNs are mapped to together. An initiator may be in several, and sees each number once."""

    name: str
    svm: str
    initiators: frozenset[str] = frozenset()
    protocol: str = "mixed"
    os_type: str = "linux"


class Permission(NamedTuple):
    """One entry of a share's ACL, in ONTAP's words."""

    who: str
    permission: str
    type: str = "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A path in an SVM's namespace that SMB hosts connect to by name.

    `properties` are by the names of ONTAP's fields, in their order, as text: "true", "false" or one of its words.
    """

    svm: str
    name: str
    path: str
    comment: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    acl: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CifsServer:
    """An SVM serves SMB."""

    svm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """The move of a volume to another aggregate that goes on, else its last one. `percent` is of the replication."""

    uuid: str  # the volume's
    aggregate: str  # where it goes
    state: MoveState
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPolicy:
    """A policy that volumes refer to by its name; `svm` is None for one of the cluster, which all its SVMs may use."""

    name: str
    svm: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot of a volume. Two of equal `version` hold the same state, whatever volume they are of.

    `version` is None where the cluster tells none. `created_at` is by the clock of the cluster that took it.
    """

    uuid: str
    volume_uuid: str
    name: str
    version: str | None
    created_at: datetime
    label: str | None  # what SnapMirror policies select it by


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The running transfer of a relationship, else its last one. `uuid` is known only while it runs."""

    uuid: str | None
    state: TransferState
    bytes_transferred: int | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A SnapMirror relationship as its destination cluster reports it.

    `lag` is the age of `exported_snapshot`, the newest state that the destination can serve; both are None while it
    holds none. `lag_problem` says of an age that nobody can believe why, in words that go after "the cluster";
    `lag` is None then. `source_cluster` is None when both ends are on one cluster; it and the two uuids say who the
    source is, which its path does not. `schedule` is its own: without one it follows its policy's; so is `throttle`, in
    KiB a second, 0 without one.
    """

    uuid: str
    source: Endpoint
    source_cluster: str | None
    source_cluster_uuid: str | None
    source_svm_uuid: str | None
    destination: Endpoint
    state: MirrorState
    healthy: bool
    unhealthy_reason: str | None
    policy: str
    schedule: str | None
    lag: timedelta | None
    exported_snapshot: str | None
    transfer: Transfer | None
    lag_problem: str = ""
    throttle: int = 0

    @property
    def is_transferring(self) -> bool:
        return self.transfer is not None and self.transfer.state.is_running


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A relationship as its source's cluster lists it, from its first transfer on until it is released there.

    That it is listed does not say that it is there still. `destination` is what the source calls it.
    """

    uuid: str
    source: Endpoint
    destination: Endpoint
    destination_cluster: str | None
    destination_svm_uuid: str | None
