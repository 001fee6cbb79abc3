"""Volumes migrated to another SVM or cluster: mirrored, then served there without losing a write, then parted.

While it goes on the migration is a group of two back ends, so that mirroring, the planned failover and its way back are
those of any group. What has come about is read from the clusters, so a run that was killed is gone on with by the same
command, or undone by --abort while the new epoch is not taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from datamotion.model.group import Backend
from datamotion.model.mark import read_mark
from datamotion.model.migration import PREFIX, Migration, is_migration
from datamotion.model.plan import Loss, Offer, Plan, Refusal
from datamotion.model.standing import Standing
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView
from datamotion.model.volume_records import Volume
from datamotion.model.words import Operation
from datamotion.policy.copies.junctions import taken_paths
from datamotion.policy.movers.arriving import Arriving
from datamotion.policy.movers.course import Course, Words, followed_by, old_volumes
from datamotion.policy.movers.offer import Leaving, Mover, seconds_for, selected
from datamotion.policy.movers.undo import undo_planner
from datamotion.policy.movers.unmarked import unmarked
from datamotion.policy.needs import names_text
from datamotion.policy.placement import no_aggregate
from datamotion.policy.proofs.movements import movement_of
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.situation import Planner, Situation


def _offer(migration: Migration, standing: Standing) -> Offer:
    data = sum(each.used_bytes for each in selected(migration, standing))
    return Offer(
        mechanism="SnapMirror and cut-over",
        data=data,
        seconds=seconds_for(data),
        interruption="Clients wait for the last update, seconds, and find the volume at another address",
        needs="peers; SnapMirror at both ends; room in the aggregate",
        why_not=_why_not(migration, standing),
    )


def _why_not(migration: Migration, standing: Standing) -> Refusal | None:
    if migration.is_within:
        return Refusal(text="the volume would be mirrored within one SVM", hint="--aggregate moves it there")
    for name in (migration.source.name, migration.to.name):
        if refusal := not_there(standing, name):
            return refusal
    for volume in selected(migration, standing):
        mark = read_mark(volume.comment)
        if mark is not None and mark.group != migration.name:
            return _with_its_mirrors(migration, volume, mark.group)
        if refusal := name_taken(migration, standing, volume) or moving(migration, standing, volume):
            return refusal
    return unmirrorable(protect_planner(migration.group), standing, migration.to, migration.aggregates)


def unmirrorable(mirroring: Planner, standing: Standing, to: Backend, aggregates: Sequence[str]) -> Refusal | None:
    """What keeps any of the volumes from being mirrored: they go together, so nothing is begun then.

    `aggregates` are those that may hold them there, as the command or the configuration names them.
    """
    seen = standing.sites[to.name].seen
    if isinstance(seen, ClusterView) and (unknown := no_aggregate(to.cluster, seen, aggregates)):
        return Refusal(text=unknown[0], hint=unknown[1])
    refusals = mirroring(Situation.at_first_sight(standing)).refusals
    return replace(refusals[0], volume=None, backend=None) if refusals else None


def not_there(standing: Standing, name: str) -> Refusal | None:
    """Why nothing is mirrored from or to a back end."""
    site = standing.sites[name]
    if site.unseen is not None:
        return Refusal(text=site.unseen.reason, hint=site.unseen.hint, unseen=site.unseen)
    if site.svm is None:
        text = f"{site.backend.cluster} has no SVM {site.backend.svm}"
        return Refusal(text=text, hint=f"correct `svm` of {name} in the configuration")
    return None


def name_taken(migration: Leaving, standing: Standing, volume: Volume) -> Refusal | None:
    """That the name of a volume, or its junction path, belongs to another one where it is to go."""
    other = standing.sites[migration.to.name].volumes.get(volume.name)
    known = read_mark(other.comment) if other is not None else None
    if other is None or (known is not None and known.group == migration.name):
        return _path_taken(migration, standing, volume)
    if orphan := next((each for each in unmarked(migration, standing) if each.volume == volume.name), None):
        return orphan
    return Refusal(
        text=f"{migration.to.name} has a volume {other.name} already, which is no copy of this one",
        hint=f"if {volume.name} was migrated with --keep-source it is there, and nothing is left to do; else"
        " rename one of the two",
    )


def _path_taken(migration: Leaving, standing: Standing, volume: Volume) -> Refusal | None:
    path, site = volume.path, standing.sites[migration.to.name]
    there = taken_paths(site).get(path.casefold()) if path else None
    copy = standing.copy(migration.to.name, volume.name)
    if there is None or (copy is not None and copy.volume.name == there):
        return None
    text = f"the junction path {path} of {volume.name} is taken by volume {there} at {migration.to.name}"
    return Refusal(text=text, hint=f"mount {there} elsewhere first, or migrate {volume.name} where the path is free")


def moving(migration: Leaving, standing: Standing, volume: Volume) -> Refusal | None:
    """That the cluster moves a volume to another aggregate: while it does, the old one cannot be deleted."""
    seen = standing.sites[migration.source.name].seen
    movement = movement_of(seen, volume.uuid) if isinstance(seen, ClusterView) else None
    if movement is None or not movement.state.is_going_on:
        return None
    return Refusal(
        text=f"{volume.name} is being moved to {movement.aggregate} already",
        hint="wait until it is there, or abort that move: `datamotion migrate"
        f" {migration.source.name}:{volume.name} --abort`",
    )


def _with_its_mirrors(migration: Migration, volume: Volume, group: str) -> Refusal:
    """A volume whose mirrors would not follow it: how they do, and what it costs otherwise."""
    to = migration.to.name
    if is_migration(group):
        other = group.removeprefix(f"{PREFIX}{migration.source.name}.")
        hint = "datamotion migrations tells how far it is; the command that began it goes on, with --abort back"
        return Refusal(text=f"{volume.name} is on its way to {other} already", hint=hint)
    anew = f"each of its mirrors is made anew after that, {size_text(volume.used_bytes)} carried to each"
    return Refusal(
        text=f"{volume.name} is a member of {group}, whose mirrors would be left behind",
        hint=f"`datamotion migrate {group} --to {to}` brings the whole group there, and its mirrors follow; or take the"
        f" volume out, `datamotion unprotect {group} --volume {volume.name}`: {anew}",
    )


def _ongoing(migration: Migration, standing: Standing) -> bool:
    return not migration.is_within and not standing.is_fresh


def _losses(migration: Migration, standing: Standing) -> tuple[Loss, ...]:
    held = selected(migration, standing)
    of_source = (copy for copy in standing.copies.values() if copy.id.backend == migration.source.name)
    names = {copy.volume.uuid: copy.id.volume for copy in of_source}
    return old_volumes(migration, (names.get(each.uuid, each.name) for each in held))


def _only_if_all_are_named(migration: Migration, planner: Planner) -> Planner:
    """What is begun between two back ends goes on, or back, as one: so a command has to name all of it."""

    def plan(situation: Situation) -> Plan:
        begun = list(_begun(migration, situation.first))
        others = [name for name, is_named in begun if not is_named]
        if not others:
            return planner(situation)
        source, to, listed = migration.source.name, migration.to.name, ",".join(name for name, _ in begun)
        refusal = Refusal(
            text=f"{names_text(others)}: on its way from {source} to {to} by an earlier command, and not named here",
            hint=f"`datamotion migrate {source}:{listed} --to {to}` goes on with that, with --abort back",
        )
        return Plan(operation=Operation.MIGRATE, group=migration.name, title=_title(migration), refusals=(refusal,))

    return plan


def _begun(migration: Migration, standing: Standing) -> Iterator[tuple[str, bool]]:
    """The volumes that bear its marks, and whether it names them: as they were or as they are, or by their uuid."""
    home = migration.group.home
    for volume in standing.volumes:
        seen = [(copy.volume.name, copy.mark.origin) for copy in standing.copies_of(volume) if copy.mark is not None]
        if seen:
            yield volume, any(home.selects(name, uuid) for name, uuid in (*seen, (volume, None)))


def _planner(migration: Migration) -> Planner:
    words = Words(
        title=_title(migration),
        losses=lambda situation: _losses(migration, situation.now),
        then=lambda part, _: followed_by(migration, part),
    )
    course = Course(migration, words, mirroring=protect_planner(migration.group))
    return _only_if_all_are_named(migration, Arriving(migration, course))


def _title(migration: Migration) -> str:
    return f"Migrate {names_text(migration.volumes)} from {migration.source.name} to {migration.to.name}"


def _way_back(migration: Migration) -> Planner:
    return _only_if_all_are_named(migration, undo_planner(migration, migration.left))


MIRROR = Mover(
    offer=_offer,
    is_meant=lambda migration, _: not migration.is_within,
    ongoing=_ongoing,
    planner=_planner,
    way_back=_way_back,
)
