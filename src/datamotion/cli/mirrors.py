"""Commands about mirrors one by one. Without `--volume` each is about all of the group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from datamotion.cli.changing import carry_out
from datamotion.cli.completion import complete_backend, complete_volume
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
from datamotion.model.group import Group
from datamotion.policy.selection import Selection
from datamotion.service import mirrors
from datamotion.service.intents import check_is_backend

Volumes = Annotated[
    list[str] | None,
    typer.Option(
        "--volume",
        metavar="VOLUME",
        help="A member of the group, once for each; without it, all of them.",
        autocompletion=complete_volume,
    ),
]
AnyTarget = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="BACKEND",
        help="The back end whose mirrors are meant; without it, every one.",
        autocompletion=complete_backend,
    ),
]
OneTarget = Annotated[
    str,
    typer.Option(
        "--at", metavar="BACKEND", help="The back end whose copies are meant.", autocompletion=complete_backend
    ),
]
Reason = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Why: kept with the run, and at the clusters with who paused."),
]
Discard = Annotated[
    str | None,
    typer.Option(
        "--discard",
        metavar="BACKEND",
        help="What was written at this back end may be given up: the same as --at.",
        autocompletion=complete_backend,
    ),
]

DiscardDivergent = Annotated[
    list[str] | None,
    typer.Option(
        "--discard-divergent",
        metavar="BACKEND",
        help="What only this back end holds may be given up; once for each.",
        autocompletion=complete_backend,
    ),
]
KeepDivergent = Annotated[
    bool,
    typer.Option(
        "--keep-divergent/--no-keep-divergent",
        help="Keep a clone of what is given up, split off so that it stands alone; there has to be room for it.",
    ),
]
Timeout = Annotated[
    str,
    typer.Option("--timeout", metavar="DURATION", help="After that a transfer that still runs is aborted."),
]


def pause(
    context: typer.Context,
    groups: SomeGroups = None,
    every: AllGroups = False,
    volumes: Volumes = None,
    at: AnyTarget = None,
    reason: Reason = None,
    timeout: Timeout = "1h",
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Pause mirrors: no transfer starts, and `apply` leaves it so. Waits for those that run, then aborts them.

    What an aborted transfer has carried is kept: the next one goes on from there.

    Example: datamotion pause gold --at gold-lyon --reason "new shelf at lyon"
    """
    session = open_session(context, config)
    all_meant, waits = meant(session, groups, every), duration("--timeout", timeout)
    selection = _selection_of(all_meant, volumes, at)
    intents = [mirrors.pause(each, selection, reason=reason, timeout=waits) for each in all_meant]
    carry_out(session, intents, output, yes=yes, dry_run=dry_run, reason=reason)


def resume(
    context: typer.Context,
    groups: SomeGroups = None,
    every: AllGroups = False,
    volumes: Volumes = None,
    at: AnyTarget = None,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Resume mirrors, whoever paused them. What was broken off is left so.

    Example: datamotion resume gold --at gold-lyon
    """
    session = open_session(context, config)
    all_meant = meant(session, groups, every)
    selection = _selection_of(all_meant, volumes, at)
    intents = [mirrors.resume(each, selection) for each in all_meant]
    carry_out(session, intents, output, yes=yes, dry_run=dry_run, reason=reason)


def abort(
    context: typer.Context,
    groups: SomeGroups = None,
    every: AllGroups = False,
    volumes: Volumes = None,
    at: AnyTarget = None,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Abort the transfers that run. What they have carried is kept; the next ones start when they are due.

    Example: datamotion abort gold --volume vol_1
    """
    session = open_session(context, config)
    all_meant = meant(session, groups, every)
    selection = _selection_of(all_meant, volumes, at)
    intents = [mirrors.abort(each, selection) for each in all_meant]
    carry_out(session, intents, output, yes=yes, dry_run=dry_run, reason=reason)


def break_(
    context: typer.Context,
    group: OneGroup,
    at: OneTarget,
    volumes: Volumes = None,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Break mirrors off at one back end: each becomes writable at its last snapshot. Nothing is served from it.

    Example: datamotion break gold --at gold-lyon --volume vol_1
    """
    session = open_session(context, config)
    intent = mirrors.break_off(session.group(group), _selection(volumes, at))
    carry_out(session, [intent], output, yes=yes, dry_run=dry_run, reason=reason)


def resync(
    context: typer.Context,
    group: OneGroup,
    at: OneTarget,
    volumes: Volumes = None,
    discard: Discard = None,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Make copies that were broken off mirrors again. Refused where they may hold writes of their own: it says which.

    What was written at BACKEND since it was broken off is gone then, if --discard names it.

    Example: datamotion resync gold --at gold-lyon --discard gold-lyon
    """
    session = open_session(context, config)
    intent = mirrors.resync(session.group(group), _selection(volumes, at), discard=discard)
    carry_out(session, [intent], output, yes=yes, dry_run=dry_run, reason=reason)


def reprotect(
    context: typer.Context,
    groups: SomeGroups = None,
    every: AllGroups = False,
    discard_divergent: DiscardDivergent = None,
    keep_divergent: KeepDivergent = True,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Mirror what serves to every other back end again, from the newest common snapshots: after a failover, say.

    What only a copy holds that becomes a mirror is told, and given up where --discard-divergent names its back end: a
    clone of it is kept then. One that has nothing in common any more is kept whole, and a new one made.

    Example: datamotion reprotect gold --discard-divergent gold-paris
    """
    session = open_session(context, config)
    all_meant = meant(session, groups, every)
    discard = _by_group(all_meant, discard_divergent or ())
    intents = [mirrors.reprotect(each, discard=discard[each.name], keep=keep_divergent) for each in all_meant]
    carry_out(session, intents, output, yes=yes, dry_run=dry_run, reason=reason)


def _by_group(groups: Sequence[Group], backends: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The back ends that each group has of these. Raises: ConfigError for one that none of them has."""
    found = {group.name: [each.name for each in group.backends if each.name in backends] for group in groups}
    known = {name for names in found.values() for name in names}
    if unknown := [each for each in backends if each not in known]:
        check_is_backend(groups[0], unknown[0])
    return found


def _selection_of(groups: Sequence[Group], volumes: list[str] | None, at: str | None) -> Selection:
    """Raises: ConfigError where volumes are named of several groups, which may have some of that name each."""
    if volumes and len(groups) > 1:
        raise ConfigError("--volume is about one group", hint="name that one")
    return _selection(volumes, at)


def _selection(volumes: list[str] | None, at: str | None) -> Selection:
    return Selection(volumes=tuple(dict.fromkeys(volumes or ())), at=at)
