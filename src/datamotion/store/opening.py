"""Opening the database behind the store: where it is, whom it lets in, and what may be said about it.

What is shown of a URL is the system, the host and the database: a password can hide in any other part of it.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, Engine, create_engine, insert, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from datamotion.errors import ConfigError, DataMotionError, StoreFailed
from datamotion.store.tables import METADATA, RUNS

T = TypeVar("T")
_PLAIN = re.compile(r"[\w.-]*", re.ASCII)
_LONGEST_WORD = 3
"""Of a parameter's value: to leave out what is shorter would leave little of any text."""
_HINT = "`store` in the configuration names it; its folder has to exist and be writable"
_SERVER_HINT = "`store` in the configuration names it; is the server up, and may this account make and write tables?"
_SIDECARS = ("-journal", "-wal", "-shm")
_LIBPQ: Mapping[str, str | int] = {
    "connect_timeout": 5,  # seconds; else it waits minutes for a server whose site is gone
    "tcp_user_timeout": 5000,  # milliseconds
    "client_encoding": "utf8",  # a database of SQL_ASCII would else answer in bytes
}


def open_engine(location: str) -> Engine:
    """The database at a path or a SQLAlchemy URL, its tables made. A file is made for its owner alone (mode 600).

    Raises: ConfigError where it cannot be opened, or is a link or no regular file; StoreFailed where its disk is full.
    """
    url = _read(location)
    return _told(url, partial(_open, url))


def open_to_read(location: str) -> tuple[Engine, frozenset[str]]:
    """The database as it is, and the columns that it has, as "runs.id". Nothing is made: what is not there is empty.

    Raises: ConfigError, StoreFailed as above.
    """
    url = _read(location)
    return _told(url, partial(_open_to_read, url))


def find_problem(location: str) -> DataMotionError | None:
    """Why runs cannot be written there; None where they can. Leaves nothing behind: what is written is taken back."""
    try:
        url = _read(location)
        _told(url, partial(_try_out, url))
    except DataMotionError as problem:
        return problem
    return None


@contextmanager
def store_errors(what: Literal["read", "written"]) -> Iterator[None]:
    """What goes wrong with the database within, as StoreFailed: the journal cannot be read or written, and why."""
    try:
        yield
    except (SQLAlchemyError, ValueError) as error:  # ValueError: text that cannot be stored, a row that cannot be read
        first = "make room for the store" if what == "written" else "mend the store, or configure another"
        raise StoreFailed(
            f"the journal cannot be {what}: {_why(error)}",
            hint=f"{first}, then run the same command again: it goes on from what the clusters show",
        ) from error


def _read(location: str) -> URL:
    if "://" not in location and location:
        return URL.create("sqlite", database=location)
    try:
        url = make_url(location)
        hash(url.render_as_string())
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ConfigError(
            "`store` in the configuration is neither a path nor a URL that SQLAlchemy can read",
            hint="for example: store: datamotion.db, or store: postgresql://user@host/datamotion",
        ) from None  # the cause would show the URL, with the password in it
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _shown(url: URL) -> str:
    if path := _file_of(url):
        return str(path)
    system = url.drivername.partition("+")[0]
    host = (url.host or "this machine") + (f":{url.port}" if url.port else "")
    database = url.database if _PLAIN.fullmatch(url.database or "") else "…"
    return f"{system} database {database} at {host}"


def _file_of(url: URL) -> Path | None:
    """The file of an SQLite store."""
    is_file = url.drivername.partition("+")[0] == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(url.database or "") if is_file else None


def _engine(url: URL) -> Engine:
    libpq = url.drivername.startswith("postgresql+psycopg")
    arguments = {name: value for name, value in _LIBPQ.items() if libpq and name not in url.query}
    return create_engine(url, connect_args=arguments)


