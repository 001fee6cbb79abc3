"""The words of the domain: ONTAP's for what clusters report, our own for what a group is and does.

Two alphabets that are never mixed: what a cluster reports (`MirrorState`, `TransferState`, `VolumeType`) and what
datamotion means (`Role`, `Operation`). A word that a newer ONTAP adds reads as `UNKNOWN` and is never acted on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class _OntapWord(StrEnum):
    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.__members__.get("UNKNOWN")


class MirrorState(_OntapWord):
    """`state` of /snapmirror/relationships."""

    UNINITIALIZED = "uninitialized"
    SNAPMIRRORED = "snapmirrored"
    PAUSED = "paused"
    BROKEN_OFF = "broken_off"
    IN_SYNC = "in_sync"
    OUT_OF_SYNC = "out_of_sync"
    SYNCHRONIZING = "synchronizing"
    EXPANDING = "expanding"
    SHRINKING = "shrinking"
    UNKNOWN = "unknown"


class TransferState(_OntapWord):
    """`transfer.state` of /snapmirror/relationships: the running transfer's, else the last one's."""

    QUEUED = "queued"
    TRANSFERRING = "transferring"
    SUCCESS = "success"
    FAILED = "failed"
    ABORTED = "aborted"
    HARD_ABORTED = "hard_aborted"
    UNKNOWN = "unknown"

    @property
    def is_running(self) -> bool:
        return self in (TransferState.QUEUED, TransferState.TRANSFERRING)


class MoveState(_OntapWord):
    """`movement.state` of /storage/volumes: of the move that goes on, else of the last one."""

    QUEUED = "queued"
    REPLICATING = "replicating"
    PAUSED = "paused"
    CUTOVER_WAIT = "cutover_wait"
    CUTOVER_PENDING = "cutover_pending"
    CUTOVER = "cutover"
    ABORTED = "aborted"
    FAILED = "failed"
    SUCCESS = "success"
    UNKNOWN = "unknown"

    @property
    def is_going_on(self) -> bool:
        return self not in (MoveState.ABORTED, MoveState.FAILED, MoveState.SUCCESS)

    @property
    def waits_for_cutover(self) -> bool:
        """Whether all but the cut-over is done, and that is to be asked for."""
        return self in (MoveState.CUTOVER_WAIT, MoveState.CUTOVER_PENDING)


class PassageState(_OntapWord):
    """`progress.state` of a LUN's copy or move: of the one that goes on, else of the last one."""

    PREPARING = "preparing"
    REPLICATING = "replicating"
    PAUSED = "paused"
    PAUSED_ERROR = "paused_error"
    COMPLETE = "complete"
    REVERTING = "reverting"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_going_on(self) -> bool:
        """Whether it may still come to its end by itself, or once somebody lets it go on."""
        return self not in (PassageState.COMPLETE, PassageState.FAILED)

    @property
    def is_stuck(self) -> bool:
        """Whether it does not come to its end."""
        return self in (PassageState.PAUSED_ERROR, PassageState.REVERTING, PassageState.FAILED)


class VolumeType(_OntapWord):
    """`type` of /storage/volumes: `rw` is writable, `dp` a read-only mirror destination, `ls` load sharing."""

    RW = "rw"
    DP = "dp"
    LS = "ls"
    UNKNOWN = "unknown"


class VolumeState(_OntapWord):
    """`state` of /storage/volumes."""

    ONLINE = "online"
    OFFLINE = "offline"
    RESTRICTED = "restricted"
    ERROR = "error"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class Mount(StrEnum):
    """When mirrors are mounted where their clients look for them."""

    AT_FAILOVER = "at_failover"
    AHEAD = "ahead"  # once they hold a copy, read-only, and no NFS client is let in before its turn


class Role(StrEnum):
    """What a copy of a volume is to its group, as the clusters show it."""

    ACTIVE = "active"  # its back end has claimed the group, and it can be written
    MIRROR = "mirror"  # a relationship ends in it, and it is read-only
    BROKEN = "broken off"  # writable, though its back end never claimed it
    OVERTAKEN = "overtaken"  # was active; another back end has claimed it since, and clients may still come here
    FENCED = "fenced"  # was active, and no client can come
    DETACHED = "detached"  # read-only, and no relationship ends in it
    UNCLEAR = "unclear"  # writable, and nobody can tell whether it serves


class Operation(StrEnum):
    """What a run does to a group."""

    PROTECT = "protect"
    UPDATE = "update"
    FAILOVER = "failover"
    THAW = "failover --abort"
    SETTLE = "settle"
    UNPROTECT = "unprotect"
    FORGET = "forget"
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    BREAK = "break"
    RESYNC = "resync"
    REPROTECT = "reprotect"
    DRILL = "drill"
    DRILL_STOP = "drill stop"
    MIGRATE = "migrate"
    GC = "gc"
