"""Reports as text on standard output; as JSON, the very same report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from datamotion.model.units import count_text, duration_text, size_text
from datamotion.service.reports import (
    CheckReport,
    CopyReport,
    Finding,
    GroupReport,
    Outcome,
    PlanReport,
    RefusalReport,
    Report,
    RunReport,
    StatusReport,
    VolumeReport,
    to_json,
)

T = TypeVar("T")
_SHOWN = 12
_SHOWN_NAMES = 4
_WIDE = 10_000
"""Columns. Lines are left to the terminal to wrap, and tables are never cut: half an address is of no use."""


def print_json(report: Report | tuple[Report, ...]) -> None:
    """The report as JSON, whole."""
    print(to_json(report))


def _console(*, stderr: bool = False) -> Console:
    return Console(highlight=False, soft_wrap=True, width=_WIDE, stderr=stderr)


def a_table(*headings: str) -> Table:
    """A table without lines, every cell on one line; those under `size` and `bytes` to the right."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in headings:
        justify: JustifyMethod = "right" if heading in ("size", "bytes") else "left"
        table.add_column(heading, justify=justify, no_wrap=True)
    return table


def print_table(table: Table) -> None:
    """The whole table, on standard output, however narrow that is."""
    _console().print(table)


def render_plan(plan: PlanReport, *, stderr: bool = False) -> None:
    """A plan as a colleague would explain it: what, why, what it gives up, what it leaves alone."""
    console = _console(stderr=stderr)
    console.print(f"[bold]{escape(plan.title)}[/]")
    for number, step in enumerate(plan.steps, 1):
        console.print(f"\n  [bold]{number}. {escape(step.title)}[/] at {escape(step.cluster)}: {escape(step.because)}")
        _print_lines(console, step.acts)
    if plan.losses:
        console.print("\n  [bold yellow]What this gives up[/]")
        _print_lines(console, [f"{loss.volume}: {loss.text}" for loss in plan.losses])
    _render_refusals(console, plan.refusals)
    for note in plan.notes:
        console.print(f"\n  [bold]Note:[/] {escape(note)}")
    if not plan.changes and not plan.refusals:
        console.print("\n  Nothing to do: all is as wanted.")
    console.print()


def _print_lines(console: Console, lines: Sequence[str]) -> None:
    for line in _first_of(lines, console, "       "):
        console.print(f"       {escape(line)}")


def _first_of(things: Sequence[T], console: Console, indent: str) -> Iterator[T]:
    """As many as a person reads; behind them a line says how many more there are."""
    yield from things[:_SHOWN]
    if len(things) > _SHOWN:
        console.print(f"{indent}... and {len(things) - _SHOWN} more; -o json lists all")


def _render_refusals(console: Console, refusals: Sequence[RefusalReport]) -> None:
    for refusal in _first_of(refusals, console, "\n  "):
        who = f"{refusal.backend}: " if refusal.backend and not refusal.text.startswith(refusal.backend) else ""
        console.print(f"\n  [bold red]Refused:[/] {escape(who + refusal.text)}")
        if refusal.hint:
            console.print(f"  [bold]hint:[/] {escape(refusal.hint)}")


def render_run(run: RunReport) -> None:
    """How a run ended."""
    console = _console()
    took = duration_text(timedelta(seconds=run.seconds))
    console.print(f"\n[bold]{escape(run.title)}[/]: {run.verdict} in {took}, {count_text(run.calls, 'API call')}")
    if run.went_on_from is not None:
        console.print(f"  It went on from run {run.went_on_from}, which had been cut off.")
    _render_outcomes(console, run.volumes)
    _render_recovery_points(console, run)
    if run.serving and any(each.outcome in (Outcome.DONE, Outcome.UNCHANGED) for each in run.volumes):
        console.print(f"  [bold]{escape(run.serving)} serves {escape(run.group)}[/], epoch {run.epoch}")


def _render_outcomes(console: Console, volumes: Sequence[VolumeReport]) -> None:
    """What became of the volumes; by back end, unless it was the same at all."""
    alike = len({each.outcome for each in volumes}) == 1
    found: dict[str, list[VolumeReport]] = {}
    for each in volumes:
        found.setdefault(each.outcome if alike else f"{each.outcome} at {each.backend}", []).append(each)
    for outcome, concerned in found.items():
        names = sorted({each.volume for each in concerned})
        console.print(f"  {escape(outcome)}: {escape(_names(names, _SHOWN))}")
        for each in _first_of([each for each in concerned if each.detail], console, "    "):
            console.print(f"    [red]{escape(each.volume)}[/]: {escape(each.detail or '')}")
            if each.hint:
                console.print(f"      [bold]hint:[/] {escape(each.hint)}")


