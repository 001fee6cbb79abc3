"""Commands that mirror the volumes of groups as configured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import anyio
import typer

from datamotion.cli.changing import carry_out
from datamotion.cli.completion import complete_backend
from datamotion.cli.options import (
    DEFAULT_CONFIG,
    AnyGroups,
    ConfigFile,
    DryRun,
    OutputForm,
    PeerClusters,
    Why,
    Yes,
    open_session,
)
from datamotion.cli.output import Output
from datamotion.cli.render_groups import show_plans
from datamotion.errors import ConfigError
from datamotion.exit_status import ExitStatus
from datamotion.service import preparing, protecting
from datamotion.service.intents import Intent
from datamotion.service.reports import PlanReport
from datamotion.service.saved_plans import saved_plans
from datamotion.service.session import Session

Validate = Annotated[
    bool,
    typer.Option("--validate", help="Show the plan with what the clusters object to, asked beforehand, and stop."),
]

Recreate = Annotated[
    list[str] | None,
    typer.Option(
        "--recreate",
        metavar="BACKEND",
        help="Mirrors there that no update mends are deleted and made anew: all is copied again, and there is no copy"
        " meanwhile; once for each.",
        autocompletion=complete_backend,
    ),
]

Saved = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="Carry out what `plan --out FILE` saved, or nothing if that changed."),
]


def apply(
    context: typer.Context,
    groups: AnyGroups = None,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
    validate: Validate = False,
    peer_clusters: PeerClusters = False,
    recreate: Recreate = None,
    plan: Saved = None,
) -> None:
    """Mirror every volume as configured: create what is missing, adopt what is there, remove nothing.

    After a failover, it fences the copies that were overtaken. Only with --recreate a mirror is deleted: one of another
    shape than its source, which no update mends. What that costs is shown before it is asked about.

    With --plan exactly what was saved is done, or nothing. Several groups are agreed to at once, and go side by side.

    Example: datamotion apply gold --yes
    """
    saved = saved_plans(plan) if plan is not None else None
    session = open_session(context, config, peers=peer_clusters and not (dry_run or validate))
    names = groups or ()
    if recreate and len(set(names)) != 1:
        raise ConfigError("--recreate is about one group", hint="name it: datamotion apply GROUP --recreate BACKEND")
    if saved is not None and (unsaved := [each for each in names if each not in saved]):
        raise ConfigError(f"{plan} holds no plan of {unsaved[0]}", hint=f"it has those of {', '.join(saved)}")
    meant = session.groups(names or saved or ())
    intents = [protecting.protect(each, makes_peers=peer_clusters, recreate=recreate or ()) for each in meant]
    if validate:
        _show_validated(session, intents, output)
    carry_out(session, intents, output, yes=yes, dry_run=dry_run, reason=reason, saved=saved)


def update(
    context: typer.Context,
    groups: AnyGroups = None,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    dry_run: DryRun = False,
) -> None:
    """Carry what the sources hold now to every mirror, and wait until it is there.

    Example: datamotion update gold
    """
    session = open_session(context, config)
    carry_out(
        session,
        [protecting.update(each) for each in session.groups(groups or ())],
        output,
        yes=True,
        dry_run=dry_run,
        reason=reason,
    )


def _show_validated(session: Session, intents: Sequence[Intent], output: Output) -> NoReturn:
    """Each plan with what the clusters say to it; nothing is carried out. Exits with the status of the worst."""
    reports = anyio.run(_validated, session, intents)
    status = max((report.verdict.exit_status for report in reports), default=ExitStatus.DONE)
    show_plans(reports, status, output)
    raise typer.Exit(status)


async def _validated(session: Session, intents: Sequence[Intent]) -> tuple[PlanReport, ...]:
    async with preparing.prepare(session, intents) as all_prepared:
        return tuple([await prepared.validated() for prepared in all_prepared])
