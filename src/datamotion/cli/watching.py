"""A run as it goes, on standard error: a line for each thing that begins, holds or is given up; transfers as a bar."""

from __future__ import annotations

from collections.abc import Sequence
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
from datamotion.model.units import count_text, size_text
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
        transfers = [each for act in acts if (each := _awaited(act, standing))]
        if not transfers:
            return
        moved = sum(each.bytes_transferred or 0 for each in transfers)
        queued = sum(each.state is TransferState.QUEUED for each in transfers)
        label = f"{count_text(len(transfers) - queued, 'transfer')} running"
        if queued:
            label += f", {queued} queued at the cluster"
        if not self._console.is_terminal:
            self._say_now_and_then(f"     {label}, {size_text(moved)} moved")
        elif self._transfers is None:
            self._transfers = self._progress.add_task(label, completed=moved, total=_bytes_to_move(acts, standing))
        else:
            self._progress.update(self._transfers, description=label, completed=moved)

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


def _awaited(act: Act, standing: Standing) -> Transfer | None:
    """The transfer that an act waits for, as it is now."""
    copy = standing.copy(act.backend, act.volume or "")
    awaits = isinstance(act.change, AwaitTransfer | AwaitIdle)
    return copy.edge.relationship.transfer if awaits and copy and copy.edge else None


def _bytes_to_move(acts: Sequence[Act], standing: Standing) -> int | None:
    """What the sources hold, where they were seen: a first transfer moves that much. None when it is not known."""
    sources = [
        standing.copies.get(active) if (active := standing.active.get(act.volume or "")) else None for act in acts
    ]
    sizes = [copy.volume.used_bytes if copy else None for copy in sources]
    return sum(size for size in sizes if size is not None) if all(sizes) else None
