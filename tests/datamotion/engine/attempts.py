"""Commands carried out on clusters in memory, to their end or until the process dies; and their journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import trio
import trio.testing

from datamotion.clock import LoopClock
from datamotion.engine.looking import Glance, Lookout
from datamotion.engine.ports import Cluster, Look, Other
from datamotion.engine.result import RunResult
from datamotion.engine.run import Run
from datamotion.model.acts import Act
from datamotion.model.plan import Loss, Plan
from datamotion.model.view import Aspect
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.standing.standing import stand
from datamotion.runs.journal import Entry, Note
from tests.datamotion.building import NOON
from tests.datamotion.engine.memory import MemoryCluster, World

T = TypeVar("T")
BY = "process 7 on host"
WHOLE = frozenset(Aspect)
"""What a first look is at: more than any one command needs."""


class Died(BaseException):
    """The process ends here."""


@dataclass
class MemoryHold:
    """A group that others take at certain times, each from when to when, while it is let go."""

    others: list[tuple[float, float]] = field(default_factory=list)
    let_go_at: list[float] = field(default_factory=list)
    is_held: bool = True

    def let_go(self) -> None:
        assert self.is_held
        self.is_held = False
        self.let_go_at.append(trio.current_time())

    def take_again(self) -> Other | None:
        assert not self.is_held
        now = trio.current_time()
        for each in list(self.others):
            since, until = each
            if since <= now < until:
                return Other("process 8 on host, which runs failover since noon holds the group", still=True)
            if until <= now:
                self.others.remove(each)
                self.is_held = True
                return Other("process 8 on host, which runs update since noon had the group", still=False)
        self.is_held = True
        return None


@dataclass
class MemoryJournal:
    """Entries in a list. With `dies_at`, the process ends in the middle of that write (the first is 0)."""

    world: World
    hold: MemoryHold = field(default_factory=MemoryHold)
    dies_at: int | None = None
    entries: list[Entry] = field(default_factory=list)

    def write(self, entry: Entry) -> None:
        if len(self.entries) == self.dies_at:
            raise Died
        assert self.hold.is_held or entry.note is not Note.INTENDED, "asked for with the group let go"
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

    def given_up(self, acts: Sequence[Act], why: str, *, behind: bool) -> None:
        pass

    def looked(self, look: Look) -> None:
        pass


async def attempt(
    world: World,
    planner: Planner,
    names: Collection[str],
    journal: MemoryJournal | None = None,
    hold: MemoryHold | None = None,
    agreed: Sequence[Loss] | None = None,
    clusters: Mapping[str, Cluster] | None = None,
) -> RunResult:
    """One command: look at these clusters, plan, carry out. The others are not within reach."""
    clusters = clusters or {name: MemoryCluster(name, world) for name in names}
    glances = {name: Glance(aspects=WHOLE, svms=()) for name in names}
    lookout = Lookout(clusters, glances)
    first = await lookout.whole()
    standing = stand(world.group, first)
    plan = planner(Situation.at_first_sight(standing, BY))
    hold = hold or MemoryHold()
    run = Run(
        group=world.group,
        planner=planner,
        lookout=lookout,
        clusters=clusters,
        clock=LoopClock(NOON),
        journal=journal or MemoryJournal(world, hold),
        watcher=Nobody(),
        hold=hold,
        by=BY,
    )
    return await run.carry_out(first, standing, plan, agreed=plan.losses if agreed is None else agreed)


async def attempt_and_die(world: World, planner: Planner, names: Collection[str], dies_at: int) -> bool:
    """A command whose process ends in the middle of a journal write; False if it came to its end before that."""
    try:
        await attempt(world, planner, names, MemoryJournal(world, dies_at=dies_at))
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