def _told(url: URL, work: Callable[[], T]) -> T:
    """What `work` comes to. What goes wrong is a ConfigError, without any secret that the URL holds.

    Raises: StoreFailed where the disk is full: nobody has to correct what is configured.
    """
    hint, is_full = _HINT if _file_of(url) else _SERVER_HINT, False
    try:
        return work()
    except ImportError:
        why = "nothing that speaks to it is installed"
        hint = "for PostgreSQL: pip install 'datamotion[postgresql]'"
    except (SQLAlchemyError, OSError, ValueError) as error:
        why = _without_secrets(_why(error), url)
        is_full = _is_full(error)
    # Raised out here: inside `except`, the error would carry the URL.
    text = f"the store {_shown(url)} cannot be opened: {why}"
    if is_full:
        raise StoreFailed(text, hint="make room for the store, then run the same command again")
    raise ConfigError(text, hint=hint)


def _open(url: URL) -> Engine:
    with ExitStack() as on_failure:
        if path := _file_of(url):
            _make_private(path)
        engine = _engine(url)
        on_failure.callback(engine.dispose)
        with engine.begin() as connection:
            _make_tables(connection)
        on_failure.pop_all()
    return engine


def _open_to_read(url: URL) -> tuple[Engine, frozenset[str]]:
    path = _file_of(url)
    if path and not _is_there(path):
        url = URL.create("sqlite")
    elif path:
        _check_file(path)
    with ExitStack() as on_failure:
        engine = _engine(url)
        on_failure.callback(engine.dispose)
        with engine.connect() as connection:
            found = _columns(connection)
        on_failure.pop_all()
    return engine, found


def _columns(connection: Connection) -> frozenset[str]:
    inspector = inspect(connection)
    tables = [table for table in METADATA.sorted_tables if inspector.has_table(table.name)]
    return frozenset(f"{table.name}.{each['name']}" for table in tables for each in inspector.get_columns(table.name))


def _make_tables(connection: Connection) -> None:
    """All tables, and in those of an older release what they lack; two that do so at once come to the same."""
    METADATA.create_all(connection)
    found = _columns(connection)
    lacking = [each for table in METADATA.sorted_tables for each in table.columns if str(each) not in found]
    for each in lacking:
        kind = each.type.compile(connection.dialect)
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"ALTER TABLE {each.table.name} ADD COLUMN {each.name} {kind}")
        except SQLAlchemyError:
            if str(each) not in _columns(connection):
                raise


def _try_out(url: URL) -> None:
    path = _file_of(url)
    if path and not os.path.lexists(path):
        _check_folder(path.parent)
        return
    if path:
        _check_file(path)
    engine = _engine(url)
    try:
        _write_and_take_back(engine)
    finally:
        engine.dispose()


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _without_secrets(text: str, url: URL) -> str:
    values = [value for given in url.query.values() for value in ([given] if isinstance(given, str) else given)]
    secrets = [str(url.password or ""), *(each for each in values if len(each) > _LONGEST_WORD)]
    secrets += [each for each in (url.username, url.database) if each and not _PLAIN.fullmatch(each)]
    for secret in filter(None, secrets):
        for spelling in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(spelling, "…")
    return text


def _make_private(path: Path) -> None:
    """The file is there, regular and not by way of a link; where it is new, its owner's alone."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        _check_file(path)
        return
    os.fchmod(descriptor, 0o600)  # beside the umask
    os.close(descriptor)


def _is_there(path: Path) -> bool:
    """Raises: OSError where nobody can tell, as below what is no folder, or one that may not be searched."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _check_file(path: Path) -> None:
    """Looked at by name: to open and close it here would drop the locks that SQLite holds on it in this process."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(0, "it is a link, or else no regular file")
    for suffix in _SIDECARS:
        beside = path.with_name(path.name + suffix)
        if os.path.lexists(beside) and not stat.S_ISREG(beside.lstat().st_mode):
            raise OSError(0, f"{beside.name} beside it is a link, or else no regular file")


def _check_folder(folder: Path) -> None:
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise OSError(0, f"{folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(0, f"nothing can be made in {folder}")


def _write_and_take_back(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # else its tables would be made for good
        try:
            _write(connection)
        finally:
            connection.rollback()


def _write(connection: Connection) -> None:
    _make_tables(connection)
    row = dict.fromkeys(("group_name", "operation", "phase", "started_at", "holder", "plan"), "")
    connection.execute(insert(RUNS).values(row))
