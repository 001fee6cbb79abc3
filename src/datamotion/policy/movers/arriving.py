"""What volumes arrive with beside their data: the size that they have by then, and what their clients had.

New ones grow with what they come from before clients are kept away; what grew after that, and what nobody waits for,
once they are served and before the old ones go. What differs all the same is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from datamotion.model.migration import is_migration
from datamotion.model.plan import Gate, Plan
from datamotion.model.standing import Copy, Standing
from datamotion.model.units import size_text
from datamotion.model.volume_acts import ModifyVolume
from datamotion.policy.clients.provision import give, offered
from datamotion.policy.copies.frozen import frozen_for
from datamotion.policy.copies.geometry import changed_geometry
from datamotion.policy.movers.course import Part
from datamotion.policy.movers.offer import Leaving
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_BECAUSE = "the old ones were made larger since these were made"
_GROW = Phase(rank=-20, title="Grow the new volumes", because=_BECAUSE, gate=Gate.ALL)
_GROW_SERVED = Phase(rank=96, title="Grow the new volumes", because=_BECAUSE, gate=Gate.BESIDE)  # none shrinks then


class Arriving:
    """The planner of a course, with that. In its first part mirroring sees to sizes."""

    def __init__(self, migration: Leaving, course: Planner) -> None:
        self._migration = migration
        self._course = course
        self._begun: Standing | None = None
        self._differences: dict[str, str] = {}  # by volume, as they were when both were seen last

    def __call__(self, situation: Situation) -> Plan:
        if self._begun is not situation.first:  # another run, or the same one shown before
            self._begun, self._differences = situation.first, {}
        plan, now = self._course(situation), situation.now
        if plan.refused or plan.part is Part.MIRROR:
            return plan
        due, is_last = StepList(), plan.part is Part.FINISH
        for old, new in _pairs(self._migration, now):
            grows = self._grow(due, old, new, self._phase(plan, now))
            if is_last:
                give(due, now, new, offered(now.sites[new.id.backend]))
            # Before the freeze nobody goes on until it has grown.
            self._differences[old.id.volume] = "" if grows and not is_last else _difference(old, new)
        return replace(
            plan,
            steps=(*due.steps(), *plan.steps),
            differences=(*plan.differences, *filter(None, self._differences.values())),
            holds=plan.holds - {act.subject for step in due.steps() for act in step.acts},
        )

    def _phase(self, plan: Plan, now: Standing) -> Phase | None:
        """When they grow: not while clients wait, nor what a group has been served from before."""
        if plan.part is Part.FINISH:
            return _GROW_SERVED if is_migration(self._migration.name) else None
        is_decided = any(each.backend == self._migration.to.name for each in now.claims[:1])
        is_frozen = any(frozen_for(old) for old, _ in _pairs(self._migration, now))
        return None if plan.part is not Part.CUT_OVER or is_decided or is_frozen else _GROW

    def _grow(self, due: StepList, old: Copy, new: Copy, phase: Phase | None) -> bool:
        volume, has, size = old.id.volume, new.volume.size_bytes, old.volume.size_bytes
        if phase is None or has >= size or changed_geometry(old.volume, new.volume):
            return False
        change = ModifyVolume(uuid=new.volume.uuid, size_bytes=size)
        text = f"{volume}: from {size_text(has)} to {size_text(size)}"
        due.add(phase, self._migration.to, volume, change, text, about="size")
        return True


def _difference(old: Copy, new: Copy) -> str:
    has, size = new.volume.size_bytes, old.volume.size_bytes
    if has == size:
        return ""
    return f"{old.id.volume} has {size_text(size)} at {old.id.backend} and {size_text(has)} at {new.id.backend}."


def _pairs(migration: Leaving, now: Standing) -> Iterator[tuple[Copy, Copy]]:
    """Each volume as it is where it comes from and where it goes; none that mirrors the new one since."""
    for volume in now.volumes:
        old, new = now.copy(migration.source.name, volume), now.copy(migration.to.name, volume)
        if old is not None and old.edge is None and new is not None:
            yield old, new
