"""Several groups at once: one plan on the screen, one consent, then all side by side, and no failure stops another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

import anyio
import typer

from datamotion.cli.agreeing import agreed
from datamotion.cli.failing import MachineError, single
from datamotion.cli.output import Output
from datamotion.cli.render_groups import render_ended, render_plans
from datamotion.cli.streaming import StreamingWatcher
from datamotion.cli.telling import show_error
from datamotion.cli.terminal import plain
from datamotion.cli.watching import TerminalWatcher, kept_fresh
from datamotion.cli.watching_groups import GroupsWatcher
from datamotion.clock import Clock
from datamotion.errors import DataMotionError
from datamotion.model.units import duration_text
from datamotion.service.events import Follower
from datamotion.service.operation_reports import OperationReport
from datamotion.service.prepared import Prepared
from datamotion.service.reports import PlanReport
from datamotion.service.verdict import Verdict


class SideBySide:
    """The groups of one command. `reports` are of those that have come to their end, in the order of the groups."""

    def __init__(self, clock: Clock, all_prepared: Sequence[Prepared], output: Output) -> None:
        self._clock = clock
        self._all_prepared = all_prepared
        self._output = output
        self._plans = {each.group: each.report for each in all_prepared}
        self._due = [each for each in all_prepared if self._plans[each.group].changes]
        self._reports: dict[str, OperationReport] = {}
        self._errors: dict[str, DataMotionError] = {}

    @property
    def is_due(self) -> bool:
        """Whether there is anything to carry out."""
        return bool(self._due)

    @property
    def reports(self) -> list[OperationReport]:
        return [self._reports[group] for group in self._plans if group in self._reports]

    def only_shown(self) -> None:
        """Nothing is carried out: that is what becomes of them."""
        if self._output is Output.TEXT:
            render_plans([*self._plans.values()])
        self._reports = {group: OperationReport.of(plan) for group, plan in self._plans.items()}

    async def carry_out(self, *, yes: bool, but: str | None = None, follows: bool = False) -> None:
        """All that is agreed to. What has come to its end is told, however the others end.

        Of those that follow another operation it is not told that nothing is to be done.
        """
        shown = [each for each in self._plans.values() if not follows or each.changes or each.verdict != Verdict.DONE]
        if self._due:
            if not await agreed(shown, yes=yes, output=self._output, but=but):
                raise typer.Abort
        elif self._output is Output.TEXT:
            render_plans(shown)
        try:
            await self._all()
        finally:
            if self._output is Output.TEXT and self._due:
                stopped = [each.group for each in self._due if each.group not in self._reports]
                render_ended(self.reports, stopped)
            for group, error in self._errors.items():
                if self._output is Output.TEXT:
                    show_error(error, of=group, follows=follows)

    async def _all(self) -> None:
        async with AsyncExitStack() as stack:
            watcher = None
            if self._due and self._output is not Output.JSONL:
                watcher = stack.enter_context(GroupsWatcher(self._clock, self._due))
                await stack.enter_async_context(kept_fresh(watcher, self._clock))
            async with anyio.create_task_group() as tasks:
                for each in self._all_prepared:
                    tasks.start_soon(self._one, each, watcher)

    async def _one(self, prepared: Prepared, watcher: GroupsWatcher | None) -> None:
        group, plan = prepared.group, self._plans[prepared.group]
        report, error = await carried_out(prepared, plan, lambda: self._follower(prepared, watcher))
        self._reports[group] = report
        if error is not None:
            self._errors[group] = error
        if watcher is not None and plan.changes:
            watcher.told(_ending(report))

    def _follower(self, prepared: Prepared, watcher: GroupsWatcher | None) -> TerminalWatcher | StreamingWatcher:
        if watcher is not None:
            return watcher.of(prepared.group)
        return StreamingWatcher(self._clock, group=prepared.group, operation=prepared.operation)


async def carried_out(
    prepared: Prepared, plan: PlanReport, follower: Callable[[], Follower]
) -> tuple[OperationReport, DataMotionError | None]:
    """What became of one of many, and what it ended with, which stops no other."""
    try:
        if plan.changes:
            with follower() as watcher:
                return OperationReport.of(plan, await prepared.carry_out(watcher)), None
        if not plan.refusals:
            prepared.record_nothing_left()
        return OperationReport.of(plan), None
    except (DataMotionError, BaseExceptionGroup, OSError) as raised:
        error = MachineError.of(raised) if isinstance(raised, OSError) else single(raised)
        return OperationReport.failed(prepared.operation, prepared.group, error, plan=plan), error


def _ending(report: OperationReport) -> str:
    sign = "[green]ok[/]" if report.verdict is Verdict.DONE else "[bold red]no[/]"
    took = f" in {duration_text(timedelta(seconds=report.run.seconds))}" if report.run is not None else ""
    return f"{plain(report.group)}: {sign}  {plain(report.operation)}: {report.verdict}{took}"
