"""The use cases of drills: started, checked and told of, stopped."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from datamotion.config.groups import Drill, DrillCheck
from datamotion.errors import ConfigError
from datamotion.model.group import Group
from datamotion.model.standing import Standing
from datamotion.model.view import SERVING, Aspect
from datamotion.model.words import Operation
from datamotion.policy.drills.clones import drills_at
from datamotion.policy.drills.drills import DrillChoice, start_planner
from datamotion.policy.drills.ends import stop_planner
from datamotion.service.commands_here import CheckOutcome, run_here
from datamotion.service.drill_reports import MirrorSeen, Served
from datamotion.service.intents import Intent, check_is_backend, check_is_no_migration, glances_of
from datamotion.service.manifests import Manifest, read_manifest

_LOOK = SERVING | {Aspect.SNAPSHOTS, Aspect.LICENSES, Aspect.IDENTITY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """What is looked at once clones are served: commands, each with its time, and a manifest with the folder."""

    checks: Sequence[tuple[Sequence[str], timedelta]] = ()
    manifest: Manifest | None = None
    folder: Path | None = None
    manifest_limit: timedelta = timedelta(hours=1)


def exam(
    config: Drill,
    *,
    commands: Sequence[str] = (),
    limit: timedelta | None = None,
    manifest: Path | None = None,
    folder: Path | None = None,
) -> Exam:
    """As the configuration says, but for what was said: commands take the place of its own. Reads the manifest.

    Raises: ConfigError.
    """
    manifest, folder = manifest or config.manifest, folder or config.mount
    if (manifest is None) != (folder is None):
        raise ConfigError("a manifest needs the folder in which this host sees the clones", hint="--manifest, --mount")
    checks = [(each, limit or config_limit) for each, config_limit in _commands(config, commands)]
    return Exam(
        checks=checks,
        manifest=read_manifest(manifest) if manifest is not None else None,
        folder=folder,
        manifest_limit=limit or config.manifest_timeout,
    )


def _commands(config: Drill, commands: Sequence[str]) -> list[tuple[Sequence[str], timedelta]]:
    if commands:
        return [(each, DrillCheck.model_fields["timeout"].default) for each in parsed(commands)]
    return [(each.command, each.timeout) for each in config.checks]


def start(group: Group, choice: DrillChoice) -> Intent:
    """Clones of the mirrors at one back end are served below a prefix. Raises: ConfigError."""
    check_is_no_migration(group)
    check_is_backend(group, choice.to)
    if not choice.prefix.startswith("/") or choice.prefix.endswith("/") or "//" in choice.prefix:
        raise ConfigError(f"--prefix {choice.prefix!r} is no junction path", hint="it takes /drill, /tests/drill")
    return Intent(
        operation=Operation.DRILL, group=group, planner=start_planner(group, choice), glances=glances_of(group, _LOOK)
    )


def stop(group: Group) -> Intent:
    """No clone of a drill of the group is left at a back end that can be seen."""
    return Intent(
        operation=Operation.DRILL_STOP, group=group, planner=stop_planner(group), glances=glances_of(group, SERVING)
    )


def mirrors_of(standing: Standing) -> tuple[MirrorSeen, ...]:
    """Every mirror of the group that was seen."""
    return tuple(
        MirrorSeen(
            volume=copy.id.volume,
            backend=copy.id.backend,
            uuid=copy.edge.relationship.uuid,
            state=copy.edge.relationship.state.value,
            snapshot=copy.edge.relationship.exported_snapshot,
            lag_s=copy.lag.total_seconds() if copy.lag is not None else None,
        )
        for copy in standing.copies.values()
        if copy.edge is not None
    )


def served_by(standing: Standing, backend: str, points: Mapping[str, tuple[str | None, float | None]]) -> list[Served]:
    """The clones of the group's drill at a back end, with the recovery points that the plan told."""
    found = ((volume, it) for volume, it in drills_at(standing.sites[backend]) if it.group == standing.group.name)
    return [
        Served(
            volume=it.volume,
            clone=volume.name,
            path=volume.path,
            snapshot=points.get(it.volume, (it.snapshot, None))[0],
            age_s=points.get(it.volume, (None, None))[1],
        )
        for volume, it in found
    ]


def until_of(standing: Standing, backend: str) -> datetime | None:
    """When the group's drill there may be removed; None where none is seen."""
    times = [it.until for _, it in drills_at(standing.sites[backend]) if it.group == standing.group.name]
    return min(times, default=None)


def parsed(commands: Sequence[str]) -> list[list[str]]:
    """Each command as words. Raises: ConfigError."""
    try:
        words = [shlex.split(each) for each in commands]
    except ValueError as error:
        raise ConfigError(f"--check cannot be read as a command: {error}") from None
    if not all(words):
        raise ConfigError("--check names no command")
    return words


async def check(
    command: Sequence[str],
    report_on: Mapping[str, str],
    served: Sequence[Served],
    environ: Mapping[str, str],
    limit: timedelta,
) -> CheckOutcome:
    """Runs a command on this host, without a shell, in a folder of its own; all that it has started ends with it.

    Its environment says where the drill is (`DATAMOTION_GROUP`, `_BACKEND`, `_SVM`, `_VOLUMES`: JSON), and holds
    nothing else of ours but a path and a language: no secrets.
    """
    volumes = [{"volume": each.volume, "clone": each.clone, "path": each.path} for each in served]
    facts = {**report_on, "DATAMOTION_VOLUMES": json.dumps(volumes)}
    return await run_here(command, facts, environ, limit)
