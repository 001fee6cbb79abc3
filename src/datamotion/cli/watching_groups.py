"""Runs of several groups as they go, on standard error: one picture of all, or lines that each name their group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from datamotion.cli.columns import Cell
from datamotion.cli.picture_groups import groups_lines
from datamotion.cli.screen import Screen
from datamotion.cli.watching import Silences, TerminalWatcher
from datamotion.clock import Clock
from datamotion.service.prepared import Prepared
from datamotion.service.silence import SilenceReport, silences


class GroupsWatcher:
    """Follows what is carried out side by side. Used as a context manager, and `of` a group within.

    What a cluster leaves unanswered is told once, whichever groups wait for it.
    """

    def __init__(self, clock: Clock, all_prepared: Sequence[Prepared]) -> None:
        self._clock = clock
        self._all_prepared = all_prepared
        self._screen = Screen(clock, self._lines)
        self._watchers = {
            each.group: TerminalWatcher(clock, screen=self._screen, name=each.group) for each in all_prepared
        }
        self._silences = Silences(self._screen.tell)

    def __enter__(self) -> Self:
        self._screen.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._screen.__exit__()

    def of(self, group: str) -> TerminalWatcher:
        """Who follows that group."""
        return self._watchers[group]

    def passed(self) -> None:
        if not self._screen.draws:
            self._silences.tell(self._silent())
        for each in self._watchers.values():
            each.passed()

    def told(self, markup: str) -> None:
        """A line about a group that has come to its end, where no picture shows that."""
        if not self._screen.draws:
            self._screen.tell(markup)

    def _silent(self) -> list[SilenceReport]:
        waits = {name: wait for each in self._all_prepared for name, wait in each.unanswered().items()}
        return list(silences(waits, self._clock.monotonic_s()))

    def _lines(self, width: int, height: int) -> list[Cell]:
        runs = {group: each.progress.picture() for group, each in self._watchers.items()}
        return groups_lines(runs, self._silent(), width, height)
