"""`status --watch`: looks again and again. On a terminal one screen, elsewhere what has changed, a line each."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

import anyio
from rich.console import Console
from rich.live import Live
from rich.text import Text

from datamotion.cli.interruptions import interruptions
from datamotion.cli.output import Output, print_json
from datamotion.cli.picture import silence_text
from datamotion.cli.render_status import render_status
from datamotion.cli.status_changes import changes
from datamotion.cli.terminal import cut, open_console, plain, tell
from datamotion.exit_status import ExitStatus
from datamotion.model.units import count_text, duration_text
from datamotion.service.session import Session
from datamotion.service.silence import SilenceReport
from datamotion.service.status import Looker, looking
from datamotion.service.status_reports import StatusReport

_TICK_S = 1.0
_TOLD_SILENCE_S = 3.0
Choose = Callable[[StatusReport], StatusReport]


def watch_status(session: Session, groups: Collection[str], every: timedelta, choose: Choose, output: Output) -> int:
    """Until it is interrupted. Returns the exit status of the last look; without one, that of an interruption."""
    ended: list[int] = []
    console = open_console()
    screen = StatusScreen(console, every) if console.is_terminal and not console.is_dumb_terminal else _Lines(console)

    async def watch() -> None:
        async with looking(session, groups) as looker, anyio.create_task_group() as tasks:
            if output is Output.TEXT:
                tasks.start_soon(follow, looker)
            while True:
                seen = await looker.look()
                status = choose(seen)
                ended[:] = [seen.verdict.exit_status]
                if output is Output.TEXT:
                    screen.show(status)
                else:
                    print_json("status", status, seen.verdict.exit_status, output)
                await looker.clock.sleep(every.total_seconds())

    async def follow(looker: Looker) -> None:
        """Says of a look that takes long whom it waits for."""
        while True:
            await looker.clock.sleep(_TICK_S)
            screen.waits_for([each for each in looker.silent() if each.for_s >= _TOLD_SILENCE_S])

    with interruptions() as caught:
        try:
            caught.run(watch)
        except KeyboardInterrupt:
            pass
        finally:
            screen.close()
    return ended[0] if ended else ExitStatus.INTERRUPTED


class StatusScreen:
    """One screen, drawn anew at each look. The last one stays."""

    def __init__(self, console: Console, every: timedelta) -> None:
        self._console = console
        self._every = every
        self._live: Live | None = None
        self._size = console.size
        self._status: StatusReport | None = None
        self._silent: Sequence[SilenceReport] = ()

    def show(self, status: StatusReport) -> None:
        self._status, self._silent = status, ()
        self._draw()

    def waits_for(self, silent: Sequence[SilenceReport]) -> None:
        """Whom a look waits for by now. Drawn where that has changed, and where the terminal has another size."""
        if silent or self._silent or (self._live is not None and self._console.size != self._size):
            self._silent = silent
            self._draw()

    def _draw(self) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="visible")
            self._live.start()
        elif self._console.size != self._size:  # what was drawn has been wrapped anew: nobody knows where it begins
            self._console.clear()
        self._size = self._console.size
        lines = screen_lines(self._status, self._console, self._foot())
        self._live.update(Text("\n").join(lines), refresh=True)

    def _foot(self) -> Sequence[str]:
        seen = "nothing is seen yet" if self._status is None else f"seen at {self._status.at:%H:%M:%S} UTC"
        waits = [f"! {silence_text(each)}" for each in self._silent]
        return [*waits, f"{seen}, every {duration_text(self._every)}; Ctrl-C ends it"]

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()


class _Lines:
    """The first look whole, and of each further one what has changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before: StatusReport | None = None
        self._silent: set[str] = set()

    def waits_for(self, silent: Sequence[SilenceReport]) -> None:
        for each in silent:
            if each.cluster not in self._silent:
                tell(self._console, plain(f"! {silence_text(each)}"))
        self._silent = {each.cluster for each in silent}

    def show(self, status: StatusReport) -> None:
        if self._before is None:
            render_status(status, self._console)
        else:
            for line in changes(self._before, status):
                tell(self._console, f"{status.at:%H:%M:%S} {plain(line)}")
        self._before = status

    def close(self) -> None:
        """Nothing is left to be done."""


def screen_lines(status: StatusReport | None, console: Console, foot: Sequence[str]) -> list[Text]:
    """What `status` prints, with as many volumes of each group, the first of them, as the console's height lets in."""
    width, height = console.size
    feet = [Text(cut(line, width - 1), "dim") for line in foot]
    return [*(_body(status, console, width, height - len(feet) + 1) if status is not None else ()), *feet]


def _body(status: StatusReport, console: Console, width: int, height: int) -> list[Text]:
    least, most = 0, max((len(group.volumes) for group in status.groups), default=0)
    lines = _rendered(status, console, most)
    if len(lines) >= height - 1:
        while least < most:
            middle = (least + most + 1) // 2
            if len(_rendered(status, console, middle)) < height - 1:
                least = middle
            else:
                most = middle - 1
        lines = _rendered(status, console, least)
    if len(lines) >= height - 1:
        left = len(lines) - (height - 3)
        lines = [
            *lines[: max(height - 3, 0)],
            Text(f"... and {count_text(left, 'line')} that the terminal has no room for"),
        ]
    for line in lines:
        line.truncate(width - 1, overflow="ellipsis")
    return lines


def _rendered(status: StatusReport, console: Console, most: int) -> list[Text]:
    paper = Console(
        file=io.StringIO(),
        width=console.width - 1,
        force_terminal=True,
        color_system=console.color_system,  # type: ignore[arg-type]  # its own words for what it takes
        no_color=console.no_color,
        highlight=False,
    )
    render_status(status, paper, most=most)
    assert isinstance(paper.file, io.StringIO)
    return [Text.from_ansi(line) for line in paper.file.getvalue().rstrip("\n").split("\n")]
