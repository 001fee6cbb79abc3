"""A run as it goes, on standard error: a line for each thing that begins, holds or is given up; transfers as a bar."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from datamotion.clock import Clock
from datamotion.model.acts import Act, AwaitTransfer
from datamotion.model.units import count_text, size_text
from datamotion.model.view import ClusterView, View, bytes_moved

_SECONDS_BETWEEN_LINES = 5.0
_SHOWN_NAMES = 4


class TerminalWatcher:
    """Follows a run on the terminal; elsewhere in plain lines. Used as a context manager."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told_s = clock.monotonic_s()
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
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
        self._console.print(f"[dim]...[/] {_words(acts)}")

    def reached(self, acts: Sequence[Act]) -> None:
        self._console.print(f"[green]ok[/]  {_words(acts)}")

    def given_up(self, act: Act, why: str) -> None:
        self._console.print(f"[bold red]no[/]  {act.cluster}: {escape(act.volume or act.text)}: {escape(why)}")

    def waiting(self, acts: Sequence[Act], view: View) -> None:
        awaited = {act.change.uuid for act in acts if isinstance(act.change, AwaitTransfer)}
        moved = sum(count for uuid, count in bytes_moved(view).items() if uuid in awaited)
        if not awaited:
            return
        label = f"{count_text(len(awaited), 'transfer')} running"
        if not self._console.is_terminal:
            self._tell(f"     {label}, {size_text(moved)} moved")
        elif self._transfers is None:
            self._transfers = self._progress.add_task(label, completed=moved, total=_bytes_to_move(acts, view))
        else:
            self._progress.update(self._transfers, description=label, completed=moved)

    def _tell(self, line: str) -> None:
        """A line now and then, where no bar can be drawn."""
        if self._clock.monotonic_s() - self._told_s >= _SECONDS_BETWEEN_LINES:
            self._told_s = self._clock.monotonic_s()
            self._console.print(line)


def _words(acts: Sequence[Act]) -> str:
    """What a batch of acts is, and whom it is for: by name where they are few."""
    names = list(dict.fromkeys(act.volume for act in acts if act.volume is not None))
    shown = ", ".join(names) if len(names) <= _SHOWN_NAMES else count_text(len(names), "volume")
    return escape(f"{acts[0].cluster}: {acts[0].title}" + (f" ({shown})" if names else ""))


def _bytes_to_move(acts: Sequence[Act], view: View) -> int | None:
    """What the sources hold, where they were seen: a first transfer moves that much. None when it is not known."""
    used = {
        volume.name: volume.used_bytes
        for seen in view.values()
        if isinstance(seen, ClusterView)
        for volume in seen.volumes
        if volume.path is not None
    }
    sizes = [used.get(act.volume or "") for act in acts]
    return sum(size for size in sizes if size is not None) if all(sizes) else None
