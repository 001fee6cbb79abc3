"""Volumes that are mirrored elsewhere, served there, and parted from where they were: part by part, in one run.

Each part begins with what was seen when it was come to. What has come about is read from the clusters, so a run that
was killed is gone on with by the same command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from datamotion.model.acts import Subject
from datamotion.model.plan import Loss, Plan, Refusal
from datamotion.model.standing import Standing
from datamotion.model.words import Operation
from datamotion.policy.copies.health import RECEIVING
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.movers.finish import Finish, new_volumes
from datamotion.policy.movers.offer import Leaving
from datamotion.policy.movers.unmarked import overtaken, unmarked
from datamotion.policy.situation import Planner, Situation


class Part(StrEnum):
    """How far a migration is. Each is told by what is seen."""

    MIRROR = "mirror"  # not every volume has a mirror yet that holds a copy
    CUT_OVER = "cut over"
    FOLLOW = "follow"  # all are served where they were to go, and what is to follow them there does not yet
    FINISH = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said of a migration as a whole: its title, what goes for good, and what comes after a part."""

    title: str
    losses: Callable[[Situation], tuple[Loss, ...]]
    then: Callable[[Part, Standing], Sequence[str]]


def part_of(migration: Leaving, standing: Standing) -> Part:
    """The part that is due, as it is seen; whether anything is to follow still is not told."""
    to, newest = migration.to.name, standing.claims[0] if standing.claims else None
    if newest is not None and newest.backend == to:
        serving = {each.backend for each in standing.active.values() if each is not None}
        return Part.FINISH if newest.served is not None and serving <= {to} else Part.CUT_OVER
    has_all = bool(standing.volumes) and all(_is_mirrored(migration, standing, each) for each in standing.volumes)
    return Part.CUT_OVER if has_all and newest is not None and newest.served is not None else Part.MIRROR


def _is_mirrored(migration: Leaving, standing: Standing, volume: str) -> bool:
    """Whether both ends of its migration are known as that, and its mirror receives what is written."""
    old, new = standing.copy(migration.source.name, volume), standing.copy(migration.to.name, volume)
    if old is None or old.mark is None or new is None or new.edge is None:
        return False
    return new.edge.holds_copy and new.edge.relationship.state in RECEIVING


