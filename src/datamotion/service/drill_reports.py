"""What a drill reports: evidence that an auditor takes, computed from what was seen before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from datamotion.service.commands_here import CheckOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSeen:
    """A mirror as it was looked at."""

    volume: str
    backend: str
    uuid: str
    state: str
    snapshot: str | None
    lag_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A clone that the drill serves. `snapshot` and `age_s` are its recovery point; None: an earlier run made it."""

    volume: str
    clone: str
    path: str | None
    snapshot: str | None
    age_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksums:
    """A manifest held against the files that this host sees in a folder.

    Of `named` files so many are `equal`, `differing`, or `unreadable`: not there, or not to be read. `differ` and
    `missing` name the first hundred of each.
    """

    manifest: str
    manifest_sha256: str
    folder: str
    named: int
    equal: int
    differing: int
    differ: tuple[str, ...]
    unreadable: int
    missing: tuple[str, ...]
    problem: str | None
    seconds: float

    @property
    def passed(self) -> bool:
        return self.problem is None and self.equal == self.named


class DrillOutcome(StrEnum):
    """What the evidence of a drill comes to."""

    PASSED = "passed"
    FAILED = "failed"
    UNFINISHED = "unfinished"  # nothing of what was looked at has failed, and not all was looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """What an auditor takes. `changed` names every mirror that is not as it was but for a newer state; empty: none.

    `unfinished` names what was not looked at to its end: it still goes on, or the command was ended in it; empty: all
    was.
    """

    group: str
    backend: str
    svm: str
    at: datetime
    until: datetime | None
    seconds_to_serve: float | None
    served: tuple[Served, ...]
    missing: tuple[str, ...]
    checks: tuple[CheckOutcome, ...]
    checksums: Checksums | None  # None: there was no manifest
    before: tuple[MirrorSeen, ...]
    after: tuple[MirrorSeen, ...]
    changed: tuple[str, ...]
    unfinished: tuple[str, ...]

    @property
    def outcome(self) -> DrillOutcome:
        is_sound = self.checksums is None or self.checksums.passed
        if self.missing or self.changed or not (is_sound and all(each.passed for each in self.checks)):
            return DrillOutcome.FAILED
        return DrillOutcome.UNFINISHED if self.unfinished else DrillOutcome.PASSED


def changes_of(before: Sequence[MirrorSeen], after: Sequence[MirrorSeen]) -> tuple[str, ...]:
    """Which mirrors are others than before, or in another state, or could not be compared."""
    now = {(each.volume, each.backend): each for each in after}
    found = []
    for was in before:
        what, is_ = f"{was.volume} at {was.backend}", now.get((was.volume, was.backend))
        if is_ is None:
            found.append(f"{what}: not seen afterwards")
        elif (is_.uuid, is_.state) != (was.uuid, was.state):
            found.append(f"{what}: {was.state} ({was.uuid}) before, {is_.state} ({is_.uuid}) afterwards")
        elif was.snapshot and not is_.snapshot:
            found.append(f"{what}: exported {was.snapshot} before, nothing afterwards")
    return tuple(found)
