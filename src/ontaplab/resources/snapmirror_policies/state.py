"""A SnapMirror policy's record and the built-in ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Identity = Literal["full", "exclude_network_config", "exclude_network_and_protocol_config"]
SyncType = Literal["sync", "strict_sync", "automated_failover", "automated_failover_duplex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Snapshots with this label are transferred; `count` of them are kept."""

    label: str
    count: int
    prefix: str | None = None
    creation_schedule: str | None = None
    """uuid of the schedule that makes such snapshots at the destination."""
    period: str | None = None
    preserve: bool = False
    warn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    uuid: str
    name: str
    svm: str | None = None
    """uuid of the SVM that owns it; None: the cluster."""
    type: Literal["async", "sync", "continuous"] = "async"
    sync_type: SyncType | None = None
    copy_all_source_snapshots: bool = False
    copy_latest_source_snapshot: bool = False
    create_snapshot_on_source: bool = True
    retention: tuple[Rule, ...] = ()
    transfer_schedule: str | None = None
    """uuid of the schedule at which its relationships are updated."""
    sync_common_snapshot_schedule: str | None = None
    """uuid"""
    identity_preservation: Identity = "exclude_network_and_protocol_config"
    network_compression_enabled: bool = False
    throttle: int = 0
    rpo: int | None = None
    comment: str = ""
    is_built_in: bool = False

    @property
    def copies_flagged(self) -> bool:
        """Whether it copies all snapshots, or the latest, and so has no rules."""
        return self.copy_all_source_snapshots or self.copy_latest_source_snapshot


def _rules(**counts: int) -> tuple[Rule, ...]:
    return tuple(Rule(label=label, count=count) for label, count in counts.items())


_UNIFIED = _rules(sm_created=1, daily=7, weekly=52)

BUILT_IN: tuple[tuple[Policy, str | None], ...] = (
    (
        Policy(uuid="", name="Asynchronous", retention=_UNIFIED, comment="Unified Asynchronous SnapMirror policy."),
        "hourly",
    ),
    (Policy(uuid="", name="MirrorAllSnapshots", copy_all_source_snapshots=True), None),
    (
        Policy(
            uuid="",
            name="MirrorAllSnapshotsDiscardNetwork",
            copy_all_source_snapshots=True,
            identity_preservation="exclude_network_config",
        ),
        None,
    ),
    (Policy(uuid="", name="DPDefault", copy_all_source_snapshots=True), None),
    (Policy(uuid="", name="MirrorLatest", copy_latest_source_snapshot=True), None),
    (Policy(uuid="", name="MirrorAndVault", retention=_UNIFIED), None),
    (
        Policy(
            uuid="",
            name="MirrorAndVaultDiscardNetwork",
            retention=_UNIFIED,
            identity_preservation="exclude_network_config",
        ),
        None,
    ),
    (Policy(uuid="", name="Unified7year", retention=(*_UNIFIED, *_rules(monthly=84))), None),
    (Policy(uuid="", name="XDPDefault", create_snapshot_on_source=False, retention=_rules(daily=7, weekly=52)), None),
    (Policy(uuid="", name="DailyBackup", create_snapshot_on_source=False, retention=_rules(daily=7)), "daily"),
    (Policy(uuid="", name="CloudBackupDefault", create_snapshot_on_source=False, retention=_rules(daily=7)), None),
    (Policy(uuid="", name="Sync", type="sync", sync_type="sync"), None),
    (Policy(uuid="", name="StrictSync", type="sync", sync_type="strict_sync"), None),
    (Policy(uuid="", name="AutomatedFailOver", type="sync", sync_type="automated_failover"), None),
    (Policy(uuid="", name="AutomatedFailOverDuplex", type="sync", sync_type="automated_failover_duplex"), None),
    (Policy(uuid="", name="Continuous", type="continuous"), None),
)
"""Each with its transfer schedule's name. Assumption: the counts of all but MirrorAndVault and Unified7year."""
