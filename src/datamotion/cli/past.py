"""What was done: history."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from datamotion.cli.columns import a_table
from datamotion.cli.completion import complete_group
from datamotion.cli.options import DEFAULT_CONFIG, ConfigFile, OutputForm, open_session
from datamotion.cli.output import Output, print_json
from datamotion.cli.render import first_of, render_plan
from datamotion.cli.render_drill import check_may_hold_page, page, render_drill
from datamotion.cli.render_run import render_run
from datamotion.cli.terminal import open_console, plain, say
from datamotion.errors import ConfigError
from datamotion.exit_status import ExitStatus
from datamotion.model.units import count_text, duration_text, moment_text
from datamotion.service.history import history as read_history
from datamotion.service.history import past_run
from datamotion.service.history_reports import HistoryReport, PastRunDetailReport, PastRunReport

What = Annotated[
    str | None,
    typer.Argument(
        metavar="GROUP|RUN",
        help="One group, or the number of a run; without it, the runs of all groups.",
        autocompletion=complete_group,
    ),
]
Limit = Annotated[int, typer.Option("--limit", metavar="NUMBER", min=1, help="So many runs at most, the newest first.")]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write the evidence of a drill's run there too, as a page (HTML)."),
]


def history(
    context: typer.Context,
    what: What = None,
    limit: Limit = 20,
    report: ReportFile = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show what was done, by whom and why: the last runs, or everything about one. Changes nothing.

    Example: datamotion history gold
    """
    session = open_session(context, config)
    if what is not None and what.isascii() and what.isdigit() and what not in session.configuration.groups:
        detail = past_run(session, int(what))
        if report is not None:
            _write_page(detail, report)
        render_past_run(detail) if output is Output.TEXT else print_json("run", detail, ExitStatus.DONE, output)
        return
    if report is not None:
        raise ConfigError("--report is of one run", hint="name its number: datamotion history lists them")
    runs = read_history(session, what, most=limit)
    render_history(runs) if output is Output.TEXT else print_json("history", runs, ExitStatus.DONE, output)


def _write_page(detail: PastRunDetailReport, to: Path) -> None:
    """The page that the drill itself was told by. Raises: ConfigError where no evidence of one is kept."""
    if detail.evidence is None:
        number = detail.run.run
        raise ConfigError(
            f"no evidence of a drill is kept with run {number}", hint=f"datamotion history {number} shows it"
        )
    check_may_hold_page(to)
    to.write_text(page(detail.evidence), encoding="utf-8")


def render_history(report: HistoryReport) -> None:
    console = open_console()
    if not report.runs:
        say(console, "Nothing was done yet, as far as the store knows.")
        return
    drill = ["drill"] if any(each.drill_outcome for each in report.runs) else []
    beneath = (*drill, "who", "why")
    table = a_table("run", "group", "what", "outcome", "began", "took", *beneath, beneath=len(beneath))
    for each in report.runs:
        cells = [str(each.run), each.group, each.operation, each.phase, _began(each), _took(each)]
        cells += [each.drill_outcome or "" for _ in drill]
        table.add_row(*map(plain, (*cells, each.who, each.why or "")))
    table.show(console)
    if not report.is_all:
        say(console, f"... and older ones; --limit {len(report.runs) * 2} shows more", indent=2)


def render_past_run(report: PastRunDetailReport) -> None:
    console, run = open_console(), report.run
    why = f", because: {plain(run.why)}" if run.why else ""
    drill = f", drill {plain(run.drill_outcome)}" if run.drill_outcome else ""
    head = f"{plain(run.operation)} of {plain(run.group)}, {run.phase}{drill}{why}"
    say(console, f"[bold]Run {run.run}[/]: {head}", hang=2)
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
    if report.evidence is not None:
        render_drill(report.evidence, console)


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
