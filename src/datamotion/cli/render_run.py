"""Runs as text: how each ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from rich.console import Console

from datamotion.cli.render import SHOWN, by_text, first_of, render_hint
from datamotion.cli.terminal import open_console, plain, say
from datamotion.model.names import counted
from datamotion.model.units import age_text, count_text, duration_text
from datamotion.service.alike import alike, and_others, names_text
from datamotion.service.reports import RefusalReport, RunReport, VolumeReport


def render_run(run: RunReport, console: Console | None = None) -> None:
    """How a run ended: what failed first, then how much was given up, then who serves."""
    console = console or open_console()
    calls = count_text(run.calls, "API call")
    console.print()
    say(console, f"[bold]{plain(run.title)}[/]: {run.verdict} in {_duration(run.seconds)}, {calls}", hang=2)
    if run.went_on_from is not None:
        say(console, f"It went on from run {run.went_on_from}, which had been cut off.", indent=2)
    # A volume may be refused one thing where another was done for it: what its outcome does not tell is told here.
    told = {(each.volume, each.detail) for each in run.volumes}
    told |= {(each.volume, each.backend) for each in run.volumes if each.detail}
    of_all = {each.text: each for each in run.refusals if each.volume is None and each.backend is None}
    unsaid = [
        each
        for each in run.refusals
        if not {(each.volume, each.text), (each.volume, each.backend)} & told
        and not _is_told_of_volumes(each, run.volumes)
        and (each.text in of_all or not any(text in each.text for text in of_all))
    ]
    for group in first_of(alike(unsaid, lambda each: (each.text, each.volume, each.backend)), console, indent=2):
        first, volumes = group[0], [each.volume for each in group if each.volume is not None]
        who = f"{first.backend}: " if first.backend and not first.text.startswith(first.backend) else ""
        say(console, f"[red]![/] {plain(who + and_others(first.text, volumes))}", indent=2, hang=2)
        render_hint(console, first.hint, indent=4)
    _render_outcomes(console, run.volumes, of_all)
    _render_recovery_points(console, run)
    _render_frozen(console, run)
    for note in run.notes:
        say(console, f"[bold]Note:[/] {plain(note.whole)}", indent=2, hang=2)
    _render_serving(console, run)


def _is_told_of_volumes(refusal: RefusalReport, volumes: Sequence[VolumeReport]) -> bool:
    """Whether what keeps a whole back end back, or all, is the cause that its volumes are told of with, or quotes it.

    What all are told to have failed for is told before them.
    """
    details = {each.detail for each in volumes if each.detail and refusal.backend in (None, each.backend)}
    if refusal.volume is not None or (refusal.backend is None and refusal.text in details):
        return False
    if refusal.backend is not None:
        return any(detail in refusal.text for detail in details)
    cause = refusal.text.partition(": ")[2]
    return bool(cause) and any(detail.endswith(cause) for detail in details)


def _render_outcomes(console: Console, volumes: Sequence[VolumeReport], of_all: Collection[str]) -> None:
    """What became of the volumes; by back end, unless it was the same at all.

    `of_all` are reasons that were told of all of them: they are not told again.
    """
    is_same = len({each.outcome for each in volumes}) == 1
    found: dict[str, list[VolumeReport]] = {}
    for each in volumes:
        found.setdefault(each.outcome if is_same else f"{each.outcome} at {each.backend}", []).append(each)
    for outcome, concerned in found.items():
        names = sorted({each.volume for each in concerned}, key=counted)
        say(console, f"{plain(outcome)}: {plain(_counted_names(names))}", indent=2, hang=2)
        failures = alike(
            (_without(each, of_all) for each in concerned if each.detail),
            lambda it: (it.detail or "", it.volume, it.hint),
        )
        failures.sort(key=len, reverse=True)
        for group in first_of(failures, console, indent=4):
            _render_failure(console, group)


def _without(volume: VolumeReport, of_all: Collection[str]) -> VolumeReport:
    return replace(volume, detail="for that reason", hint=None) if volume.detail in of_all else volume


def _counted_names(names: Sequence[str]) -> str:
    shown = names_text(names, SHOWN)
    return f"{count_text(len(names), 'volume')}: {shown}" if len(names) > SHOWN else shown


def _render_failure(console: Console, group: Sequence[VolumeReport]) -> None:
    """Said once of all volumes that failed alike: why, what came about all the same, what nobody knows."""
    first = group[0]
    names = sorted({each.volume for each in group}, key=counted)
    say(console, f"[red]! {plain(names_text(names))}[/]: {plain(first.detail or '')}", indent=4, hang=2)
    for heading, of in (
        ("came about all the same", [(each.volume, each.came_about) for each in group]),
        ("sent, and may or may not have happened", [(each.volume, each.uncertain) for each in group]),
    ):
        if told := _steps_text(of):
            say(console, f"{heading}: {plain(told)}", indent=6, hang=2)
    render_hint(console, first.hint, indent=6)


def _steps_text(of: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Each step once; with the volumes that it is told of, where that is not all of them.

    >>> _steps_text([("vol_1", ["Note", "Fence"]), ("vol_2", ["Fence"])])
    'Note (vol_1), Fence'
    """
    told = by_text((step, volume) for volume, steps in of for step in steps)
    return ", ".join(step if len(names) == len(of) else f"{step} ({names_text(names)})" for step, names in told)


