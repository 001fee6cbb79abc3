"""How long a run waits for what was asked for, and what it says when that did not come about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datamotion.clock import Clock
from datamotion.model.acts import Act, AwaitTransfer

Subject = tuple[str, str | None]
"""A back end and one of its volumes; None stands for what all its volumes need."""

_SHORTEST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0
_BACK_OFF = 1.5
_CHANGE_LIMIT_S = 60.0
_TRANSFER_LIMIT_S = 900.0  # without a single byte: a slow link is slower than any change, and must not be given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a volume was given up. `silent`: no cluster said no, an answer never came."""

    text: str
    hint: str | None = None
    silent: bool = False


class Patience:
    """Watches each subject's current act: since when nothing has moved, and what was last said against it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._interval_s = _SHORTEST_WAIT_S
        self._standing: dict[Subject, tuple[object, float]] = {}
        self._blamed: dict[Subject, Failure] = {}
        self._final: set[Subject] = set()

    async def wait(self) -> None:
        """A pause before the next look: short at first, longer the longer nothing is reached."""
        await self._clock.sleep(self._interval_s)
        self._interval_s = min(self._interval_s * _BACK_OFF, _LONGEST_WAIT_S)

    def reached(self, acts: Iterable[Act]) -> None:
        """These acts came about: what was said against them is void, and looks come quickly again."""
        for act in acts:
            self._interval_s = _SHORTEST_WAIT_S
            self._standing.pop(act.subject, None)
            self._blamed.pop(act.subject, None)
            self._final.discard(act.subject)

    def blame(self, act: Act, failure: Failure, *, final: bool) -> None:
        """Something was said against an act: for good, or worth another try."""
        self._blamed[act.subject] = failure
        if final:
            self._final.add(act.subject)

    def verdict(self, act: Act, moved: Mapping[str, int]) -> Failure | None:
        """Why to give up an act that has not come about, None to go on. `moved`: bytes by relationship uuid."""
        if act.subject in self._final:
            return self._blamed[act.subject]
        awaits = act.change if isinstance(act.change, AwaitTransfer) else None
        standing = (type(act.change), moved.get(awaits.uuid) if awaits and awaits.uuid else None)
        now = self._clock.monotonic_s()
        known, since = self._standing.get(act.subject, (None, now))
        if known != standing:
            self._standing[act.subject] = (standing, now)
            return None
        limit = _TRANSFER_LIMIT_S if awaits else _CHANGE_LIMIT_S
        if now - since < limit:
            return None
        return self._blamed.get(act.subject) or Failure(
            text=f"{act.text}: nothing has moved for {limit:.0f} s",
            hint="run the same command again; it goes on from what is there",
            silent=True,
        )
