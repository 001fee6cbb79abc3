"""Plans as text, and what runs have in common with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

from rich.console import Console

from datamotion.cli.render_migrations import render_mechanisms
from datamotion.cli.terminal import open_console, plain, say
from datamotion.model.remark import Remark
from datamotion.model.units import count_text, last_text
from datamotion.service.alike import alike, and_others, names_text
from datamotion.service.plan_totals import is_deleted, things_text, totals_text, written_since
from datamotion.service.reports import AskedReport, LossReport, PlanReport, RefusalReport

T = TypeVar("T")
SHOWN = 12


def render_plan(plan: PlanReport, *, stderr: bool = False, console: Console | None = None) -> None:
    """A plan as a colleague would explain it: what, why, what it gives up, what it leaves alone."""
    console = console or open_console(stderr=stderr)
    totals = totals_text(plan)
    say(console, f"[bold]{plain(plan.title)}[/]" + (f" ({totals})" if totals else ""), hang=2)
    render_mechanisms(console, plan.mechanisms)
    for number, step in enumerate(plan.steps, 1):
        console.print()
        say(
            console,
            f"[bold]{number}. {plain(step.title)}[/] at {plain(step.cluster)}: {plain(step.because)}",
            indent=2,
            hang=len(f"{number}. "),
        )
        for act in first_of(step.acts, console, indent=7):
            say(console, plain(act.text), indent=7, hang=2)
    for each in plan.then:
        console.print()
        say(console, f"[bold]Then:[/] {plain(each)}", indent=2, hang=3)
    _render_losses(console, plan.losses)
    _render_refusals(console, plan.refusals)
    _render_notes(console, plan.notes)
    if plan.clusters_say is not None:
        _render_asked(console, plan.clusters_say)
    if not plan.changes and not plan.refusals:
        console.print()
        say(console, _nothing_to_do(plan), indent=2)
    console.print()


def _render_asked(console: Console, said: AskedReport) -> None:
    """What the clusters say to the plan, and what they were not asked about."""
    console.print()
    counts = f"asked about {count_text(said.asked, 'change')}, {count_text(len(said.objections), 'objection')}"
    say(console, f"[bold]What the clusters say beforehand:[/] {counts}", indent=2, hang=2)
    for each in first_of(said.objections, console, indent=7):
        say(console, f"{plain(each.cluster)}: {plain(each.about)}: {plain(each.text)}", indent=7, hang=2)
        if each.hint:
            say(console, f"[bold]hint:[/] {plain(each.hint)}", indent=9, hang=2)
    for left in said.unasked:
        what = f"{plain(left.cluster)}: {plain(left.title)} ({left.acts})"
        say(console, f"not asked: {what}: {plain(left.why)}", indent=7, hang=2)


def _nothing_to_do(plan: PlanReport) -> str:
    """All is as wanted only where something was seen to be, and nothing is wanted that other commands make."""
    if plan.lacks:
        mirrors = count_text(plan.lacks, "mirror")
        return f"Nothing to do here, yet not all is as wanted: the notes above say what helps with {mirrors}."
    return "Nothing to do: all is as wanted." if plan.holds else "Nothing to do: there is nothing that this is about."


def first_of(things: Sequence[T], console: Console, *, indent: int) -> Iterator[T]:
    """As many as a person reads; behind them a line says how many more there are. What is worst has to come first."""
    yield from things[:SHOWN]
    if len(things) > SHOWN:
        say(console, f"... and {len(things) - SHOWN} more; -o json lists all", indent=indent)


def _render_losses(console: Console, losses: Sequence[LossReport]) -> None:
    """The greatest first, which the first line tells; one of which nobody knows how great it is counts as greater.

    Copies that are deleted, while what they are copies of stays, are told apart from them.
    """
    deleted = [each for each in losses if is_deleted(each)]
    given_up = written_since(losses)
    if given_up:
        worst = given_up[0].at_most_s
        at_worst = (
            f"at worst {last_text(timedelta(seconds=worst))}"
            if worst is not None
            else "of some nobody can tell how much"
        )
        _render_lost(console, "What this gives up:", given_up, f", {at_worst}")
    if deleted:
        _render_lost(console, "What this deletes:", deleted)


def _render_lost(console: Console, heading: str, losses: Sequence[LossReport], how_much: str = "") -> None:
    console.print()
    counts = things_text({each.volume for each in losses})
    say(console, f"[bold yellow]{heading}[/] {counts}{how_much}", indent=2, hang=2)
    for text, names in first_of(by_text((each.text, each.volume) for each in losses), console, indent=7):
        say(console, f"{plain(names_text(names))}: {plain(text)}", indent=7, hang=2)


def by_text(said: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Each text once, in the order of their first, with the volumes that it is said of."""
    found: dict[str, list[str]] = {}
    for text, volume in said:
        found.setdefault(text, []).append(volume)
    return list(found.items())


def _render_refusals(console: Console, refusals: Sequence[RefusalReport]) -> None:
    """What is refused as a whole, then what most volumes are refused for."""
    groups = alike(refusals, lambda each: (each.text, each.volume, each.backend))
    groups.sort(key=lambda group: (group[0].volume is not None, -len(group)))
    for group in first_of(groups, console, indent=2):
        first = group[0]
        volumes = [each.volume for each in group if each.volume is not None]
        who = f"{first.backend}: " if first.backend and not first.text.startswith(first.backend) else ""
        console.print()
        said = and_others(first.text, volumes) if len(group) > 1 else first.text
        say(console, f"[bold red]Refused:[/] {plain(who + said)}", indent=2, hang=2)
        render_hint(console, first.hint, indent=2)


def render_hint(console: Console, hint: str | None, *, indent: int) -> None:
    if hint:
        say(console, f"[bold]hint:[/] {plain(hint)}", indent=indent, hang=2)


def _render_notes(console: Console, notes: Sequence[Remark]) -> None:
    for note in notes:
        console.print()
        say(console, f"[bold]Note:[/] {plain(note.whole)}", indent=2, hang=2)
