"""The runs of a failover, which no store stops: what the store does not take goes to standard error and to a file.

A store may be on what has just been lost: then it fails, or does not even answer. Each call to it has a limit.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from datamotion.errors import ConfigError, StoreFailed
from datamotion.model.plan import Plan
from datamotion.runs.journal import Entry
from datamotion.runs.phases import Event, Phase, advance
from datamotion.store.journal import RunJournal, RunRecord, Store

T = TypeVar("T")
_LIMIT_S = 10.0  # above the 5 s that SQLite waits for another writer, and PostgreSQL for a connection
_ENTRY = TypeAdapter(Entry)


class FallbackRuns:
    """Takes a store's place and asks it, as long as it does what it is asked. That it does not is said once."""

    def __init__(
        self,
        opened: AbstractContextManager[Store],
        folders: Iterable[Path],
        tell: Callable[[str], None],
        limit_s: float = _LIMIT_S,
    ) -> None:
        """`folders`: where a journal may be made, the best one first. `tell` shows a line on standard error."""
        self.folders = folders
        self.tell = tell
        self._limit_s = limit_s
        self._is_told = False
        self._is_hung = False
        self._opened = ExitStack()
        self._store: Store | None = None
        self._store = self.asked(lambda: self._opened.enter_context(opened))

    def close(self) -> None:
        self.asked(self._opened.close)

    def runs(self, group: str) -> Sequence[RunRecord]:
        """The runs of the group, oldest first; none where the store does not tell."""
        store = self._store
        return (self.asked(lambda: store.runs(group)) or ()) if store else ()

    def entries(self, run_id: int) -> Sequence[Entry]:
        """The journal of a run; none where the store does not tell."""
        store = self._store
        return (self.asked(lambda: store.entries(run_id)) or ()) if store else ()

    def begin(self, plan: Plan, at: datetime, holder: str, reason: str | None = None) -> FallbackJournal:
        """A run of this plan has begun; the journal to write to."""
        store = self._store
        stored = self.asked(lambda: store.begin(plan, at, holder, reason)) if store else None
        return FallbackJournal(self, stored, plan, at, holder, reason)

    def end(self, run_id: int, event: Event, at: datetime, report: Any = None) -> Phase:
        """A run that is in the store has ended by this event; returns its phase, whether it is written there or not."""
        store = self._store
        phase = self.asked(lambda: store.end(run_id, event, at, report)) if store else None
        return phase or advance(Phase.ACTING, event)

    def asked(self, work: Callable[[], T]) -> T | None:
        """What the store answers; None where it fails. One that has not answered in time is left alone from then on."""
        if self._is_hung:
            return None
        try:
            return _within(self._limit_s, work)
        except (ConfigError, StoreFailed, OSError) as problem:
            if not self._is_told:
                self.tell(f"warning: {problem}")
            self._is_told = True
            self._is_hung = isinstance(problem, TimeoutError)
            return None


class FallbackJournal:
    """The journal of one run: in the store, and from the first entry on that it does not take, in lines."""

    def __init__(
        self,
        runs: FallbackRuns,
        stored: RunJournal | None,
        plan: Plan,
        at: datetime,
        holder: str,
        reason: str | None = None,
    ) -> None:
        self.run_id = stored.run_id if stored else None
        """The run's number in the store; None where the store does not know it."""
        self._runs = runs
        self._stored = stored
        self._begun = {
            "run": self.run_id,
            "group": plan.group,
            "operation": plan.operation,
            "started_at": at.isoformat(timespec="seconds"),
            "holder": holder,
            "reason": reason,
        }
        self._lines = None if stored else self._make_lines()

    def write(self, entry: Entry) -> None:
        if self._lines is None:
            if self._is_stored(entry):
                return
            self._lines = self._make_lines()
        self._lines.add(_ENTRY.dump_python(entry, mode="json"))

    def end(self, event: Event, at: datetime, report: Any = None) -> Phase:
        """The run has ended by this event; returns its phase from now on. Its report goes to the store alone."""
        phase = advance(Phase.ACTING, event)
        if self.run_id is not None:
            # Where an entry has failed, too: else the run would be taken for one that was cut off.
            self._runs.end(self.run_id, event, at, report)
        if self._lines is not None:
            self._lines.add({"phase": phase, "ended_at": at.isoformat(timespec="seconds")})
            self._lines.close()
        return phase

    def _is_stored(self, entry: Entry) -> bool:
        def write() -> bool:
            assert self._stored is not None
            self._stored.write(entry)
            return True

        return self._runs.asked(write) or False

    def _make_lines(self) -> _Lines:
        name = f"datamotion-{self._begun['group']}-{self._begun['started_at']}-{os.getpid()}.jsonl"
        lines = _Lines(_made(self._runs.folders, name.replace(":", "")), self._runs.tell)
        lines.add(self._begun)
        return lines


class _Lines:
    """JSON, a record a line, on standard error and in a file as long as that can be written."""

    def __init__(self, made: tuple[Path, int] | None, tell: Callable[[str], None]) -> None:
        self.path: Path | None = made[0] if made else None
        self._descriptor: int | None = made[1] if made else None
        self._tell = tell
        to = f"{self.path} and standard error" if self.path else "standard error alone: no file can be made"
        tell(f"warning: the journal of this run goes to {to}")

    def add(self, record: Mapping[str, object]) -> None:
        line = json.dumps(record)
        self._tell(line)
        if self._descriptor is None:
            return
        try:
            os.write(self._descriptor, f"{line}\n".encode())
            os.fsync(self._descriptor)
        except OSError as error:
            self._tell(f"warning: {self.path} cannot be written: {error.strerror}")
            self.close()

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None


def _made(folders: Iterable[Path], name: str) -> tuple[Path, int] | None:
    """A new file for its owner alone, in the first of these folders where one can be made, and its descriptor."""
    for folder in folders:
        with suppress(OSError):
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.fchmod(descriptor, 0o600)  # beside the umask
            return folder / name, descriptor
    return None


def _within(limit_s: float, work: Callable[[], T]) -> T:
    """What `work` comes to. Raises: TimeoutError where it has not within that time; it is then left behind."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=run, daemon=True, name="store").start()  # a daemon: the process ends without it
    try:
        return done.result(limit_s)
    except TimeoutError:
        if done.done():  # the work's own
            raise
        raise TimeoutError(f"the store has not answered within {limit_s:g} s") from None


@contextmanager
def open_fallback(
    opened: AbstractContextManager[Store], folders: Iterable[Path], tell: Callable[[str], None]
) -> Iterator[FallbackRuns]:
    """FallbackRuns whose store is closed at the end."""
    runs = FallbackRuns(opened, folders, tell)
    try:
        yield runs
    finally:
        runs.close()
