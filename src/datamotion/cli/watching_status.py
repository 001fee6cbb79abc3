"""`status --watch`: looks again and again. On a terminal one screen, elsewhere what has changed, a line each."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

from rich.console import Console
from rich.live import Live
from rich.text import Text

from datamotion.cli.interruptions import interruptions
from datamotion.cli.output import Output, print_json
from datamotion.cli.render_status import render_status
from datamotion.cli.status_changes import changes
from datamotion.cli.terminal import cut, open_console, plain, tell
from datamotion.exit_status import ExitStatus
from datamotion.model.units import count_text, duration_text
from datamotion.service.reports import StatusReport
from datamotion.service.session import Session
from datamotion.service.status import looks

Choose = Callable[[StatusReport], StatusReport]


def watch_status(session: Session, group: str | None, every: timedelta, choose: Choose, output: Output) -> int:
    """Until it is interrupted. Returns the exit status of the last look; without one, that of an interruption."""
    ended: list[int] = []
    console = open_console()
    screen = _Screen(console, every) if console.is_terminal and not console.is_dumb_terminal else _Lines(console)

    async def watch() -> None:
        async for seen in looks(session, group, every.total_seconds()):
            status = choose(seen)
            ended[:] = [seen.verdict.exit_status]
            if output is Output.TEXT:
                screen.show(status)
            else:
                print_json("status", status, seen.verdict.exit_status, output)

    with interruptions() as caught:
        try:
            caught.run(watch)
        except KeyboardInterrupt:
            pass
        finally:
            screen.close()
    return ended[0] if ended else ExitStatus.INTERRUPTED


class _Screen:
    """One screen, drawn anew at each look. The last one stays."""

    def __init__(self, console: Console, every: timedelta) -> None:
        self._console = console
        self._every = every
        self._live: Live | None = None
        self._size = console.size

    def show(self, status: StatusReport) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="visible")
            self._live.start()
        elif self._console.size != self._size:  # what was drawn has been wrapped anew: nobody knows where it begins
            self._console.clear()
        self._size = self._console.size
        foot = f"seen at {status.at:%H:%M:%S} UTC, every {duration_text(self._every)}; Ctrl-C ends it"
        lines = screen_lines(status, self._console, foot)
        self._live.update(Text("\n").join(lines), refresh=True)

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()


class _Lines:
    """The first look whole, and of each further one what has changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before: StatusReport | None = None

    def show(self, status: StatusReport) -> None:
        if self._before is None:
            render_status(status, self._console)
        else:
            for line in changes(self._before, status):
                tell(self._console, f"{status.at:%H:%M:%S} {plain(line)}")
        self._before = status

    def close(self) -> None:
        """Nothing is left to be done."""


def screen_lines(status: StatusReport, console: Console, foot: str) -> list[Text]:
    """What `status` prints, with as many volumes of each group, the first of them, as the console's height lets in."""
    width, height = console.size
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
    return [*lines, Text(cut(foot, width - 1), "dim")]


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
