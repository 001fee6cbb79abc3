"""Migrating volumes, LUNs and files by the cheapest mechanism that the two places allow; one that has begun goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from datamotion.model.group_migration import GroupMigration
from datamotion.model.item_migration import ItemMigration
from datamotion.model.mark import read_mark
from datamotion.model.migration import Migration
from datamotion.model.plan import Offer, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import FENCE, Standing
from datamotion.model.words import Operation, VolumeType
from datamotion.policy.movers.file_copy import FILE_COPY
from datamotion.policy.movers.file_rename import FILE_CLONE, FILE_RENAME
from datamotion.policy.movers.group_home import (
    GROUP_HOME,
    is_over,
    title,
    to_configure,
    without_source,
)
from datamotion.policy.movers.group_obstacles import barred, missing_group
from datamotion.policy.movers.host_copy import host_copy, host_copy_of_group, host_copy_of_item
from datamotion.policy.movers.items import has_arrived, is_at_goal, is_file, lun_at_source, missing_item, only_for
from datamotion.policy.movers.lun_clone import LUN_CLONE
from datamotion.policy.movers.lun_copy import LUN_COPY
from datamotion.policy.movers.lun_move import LUN_MOVE, LUN_RENAME
from datamotion.policy.movers.mirror import MIRROR
from datamotion.policy.movers.offer import M, Mover, Movers, selected
from datamotion.policy.movers.unmarked import unmarked
from datamotion.policy.movers.volume_move import VOLUME_MOVE, have_moved, perhaps_renamed
from datamotion.policy.needs import names_text
from datamotion.policy.situation import Planner, Situation

AnyMigration = Migration | ItemMigration | GroupMigration


def migrate_planner(migration: AnyMigration) -> Planner:
    """The planner for `datamotion migrate`. The first look of a run decides on the mechanism."""
    match migration:
        case ItemMigration():
            note = f"There is one at {migration.goal}, and none at {migration.source.name}:{migration.item}."
            return _said(_placed(_unless_arrived(_ITEMS, migration, note, has_arrived), migration), migration.words)
        case GroupMigration():
            note = f"{migration.name} is served by {migration.to.name}: {to_configure(migration)}"
            return _unless_arrived(_GROUPS, migration, note, is_over)
        case Migration():
            planner = _unless_arrived(_VOLUMES, migration, _arrived_text(migration), _have_arrived)
            return _said(planner, migration.words)


def abort_planner(migration: AnyMigration, *, was_begun: bool = False) -> Planner:
    """The planner for `datamotion migrate --abort`: what has begun is undone, while nothing is decided.

    `was_begun`: whether a run of it is remembered that did not come to its end: where nothing of it came about either,
    there is nothing to undo.
    """
    match migration:
        case ItemMigration():
            return _said(_placed(_back(_ITEMS, migration, was_begun), migration), (*migration.words, "--abort"))
        case GroupMigration():
            return _back(_GROUPS, migration, was_begun)
        case Migration():
            is_told = was_begun and bool(migration.aggregates or not migration.is_within)  # where it was to go
            return _said(_back(_VOLUMES, migration, is_told), (*migration.words, "--abort"))


def _said(planner: Planner, words: tuple[str, ...]) -> Planner:
    """Its plans hold what the command says: by that the store knows what goes on with a run that was cut off."""
    return lambda situation: replace(planner(situation), options=words)


def _placed(planner: Planner, migration: ItemMigration) -> Planner:
    """Its plans say where the LUN or file goes: by that the store knows what is under way."""
    return lambda situation: replace(planner(situation), places=migration.places)


def _onward(of_kind: Movers[M], migration: M) -> Planner:
    planners = {mover: mover.planner(migration) for mover in of_kind.movers}

    def plan(situation: Situation) -> Plan:
        first = situation.first
        offers = [(mover, mover.offer(migration, first)) for mover in of_kind.movers]
        about = (offer for mover, offer in offers if mover.is_about(migration, first))
        told = (*about, of_kind.by_hand(migration, first))
        chosen = _chosen(of_kind, migration, first, offers)
        if isinstance(chosen, Refusal):
            shown = () if of_kind.missing(migration, first) else told
            return _refused(of_kind, migration, chosen, shown)
        mover, offer = chosen
        return replace(planners[mover](situation), offers=told, offer=offer)

    return plan


def _back(of_kind: Movers[M], migration: M, was_begun: bool) -> Planner:
    backs = {mover: mover.way_back(migration) for mover in of_kind.movers}

    def plan(situation: Situation) -> Plan:
        standing = situation.first
        mover = next((each for each in of_kind.movers if each.ongoing(migration, standing)), None)
        if mover is not None:
            return backs[mover](situation)
        refusal = _unseen(of_kind, migration, standing)
        if refusal is None and not was_begun:
            refusal = Refusal(text=_NONE, hint="datamotion migrations lists those under way")
        elif refusal is None and of_kind.is_there(migration, standing):
            hint = "the same command without --abort says so, and tells what is left, if anything is"
            refusal = Refusal(text=f"{_NONE}: what it is about is where it was to go", hint=hint)
        if refusal := refusal or next(iter(of_kind.lost(migration, standing)), None):
            return _refused(of_kind, migration, refusal, ())
        if (missing := of_kind.missing(migration, standing)) is None:
            return _nothing_to_do(of_kind, migration, _NOTHING_CAME_ABOUT)
        text = f"{missing.text}: whether anything of it came about is not told, and its run is over with that."
        return _nothing_to_do(of_kind, migration, text[0].upper() + text[1:], missing.hint)

    return plan


_NONE = "no such migration is under way"
_NOTHING_CAME_ABOUT = (
    "Nothing of it is seen to have come about: nothing is to be undone, and its run is over with that."
)


def _chosen(
    of_kind: Movers[M], migration: M, standing: Standing, offers: Sequence[tuple[Mover[M], Offer]]
) -> tuple[Mover[M], Offer] | Refusal:
    if refusal := _unseen(of_kind, migration, standing) or of_kind.barred(migration, standing):
        return refusal
    for mover, offer in offers:
        if mover.ongoing(migration, standing):
            return mover, replace(offer, why_not=None)
    if refusal := of_kind.missing(migration, standing):
        return refusal
    found = next(((mover, offer) for mover, offer in offers if offer.why_not is None), None)
    if found is not None:
        return found
    fitting = [offer.why_not for mover, offer in offers if mover.is_meant(migration, standing)]
    refusal = next(filter(None, fitting), None) or of_kind.by_hand(migration, standing).why_not
    assert refusal is not None
    return refusal


def _unseen(of_kind: Movers[M], migration: M, standing: Standing) -> Refusal | None:
    source = migration.source.name
    for name in dict.fromkeys((source, migration.to.name)):
        if unseen := standing.sites[name].unseen:
            is_silent = name == source and not unseen.refused
            otherwise = of_kind.without_source(migration, standing) if is_silent else None
            hint = f"{otherwise}; once it answers, the same command again" if otherwise else unseen.hint
            return Refusal(backend=None, text=unseen.reason, hint=hint, unseen=unseen)
    return None


def _refused(of_kind: Movers[M], migration: M, refusal: Refusal, offers: tuple[Offer, ...]) -> Plan:
    return Plan(
        operation=Operation.MIGRATE,
        group=migration.name,
        title=of_kind.title(migration),
        refusals=(refusal,),
        offers=offers,
    )


def _unless_arrived(of_kind: Movers[M], migration: M, note: str, is_over: Callable[[M, Standing], bool]) -> Planner:
    """Run again after all is over, as by one that was cut off at its very end, it has nothing to do."""
    onward = _onward(of_kind, migration)

    def plan(situation: Situation) -> Plan:
        standing = situation.first
        is_ongoing = any(mover.ongoing(migration, standing) for mover in of_kind.movers)
        if is_ongoing or not is_over(migration, standing):
            return onward(situation)
        return _nothing_to_do(of_kind, migration, note)

    return plan


def _nothing_to_do(of_kind: Movers[M], migration: M, note: str, hint: str | None = None) -> Plan:
    title = of_kind.title(migration)
    return Plan(operation=Operation.MIGRATE, group=migration.name, title=title, notes=(Remark(note, hint),))


def _have_arrived(migration: Migration, standing: Standing) -> bool:
    """Whether volumes of these names or patterns serve where they were to go, and none is left at their source, or
    only such as were to stay, and let nobody in.
    """
    if migration.is_within or standing.sites[migration.source.name].svm is None:
        return False
    left = [each for each in selected(migration, standing) if not (migration.keeps_source and each.export == FENCE)]
    return not left and _are_there(migration, standing)


def _arrived_text(migration: Migration) -> str:
    """Of names that they went there; of a pattern, which says nothing of what was there before, only what is seen."""
    names, source, to = names_text(migration.volumes), migration.source.name, migration.to.name
    if any(each in entry for entry in migration.volumes for each in "*?["):
        let_in = " that lets anybody in" if migration.keeps_source else ""
        return f"No volume at {source}{let_in} matches {names}, and {to} has some that do."
    if migration.keeps_source:
        return f"{names}: at {to}, and nobody is let in to what stays at {source}."
    return f"{names}: at {to}, and at {source} no more."


def _are_there(migration: Migration, standing: Standing) -> bool:
    """Whether volumes of these names or patterns serve where they were to go, or are on the aggregate."""
    if migration.is_within:
        return have_moved(migration, standing)
    to = standing.sites[migration.to.name]
    there = [each for each in to.volumes.values() if each.type is VolumeType.RW and read_mark(each.comment) is None]
    meant = [replace(migration.to, volumes=(each,)) for each in migration.volumes if not each.startswith("!")]
    return bool(meant) and all(any(one.selects(each.name) for each in there) for one in meant)


def _missing_volumes(migration: Migration, standing: Standing) -> Refusal | None:
    if selected(migration, standing):
        return None
    site = standing.sites[migration.source.name]
    names = ", ".join(migration.volumes)
    if site.svm is None:
        text = f"{site.backend.cluster} has no SVM {site.backend.svm}"
        return Refusal(text=text, hint=f"correct `svm` of {migration.source.name} in the configuration")
    home = migration.group.home
    if beside := [each.name for each in site.volumes.values() if home.selects(each.name, each.uuid)]:
        text = f"{names_text(beside)} at {migration.source.name}: clones that keep what was given up, or serve a drill"
        return Refusal(text=text, hint="they are looked at where they are; `datamotion copy` brings their files along")
    there = ", ".join(sorted(site.volumes)[:6]) or "none"
    hint = perhaps_renamed(migration, standing) or f"its volumes: {there}"
    if arrived := [each for each in migration.volumes if each in standing.sites[migration.to.name].volumes]:
        hint = f"{migration.to.name} has {names_text(arrived)}: `datamotion history` tells whether they went there"
    return Refusal(text=f"no volume at {migration.source.name} matches {names}", hint=hint)


def _title(migration: Migration) -> str:
    return f"Migrate {', '.join(migration.volumes)} from {migration.source.name} to {migration.to.name}"


def _is_lun(migration: ItemMigration, standing: Standing) -> bool:
    return lun_at_source(migration, standing) is not None


OF_VOLUMES = (VOLUME_MOVE, MIRROR)
OF_LUNS = (LUN_RENAME, LUN_CLONE, LUN_MOVE, LUN_COPY)
OF_FILES = (FILE_RENAME, FILE_CLONE, FILE_COPY)
"""Those of one kind of object, the cheapest first."""

_VOLUMES = Movers(
    movers=OF_VOLUMES,
    by_hand=host_copy,
    missing=_missing_volumes,
    title=_title,
    is_there=_are_there,
    lost=lambda migration, standing: () if migration.is_within else unmarked(migration, standing),
)
_GROUPS = Movers(
    movers=(GROUP_HOME,),
    by_hand=host_copy_of_group,
    missing=missing_group,
    barred=barred,
    title=title,
    without_source=without_source,
    is_there=is_over,
    lost=unmarked,
)
_ITEMS: Movers[ItemMigration] = Movers(
    movers=(
        *(only_for("LUN", _is_lun, each) for each in OF_LUNS),
        *(only_for("file", is_file, each) for each in OF_FILES),
    ),
    by_hand=host_copy_of_item,
    missing=missing_item,
    title=lambda migration: f"Migrate {migration.item} of {migration.source.name} to {migration.goal}",
    is_there=is_at_goal,
)
