"""What volumes arrive with beside their data: what their clients had, and the size that the old ones have by then.

They are given it once they are served and before the old ones go. What differs all the same is told.
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
from datamotion.policy.copies.geometry import changed_geometry
from datamotion.policy.movers.course import Part
from datamotion.policy.movers.offer import Leaving
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_GROW = Phase(
    rank=96,  # as autosize is as it was: no write lets them shrink then
    title="Grow the new volumes",
    because="the old ones were made larger after their last snapshot",
    gate=Gate.BESIDE,
)


class Arriving:
    """The planner of a course, whose last part begins with that. Until the epoch is taken mirrors are made as large."""

    def __init__(self, migration: Leaving, course: Planner) -> None:
        self._migration = migration
        self._course = course
        self._begun: Standing | None = None
        self._differences: dict[str, str] = {}  # by volume, as they were when both were seen last

    def __call__(self, situation: Situation) -> Plan:
        if self._begun is not situation.first:  # another run, or the same one shown before
            self._begun, self._differences = situation.first, {}
        plan, now = self._course(situation), situation.now
        if plan.refused or plan.part is not Part.FINISH:
            return plan
        due = StepList()
        for old, new in _pairs(self._migration, now):
            give(due, now, new, offered(now.sites[new.id.backend]))
            self._grow(due, old, new)
            self._differences[old.id.volume] = _difference(old, new)
        return replace(
            plan,
            steps=(*due.steps(), *plan.steps),
            differences=(*plan.differences, *filter(None, self._differences.values())),
            holds=plan.holds - {act.subject for step in due.steps() for act in step.acts},
        )

    def _grow(self, due: StepList, old: Copy, new: Copy) -> None:
        """Not what a group may have been served from for long: its size may be meant."""
        volume, has, size = old.id.volume, new.volume.size_bytes, old.volume.size_bytes
        if is_migration(self._migration.name) and has < size and not changed_geometry(old.volume, new.volume):
            change = ModifyVolume(uuid=new.volume.uuid, size_bytes=size)
            text = f"{volume}: from {size_text(has)} to {size_text(size)}"
            due.add(_GROW, self._migration.to, volume, change, text, about="size")


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
