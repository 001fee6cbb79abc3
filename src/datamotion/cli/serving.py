"""Commands that say from where a group is served, with what they share with `failover`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError

from datamotion.cli.changing import carry_out
from datamotion.cli.completion import complete_backend
from datamotion.cli.options import (
    DEFAULT_CONFIG,
    AllGroups,
    ConfigFile,
    DryRun,
    OneGroup,
    OutputForm,
    SomeGroups,
    Why,
    Yes,
    duration,
    meant,
    open_session,
)
from datamotion.cli.output import Output
from datamotion.errors import ConfigError
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.mirrors.last_transfers import Pace
from datamotion.service import failing_over, mirrors

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="BACKEND",
        help="The back end to serve from; without it, the best one.",
        autocompletion=complete_backend,
    ),
]
Keep = Annotated[
    str,
    typer.Option(
        "--keep", metavar="BACKEND", help="The back end that serves from now on.", autocompletion=complete_backend
    ),
]
FrozenFor = Annotated[
    str,
    typer.Option(
        "--frozen-for", metavar="DURATION", help="How long clients may be kept away before it goes back to how it was."
    ),
]
FreezeBelow = Annotated[
    str,
    typer.Option(
        "--freeze-below", metavar="SIZE", help="Clients are kept away once an update of a volume carries no more."
    ),
]
Reprotect = Annotated[
    bool,
    typer.Option(
        "--reprotect/--no-reprotect",
        help="Let every other back end in sight mirror what is served then, as far as nothing is given up by that.",
    ),
]


def failback(
    context: typer.Context,
    groups: SomeGroups = None,
    every: AllGroups = False,
    freeze_below: FreezeBelow = "256MiB",
    frozen_for: FrozenFor = "5m",
    reprotect: Reprotect = True,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Serve a group from its home again, without losing a write: a planned failover to it.

    The home has to mirror what is served by then: `reprotect` makes it.

    Example: datamotion failback gold
    """
    session = open_session(context, config)
    all_meant = meant(session, groups, every)
    choice = FailoverChoice(is_planned=True, reprotects=reprotect, pace=pace_of(freeze_below, frozen_for))
    intents = [failing_over.failover(each, replace(choice, to=each.home.name)) for each in all_meant]
    then = [mirrors.reprotect(each) for each in all_meant] if reprotect else []
    carry_out(session, intents, output, yes=yes, dry_run=dry_run, reason=reason, then=then)


def swap(
    context: typer.Context,
    groups: SomeGroups = None,
    every: AllGroups = False,
    to: To = None,
    freeze_below: FreezeBelow = "256MiB",
    frozen_for: FrozenFor = "5m",
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Exchange who serves a group and who mirrors it, for good: a planned failover, and all others follow.

    Never an unplanned one: where who serves does not answer, nothing is changed.

    Example: datamotion swap gold --to gold-lyon
    """
    session = open_session(context, config)
    all_meant = meant(session, groups, every)
    choice = FailoverChoice(to=to, is_planned=True, reprotects=True, pace=pace_of(freeze_below, frozen_for))
    intents = [failing_over.failover(each, choice) for each in all_meant]
    then = [mirrors.reprotect(each) for each in all_meant]
    carry_out(session, intents, output, yes=yes, dry_run=dry_run, reason=reason, then=then)


def settle(
    context: typer.Context,
    group: OneGroup,
    keep: Keep,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Say who serves a group, where the clusters do not tell: two claim it, or a claim was lost.

    The copies of that back end are kept as they are, the others in sight are fenced. Shows what that gives up.

    Example: datamotion settle gold --keep gold-lyon
    """
    session = open_session(context, config)
    carry_out(
        session, [failing_over.settle(session.group(group), keep)], output, yes=yes, dry_run=dry_run, reason=reason
    )


def pace_of(freeze_below: str, frozen_for: str, grace: str | None = None) -> Pace:
    try:
        near = TypeAdapter(ByteSize).validate_python(freeze_below)
    except ValidationError:
        raise ConfigError(f"--freeze-below {freeze_below!r} is no size", hint="it takes 256MiB, 1GiB, 0") from None
    return Pace(
        near=near,
        frozen_for=duration("--frozen-for", frozen_for),
        grace=duration("--grace", grace) if grace is not None else timedelta(),
    )
