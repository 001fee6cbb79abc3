"""How long a run waits for what was asked for, and what it says when that did not come about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from datamotion.clock import Clock
from datamotion.engine.failures import Failure
from datamotion.engine.ports import Delay
from datamotion.model.acts import Act, ActId, Change
from datamotion.model.volume_acts import AwaitMove, AwaitOnline, CreateVolume
from datamotion.policy.kinds import is_asked_for, kind_of, limit_s

_SHORTEST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0
_SHARE = 1 / 30  # of the time that was waited: who has waited for an hour notices no ten seconds
_LONGEST_OF_ALL_S = 10.0
_LONGEST_HOLD_S = 60.0  # the group may be claimed, or what is held aborted, by others meanwhile
_BACK_OFF = 1.5
_TIMES = 3  # that one act comes about and is undone by others, before it is given up
_SHOWS_S = 2.0  # within which looks show what jobs have done; it is asked for again then, and has twice that, and so on


class Patience:
    """Watches every act that is due: since when nothing has moved, and what was last said against it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._interval_s = _SHORTEST_WAIT_S
        self._waited_s = 0.0  # since anything was reached
        self._since: dict[ActId, tuple[object, float]] = {}
        self._blamed: dict[ActId, Failure] = {}
        self._final: set[ActId] = set()
        self._reached: Counter[tuple[ActId, Change]] = Counter()
        self._done: dict[ActId, float] = {}  # when the cluster said so, and no look has shown it yet
        self._times_done: Counter[tuple[ActId, Change]] = Counter()

    async def wait(self, acts: Sequence[Act]) -> None:
        """A pause before the next look: short at first, longer the longer nothing is reached.

        Where nothing is due but at a certain time, it is longer still.
        """
        times = [each.change.until for each in acts if isinstance(each.change, AwaitMove) and each.change.until]
        if len(times) == len(acts):
            left_s = (min(times) - self._clock.now()).total_seconds()
            await self._clock.sleep(min(max(left_s, _SHORTEST_WAIT_S), _LONGEST_HOLD_S))
            return
        await self._clock.sleep(self._interval_s)
        self._waited_s += self._interval_s
        longest_s = min(max(_LONGEST_WAIT_S, self._waited_s * _SHARE), _LONGEST_OF_ALL_S)
        self._interval_s = min(self._interval_s * _BACK_OFF, longest_s)

    def reached(self, acts: Iterable[Act]) -> None:
        """These acts came about: what was said against them is void, and looks come quickly again."""
        for act in acts:
            self._interval_s, self._waited_s = _SHORTEST_WAIT_S, 0.0
            self._reached[act.id, act.change] += is_asked_for(act)
            self.forget(act)

    def forget(self, act: Act) -> None:
        """If this act is due again, it is as if it had never been."""
        self._since.pop(act.id, None)
        self._done.pop(act.id, None)
        self._blamed.pop(act.id, None)
        self._final.discard(act.id)

    def blame(self, act: Act, failure: Failure, *, final: bool) -> None:
        """Something was said against an act: for good, or worth another try."""
        self._blamed[act.id] = failure
        if final:
            self._final.add(act.id)

    def told_done(self, act: Act) -> None:
        """The jobs of this act have ended well."""
        self._done[act.id] = self._clock.monotonic_s()
        self._times_done[act.id, act.change] += 1

    def is_undone(self, act: Act) -> bool:
        """Whether an act was done and no look shows it: somebody has undone it before the first one, or looks lag."""
        times = self._times_done[act.id, act.change]
        if act.id not in self._done or not kind_of(act).stays:
            return False
        return bool(self._clock.monotonic_s() - self._done[act.id] >= _SHOWS_S * 2 ** (times - 1))

    def worn_out(self, act: Act) -> Failure | None:
        """Why not to ask for an act once more."""
        if self._reached[act.id, act.change] >= _TIMES:
            return _undone(f"{act.text}: seen to be so {_TIMES} times, and undone each time by somebody else")
        if self._times_done[act.id, act.change] >= _TIMES and self.is_undone(act):
            return _undone(f"{act.text}: done {_TIMES} times, and undone by somebody else before it was seen to be so")
        return None

    def still(self, acts: Iterable[Act]) -> Mapping[ActId, Delay]:
        """Those of these acts that could be stuck: since when, and until when they are borne with."""
        known = {act.id: (act, self._since[act.id]) for act in acts if act.id in self._since}
        return {
            id_: Delay(since, since + limit_s(act))
            for id_, (act, (progress, since)) in known.items()
            if progress is not None
        }

    def verdict(self, act: Act, progress: object) -> Failure | None:
        """Why to give up an act that has not come about, None to go on.

        While `progress` differs from look to look its time starts anew; None: it cannot be stuck.
        """
        if act.id in self._final:
            return self._blamed[act.id]
        now = self._clock.monotonic_s()
        known, since = self._since.get(act.id, (None, now))
        if progress is None or known != progress:
            self._since[act.id] = (progress, now)
            return None
        limit = limit_s(act)
        if now - since < limit:
            return None
        hint = "run the same command again; it goes on from what is there"
        if isinstance(act.change, CreateVolume | AwaitOnline):
            hint += "; `online_timeout` of the target says how long it waits"
        text = f"{act.text}: nothing has moved for {limit:.0f} s"
        return self._blamed.get(act.id) or Failure(text=text, hint=hint, silent=True)


def _undone(text: str) -> Failure:
    return Failure(text=text, hint="find out what else changes it, stop that, then run the same command again")
