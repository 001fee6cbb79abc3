"""A transfer's record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from ontaplab.resources.relationships.state import Reason, TransferType

LISTED = timedelta(hours=24)
"""How long a transfer that has ended is listed."""

TransferState = Literal["queued", "transferring", "success", "failed", "aborted", "hard_aborted"]
Aborted = Literal["aborted", "hard_aborted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    uuid: str
    relationship: str
    """uuid"""
    type: TransferType
    state: TransferState
    started: datetime
    updated: datetime
    ended: datetime | None = None
    snapshot: str | None = None
    """Name of the last snapshot that it carries; None until the source has told."""
    source_snapshot: str | None = None
    """Name of the snapshot that was asked for; None: as the policy says."""
    scheduled: bool = False
    """Whether nobody asked for it."""
    throttle: int = 0
    """KiB a second; 0: as the relationship says."""
    target: str | None = None
    """version_uuid of `snapshot`, to go on with the same one after a restart."""
    bytes_transferred: int = 0
    checkpoint_bytes: int = 0
    """What is kept of it for the next one, if it did not succeed."""
    error: Reason | None = None

    @property
    def is_active(self) -> bool:
        return self.ended is None

    def is_listed(self, now: datetime) -> bool:
        """Whether it is still told of: while it is active, and for 24 hours after."""
        return self.ended is None or self.finished_within(LISTED, now)

    def finished_within(self, time: timedelta, now: datetime) -> bool:
        """Whether it ended less than so long ago."""
        return self.ended is not None and self.ended > now - time

    def finished(self, state: TransferState, now: datetime, error: Reason | None = None) -> Transfer:
        return replace(self, state=state, updated=now, ended=now, error=error)

    def succeeded(self, now: datetime, moved: int) -> Transfer:
        return replace(self, state="success", updated=now, ended=now, bytes_transferred=moved, checkpoint_bytes=0)

    def duration(self, now: datetime) -> timedelta:
        return (self.ended or now) - self.started
