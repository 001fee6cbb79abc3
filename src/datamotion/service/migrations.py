"""The use cases of migrations: carrying one out, undoing it, listing those under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from datamotion.engine.looking import Glance, Lookout
from datamotion.errors import ConfigError
from datamotion.model.group import Backend
from datamotion.model.item_migration import ItemMigration
from datamotion.model.mark import Mark, read_mark
from datamotion.model.migration import Migration, ends_of
from datamotion.model.names import counted
from datamotion.model.records import Passage, PlacedLun, Volume
from datamotion.model.view import EVERYTHING, REMOVING, SERVING, Aspect, ClusterView, View
from datamotion.model.words import Operation
from datamotion.policy.migrate import abort_planner, migrate_planner
from datamotion.policy.movements import movement_of
from datamotion.policy.movers.file_copy import names_of
from datamotion.policy.situation import Planner
from datamotion.policy.thaw import thaw_planner
from datamotion.service.migration_reports import MigrationReport, MigrationsReport
from datamotion.service.operations import Intent, glances_of
from datamotion.service.session import Session

_UNDER_WAY = frozenset({Aspect.SVMS, Aspect.VOLUMES, Aspect.RELATIONSHIPS, Aspect.MOVEMENTS, Aspect.LUN_PLACES})
_WITHIN = frozenset({Aspect.SVMS, Aspect.VOLUMES, Aspect.RELATIONSHIPS, Aspect.MOVEMENTS, Aspect.AGGREGATES})
_OF_ITEMS = frozenset({Aspect.SVMS, Aspect.VOLUMES, Aspect.LUN_PLACES, Aspect.FILES, Aspect.COPY_JOBS})
_OF_ITEMS_BETWEEN = _OF_ITEMS | {Aspect.IDENTITY, Aspect.CLUSTER_PEERS, Aspect.SVM_PEERS, Aspect.IGROUPS}
_BETWEEN = EVERYTHING | SERVING | REMOVING | {Aspect.SNAPSHOTS}
_BETWEEN_LOOKS_S = 2.0


def migration_of(
    session: Session,
    volumes: str,
    *,
    to: str | None = None,
    aggregates: tuple[str, ...] = (),
    keeps_source: bool = False,
    cutover_at: datetime | None = None,
    is_undone: bool = False,
) -> Migration | ItemMigration:
    """The migration of what BACKEND:VOLUMES says (names, patterns or uuids, with commas) to a back end.

    Without aggregates, those that the configuration maps for a target of that name; one that is only undone needs none.
    BACKEND:VOLUME/PATH is one LUN or file, which goes to a volume. Raises: ConfigError.
    """
    source, _, names = volumes.partition(":")
    if "/" in names:
        if aggregates or cutover_at is not None:
            raise ConfigError(
                "--aggregate and --cutover-at are for whole volumes", hint="leave them out, or name those"
            )
        return _item_migration(session, volumes, to, keeps_source=keeps_source)
    if to is not None and ":" in to:
        raise ConfigError(f"--to {to!r} names a volume, and {names} are whole ones", hint="--to takes a back end then")
    wanted = tuple(filter(None, names.split(",")))
    if not wanted:
        raise ConfigError(f"{volumes!r} names no volume", hint="it takes BACKEND:VOLUME, as gold-paris:vol_1")
    goal = to or source
    if goal == source and len(aggregates) != 1:
        hint = "--to names a back end, --aggregate another aggregate of the same one"
        raise ConfigError(f"where {names} is to go is not said", hint=hint)
    if goal != source and cutover_at is not None:
        raise ConfigError("--cutover-at is for a move to another aggregate", hint="leave it out, or leave out --to")
    at, there = session.backend(source), session.backend(goal)
    if not aggregates and not (aggregates := _mapped(session, goal)) and not is_undone:
        hint = f"--aggregate names one of {there.cluster}"
        raise ConfigError(f"on which aggregate of {goal} the volumes are made is not said", hint=hint)
    return Migration(
        source=at,
        volumes=wanted,
        to=there,
        aggregates=aggregates,
        keeps_source=keeps_source,
        cutover_at=cutover_at,
    )


def _item_migration(session: Session, what: str, to: str | None, *, keeps_source: bool) -> ItemMigration:
    """Raises: ConfigError."""
    source, volume, path = _place(what)
    goal, to_volume, to_path = _place(to or "")
    if not path or "," in path:
        raise ConfigError(f"{what!r} names no LUN or file", hint="it takes one, as gold-paris:vol_1/lun_1")
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


def _place(written: str) -> tuple[str, str, str]:
    """Back end, volume and path of BACKEND:VOLUME/PATH; what is not said is empty."""
    backend, _, place = written.partition(":")
    volume, _, path = place.partition("/")
    return backend, volume, path.strip("/")


def _mapped(session: Session, backend: str) -> tuple[str, ...]:
    """The aggregates that targets of the configuration use there."""
    targets = (each for group in session.groups() for each in group.targets if each.backend.name == backend)
    return tuple(dict.fromkeys(name for target in targets for names in target.aggregates.values() for name in names))


def migrate(migration: Migration | ItemMigration) -> Intent:
    """Bring the volumes or the LUN to where they are to live. What has begun goes on."""
    return Intent(
        operation=Operation.MIGRATE,
        group=migration.group,
        planner=migrate_planner(migration),
        glances=_glances(migration),
        way_back=_way_back(migration),
    )


def _way_back(migration: Migration | ItemMigration) -> Planner | None:
    if isinstance(migration, ItemMigration) or migration.is_within:
        return None
    return thaw_planner(migration.group)


def abort(migration: Migration | ItemMigration) -> Intent:
    """Undo what has begun, while nothing is decided."""
    return Intent(
        operation=Operation.MIGRATE,
        group=migration.group,
        planner=abort_planner(migration),
        glances=_glances(migration),
    )


def _glances(migration: Migration | ItemMigration) -> Mapping[str, Glance]:
    if isinstance(migration, ItemMigration):
        aspects = _OF_ITEMS if migration.is_within_svm else _OF_ITEMS_BETWEEN
        files = names_of(migration)
        return {name: replace(each, files=files) for name, each in glances_of(migration.group, aspects).items()}
    return glances_of(migration.group, _WITHIN if migration.is_within else _BETWEEN)


async def migrations(session: Session) -> MigrationsReport:
    """All migrations under way at back ends of the configuration. Only reads; how fast they are takes a second look."""
    svms: dict[str, set[str]] = {}
    for backend in session.backends():
        svms.setdefault(backend.cluster, set()).add(backend.svm)
    glances = {name: Glance(aspects=_UNDER_WAY, svms=frozenset(each)) for name, each in svms.items()}
    clock = session.world.clock
    async with session.clusters(glances.keys()) as clusters:
        lookout = Lookout(clusters, glances)
        view, seconds = await lookout.whole(), 0.0
        before = _under_way(session, view)
        if before:
            began_s = clock.monotonic_s()
            await clock.sleep(_BETWEEN_LOOKS_S)
            view, seconds = await lookout.whole(), clock.monotonic_s() - began_s
    then = {each.key: each for each in before}
    unseen = tuple(f"{name}: {seen.reason}" for name, seen in view.items() if not isinstance(seen, ClusterView))
    return MigrationsReport(
        migrations=tuple(each.since(then.get(each.key), seconds) for each in _under_way(session, view)),
        unseen=unseen,
    )


def _under_way(session: Session, view: View) -> list[MigrationReport]:
    """Moves that a cluster is at, and volumes that are marked for a migration."""
    found: dict[tuple[str, str, str], MigrationReport] = {}
    for backend in session.backends():
        seen = view.get(backend.cluster)
        for volume in seen.volumes if isinstance(seen, ClusterView) else ():
            if volume.svm == backend.svm and isinstance(seen, ClusterView):
                report = _move(backend.name, volume, seen) or _mirroring(session, volume, view)
                if report is not None:
                    found[report.key] = report
        for lun in (seen.lun_places or ()) if isinstance(seen, ClusterView) else ():
            if lun.svm == backend.svm and lun.move is not None and lun.move.state.is_going_on:
                report = _lun_move(backend.name, lun, lun.move)
                found[report.key] = report
    return sorted(found.values(), key=lambda each: (each.source, counted(each.volume)))


def _lun_move(backend: str, lun: PlacedLun, move: Passage) -> MigrationReport:
    moved = None if move.percent is None else lun.used_bytes * move.percent // 100
    return MigrationReport(
        volume=f"{lun.volume}/{lun.path}",
        source=f"{backend}, {move.source}",
        to=f"{backend}, {move.destination}",
        mechanism="LUN move",
        state=move.state,
        moved=moved,
        total=lun.used_bytes,
    )


def _move(backend: str, volume: Volume, seen: ClusterView) -> MigrationReport | None:
    movement = movement_of(seen, volume.uuid)
    if movement is None or not movement.state.is_going_on:
        return None
    moved = None if movement.percent is None else volume.used_bytes * movement.percent // 100
    return MigrationReport(
        volume=volume.name,
        source=backend,
        to=f"{backend}, {movement.aggregate}",
        mechanism="volume move",
        state=movement.state,
        moved=moved,
        total=volume.used_bytes,
    )


def _mirroring(session: Session, volume: Volume, view: View) -> MigrationReport | None:
    """What the mark of a volume says, at whichever end of its migration it is, and what is seen at both."""
    mark = read_mark(volume.comment)
    names = frozenset(each.name for each in session.backends())
    ends = ends_of(mark.group, names) if mark is not None else None
    if mark is None or ends is None:
        return None
    source, to = map(session.backend, ends)
    old, new = (_marked(view, each, mark) for each in (source, to))
    there = view.get(to.cluster)
    state, moved = "to be mirrored", None
    if isinstance(there, ClusterView) and new is not None:
        into = (to.svm, new.name)
        edge = next((e for e in there.relationships if (e.destination.svm, e.destination.volume) == into), None)
        state = edge.state if edge is not None else "served there, to be finished"
        moved = edge.transfer.bytes_transferred if edge is not None and edge.transfer is not None else None
    noted = read_mark(old.comment) if old is not None else None
    return MigrationReport(
        volume=mark.volume,
        source=source.name,
        to=to.name,
        mechanism="SnapMirror and cut-over",
        state=f"{state}, clients are kept away" if noted is not None and noted.frozen else state,
        moved=moved,
        total=old.used_bytes if old is not None else None,
    )


def _marked(view: View, backend: Backend, mark: Mark) -> Volume | None:
    """The copy of a volume at a back end, as marks tell."""
    seen = view.get(backend.cluster)
    for volume in seen.volumes if isinstance(seen, ClusterView) else ():
        found = read_mark(volume.comment) if volume.svm == backend.svm else None
        if found is not None and (found.group, found.volume) == (mark.group, mark.volume):
            return volume
    return None
