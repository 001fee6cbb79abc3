"""What is left to do for a single LUN or file that is copied elsewhere: steps, or why there are none."""

from __future__ import annotations

from collections.abc import Iterable

from datamotion.model.acts import Change
from datamotion.model.group import Backend
from datamotion.model.item_migration import ItemMigration
from datamotion.model.plan import Loss, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.words import Operation
from datamotion.policy.steps import Phase, StepList


class ItemSteps:
    """The plan of one migration as it is made; `then` is what follows once its steps are done."""

    def __init__(self, migration: ItemMigration) -> None:
        self._migration = migration
        self.due = StepList()
        self.then: tuple[str, ...] = ()
        self._refusals: list[Refusal] = []

    @property
    def is_refused(self) -> bool:
        return bool(self._refusals)

    def add(self, phase: Phase, backend: Backend, change: Change, text: str, *, about: str = "") -> None:
        self.due.add(phase, backend, self._migration.item, change, text, about=about)

    def refuse(self, text: str, hint: str | None) -> None:
        """The LUN or file cannot be brought on as it stands."""
        at, item = self._migration.source.name, self._migration.item
        self.refuse_by(Refusal(backend=at, volume=item, text=text, hint=hint))

    def refuse_by(self, *refusals: Refusal) -> None:
        self._refusals += refusals

    def plan(self, title: str, *, is_over: bool, notes: Iterable[Remark] = (), losses: tuple[Loss, ...] = ()) -> Plan:
        """No step of it, where one thing speaks against it. `is_over`: both ends are as they were to be."""
        ends = (self._migration.to.name, self._migration.source.name)
        return Plan(
            operation=Operation.MIGRATE,
            group=self._migration.name,
            title=title,
            steps=() if self._refusals else self.due.steps(),
            losses=() if self._refusals or is_over else losses,
            refusals=tuple(self._refusals),
            then=self.then,
            notes=tuple(notes),
            holds=frozenset((name, self._migration.item) for name in ends if is_over),
        )


def old_one(migration: ItemMigration, kind: str) -> tuple[Loss, ...]:
    """What goes for good: the old LUN or file, as soon as the new one was checked."""
    if migration.keeps_source:
        return ()
    source, text = migration.source.name, f"the old {kind} at {migration.source.name}, once the new one was checked"
    return (Loss(volume=migration.item, backend=source, given_up_at=source, kept=None, age=None, text=text),)
