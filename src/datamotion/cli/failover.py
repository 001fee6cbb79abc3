"""The command that serves a group from another back end."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

import typer

from datamotion.cli.changing import carry_out
from datamotion.cli.completion import complete_backend
from datamotion.cli.options import (
    DEFAULT_CONFIG,
    AllGroups,
    ConfigFile,
    DryRun,
    OutputForm,
    SomeGroups,
    Why,
    Yes,
    duration,
    instant,
    meant,
    open_session,
)
from datamotion.cli.output import Output
from datamotion.cli.serving import FreezeBelow, FrozenFor, Reprotect, To, pace_of
from datamotion.config.durations import parse_duration
from datamotion.errors import ConfigError
from datamotion.model.group import Group
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, mirrors

Overrule = Annotated[
    str | None,
    typer.Option(
        "--overrule",
        metavar="BACKEND",
        help="A back end that serves, or was claimed, and does not count any more: its run is dead, or it is given up.",
        autocompletion=complete_backend,
    ),
]
AllowPartial = Annotated[
    bool, typer.Option("--allow-partial", help="Accept a target that holds only a part of the group.")
]

Planned = Annotated[
    bool | None,
    typer.Option(
        "--planned/--unplanned",
        help="Freeze who serves and carry all of it over first, so that no write is lost; or ask it nothing, as where"
        " its site is lost. Without either: planned where it answers.",
    ),
]
Abort = Annotated[
    bool, typer.Option("--abort", help="Let clients in again where a planned failover was cut short and not decided.")
]
MaxLoss = Annotated[
    str | None,
    typer.Option(
        "--max-loss",
        metavar="DURATION",
        help="How much may be lost at worst where it is not a planned one; `any`: however much. Without it, what the"
        " group's RPO says.",
    ),
]
Grace = Annotated[
    str | None,
    typer.Option(
        "--grace",
        metavar="DURATION",
        help="How long transfers that run and still move may land where it is not a planned one; without it they are"
        " aborted at once.",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="SNAPSHOT|TIME|AGE",
        help="Serve an older state, as where the newest is spoilt: a snapshot by its name, or the newest one that was"
        " taken by 2031-05-04T02:00Z, or 2h ago. Who serves is asked for nothing.",
    ),
]
KeepNewer = Annotated[
    bool | None,
    typer.Option(
        "--keep-newer/--no-keep-newer",
        help="With --at: clone what is newer, and split it off, before it goes; takes time. Without either: not, but"
        " where a failover goes on that was begun so.",
    ),
]
BestEffort = Annotated[
    bool,
    typer.Option(
        "--best-effort",
        help="Where a volume cannot follow a planned one, leave it where it is served and move the others.",
    ),
]
WithoutStore = Annotated[
    bool,
    typer.Option(
        "--without-store",
        help="Go on where the store cannot be opened or written: the journal then goes to standard error and a file.",
    ),
]


def failover(
    context: typer.Context,
    groups: SomeGroups = None,
    every: AllGroups = False,
    to: To = None,
    planned: Planned = None,
    abort: Abort = False,
    allow_partial: AllowPartial = False,
    overrule: Overrule = None,
    max_loss: MaxLoss = None,
    at: At = None,
    keep_newer: KeepNewer = None,
    grace: Grace = None,
    best_effort: BestEffort = False,
    freeze_below: FreezeBelow = "256MiB",
    frozen_for: FrozenFor = "5m",
    reprotect: Reprotect = True,
    without_store: WithoutStore = False,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Serve a group from another back end.

    While who serves answers it is a planned one: mirrors are brought up to date, clients are kept from writing, the
    last snapshot is carried over, and only then anything is broken off. Where one volume cannot follow, clients of all
    are let in again where they were. Otherwise, or with --unplanned, who served last is not asked for anything, and
    what every volume gives up is shown before it is asked about. Afterwards all other back ends in sight mirror what is
    served, as `reprotect` does it, where nothing is given up by that.

    Several groups go side by side: one that is refused, or fails, keeps no other back. `--all --unplanned` takes over
    what a lost back end served, and leaves groups where they are that one serves which works.

    Example: datamotion failover gold --to gold-lyon

    Example: datamotion failover --all --unplanned
    """
    if planned and (at or grace):
        raise ConfigError(
            f"--planned carries everything over, and {'--at' if at else '--grace'} is about what is not",
            hint="leave one of the two out",
        )
    if best_effort and (planned is False or at):
        raise ConfigError(
            "--best-effort is about what cannot follow a planned failover", hint="see --allow-partial for any other"
        )
    if abort and (to or overrule or at or max_loss or planned is not None):
        raise ConfigError("--abort goes back to how it was: nothing else is to be said", hint="leave the others out")
    if planned and max_loss:
        raise ConfigError("--planned loses nothing, and --max-loss says how much may be", hint="leave one of them out")
    if overrule and to is None:
        raise ConfigError("--overrule needs --to: which back end is to serve instead", hint="name it with --to")
    session = open_session(context, config)
    all_meant = meant(session, groups, every)
    if abort:
        intents = [failing_over.thaw(each) for each in all_meant]
    else:
        choice = FailoverChoice(
            to=to,
            allow_partial=allow_partial,
            overrule=overrule,
            is_planned=planned,
            earlier=_earlier(at, keep_newer, session.world.clock.now()),
            best_effort=best_effort,
            reprotects=reprotect,
            spares_working=every and planned is False,
            pace=pace_of(freeze_below, frozen_for, grace),
        )
        says_loss = at is None or max_loss is not None
        intents = [
            failing_over.failover(each, replace(choice, max_loss=_most(each, max_loss) if says_loss else None))
            for each in all_meant
        ]
    then = [mirrors.reprotect(each) for each in all_meant] if reprotect and not abort else []
    carry_out(
        session,
        intents,
        output,
        yes=yes,
        dry_run=dry_run,
        reason=reason,
        without_store=without_store,
        then=then,
    )


def _most(group: Group, max_loss: str | None) -> timedelta | None:
    """What may be lost: as the group's RPO says, unless it is said."""
    if max_loss is None:
        return group.rpo
    return None if max_loss == "any" else duration("--max-loss", max_loss)


def _earlier(at: str | None, keep_newer: bool | None, now: datetime) -> Earlier | None:
    """Raises: ConfigError for a time of no zone, or that is not over, or what is kept of nothing."""
    if at is None:
        if keep_newer is not None:
            raise ConfigError("--keep-newer is about what is newer than --at", hint="give --at SNAPSHOT, TIME or AGE")
        return None
    try:
        taken_by = (now - parse_duration(at)).replace(microsecond=0)  # what it is called by says no more
        return Earlier(taken_by=taken_by, keeps_newer=keep_newer)
    except ValueError:
        pass
    if re.match(r"\d{4}-\d\d-\d\d", at, re.ASCII):
        taken_by = instant("--at", at).replace(microsecond=0)
        if taken_by > now:
            raise ConfigError(f"--at {at} has yet to come", hint="say a time that is over, or a snapshot's name")
        return Earlier(taken_by=taken_by, keeps_newer=keep_newer)
    return Earlier(snapshot=at, keeps_newer=keep_newer)
