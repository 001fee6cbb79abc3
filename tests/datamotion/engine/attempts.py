"""Commands carried out on clusters in memory, to their end or until the process dies; and their journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import trio
import trio.testing

from datamotion.clock import LoopClock
from datamotion.engine.looking import Glance, Lookout
from datamotion.engine.run import Run, RunResult
from datamotion.model.acts import Act
from datamotion.model.plan import Plan
from datamotion.model.view import EVERYTHING, View
from datamotion.policy.situation import Planner, Situation
from datamotion.runs.journal import Entry, Note
from tests.datamotion.building import NOON
from tests.datamotion.engine.memory import MemoryCluster, World

T = TypeVar("T")


class Died(BaseException):
    """The process ends here."""


@dataclass
class MemoryJournal:
    """Entries in a list. With `dies_at`, the process ends in the middle of that write (the first is 0)."""

    world: World
    dies_at: int | None = None
    entries: list[Entry] = field(default_factory=list)

    def write(self, entry: Entry) -> None:
        if len(self.entries) == self.dies_at:
            raise Died
        self.entries.append(entry)
        self.world.events.append((entry.note, entry.change, entry.volumes))

    def notes(self, note: Note) -> list[Entry]:
        return [entry for entry in self.entries if entry.note is note]


class Nobody:
    """A watcher that looks away."""

    def asking(self, acts: Sequence[Act]) -> None:
        pass

    def reached(self, acts: Sequence[Act]) -> None:
        pass

    def given_up(self, act: Act, why: str) -> None:
        pass

    def waiting(self, acts: Sequence[Act], view: View) -> None:
        pass


async def attempt(
    world: World, planner: Planner, names: Collection[str], journal: MemoryJournal | None = None
) -> RunResult:
    """One command: look at these clusters, plan, carry out. The others are not within reach."""
    clusters = {name: MemoryCluster(name, world) for name in names}
    glances = {name: Glance(aspects=EVERYTHING, svms=()) for name in names}
    lookout = Lookout(clusters, glances)
    first = await lookout.whole()
    plan = planner(Situation.at_first_sight(first))
    run = Run(
        planner=planner,
        lookout=lookout,
        clusters=clusters,
        clock=LoopClock(NOON),
        journal=journal or MemoryJournal(world),
        watcher=Nobody(),
    )
    return await run.carry_out(first, plan, agreed=plan.losses)


async def attempt_and_die(world: World, planner: Planner, names: Collection[str], dies_at: int) -> bool:
    """A command whose process ends in the middle of a journal write; False if it came to its end before that."""
    try:
        await attempt(world, planner, names, MemoryJournal(world, dies_at))
    except Died:
        return True
    except BaseExceptionGroup as group:
        if group.split(Died)[1] is not None:
            raise
        return True
    return False


def simulate(main: Callable[[], Awaitable[T]]) -> T:
    """Runs it on a clock that jumps over every wait."""
    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def left(plan: Plan) -> list[str]:
    return [type(act.change).__name__ for step in plan.steps for act in step.acts]
