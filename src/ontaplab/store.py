"""Records in memory, written through to SQLite where they are to be durable.

Reading never touches the disk. A change is on disk when `put` or `remove` returns, or when the outermost
`together()` is left: it survives SIGKILL, not the loss of power (`synchronous=OFF`).

One thread only.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter


class Record(Protocol):
    """A frozen dataclass with a uuid."""

    @property
    def uuid(self) -> str: ...


R = TypeVar("R", bound=Record)
K = TypeVar("K", bound=Hashable)


class Store:
    """All tables of one cluster. Without a path it lives in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self._undo: list[Callable[[], None]] | None = None
        self._database = None if path is None else _opened(path)

    def table(self, kind: str, record: type[R]) -> Table[R]:
        """The table of that kind, with what is on disk."""
        return Table(self, kind, record)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All changes made within are on disk together. An error undoes them, in memory too."""
        if self._undo is not None:  # within another one, which decides
            yield
            return
        self._undo = []
        self._execute("BEGIN")
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK")
            for undo in reversed(self._undo):
                undo()
            raise
        else:
            self._execute("COMMIT")
        finally:
            self._undo = None

    def close(self) -> None:
        if self._database is not None:
            self._database.close()

    def load(self, kind: str) -> list[bytes]:
        """The bodies of that kind, the oldest record first."""
        return [body for (body,) in self._execute("SELECT body FROM records WHERE kind = ? ORDER BY position", (kind,))]

    def write(self, kind: str, uuid: str, record: Record | None, undo: Callable[[], None]) -> None:
        """Writes a record, or removes it (None); `undo` takes back what the caller did in memory."""
        if self._undo is not None:
            self._undo.append(undo)
        if self._database is None:
            return
        if record is None:
            self._execute("DELETE FROM records WHERE kind = ? AND uuid = ?", (kind, uuid))
            return
        self._execute(
            "INSERT INTO records (kind, uuid, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, uuid) DO UPDATE SET body = excluded.body",
            (kind, uuid, _adapter(type(record)).dump_json(record)),
        )

    def _execute(self, statement: str, values: Sequence[object] = ()) -> Iterable[tuple[bytes]]:
        """The rows of the answer: none without a database."""
        return () if self._database is None else self._database.execute(statement, values)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=OFF")
        database.execute(
            "CREATE TABLE IF NOT EXISTS records"
            " (position INTEGER PRIMARY KEY, kind TEXT, uuid TEXT, body BLOB, UNIQUE (kind, uuid))"
        )
    except BaseException:
        database.close()
        raise
    return database


class Index(Generic[K, R]):
    """The records of a table by what `keys` makes of them; it follows the table."""

    def __init__(self, keys: Callable[[R], Collection[K]]) -> None:
        self._keys = keys
        self._groups: dict[K, dict[str, R]] = {}

    def __getitem__(self, key: K) -> list[R]:
        """The records with that key, as a rule the oldest first."""
        return list(self._groups.get(key, {}).values())

    def first(self, key: K) -> R | None:
        """One of the records with that key, as a rule the oldest; None if none has it."""
        return next(iter(self._groups.get(key, {}).values()), None)

    def replace(self, former: R | None, record: R | None) -> None:
        """To be called by the table: the record is there now in place of the former; None: nothing is, or was."""
        keys = () if record is None else self._keys(record)
        if former is not None:
            for key in self._keys(former):
                if key not in keys:
                    self._leave(key, former.uuid)
        if record is not None:
            for key in keys:
                self._groups.setdefault(key, {})[record.uuid] = record

    def _leave(self, key: K, uuid: str) -> None:
        group = self._groups[key]
        del group[uuid]
        if not group:
            del self._groups[key]


class Totals(Generic[K, R]):
    """Sums over the records of a table; they follow the table."""

    def __init__(self, amounts: Callable[[R], Iterable[tuple[K, int]]]) -> None:
        self._amounts = amounts
        self._totals: Counter[K] = Counter()

    def __getitem__(self, key: K) -> int:
        """All amounts of that key together."""
        return self._totals[key]

    def replace(self, former: R | None, record: R | None) -> None:
        """As of an index."""
        for key, amount in () if former is None else self._amounts(former):
            self._totals[key] -= amount
        for key, amount in () if record is None else self._amounts(record):
            self._totals[key] += amount


class Table(Generic[R]):
    """The records of one kind by uuid, in the order in which they were first put."""

    def __init__(self, store: Store, kind: str, record: type[R]) -> None:
        self._store = store
        self._kind = kind
        self._record = record
        self._records = {record.uuid: record for record in map(self._read, store.load(kind))}
        self._followers: list[Index[Any, R] | Totals[Any, R]] = []

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        """The records as they are now; the table may change while they are walked."""
        return iter(list(self._records.values()))

    def __contains__(self, uuid: object) -> bool:
        return uuid in self._records

    def get(self, uuid: str | None) -> R | None:
        return None if uuid is None else self._records.get(uuid)

    def __getitem__(self, uuid: str) -> R:
        """Raises: KeyError."""
        return self._records[uuid]

    def only(self, uuids: Collection[str] | None) -> Iterator[R]:
        """The records of these uuids, in that order; None: all, the oldest first."""
        if uuids is None:
            return iter(self)
        return iter([self._records[uuid] for uuid in uuids if uuid in self._records])

    def first(self, wanted: Callable[[R], bool]) -> R | None:
        """The oldest record that is wanted; None if none is."""
        return next(filter(wanted, self._records.values()), None)

    def where(self, wanted: Callable[[R], bool]) -> list[R]:
        """The records that are wanted, the oldest first."""
        return list(filter(wanted, self._records.values()))

    def by(self, key: Callable[[R], K]) -> Index[K, R]:
        """An index of the records by that value."""
        return self.by_each(lambda record: (key(record),))

    def by_each(self, keys: Callable[[R], Collection[K]]) -> Index[K, R]:
        """An index of the records, each under all of these keys."""
        index = Index(keys)
        self._follow(index)
        return index

    def totals(self, amounts: Callable[[R], Iterable[tuple[K, int]]]) -> Totals[K, R]:
        """The sums, by key, of the amounts of all records."""
        totals = Totals(amounts)
        self._follow(totals)
        return totals

    def put(self, record: R) -> R:
        """The record is there, in place of one of the same uuid. Returns it."""
        former = self._records.get(record.uuid)
        self._set(record.uuid, former, record)
        self._store.write(self._kind, record.uuid, record, lambda: self._set(record.uuid, record, former))
        return record

    def remove(self, uuid: str) -> None:
        """There is no such record. Harmless if there was none."""
        former = self._records.get(uuid)
        if former is not None:
            self._set(uuid, former, None)
            self._store.write(self._kind, uuid, None, lambda: self._set(uuid, None, former))

    def _follow(self, follower: Index[Any, R] | Totals[Any, R]) -> None:
        self._followers.append(follower)
        for record in self._records.values():
            follower.replace(None, record)

    def _read(self, body: bytes) -> R:
        record: R = _adapter(self._record).validate_json(body)
        return record

    def _set(self, uuid: str, former: R | None, record: R | None) -> None:
        """In memory the record is there in place of the former; None: nothing is, or was."""
        if record is None:
            del self._records[uuid]
        else:
            self._records[uuid] = record
        for follower in self._followers:
            follower.replace(former, record)


@cache
def _adapter(record: type[Record]) -> TypeAdapter[Any]:
    """Made when the first record of its type is read or written: it takes longer than all else of an empty table."""
    return TypeAdapter(record)
