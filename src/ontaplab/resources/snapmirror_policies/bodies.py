"""What POST and PATCH of a SnapMirror policy take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field as Limits

from ontaplab.resources.snapmirror_policies.state import Identity, SyncType
from ontaplab.wire.body import Body, Reference


class RuleBody(Body):
    label: str
    count: int
    prefix: str | None = None
    creation_schedule: Reference | None = None
    period: str | None = None
    preserve: bool = False
    warn: int = 0


class PolicyChange(Body):
    """PATCH. The last five are taken to be refused: they cannot be changed."""

    comment: str | None = None
    retention: tuple[RuleBody, ...] | None = None
    transfer_schedule: Reference | None = None
    sync_common_snapshot_schedule: Reference | None = None
    identity_preservation: Identity | None = None
    network_compression_enabled: bool | None = None
    throttle: Annotated[int, Limits(ge=0)] | None = None
    rpo: int | None = None
    type: Literal["async", "sync", "continuous"] | None = None
    sync_type: SyncType | None = None
    copy_all_source_snapshots: bool | None = None
    copy_latest_source_snapshot: bool | None = None
    create_snapshot_on_source: bool | None = None


class PolicyCreate(PolicyChange):
    """POST."""

    name: str | None = None
    svm: Reference | None = None
    exclude_network_config: dict[str, Any] | None = None
    """Documented nowhere; one client sends it. It is about whole SVMs, and taken without effect."""
