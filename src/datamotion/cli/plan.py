"""`datamotion plan`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import anyio
import typer

from datamotion.cli.options import DEFAULT_CONFIG, AnyGroups, ConfigFile, OutputForm, PeerClusters, open_session
from datamotion.cli.output import Output
from datamotion.cli.render_groups import show_plans
from datamotion.exit_status import CHANGES, ExitStatus
from datamotion.service import preparing, protecting
from datamotion.service.reports import PlanReport
from datamotion.service.saved_plans import check_may_hold_plans, save_plans
from datamotion.service.session import Session

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


def plan(
    context: typer.Context,
    groups: AnyGroups = None,
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
    if out is not None:
        check_may_hold_plans(out)
    reports = anyio.run(_plans, session, groups or (), peer_clusters)
    status = max((report.verdict.exit_status for report in reports), default=ExitStatus.DONE)
    if exit_code and status == ExitStatus.DONE and any(report.changes for report in reports):
        status = CHANGES
    show_plans(reports, status, output)
    if out is not None:
        save_plans(out, reports)
        if output is Output.TEXT:
            typer.echo(f"saved: datamotion apply --plan {out} carries out exactly that, or nothing", err=True)
    raise typer.Exit(status)


async def _plans(session: Session, names: Sequence[str], makes_peers: bool) -> tuple[PlanReport, ...]:
    intents = [protecting.protect(each, makes_peers=makes_peers) for each in session.groups(names)]
    async with preparing.prepare(session, intents) as prepared:
        return tuple(each.report for each in prepared)
