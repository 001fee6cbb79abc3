"""Relationships between volumes, and what they follow, as clusters report them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from datamotion.model.definition import Rule
from datamotion.model.words import MirrorState, TransferState


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
