"""What every command that changes something goes through: its plan is shown, agreed to and carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import anyio
import typer

from datamotion.cli.agreeing import agreed, check_can_ask, checked_reason
from datamotion.cli.failing import single, status_of
from datamotion.cli.output import Output, print_json
from datamotion.cli.render import render_plan
from datamotion.cli.render_run import render_run
from datamotion.cli.side_by_side import SideBySide
from datamotion.cli.streaming import StreamingWatcher
from datamotion.cli.telling import show_error
from datamotion.cli.watching import TerminalWatcher, kept_fresh
from datamotion.errors import ConfigError, DataMotionError
from datamotion.exit_status import ExitStatus
from datamotion.model.plan import Plan
from datamotion.model.words import Operation
from datamotion.service import preparing
from datamotion.service.follow_ups import falls_short
from datamotion.service.intents import Intent
from datamotion.service.operation_reports import OperationReport
from datamotion.service.prepared import Prepared
from datamotion.service.reports import PlanReport
from datamotion.service.saved_plans import check_is_as_saved
from datamotion.service.session import Session
from datamotion.service.verdict import Verdict

_DONE = frozenset({Verdict.DONE, Verdict.PARTLY})


def carry_out(
    session: Session,
    intents: Sequence[Intent],
    output: Output,
    *,
    yes: bool,
    dry_run: bool,
    reason: str | None = None,
    without_store: bool = False,
    then: Sequence[Intent] = (),
    saved: Mapping[str, PlanReport] | None = None,
) -> None:
    """All of these are planned, shown, agreed to and carried out. Exits with the status of the worst.

    `then` follows for those groups for which it came about, or had already: a run that was cut off in it goes on. It is
    not asked about, as it gives nothing up. Where it falls short of what was told of it, the status says so too. What
    is `saved` of a group is what its plan has to be.
    """
    reason = checked_reason(reason)
    intents = [replace(each, reason=reason) for each in intents]
    if not (yes or dry_run):
        check_can_ask()
    reports: list[OperationReport] = []
    status: int = ExitStatus.FAILED
    try:
        anyio.run(_carry_out_all, session, intents, reports, output, yes, dry_run, without_store, False, saved)
        status = max((report.verdict.exit_status for report in reports), default=ExitStatus.DONE)
        came_about = {each.group for each in reports if each.verdict in _DONE}
        due = [replace(each, reason=reason) for each in then if each.group.name in came_about]
        if due and not dry_run:
            is_whole = _follow_up(session, due, reports, output)
            status = status if is_whole else max(status, ExitStatus.FAILED)
    except BaseException as raised:
        status = status_of(raised)
        raise
    finally:  # where something is raised, the reports of those that had ended are not lost
        if output is not Output.TEXT and reports:
            print_json("operations", tuple(reports), status, output)
    raise typer.Exit(status)


def _follow_up(session: Session, intents: Sequence[Intent], reports: list[OperationReport], output: Output) -> bool:
    """Whether it came to what was told beforehand, as far as it was begun. `reports` are of what it follows."""
    before = {each.group: each for each in reports}
    found: list[OperationReport] = []
    plans: Mapping[str, Plan] = {}
    try:
        plans = anyio.run(_carry_out_all, session, intents, found, output, True, False, False, True)
    except (DataMotionError, BaseExceptionGroup) as raised:
        error = single(raised)
        if output is Output.TEXT:
            show_error(error, of=intents[0].operation, follows=True)
        found += [OperationReport.failed(each.operation, each.group.name, error) for each in intents]
    finally:
        reports += [replace(each, follows=before[each.group].operation) for each in found]
    return not any(falls_short(plans[each.group], each, before[each.group]) for each in found if each.group in plans)


async def _carry_out_all(
    session: Session,
    intents: Sequence[Intent],
    reports: list[OperationReport],
    output: Output,
    yes: bool,
    dry_run: bool,
    without_store: bool,
    follows: bool = False,
    saved: Mapping[str, PlanReport] | None = None,
) -> Mapping[str, Plan]:
    """Returns the plan of each group, as it was at first."""
    async with preparing.prepare(session, intents, at_once=yes and not dry_run) as all_prepared:
        for prepared in all_prepared:
            if saved is not None:
                check_is_as_saved(saved[prepared.group], prepared.report)
        if len(all_prepared) == 1:
            report = await carry_out_one(
                session, all_prepared[0], output, yes=yes, dry_run=dry_run, without_store=without_store, follows=follows
            )
            reports.append(report)
            return {prepared.group: prepared.plan for prepared in all_prepared}
        groups = SideBySide(session.world.clock, all_prepared, output)
        if dry_run:
            groups.only_shown()
        try:
            if not dry_run:
                missing = _missing(session, all_prepared[0], yes, without_store) if groups.is_due else None
                await groups.carry_out(yes=yes, but=missing, follows=follows)
        finally:
            reports += groups.reports
        return {prepared.group: prepared.plan for prepared in all_prepared}


async def carry_out_one(
    session: Session,
    prepared: Prepared,
    output: Output,
    *,
    yes: bool,
    dry_run: bool,
    without_store: bool,
    follows: bool = False,
) -> OperationReport:
    """One plan shown, agreed to and carried out; told where that is in text.

    Of one that follows another it is not told that nothing is to be done.
    """
    plan = prepared.report
    if dry_run or not plan.changes:
        if not (dry_run or plan.refusals):
            prepared.record_nothing_left()
        if output is Output.TEXT and not (follows and plan.verdict is Verdict.DONE):
            render_plan(plan)
        return OperationReport.of(plan)
    missing = _missing(session, prepared, yes, without_store)
    if not await agreed([plan], yes=yes, output=output, but=missing, word=prepared.word):
        raise typer.Abort
    with _watcher(session, prepared, output) as watcher:
        async with kept_fresh(watcher, session.world.clock):
            report = await prepared.carry_out(watcher)
    if output is Output.TEXT:
        render_run(report)
    return OperationReport.of(plan, report)


def _watcher(session: Session, prepared: Prepared, output: Output) -> TerminalWatcher | StreamingWatcher:
    clock = session.world.clock
    if output is Output.JSONL:
        return StreamingWatcher(clock, group=prepared.group, operation=prepared.operation)
    return TerminalWatcher(clock, prepared.unanswered)


def _missing(session: Session, prepared: Prepared, yes: bool, without_store: bool) -> str | None:
    """What a person has to agree to where the store is of no use to a failover; None where it is.

    Raises: ConfigError where nobody is asked.
    """
    if without_store or prepared.operation is not Operation.FAILOVER:
        return None
    problem = session.store_problem()
    if problem is None:
        return None
    where = "its journal then goes to standard error and to a file, where one can be made"
    if yes:
        raise ConfigError(problem.message, hint=f"--without-store carries the failover out all the same: {where}")
    return f"{problem.message}. The failover can go on without it: {where}."
