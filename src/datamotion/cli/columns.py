"""Tables without lines, padded by ourselves: rich wraps and measures each cell, seconds for thousands of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text

from datamotion.cli.terminal import open_console, read_markup
from datamotion.model.visible import visible

_INDENT = "  "
_GAP = 3
_TO_THE_RIGHT = frozenset({"size", "bytes"})


class Cell(NamedTuple):
    """Text in one style, on one line."""

    text: str
    style: str = ""


Row = Sequence[Cell]


@dataclass(slots=True)
class Columns:
    """Rows below headings. Where the terminal is narrower than they are, the last `beneath` columns become a line below
    each row; where that is not enough, each row becomes a block of lines.
    """

    headings: Sequence[str]
    rows: list[Row] = field(default_factory=list)
    beneath: int = 0

    def add_row(self, *cells: str | Cell) -> None:
        """One row. A text is markup, of which the first style is that of the whole cell."""
        self.rows.append([each if isinstance(each, Cell) else _of_markup(each) for each in cells])

    def show(self, console: Console) -> None:
        self.headings = [visible(heading) for heading in self.headings]
        self.rows = [[Cell(visible(cell.text), cell.style) for cell in row] for row in self.rows]
        widths = [
            max(cell_len(text) for text in (heading, *(row[number].text for row in self.rows)))
            for number, heading in enumerate(self.headings)
        ]
        lines = self._lines(widths, console)
        styles: dict[str, Style | None] = {"": None}
        segments: list[Segment] = []
        for line in lines:
            for text, style in line:
                if style not in styles:
                    styles[style] = console.get_style(style)
                segments.append(Segment(text, styles[style]))
            segments.append(Segment.line())
        console.print(Segments(segments), soft_wrap=True, end="")

    def _lines(self, widths: Sequence[int], console: Console) -> Iterator[Row]:
        for beneath in dict.fromkeys((0, self.beneath)):
            beside = widths[: len(widths) - beneath]
            total = len(_INDENT) + sum(beside) + _GAP * (len(beside) - 1)
            if not console.is_terminal or total <= console.width:
                return self._table(beside, console)
        return self._blocks()

    def _table(self, widths: Sequence[int], console: Console) -> Iterator[Row]:
        """Of as many columns as there are widths; what others hold is told below each row."""
        shown = len(widths)
        yield self._line([Cell(heading, "dim") for heading in self.headings[:shown]], widths)
        for row in self.rows:
            yield self._line(row[:shown], widths)
            told = zip(self.headings[shown:], row[shown:], strict=True)
            beneath = Text(", ".join(f"{heading}: {cell.text}" for heading, cell in told if cell.text))
            for line in beneath.wrap(console, console.width - len(_INDENT * 3)) if beneath else ():
                yield [Cell(_INDENT * 3), Cell(line.plain.rstrip())]

    def _line(self, row: Row, widths: Sequence[int]) -> Row:
        """Nothing is padded at the end of a line."""
        last = max((number for number, cell in enumerate(row) if cell.text), default=0)
        line = [Cell(_INDENT)]
        for number, (cell, width) in enumerate(zip(row[: last + 1], widths, strict=False)):
            room = Cell(" " * (width - cell_len(cell.text)))
            is_right = self.headings[number] in _TO_THE_RIGHT
            line += [room, cell] if is_right else [cell] if number == last else [cell, room]
            line += [Cell(" " * _GAP)] if number < last else []
        return line

    def _blocks(self) -> Iterator[Row]:
        """The first cell of a row with its numbers, and below it the others, each behind its heading."""
        others = [number for number, each in enumerate(self.headings) if number and each not in _TO_THE_RIGHT]
        numbers = [number for number, each in enumerate(self.headings) if number and each in _TO_THE_RIGHT]
        width = max((cell_len(self.headings[number]) for number in others), default=0)
        for row in self.rows:
            yield [
                Cell(_INDENT),
                Cell(f"{self.headings[0]} " if row[0].text.isdigit() else "", "dim"),
                row[0]._replace(style="bold"),
                *(Cell(f"   {row[number].text}") for number in numbers),
            ]
            for number in others:
                if row[number].text:
                    yield [Cell(_INDENT * 2), Cell(self.headings[number].ljust(width + _GAP), "dim"), row[number]]


def a_table(*headings: str, beneath: int = 0) -> Columns:
    """A table without lines, every cell on one line; those under `size` and `bytes` to the right."""
    return Columns(headings, beneath=beneath)


def print_table(table: Columns) -> None:
    """The whole table, on standard output, however narrow that is."""
    table.show(open_console())


def _of_markup(markup: str) -> Cell:
    text = read_markup(markup)
    return Cell(text.plain, str(text.spans[0].style) if text.spans else "")
