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
    open_session,
)
from datamotion.cli.output import Output
from datamotion.cli.render import print_json, show_plans
from datamotion.cli.render_explained import render_explained
from datamotion.cli.render_status import render_check, render_status
from datamotion.exit_status import CHANGES, ExitStatus
from datamotion.service import check as checking
from datamotion.service import explain as explaining
from datamotion.service import operations
from datamotion.service import status as looking
from datamotion.service.reports import PlanReport
from datamotion.service.saved_plans import save_plans
from datamotion.service.session import Session

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
