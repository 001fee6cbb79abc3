"""The journal of a run: intentions before they are asked for, answers as they come, what was then observed.

It is for people and for audit. Going on after an interruption reads the clusters, not the journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Note(StrEnum):
    """What a line of the journal records."""

    INTENDED = "intended"  # about to be asked for
    ANSWERED = "answered"  # a cluster said yes (jobs), or no, or nothing
    REACHED = "reached"  # observed: it is so
    DROPPED = "dropped"  # not planned any more, though it was never observed
    GIVEN_UP = "given up"  # not reached, and not tried again in this run


def behind_text(title: str) -> str:
    """What is said of a volume that was given up where nothing is wrong with its last step, and nothing may follow."""
    return f'after "{title}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line. `volumes` are those it is about; empty for what serves all of them. `title` is its step's."""

    at: datetime
    note: Note
    cluster: str
    change: str
    volumes: tuple[str, ...]
    jobs: tuple[str, ...] = ()
    detail: str | None = None
    title: str | None = None
