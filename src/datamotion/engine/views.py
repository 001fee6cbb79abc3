"""What a run sees, look by look: narrow where it asked for something, whole now and then."""

from __future__ import annotations

from collections.abc import Sequence

from datamotion.clock import Clock
from datamotion.engine.looking import Lookout
from datamotion.model.acts import Act
from datamotion.model.view import ClusterView, Unseen, View, look_up

_PAUSES_AT_SILENCE_S = (1.0, 2.0, 4.0)
_WHOLE_LOOK_EVERY_S = 60.0  # what others do shows in parts that a run has no need to look at


class Views:
    """The newest view. A cluster that was not seen at first stays so: the plan was made and agreed to without it."""

    def __init__(self, lookout: Lookout, clock: Clock, first: View) -> None:
        self.newest = first
        self._lookout = lookout
        self._clock = clock
        self._known = [name for name, seen in first.items() if isinstance(seen, ClusterView)]
        self._whole_s = clock.monotonic_s()

    def distrust(self) -> None:
        """Others may have changed anything: the next look is whole."""
        self._whole_s = float("-inf")

    async def look_again(self, acts: Sequence[Act]) -> None:
        """See what these acts may have changed. A cluster that fell silent just now is given a few more looks."""
        before, now = self.newest, self._clock.monotonic_s()
        if now - self._whole_s >= _WHOLE_LOOK_EVERY_S:
            self._whole_s = now
            self.newest = {**before, **await self._lookout.whole(self._known)}
        else:
            self.newest = await self._lookout.after(acts, before, self._known)
        for pause_s in _PAUSES_AT_SILENCE_S:
            silent = [name for name in self._known if _fell_silent(before[name], self.newest[name])]
            if not silent:
                break
            await self._clock.sleep(pause_s)
            self.newest = {**self.newest, **await self._lookout.whole(silent)}

    def of(self, cluster: str) -> ClusterView | Unseen:
        return look_up(self.newest, cluster)


def _fell_silent(before: ClusterView | Unseen, now: ClusterView | Unseen) -> bool:
    return isinstance(before, ClusterView) and isinstance(now, Unseen) and not now.refused
