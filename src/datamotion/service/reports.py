"""The report tree: what every face shows. Text, JSON and pages are renderings of these records.

Durations are seconds and say so in their names; instants are aware; sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter

from datamotion.engine.result import Outcome


class Verdict(StrEnum):
    """How a command ended; each has its exit status."""

    DONE = "done"
    PARTLY = "partly done"
    FAILED = "failed"
    REFUSED = "refused"
    SILENT = "no answer"

    @property
    def exit_status(self) -> int:
        return {Verdict.DONE: 0, Verdict.PARTLY: 1, Verdict.FAILED: 1, Verdict.REFUSED: 3, Verdict.SILENT: 4}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    cluster: str
    title: str
    because: str
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    volume: str
    text: str
    at_most_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalReport:
    backend: str | None
    volume: str | None
    text: str
    hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """A plan as it is shown before anything is done. `changes`: whether carrying it out changes anything."""

    operation: str
    group: str
    title: str
    changes: bool
    steps: tuple[StepReport, ...]
    losses: tuple[LossReport, ...]
    refusals: tuple[RefusalReport, ...]
    notes: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeReport:
    """`recovery_point` is the snapshot that the volume was recovered to, `recovery_age_s` its age at the failover.

    Where it failed, `came_about` is what was sent and seen to have come about all the same, `uncertain` what was sent
    and may or may not have.
    """

    backend: str
    volume: str
    outcome: Outcome
    detail: str | None = None
    hint: str | None = None
    recovery_point: str | None = None
    recovery_age_s: float | None = None
    came_about: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """How a run ended, volume by volume. `serving` is the back end that serves the group from now on, if it tells."""

    operation: str
    group: str
    title: str
    verdict: Verdict
    run: int | None
    went_on_from: int | None
    volumes: tuple[VolumeReport, ...]
    refusals: tuple[RefusalReport, ...]
    notes: tuple[str, ...]
    serving: str | None
    epoch: int | None
    seconds: float
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterReport:
    """`answers`: it said something, if only no. `detail`: why it could not be looked at; None where it was."""

    name: str
    answers: bool
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReport:
    """One copy of a volume. `lag_s` is the age of what it can serve; None while it serves live or holds nothing."""

    backend: str
    role: str
    state: str
    path: str | None
    lag_s: float | None
    within_rpo: bool | None
    snapshot: str | None
    transferring_bytes: int | None
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedVolumeReport:
    volume: str
    size_bytes: int | None
    copies: tuple[CopyReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    """`backends`: the home, then the targets as configured.

    `serving`: the back end whose copies are active, None where no cluster that could be looked at tells.
    """

    name: str
    home: str
    backends: tuple[str, ...]
    serving: str | None
    epoch: int | None
    rpo_s: float | None
    volumes: tuple[ProtectedVolumeReport, ...]
    troubles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    at: datetime
    clusters: tuple[ClusterReport, ...]
    groups: tuple[GroupReport, ...]
    verdict: Verdict


class Finding(StrEnum):
    """The result of one check. A check that could not look says so; it never reads as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_LOOKED = "could not look"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    subject: str
    what: str
    finding: Finding
    detail: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    lines: tuple[CheckLine, ...]
    verdict: Verdict


Report = PlanReport | RunReport | StatusReport | CheckReport

_JSON: TypeAdapter[Report | tuple[Report, ...]] = TypeAdapter(Report | tuple[Report, ...])


def to_json(report: Report | tuple[Report, ...]) -> str:
    """The report as JSON, indented: what `-o json` prints and the API serves."""
    return _JSON.dump_json(report, indent=2).decode()
