"""What operations that go on side by side take of a cluster's transfers: none plans with room that another one has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from datamotion.model.mirror_acts import Initialize
from datamotion.model.plan import Plan
from datamotion.model.standing import Standing
from datamotion.policy.situation import Busy, Planner, Situation


class Turns:
    """Of all operations of one command."""

    def __init__(self) -> None:
        self._taken: dict[int, Mapping[str, Busy]] = {}
        self._count = 0

    def join(self) -> Turn:
        """One operation more."""
        self._count += 1
        return Turn(self, self._count)

    def beside(self, number: int) -> Mapping[str, Busy]:
        """What all others take, by cluster."""
        return _together(taken for other, taken in self._taken.items() if other != number)

    def take(self, number: int, taken: Mapping[str, Busy]) -> None:
        """That is what an operation takes now, in place of what it took."""
        self._taken[number] = taken


class Turn:
    """One operation's part in them. Made by `join`."""

    def __init__(self, turns: Turns, number: int) -> None:
        self._turns = turns
        self._number = number

    def planner(self, planner: Planner) -> Planner:
        """Plans with what the others leave, and what it plans for is taken."""

        def planned(situation: Situation) -> Plan:
            plan = planner(replace(situation, beside=self._turns.beside(self._number)))
            self._turns.take(self._number, _taken(situation.now, plan))
            return plan

        return planned

    def close(self) -> None:
        """What it has begun goes on at the clusters, where the others see it; it begins nothing more."""
        self._turns.take(self._number, {})


def _taken(standing: Standing, plan: Plan) -> Mapping[str, Busy]:
    running: dict[str, set[str]] = {}
    for copy in standing.copies.values():
        if copy.edge is not None and copy.edge.relationship.is_transferring:
            cluster = standing.sites[copy.id.backend].backend.cluster
            running.setdefault(cluster, set()).add(copy.edge.relationship.uuid)
    planned = Counter(act.cluster for step in plan.steps for act in step.acts if isinstance(act.change, Initialize))
    return {
        name: Busy(transfers=frozenset(running.get(name, ())), planned=planned[name])
        for name in running.keys() | planned.keys()
    }


def _together(of_all: Iterable[Mapping[str, Busy]]) -> Mapping[str, Busy]:
    union: dict[str, Busy] = {}
    for of_one in of_all:
        for name, busy in of_one.items():
            known = union.get(name, Busy())
            union[name] = Busy(transfers=known.transfers | busy.transfers, planned=known.planned + busy.planned)
    return union
