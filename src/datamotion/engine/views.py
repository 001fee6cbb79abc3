"""What a run sees, look by look: narrow where it asked for something, whole now and then.

The first look is whole. Later ones in a run look only where something was asked for: at those clusters, and there at
what such acts change. So waiting for transfers costs one call a look, whatever a plan needed to see at first. A cluster
that fell silent in between is looked at as a whole again: nobody knows what happened there meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from datamotion.clock import Clock
from datamotion.engine.looking import Glance, Lookout
from datamotion.model.acts import Act
from datamotion.model.view import Aspect, ClusterView, Unseen, View, look_up
from datamotion.policy.kinds import aspects_of, kind_of

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
            self.newest = await self._after(acts, before)
        for pause_s in _PAUSES_AT_SILENCE_S:
            silent = [name for name in self._known if _fell_silent(before[name], self.newest[name])]
            if not silent:
                break
            await self._clock.sleep(pause_s)
            self.newest = {**self.newest, **await self._lookout.whole(silent)}

    async def _after(self, acts: Iterable[Act], before: View) -> View:
        """`before`, with what these acts may have changed as it is now."""
        aspects: dict[str, frozenset[Aspect]] = {}
        for concerned, changed in dict.fromkeys(_concern(act) for act in acts):
            for name in () if not changed else self._known if concerned is None else [concerned]:
                aspects[name] = aspects.get(name, frozenset()) | changed
        glances = {name: self._glance(name, before[name], each) for name, each in aspects.items()}
        seen = await self._lookout.look(glances)
        return {**before, **{name: _merged(before[name], each) for name, each in seen.items()}}

    def _glance(self, name: str, before: ClusterView | Unseen, aspects: frozenset[Aspect]) -> Glance:
        whole = self._lookout.glances[name]
        return replace(whole, aspects=aspects) if isinstance(before, ClusterView) else whole

    def of(self, cluster: str) -> ClusterView | Unseen:
        return look_up(self.newest, cluster)


def _fell_silent(before: ClusterView | Unseen, now: ClusterView | Unseen) -> bool:
    return isinstance(before, ClusterView) and isinstance(now, Unseen) and not now.refused


def _concern(act: Act) -> tuple[str | None, frozenset[Aspect]]:
    """Where an act may show, None for everywhere, and as what."""
    return (None if kind_of(act).at_all else act.cluster), aspects_of(act)


def _merged(before: ClusterView | Unseen, now: ClusterView | Unseen) -> ClusterView | Unseen:
    """What a cluster was seen to be, with what was looked at now; nothing but that where it was not seen before."""
    return before.updated_by(now) if isinstance(before, ClusterView) and isinstance(now, ClusterView) else now
