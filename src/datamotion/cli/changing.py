"""Commands that change something: each shows its plan, asks, and carries it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import anyio
import typer

from datamotion.cli.options import (
    DEFAULT_CONFIG,
    AnyGroup,
    ConfigFile,
    DryRun,
    OneGroup,
    Output,
    OutputForm,
    Yes,
    agreed,
    check_can_ask,
    open_session,
)
from datamotion.cli.render import print_json, render_plan, render_run
from datamotion.cli.watching import TerminalWatcher
from datamotion.clock import Clock
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.service import operations
from datamotion.service.operations import Intent, Prepared
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.session import Session

To = Annotated[
    str | None, typer.Option("--to", metavar="BACKEND", help="The target to serve from; without it, the best one.")
]
AllowPartial = Annotated[
    bool, typer.Option("--allow-partial", help="Accept a target that holds only a part of the group.")
]


def apply(
    context: typer.Context,
    group: AnyGroup = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Mirror every volume as configured: create what is missing, adopt what is there, remove nothing.

    After a failover, it fences the copies that were overtaken.

    Example: datamotion apply gold --yes
    """
    session = open_session(context, config)
    _carry_out(session, [operations.protect(each) for each in session.groups(group)], output, yes=yes, dry_run=dry_run)


def update(
    context: typer.Context,
    group: AnyGroup = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    dry_run: DryRun = False,
) -> None:
    """Carry what the sources hold now to every mirror, and wait until it is there.

    Example: datamotion update gold
    """
    session = open_session(context, config)
    _carry_out(session, [operations.update(each) for each in session.groups(group)], output, yes=True, dry_run=dry_run)


def failover(
    context: typer.Context,
    group: OneGroup,
    to: To = None,
    allow_partial: AllowPartial = False,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Serve a group from one of its mirrors. Its home is not asked for anything: it may be gone.

    Shows what every volume gives up (what was written since its last transfer) before it asks.

    Example: datamotion failover gold --to gold-lyon
    """
    session = open_session(context, config)
    choice = FailoverChoice(to=to, allow_partial=allow_partial)
    _carry_out(session, [operations.failover(session.group(group), choice)], output, yes=yes, dry_run=dry_run)


def _carry_out(session: Session, intents: Sequence[Intent], output: Output, *, yes: bool, dry_run: bool) -> None:
    if not (yes or dry_run):
        check_can_ask()
    reports: list[PlanReport | RunReport] = []
    try:
        anyio.run(_carry_out_all, session, intents, reports, output, yes, dry_run)
    finally:  # where one group's raises, the reports of those before it are not lost
        if output is Output.JSON and reports:
            print_json(tuple(reports))
    raise typer.Exit(max((report.verdict.exit_status for report in reports), default=0))


async def _carry_out_all(
    session: Session,
    intents: Sequence[Intent],
    reports: list[PlanReport | RunReport],
    output: Output,
    yes: bool,
    dry_run: bool,
) -> None:
    async with operations.prepare(session, intents) as all_prepared:
        for prepared in all_prepared:
            reports.append(await _carry_out_one(prepared, session.world.clock, output, yes=yes, dry_run=dry_run))  # noqa: PERF401  # kept one by one


async def _carry_out_one(
    prepared: Prepared, clock: Clock, output: Output, *, yes: bool, dry_run: bool
) -> PlanReport | RunReport:
    plan = prepared.report
    if dry_run or not plan.changes:
        if not (dry_run or plan.refusals):
            prepared.close_cut_off()
        if output is Output.TEXT:
            render_plan(plan)
        return plan
    if not await agreed(plan, yes=yes, output=output):
        raise typer.Abort
    with TerminalWatcher(clock) as watcher:
        report = await prepared.carry_out(watcher)
    if output is Output.TEXT:
        render_run(report)
    return report
