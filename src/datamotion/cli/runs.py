"""`datamotion runs`."""

from __future__ import annotations

import typer

from datamotion.cli.columns import a_table
from datamotion.cli.options import DEFAULT_CONFIG, ConfigFile, OutputForm, open_session
from datamotion.cli.output import Output, print_json
from datamotion.cli.terminal import open_console, plain, say
from datamotion.model.units import moment_text
from datamotion.model.words import Operation
from datamotion.service.open_runs import OpenRunReport, RunsReport, RunState, open_runs


def runs(context: typer.Context, config: ConfigFile = DEFAULT_CONFIG, output: OutputForm = Output.TEXT) -> None:
    """Show which runs go on, and which were left before they had come to their end. Changes nothing.

    It exits with 1 where one was cut off or left undone. What was carried through is in `datamotion history`.

    Example: datamotion runs
    """
    report = open_runs(open_session(context, config))
    render_runs(report) if output is Output.TEXT else print_json("runs", report, report.exit_status, output)
    raise typer.Exit(report.exit_status)


def render_runs(report: RunsReport) -> None:
    console = open_console()
    if not report.runs:
        say(console, "No run goes on, and none was left before its end, as far as the store knows.")
        return
    table = a_table("run", "group", "what", "state", "began", "who", "why", beneath=2)
    for each in report.runs:
        run = each.run
        began = moment_text(run.started_at, to_seconds=True, zone="")
        table.add_row(*map(plain, (str(run.run), run.group, run.operation, each.state, began, run.who, run.why or "")))
    table.show(console)
    for each in report.runs:
        if each.state is not RunState.UNDER_WAY:
            command = each.goes_on or "the same command"
            unless = ", should its process be gone" if each.state is RunState.WAITS else ""
            lost = f"; {each.if_lost}" if each.if_lost else ""
            needs = f"{each.needs}; then " if each.needs else ""
            said = f"run {each.run.run}: {needs}{command} goes on with it{_back(each)}{unless}{lost}"
            say(console, plain(said), indent=2, hang=2)


def _back(each: OpenRunReport) -> str:
    """The other way out of a migration that is not being undone already."""
    if each.run.operation != Operation.MIGRATE or (each.goes_on or "").endswith("--abort"):
        return ""
    return ", with --abort back while nothing is decided"
