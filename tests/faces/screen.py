"""What is seen on a terminal once a program has written to it: as much of one as the faces make use of."""

from __future__ import annotations

import re

_PARTS = re.compile(r"\x1b\[(?P<number>[?0-9;]*)(?P<command>[A-Za-z])|(?P<control>[\r\n])|(?P<letter>[^\x1b\a])")


class Screen:
    """Lines that are wider than it are wrapped, by a change of its width too, as common terminals do."""

    def __init__(self, columns: int, rows: int) -> None:
        self._columns, self._rows = columns, rows
        self._lines = [""]
        self._row = self._column = 0

    @property
    def lines(self) -> list[str]:
        """From its first row to the last that is not empty."""
        return [line.rstrip() for line in self._lines[-self._rows :]]

    def resize(self, columns: int, rows: int) -> None:
        before, self._lines = self._lines, []
        for number, line in enumerate(before):
            parts = [line[at : at + columns] for at in range(0, len(line), columns)] or [""]
            self._lines += parts
            if number == self._row:
                self._row = len(self._lines) - 1
        self._columns, self._rows = columns, rows

    def show(self, written: str) -> None:
        for part in _PARTS.finditer(written):
            if part["letter"]:
                self._put(part["letter"])
            elif part["control"] == "\r":
                self._column = 0
            elif part["control"] == "\n":
                self._down()
            else:
                self._obey(part["command"], part["number"])

    def _put(self, letter: str) -> None:
        if self._column == self._columns:
            self._column = 0
            self._down()
        line = self._lines[self._row].ljust(self._column)
        self._lines[self._row] = line[: self._column] + letter + line[self._column + 1 :]
        self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._lines):
            self._lines.append("")

    def _obey(self, command: str, number: str) -> None:
        top = max(len(self._lines) - self._rows, 0)
        if command == "A":
            self._row = max(self._row - int(number or 1), top)
        elif command == "K":
            self._lines[self._row] = ""
        elif command == "J":
            del self._lines[top:]
            self._lines.append("")
            self._row, self._column = top, 0
        elif command == "H":
            self._row, self._column = top, 0
        else:
            assert command in "mhl", f"what does {command} do?"
