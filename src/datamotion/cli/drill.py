"""`datamotion drill`: serve clones of mirrors to see that a failover would work, and take them away again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import escape
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
from datamotion.cli.terminal import open_console, plain, say
from datamotion.exit_status import ExitStatus
from datamotion.model.units import count_text, duration_text, moment_text
from datamotion.policy.drills import DrillChoice
from datamotion.service import drills, preparing
from datamotion.service.commands_here import CheckOutcome
from datamotion.service.drill_reports import Checksums, DrillReport, MirrorSeen, changes_of
from datamotion.service.intents import Intent
from datamotion.service.manifests import verify
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
    if not (yes or dry_run):
        check_can_ask()
    started = anyio.run(_start, session, intent, output, yes, dry_run, exam)
    told, status = started.evidence, started.operation.verdict.exit_status
    if told is not None:
        status = status or (ExitStatus.DONE if told.passed else ExitStatus.FAILED)
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
    session: Session,
    intent: Intent,
    output: Output,
    yes: bool,
    dry_run: bool,
    exam: drills.Exam,
) -> DrillStartReport:
    clock, group = session.world.clock, intent.group
    at = clock.now()
    async with preparing.prepare(session, [intent]) as (prepared,):
        before, plan = prepared.standing, prepared.plan
        shown = await carry_out_one(session, prepared, output, yes=yes, dry_run=dry_run, without_store=False)
    if dry_run or plan.backend is None:
        return DrillStartReport(operation=shown, evidence=None)
    serve_s = shown.run.seconds if shown.run is not None else None
    async with preparing.prepare(session, [intent]) as (prepared,):
        served = drills.served_by(
            prepared.standing,
            plan.backend,
            {
                each.volume: (each.snapshot, each.age.total_seconds() if each.age else None)
                for each in plan.recovery_points
            },
        )
        until = drills.until_of(prepared.standing, plan.backend)
    backend = group.backend(plan.backend)
    facts = {"DATAMOTION_GROUP": group.name, "DATAMOTION_BACKEND": backend.name, "DATAMOTION_SVM": backend.svm}
    checks = [await drills.check(each, facts, served, session.world.environ, limit) for each, limit in exam.checks]
    sums = None
    if exam.manifest is not None and exam.folder is not None:
        sums = await verify(exam.manifest, exam.folder, exam.manifest_limit)
    async with preparing.prepare(session, [intent]) as (prepared,):
        after = prepared.standing
    seen = drills.mirrors_of(before), drills.mirrors_of(after)
    have = {each.volume for each in served}
    evidence = DrillReport(
        group=group.name,
        backend=backend.name,
        svm=backend.svm,
        at=at,
        until=until,
        seconds_to_serve=serve_s,
        served=tuple(served),
        missing=tuple(each for each in before.volumes if each not in have),
        checks=tuple(checks),
        checksums=sums,
        before=seen[0],
        after=seen[1],
        changed=changes_of(*seen),
    )
    return DrillStartReport(operation=shown, evidence=evidence)


def _age(seconds: float | None) -> str:
    return "age not seen" if seconds is None else f"{duration_text(timedelta(seconds=seconds))} old"


def _mirror(each: MirrorSeen) -> str:
    return f"{each.state}, {each.snapshot or 'exports nothing'}, {_age(each.lag_s)}"


def _outcome(each: CheckOutcome) -> str:
    return "passed" if each.passed else f"failed: {each.problem or f'status {each.status}'}"


def _checksums(told: Checksums) -> Iterator[tuple[str, str]]:
    outcome = "passed" if told.passed else f"failed: {told.problem}" if told.problem else "failed"
    counts = (
        f"{told.equal} of {count_text(told.named, 'file')} equal, {told.differing} differ, {told.unreadable} missing"
    )
    what = f"Checksums of {told.manifest} in {told.folder}"
    yield what, f"{outcome}, {counts}, {told.seconds:.1f} s (SHA-256 of the manifest: {told.manifest_sha256})"
    for heading, names in (("Differs", told.differ), ("Missing", told.missing)):
        yield from ((heading, each) for each in names)


def _summary(told: DrillReport) -> list[tuple[str, str]]:
    """All that the report says, line by line: what it is about, and what is said of it."""
    lines = [("Drill", f"{told.group} at {told.backend} ({told.svm}), begun {moment_text(told.at, to_seconds=True)}")]
    until = f"; to be removed after {moment_text(told.until)}" if told.until else ""
    took = "served already" if told.seconds_to_serve is None else f"{told.seconds_to_serve:.1f} s"
    lines.append(("Time to serve", took + until))
    for each in told.served:
        point = f"{each.snapshot}, {_age(each.age_s)}" if each.snapshot else "served by an earlier run"
        lines.append((f"Recovery point of {each.volume}", f"{point}; {each.clone} at {each.path or 'no path'}"))
    lines += [(f"Not served: {each}", "no clone of it is seen") for each in told.missing]
    lines += [(f"Check {each.command}", f"{_outcome(each)}, {each.seconds:.1f} s") for each in told.checks]
    lines += _checksums(told.checksums) if told.checksums is not None else ()
    now = {(each.volume, each.backend): each for each in told.after}
    for was in told.before:
        after = now.get((was.volume, was.backend))
        lines.append(
            (
                f"Mirror of {was.volume} at {was.backend}",
                f"before: {_mirror(was)}; after: {_mirror(after) if after else 'not seen'} ({was.uuid})",
            )
        )
    lines += [("Changed", each) for each in told.changed]
    unchanged = f"no: {count_text(len(told.before), 'mirror')} compared before and after"
    return lines if told.changed else [*lines, ("Mirrors changed", unchanged)]


def render_drill(told: DrillReport) -> None:
    console = open_console()
    for what, text in _summary(told):
        say(console, f"{plain(what)}: {plain(text)}", hang=2)


_STYLE = (
    "body{font:11pt sans-serif;margin:2em}table{border-collapse:collapse}pre{white-space:pre-wrap}"
    "td,th{border:1px solid #999;padding:.3em;text-align:left;vertical-align:top}tr{break-inside:avoid}"
)


def page(told: DrillReport) -> str:
    """The report as a page of its own that prints well; every value is escaped."""
    rows = "\n".join(f"<tr><th>{escape(what)}</th><td>{escape(text)}</td></tr>" for what, text in _summary(told))
    printed = "\n".join(
        f"<h2>{escape(each.command)}</h2>\n<pre>{escape(each.printed)}</pre>" for each in told.checks if each.printed
    )
    title = escape(f"Drill of {told.group} at {told.backend}: {'passed' if told.passed else 'failed'}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n<table>\n{rows}\n</table>\n{printed}\n</body></html>\n"
    )
