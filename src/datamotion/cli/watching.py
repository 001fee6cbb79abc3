"""A run as it goes, on standard error: a line for each thing that begins, holds or is given up; transfers as a bar."""

from __future__ import annotations

from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from datamotion.cli.terminal import open_console, plain, tell
from datamotion.clock import Clock
from datamotion.model.units import count_text, duration_text, size_text
from datamotion.service.events import EventReport, Follower, Happening, TransfersReport

_SECONDS_BETWEEN_LINES = 5.0
_SHOWN_NAMES = 4


class TerminalWatcher(Follower):
    """Follows a run on the terminal; elsewhere in plain lines. Used as a context manager.

    A line that cannot be written is the last one: it stops no run.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._told_s = clock.monotonic_s()
        self._console = open_console(stderr=True)
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._bar: TaskID | None = None
        self._total = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def told(self, event: EventReport) -> None:
        match event.what:
            case Happening.ASKING:
                self._say(f"[dim]...[/] {_words(event)}")
            case Happening.REACHED:
                self._say(f"[green]ok[/]  {_words(event)}")
            case Happening.GIVEN_UP:
                self._say(f"[bold red]no[/]  {_words(event)}: {plain(event.why or '')}")
            case Happening.WAITING:
                assert event.transfers is not None
                self._show_transfers(event.transfers)

    def _show_transfers(self, transfers: TransfersReport) -> None:
        label = f"{count_text(transfers.running, 'transfer')} running"
        if transfers.queued:
            label += f", {transfers.queued} queued at the cluster"
        if transfers.not_begun:
            label += f", {transfers.not_begun} waiting for their turn"
        moved, left = transfers.moved_bytes, transfers.left_bytes
        if not self._console.is_terminal:
            self._say_now_and_then(f"     {label}, {size_text(moved)} moved{_time_left(transfers)}")
            return
        total = None if left is None else max(self._total, moved + left)
        self._total = total or 0
        if self._bar is None:
            self._bar = self._progress.add_task(label)
        completed = moved if total is None or left is None else total - left  # what has ended is awaited no more
        self._progress.update(self._bar, description=label, total=total, completed=completed)

    def _say(self, line: str) -> None:
        try:
            tell(self._console, line)
        except OSError:
            self._console.on_broken_pipe()

    def _say_now_and_then(self, line: str) -> None:
        """Where no bar can be drawn."""
        if self._clock.monotonic_s() - self._told_s >= _SECONDS_BETWEEN_LINES:
            self._told_s = self._clock.monotonic_s()
            self._say(line)


def _time_left(transfers: TransfersReport) -> str:
    """Nothing where what is left is not known."""
    if transfers.left_bytes is None:
        return ""
    left = f", {size_text(transfers.left_bytes)} left"
    if transfers.seconds_left is None:
        return left
    return f"{left}: about {duration_text(timedelta(seconds=round(transfers.seconds_left)))}"


def _words(event: EventReport) -> str:
    """What a batch of acts is, and whom it is for: by name where they are few."""
    names = event.volumes
    shown = ", ".join(names) if len(names) <= _SHOWN_NAMES else count_text(len(names), "volume")
    return plain(f"{event.cluster}: {event.step}" + (f" ({shown})" if names else ""))
