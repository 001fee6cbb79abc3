"""A store that kills its own process with SIGKILL at a chosen write of the journal."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine

from datamotion.model.plan import Plan
from datamotion.runs.journal import Entry
from datamotion.runs.phases import Event, Phase
from datamotion.store.journal import RunJournal, Store

Moment = Literal["before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """The process dies at its `nth` write, counted from 1: just before it, or just after. Where that is 0, at none."""

    nth: int = 0
    moment: Moment = "before"


class MortalStore(Store):
    """That a run begins and ends are writes of its journal too."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url)
        self._fate = fate
        self._writes = 0
        with self._engine.connect() as connection:  # what a process has written outlives it without waiting for disks
            connection.exec_driver_sql("PRAGMA synchronous=OFF")

    def begin(self, plan: Plan, at: datetime, holder: str, reason: str | None = None) -> RunJournal:
        with self.a_write():
            journal = super().begin(plan, at, holder, reason)
        return _MortalJournal(self, self._engine, journal.run_id)

    def end(self, run_id: int, event: Event, at: datetime, report: Any = None) -> Phase:
        with self.a_write():
            return super().end(run_id, event, at, report)

    @contextmanager
    def a_write(self) -> Iterator[None]:
        """Within, one write is made; it may be the last thing that happens."""
        self._writes += 1
        self._die_if("before")
        yield
        self._die_if("after")

    def _die_if(self, moment: Moment) -> None:
        if (self._writes, moment) == (self._fate.nth, self._fate.moment):
            os.kill(os.getpid(), signal.SIGKILL)


class _MortalJournal(RunJournal):
    def __init__(self, store: MortalStore, engine: Engine, run_id: int) -> None:
        super().__init__(engine, run_id)
        self._store = store

    def write(self, entry: Entry) -> None:
        with self._store.a_write():
            super().write(entry)

    def end(self, event: Event, at: datetime, report: Any = None) -> Phase:
        with self._store.a_write():
            return super().end(event, at, report)


@contextmanager
def open_mortal_store(url: str, fate: Fate) -> Iterator[MortalStore]:
    """A store that is closed at the end, if the process lives to see it."""
    store = MortalStore(url, fate)
    try:
        yield store
    finally:
        store.close()
