"""SVMs, their volumes, and what those have and go through, as a cluster reports them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from datamotion.model.words import MoveState, VolumeState, VolumeType


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