class Course:
    """The planner, part by part.

    `mirroring` is that of the first part, `following` that of what has to follow before the old volumes go: nothing is
    to where it has nothing to do.
    """

    def __init__(self, migration: Leaving, words: Words, *, mirroring: Planner, following: Planner | None = None):
        self._migration = migration
        self._words = words
        self._mirroring = mirroring
        self._following = following
        choice = FailoverChoice(to=migration.to.name, is_planned=True)
        self._cutting_over = failover_planner(migration.group, choice)
        self._begun: Standing | None = None
        self._came: dict[Part, Situation] = {}  # what each part began with
        self._moved: Mapping[str, str] = {}
        self._differences: tuple[str, ...] = ()  # as they were when it was cut over
        self._renamed: tuple[str, ...] = ()
        self._followed: frozenset[Subject] = frozenset()

    def __call__(self, situation: Situation) -> Plan:
        if self._begun is not situation.first:  # another run, or the same one shown before
            self._begun, self._came = situation.first, {}
            self._moved, self._differences, self._renamed, self._followed = {}, (), (), frozenset()
        part, plan = self._due(situation)
        left = tuple(self._words.then(part, situation.now))
        plan = replace(
            plan,
            operation=Operation.MIGRATE,
            title=self._words.title,
            losses=_together(self._words.losses(situation), plan.losses if part is Part.FOLLOW else ()),
            differences=(*self._differences, *self._renamed, *(left if part is Part.FINISH else ())),
            part=part,
            backend=self._migration.to.name,
            epoch=None,  # whoever agreed did to all parts
        )
        return replace(plan, then=() if plan.refused or part is Part.FINISH else left)

    def _due(self, situation: Situation) -> tuple[Part, Plan]:
        """The part that the migration is at, and what is left to do in it."""
        part = self._part(situation.now)
        if part is Part.FINISH and part not in self._came and self._following is not None:
            plan = self._following(self._come_to(Part.FOLLOW, situation))
            if plan.steps or plan.refusals:
                return Part.FOLLOW, plan
            ends = (self._migration.source.name, self._migration.to.name)
            self._followed = frozenset(each for each in plan.holds if each[0] not in ends)
        here = self._come_to(part, situation)
        if part is Part.FINISH:
            return part, self._finish(here)
        plan = self._mirroring(here) if part is Part.MIRROR else self._cutting_over(here)
        is_decided = any(each.backend == self._migration.to.name for each in here.now.claims[:1])
        left = () if is_decided else (*overtaken(self._migration, here.now), *unmarked(self._migration, here.now))
        if left:
            return part, replace(plan, steps=(), refusals=left)
        refusals = (_as_of_migration(each, is_decided=is_decided) for each in plan.refusals)
        plan = replace(plan, refusals=tuple(refusals))
        self._differences = plan.differences if part is Part.CUT_OVER else self._differences
        return part, plan

    def _part(self, standing: Standing) -> Part:
        """While an end is out of sight, the one that was come to: what is not seen tells of none."""
        if Part.FINISH in self._came or Part.FOLLOW in self._came:
            return Part.FINISH
        ends = (self._migration.source.name, self._migration.to.name)
        if self._came and any(standing.sites[end].unseen is not None for end in ends):
            return next(reversed(self._came))
        return part_of(self._migration, standing)

    def _come_to(self, part: Part, situation: Situation) -> Situation:
        """What a part is given: as if the run had begun with it."""
        if part not in self._came or _is_nothing_asked(self._came[part], situation):
            self._came[part] = replace(situation, accepted=dict(situation.accepted))  # a run goes on with its own
        came = self._came[part]
        since = {id_: each for id_, each in situation.accepted.items() if came.accepted.get(id_) is not each}
        return replace(situation, first=came.now, accepted=since)

    def _finish(self, situation: Situation) -> Plan:
        self._moved = self._moved or new_volumes(self._migration, situation.first)
        finish = Finish(self._migration, situation, self._moved)
        finish.plan()
        self._renamed = finish.renamed()
        return Plan(
            operation=Operation.MIGRATE,
            group=self._migration.name,
            title=self._words.title,
            steps=finish.steps(),
            refusals=tuple(finish.refusals),
            holds=finish.holds() | self._followed,
        )


def followed_by(migration: Leaving, part: Part, behind: Sequence[str] = ()) -> Sequence[str]:
    """What comes after the steps of a part, in words; `behind` what does once all are served there."""
    notes = []
    if part is Part.MIRROR:
        notes.append(
            f"The mirrors are updated until little is left, clients are kept away from {migration.source.name}, the"
            f" last snapshot is carried over and checked, and SVM {migration.to.svm} of {migration.to.cluster} serves:"
            " clients find the volumes there. If one volume cannot follow, clients of all write again where they were."
        )
    if part in (Part.MIRROR, Part.CUT_OVER):
        notes += behind
    if part is not Part.FINISH:
        notes.append(
            "Last, the relationship is deleted. The old volumes stay, and nobody can write to them."
            if migration.keeps_source
            else "Last, the relationship and the old volumes are deleted; --keep-source leaves those."
        )
    return notes


def old_volumes(migration: Leaving, names: Iterable[str]) -> tuple[Loss, ...]:
    """What goes for good: the old volumes, as soon as the new ones were checked."""
    source = migration.source.name
    if migration.keeps_source:
        return ()
    text = f"the old volume at {source}, once the new one serves and holds its last snapshot"
    return tuple(
        Loss(volume=each, backend=source, given_up_at=source, kept=None, age=None, text=text) for each in names
    )


def _together(told: Iterable[Loss], more: Iterable[Loss]) -> tuple[Loss, ...]:
    """Each once: those that were told stay as they were."""
    return tuple({(each.volume, each.backend): each for each in (*more, *told)}.values())


def _is_nothing_asked(before: Situation, now: Situation) -> bool:
    """Whether no cluster has said yes to anything between the two."""
    return [*map(id, before.accepted.values())] == [*map(id, now.accepted.values())]


def _as_of_migration(refusal: Refusal, *, is_decided: bool) -> Refusal:
    """To give up what is not carried over is no way to migrate."""
    if "--unplanned" not in (refusal.hint or ""):
        return refusal
    back = "" if is_decided else "; with --abort it is undone"
    return replace(refusal, hint=f"mend that and run the same command again{back}")
