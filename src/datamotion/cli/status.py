"""`datamotion status`."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from datamotion.cli.completion import complete_only
from datamotion.cli.options import DEFAULT_CONFIG, AnyGroups, ConfigFile, OutputForm, duration, open_session
from datamotion.cli.output import Output, print_json
from datamotion.cli.render_status import render_status
from datamotion.errors import ConfigError
from datamotion.service import status as looking
from datamotion.service.status_choice import BROKEN, LATE, Order, chosen

_Sort = Annotated[
    Order | None,
    typer.Option("--sort", help="By name, by age (the oldest first), or by state (the worst first)."),
]
_Only = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar=f"{LATE}|{BROKEN}|VOLUME",
        help="Only volumes that are that, or whose name matches a pattern.",
        autocompletion=complete_only,
    ),
]
_Watch = Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")]
_Every = Annotated[str, typer.Option("--every", metavar="TIME", help="With --watch: how long from look to look.")]


def status(
    context: typer.Context,
    groups: AnyGroups = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    sort: _Sort = None,
    only: _Only = None,
    watch: _Watch = False,
    every: _Every = "5s",
) -> None:
    """Show who serves, how old every copy is, and what is wrong. Changes nothing.

    --sort and --only are about which volumes are shown: the exit status is that of all there is.

    With --watch it looks again and again until Ctrl-C, and exits as the last look would have.

    Example: datamotion status gold --only late --watch
    """
    pause = duration("--every", every)
    if watch and output is Output.JSON:
        raise ConfigError("--watch tells of many looks", hint="-o jsonl prints a document a line")
    session = open_session(context, config)
    order = sort or (Order.STATE if watch else Order.NAME)
    if watch:
        from datamotion.cli.watching_status import watch_status

        raise typer.Exit(watch_status(session, groups or (), pause, lambda seen: chosen(seen, order, only), output))
    report = chosen(anyio.run(looking.status, session, groups or ()), order, only)
    if output is Output.TEXT:
        render_status(report)
    else:
        print_json("status", report, report.verdict.exit_status, output)
    raise typer.Exit(report.verdict.exit_status)
