"""Commands that only look: check, plan, status."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer

from datamotion.cli.completion import complete_backend
from datamotion.cli.options import (
    DEFAULT_CONFIG,
    AnyGroup,
    ConfigFile,
    OneGroup,
    OutputForm,
    PeerClusters,
    duration,
    open_session,
)
from datamotion.cli.output import Output
from datamotion.cli.render import print_json, show_plans
from datamotion.cli.render_explained import render_explained
from datamotion.cli.render_status import render_check, render_status
from datamotion.errors import ConfigError
from datamotion.exit_status import CHANGES, ExitStatus
from datamotion.service import check as checking
from datamotion.service import explain as explaining
from datamotion.service import operations
from datamotion.service import status as looking
from datamotion.service.reports import PlanReport
from datamotion.service.saved_plans import save_plans
from datamotion.service.session import Session
from datamotion.service.status_choice import BROKEN, LATE, Order, chosen

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
_ExitCode = Annotated[
    bool,
    typer.Option(
        "--exit-code",
        help=f"End with {CHANGES.value} where there are changes to make; a mistake in usage or configuration is then"
        f" {ExitStatus.FAILED.value}.",
    ),
]


_Sort = Annotated[
    Order | None,
    typer.Option("--sort", help="By name, by age (the oldest first), or by state (the worst first)."),
]
_Only = Annotated[
    str | None,
    typer.Option(
        "--only", metavar=f"{LATE}|{BROKEN}|VOLUME", help="Only volumes that are that, or whose name matches a pattern."
    ),
]
_Watch = Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")]
_Every = Annotated[str, typer.Option("--every", metavar="TIME", help="With --watch: how long from look to look.")]

_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Save it, so that `apply --plan FILE` does that and nothing else."),
]


def check(
    context: typer.Context,
    group: AnyGroup = None,
    source: _From = None,
    target: _To = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
) -> None:
    """Say whether all is ready for `apply`, and who or what mends what is not. Changes nothing.

    Example: datamotion check gold --from gold-paris --to gold-lyon
    """
    session = open_session(context, config)
    report = anyio.run(checking.check, session, group, checking.Ways(source=source, target=target))
    if output is Output.TEXT:
        render_check(report)
    else:
        print_json("check", report, report.verdict.exit_status, output)
    raise typer.Exit(report.verdict.exit_status)


def plan(
    context: typer.Context,
    group: AnyGroup = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    peer_clusters: PeerClusters = False,
    exit_code: _ExitCode = False,
    out: _Out = None,
) -> None:
    """Show what `apply` would do, and why. Changes nothing.

    Example: datamotion plan gold
    """
    session = open_session(context, config)
    reports = anyio.run(_plans, session, group, peer_clusters)
    status = max((report.verdict.exit_status for report in reports), default=ExitStatus.DONE)
    if exit_code and status == ExitStatus.DONE and any(report.changes for report in reports):
        status = CHANGES
    show_plans(reports, status, output)
    if out is not None:
        save_plans(out, reports)
    raise typer.Exit(status)


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


async def _plans(session: Session, group: str | None, makes_peers: bool) -> tuple[PlanReport, ...]:
    intents = [operations.protect(each, makes_peers=makes_peers) for each in session.groups(group)]
    async with operations.prepare(session, intents) as prepared:
        return tuple(each.report for each in prepared)


def status(
    context: typer.Context,
    group: AnyGroup = None,
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

        raise typer.Exit(watch_status(session, group, pause, lambda seen: chosen(seen, order, only), output))
    report = chosen(anyio.run(looking.status, session, group), order, only)
    if output is Output.TEXT:
        render_status(report)
    else:
        print_json("status", report, report.verdict.exit_status, output)
    raise typer.Exit(report.verdict.exit_status)
