"""One operation at a time for a group: whoever holds its lock file. A killed process holds nothing."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from datamotion.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who carries out what on a group, since when."""

    operation: str
    since: str
    who: str


def this_process() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


@contextmanager
def hold_group(folder: Path, group: str, operation: str, at: datetime) -> Iterator[Holder]:
    """The group is ours until the end. Raises Refused, told who holds it, where somebody else does."""
    note = folder / f".{group}.holder"
    lock = FileLock(folder / f".{group}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Refused(
            f"{_held_by(note)} of {group}: one operation at a time for a group",
            hint="wait for it to end, or stop it: whatever it leaves undone, the same command goes on from",
        ) from None
    try:
        holder = Holder(operation=operation, since=at.isoformat(timespec="seconds"), who=this_process())
        note.write_text(json.dumps(asdict(holder)))
        yield holder
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _held_by(note: Path) -> str:
    with suppress(OSError, ValueError, TypeError):
        holder = Holder(**json.loads(note.read_text()))
        return f"{holder.who} runs, since {holder.since}, {holder.operation}"
    return "another process runs an operation"
