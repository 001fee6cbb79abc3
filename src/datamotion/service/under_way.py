"""Which migrations are under way: what clusters and marks tell, and files that the store knows to be copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datamotion.engine.looking import Glance, Lookout
from datamotion.model.claim import claim_group
from datamotion.model.group import Backend
from datamotion.model.item_migration import ItemMigration
from datamotion.model.mark import Mark, read_mark
from datamotion.model.migration import ends_of, is_migration
from datamotion.model.names import counted
from datamotion.model.view import Aspect, ClusterView, View
from datamotion.model.volume_records import Volume
from datamotion.model.words import MirrorState, VolumeType
from datamotion.policy.movers.file_names import names_of
from datamotion.policy.proofs.movements import movement_of
from datamotion.policy.standing.claims import read_claims
from datamotion.policy.standing.sites import sites_of
from datamotion.service.items_under_way import ItemsUnderWay, file_reports, known_items, lun_reports
from datamotion.service.migration_reports import MigrationReport, MigrationsReport, share_of
from datamotion.service.session import Session

_ASPECTS = frozenset(
    {Aspect.SVMS, Aspect.VOLUMES, Aspect.RELATIONSHIPS, Aspect.POLICIES, Aspect.MOVEMENTS, Aspect.LUN_PLACES}
)
_OF_FILES = frozenset({Aspect.FILES, Aspect.COPY_JOBS})
_BETWEEN_LOOKS_S = 2.0


async def migrations(session: Session) -> MigrationsReport:
    """All migrations under way at back ends of the configuration. Only reads; how fast they are takes a second look.

    That a file is copied shows at its cluster by names alone that are told by where it goes, and a group that is
    brought to one of its targets looks like one that is failed over: the store knows those that were asked for with it.
    """
    known = known_items(session)
    glances = _glances(session, known.items)
    clock = session.world.clock
    async with session.clusters(glances.keys()) as clusters:
        lookout = Lookout(clusters, glances)
        view, seconds = await lookout.whole(), 0.0
        before = _under_way(session, known, view)
        if before:
            began_s = clock.monotonic_s()
            await clock.sleep(_BETWEEN_LOOKS_S)
            view, seconds = await lookout.whole(), clock.monotonic_s() - began_s
    then = {each.key: each for each in before}
    unseen = [f"{name}: {seen.reason}" for name, seen in view.items() if not isinstance(seen, ClusterView)]
    if known.problem is not None:
        unseen.append(f"whether files are copied: {known.problem}")
    return MigrationsReport(
        migrations=tuple(each.since(then.get(each.key), seconds) for each in _under_way(session, known, view)),
        unseen=tuple(unseen),
    )


def _glances(session: Session, items: Sequence[ItemMigration]) -> dict[str, Glance]:
    found: dict[str, Glance] = {}
    for backend in session.backends():
        of = [each for each in items if each.source.cluster == backend.cluster and each.is_within_cluster]
        svms = {*found[backend.cluster].svms, backend.svm} if backend.cluster in found else {backend.svm}
        found[backend.cluster] = Glance(
            aspects=_ASPECTS | _OF_FILES if of else _ASPECTS,
            svms=frozenset(svms),
            files=tuple(name for each in of for name in names_of(each)),
        )
    return found


def _under_way(session: Session, known: ItemsUnderWay, view: View) -> list[MigrationReport]:
    """Moves and copies that a cluster is at, and volumes, LUNs and files that are marked as on their way."""
    found: dict[tuple[str, str, str], MigrationReport] = {}
    for backend in session.backends():
        seen = view.get(backend.cluster)
        if isinstance(seen, ClusterView):
            for report in _at(session, known, backend, view, seen):
                found[report.key] = report
    return sorted(found.values(), key=lambda each: (each.source, counted(each.volume)))


def _at(
    session: Session, known: ItemsUnderWay, backend: Backend, view: View, seen: ClusterView
) -> Iterator[MigrationReport]:
    for volume in seen.volumes:
        if volume.svm == backend.svm:
            report = _move(backend.name, volume, seen) or _mirroring(session, known, backend, volume, view)
            if report is not None:
                yield report
    yield from lun_reports(session, known, backend, seen)
    yield from file_reports(known, backend, seen)


def _move(backend: str, volume: Volume, seen: ClusterView) -> MigrationReport | None:
    movement = movement_of(seen, volume.uuid)
    if movement is None or not movement.state.is_going_on:
        return None
    return MigrationReport(
        volume=volume.name,
        source=backend,
        to=f"{backend}, {movement.aggregate}",
        mechanism="volume move",
        state=movement.state,
        moved=share_of(volume.used_bytes, movement.percent),
        total=volume.used_bytes,
    )


def _mirroring(
    session: Session, known: ItemsUnderWay, backend: Backend, volume: Volume, view: View
) -> MigrationReport | None:
    """What the mark of a volume says, at whichever end of its migration it is, and what is seen at both."""
    mark = read_mark(volume.comment)
    ends = _ends(session, known, mark.group, backend) if mark is not None else None
    if mark is None or ends is None:
        return None
    source, to = ends
    old, new = (_marked(view, each, mark) for each in (source, to))
    there = view.get(to.cluster)
    state, moved, total = "to be mirrored", None, old.used_bytes if old is not None else None
    if isinstance(there, ClusterView) and new is not None:
        into = (to.svm, new.name)
        edge = next((e for e in there.relationships if (e.destination.svm, e.destination.volume) == into), None)
        state = edge.state if edge is not None else _without_mirror(view, source, to, mark, new)
        moved = edge.transfer.bytes_transferred if edge is not None and edge.transfer is not None else None
        is_first = edge is None or edge.state is MirrorState.UNINITIALIZED
        if moved is not None and total is not None and (not is_first or moved > total):
            total = None  # an update carries what changed, and snapshots hold more than is used: how much is not told
    noted = read_mark(old.comment) if old is not None else None
    if noted is not None and noted.frozen:
        state = f"{state}, clients are kept away from {source.name}"
    return MigrationReport(
        volume=mark.volume,
        source=source.name,
        to=to.name,
        mechanism="SnapMirror and cut-over",
        state=_left_behind(session, mark.group, ends, view) or state,
        moved=moved,
        total=total,
    )


def _without_mirror(view: View, source: Backend, to: Backend, mark: Mark, new: Volume) -> str:
    """What is left where nothing mirrors into it: it was made just now, or is served.

    Of a group whose home it was, the claims there go last.
    """
    if new.type is VolumeType.DP:
        return "made there, to be mirrored"
    seen = view.get(source.cluster)
    policies = seen.policies if isinstance(seen, ClusterView) and not is_migration(mark.group) else None
    if policies is None or any(each.svm == source.svm and claim_group(each.name) == mark.group for each in policies):
        return "served there, to be finished"
    return f"done, but for the configuration: name {to.name} as the home of {mark.group}"


def _left_behind(session: Session, group: str, ends: tuple[Backend, Backend], view: View) -> str | None:
    """That it does not go on, as somebody brought the group to another of its back ends since; None: nobody did."""
    if is_migration(group):
        return None
    of, (source, to) = session.group(group), ends
    held = read_claims(of, sites_of(of, view)).held
    newest = next((each.backend for each in held if each.served is not None), source.name)
    if newest in (source.name, to.name):
        return None
    return f"left behind, {newest} serves {group}: datamotion migrate {group} --to {to.name} --abort undoes it"


def _ends(session: Session, known: ItemsUnderWay, group: str, here: Backend) -> tuple[Backend, Backend] | None:
    """Whence and where to a volume of that group goes.

    One that is marked as of a group of the configuration, at a back end that is none of it, goes there from its home;
    so it does at a target where the store tells that the group is brought there.
    """
    if (names := ends_of(group, frozenset(each.name for each in session.backends()))) is not None:
        return session.backend(names[0]), session.backend(names[1])
    if group not in session.configuration.groups:
        return None
    of = session.group(group)
    is_brought = here.name not in {each.name for each in of.backends} or (group, here.name) in known.groups
    return (of.home, here) if is_brought else None


def _marked(view: View, backend: Backend, mark: Mark) -> Volume | None:
    """The copy of a volume at a back end, as marks tell."""
    seen = view.get(backend.cluster)
    for volume in seen.volumes if isinstance(seen, ClusterView) else ():
        found = read_mark(volume.comment) if volume.svm == backend.svm else None
        if found is not None and (found.group, found.volume) == (mark.group, mark.volume):
            return volume
    return None
