"""What POST and PATCH of a relationship take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Limits

from ontaplab.wire.body import Body, Reference, Size

_BackOff = Literal["high", "medium", "none"]
_Throttle = Annotated[int, Limits(ge=0)]


class End(Body):
    """One end. The SVM and its cluster follow from the path."""

    path: str | None = None
    svm: Reference | None = None
    cluster: Reference | None = None
    ipspace: str | None = None


class Tiering(Body):
    supported: bool = False
    policy: Literal["all", "auto", "none", "snapshot_only"] | None = None


class StorageService(Body):
    enabled: bool = False
    name: Literal["extreme", "performance", "value"] | None = None
    enforce_performance: bool | None = None


class CreateDestination(Body):
    """Saying anything but `enabled: false` asks for the destination volume to be made."""

    enabled: bool = True
    tiering: Tiering | None = None
    storage_service: StorageService | None = None
    snapshot_locking_enabled: bool = False
    size: Size | None = None


class RelationshipCreate(Body):
    source: End | None = None
    destination: End | None = None
    policy: Reference | None = None
    transfer_schedule: Reference | None = None
    throttle: _Throttle = 0
    backoff_level: _BackOff = "high"
    restore: bool = False
    create_destination: CreateDestination | None = None
    state: str | None = None
    identity_preservation: str | None = None
    """Taken to be refused: it is for whole SVMs."""

    @property
    def creates_destination(self) -> bool:
        return self.create_destination is not None and self.create_destination.enabled


class RelationshipChange(Body):
    state: str | None = None
    policy: Reference | None = None
    transfer_schedule: Reference | None = None
    throttle: _Throttle | None = None
    backoff_level: _BackOff | None = None
    source: End | None = None
    destination: End | None = None
    preserve: bool | None = None
    quick_resync: bool | None = None
    recover_after_break: bool | None = None
    restore_to_snapshot: str | None = None
    identity_preservation: str | None = None
    """As in POST."""
