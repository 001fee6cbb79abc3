"""Volumes migrated to another SVM or cluster: mirrored, then served there without losing a write, then parted.

While it goes on the migration is a group of two back ends, so that mirroring, the planned failover and its way back are
those of any group. What has come about is read from the clusters, so a run that was killed is gone on with by the same
command, or undone by --abort while the new epoch is not taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from datamotion.model.mark import read_mark
from datamotion.model.migration import ALL_SNAPSHOTS, Migration
from datamotion.model.plan import Loss, Offer, Plan, Refusal
from datamotion.model.records import Volume
from datamotion.model.standing import Standing
from datamotion.model.units import size_text
from datamotion.model.words import Operation
from datamotion.policy.ending import Ending
from datamotion.policy.failover import failover_planner
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.policy.health import RECEIVING
from datamotion.policy.movers.finish import Finish, delete_claims, new_volumes
from datamotion.policy.movers.offer import Mover, seconds_for, selected
from datamotion.policy.needs import names_text
from datamotion.policy.planned import Pace
from datamotion.policy.protect import protect_planner
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.thaw import frozen_copies, thaw_planner


class _Part(StrEnum):
    """How far a migration is. Each is told by what is seen."""

    MIRROR = "mirror"  # not every volume has a mirror yet that holds a copy
    CUT_OVER = "cut over"
    FINISH = "finish"  # all are served where they were to go


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
        site = standing.sites[name]
        if site.unseen is not None:
            return Refusal(text=site.unseen.reason, hint=site.unseen.hint, unseen=site.unseen)
        if site.svm is None:
            text = f"{site.backend.cluster} has no SVM {site.backend.svm}"
            return Refusal(text=text, hint=f"correct `svm` of {name} in the configuration")
    return _taken(migration, standing)


def _taken(migration: Migration, standing: Standing) -> Refusal | None:
    """That a volume belongs to somebody already, or that its name does where it is to go."""
    there = standing.sites[migration.to.name].volumes
    for volume in selected(migration, standing):
        mark = read_mark(volume.comment)
        if mark is not None and mark.group != migration.name:
            return _with_its_mirrors(migration, volume, mark.group)
        other = there.get(volume.name)
        known = read_mark(other.comment) if other is not None else None
        if other is not None and (known is None or known.group != migration.name):
            return Refusal(
                text=f"{migration.to.name} has a volume {other.name} already, which is no copy of this one",
                hint=f"if {volume.name} was migrated with --keep-source it is there, and nothing is left to do; else"
                " rename one of the two",
            )
    return None


def _with_its_mirrors(migration: Migration, volume: Volume, group: str) -> Refusal:
    """A volume whose mirrors would not follow it: how they do, and what it costs otherwise."""
    to = migration.to.name
    anew = f"each of its mirrors is made anew after that, {size_text(volume.used_bytes)} carried to each"
    return Refusal(
        text=f"{volume.name} is a member of {group}, whose mirrors would be left behind",
        hint=f"bring the group there, and its mirrors follow with no new baseline: name {to} as a target of it with"
        f" policy {ALL_SNAPSHOTS}, `datamotion apply {group}`, `datamotion failover {group} --to {to} --planned`,"
        f" `datamotion reprotect {group}`, then name {to} as its home, with {migration.source.name} as a target or not"
        f" at all; or take the volume out, `datamotion unprotect {group} --volume {volume.name}`: {anew}",
    )


def _ongoing(migration: Migration, standing: Standing) -> bool:
    return not migration.is_within and not standing.is_fresh


def _part(migration: Migration, standing: Standing) -> _Part:
    to, newest = migration.to.name, standing.claims[0] if standing.claims else None
    if newest is not None and newest.backend == to:
        return _Part.FINISH if newest.served is not None else _Part.CUT_OVER
    mirrors = [standing.copy(to, volume) for volume in standing.volumes]
    has_all = bool(mirrors) and all(
        each is not None and each.edge and each.edge.holds_copy and each.edge.relationship.state in RECEIVING
        for each in mirrors
    )
    return _Part.CUT_OVER if has_all and newest is not None and newest.served is not None else _Part.MIRROR


class _Migrating:
    """The planner, part by part. Each part begins with what was seen when it was come to."""

    def __init__(self, migration: Migration, pace: Pace) -> None:
        self._migration = migration
        group = migration.group
        self._mirroring = protect_planner(group)
        choice = FailoverChoice(to=migration.to.name, is_planned=True, pace=pace)
        self._cutting_over = failover_planner(group, choice)
        self._begun: Standing | None = None
        self._came: dict[_Part, Situation] = {}  # what each part began with
        self._moved: Mapping[str, str] = {}
        self._differences: tuple[str, ...] = ()  # as they were when it was cut over

    def __call__(self, situation: Situation) -> Plan:
        if self._begun is not situation.first:  # another run, or the same one shown before
            self._begun, self._moved, self._differences = situation.first, {}, ()
            self._came = {_part(self._migration, situation.first): Situation.at_first_sight(situation.first)}
        part = _Part.FINISH if _Part.FINISH in self._came else _part(self._migration, situation.now)
        if part not in self._came or _is_nothing_asked(self._came[part], situation):
            self._came[part] = replace(situation, accepted=dict(situation.accepted))  # a run goes on with its own
        came = self._came[part]
        since = {id_: each for id_, each in situation.accepted.items() if came.accepted.get(id_) is not each}
        here = replace(situation, first=came.now, accepted=since)
        match part:
            case _Part.MIRROR:
                plan = self._mirroring(here)
            case _Part.CUT_OVER:
                plan = self._cutting_over(here)
                plan = replace(plan, refusals=tuple(map(_as_of_migration, plan.refusals)))
                self._differences = plan.differences
            case _Part.FINISH:
                plan = self._finish(here)
        plan = replace(
            plan,
            operation=Operation.MIGRATE,
            title=self._title,
            losses=self._losses(here.now),
            differences=self._differences,
            part=part,
            backend=self._migration.to.name,
            epoch=None,  # whoever agreed did to all parts
        )
        return plan if plan.refused else replace(plan, then=tuple(self._following(part)))

    @property
    def _title(self) -> str:
        migration = self._migration
        return f"Migrate {names_text(migration.volumes)} from {migration.source.name} to {migration.to.name}"

    def _finish(self, situation: Situation) -> Plan:
        self._moved = self._moved or new_volumes(self._migration, situation.first)
        finish = Finish(self._migration, situation, self._moved)
        finish.plan()
        return Plan(
            operation=Operation.MIGRATE,
            group=self._migration.name,
            title=self._title,
            steps=finish.due.steps(),
            refusals=tuple(finish.refusals),
            holds=finish.holds(),
        )

    def _losses(self, standing: Standing) -> tuple[Loss, ...]:
        """What goes for good: the old volumes, as soon as the new ones were checked."""
        migration = self._migration
        if migration.keeps_source:
            return ()
        source, held = migration.source.name, selected(migration, standing)
        names = {copy.volume.uuid: copy.id.volume for copy in standing.copies.values() if copy.id.backend == source}
        return tuple(
            Loss(
                volume=names.get(each.uuid, each.name),
                backend=source,
                given_up_at=source,
                kept=None,
                age=None,
                text=f"the old volume at {source}, once the new one serves and holds its last snapshot",
            )
            for each in held
        )

    def _following(self, part: _Part) -> Sequence[str]:
        """What comes after the steps that are shown, in words."""
        migration, notes = self._migration, []
        if part is _Part.MIRROR:
            notes.append(
                f"The mirrors are updated until little is left, clients are kept away from {migration.source.name}, the"
                f" last snapshot is carried over and checked, and SVM {migration.to.svm} of {migration.to.cluster}"
                " serves: clients find the volumes there. If one volume cannot follow, clients of all write again where"
                " they were."
            )
        if part is not _Part.FINISH:
            notes.append(
                "Last, the relationship is deleted. The old volumes stay, and nobody can write to them."
                if migration.keeps_source
                else "Last, the relationship and the old volumes are deleted; --keep-source leaves those."
            )
        return notes


def _is_nothing_asked(before: Situation, now: Situation) -> bool:
    """Whether no cluster has said yes to anything between the two."""
    return [*map(id, before.accepted.values())] == [*map(id, now.accepted.values())]


def _as_of_migration(refusal: Refusal) -> Refusal:
    """To give up what is not carried over is no way to migrate."""
    if refusal.hint is None or "--unplanned" not in refusal.hint:
        return refusal
    return replace(refusal, hint="mend that and run the same command again; with --abort it is undone")


def _planner(migration: Migration) -> Planner:
    return _Migrating(migration, Pace())


def _way_back(migration: Migration) -> Planner:
    """Clients are let in again where they are kept away, then the mirrors go, and all that told of them."""
    thawing = thaw_planner(migration.group)

    def plan(situation: Situation) -> Plan:
        standing, title = situation.now, f"Undo the migration to {migration.to.name}"
        newest = standing.claims[0] if standing.claims else None
        if newest is not None and newest.backend == migration.to.name:
            text = f"{migration.to.name} has been taken over in epoch {newest.epoch}: there is only the way forward"
            refusal = Refusal(text=text, hint="the same command without --abort goes on with it")
            return Plan(operation=Operation.MIGRATE, group=migration.name, title=title, refusals=(refusal,))
        marked = [each for each in situation.first.volumes if any(it.mark for it in situation.first.copies_of(each))]
        ending = Ending(situation, [each for each in marked if each in standing.active], delete_copies=True)
        ending.plan()
        losses = tuple(ending.losses)
        if frozen_copies(standing):
            return replace(thawing(situation), operation=Operation.MIGRATE, title=title, losses=losses, part="thaw")
        if not (ending.due.steps() or ending.refusals):
            for site in standing.sites.values():
                delete_claims(ending.due, migration.name, site)
        return Plan(
            operation=Operation.MIGRATE,
            group=migration.name,
            title=title,
            steps=ending.due.steps(),
            losses=losses,
            refusals=tuple(ending.refusals),
            notes=tuple(ending.notes()),
            holds=ending.holds(),
        )

    return plan


MIRROR = Mover(
    offer=_offer,
    is_meant=lambda migration, _: not migration.is_within,
    ongoing=_ongoing,
    planner=_planner,
    way_back=_way_back,
)
