"""Relationships: the record at the destination, and the entry in the source's list of destinations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

TransferType = Literal["initialize", "update", "resync", "restore"]
Kind = Literal["async", "sync", "strict_sync", "restore"]
"""Which rules a relationship keeps to: its policy's, or those of a relationship that is there for a restore."""
OWNER = "snapmirror_dependent"
"""Why a snapshot that a relationship depends on cannot be deleted."""


class State(StrEnum):
    """What a relationship reports: an asynchronous one the first four, a synchronous one all but `snapmirrored`."""

    UNINITIALIZED = "uninitialized"
    SNAPMIRRORED = "snapmirrored"
    PAUSED = "paused"
    BROKEN_OFF = "broken_off"
    SYNCHRONIZING = "synchronizing"
    IN_SYNC = "in_sync"
    OUT_OF_SYNC = "out_of_sync"


SYNCHRONOUS: tuple[Kind, ...] = ("sync", "strict_sync")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A volume at one end, as the cluster that keeps this record calls it.

    Names may change meanwhile; of a volume that is here the uuids tell the present ones.
    """

    svm: str
    """The SVM's name in paths: of a peer SVM its local alias."""
    svm_uuid: str
    volume: str
    volume_uuid: str
    cluster_peer: str | None = None
    """uuid of the cluster peer it is at; None: it is here."""

    @property
    def path(self) -> str:
        return f"{self.svm}:{self.volume}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What was received of a transfer that has not ended well: `position` bytes of what leads from base to snapshot.

    Snapshots are named by their version_uuid; no base: from nothing.
    """

    base: str | None
    snapshot: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a relationship is unhealthy, or a transfer failed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """At the destination's cluster. There is one for each destination volume."""

    uuid: str
    source: Endpoint
    destination: Endpoint
    policy: str
    """uuid"""
    state: State
    kind: Kind = "async"
    transfer_schedule: str | None = None
    """uuid of the schedule of its own; None: the policy's, if that has one."""
    throttle: int = 0
    """KiB a second; 0: as the policy says."""
    backoff_level: str = "high"
    unhealthy: Reason | None = None
    exported_snapshot: str | None = None
    """Name of the newest snapshot that was transferred, which clients see until a break."""
    exported_created: datetime | None = None
    base: str | None = None
    """version_uuid of that snapshot: the next transfer begins from it."""
    preserved: tuple[str, ...] = ()
    """version_uuids of the destination's own snapshots that a resync was told to keep."""
    checkpoint: Checkpoint | None = None
    transfer: str | None = None
    """uuid of the transfer that runs, or ended last."""
    last_transfer_type: TransferType | None = None
    last_transfer_bytes: int | None = None
    last_transfer_duration: timedelta | None = None
    """Of the last transfer that succeeded, as its bytes."""
    total_transfer_bytes: int = 0
    total_transfer_duration: timedelta = timedelta(0)

    @property
    def is_initialized(self) -> bool:
        return self.exported_snapshot is not None

    @property
    def is_synchronous(self) -> bool:
        return self.kind in SYNCHRONOUS


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDestination:
    """At the source's cluster: a relationship that begins at one of its volumes."""

    uuid: str
    """The relationship's."""
    source: Endpoint
    destination: Endpoint
    policy: str
    """name"""
    kind: Kind = "async"
    state: State = State.UNINITIALIZED
    """As the destination told last."""
    base: str | None = None
    """version_uuid of the snapshot that the destination exports: it must stay."""
    moved: bool = False
    """Whether the source was moved to another aggregate since the last transfer: only one asked for by hand works."""
    asked_since: bool = False
    """Whether one was asked for by hand since."""


Listed = Relationship | ListedDestination
"""What a listing shows: relationships at their destination, destinations at their source."""
