"""`datamotion status`."""

from __future__ import annotations

import anyio
import typer

from datamotion.cli.options import DEFAULT_CONFIG, AnyGroup, ConfigFile, OutputForm, open_session
from datamotion.cli.output import Output, print_json
from datamotion.cli.render_status import render_status
from datamotion.service import status as looking


def status(
    context: typer.Context,
    group: AnyGroup = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show who serves, how old every copy is, and what is wrong. Changes nothing.

    Example: datamotion status gold -o json
    """
    session = open_session(context, config)
    report = anyio.run(looking.status, session, group)
    if output is Output.TEXT:
        render_status(report)
    else:
        print_json("status", report, report.verdict.exit_status, output)
    raise typer.Exit(report.verdict.exit_status)
