"""Commands that take something away: each shows what goes, and why, before it asks."""

from __future__ import annotations

from typing import Annotated

import typer

from datamotion.cli.changing import carry_out
from datamotion.cli.completion import complete_backend, complete_volume
from datamotion.cli.options import (
    DEFAULT_CONFIG,
    AnyGroups,
    ConfigFile,
    DryRun,
    OneGroup,
    OutputForm,
    Why,
    Yes,
    open_session,
)
from datamotion.cli.output import Output
from datamotion.service import removal

Volumes = Annotated[
    list[str] | None,
    typer.Option(
        "--volume",
        metavar="VOLUME",
        help="A member of the group, once for each; without it, all of them.",
        autocompletion=complete_volume,
    ),
]
DeleteCopies = Annotated[
    bool, typer.Option("--delete-copies", help="Delete the destination volumes too, with all their snapshots.")
]


def unprotect(
    context: typer.Context,
    group: OneGroup,
    volumes: Volumes = None,
    delete_copies: DeleteCopies = False,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take volumes out of a group: their mirrors end at both ends. Copies that may hold writes of their own are left.

    The destination volumes stay, unless --delete-copies. Where the source cannot be seen, run it again when it can.

    Example: datamotion unprotect gold --volume vol_7
    """
    session = open_session(context, config)
    intent = removal.unprotect(session.group(group), tuple(volumes or ()), delete_copies=delete_copies)
    carry_out(session, [intent], output, yes=yes, dry_run=dry_run, reason=reason)


Gone = Annotated[
    str,
    typer.Argument(metavar="BACKEND", help="The back end that will not come back.", autocompletion=complete_backend),
]


def forget(
    context: typer.Context,
    group: OneGroup,
    backend: Gone,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Let a back end go that will not come back: the others end what they hold for it. Asks nothing of it.

    Only where it does not answer and serves nothing. Tells what to change in the configuration then, and what is left
    to do there should it come back.

    Example: datamotion forget gold gold-paris
    """
    session = open_session(context, config)
    intent = removal.forget(session.group(group), backend)
    carry_out(session, [intent], output, yes=yes, dry_run=dry_run, reason=reason)


def gc(
    context: typer.Context,
    groups: AnyGroups = None,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Remove what is left over: releases that are owed, claims that tell nothing any more, marks of no group.

    Nothing that may hold data is removed.

    Example: datamotion gc gold --dry-run
    """
    session = open_session(context, config)
    configured = session.configuration.groups.keys()
    intents = [removal.gc(each, configured) for each in session.groups(groups or ())]
    carry_out(session, intents, output, yes=yes, dry_run=dry_run, reason=reason)