def _render_recovery_points(console: Console, run: RunReport) -> None:
    """The oldest first, which the first line tells."""
    points = sorted(
        (each for each in run.volumes if each.recovery_point),
        key=lambda each: (-_size(each.recovery_age_s), counted(each.volume)),
    )
    if not points:
        return
    oldest = points[0].recovery_age_s
    age = f"at worst {_age(oldest)} old" if oldest is not None else "of some nobody saw how old they were"
    say(console, f"recovery points: {count_text(len(points), 'volume')}, {age}", indent=2, hang=2)
    for each in first_of(points, console, indent=4):
        old = f"{_age(each.recovery_age_s)} old" if each.recovery_age_s is not None else "of unknown age"
        say(console, f"{plain(each.volume)}: {plain(each.recovery_point or '')}, {old}", indent=4, hang=2)


def _render_frozen(console: Console, run: RunReport) -> None:
    """How long clients could not write, at most; at least, where a run before this one began to keep them away."""
    for is_least, bound in ((True, "at least: a run before this one began it"), (False, "at most")):
        concerned = [each for each in run.volumes if each.frozen_at_least is is_least]
        frozen = {each.volume: each.frozen_s for each in concerned if each.frozen_s is not None}
        if not frozen:
            continue
        worst = max(frozen, key=lambda volume: frozen[volume])
        told = f"clients could not write: {count_text(len(frozen), 'volume')}, for {_duration(frozen[worst])} {bound}"
        say(console, f"{told} ({plain(worst)})", indent=2, hang=2)


def _render_serving(console: Console, run: RunReport) -> None:
    """What was seen at the end."""
    if len(run.served) > 1:
        told = ", ".join(f"{each.backend} serves {count_text(each.volumes, 'volume')}" for each in run.served)
        say(console, f"[bold red]! {plain(run.group)} is divided:[/] {plain(told)}", indent=2, hang=2)
    elif run.serving:
        epoch = f", epoch {run.epoch}" if run.epoch is not None else ""
        unseen = "" if all(each.is_seen for each in run.served) else ", as far as is known: it cannot be seen"
        say(console, f"[bold]{plain(run.serving)} serves {plain(run.group)}[/]{epoch}{unseen}", indent=2)


def _age(seconds: float) -> str:
    return age_text(timedelta(seconds=seconds))


def _duration(seconds: float) -> str:
    return duration_text(timedelta(seconds=seconds))


def _size(seconds: float | None) -> float:
    return float("inf") if seconds is None else seconds
