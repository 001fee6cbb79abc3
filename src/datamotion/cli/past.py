"""What was done: history."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from datamotion.cli.columns import a_table
from datamotion.cli.completion import complete_group
from datamotion.cli.options import DEFAULT_CONFIG, ConfigFile, OutputForm, open_session
from datamotion.cli.output import Output, print_json
from datamotion.cli.render import first_of, render_plan
from datamotion.cli.render_run import render_run
from datamotion.cli.terminal import open_console, plain, say
from datamotion.exit_status import ExitStatus
from datamotion.model.units import count_text, duration_text, moment_text
from datamotion.service.history import history as read_history
from datamotion.service.history import past_run
from datamotion.service.history_reports import HistoryReport, PastRunDetailReport, PastRunReport

What = Annotated[
    str | None,
    typer.Argument(
        metavar="[GROUP|RUN]",
        help="One group, or the number of a run; without it, the runs of all groups.",
        autocompletion=complete_group,
    ),
]
Limit = Annotated[int, typer.Option("--limit", metavar="NUMBER", min=1, help="So many runs at most, the newest first.")]


def history(
    context: typer.Context,
    what: What = None,
    limit: Limit = 20,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show what was done, by whom and why: the last runs, or everything about one. Changes nothing.

    Example: datamotion history gold
    """
    session = open_session(context, config)
    if what is not None and what.isascii() and what.isdigit() and what not in session.configuration.groups:
        detail = past_run(session, int(what))
        render_past_run(detail) if output is Output.TEXT else print_json("run", detail, ExitStatus.DONE, output)
        return
    report = read_history(session, what, most=limit)
    render_history(report) if output is Output.TEXT else print_json("history", report, ExitStatus.DONE, output)


def render_history(report: HistoryReport) -> None:
    console = open_console()
    if not report.runs:
        say(console, "Nothing was done yet, as far as the store knows.")
        return
    table = a_table("run", "group", "what", "outcome", "began", "took", "who", "why", beneath=2)
    for each in report.runs:
        cells = (str(each.run), each.group, each.operation, each.phase, _began(each), _took(each), each.who)
        table.add_row(*map(plain, (*cells, each.why or "")))
    table.show(console)
    if not report.is_all:
        say(console, f"... and older ones; --limit {len(report.runs) * 2} shows more", indent=2)


def render_past_run(report: PastRunDetailReport) -> None:
    console, run = open_console(), report.run
    why = f", because: {plain(run.why)}" if run.why else ""
    say(console, f"[bold]Run {run.run}[/]: {plain(run.operation)} of {plain(run.group)}, {run.phase}{why}", hang=2)
    took = f", took {_took(run)}" if run.ended_at else ", has not come to its end"
    say(console, f"by {plain(run.who)}, {_began(run)} UTC{took}", indent=2)
    if report.epoch is not None:
        say(console, f"it was to take epoch {report.epoch}", indent=2)
    console.print()
    render_plan(report.plan, console=console)
    _render_steps(console, report)
    _render_journal(console, report)
    if report.outcome is not None:
        render_run(report.outcome, console)


def _render_steps(console: Console, report: PastRunDetailReport) -> None:
    say(console, "[bold]Steps, as they were carried out[/], each with when it was asked for and when it had ended")
    table = a_table("step", "at", "asked", "ended", "given up")
    for each in report.steps:
        asked = "" if each.asked_s is None else f"+{_seconds(each.asked_s)}"
        table.add_row(
            plain(each.title), plain(each.cluster), asked, f"+{_seconds(each.until_s)}", str(each.given_up or "")
        )
    table.show(console)
    console.print()


def _render_journal(console: Console, report: PastRunDetailReport) -> None:
    say(console, f"[bold]Journal[/]: {count_text(len(report.journal), 'line')}")
    for each in first_of(report.journal, console, indent=2):
        volumes = f" ({count_text(len(each.volumes), 'volume')})" if each.volumes else ""
        detail = f": {each.detail}" if each.detail else ""
        line = f"{each.at:%H:%M:%S} {each.cluster}: {each.note}: {each.step}{volumes}{detail}"
        say(console, plain(line), indent=2, hang=2)


def _began(run: PastRunReport) -> str:
    return moment_text(run.started_at, to_seconds=True, zone="")


def _took(run: PastRunReport) -> str:
    return "" if run.seconds is None else _seconds(run.seconds)


def _seconds(seconds: float) -> str:
    return duration_text(timedelta(seconds=seconds))
