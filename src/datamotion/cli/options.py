"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import anyio
import typer

from datamotion.cli.completion import USUAL_CONFIG, complete_group
from datamotion.cli.output import Output
from datamotion.config.durations import parse_duration
from datamotion.config.loading import load
from datamotion.config.models import Configuration
from datamotion.errors import ConfigError
from datamotion.model.group import Group
from datamotion.service.session import Session, World, find_passphrases, find_seals

ConfigFile = Annotated[
    Path, typer.Option("-c", "--config", metavar="FILE", help="The configuration file.", dir_okay=False)
]
OutputForm = Annotated[
    Output,
    typer.Option(
        "-o", "--output", help="Text for people, JSON for programs; jsonl: what happens, line by line, then the report."
    ),
]
OneGroup = Annotated[
    str,
    typer.Argument(metavar="GROUP", help="The group, as the configuration names it.", autocompletion=complete_group),
]
AnyGroups = Annotated[
    list[str] | None,
    typer.Argument(metavar="GROUP", help="One group or several; without any, all.", autocompletion=complete_group),
]
SomeGroups = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="GROUP",
        help="One group or several: planned as a whole, agreed to at once, carried out side by side.",
        autocompletion=complete_group,
    ),
]
AllGroups = Annotated[bool, typer.Option("--all", help="All groups of the configuration, instead of naming them.")]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Carry the plan out without asking.")]
Why = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why: kept with the run, for `datamotion history`.")
]
PeerClusters = Annotated[
    bool,
    typer.Option(
        "--peer-clusters",
        help="Make clusters peers that have to be and are not, by the passphrase that the configuration names or that"
        " is typed.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")]

DEFAULT_CONFIG = USUAL_CONFIG


def open_session(context: typer.Context, config: Path, *, peers: bool = False) -> Session:
    """The configuration, read whole; with the passphrases that make clusters `peers`, for which a person may be asked.

    Raises: ConfigError.
    """
    world = context.obj
    assert isinstance(world, World)
    path = config.absolute()
    configuration = load(path)
    seals = anyio.run(find_seals, configuration, world.environ, path.parent) if _has_seals(configuration) else {}
    passphrases = _passphrases(configuration, world, path.parent) if peers else {}
    return Session(
        configuration=configuration,
        folder=path.parent,
        world=world,
        seals=seals,
        passphrases=passphrases,
        file=config,
    )


def meant(session: Session, names: Sequence[str] | None, every: bool) -> tuple[Group, ...]:
    """The groups that were named, or all of them where that was said. Raises: ConfigError."""
    if bool(names) == every:
        told = "--all is instead of naming groups" if every else "no group is named"
        raise ConfigError(told, hint=f"name one or several ({', '.join(session.configuration.groups)}), or say --all")
    return session.groups(names or ())


def _passphrases(configuration: Configuration, world: World, folder: Path) -> Mapping[str, str]:
    """One that was typed stands for all clusters whose own is not configured."""
    found = anyio.run(find_passphrases, configuration, world.environ, folder)
    missing = configuration.clusters.keys() - found.keys()
    if not (missing and sys.stdin.isatty() and sys.stderr.isatty()):
        return found
    typed: str = typer.prompt("Passphrase of the cluster peers", hide_input=True, confirmation_prompt=True, err=True)
    return {**dict.fromkeys(missing, typed), **found}


def _has_seals(configuration: Configuration) -> bool:
    """Whether there is anything to look for: an event loop takes its time to start."""
    return any(group.shared_secret for group in configuration.groups.values())


def duration(option: str, written: str) -> timedelta:
    """Raises: ConfigError, naming the option, for what is no time."""
    try:
        return parse_duration(written)
    except ValueError as error:
        raise ConfigError(f"{option} {written!r} is no time to wait", hint=f"it takes {error}") from None


def instant(option: str, written: str) -> datetime:
    """Raises: ConfigError, naming the option, for what is no time, or tells none of which zone."""
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        hint = "it takes a date, a time and a zone, as 2031-05-04T02:00Z or 2031-05-04T02:00+02:00"
        raise ConfigError(f"{option} {written!r} is no time", hint=hint)
    return read.astimezone(UTC)
