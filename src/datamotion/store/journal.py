"""Runs and their journal, in SQLite by default or any database that SQLAlchemy reaches by URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, Row, insert, select, update

from datamotion.model.plan import Plan
from datamotion.runs.journal import Entry, Note
from datamotion.runs.phases import Event, Phase, advance
from datamotion.store.opening import open_engine, store_errors
from datamotion.store.tables import ENTRIES, RUNS

_PLAN = TypeAdapter(Plan)
_TOLD = [each for each in RUNS.c if each is not RUNS.c.plan]
"""What is told of a run. Its plan may be large, and there may be the plans of years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as the store remembers it. `holder` names the process that carried it out."""

    id: int
    group: str
    operation: str
    phase: Phase
    started_at: datetime
    ended_at: datetime | None
    holder: str


class Store:
    """The runs of all groups. Every write is durable when the call returns."""

    def __init__(self, location: str) -> None:
        """Opens the database at a path or a SQLAlchemy URL, creating its tables. Raises ConfigError where it cannot."""
        self._engine = open_engine(location)

    def close(self) -> None:
        self._engine.dispose()

    def begin(self, plan: Plan, at: datetime, holder: str) -> RunJournal:
        """A run of this plan has begun; the journal to write to."""
        row = {
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

    def end(self, run_id: int, event: Event, at: datetime) -> Phase:
        """The run has ended by this event; returns its phase from now on."""
        return RunJournal(self._engine, run_id).end(event, at)

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
                )
            )

    def end(self, event: Event, at: datetime) -> Phase:
        """The run has ended by this event; returns its phase from now on."""
        with store_errors("written"), self._engine.begin() as connection:
            row = connection.execute(select(RUNS.c.phase).where(RUNS.c.id == self.run_id)).one()
            phase = advance(Phase(row.phase), event)
            connection.execute(
                update(RUNS).where(RUNS.c.id == self.run_id).values(phase=phase, ended_at=at.isoformat())
            )
        return phase


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
    )
