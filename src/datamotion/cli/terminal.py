"""Text for a terminal, whose width is known, and for files and pipes, which have none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_WORD = re.compile(r"\S+")


def open_console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error."""
    return Console(highlight=False, stderr=stderr)


def say(console: Console, markup: str, *, indent: int = 0, hang: int = 0) -> None:
    """Prose, wrapped at words on a terminal: later lines begin `hang` columns further in. Elsewhere it is one line.

    A word that is wider than the terminal stays whole: half an address is of no use.
    """
    text = Text.from_markup(markup)
    if not console.is_terminal:
        console.print(Text(" " * indent) + text, soft_wrap=True)
        return
    offsets = list(_breaks(text.plain, console.width - indent, console.width - indent - hang))
    for number, line in enumerate(text.divide(offsets)):
        line.rstrip()
        console.print(Text(" " * (indent + (hang if number else 0))) + line, soft_wrap=True)


def _breaks(text: str, first: int, later: int) -> Iterator[int]:
    """Where lines begin, so that the first is at most `first` columns wide and the others `later`."""
    start, width = 0, first
    for word in _WORD.finditer(text):
        if word.start() > start and cell_len(text[start : word.end()]) > width:
            start, width = word.start(), later
            yield start
