"""`datamotion drill`: serve clones of mirrors to see that a failover would work, and take them away again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer

from datamotion.cli.agreeing import check_can_ask
from datamotion.cli.changing import carry_out, carry_out_one
from datamotion.cli.completion import complete_backend
from datamotion.cli.listing import Listing
from datamotion.cli.logged import logged
from datamotion.cli.options import DEFAULT_CONFIG, ConfigFile, DryRun, OneGroup, OutputForm, Yes, duration, open_session
from datamotion.cli.output import Output, print_json
from datamotion.cli.render_drill import check_may_hold_page, page, render_drill
from datamotion.exit_status import ExitStatus
from datamotion.policy.drills.drills import DrillChoice
from datamotion.service import drill_evidence, drills, preparing
from datamotion.service.drill_reports import DrillOutcome
from datamotion.service.intents import Intent
from datamotion.service.operation_reports import DrillStartReport
from datamotion.service.session import Session

drill = typer.Typer(
    name="drill", cls=Listing, help="Serve clones of mirrors, beside them, to see that a failover would work."
)

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="BACKEND",
        help="The back end to drill at; without it, the best one.",
        autocompletion=complete_backend,
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="SNAPSHOT", help="The snapshot to serve; without it, the newest that is no base."),
]
Prefix = Annotated[
    str | None, typer.Option("--prefix", metavar="PATH", help="Clones are mounted below this junction path.")
]
Check = Annotated[
    list[str] | None,
    typer.Option(
        "--check",
        metavar="COMMAND",
        help="A command that is run on this host once the clones are served; once for each. Status 0: passed. They take"
        " the place of the configured ones.",
    ),
]
CheckTimeout = Annotated[
    str | None, typer.Option("--check-timeout", metavar="DURATION", help="How long each check may take.")
]
ManifestFile = Annotated[
    Path | None,
    typer.Option("--manifest", metavar="FILE", help="Checksums of files, as sha256sum prints them; needs --mount."),
]
MountFolder = Annotated[
    Path | None,
    typer.Option(
        "--mount", metavar="FOLDER", help="Where this host has mounted the prefix: the manifest's paths are below it."
    ),
]
KeepFor = Annotated[
    str | None,
    typer.Option(
        "--keep-for", metavar="DURATION", help="After that the next run that changes the group removes the clones."
    ),
]
ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write the report there too, as a page (HTML).")
]


@drill.command()
@logged
def start(
    context: typer.Context,
    group: OneGroup,
    to: To = None,
    at: At = None,
    prefix: Prefix = None,
    check: Check = None,
    check_timeout: CheckTimeout = None,
    manifest: ManifestFile = None,
    mount: MountFolder = None,
    keep_for: KeepFor = None,
    report: ReportFile = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Serve clones of a group's mirrors below a path of their own, run checks, and report. Mirrors are not changed.

    What is not said is as `drill` of the group in the configuration says.

    Example: datamotion drill start gold --check "restore-test --quick"
    """
    session = open_session(context, config)
    of_group = session.group(group)
    configured = session.drill(group)
    kept = duration("--keep-for", keep_for) if keep_for is not None else configured.keep_for
    choice = DrillChoice(to=to, snapshot=at, prefix=configured.prefix if prefix is None else prefix, keep_for=kept)
    intent = drills.start(of_group, choice)
    limit = duration("--check-timeout", check_timeout) if check_timeout is not None else None
    exam = drills.exam(configured, commands=check or (), limit=limit, manifest=manifest, folder=mount)
    if report is not None:
        check_may_hold_page(report)
    if not (yes or dry_run):
        check_can_ask()
    started = anyio.run(_start, session, intent, output, yes, dry_run, exam)
    told, status = started.evidence, started.operation.verdict.exit_status
    if told is not None:
        status = status or (ExitStatus.DONE if told.outcome is DrillOutcome.PASSED else ExitStatus.FAILED)
        if report is not None:
            report.write_text(page(told), encoding="utf-8")
        if output is Output.TEXT:
            render_drill(told)
    if output is not Output.TEXT:
        print_json("drill", started, status, output)
    raise typer.Exit(status)


@drill.command()
@logged
def stop(
    context: typer.Context,
    group: OneGroup,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Unmount and delete all clones of a group's drills. What is gone already is no mistake.

    Example: datamotion drill stop gold
    """
    session = open_session(context, config)
    carry_out(session, [drills.stop(session.group(group))], output, yes=yes, dry_run=dry_run)


async def _start(
    session: Session, intent: Intent, output: Output, yes: bool, dry_run: bool, exam: drills.Exam
) -> DrillStartReport:
    began = session.world.clock.now()
    async with preparing.prepare(session, [intent]) as (prepared,):  # a run may be recorded behind that, held anew
        shown = await carry_out_one(session, prepared, output, yes=yes, dry_run=dry_run, without_store=False)
    if dry_run or prepared.plan.backend is None:
        return DrillStartReport(operation=shown, evidence=None)
    evidence = await drill_evidence.gather(session, intent, prepared, shown.run, exam, began)
    return DrillStartReport(operation=shown, evidence=evidence)
