"""All text for people: for a terminal, whose width is known, and for files and pipes, which have none.

What is said is markup. Whatever comes from outside goes into it as `plain`, and shows as what it is: no bracket in it
is markup, and what would act on a terminal, or end the line, is an escape.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from datamotion.model.visible import visible

_WORD = re.compile(r"\S+")
_STAND_INS = {"[": "\ue000", "\\": "\ue001"}
"""For what means something in markup. Nobody else's text has these: they are no printable characters."""
_TO_STAND_INS = str.maketrans(_STAND_INS)
_FROM_STAND_INS = str.maketrans({stand_in: each for each, stand_in in _STAND_INS.items()})


class _Aside(Console):
    """Standard error. Where nobody reads it any more, the rest goes nowhere, and what is at work goes on."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self.file.fileno())


def open_console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error."""
    return _Aside(highlight=False, stderr=True) if stderr else Console(highlight=False)


def plain(text: str) -> str:
    """Markup for a text from outside."""
    return visible(text).translate(_TO_STAND_INS)


def shortened(text: str, width: int) -> str:
    """At most that wide, without its middle where it is wider: names often differ at their ends.

    >>> shortened("customer_invoices_2031_archive", 20), shortened("vol_1", 20)
    ('customer_...archive', 'vol_1')
    """
    if cell_len(text) <= width:
        return text
    room = max(width - 3, 0)
    head, tail = set_cell_size(text, room - room // 2).rstrip(), text
    while cell_len(tail) > room // 2:
        tail = tail[1:]
    return f"{head}...{tail}"[: max(width, 0)]


def cut(text: str, width: int) -> str:
    """At most that wide, without its end where it is wider."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, max(width - 3, 0)).rstrip()}..."


def read_markup(markup: str) -> Text:
    """What the markup stands for, all of it visible; without its styles where something in it had to be made so."""
    text = Text.from_markup(markup, emoji=False)
    shown = text.plain.translate(_FROM_STAND_INS)
    if not shown.isprintable():
        return Text(visible(shown))
    text.plain = shown
    return text


def tell(console: Console, markup: str) -> None:
    """One line, however long it is."""
    console.print(read_markup(markup), soft_wrap=True)


def say(console: Console, markup: str, *, indent: int = 0, hang: int = 0) -> None:
    """Prose, wrapped at words on a terminal: later lines begin `hang` columns further in. Elsewhere it is one line.

    A word that is wider than the terminal stays whole: half an address is of no use.
    """
    text = read_markup(markup)
    if not console.is_terminal:
        console.print(Text(" " * indent) + text, soft_wrap=True)
        return
    offsets = list(_breaks(text.plain, console.width - indent, console.width - indent - hang))
    lines = text.divide(offsets)
    for line in lines:
        line.rstrip()
    shown = (Text(" " * (indent + (hang if number else 0))) + line for number, line in enumerate(lines))
    console.print(Text("\n").join(shown), soft_wrap=True)


def _breaks(text: str, first: int, later: int) -> Iterator[int]:
    """Where lines begin, so that the first is at most `first` columns wide and the others `later`."""
    start, width = 0, first
    for word in _WORD.finditer(text):
        if word.start() > start and cell_len(text[start : word.end()]) > width:
            start, width = word.start(), later
            yield start
