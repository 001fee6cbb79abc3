"""`datamotion explain`."""

from __future__ import annotations

import anyio
import typer

from datamotion.cli.options import DEFAULT_CONFIG, ConfigFile, OneGroup, OutputForm, open_session
from datamotion.cli.output import Output, print_json
from datamotion.cli.render_explained import render_explained
from datamotion.service import explain as explaining


def explain(
    context: typer.Context,
    group: OneGroup,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
) -> None:
    """Say what would become of a group if a site went now: who would serve, why, and what that would cost.

    Changes nothing. Exits with 1 where nothing could take over.

    Example: datamotion explain gold
    """
    session = open_session(context, config)
    report = anyio.run(explaining.explain, session, group)
    if output is Output.TEXT:
        render_explained(report)
    else:
        print_json("explain", report, report.verdict.exit_status, output)
    raise typer.Exit(report.verdict.exit_status)
