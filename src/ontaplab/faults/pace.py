"""When jobs and transfers get on with their work: at once, after a while, or when they are released."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ontaplab.clock import Clock
from ontaplab.faults.operation import Operation
from ontaplab.faults.standing import Standing
from ontaplab.running_jobs import Work
from ontaplab.store import Table

EVERY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The pace of the jobs of a route, or of the transfers of a relationship.

    `held` until the rule is removed, else as long as `after_s` on the cluster's clock.
    """

    uuid: str
    """A short number: it is typed by people."""
    route: str | None = None
    relationship: str | None = None
    """uuid; `*`: all"""
    held: bool = False
    after_s: float = 0.0
    met: int = 0
    """How many operations went by it."""


class Passage:
    """The way of one operation: shut until its time has come, or its rule is gone."""

    def __init__(self, pace: Pace, clock: Clock, rule: Rule | None) -> None:
        self._pace = pace
        self._clock = clock
        self._rule = rule
        self._due: datetime | None = None
        if rule is not None and not rule.held:
            self._due = clock.now() + timedelta(seconds=rule.after_s)

    @property
    def is_shut(self) -> bool:
        if self._rule is None or self._rule.uuid not in self._pace.records:
            return False
        return self._due is None or self._clock.now() < self._due

    async def wait(self) -> None:
        """Return when it is not shut any more."""
        while self._rule is not None and self.is_shut:
            left_s = None if self._due is None else (self._due - self._clock.now()).total_seconds()
            await self._pace.wait_removed(self._rule.uuid, at_most_s=left_s)


class Pace(Standing[Rule]):
    """The rules of one cluster. The newest that fits an operation when it begins decides; without one it is at once."""

    def __init__(self, table: Table[Rule], clock: Clock) -> None:
        super().__init__(table, clock)

    def around_job(self, description: str, work: Work) -> Work:
        """The work, done in its time. The job is running meanwhile."""
        operation = Operation.of_job(description)
        passage = self._passage(lambda rule: rule.route is not None and operation.is_on(rule.route, None))

        async def in_its_time() -> None:
            await passage.wait()
            await work()

        return in_its_time

    def of_transfer(self, relationship: str) -> Passage:
        """What stops a transfer half way through its bytes."""
        return self._passage(lambda rule: rule.relationship in (EVERY, relationship))

    def _passage(self, fits: Callable[[Rule], bool]) -> Passage:
        fitting = self.records.where(fits)
        rule = fitting[-1] if fitting else None
        if rule is not None:
            self.records.put(replace(rule, met=rule.met + 1))
        return Passage(self, self._clock, rule)


def told(rule: Rule) -> Mapping[str, object]:
    """The rule as `/lab/pace` shows it."""
    operation = {"route": rule.route} if rule.route is not None else {"relationship": rule.relationship}
    return {"id": rule.uuid, **operation, "held": rule.held, "after_s": rule.after_s, "met": rule.met}
