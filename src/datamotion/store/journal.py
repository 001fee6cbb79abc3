"""Runs and their journal, in SQLite by default or any database that SQLAlchemy reaches by URL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Column, Engine, Row, Select, func, insert, null, select, update

from datamotion.errors import StoreFailed
from datamotion.model.plan import Plan
from datamotion.runs.journal import Entry, Note
from datamotion.runs.phases import Event, Phase, advance
from datamotion.store.opening import open_engine, open_to_read, store_errors
from datamotion.store.tables import ENTRIES, RUNS

_PLAN = TypeAdapter(Plan)
_TOLD = [each for each in RUNS.c if each not in {RUNS.c.plan, RUNS.c.report, RUNS.c.evidence}]
"""What is told of a run. Its plan, report and evidence may be large, and there may be those of years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as the store remembers it. `holder` names the process that carried it out, `reason` is that person's.

    `evidence_outcome` is the word that the evidence of a drill came to; None: none is kept.
    """

    id: int
    group: str
    operation: str
    phase: Phase
    started_at: datetime
    ended_at: datetime | None
    holder: str
    reason: str | None = None
    evidence_outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """All that the store holds of a run. `report` is as JSON; none: the run did not come to its end.

    `evidence` is that of a drill, as JSON; none: it was no drill, or the store did not take it.

    What an act of `plan` changes is told by its text alone: the store does not keep which kind of change it was.
    """

    record: RunRecord
    plan: Plan
    report: Any
    evidence: Any
    entries: Sequence[Entry]


class Store:
    """The runs of all groups. Every write is durable when the call returns."""

    def __init__(self, location: str) -> None:
        """Opens the database at a path or a SQLAlchemy URL, creating its tables.

        Raises: ConfigError, StoreFailed where it cannot.
        """
        self._engine = open_engine(location)

    def close(self) -> None:
        self._engine.dispose()

    def begin(self, plan: Plan, at: datetime, holder: str, reason: str | None = None) -> RunJournal:
        """A run of this plan has begun; the journal to write to."""
        row = {
            "reason": reason,
            "group_name": plan.group,
            "operation": plan.operation,
            "phase": Phase.ACTING,
            "started_at": at.isoformat(),
            "holder": holder,
            "plan": _PLAN.dump_python(plan, mode="json"),
        }
        with store_errors("written"), self._engine.begin() as connection:
            key = connection.execute(insert(RUNS).values(row)).inserted_primary_key
        assert key is not None
        return RunJournal(self._engine, key[0])

    def end(self, run_id: int, event: Event, at: datetime, report: Any = None) -> Phase:
        """The run has ended by this event, with this report as JSON; returns its phase from now on."""
        return RunJournal(self._engine, run_id).end(event, at, report)

    def keep_evidence(self, run_id: int, evidence: Any, outcome: str) -> None:
        """The evidence of a drill, as JSON, is kept with its run, in the place of what was kept of it before.

        Raises: StoreFailed, also where the run is not there any more.
        """
        row = {"evidence": evidence, "evidence_outcome": outcome}
        with store_errors("written"), self._engine.begin() as connection:
            kept = connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(row)).rowcount
        if not kept:
            raise StoreFailed(f"the store knows no run {run_id} any more")

    def runs(self, group: str | None = None) -> Sequence[RunRecord]:
        """All runs, or those of one group, oldest first."""
        query = select(*_TOLD).order_by(RUNS.c.id)
        with store_errors("read"), self._engine.connect() as connection:
            rows = connection.execute(query if group is None else query.where(RUNS.c.group_name == group))
            return [_run_record(row) for row in rows]

    def entries(self, run_id: int) -> Sequence[Entry]:
        """The journal of a run, in the order it was written."""
        query = select(ENTRIES).where(ENTRIES.c.run_id == run_id).order_by(ENTRIES.c.id)
        with store_errors("read"), self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]


class RunJournal:
    """The journal of one run."""

    def __init__(self, engine: Engine, run_id: int) -> None:
        self._engine = engine
        self.run_id = run_id

    def write(self, entry: Entry) -> None:
        with store_errors("written"), self._engine.begin() as connection:
            connection.execute(
                insert(ENTRIES).values(
                    run_id=self.run_id,
                    at=entry.at.isoformat(),
                    note=entry.note,
                    cluster=entry.cluster,
                    change=entry.change,
                    volumes=list(entry.volumes),
                    jobs=list(entry.jobs),
                    detail=entry.detail,
                    title=entry.title,
                )
            )

    def end(self, event: Event, at: datetime, report: Any = None) -> Phase:
        """The run has ended by this event, with this report as JSON; returns its phase from now on."""
        with store_errors("written"), self._engine.begin() as connection:
            row = connection.execute(select(RUNS.c.phase).where(RUNS.c.id == self.run_id)).one()
            phase = advance(Phase(row.phase), event)
            connection.execute(
                update(RUNS).where(RUNS.c.id == self.run_id).values(phase=phase, ended_at=at.isoformat(), report=report)
            )
        return phase


class History:
    """What a store holds, read: nothing is made or changed. Of a store that is not there, or empty, nothing."""

    def __init__(self, location: str) -> None:
        """Raises: ConfigError, StoreFailed where it cannot be opened."""
        self._engine, self._columns = open_to_read(location)

    def close(self) -> None:
        self._engine.dispose()

    def newest(self, group: str | None, most: int) -> Sequence[RunRecord]:
        """The last runs, or those of one group, the newest first: no more than so many."""
        if not self._columns:
            return ()
        query = self._select(_TOLD).order_by(RUNS.c.id.desc()).limit(most)
        with store_errors("read"), self._engine.connect() as connection:
            rows = connection.execute(query if group is None else query.where(RUNS.c.group_name == group))
            return [_run_record(row) for row in rows]

    def that_reached(self, group: str, change: str, most: int) -> Iterator[PastRun]:
        """The newest runs of a group of whose journals such a change came about, however many others were since."""
        if not self._columns:
            return
        query = (
            select(RUNS.c.id)
            .join(ENTRIES, ENTRIES.c.run_id == RUNS.c.id)
            .where(RUNS.c.group_name == group, ENTRIES.c.change == change, ENTRIES.c.note == Note.REACHED)
            .distinct()
            .order_by(RUNS.c.id.desc())
            .limit(most)
        )
        with store_errors("read"), self._engine.connect() as connection:
            numbers = connection.scalars(query).all()
        for number in numbers:
            if (run := self.run(number)) is not None:
                yield run

    def newest_that_reached(self, group: str, changes: Collection[str], most: int) -> Sequence[Entry]:
        """The newest lines of the group's journals that tell of such changes to have come about, the oldest first."""
        if not self._columns:
            return ()
        query = (
            self._select(ENTRIES.c)
            .join(RUNS, ENTRIES.c.run_id == RUNS.c.id)
            .where(RUNS.c.group_name == group, ENTRIES.c.change.in_(changes), ENTRIES.c.note == Note.REACHED)
            .order_by(ENTRIES.c.id.desc())
            .limit(most)
        )
        with store_errors("read"), self._engine.connect() as connection:
            return [_entry(each) for each in reversed(connection.execute(query).all())]

    def unfinished(self, prefix: str) -> Sequence[PastRun]:
        """The last run of each group whose name begins so, where not all of it came about."""
        if not self._columns:
            return ()
        of_prefix = RUNS.c.group_name.startswith(prefix, autoescape=True)
        newest = select(func.max(RUNS.c.id)).where(of_prefix).group_by(RUNS.c.group_name)
        query = select(RUNS.c.id).where(RUNS.c.id.in_(newest), RUNS.c.phase != Phase.DONE).order_by(RUNS.c.id)
        with store_errors("read"), self._engine.connect() as connection:
            found = connection.scalars(query).all()
        return [run for each in found if (run := self.run(each)) is not None]

    def run(self, number: int) -> PastRun | None:
        """None where there is no such run."""
        if not self._columns:
            return None
        entries = self._select(ENTRIES.c).where(ENTRIES.c.run_id == number).order_by(ENTRIES.c.id)
        with store_errors("read"), self._engine.connect() as connection:
            row = connection.execute(self._select(RUNS.c).where(RUNS.c.id == number)).one_or_none()
            if row is None:
                return None
            return PastRun(
                record=_run_record(row),
                plan=_PLAN.validate_python(row.plan),
                report=row.report,
                evidence=row.evidence,
                entries=[_entry(each) for each in connection.execute(entries)],
            )

    def _select(self, columns: Iterable[Column[Any]]) -> Select[Any]:
        """What a store of an older release has no column for is None."""
        has = self._columns
        return select(*(each if str(each) in has else null().label(each.name) for each in columns))


@contextmanager
def open_history(location: str) -> Iterator[History]:
    """What is read of a store; closed at the end."""
    history = History(location)
    try:
        yield history
    finally:
        history.close()


@contextmanager
def open_store(location: str) -> Iterator[Store]:
    """A store that is closed at the end."""
    store = Store(location)
    try:
        yield store
    finally:
        store.close()


def _run_record(row: Row[Any]) -> RunRecord:
    return RunRecord(
        id=row.id,
        group=row.group_name,
        operation=row.operation,
        phase=Phase(row.phase),
        started_at=datetime.fromisoformat(row.started_at),
        ended_at=datetime.fromisoformat(row.ended_at) if row.ended_at else None,
        holder=row.holder,
        reason=row.reason,
        evidence_outcome=row.evidence_outcome,
    )


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        at=datetime.fromisoformat(row.at),
        note=Note(row.note),
        cluster=row.cluster,
        change=row.change,
        volumes=tuple(row.volumes),
        jobs=tuple(row.jobs),
        detail=row.detail,
        title=row.title,
    )
