"""Migrations as text: what each mechanism would take, and which volumes are on their way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console

from datamotion.cli.columns import Columns
from datamotion.cli.terminal import open_console, plain, say
from datamotion.model.units import duration_text, size_text
from datamotion.service.migration_reports import MechanismReport, MigrationReport, MigrationsReport


def render_mechanisms(console: Console, mechanisms: Sequence[MechanismReport]) -> None:
    """Each with its price, the cheapest first, and why it is taken or not."""
    if not mechanisms:
        return
    console.print()
    say(console, "[bold]Ways to do it[/], the cheapest first; times at an assumed 100 MiB a second:", indent=2, hang=2)
    for each in mechanisms:
        taken = "[bold green]taken[/]" if each.is_taken else "not taken"
        price = f"{size_text(each.data)}, about {duration_text(timedelta(seconds=round(each.seconds)))}"
        say(console, f"{plain(each.mechanism)}: {taken}; {price}", indent=4, hang=2)
        why = "" if each.is_taken or each.why_not is None else f" Why not: {each.why_not}."
        hint = f" {each.hint[0].upper()}{each.hint[1:]}." if why and each.hint else ""
        say(console, plain(f"{each.interruption}. Needs: {each.needs}.{why}{hint}"), indent=6, hang=2)


def render_migrations(report: MigrationsReport) -> None:
    """Those under way, and what could not be looked at."""
    console = open_console()
    if report.migrations:
        table = Columns(("what", "from", "to", "by", "state", "bytes", "left"))
        for each in report.migrations:
            cells = (each.volume, each.source, each.to, each.mechanism, each.state, _bytes(each), _left(each))
            table.add_row(*map(plain, cells))
        table.show(console)
    else:
        say(console, "Nothing is on its way, as far as can be seen." if report.unseen else "Nothing is on its way.")
    for why in report.unseen:
        say(console, f"[bold yellow]![/] {plain(why)}", hang=2)


def _bytes(each: MigrationReport) -> str:
    if each.moved is None:
        return size_text(each.total) if each.total is not None else "-"
    return size_text(each.moved) + (f" of {size_text(each.total)}" if each.total is not None else "")


def _left(each: MigrationReport) -> str:
    if each.rate is None:
        return "-"
    left = f", about {duration_text(timedelta(seconds=round(each.seconds_left)))}" if each.seconds_left else ""
    return f"{size_text(round(each.rate))}/s{left}"
