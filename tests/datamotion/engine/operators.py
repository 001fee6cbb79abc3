"""Two operators on the same clusters, each with a store of its own: whose call goes through next, a test decides.

Every look at a cluster and every request to one waits for its turn. So a story of two commands is a list of turns, and
the same list tells the same story.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import chain, combinations
from typing import NamedTuple

import trio
import trio.testing

from datamotion.engine.ports import Accepted, Reply, Unanswered
from datamotion.errors import ClusterSilent
from datamotion.model.acts import Act
from datamotion.model.claim import Claim
from datamotion.model.group import Backend
from datamotion.model.item_records import FileName, FilesIn
from datamotion.model.standing import FENCE, Standing
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.words import VolumeType
from datamotion.policy.situation import Planner
from datamotion.policy.standing.standing import stand
from tests.datamotion.building import (
    BACKENDS,
    HOME,
    LYON,
    NICE,
    a_claim,
    a_cluster_view,
    a_group,
    a_mirror,
    a_volume,
)
from tests.datamotion.engine.attempts import Died, MemoryHold, MemoryJournal, attempt
from tests.datamotion.engine.memory import MemoryCluster, World

GROUP = a_group(LYON, NICE)
ALL = tuple(backend.cluster for backend in BACKENDS)


class Call(NamedTuple):
    """One call that waits for its turn: whose (0 or 1), where, and what."""

    operator: int
    cluster: str
    what: str


class Luck(Enum):
    """What becomes of a call when its turn has come."""

    GOES = auto()
    LOST_BEFORE = auto()  # it never arrives
    LOST_AFTER = auto()  # its answer never arrives
    DIES = auto()  # the operator's process ends


Turn = tuple[Call, Luck]
Chooser = Callable[["Story", Sequence[Call]], Turn | None]
"""Whose call goes through next; None ends the story there."""


@dataclass(frozen=True)
class Operator:
    """Who runs one command, on the clusters within reach."""

    planner: Callable[[], Planner]
    reach: frozenset[str]


class _Stopped(BaseException):
    """The chooser has seen enough."""


@dataclass
class Story:
    """Commands at once. `heard`: for each operator and cluster, a digest of all that it was told there."""

    world: World
    operators: tuple[Operator, ...]
    choose: Chooser
    heard: dict[tuple[int, str], int] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    _waiting: dict[Call, trio.Event] = field(default_factory=dict)
    _luck: dict[Call, Luck] = field(default_factory=dict)
    _arrived: trio.Event = field(default_factory=trio.Event)
    _running: int = 0
    _digests: dict[str, tuple[ClusterView, int]] = field(default_factory=dict)

    def tell(self) -> bool:
        """The whole story; False where the chooser ended it."""
        try:
            trio.run(self._all, clock=trio.testing.MockClock(autojump_threshold=0))
        except BaseExceptionGroup as group:
            if group.split(_Stopped)[1] is not None:
                raise
            return False
        return True

    def state(self) -> tuple[object, ...]:
        """All that decides how the story can go on, but for what the clock shows."""
        views = tuple(self._digest(name) for name in ALL)
        return views, tuple(sorted(self.heard.items())), tuple(sorted(self._waiting))

    def sees(self, operator: int, cluster: str) -> bool:
        """Whether an operator saw a cluster at first, and was never without an answer for as long as a run waits."""
        looks = [luck for call, luck in self.turns if call[:2] == (operator, cluster) and call.what.startswith("look")]
        lost = "".join("." if luck is Luck.GOES else "x" for luck in looks)
        return lost.startswith(".") and "xxxx" not in lost

    async def turn(self, call: Call) -> Luck:
        self._waiting[call] = trio.Event()
        self._arrived.set()
        await self._waiting[call].wait()
        luck = self._luck.pop(call)
        if luck is Luck.DIES:
            raise Died
        return luck

    def told(self, call: Call, answer: object) -> None:
        place = (call.operator, call.cluster)
        self.heard[place] = zlib.crc32(f"{self.heard.get(place, 0)} {call.what} {answer}".encode())

    def digest(self, cluster: str) -> int:
        return self._digest(cluster)

    def _digest(self, cluster: str) -> int:
        """What a cluster shows, but for when."""
        view = self.world.views[cluster]
        known = self._digests.get(cluster)
        if known is None or known[0] is not view:
            shown = (view.policies, view.volumes, view.relationships, view.export_policies, view.svm_peers)
            known = self._digests[cluster] = (view, zlib.crc32(repr(shown).encode()))
        return known[1]

    async def _all(self) -> None:
        self._running = len(self.operators)
        async with trio.open_nursery() as nursery:
            for number, operator in enumerate(self.operators):
                nursery.start_soon(self._operate, number, operator)
            await self._schedule()

    async def _operate(self, number: int, operator: Operator) -> None:
        clusters = {name: _Door(name, number, self) for name in sorted(operator.reach)}
        journal = MemoryJournal(self.world, MemoryHold())
        try:
            await attempt(self.world, operator.planner(), operator.reach, journal, clusters=clusters)
        except Died:
            pass
        except BaseExceptionGroup as group:
            if group.split(Died)[1] is not None:
                raise
        finally:
            for call in [each for each in self._waiting if each.operator == number]:
                del self._waiting[call]
            self._running -= 1
            self._arrived.set()

    async def _schedule(self) -> None:
        while True:
            await trio.testing.wait_all_tasks_blocked()
            if not self._waiting:
                if not self._running:
                    return
                self._arrived = trio.Event()
                await self._arrived.wait()
                continue
            chosen = self.choose(self, sorted(self._waiting))
            if chosen is None:
                raise _Stopped
            call, luck = chosen
            self.turns.append(chosen)
            self._luck[call] = luck
            self._waiting.pop(call).set()


class _Door(MemoryCluster):
    """A cluster as one operator comes to it."""

    def __init__(self, name: str, operator: int, story: Story) -> None:
        super().__init__(name, story.world)
        self._cluster, self._operator, self._story = name, operator, story

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> ClusterView:
        call = Call(self._operator, self._cluster, f"look at {' '.join(sorted(aspects))}")
        luck = await self._story.turn(call)
        if luck is not Luck.GOES:
            self._story.told(call, luck)
            raise self._lost()
        self._story.told(call, self._story.digest(self._cluster))
        return await super().observe(aspects, svms, files)

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        call = Call(self._operator, self._cluster, "; ".join(sorted(act.text for act in acts)))
        luck = await self._story.turn(call)
        replies: Sequence[Reply] = [Unanswered(self._lost()) for _ in acts]
        if luck is not Luck.LOST_BEFORE:
            arrived = await super().ask(acts)
            replies = arrived if luck is Luck.GOES else replies
        self._story.told(call, [type(reply).__name__ for reply in replies])
        return replies

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        return {job: Accepted() for job in jobs}

    def _lost(self) -> ClusterSilent:
        return ClusterSilent(self._cluster, f"{self._cluster} does not answer", request="?")


class Given(NamedTuple):
    """An epoch that was given before the story begins, and the clusters that know of it."""

    backend: Backend
    known_at: frozenset[str]


def a_world(*given: Given) -> World:
    """One volume that its home serves, mirrored to both targets; the epochs from the second on were given so."""
    newest = a_claim()
    claims: dict[str, list[Claim]] = {name: [newest] for name in ALL}
    for epoch, each in enumerate(given, start=2):
        newest = a_claim(each.backend, epoch, after=frozenset({newest.key}))
        for cluster in each.known_at:
            claims[cluster].append(newest)
    views = {"paris": a_cluster_view(HOME, [a_volume()], claims=claims["paris"])}
    for target in (LYON, NICE):
        held = claims[target.cluster]
        views[target.cluster] = a_cluster_view(
            target, [a_volume(backend=target)], [a_mirror(backend=target)], claims=held
        )
    return World(views=views, group=GROUP)


def served_at(world: World) -> list[str]:
    """The clusters where clients find a copy that they can write to."""
    found = []
    for name, view in world.views.items():
        broken = {each.destination.volume for each in view.relationships if each.state == "broken_off"}
        mirrors = {each.destination.volume for each in view.relationships} - broken
        for volume in view.volumes:
            is_writable = volume.name not in mirrors and (volume.type is VolumeType.RW or volume.name in broken)
            if is_writable and volume.path is not None and volume.export != FENCE:
                found.append(name)
    return found


def as_seen_by_all(world: World) -> Standing:
    return stand(world.group, {name: replace(view) for name, view in world.views.items()})


def reaches(target: Backend) -> Iterator[frozenset[str]]:
    """Every set of clusters within reach that holds this target's."""
    others = [name for name in ALL if name != target.cluster]
    for some in chain.from_iterable(combinations(others, number) for number in range(len(others) + 1)):
        yield frozenset({target.cluster, *some})
