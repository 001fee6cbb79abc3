"""What the store remembers of runs, as every face shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from datamotion.service.drill_reports import DrillReport
from datamotion.service.reports import PlanReport, RunReport


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRunReport:
    """One run, as the store remembers it. `phase` is `acting` while it goes on, or until its death is noticed.

    `who` is a user, a host and a process; `why` their words. `seconds` is None where it has not come to its end.
    `drill_outcome` is what the evidence of a drill came to: `passed`, `failed` or `unfinished`; None: it was no drill,
    or no evidence of it is kept.
    """

    run: int
    group: str
    operation: str
    who: str
    why: str | None
    phase: str
    drill_outcome: str | None
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReport:
    """The last runs, the newest first. `is_all`: there are no older ones."""

    runs: tuple[PastRunReport, ...]
    is_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimeReport:
    """When a step of a run was first asked for and last heard of, in seconds since the run began.

    `asked_s` is None for what was only awaited; `given_up` counts volumes, or back ends, that did not get there.
    """

    title: str
    cluster: str
    asked_s: float | None
    until_s: float
    given_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLineReport:
    at: datetime
    note: str
    cluster: str
    step: str
    volumes: tuple[str, ...]
    jobs: tuple[str, ...]
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRunDetailReport:
    """All that is known of one run. `epoch` is the one that it was to take; None: it was to take none.

    `outcome` is its report, None where it did not come to its end, or was carried out by a release that kept none.
    `evidence` is that of a drill: None where it was no drill, or none is kept.
    """

    run: PastRunReport
    epoch: int | None
    plan: PlanReport
    outcome: RunReport | None
    evidence: DrillReport | None
    steps: tuple[StepTimeReport, ...]
    journal: tuple[JournalLineReport, ...]
