"""One operation at a time for a group: whoever holds its lock file. A killed process holds nothing.

Beside the lock lies a note: who holds the group, or held it last, and how many did before. So a run that let its group
go while it waited can tell whether somebody else had it meanwhile. While it waits it holds the note, shared with others
who wait: whether it lives can be told at its host.
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

from filelock import FileLock, Timeout
from pydantic import Field, TypeAdapter

from datamotion.config.files import open_regular
from datamotion.engine.ports import Other
from datamotion.errors import ConfigError, Refused
from datamotion.model.visible import visible

_BRIEFLY_S = 0.1  # a run that waits takes its group for a moment at every look


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who carries out what on a group, since when. `waits`: it has let the group go, and comes back for it."""

    operation: str
    since: str
    who: str
    waits: bool = False

    def __str__(self) -> str:
        return f"{self.who}, which runs {self.operation} since {self.since}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """`number` counts the holders. `holder` is the last; `has_ended`: it gave the group up for good."""

    number: Annotated[int, Field(ge=0, lt=2**63)]
    holder: Holder
    has_ended: bool = False


_NOTE = TypeAdapter(_Note)
_ROOM = 512
"""Bytes that a note takes, as a rule, spaces at its end included."""
_MOST_BYTES = 4096


def this_process() -> str:
    """Who runs this, for people: user and host, and the process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        user = f"user {os.getuid()}"
    return visible(f"{user}@{socket.gethostname()}, process {os.getpid()}")  # the environment names the user


class GroupHold:
    """A group that this process holds: fulfils the engine's port `Hold`. `waiting` is who had let it go to wait."""

    def __init__(self, lock: FileLock, note: Path, holder: Holder) -> None:
        self.holder = holder
        self._lock = lock
        self._path = note
        before = _read(note)
        self.waiting = (
            before.holder if before and not before.has_ended and _may_come_back(note, before.holder) else None
        )
        self._number = (before.number if before else 0) + 1
        self._left: _Note | None = None
        self._waits: int | None = None
        self._write(self.holder)

    def let_go(self) -> None:
        self._write(replace(self.holder, waits=True))
        self._left = _read(self._path)
        self._waits = _held_as_one_who_waits(self._path)
        self._lock.release()

    def take_again(self) -> Other | None:
        try:
            is_ours = _acquired(self._lock)
        except OSError as error:  # nobody can tell then
            return Other(f"nobody can tell who holds the group, its lock cannot be taken: {error.strerror}", still=True)
        if not is_ours:
            note = _read(self._path)
            return Other(f"{note.holder if note else 'another process'} holds the group", still=True)
        self._wait_no_more()
        note = _read(self._path)
        if note is None or note == self._left:
            self._write(self.holder)
            return None
        self._number = note.number + 1
        self._write(self.holder)
        return Other(f"{note.holder} had the group", still=False)

    def end(self) -> None:
        """The group is anybody's."""
        self._wait_no_more()
        if self._lock.is_locked:
            self._write(self.holder, has_ended=True)
            self._lock.release()

    def _wait_no_more(self) -> None:
        if self._waits is not None:
            os.close(self._waits)
            self._waits = None

    def _write(self, holder: Holder, *, has_ended: bool = False) -> None:
        """As far as it can be: the lock keeps others out without its note, which only tells them who holds it."""
        note = _NOTE.dump_json(_Note(number=self._number, holder=holder, has_ended=has_ended), ensure_ascii=True)
        with suppress(OSError):
            _put(self._path, note.ljust(_ROOM))


@contextmanager
def hold_group(folder: Path, group: str, operation: str, at: datetime) -> Iterator[GroupHold]:
    """The group is ours until the end.

    Raises: Refused, told who holds it, where somebody else does; ConfigError where no lock can be made in the folder.
    """
    path, lock = folder / f".{group}.holder", FileLock(folder / f".{group}.lock", mode=0o600)
    holder = Holder(operation=operation, since=at.isoformat(timespec="seconds"), who=this_process())
    try:
        if not _acquired(lock):
            note = _read(path)
            raise Refused(
                f"{note.holder if note else 'another process'} holds {group}: one operation at a time for a group",
                hint="wait for it to end, or stop it: whatever it leaves undone, the same command goes on from",
            )
        hold = GroupHold(lock, path, holder)
    except OSError as error:
        lock.release()
        raise ConfigError(
            f"{group} cannot be locked in {folder}: {error.strerror or error}",
            hint="locks are beside the store, else beside the configuration: that folder has to exist and be writable",
        ) from error
    try:
        yield hold
    finally:
        hold.end()


def holder_of(folder: Path, group: str) -> Holder | None:
    """Who carries something out on a group, as far as its lock and its note tell; None: nobody."""
    path = folder / f".{group}.holder"
    note = _read(path)
    if note is None or note.has_ended:
        return None
    is_there = _may_come_back(path, note.holder) if note.holder.waits else _is_held(folder / f".{group}.lock")
    return note.holder if is_there else None


def _may_come_back(note: Path, holder: Holder) -> bool:
    """Whether somebody waits, as far as can be told: of a process of another host nobody can say that it is gone."""
    if not holder.waits:
        return False
    if visible(f"@{socket.gethostname()}, ") not in holder.who:
        return True
    try:
        with open_regular(note, follow=False) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _held_as_one_who_waits(note: Path) -> int | None:
    """Held until it is closed, or this process ends; None where that cannot be."""
    with suppress(OSError), open_regular(note, follow=False) as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # who looks holds it alone for a moment at most
        return os.dup(file.fileno())
    return None


def _is_held(path: Path) -> bool:
    """Whether a process holds that lock. For that it is taken for a moment, which a run that begins bears with."""
    if not path.is_file():
        return False
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def _check_place(path: Path) -> None:
    """Raises: OSError where the lock file cannot be ours. The library would make a folder that is missing."""
    path.parent.stat()
    if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(errno.EINVAL, f"{path.name} is a link, or else no regular file")


def _acquired(lock: FileLock) -> bool:
    _check_place(Path(lock.lock_file))
    try:
        lock.acquire(timeout=_BRIEFLY_S, poll_interval=_BRIEFLY_S / 10)
    except Timeout:
        return False
    return True


def _put(path: Path, note: bytes) -> None:
    """The file holds this, in place: what takes no more room than before can be written on a full disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:  # else it is something else of somebody's
            os.pwrite(descriptor, note, 0)
            os.ftruncate(descriptor, len(note))
            os.fchmod(descriptor, 0o600)  # beside the umask
    finally:
        os.close(descriptor)


def _read(path: Path) -> _Note | None:
    """The note, where there is one that can be read."""
    try:
        with open_regular(path, follow=False) as file:
            return _NOTE.validate_json(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return None
