"""What was done to groups, by whom and why: read from the store, which nothing here makes or changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pydantic import TypeAdapter, ValidationError

from datamotion.errors import ConfigError, StoreFailed
from datamotion.model.names import counted
from datamotion.policy.drills.ends import REMOVE
from datamotion.runs.journal import Entry, Note
from datamotion.service.drill_reports import DrillReport
from datamotion.service.history_reports import (
    HistoryReport,
    JournalLineReport,
    PastRunDetailReport,
    PastRunReport,
    StepTimeReport,
)
from datamotion.service.plan_reports import plan_report
from datamotion.service.remembered import opened_history
from datamotion.service.reports import RunReport
from datamotion.service.session import Session

if TYPE_CHECKING:
    from datamotion.store.journal import PastRun, RunRecord

_REPORT = TypeAdapter(RunReport)
_EVIDENCE = TypeAdapter(DrillReport)
_RUNS_THAT_TELL = 5
_TOO_LARGE = 2**31  # for the number of a run: no database holds as many


def history(session: Session, group: str | None = None, *, most: int = 20) -> HistoryReport:
    """The last runs of all groups, or of one: no more than so many, the newest first.

    Raises: ConfigError for a group that is neither configured nor has any run; StoreFailed, where it cannot be read.
    """
    with opened_history(session.store_url) as store:
        found = store.newest(group, most + 1)
    if group is not None and not found:
        session.group(group)
    return HistoryReport(runs=tuple(line_of(each) for each in found[:most]), is_all=len(found) <= most)


def past_run(session: Session, number: int) -> PastRunDetailReport:
    """Everything about one run. Raises: ConfigError where there is no such run; StoreFailed, as above."""
    with opened_history(session.store_url) as store:
        found = store.run(number) if number < _TOO_LARGE else None
        newest = store.newest(None, 1)
    if found is None:
        last = f"the newest is run {newest[0].id}" if newest else "it holds no run yet"
        raise ConfigError(f"the store knows no run {number}", hint=f"datamotion history lists them: {last}")
    try:
        return _detail(found)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise StoreFailed(
            f"run {number} cannot be read: {'.'.join(map(str, problem['loc']))}: {problem['msg']}",
            hint="another release of datamotion may have written it",
        ) from error


def volumes_of(store_url: str, group: str | None) -> tuple[str, ...]:
    """The volumes that the last runs of the group were about, as far as the store remembers; no clones of drills.

    Raises: StoreFailed, where it cannot be read.
    """
    found: set[str] = set()
    with opened_history(store_url) as store:
        for record in store.newest(group, _RUNS_THAT_TELL):
            run = store.run(record.id)
            if run is not None and run.report is not None:
                clones = {volume for each in run.entries if each.title == REMOVE.title for volume in each.volumes}
                found |= {each["volume"] for each in run.report["volumes"]} - clones
    return tuple(sorted(found, key=counted))


def line_of(record: RunRecord) -> PastRunReport:
    """A run as lists tell of it."""
    ended = record.ended_at
    return PastRunReport(
        run=record.id,
        group=record.group,
        operation=record.operation,
        who=record.holder,
        why=record.reason,
        phase=record.phase,
        drill_outcome=record.evidence_outcome,
        started_at=record.started_at,
        ended_at=ended,
        seconds=round((ended - record.started_at).total_seconds(), 3) if ended else None,
    )


def _detail(found: PastRun) -> PastRunDetailReport:
    return PastRunDetailReport(
        run=line_of(found.record),
        epoch=found.plan.epoch,
        plan=plan_report(found.plan),
        outcome=_REPORT.validate_python(found.report) if found.report is not None else None,
        evidence=_EVIDENCE.validate_python(found.evidence) if found.evidence is not None else None,
        steps=_steps(found.entries, found.record.started_at),
        journal=tuple(_journal_line(each) for each in found.entries),
    )


class _Place(NamedTuple):
    title: str
    cluster: str


def _steps(entries: Sequence[Entry], began: datetime) -> tuple[StepTimeReport, ...]:
    """In the order of their first lines."""
    found: dict[_Place, list[Entry]] = {}
    for entry in entries:
        found.setdefault(_Place(entry.title or entry.change, entry.cluster), []).append(entry)
    return tuple(
        StepTimeReport(
            title=place.title,
            cluster=place.cluster,
            asked_s=next((_since(began, each.at) for each in lines if each.note is Note.INTENDED), None),
            until_s=_since(began, lines[-1].at),
            given_up=sum(len(each.volumes) or 1 for each in lines if each.note is Note.GIVEN_UP),
        )
        for place, lines in found.items()
    )


def _since(began: datetime, at: datetime) -> float:
    return round((at - began).total_seconds(), 3)


def _journal_line(entry: Entry) -> JournalLineReport:
    return JournalLineReport(
        at=entry.at,
        note=entry.note,
        cluster=entry.cluster,
        step=entry.title or entry.change,
        volumes=entry.volumes,
        jobs=entry.jobs,
        detail=entry.detail,
    )
