"""The use cases of migrations: what one is about, carrying it out, undoing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from datamotion.engine.looking import Glance
from datamotion.errors import ConfigError
from datamotion.model.group import Backend
from datamotion.model.group_migration import GroupMigration
from datamotion.model.item_migration import ItemMigration
from datamotion.model.migration import Migration
from datamotion.model.view import EVERYTHING, REMOVING, SERVING, Aspect
from datamotion.model.words import Operation
from datamotion.policy.failover.thaw import thaw_planner
from datamotion.policy.migrate import AnyMigration, abort_planner, migrate_planner
from datamotion.policy.movers.file_names import names_of
from datamotion.policy.situation import Planner
from datamotion.service.intents import Intent, glances_of
from datamotion.service.session import Session

_WITHIN = frozenset({Aspect.SVMS, Aspect.VOLUMES, Aspect.RELATIONSHIPS, Aspect.MOVEMENTS, Aspect.AGGREGATES})
_OF_ITEMS = frozenset({Aspect.SVMS, Aspect.VOLUMES, Aspect.LUN_PLACES, Aspect.FILES, Aspect.COPY_JOBS})
_OF_ITEMS_BETWEEN = _OF_ITEMS | {
    Aspect.IDENTITY,
    Aspect.CLUSTER_PEERS,
    Aspect.SVM_PEERS,
    Aspect.IGROUPS,
    Aspect.LUN_MAPS,
}
_BETWEEN = EVERYTHING | SERVING | REMOVING | {Aspect.SNAPSHOTS, Aspect.MOVEMENTS}


def all_volumes_of(session: Session, backend: str) -> str:
    """What means all volumes of a back end, as `migration_of` takes it. Raises: ConfigError where it is none."""
    _, colon, names = backend.partition(":")
    if colon:
        text = f"--all means all volumes of a back end, and {backend!r} names {names or 'none'}"
        raise ConfigError(text, hint="leave out one of the two")
    if backend in session.configuration.groups and backend not in session.configuration.backends:
        hint = f"`datamotion migrate {backend} --to PLACE` brings the whole group there, without --all"
        raise ConfigError(f"--all means all volumes of a back end, and {backend} is a group", hint=hint)
    return f"{session.backend(backend).name}:*"


def migration_of(
    session: Session,
    volumes: str,
    *,
    to: str | None = None,
    aggregates: tuple[str, ...] = (),
    keeps_source: bool = False,
    cutover_at: datetime | None = None,
    is_undone: bool = False,
) -> AnyMigration:
    """The migration of what BACKEND:VOLUMES says (names, patterns or uuids, with commas) to a back end.

    Without aggregates, those that the configuration maps for a target of that name; one that is only undone needs none:
    within its back end it is whatever move goes on then.
    BACKEND:VOLUME/PATH is one LUN or file, which goes to a volume; the name of a group is all that it protects. Raises:
    ConfigError.
    """
    if volumes in session.configuration.groups:
        if cutover_at is not None:
            raise ConfigError("--cutover-at is for a move to another aggregate", hint="leave it out")
        return group_migration(session, volumes, to, aggregates, keeps_source=keeps_source)
    source, _, names = volumes.partition(":")
    if "/" in names:
        if aggregates or cutover_at is not None:
            raise ConfigError(
                "--aggregate and --cutover-at are for whole volumes", hint="leave them out, or name those"
            )
        return item_migration(session, volumes, to, keeps_source=keeps_source)
    if to is not None and ":" in to:
        raise ConfigError(f"--to {to!r} names a volume, and {names} are whole ones", hint="--to takes a back end then")
    wanted = tuple(filter(None, names.split(",")))
    if not wanted:
        hint = "it takes BACKEND:VOLUME, as gold-paris:vol_1, a back end and --all, or a group as a whole"
        text = f"{volumes!r} names no volume" if source in session.configuration.backends else None
        raise ConfigError(text or f"{volumes!r} is no group, and names no volume", hint=hint)
    goal = to or source
    is_any_move = is_undone and goal == source and not aggregates
    if goal == source and len(aggregates) != 1 and not is_any_move:
        hint = "--to names a back end, --aggregate another aggregate of the same one"
        is_there = to is not None and not aggregates
        text = f"{names} of {source} is there already" if is_there else f"where {names} is to go is not said"
        raise ConfigError(text, hint=hint)
    if goal != source and cutover_at is not None:
        raise ConfigError("--cutover-at is for a move to another aggregate", hint="leave it out, or leave out --to")
    at, there = session.backend(source), session.backend(goal)
    if not is_any_move:
        aggregates = _aggregates(session, there, aggregates, is_undone=is_undone)
    return Migration(
        source=at,
        volumes=wanted,
        to=there,
        aggregates=aggregates,
        keeps_source=keeps_source,
        cutover_at=cutover_at,
    )


def group_migration(
    session: Session,
    group: str,
    to: str | None,
    aggregates: tuple[str, ...] = (),
    *,
    keeps_source: bool = False,
) -> GroupMigration:
    """That of a whole protected group, with its mirrors, to another back end. Raises: ConfigError.

    That one begins which needs aggregates, and names none, is refused once it is seen what is there.
    """
    of = session.group(group)
    if to is None or ":" in to:
        hint = (
            f"--to takes a back end; `datamotion migrate {of.home.name}:VOLUMES --aggregate` moves volumes within one"
        )
        raise ConfigError(f"to which back end {group} is to go is not said", hint=hint)
    there = session.backend(to)
    if to == of.home.name:
        raise ConfigError(f"{to} is the home of {group}", hint=f"datamotion failback {group} brings it back there")
    if of.target(to) is None:
        aggregates = aggregates or mapped_aggregates(session, to)
    elif aggregates:
        raise ConfigError(f"{to} is a target of {group}, which says on which aggregates", hint="leave --aggregate out")
    return GroupMigration(of=of, to=there, aggregates=aggregates, keeps_source=keeps_source)


def _aggregates(session: Session, there: Backend, named: tuple[str, ...], *, is_undone: bool) -> tuple[str, ...]:
    """Those that may hold what is made there."""
    if named or (named := mapped_aggregates(session, there.name)) or is_undone:
        return named
    hint = f"--aggregate names one of {there.cluster}"
    raise ConfigError(f"on which aggregate of {there.name} the volumes are made is not said", hint=hint)


def item_migration(session: Session, what: str, to: str | None, *, keeps_source: bool = False) -> ItemMigration:
    """That of one LUN or file, BACKEND:VOLUME/PATH, to another such place, or into one that ends with a slash.

    Raises: ConfigError.
    """
    source, volume, path = _place(what)
    goal, to_volume, to_path = _place(to or "")
    if to is not None and to_volume and to.endswith("/"):
        to_path = f"{to_path}/{path.rpartition('/')[2]}".lstrip("/")
    if not path or "," in path:
        raise ConfigError(f"{what!r} names no LUN or file", hint="it takes one, as gold-paris:vol_1/lun_1")
    check_path(path)
    check_path(to_path)
    if not to_volume:
        hint = f"--to takes BACKEND:VOLUME, and /PATH where it is to be called otherwise, as {source}:vol_2/{path}"
        raise ConfigError(f"to which volume {path} is to go is not said", hint=hint)
    at, there = session.backend(source), session.backend(goal)
    is_within = (at.cluster, at.svm) == (there.cluster, there.svm)
    return ItemMigration(
        source=at,
        volume=volume,
        path=path,
        to=at if is_within else there,
        to_volume=to_volume,
        to_path=to_path or path,
        keeps_source=keeps_source,
    )


def check_path(path: str) -> None:
    """Whether it is one from the root of a volume on; none at all is. Raises: ConfigError."""
    if path and not {"", ".", ".."}.isdisjoint(path.split("/")):
        hint = "name it as it is found from the root of the volume on, without . and .."
        raise ConfigError(f"{path!r} is no path in a volume", hint=hint)


def _place(written: str) -> tuple[str, str, str]:
    """Back end, volume and path of BACKEND:VOLUME/PATH; what is not said is empty."""
    backend, _, place = written.partition(":")
    volume, _, path = place.partition("/")
    return backend, volume, path.strip("/")


def mapped_aggregates(session: Session, backend: str) -> tuple[str, ...]:
    """The aggregates that targets of the configuration use there."""
    targets = (each for group in session.groups() for each in group.targets if each.backend.name == backend)
    return tuple(dict.fromkeys(name for target in targets for names in target.aggregates.values() for name in names))


def migrate(migration: AnyMigration) -> Intent:
    """Bring the volumes or the LUN to where they are to live. What has begun goes on."""
    return Intent(
        operation=Operation.MIGRATE,
        group=migration.group,
        planner=migrate_planner(migration),
        glances=_glances(migration),
        way_back=_way_back(migration),
    )


def _way_back(migration: AnyMigration) -> Planner | None:
    if isinstance(migration, ItemMigration) or (isinstance(migration, Migration) and migration.is_within):
        return None
    return thaw_planner(migration.group)


def abort(migration: AnyMigration, *, was_begun: bool = False) -> Intent:
    """Undo what has begun, while nothing is decided. `was_begun`: whether the store tells of a run that was left."""
    return Intent(
        operation=Operation.MIGRATE,
        group=migration.group,
        planner=abort_planner(migration, was_begun=was_begun),
        glances=_glances(migration),
    )


def _glances(migration: AnyMigration) -> Mapping[str, Glance]:
    if isinstance(migration, ItemMigration):
        aspects = _OF_ITEMS if migration.is_within_svm else _OF_ITEMS_BETWEEN
        if migration.is_within_volume and migration.keeps_source:
            aspects |= {Aspect.LICENSES}
        files = names_of(migration)
        return {name: replace(each, files=files) for name, each in glances_of(migration.group, aspects).items()}
    is_within = isinstance(migration, Migration) and migration.is_within
    return glances_of(migration.group, _WITHIN if is_within else _BETWEEN)
