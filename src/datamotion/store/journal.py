"""Runs and their journal, in SQLite by default or any database that SQLAlchemy reaches by URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Engine, create_engine, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from datamotion.errors import ConfigError, StoreFailed
from datamotion.model.plan import Plan
from datamotion.runs.journal import Entry, Note
from datamotion.runs.phases import Event, Phase, advance
from datamotion.store.tables import ENTRIES, METADATA, RUNS

_PLAN = TypeAdapter(Plan)


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

    def __init__(self, url: str) -> None:
        """Opens the database at a SQLAlchemy URL, creating its tables. Raises ConfigError where it cannot."""
        self._engine = _open_engine(url)

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
        with _store_errors(), self._engine.begin() as connection:
            key = connection.execute(insert(RUNS).values(row)).inserted_primary_key
        assert key is not None
        return RunJournal(self._engine, key[0])

    def end(self, run_id: int, event: Event, at: datetime) -> Phase:
        """The run has ended by this event; returns its phase from now on."""
        with _store_errors(), self._engine.begin() as connection:
            row = connection.execute(select(RUNS.c.phase).where(RUNS.c.id == run_id)).one()
            phase = advance(Phase(row.phase), event)
            connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(phase=phase, ended_at=at.isoformat()))
        return phase

    def runs(self, group: str | None = None) -> Sequence[RunRecord]:
        """All runs, or those of one group, oldest first."""
        query = select(RUNS).order_by(RUNS.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query if group is None else query.where(RUNS.c.group_name == group)).all()
        return [
            RunRecord(
                id=row.id,
                group=row.group_name,
                operation=row.operation,
                phase=Phase(row.phase),
                started_at=datetime.fromisoformat(row.started_at),
                ended_at=datetime.fromisoformat(row.ended_at) if row.ended_at else None,
                holder=row.holder,
            )
            for row in rows
        ]

    def entries(self, run_id: int) -> Sequence[Entry]:
        """The journal of a run, in the order it was written."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(ENTRIES).where(ENTRIES.c.run_id == run_id).order_by(ENTRIES.c.id)).all()
        return [
            Entry(
                at=datetime.fromisoformat(row.at),
                note=Note(row.note),
                cluster=row.cluster,
                change=row.change,
                volumes=tuple(row.volumes),
                jobs=tuple(row.jobs),
                detail=row.detail,
            )
            for row in rows
        ]


class RunJournal:
    """The journal of one run."""

    def __init__(self, engine: Engine, run_id: int) -> None:
        self._engine = engine
        self.run_id = run_id

    def write(self, entry: Entry) -> None:
        with _store_errors(), self._engine.begin() as connection:
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


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreFailed(
            f"the journal cannot be written: {getattr(error, 'orig', None) or error}",
            hint="make room for the store, then run the same command again: it goes on from what the clusters show",
        ) from error


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """A store that is closed at the end."""
    store = Store(url)
    try:
        yield store
    finally:
        store.close()


def _open_engine(url: str) -> Engine:
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ConfigError(
            "`store` in the configuration is neither a path nor a URL that SQLAlchemy can read",
            hint="for example: store: datamotion.db, or store: postgresql://user@host/datamotion",
        ) from None  # the cause would show the URL, with the password in it
    try:
        engine = create_engine(url)
        with ExitStack() as undo:
            undo.callback(engine.dispose)
            METADATA.create_all(engine)
            undo.pop_all()
    except (SQLAlchemyError, ImportError) as error:  # ImportError: the URL's driver is not installed
        raise ConfigError(
            f"the store {shown} cannot be opened: {getattr(error, 'orig', None) or error}",
            hint="`store` in the configuration names it; its folder has to exist and be writable",
        ) from error
    return engine
