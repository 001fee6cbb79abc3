"""How runs of several groups go, as lines that fit a screen: each group's own part, the worst first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from datamotion.cli.columns import Cell
from datamotion.cli.picture import duration, picture_lines, silence_lines
from datamotion.cli.terminal import cut
from datamotion.model.units import count_text
from datamotion.service.progress import Doing, RunPhase, RunProgress
from datamotion.service.silence import SilenceReport

_LEAST = 2  # lines of a group: what is done, and how far it is


def groups_lines(
    runs: Mapping[str, RunProgress], silent: Sequence[SilenceReport], width: int, height: int
) -> list[Cell]:
    """At most `height` lines, each at most `width` wide. `runs` are by group, `silent` what all of them wait for."""
    elapsed_s = max((each.elapsed_s for each in runs.values()), default=0.0)
    told = f"{_counts(list(runs.values()))}, {duration(elapsed_s)} so far"
    head = [Cell(cut(text, width), style) for text, style in (Cell(told, "bold"), *silence_lines(silent))]
    named = [replace(each, title=each.title or group, silent=()) for group, each in runs.items()]
    return [*head, *_parts(sorted(named, key=_urgency), width, height - len(head))][: max(height, 1)]


def _parts(runs: Sequence[RunProgress], width: int, height: int) -> Iterator[Cell]:
    """The first take what room the others leave; who finds none is counted."""
    shown = runs if len(runs) * _LEAST <= height else runs[: max((height - 1) // _LEAST, 0)]
    rest = runs[len(shown) :]
    room = height - (1 if rest else 0)
    for number, run in enumerate(shown, 1):
        lines = picture_lines(run, width, room - _LEAST * (len(shown) - number))
        room -= len(lines)
        yield from lines
    if rest:
        yield Cell(cut(f"... and {_counts(rest)}", width))


def _counts(runs: Sequence[RunProgress]) -> str:
    phases = Counter(each.phase for each in runs)
    told = ", ".join(f"{phases[each]} {each}" for each in RunPhase if phases[each])
    return f"{count_text(len(runs), 'group')}: {told}"


def _urgency(run: RunProgress) -> int:
    """What the worst of its volumes is at; a run that has seen nothing yet is at something."""
    order = list(Doing)
    return min((order.index(each.doing) for each in run.volumes), default=order.index(Doing.ASKED))
