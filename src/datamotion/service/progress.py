"""How a run goes, as values: every volume, every step, what is waited for. All that shows a run shows this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from datamotion.clock import Clock
from datamotion.engine.ports import Delay, Look
from datamotion.model.acts import Act, ActId, Subject
from datamotion.model.mirror_acts import AwaitIdle
from datamotion.model.names import counted
from datamotion.model.plan import Plan
from datamotion.model.volume_acts import AwaitMove
from datamotion.service.carriage import Carriage, carriage, total_bytes
from datamotion.service.pace import Pace
from datamotion.service.silence import SilenceReport, silences

_STALLED_S = 20.0  # two looks apart, where a run looks seldom
_STALLED_SHARE = 1 / 45  # of the time that it is borne with: what tells itself seldom stands still for longer


class Doing(StrEnum):
    """What becomes of a volume at a back end: what a person has to see first comes first."""

    GIVEN_UP = "given up"
    STALLED = "stalled"  # nothing has moved for a while
    MOVING = "moving"  # bytes come
    ASKED = "asked"  # its cluster is asked, and it is not seen to hold yet
    QUEUED = "queued"  # its transfer waits at its cluster, behind others
    WAITING = "waiting"  # for its turn, or for what comes before it
    DONE = "done"


class RunPhase(StrEnum):
    ASKING = "asking"  # a cluster is asked for something, or looked at
    WAITING = "waiting"  # for what goes on at the clusters by itself
    ENDED = "ended"
    STOPPED = "stopped"  # before its end; what was begun goes on at the clusters


_UNDER_WAY = (Doing.STALLED, Doing.MOVING, Doing.ASKED, Doing.QUEUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeProgress:
    """One volume at one back end, `volume` None for what all of them need. `step` is the title of what is due for it.

    Bytes are those of the transfer, move or copy that runs: `moved_bytes` of `total_bytes`, which of transfers only a
    first one tells beforehand. `seconds_left` is None until enough was measured. `still_s` is how long nothing has
    moved, and in `given_up_in_s` that ends it; `until` is when what is waited for is due. `why` it was given up.
    """

    backend: str
    volume: str | None
    doing: Doing
    step: str | None = None
    moved_bytes: int | None = None
    total_bytes: int | None = None
    bytes_s: float | None = None
    seconds_left: float | None = None
    still_s: float | None = None
    given_up_in_s: float | None = None
    until: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """Of so many `acts` of a step at a cluster so many have come about."""

    cluster: str
    title: str
    reached: int
    acts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """A run at one moment. `volumes` are what it is about, the worst first and then what moves."""

    at: datetime
    title: str
    phase: RunPhase
    elapsed_s: float
    steps: tuple[StepProgress, ...]
    volumes: tuple[VolumeProgress, ...]
    silent: tuple[SilenceReport, ...]

    def counts(self) -> Mapping[Doing, int]:
        return Counter(each.doing for each in self.volumes)


class Progress:
    """Takes what the engine tells, and says how the run goes. `unanswered` are clusters that a request waits for."""

    def __init__(self, clock: Clock, unanswered: Callable[[], Mapping[str, Delay]] = dict) -> None:
        self._clock = clock
        self._unanswered = unanswered
        self._began_s = clock.monotonic_s()
        self._ended_s: float | None = None
        self._phase = RunPhase.ASKING
        self._look: Look | None = None
        self._left: dict[Subject, Act] = {}  # the next act of each, by the newest plan
        self._due: dict[Subject, Act] = {}
        self._known: dict[Subject, None] = {}  # all that ever had something to be done
        self._asked: dict[Subject, Act] = {}
        self._given_up: dict[Subject, str] = {}
        self._steps: dict[tuple[str, str], set[ActId]] = {}  # what of each step has come about
        self._paces: dict[ActId, Pace] = {}

    def asking(self, acts: Sequence[Act]) -> None:
        self._phase = RunPhase.ASKING
        for act in acts:
            self._known[act.subject] = None
            self._asked[act.subject] = act

    def reached(self, acts: Sequence[Act]) -> None:
        for act in acts:
            self._steps.setdefault((act.cluster, act.title), set()).add(act.id)
            self._asked.pop(act.subject, None)
            self._due.pop(act.subject, None)
            self._paces.pop(act.id, None)

    def given_up(self, acts: Sequence[Act], why: str) -> None:
        for act in acts:
            self._known[act.subject] = None
            self._given_up[act.subject] = why

    def looked(self, look: Look) -> None:
        self._look = look
        self._left = {}
        planned: set[ActId] = set()
        for step in look.plan.steps:
            self._steps.setdefault((step.cluster, step.title), set())
            for act in step.acts:
                self._known[act.subject] = None
                self._left.setdefault(act.subject, act)
                planned.add(act.id)
        self._due = {act.subject: act for act in look.due if act.id in planned}
        self._asked = {subject: act for subject, act in self._asked.items() if act.id in planned}
        self._phase = RunPhase.WAITING
        now_s = self._clock.monotonic_s()
        for act in self._due.values():
            carried = carriage(act, look.standing)
            if carried is not None and carried.moved is not None:
                self._paces.setdefault(act.id, Pace()).take(now_s, carried.moved)

    def ended(self, phase: RunPhase) -> None:
        """What is told from now on is how it was at its end."""
        self._phase, self._ended_s = phase, self._clock.monotonic_s()

    def is_awaited(self, act: Act) -> bool:
        """Whether an act that was due still is."""
        return self._due.get(act.subject) == act and act.subject not in self._given_up

    def under_way(self) -> tuple[VolumeProgress, ...]:
        """Every volume of which something is asked for or awaited now, and that waits for no other."""
        return tuple(each for each in self.picture().volumes if each.doing in _UNDER_WAY)

    def picture(self) -> RunProgress:
        """How the run goes now."""
        now_s = self._clock.monotonic_s()
        order = list(Doing).index
        volumes = sorted(
            (self._volume(subject, now_s) for subject in self._known if self._is_told(subject)),
            key=lambda each: (order(each.doing), each.volume is None, each.backend, counted(each.volume or "")),
        )
        plan = self._look.plan if self._look else None
        goes_on = self._phase in (RunPhase.ASKING, RunPhase.WAITING)
        return RunProgress(
            at=self._clock.now(),
            title=plan.title if plan else "",
            phase=self._phase,
            elapsed_s=(now_s if self._ended_s is None else self._ended_s) - self._began_s,
            steps=tuple(self._step_counts(plan)) if plan else (),
            volumes=tuple(volumes),
            silent=tuple(silences(self._unanswered() if goes_on else {}, now_s)),
        )

    def _is_told(self, subject: Subject) -> bool:
        """What all volumes need is told only while it keeps them waiting, or failed."""
        return subject[1] is not None or subject in self._left or subject in self._given_up

    def _step_counts(self, plan: Plan) -> Iterator[StepProgress]:
        left = Counter((step.cluster, step.title) for step in plan.steps for act in step.acts if self._is_open(act))
        for (cluster, title), reached in self._steps.items():
            if acts := len(reached) + left[cluster, title]:
                yield StepProgress(cluster=cluster, title=title, reached=len(reached), acts=acts)

    def _is_open(self, act: Act) -> bool:
        return act.id not in self._steps[act.cluster, act.title]

    def _volume(self, subject: Subject, now_s: float) -> VolumeProgress:
        backend, volume = subject
        if (why := self._given_up.get(subject)) is not None:
            return VolumeProgress(backend=backend, volume=volume, doing=Doing.GIVEN_UP, why=why)
        if (due := self._asked.get(subject) or self._due.get(subject)) is not None:
            return self._awaited(due, now_s)
        if (act_left := self._left.get(subject)) is not None:
            return VolumeProgress(backend=backend, volume=volume, doing=Doing.WAITING, step=act_left.title)
        return VolumeProgress(backend=backend, volume=volume, doing=Doing.DONE)

    def _awaited(self, act: Act, now_s: float) -> VolumeProgress:
        assert self._look is not None
        standing, wait = self._look.standing, self._look.still.get(act.id)
        carried, pace = carriage(act, standing), self._paces.get(act.id)
        expected = Doing.ASKED if act.subject in self._asked else _doing(carried)
        moved = carried.moved if carried else None
        total = total_bytes(act, standing)
        still_s = now_s - wait.since_s if wait else None
        is_stalled = still_s is not None and still_s >= _stalled_s(wait)
        left = None if total is None or moved is None else max(total - moved, 0)
        return VolumeProgress(
            backend=act.backend,
            volume=act.volume,
            doing=Doing.STALLED if is_stalled else expected,
            step=act.title,
            moved_bytes=moved,
            total_bytes=total,
            bytes_s=pace.bytes_s if pace and carried else None,
            seconds_left=pace.seconds_left(left) if pace and left is not None and not is_stalled else None,
            still_s=still_s,
            given_up_in_s=max(wait.until_s - now_s, 0.0) if wait else None,
            until=act.change.until if isinstance(act.change, AwaitIdle | AwaitMove) else None,
        )


def _stalled_s(wait: Delay | None) -> float:
    """After how long without anything that moves it is called stalled."""
    return max(_STALLED_S, (wait.until_s - wait.since_s) * _STALLED_SHARE) if wait else _STALLED_S


def _doing(carried: Carriage | None) -> Doing:
    if carried is None:
        return Doing.WAITING
    return Doing.QUEUED if carried.is_queued else Doing.MOVING
