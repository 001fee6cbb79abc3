"""A run as it goes, on standard error: a line for each thing that begins, holds or is given up; transfers as a bar."""

from __future__ import annotations

from collections.abc import Sequence
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
from datamotion.model.acts import Act, AwaitIdle, AwaitTransfer
from datamotion.model.records import Transfer
from datamotion.model.standing import Standing
from datamotion.model.units import count_text, duration_text, size_text
from datamotion.model.words import TransferState

_SECONDS_BETWEEN_LINES = 5.0
_SHOWN_NAMES = 4


class TerminalWatcher:
    """Follows a run on the terminal; elsewhere in plain lines. Used as a context manager.

    A line that cannot be written is the last one: it stops no run.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
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
        self._transfers: TaskID | None = None
        self._total = 0
        self._first_left: tuple[float, int] | None = None  # when, and how many bytes

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def asking(self, acts: Sequence[Act]) -> None:
        self._say(f"[dim]...[/] {_words(acts)}")

    def reached(self, acts: Sequence[Act]) -> None:
        self._say(f"[green]ok[/]  {_words(acts)}")

    def given_up(self, acts: Sequence[Act], why: str) -> None:
        self._say(f"[bold red]no[/]  {_words(acts)}: {plain(why)}")

    def waiting(self, acts: Sequence[Act], standing: Standing) -> None:
        awaited = [act for act in acts if isinstance(act.change, AwaitTransfer | AwaitIdle)]
        transfers = [each for act in awaited if (each := _transfer_of(act, standing))]
        if not awaited:
            return
        moved = sum(each.bytes_transferred or 0 for each in transfers)
        queued = sum(each.state is TransferState.QUEUED for each in transfers)
        label = f"{count_text(len(transfers) - queued, 'transfer')} running"
        if queued:
            label += f", {queued} queued at the cluster"
        if len(awaited) > len(transfers):
            label += f", {len(awaited) - len(transfers)} waiting for their turn"
        to_move = _bytes_to_move(awaited, standing)
        left = None if to_move is None else max(to_move - moved, 0)
        if not self._console.is_terminal:
            self._say_now_and_then(f"     {label}, {size_text(moved)} moved{self._time_left(left)}")
            return
        total = None if left is None else max(self._total, moved + left)
        self._total = total or 0
        if self._transfers is None:
            self._transfers = self._progress.add_task(label)
        completed = moved if total is None or left is None else total - left  # what has ended is awaited no more
        self._progress.update(self._transfers, description=label, total=total, completed=completed)

    def _time_left(self, left: int | None) -> str:
        """By how fast what is left has become less since it was first told; nothing where that is not known."""
        now = self._clock.monotonic_s()
        if left is None:
            return ""
        if self._first_left is None or left > self._first_left[1]:
            self._first_left = now, left
        since, at_first = self._first_left
        if left == at_first:
            return f", {size_text(left)} left"
        seconds = left * (now - since) / (at_first - left)
        return f", {size_text(left)} left: about {duration_text(timedelta(seconds=round(seconds)))}"

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


def _words(acts: Sequence[Act]) -> str:
    """What a batch of acts is, and whom it is for: by name where they are few."""
    names = list(dict.fromkeys(act.volume for act in acts if act.volume is not None))
    shown = ", ".join(names) if len(names) <= _SHOWN_NAMES else count_text(len(names), "volume")
    return plain(f"{acts[0].cluster}: {acts[0].title}" + (f" ({shown})" if names else ""))


def _transfer_of(act: Act, standing: Standing) -> Transfer | None:
    """The transfer that an act waits for, as it is now; None where none runs."""
    copy = standing.copy(act.backend, act.volume or "")
    relationship = copy.edge.relationship if copy and copy.edge else None
    return relationship.transfer if relationship and relationship.is_transferring else None


def _bytes_to_move(acts: Sequence[Act], standing: Standing) -> int | None:
    """What the sources hold, where they were seen: a first transfer moves that much. None when it is not known."""
    sources = [
        standing.copies.get(active) if (active := standing.active.get(act.volume or "")) else None for act in acts
    ]
    sizes = [copy.volume.used_bytes if copy else None for copy in sources]
    return sum(size for size in sizes if size is not None) if all(sizes) else None
