"""Clusters in memory behind the engine's port: they apply what they are asked to what they show.

Everything takes place on the clock that the run is given. A test sets what is to go wrong before it runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum, auto

import trio
import trio.testing

from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered
from datamotion.errors import ClusterRefused, ClusterSilent
from datamotion.model.acts import Act
from datamotion.model.group import Group
from datamotion.model.item_records import FileName, FilesIn
from datamotion.model.mirror_acts import Pause
from datamotion.model.mirror_records import Relationship
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.words import TransferState
from tests.datamotion.building import LYON, NICE, NOON, a_group
from tests.datamotion.simulation import after, transfers_ended
from tests.datamotion.view_changes import Refusing


class Fate(Enum):
    """What becomes of one request for one act."""

    DONE = auto()
    DECLINED = auto()
    BUSY = auto()  # declined for now
    LOST_BEFORE = auto()  # the request never arrived
    LOST_AFTER = auto()  # it was carried out, its answer never arrived
    DONE_YET_DECLINED = auto()  # somebody else did the same just before
    IGNORED = auto()  # accepted, and nothing comes of it


_EFFECTIVE = (Fate.DONE, Fate.LOST_AFTER, Fate.DONE_YET_DECLINED)


class UnderWay(Refusing):
    """The same was asked for already, and does not show yet."""


@dataclass(kw_only=True)
class World:
    """Some clusters, and what is to go wrong with them.

    `fates`: by kind of change and volume, what becomes of each request in turn; after the last, they succeed.
    `always`: the same, for every request. Both are for acts that serve the back end `troubled`.
    """

    views: dict[str, ClusterView]
    group: Group = field(default_factory=lambda: a_group(LYON, NICE))
    fates: dict[tuple[str, str | None], list[Fate]] = field(default_factory=dict)
    always: dict[tuple[str, str | None], Fate] = field(default_factory=dict)
    troubled: str = "gold-lyon"
    shared_jobs: bool = False  # one job carries out a whole batch, and fails when one of its acts does
    shows_after_s: float = 0.0  # between saying yes and showing it
    transfer_s: float = 5.0
    transfers_move: bool = True
    transfers_end_as: TransferState = TransferState.SUCCESS
    queued_s: float = 0.0  # how long transfers are queued before they move
    pauses_wait: bool = False  # for the transfers that run, as ONTAP's do
    silent: dict[str, tuple[float, float]] = field(default_factory=dict)  # by cluster: from when to when
    on_look: Callable[[World], None] | None = None  # what others do, called before every look

    asked: list[Act] = field(default_factory=list)
    effects: list[Act] = field(default_factory=list)
    observed: Counter[str] = field(default_factory=Counter)
    looks: list[tuple[float, str, frozenset[Aspect]]] = field(default_factory=list)
    events: list[tuple[str, str, tuple[str | None, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._due: list[tuple[float, Act]] = []
        self._pausing: list[Act] = []  # once their transfers have ended
        self._began: dict[str, float] = {}
        self.failed_jobs: dict[str, str] = {}

    def is_silent(self, cluster: str) -> bool:
        since, until = self.silent.get(cluster, (0.0, 0.0))
        return since <= trio.current_time() < until

    def fate(self, act: Act) -> Fate:
        if act.backend != self.troubled:
            return Fate.DONE
        key = (type(act.change).__name__, act.volume)
        if key in self.always:
            return self.always[key]
        left = self.fates.get(key)
        return left.pop(0) if left else Fate.DONE

    def change(self, act: Act) -> None:
        """Carry it out, now or when it is to show. Raises Refusing."""
        if any(act == under_way for _, under_way in self._due):
            raise UnderWay(f"{act.text}: it is under way")
        changed = after(self.views, act)
        self.effects.append(act)
        if self.pauses_wait and isinstance(act.change, Pause) and self._is_transferring(act.cluster, act.change.uuid):
            self._pausing.append(act)
        elif self.shows_after_s:
            self._due.append((trio.current_time() + self.shows_after_s, act))
        else:
            self.views = dict(changed)

    def settle(self) -> None:
        """What is due by now has happened."""
        now = trio.current_time()
        for due, act in list(self._due):
            if due <= now:
                self._due.remove((due, act))
                self.views = dict(after(self.views, act))
        self.views = {name: self._moved(view, now) for name, view in self.views.items()}
        for act in list(self._pausing):
            assert isinstance(act.change, Pause)
            if not self._is_transferring(act.cluster, act.change.uuid):
                self._pausing.remove(act)
                self.views = dict(after(self.views, act))

    def _is_transferring(self, cluster: str, uuid: str) -> bool:
        return any(each.uuid == uuid and each.is_transferring for each in self.views[cluster].relationships)

    def _moved(self, view: ClusterView, now: float) -> ClusterView:
        running = [mirror for mirror in view.relationships if mirror.is_transferring]
        for mirror in view.relationships:
            if not mirror.is_transferring:
                self._began.pop(mirror.uuid, None)
        for mirror in running:
            self._began.setdefault(mirror.uuid, now)
        ended = {mirror.uuid for mirror in running if now - self._began[mirror.uuid] >= self.queued_s + self.transfer_s}
        view = transfers_ended(view, state=self.transfers_end_as, only=ended)
        return replace(view, relationships=tuple(self._with_bytes(each, now) for each in view.relationships))

    def _with_bytes(self, mirror: Relationship, now: float) -> Relationship:
        if not mirror.is_transferring or mirror.transfer is None or not self.transfers_move:
            return mirror
        moving_s = now - self._began[mirror.uuid] - self.queued_s
        state = TransferState.QUEUED if moving_s < 0 else TransferState.TRANSFERRING
        moved = int(1000 * max(moving_s, 0))
        return replace(mirror, transfer=replace(mirror.transfer, state=state, bytes_transferred=moved))


class MemoryCluster:
    """One cluster of a world."""

    def __init__(self, name: str, world: World) -> None:
        self._name = name
        self._world = world

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> ClusterView:
        await trio.lowlevel.checkpoint()
        world = self._world
        world.observed[self._name] += 1
        world.looks.append((trio.current_time(), self._name, frozenset(aspects)))
        if world.is_silent(self._name):
            raise self._silence()
        if world.on_look is not None:
            world.on_look(world)
        world.settle()
        looked_at = dict.fromkeys(aspects, NOON + timedelta(seconds=trio.current_time()))
        return ClusterView().updated_by(replace(world.views[self._name], looked_at=looked_at))

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        await trio.lowlevel.checkpoint()
        world = self._world
        world.events.append(("asked", type(acts[0].change).__name__, tuple(act.volume for act in acts)))
        world.asked += acts
        world.settle()
        if world.is_silent(self._name):
            return [Unanswered(self._silence()) for _ in acts]
        replies = [self._reply(act) for act in acts]
        return self._with_one_job(replies) if world.shared_jobs else replies

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        await trio.lowlevel.checkpoint()
        failed = self._world.failed_jobs
        return {job: Declined(self._no(failed[job])) if job in failed else Accepted() for job in jobs}

    def _reply(self, act: Act) -> Reply:
        fate = self._world.fate(act)
        why, is_busy = None, fate is Fate.BUSY
        if fate in _EFFECTIVE:
            try:
                self._world.change(act)
            except UnderWay:
                is_busy = fate is not Fate.DONE_YET_DECLINED
            except Refusing as refusing:
                why = str(refusing)
        if fate in (Fate.LOST_BEFORE, Fate.LOST_AFTER):
            return Unanswered(self._silence())
        if is_busy:
            return Declined(self._no(f"{self._name} is busy", transient=True))
        if why or fate in (Fate.DECLINED, Fate.DONE_YET_DECLINED):
            return Declined(self._no(why or f"{self._name} says no"))
        return Accepted()

    def _with_one_job(self, replies: Sequence[Reply]) -> Sequence[Reply]:
        job = f"job-{len(self._world.asked)}"
        errors = [reply.error.message for reply in replies if isinstance(reply, Declined)]
        if errors:
            self._world.failed_jobs[job] = errors[0]
        return [Accepted((job,)) for _ in replies]

    def _silence(self) -> ClusterSilent:
        return ClusterSilent(self._name, f"{self._name} does not answer", request="?")

    def _no(self, why: str, *, transient: bool = False) -> ClusterRefused:
        return ClusterRefused(self._name, why, request="?", status=409, ontap_code="1", transient=transient)
