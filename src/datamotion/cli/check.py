"""`datamotion check`."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from datamotion.cli.completion import complete_backend
from datamotion.cli.options import DEFAULT_CONFIG, AnyGroups, ConfigFile, OutputForm, open_session
from datamotion.cli.output import Output, print_json
from datamotion.cli.render_check import render_check
from datamotion.service import check as checking

_From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="BACKEND", help="Only mirrors of what this back end serves.", autocompletion=complete_backend
    ),
]
_To = Annotated[
    str | None,
    typer.Option("--to", metavar="BACKEND", help="Only mirrors at this back end.", autocompletion=complete_backend),
]


def check(
    context: typer.Context,
    groups: AnyGroups = None,
    source: _From = None,
    target: _To = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
) -> None:
    """Say whether all is ready for `apply`, and who or what mends what is not. Changes nothing.

    Example: datamotion check gold --from gold-paris --to gold-lyon
    """
    session = open_session(context, config)
    report = anyio.run(checking.check, session, groups or (), checking.Ways(source=source, target=target))
    if output is Output.TEXT:
        render_check(report)
    else:
        print_json("check", report, report.verdict.exit_status, output)
    raise typer.Exit(report.verdict.exit_status)
