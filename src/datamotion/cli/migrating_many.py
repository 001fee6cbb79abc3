"""Many LUNs and files brought elsewhere by one command: one plan on the screen, one consent, one total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import anyio
import typer
from rich.console import Console

from datamotion.cli.agreeing import check_can_ask, checked_reason, confirmed
from datamotion.cli.columns import Columns
from datamotion.cli.failing import status_of
from datamotion.cli.output import Output, print_json
from datamotion.cli.render import first_of, render_plan
from datamotion.cli.render_run import render_run
from datamotion.cli.side_by_side import carried_out
from datamotion.cli.streaming import StreamingWatcher
from datamotion.cli.terminal import open_console, plain, say, tell
from datamotion.exit_status import ExitStatus
from datamotion.model.units import count_text, duration_text, size_text
from datamotion.service import intents, preparing
from datamotion.service.events import EventReport, Follower
from datamotion.service.in_turn import in_turn
from datamotion.service.item_patterns import Meant
from datamotion.service.migration_reports import MechanismReport
from datamotion.service.migrations import abort, migrate
from datamotion.service.operation_reports import OperationReport
from datamotion.service.plan_totals import is_deleted
from datamotion.service.prepared import Prepared
from datamotion.service.reports import PlanReport
from datamotion.service.session import Session
from datamotion.service.verdict import Verdict


class _Unshown(Follower):
    """What goes on side by side is told when it ends."""

    def told(self, event: EventReport) -> None:
        pass


def carry_out_many(
    session: Session,
    meant: Meant,
    output: Output,
    *,
    yes: bool,
    dry_run: bool,
    explains: bool,
    is_undone: bool,
    reason: str | None,
    at_once: int,
) -> None:
    """All are planned, shown as one, agreed to once, and carried out. Exits with the status of the worst.

    `explains`: the first that goes by each mechanism is shown as a whole, with all that was considered.
    """
    reason = checked_reason(reason)
    act = partial(abort, was_begun=True) if is_undone else migrate  # by the store it is known what to undo
    if meant.arrived is not None:
        _tell_nothing_to_do(meant, output)
        raise typer.Exit(ExitStatus.DONE)
    if not (yes or dry_run):
        check_can_ask()
    many = _Many(session, meant, output, yes=yes, dry_run=dry_run, explains=explains, at_once=at_once)
    status: int = ExitStatus.FAILED
    try:
        anyio.run(many.carry_out, [replace(act(each), reason=reason) for each in meant.migrations])
        status = max((each.verdict.exit_status for each in many.reports), default=ExitStatus.DONE)
    except BaseException as raised:
        status = status_of(raised)
        raise
    finally:  # where it is cut off, what has ended by then is not lost
        if output is not Output.TEXT and many.reports:
            print_json("operations", tuple(many.reports), status, output)
    raise typer.Exit(status)


def _tell_nothing_to_do(meant: Meant, output: Output) -> None:
    if output is not Output.TEXT:
        print_json("operations", (), ExitStatus.DONE, output)
        return
    console = open_console()
    say(console, f"Nothing to do: {plain(meant.arrived or '')}.", indent=2)
    _render_left(console, meant.left)


class _Many:
    def __init__(
        self,
        session: Session,
        meant: Meant,
        output: Output,
        *,
        yes: bool,
        dry_run: bool,
        explains: bool,
        at_once: int,
    ) -> None:
        self._session, self._meant, self._output, self._explains = session, meant, output, explains
        self._yes, self._dry_run, self._at_once = yes, dry_run, at_once
        self._console = open_console(stderr=True)
        self._ended, self._carried, self._count, self._total = 0, 0, 0, 0
        self.reports: list[OperationReport] = []

    async def carry_out(self, intents: Sequence[intents.Intent]) -> None:
        async with preparing.prepare(self._session, intents) as all_prepared:
            plans = [each.report for each in all_prepared]
            if self._output is Output.TEXT or not (self._yes or self._dry_run):
                render_many(plans, self._meant.left, stderr=self._output is not Output.TEXT)
            if self._output is Output.TEXT and self._explains:
                for first in {_mechanism(plan): plan for plan in reversed(plans)}.values():
                    render_plan(first)
            due = [each for each, plan in zip(all_prepared, plans, strict=True) if plan.changes and not self._dry_run]
            self.reports += [OperationReport.of(plan) for plan in plans if self._dry_run or not plan.changes]
            for each, plan in zip(all_prepared, plans, strict=True):
                if not (self._dry_run or plan.changes or plan.refusals):
                    each.record_nothing_left()
            if not due:
                return
            if not (self._yes or await confirmed(None)):
                raise typer.Abort
            self._count, self._total = len(due), sum(map(_data, due))
            await in_turn(due, self._carry_out_one, self._at_once)

    async def _carry_out_one(self, prepared: Prepared) -> None:
        kind, clock = StreamingWatcher if self._output is Output.JSONL else _Unshown, self._session.world.clock
        follower = partial(kind, clock, group=prepared.group, operation=prepared.operation)
        report, error = await carried_out(prepared, prepared.report, follower)
        self.reports.append(report)
        run, sign = report.run, "[green]ok[/]" if report.verdict is Verdict.DONE else "[bold red]no[/]"
        how = f", in {_duration(run.seconds)}" if run else f": {plain(error.message)}" if error else ""
        self._told(prepared, f"{sign}  {plain(prepared.plan.title)}{how}")
        if run and run.verdict is not Verdict.DONE and self._output is Output.TEXT:
            render_run(run)

    def _told(self, prepared: Prepared, line: str) -> None:
        self._ended += 1
        self._carried += _data(prepared)
        so_far = f"{self._ended} of {self._count}, {size_text(self._carried)} of {size_text(self._total)}"
        try:
            tell(self._console, f"{line} ({so_far})")
        except OSError:
            self._console.on_broken_pipe()


def render_many(plans: Sequence[PlanReport], left: Sequence[str], *, stderr: bool = False) -> None:
    """A line for each, and the total; what is refused with its reason."""
    console = open_console(stderr=stderr)
    due = [each for each in plans if each.changes]
    table = Columns(("what is done", "by", "size"))
    for plan in due:
        taken = _taken(plan)
        by, size = (taken.mechanism, size_text(taken.data)) if taken else ("-", "-")
        table.add_row(plain(plan.title), plain(by), size)
    if due:
        table.show(console)
    taken_all = [each for plan in due for each in plan.mechanisms if each.is_taken]
    data, seconds = sum(each.data for each in taken_all), sum(each.seconds for each in taken_all)
    total = f"{count_text(len(due), 'migration')}, {size_text(data)}"
    about = f", about {_duration(seconds)} one after another at an assumed 100 MiB a second" if data else ""
    say(console, f"[bold]Together:[/] {total}{about}", indent=2, hang=2)
    leaving = sum(any(is_deleted(each) for each in plan.losses) for plan in due)
    if leaving:
        old = f"the old one of {'each' if leaving == len(due) else f'{leaving} of them'}"
        say(
            console,
            f"[bold]What goes:[/] {old}, once the new one was checked; --keep-source leaves it",
            indent=2,
            hang=2,
        )
    for plan in plans:
        for each in plan.refusals:
            said = f"{plan.title}: {each.text}" + (f" ({each.hint})" if each.hint else "")
            say(console, f"[bold red]Refused:[/] {plain(said)}", indent=2, hang=2)
    _render_left(console, left)
    for note in first_of(list(dict.fromkeys(note for plan in due or plans for note in plan.notes)), console, indent=2):
        say(console, f"[bold]Note:[/] {plain(note.whole)}", indent=2, hang=2)


def _render_left(console: Console, left: Sequence[str]) -> None:
    if left:
        named = f"{', '.join(left[:6])}{', ...' if len(left) > 6 else ''}"
        why = "neither LUNs nor plain files, or not to be told by name, and left"
        say(console, f"[bold]Note:[/] {why}: {plain(named)}", indent=2, hang=2)


def _taken(plan: PlanReport) -> MechanismReport | None:
    return next((each for each in plan.mechanisms if each.is_taken), None)


def _mechanism(plan: PlanReport) -> str | None:
    taken = _taken(plan)
    return taken.mechanism if taken else None


def _data(prepared: Prepared) -> int:
    return prepared.plan.offer.data if prepared.plan.offer else 0


def _duration(seconds: float) -> str:
    return duration_text(timedelta(seconds=round(seconds)))
