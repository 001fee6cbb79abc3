"""Whether runs can be recorded and groups held: the store and the locks, tried without leaving anything behind."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from datamotion.model.group import Group
from datamotion.service.check_reports import CheckKind, CheckLine
from datamotion.service.findings import checked
from datamotion.service.session import Session

_HERE = "this machine"


def store_lines(session: Session, groups: Iterable[Group]) -> Iterator[CheckLine]:
    """The store, and the lock of each group. Nothing is made or changed, and no group is held."""
    problem = session.store_problem()
    why_not, hint = (problem.message, problem.hint) if problem else (None, None)
    yield checked(CheckKind.STORE, _HERE, "the store can be written", why_not, hint)
    for group in groups:
        what = f"the lock of {group.name} can be taken in {session.lock_folder}"
        hint = "make the folder writable for whoever runs datamotion"
        yield checked(CheckKind.LOCK, _HERE, what, _why_no_lock(session.lock_folder, group.name), hint)


def _why_no_lock(folder: Path, group: str) -> str | None:
    """By its permissions alone: to take it for a moment could keep an operation out that begins just then."""
    lock = folder / f".{group}.lock"
    try:
        if os.path.lexists(lock):
            return (
                None
                if lock.is_file() and not lock.is_symlink() and os.access(lock, os.W_OK)
                else f"{lock} cannot be opened"
            )
        if folder.exists() and not folder.is_dir():
            return f"{folder} is not a folder"
        folder.stat()
    except OSError as error:
        return error.strerror or str(error)
    return None if os.access(folder, os.W_OK | os.X_OK) else f"nothing can be made in {folder}"
