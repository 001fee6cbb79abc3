"""What is typed on a page and what it prints: fences called `console`, whose outputs are those of a run.

A line that begins with `$ ` is a command, the lines below it are what it prints; `# ends with 3` says how it ends,
where that is not 0. A fence without a command goes on with the output of the one before. A line `...` stands for any
lines. A run is compared by its shape: numbers, times, sizes and names that differ from run to run count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_FENCE = "```console"
_ENDS_WITH = re.compile(r"\s+# ends with (\d+)$")
_LEFT_OUT = "..."

_SHAPES = (
    (re.compile(r"snapmirror\.[0-9a-f-]{36}_\d+\.[\d_-]+"), "SNAPSHOT"),
    (re.compile(r"\d+(\.\d+)? (B|[KMGT]iB)\b"), "SIZE"),
    (re.compile(r"\d+(\.\d+)? (d|h|min|s)\b( \d+ (h|min|s)\b)?"), "TIME"),
    (re.compile(r"the last second\b"), "the last TIME"),
    (re.compile(r"\bless than TIME\b"), "TIME"),
    (re.compile(r"/\S*/datamotion-demo-\S+"), "FOLDER"),
    (re.compile(r"\S+@\S+, process \d+"), "SOMEBODY"),
    (re.compile(r"\d[\d,]*"), "N"),
    (re.compile(r"\s+"), " "),
)


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    printed: str


class Differs(Exception):
    """What a command printed has another shape than its page says, or it ended otherwise."""


@dataclass
class _Typed:
    """A command of a page: how it ends, and the lines of the page that hold its output."""

    words: str
    status: int
    lines: list[int] = field(default_factory=list)


def shape(line: str) -> str:
    """The line without what differs from run to run."""
    for differs, name in _SHAPES:
        line = differs.sub(name, line)
    return line.strip()


def commands_of(page: str) -> list[str]:
    """What is typed on the page, in its order."""
    return [each.words for each in _typed(page.splitlines())]


def refreshed(page: str, run: Callable[[str], Ended]) -> str:
    """The page with what its commands print now, each of them run, in their order.

    Raises: Differs, with the command and the line, where a command ends otherwise or its output has another shape.
    """
    lines = page.splitlines()
    for each in _typed(lines):
        ended = run(each.words)
        if ended.status != each.status:
            raise Differs(f"$ {each.words}\nends with {ended.status}, not {each.status}:\n{ended.printed}")
        _put(lines, each, ended.printed.splitlines())
    return "\n".join(lines) + "\n"


def _typed(lines: Sequence[str]) -> list[_Typed]:
    found: list[_Typed] = []
    is_open = False
    for number, line in enumerate(lines):
        if line.startswith("```"):
            is_open = line == _FENCE
        elif is_open and line.startswith("$ "):
            ends = _ENDS_WITH.search(line)
            words = _ENDS_WITH.sub("", line.removeprefix("$ "))
            found.append(_Typed(words, int(ends[1]) if ends else 0))
        elif is_open:
            found[-1].lines.append(number)
    return found


def _put(lines: list[str], typed: _Typed, printed: Sequence[str]) -> None:
    """What was printed takes the place of what has the same shape on the page."""
    at, may_leave_out = 0, False
    for place, wanted in _places(lines, typed):
        if wanted == _LEFT_OUT:
            may_leave_out = True
            continue
        found = at
        while found < len(printed) and shape(printed[found]) != shape(wanted):
            found += 1
        left_out = [each for each in printed[at:found] if each.strip()]
        if found == len(printed) or (left_out and not may_leave_out):
            told = "\n".join(printed)
            raise Differs(
                f"$ {typed.words}\ndoes not print as the page says, which goes on with\n{wanted}\nbut\n{told}"
            )
        lines[place] = printed[found].rstrip()
        at, may_leave_out = found + 1, False
    if not may_leave_out and any(each.strip() for each in printed[at:]):
        raise Differs(f"$ {typed.words}\nprints more than the page says:\n" + "\n".join(printed[at:]))


def _places(lines: Sequence[str], typed: _Typed) -> Iterator[tuple[int, str]]:
    """Of each line of the output on the page its number; empty ones say nothing."""
    yield from ((number, lines[number]) for number in typed.lines if lines[number].strip())
