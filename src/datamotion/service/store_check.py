"""Whether runs can be recorded and groups held: the store and the locks, tried without leaving anything behind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from datamotion.service.session import Session


class StoreFinding(NamedTuple):
    """What should be so; `problem` is why it is not, None where it is, and `hint` what to do about it then."""

    what: str
    problem: str | None
    hint: str | None


def check_store(session: Session) -> Sequence[StoreFinding]:
    """The store, and the lock of every group. Nothing is made or changed, and no group is held."""
    problem = session.store_problem()
    findings = [
        StoreFinding(
            "the store can be written",
            problem.message if problem else None,
            problem.hint if problem else None,
        )
    ]
    for group in session.configuration.groups:
        why_not = _why_no_lock(session.lock_folder, group)
        findings.append(
            StoreFinding(
                f"the lock of {group} can be taken in {session.lock_folder}",
                why_not,
                "make the folder writable for whoever runs datamotion" if why_not else None,
            )
        )
    return findings


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
