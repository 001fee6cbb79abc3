"""Volumes that were resized where they come from while they are on their way: the new ones become as large.

They do before clients are kept away; what grew after that, once the new ones are served and before the old ones go.
What differs all the same is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from datamotion.model.migration import is_migration
from datamotion.model.plan import Gate, Plan
from datamotion.model.standing import Copy, Standing
from datamotion.model.units import size_text
from datamotion.model.volume_acts import ModifyVolume
from datamotion.policy.copies.frozen import frozen_for
from datamotion.policy.copies.geometry import changed_geometry
from datamotion.policy.movers.course import Part
from datamotion.policy.movers.offer import Leaving
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_BECAUSE = "the old ones were made larger since these were made"
_GROW = Phase(rank=1, title="Grow the new volumes", because=_BECAUSE, gate=Gate.ALL)
_GROW_SERVED = Phase(rank=1, title="Grow the new volumes", because=_BECAUSE, gate=Gate.BESIDE)


class AsLarge:
    """The planner of a course, whose new volumes become as large as the old ones. At first mirroring sees to that."""

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
        due, phase = StepList(), self._phase(plan, now)
        for old, new in _pairs(self._migration, now):
            volume, size = old.id.volume, old.volume.size_bytes
            self._differences.pop(volume, None)
            if phase is not None and new.volume.size_bytes < size and not changed_geometry(old.volume, new.volume):
                change = ModifyVolume(uuid=new.volume.uuid, size_bytes=size)
                text = f"{volume}: from {size_text(new.volume.size_bytes)} to {size_text(size)}"
                due.add(phase, self._migration.to, volume, change, text, about="size")
            elif new.volume.size_bytes != size:
                self._differences[volume] = (
                    f"{volume} has {size_text(size)} at {old.id.backend} and"
                    f" {size_text(new.volume.size_bytes)} at {new.id.backend}."
                )
        return replace(
            plan,
            steps=(*due.steps(), *plan.steps),
            differences=(*plan.differences, *self._differences.values()),
            holds=plan.holds - {act.subject for step in due.steps() for act in step.acts},
        )

    def _phase(self, plan: Plan, now: Standing) -> Phase | None:
        """When they grow: not while clients wait, nor what a group has been served from before."""
        if plan.part is Part.FINISH:
            return _GROW_SERVED if is_migration(self._migration.name) else None
        is_decided = any(each.backend == self._migration.to.name for each in now.claims[:1])
        is_frozen = any(frozen_for(old) for old, _ in _pairs(self._migration, now))
        return None if plan.part is not Part.CUT_OVER or is_decided or is_frozen else _GROW


def _pairs(migration: Leaving, now: Standing) -> Iterator[tuple[Copy, Copy]]:
    """Each volume as it is where it comes from and where it goes; none that mirrors the new one since."""
    for volume in now.volumes:
        old, new = now.copy(migration.source.name, volume), now.copy(migration.to.name, volume)
        if old is not None and old.edge is None and new is not None:
            yield old, new