def _render_recovery_points(console: Console, run: RunReport) -> None:
    points = [each for each in run.volumes if each.recovery_point]
    if points:
        console.print("  recovery points:")
    for each in _first_of(points, console, "    "):
        age = (
            f", {duration_text(timedelta(seconds=each.recovery_age_s))} old" if each.recovery_age_s is not None else ""
        )
        console.print(f"    {escape(each.volume)}: {escape(each.recovery_point or '')}{age}")


def render_status(status: StatusReport) -> None:
    """Each group as a table: its volumes down, its back ends across."""
    console = _console()
    for group in status.groups:
        rpo = f", RPO {duration_text(timedelta(seconds=group.rpo_s))}" if group.rpo_s is not None else ""
        away = "" if group.serving == group.home else f" [bold yellow](home is {escape(group.home)})[/]"
        server = group.serving or "nobody that can be seen"
        console.print(
            f"[bold]{escape(group.name)}[/] is served by [bold]{escape(server)}[/]{away}, epoch {group.epoch}{rpo}"
        )
        if group.volumes:
            console.print(_group_table(group))
        else:
            console.print("  no volumes are seen")
        _render_troubles(console, group)
        console.print()


def _group_table(group: GroupReport) -> Table:
    table = a_table("volume", "size", *group.backends)
    for volume in group.volumes:
        copies = {copy.backend: copy for copy in volume.copies}
        size = size_text(volume.size_bytes) if volume.size_bytes is not None else "?"
        table.add_row(escape(volume.volume), size, *(_copy_cell(copies.get(name)) for name in group.backends))
    return table


_SOURCES = {"active": "green", "unmarked": "yellow", "overtaken": "bold red", "fenced": "yellow"}
"""The roles of copies that clients write to, or did; each with its colour."""


def _copy_cell(copy: CopyReport | None) -> str:
    if copy is None:
        return "[dim]not seen[/]"
    if copy.role in _SOURCES:
        return (
            f"[{_SOURCES[copy.role]}]{escape(copy.role)}[/]{escape(f' {copy.path}' if copy.path else ', not mounted')}"
        )
    if copy.transferring_bytes is not None:
        return f"[cyan]transferring[/], {size_text(copy.transferring_bytes)} so far"
    if copy.lag_s is not None:
        colour = "red" if copy.within_rpo is False else "green"
        return f"{escape(copy.state)}, [{colour}]{duration_text(timedelta(seconds=copy.lag_s))} old[/]"
    colour = "red" if copy.trouble else "yellow"
    return f"[{colour}]{escape(copy.state)}[/]"


def _render_troubles(console: Console, group: GroupReport) -> None:
    """What is wrong, the same trouble of several volumes on one line."""
    volumes: dict[tuple[str, str], list[str]] = {}
    for volume in group.volumes:
        for copy in volume.copies:
            if copy.trouble:
                volumes.setdefault((copy.backend, copy.trouble), []).append(volume.volume)
    troubles = [f"{backend} {_names(names)}: {trouble}" for (backend, trouble), names in volumes.items()]
    for line in _first_of([*group.troubles, *troubles], console, "  "):
        console.print(f"  [red]![/] {escape(line)}")


def _names(names: Sequence[str], most: int = _SHOWN_NAMES) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def render_check(check: CheckReport) -> None:
    """Every finding on a line, and what to do about those that are not as they should be."""
    console = _console()
    words = {
        Finding.PASSED: "[green]ok[/]     ",
        Finding.FAILED: "[bold red]failed[/] ",
        Finding.NOT_LOOKED: "[yellow]unseen[/] ",
    }
    for line in check.lines:
        detail = f": {escape(line.detail)}" if line.detail else ""
        console.print(f"{words[line.finding]} {escape(line.subject)}: {escape(line.what)}{detail}")
        if line.hint:
            console.print(f"          [bold]hint:[/] {escape(line.hint)}")
