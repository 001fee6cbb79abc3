"""How a run goes, as lines that fit a screen: the worst and what moves first, the rest counted. Pure.

Nothing is told by colour or by its place alone: every line says in words what it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.cells import cell_len

from datamotion.cli.columns import Cell
from datamotion.cli.terminal import cut, shortened
from datamotion.model.units import count_text, duration_text, moment_text, size_text
from datamotion.model.visible import visible
from datamotion.service.progress import Doing, RunProgress, VolumeProgress
from datamotion.service.silence import SilenceReport

_STEPS = 4
_TOLD_SILENCE_S = 5.0  # a cluster may think that long
_STYLES = {Doing.GIVEN_UP: "red", Doing.STALLED: "yellow", Doing.MOVING: "green"}
_MARKED = (Doing.GIVEN_UP, Doing.STALLED)
_DOING_WIDTH = max(map(len, Doing))
_ALL_VOLUMES = "(all volumes)"


def picture_lines(run: RunProgress, width: int, height: int) -> list[Cell]:
    """At most `height` lines, each at most `width` wide."""
    lines = [Cell(_headline(run, width), "bold"), Cell(f"  {_counts(run.volumes)}")]
    lines += silence_lines(run.silent)
    lines += [Cell(each) for each in _steps(run)]
    open_ = [each for each in run.volumes if each.doing is not Doing.DONE]
    room = height - len(lines)
    rows = open_
    if len(open_) > room:  # who merely waits is counted
        rows = [each for each in open_ if each.doing is not Doing.WAITING][: max(room - 1, 0)]
    lines += _rows(rows, width)
    if rest := open_[len(rows) :]:
        lines.append(Cell(f"    {'... and ' if rows else ''}{_counts(rest)}"))
    return [Cell(cut(visible(text), width), style) for text, style in lines[: max(height, 1)]]


def _headline(run: RunProgress, width: int) -> str:
    how = f": {run.phase}, {duration(run.elapsed_s)} so far"
    return f"{shortened(visible(run.title), width - len(how))}{how}"


def _counts(volumes: Sequence[VolumeProgress]) -> str:
    """By what becomes of them; what all of them need is none of them."""
    counts = Counter(each.doing for each in volumes if each.volume is not None)
    told = ", ".join(f"{counts[each]} {each}" for each in Doing if counts[each])
    names = count_text(len({each.volume for each in volumes} - {None}), "volume")
    places = {each.backend for each in volumes if each.volume is not None}
    where = f" at {len(places)} back ends" if len(places) > 1 else ""
    return f"{names}{where}: {told}" if told else "no volume yet"


def silence_lines(silent: Sequence[SilenceReport]) -> list[Cell]:
    """Of clusters that take longer than they may think."""
    return [Cell(f"! {silence_text(each)}", "yellow") for each in silent if each.for_s >= _TOLD_SILENCE_S]


def silence_text(silence: SilenceReport) -> str:
    return (
        f"{silence.cluster} has not answered for {duration(silence.for_s)};"
        f" the request is given up in {duration(silence.given_up_in_s)}"
    )


def _steps(run: RunProgress) -> Iterator[str]:
    """Those that are not done, in their order."""
    left = [each for each in run.steps if each.reached < each.acts]
    for each in left[:_STEPS]:
        yield f"  {each.reached} of {each.acts}: {each.title}, at {each.cluster}"
    if len(left) > _STEPS:
        yield f"  ... and {count_text(len(left) - _STEPS, 'more step')}"


def _rows(volumes: Sequence[VolumeProgress], width: int) -> Iterator[Cell]:
    names = [shortened(visible(each.volume or _ALL_VOLUMES), width // 3) for each in volumes]
    backends = [shortened(visible(each.backend), width // 5) for each in volumes]
    wide = max(map(cell_len, names), default=0), max(map(cell_len, backends), default=0)
    for volume, name, backend in zip(volumes, names, backends, strict=True):
        sign = "!" if volume.doing in _MARKED else " "
        padded = f"{name}{' ' * (wide[0] - cell_len(name))}  {backend}{' ' * (wide[1] - cell_len(backend))}"
        text = f"  {sign} {padded}  {volume.doing:<{_DOING_WIDTH}}  {doing_text(volume)}"
        yield Cell(text.rstrip(), _STYLES.get(volume.doing, ""))


def doing_text(volume: VolumeProgress) -> str:
    """What there is to know of it now, the most urgent first."""
    told = []
    if volume.doing is Doing.STALLED and volume.still_s is not None:
        told.append(f"for {duration(volume.still_s)}")
        if volume.given_up_in_s is not None:
            told.append(f"given up in {duration(volume.given_up_in_s)}")
    if volume.moved_bytes is not None:
        told.append(_bytes_text(volume))
    if volume.bytes_s and volume.doing is not Doing.STALLED:
        told.append(f"{size_text(round(volume.bytes_s))}/s")
    if volume.seconds_left is not None:
        told.append(f"{duration(volume.seconds_left)} left")
    if volume.until is not None:
        told.append(f"until {moment_text(volume.until)}")
    if volume.step is not None:
        told.append(volume.step)
    if volume.why is not None:
        told.append(volume.why)
    return ", ".join(told)


def _bytes_text(volume: VolumeProgress) -> str:
    moved = volume.moved_bytes or 0
    if not volume.total_bytes:
        return f"{size_text(moved)} arrived"
    share = min(moved / volume.total_bytes, 1.0)
    return f"{size_text(moved)} of {size_text(volume.total_bytes)} ({share:.0%})"


def duration(seconds: float) -> str:
    """In words, to the second."""
    return duration_text(timedelta(seconds=round(seconds)))
