"""Standard error while something goes on: a picture that is drawn anew on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

from rich.live import Live
from rich.text import Text

from datamotion.cli.columns import Cell
from datamotion.cli.terminal import open_console, say
from datamotion.clock import Clock

_SECONDS_BETWEEN_PICTURES = 0.2


class Screen:
    """Draws what `lines` says, given a width and a height. Where nothing can be drawn anew, it only tells lines.

    Used as a context manager; the last picture stays. A line that cannot be written is the last one: it stops no run.
    """

    def __init__(self, clock: Clock, lines: Callable[[int, int], Sequence[Cell]]) -> None:
        self._clock = clock
        self._lines = lines
        self._console = open_console(stderr=True)
        self._live: Live | None = None
        self._drawn_s = float("-inf")
        self._size = self._console.size

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="visible")
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self.draw()
            with suppress(OSError):  # there is no such terminal any more
                self._live.stop()

    @property
    def draws(self) -> bool:
        """Whether there is a picture."""
        return self._live is not None

    def draw_now_and_then(self) -> None:
        """What has changed since the last picture may be too little to look at."""
        if self._clock.monotonic_s() - self._drawn_s >= _SECONDS_BETWEEN_PICTURES:
            self.draw()

    def draw(self) -> None:
        assert self._live is not None
        self._drawn_s = self._clock.monotonic_s()
        try:
            if self._console.size != self._size:  # what was drawn has been wrapped anew: nobody knows where it begins
                self._size = self._console.size
                self._console.clear()
            width, height = self._console.size
            lines = self._lines(width - 1, height - 1)
            self._live.update(Text("\n").join(Text(text, style) for text, style in lines), refresh=True)
        except OSError:
            self._console.on_broken_pipe()

    def tell(self, markup: str) -> None:
        """One line, above the picture where there is one."""
        try:
            say(self._console, markup, hang=4)
        except OSError:
            self._console.on_broken_pipe()
