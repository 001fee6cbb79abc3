"""What is done to relationships, their policies and their transfers, or waited for there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from datamotion.model.definition import PolicyDefinition, Rule
from datamotion.model.mirror_records import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePolicy:
    """The SVM has a SnapMirror policy as it is defined."""

    svm: str
    definition: PolicyDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyPolicy:
    """A SnapMirror policy has these rules and no others, and this schedule ("" for none). None: unchanged."""

    uuid: str
    rules: tuple[Rule, ...] | None
    schedule: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRelationship:
    """A relationship exists, uninitialized; no data has moved."""

    source: Endpoint
    destination: Endpoint
    policy: str
    schedule: str | None
    throttle: int | None = None  # KiB a second


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyRelationship:
    """Its policy, transfer schedule or throttle is the wanted one ("" and 0: none of its own). None: unchanged."""

    uuid: str
    policy: str | None
    schedule: str | None
    throttle: int | None = None


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
    """An update of a relationship has been started since it exported this snapshot, its last transfer ended then.

    `snapshot` is the one of its source that it carries; None: what the source holds at that moment.
    `expands`: the destination gets as many constituents as the source with it.
    """

    uuid: str
    exported: str | None
    ended_at: datetime | None
    snapshot: str | None = None
    expands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitTransfer:
    """Nothing is changed: a transfer is waited for that leaves another snapshot than this one.

    `expands`: the destination gets as many constituents as the source with it.
    """

    uuid: str | None
    exported: str | None
    expands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitSnapshot:
    """Nothing is changed: a transfer is waited for that leaves this very snapshot, told by its version."""

    uuid: str
    name: str
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitIdle:
    """Nothing is changed: the transfer that runs is waited for, however it ends; `until`: it is aborted then."""

    uuid: str | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortTransfer:
    """The running transfer is stopped; its restart checkpoint is kept."""

    relationship_uuid: str
    transfer_uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """No new transfer starts (ONTAP's quiesce).

    `during` is the transfer that runs, and has to end first. Once it has, the cluster is asked again: it waits for an
    end for so long only, and how long that is nobody tells.
    """

    uuid: str
    during: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The destination is writable and holds its last exported snapshot; with `restore_to` the one of that name."""

    uuid: str
    restore_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """A destination that was broken off is becoming a mirror again, from the newest snapshot that both ends hold.

    What was written there since is gone.
    """

    uuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRelationship:
    """No relationship of this uuid ends in the destination volume any more, which stays as it is."""

    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRelationship:
    """Its source does not list the relationship any more, and the snapshots that were made for it are gone there.

    `uuid` is the one that the source lists it by. `keeps_snapshots`: they stay, being what two copies have in common.
    """

    uuid: str
    keeps_snapshots: bool = False
