"""Runs that go on, or were left before all of it had come about: who, what, and by which command it goes on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from datamotion.exit_status import ExitStatus
from datamotion.model.group_migration import GroupMigration
from datamotion.model.item_migration import ItemMigration
from datamotion.model.migration import Migration, is_migration
from datamotion.model.plan import Plan
from datamotion.model.words import Operation
from datamotion.policy.migrate import AnyMigration
from datamotion.policy.movers.group_home import without_home
from datamotion.runs.phases import Phase
from datamotion.service.history import line_of
from datamotion.service.history_reports import PastRunReport
from datamotion.service.migrations import mapped_aggregates
from datamotion.service.remembered import opened_history
from datamotion.service.session import Session

if TYPE_CHECKING:
    from datamotion.store.journal import PastRun


class RunState(StrEnum):
    """What becomes of a run that has not come to its end."""

    UNDER_WAY = "under way"  # its process holds the group
    WAITS = (
        "waits"  # it has let the group go until transfers have come; at another host nobody can tell whether it lives
    )
    CUT_OFF = "cut off"  # nobody carries it out any more
    LEFT = "left undone"  # it ended, and a part of it had not come about


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRunReport:
    """`goes_on`: the command that goes on with it; None where it is only known that the same one does.

    `needs`: what has to be done before any command goes on with it, as its group is not in the configuration.
    `if_lost`: by what clients are let in where the back end is lost that it leads away from.
    """

    run: PastRunReport
    state: RunState
    goes_on: str | None
    if_lost: str | None
    needs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsReport:
    """The last run of each group that has not come to its end, the oldest first."""

    runs: tuple[OpenRunReport, ...]

    @property
    def exit_status(self) -> ExitStatus:
        """Failed where something was left that a person has to go on with."""
        is_left = any(each.state in (RunState.CUT_OFF, RunState.LEFT) for each in self.runs)
        return ExitStatus.FAILED if is_left else ExitStatus.DONE


_COMMANDS: Mapping[str, str] = {
    Operation.PROTECT: "apply {group}",
    Operation.UPDATE: "update {group}",
    Operation.FAILOVER: "failover {group}",
    Operation.THAW: "failover {group} --abort",
    Operation.UNPROTECT: "unprotect {group}",
    Operation.PAUSE: "pause {group}",
    Operation.RESUME: "resume {group}",
    Operation.ABORT: "abort {group}",
    Operation.REPROTECT: "reprotect {group}",
    Operation.DRILL_STOP: "drill stop {group}",
    Operation.MIGRATE: "migrate {group}",
    Operation.GC: "gc",
}


def open_runs(session: Session) -> RunsReport:
    """As the store tells, and the locks beside it. Raises: StoreFailed, where the store cannot be read."""
    with opened_history(session.store_url) as store:
        found = store.unfinished("")
    return RunsReport(
        runs=tuple(
            OpenRunReport(
                run=line_of(each.record),
                state=_state(session, each),
                goes_on=_goes_on(session, each),
                if_lost=_if_lost(session, each),
                needs=_needs(session, each),
            )
            for each in found
        )
    )


def is_left(session: Session, migration: AnyMigration) -> bool:
    """Whether the store tells of a run of this migration that has not come to its end. Raises: as `open_runs`."""
    with opened_history(session.store_url) as store:
        found = store.unfinished(migration.name)
    of_group = (each for each in found if each.record.group == migration.name)
    return any(each.record.operation == Operation.MIGRATE and _is_of(migration, each.plan) for each in of_group)


def _is_of(migration: AnyMigration, plan: Plan) -> bool:
    """Whether a run of its group that planned this was about what it is about."""
    match migration:
        case ItemMigration():
            return plan.places == migration.places
        case GroupMigration():
            return migration.to.name == plan.backend or f"--to {migration.to.name}" in plan.options
        case Migration():  # between two back ends all that goes is one group
            return not migration.is_within or plan.options[:1] == migration.words[:1]


def _state(session: Session, run: PastRun) -> RunState:
    from datamotion.store.lock import holder_of  # noqa: PLC0415  # only where there are any

    if run.record.phase is Phase.ACTING:
        holder = holder_of(session.lock_folder, run.record.group)
        if holder is None or holder.who != run.record.holder:
            return RunState.CUT_OFF
        return RunState.WAITS if holder.waits else RunState.UNDER_WAY
    return RunState.CUT_OFF if run.record.phase is Phase.CUT_OFF else RunState.LEFT


def _goes_on(session: Session, run: PastRun) -> str | None:
    options = _options_today(session, run)
    if is_migration(run.record.group):  # what was named then is not told by any cluster
        return " ".join(["datamotion migrate", *options]) if options else None
    command = _COMMANDS.get(run.record.operation)
    if command is None:
        return None
    is_to = run.record.operation in (Operation.FAILOVER, Operation.MIGRATE) and run.plan.backend is not None
    to = f"--to {run.plan.backend}" if is_to else ""
    return " ".join(filter(None, ["datamotion", command.format(group=run.record.group), to, *options]))


def _options_today(session: Session, run: PastRun) -> tuple[str, ...]:
    """Those of its command without aggregates that the configuration says by now, and may have to say alone."""
    options, group = run.plan.options, run.record.group
    named = [each for each in options if each.startswith("--aggregate ")]
    to = next((each.removeprefix("--to ") for each in options if each.startswith("--to ")), run.plan.backend)
    if not named or to is None:
        return options
    is_target = group in session.configuration.groups and session.group(group).target(to) is not None
    if is_target or named == [f"--aggregate {shlex.quote(each)}" for each in mapped_aggregates(session, to)]:
        return tuple(each for each in options if each not in named)
    return options


def _needs(session: Session, run: PastRun) -> str | None:
    """What makes its group known again; None where it is, or where all that goes from here to there is one."""
    group = run.record.group
    if group in session.configuration.groups or is_migration(group):
        return None
    return f"{group} is not in the configuration: put it back, or name with --config the one that has it"


def _if_lost(session: Session, run: PastRun) -> str | None:
    if run.record.operation != Operation.MIGRATE or run.plan.backend is None:
        return None
    of = next((each for each in session.groups() if each.name == run.record.group), None)
    return without_home(of, run.plan.backend) if of is not None and of.home.name != run.plan.backend else None
