"""What has been seen so far, counted by many threads, and the report that becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datamotion.exit_status import ExitStatus
from datamotion.model.remark import Remark

_MOST_TOLD = 1000
_NUMBERS = (
    "files",
    "folders",
    "others",
    "size",
    "total",
    "passed",
    "sent",
    "kept",
    "equal",
    "pieces_sent",
    "pieces_kept",
)
_WORDS = ("ways", "notes", "failures", "skipped")


@dataclass(frozen=True)
class CopyReport:
    """What was done. Every number was counted; sizes are in bytes.

    `size` is what the source's files hold, holes included. Of it `sent` was written now, `kept` had been written and
    verified by a copy that was interrupted, `equal` was found equal in the older copy; the rest is holes and zeros.
    `hint` is what a person can do about what failed, where something of it is kept.
    """

    source: str
    destination: str
    kind: str
    outcome: str
    verify: str
    ways: tuple[str, ...]
    files: int
    folders: int
    others: int
    size: int
    sent: int
    kept: int
    equal: int
    pieces_sent: int
    pieces_kept: int
    resumed: bool
    seconds: float
    failures: tuple[Remark, ...]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]
    hint: str | None

    @property
    def exit_status(self) -> int:
        return ExitStatus.DONE if self.outcome == "done" else ExitStatus.FAILED


@dataclass(eq=False, repr=False)
class Tally:
    """Counts under one lock. `total` is what is known to be there in all, for the share that is done."""

    files: int = 0
    folders: int = 0
    others: int = 0
    size: int = 0
    total: int = 0
    passed: int = 0
    sent: int = 0
    kept: int = 0
    equal: int = 0
    pieces_sent: int = 0
    pieces_kept: int = 0
    resumed: bool = False
    ways: set[str] = field(default_factory=set)
    failures: list[Remark] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_whole: bool = False  # all of the source has been listed, so that `total` is the whole
    is_ending: bool = False  # it gets its name now: whoever interrupted it could not tell whether it has
    stopped: threading.Event = field(default_factory=threading.Event)

    def add(self, **numbers: int) -> None:
        counts = self.__dict__
        with self.lock:
            for name, number in numbers.items():
                counts[name] += number

    def counted(self) -> dict[str, Any]:
        """What another process adds to its own, by `merge`."""
        return {name: getattr(self, name) for name in (*_NUMBERS, *_WORDS)}

    def merge(self, counted: Mapping[str, Any]) -> None:
        self.add(**{name: counted[name] for name in _NUMBERS})
        with self.lock:
            self.ways |= counted["ways"]
            self.notes |= counted["notes"]
            self.failures += counted["failures"][: _MOST_TOLD - len(self.failures)]
            self.skipped += counted["skipped"][: _MOST_TOLD - len(self.skipped)]

    def fail(self, what: Remark) -> None:
        with self.lock:
            if len(self.failures) < _MOST_TOLD:
                self.failures.append(what)

    def skip(self, what: str) -> None:
        with self.lock:
            if len(self.skipped) < _MOST_TOLD:
                self.skipped.append(what)

    def note(self, what: str) -> None:
        with self.lock:
            self.notes.add(what)
