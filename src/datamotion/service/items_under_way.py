"""LUNs and files that are on their way: what clusters and marks tell of them, and which ones the store knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from datamotion.errors import ConfigError, StoreFailed
from datamotion.model.group import Backend
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import Passage, PlacedFile, PlacedLun, lun_name
from datamotion.model.lun_mark import copy_mark, is_leaving
from datamotion.model.view import ClusterView
from datamotion.model.words import Operation
from datamotion.policy.movers.file_copy import NAME
from datamotion.policy.movers.file_names import is_named, names_of, old_file, unnamed
from datamotion.policy.proofs.file_places import file_named, is_copying
from datamotion.policy.proofs.lun_places import is_resized, lun_of
from datamotion.service.migration_reports import MigrationReport, share_of
from datamotion.service.migrations import item_migration
from datamotion.service.session import Session


class ItemsUnderWay(NamedTuple):
    """The LUNs and files whose migration began and is not known to be over; `problem`: why nobody can tell.

    `groups` are those that are brought to a back end, with that: where it is a target, their marks are those of any
    mirror.
    """

    items: Sequence[ItemMigration]
    groups: Collection[tuple[str, str | None]] = ()
    problem: str | None = None

    def goal(self, lun: PlacedLun, backend: str) -> str:
        """Where a LUN goes."""
        wanted = (backend, lun.name)
        of = (each.goal for each in self.items if (each.source.name, lun_name(each.volume, each.path)) == wanted)
        return next(of, "where its command said")


def known_items(session: Session) -> ItemsUnderWay:
    """Those of the store."""
    from datamotion.store.journal import open_history  # noqa: PLC0415  # most commands that only look need no store

    try:
        with open_history(session.store_url) as store:
            runs = [run for run in store.unfinished("") if run.record.operation == Operation.MIGRATE]
    except (ConfigError, StoreFailed) as error:
        return ItemsUnderWay((), problem=error.message)
    found: list[ItemMigration] = []
    for places in (run.plan.places for run in runs):
        try:
            if len(places) == 2:
                found.append(item_migration(session, places[0], places[1]))
        except ConfigError:
            continue  # of a back end that the configuration does not have any more
    return ItemsUnderWay(found, frozenset((run.record.group, run.plan.backend) for run in runs))


def lun_reports(
    session: Session, known: ItemsUnderWay, backend: Backend, seen: ClusterView
) -> Iterator[MigrationReport]:
    """The LUNs of a back end that move, are copied, or are marked as to be."""
    for lun in seen.lun_places or ():
        if lun.svm != backend.svm:
            continue
        if lun.move is not None and lun.move.state.is_going_on:
            yield _lun_move(backend.name, lun, lun.move)
        elif lun.copy is not None and (lun.copy.state.is_going_on or copy_mark(lun.comment) is not None):
            yield _lun_copy(session, backend, lun, lun.copy, seen)
        elif is_leaving(lun.comment) and not _is_copied(lun, seen):
            yield _leaving(backend.name, lun, known.goal(lun, backend.name))


def file_reports(known: ItemsUnderWay, backend: Backend, seen: ClusterView) -> Iterator[MigrationReport]:
    """Those of the files that are known which are seen on their way from a back end."""
    for item in known.items:
        if item.source.name == backend.name and (report := _file_copy(item, seen)) is not None:
            yield report


def _lun_move(backend: str, lun: PlacedLun, move: Passage) -> MigrationReport:
    return MigrationReport(
        volume=f"{lun.volume}/{lun.path}",
        source=f"{backend}, {move.source}",
        to=f"{backend}, {move.destination}",
        mechanism="LUN move",
        state=move.state,
        moved=share_of(lun.used_bytes, move.percent),
        total=lun.used_bytes,
    )


def _lun_copy(session: Session, backend: Backend, lun: PlacedLun, copy: Passage, seen: ClusterView) -> MigrationReport:
    """Of which SVM the old one is its mark tells, where the copy is one of this program."""
    mark = copy_mark(lun.comment)
    old = lun_of(seen, mark.source_uuid) if mark is not None else None
    at = [each.name for each in session.backends() if old and (each.cluster, each.svm) == (backend.cluster, old.svm)]
    total = old.used_bytes if old is not None else lun.used_bytes
    return MigrationReport(
        volume=f"{lun.volume}/{lun.path}",
        source=", ".join((*at[:1], copy.source or "a LUN that is not told")),
        to=f"{backend.name}, {lun.name}",
        mechanism="LUN copy",
        state=_state_of(lun, copy, old),
        moved=share_of(total, copy.percent),
        total=total,
    )


def _state_of(lun: PlacedLun, copy: Passage, old: PlacedLun | None) -> str:
    mark = copy_mark(lun.comment)
    if copy.state.is_going_on or mark is None:
        return copy.state
    if not mark.is_mapped and old is None:
        return f"{copy.state}, and the LUN that it was made from is not seen any more"
    if not mark.is_mapped and old is not None and is_resized(lun, old):
        return f"{copy.state}, and not as large as the LUN is now: --abort, then begin again"
    return f"{copy.state}, to be finished"


def _is_copied(old: PlacedLun, seen: ClusterView) -> bool:
    marks = (copy_mark(each.comment) for each in seen.lun_places or ())
    return any(mark is not None and mark.source_uuid == old.uuid for mark in marks)


def _leaving(backend: str, lun: PlacedLun, to: str) -> MigrationReport:
    return MigrationReport(
        volume=f"{lun.volume}/{lun.path}",
        source=f"{backend}, {lun.name}",
        to=to,
        mechanism="LUN copy",
        state="to be copied, hosts are kept away",
        moved=None,
        total=lun.used_bytes,
    )


def _copy_alone(item: ItemMigration, copy: PlacedFile) -> MigrationReport:
    where = f"{copy.name.volume}/{copy.name.path}"
    return MigrationReport(
        volume=item.item,
        source=item.source.name,
        to=item.goal,
        mechanism=NAME,
        state=f"its old file is gone: {where} may be the only copy",
        moved=copy.used_bytes,
        total=None,
    )


def _file_copy(item: ItemMigration, seen: ClusterView) -> MigrationReport | None:
    """By the old file, which is aside meanwhile."""
    old, copy = old_file(item, seen), file_named(seen, unnamed(item))
    if old is None:
        return _copy_alone(item, copy) if copy is not None and file_named(seen, names_of(item)[0]) is None else None
    is_goal_there = file_named(seen, names_of(item)[1]) is not None
    if is_goal_there and not is_named(item, seen):
        state = f"taken aside, and somebody made {item.goal}"
    elif copy is None:
        state = "copied, to be finished" if is_goal_there else "to be copied, taken aside"
    else:
        state = "being copied" if is_copying(seen) else "copied, to be looked at and named"
    return MigrationReport(
        volume=item.item,
        source=item.source.name,
        to=item.goal,
        mechanism=NAME,
        state=state,
        moved=copy.used_bytes if copy is not None else None,
        total=old.used_bytes,
    )
