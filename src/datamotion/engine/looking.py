"""Looking at several clusters at once: one view, in which a cluster that could not be looked at says why.

The first look is whole. Later ones in a run look only where something was asked for: at those clusters, and there at
what such acts change. So waiting for transfers costs one call a look, whatever a plan needed to see at first. A cluster
that fell silent in between is looked at as a whole again: nobody knows what happened there meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf

import anyio

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Cluster
from datamotion.errors import ClusterNotAsked, ClusterRefused, ClusterSilent
from datamotion.model.acts import Act
from datamotion.model.records import FileName, FilesIn
from datamotion.model.view import Aspect, ClusterView, Unseen, View
from datamotion.policy.kinds import aspects_of, kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What to look at on one cluster: these aspects of these SVMs, and these files."""

    aspects: Collection[Aspect]
    svms: Collection[str]
    files: Collection[FileName | FilesIn] = ()


@dataclass(frozen=True, slots=True)
class Lookout:
    """Looks at clusters, at each as its glance says. Changes nothing.

    `within_s`: a cluster that has not told all by then is unseen; None: as long as its own limits allow.
    """

    clusters: Mapping[str, Cluster]
    glances: Mapping[str, Glance]
    within_s: float | None = None

    async def whole(self, names: Collection[str] | None = None) -> View:
        """All of these clusters (None: of each that it has a glance for), side by side.

        A silent cluster delays the others by nothing.
        """
        return await self._look({name: self.glances[name] for name in (self.glances if names is None else names)})

    async def after(self, acts: Iterable[Act], before: View, names: Collection[str]) -> View:
        """`before`, with what these acts may have changed at these clusters as it is now."""
        aspects: dict[str, frozenset[Aspect]] = {}
        for concerned, changed in dict.fromkeys(_concern(act) for act in acts):
            for name in () if not changed else names if concerned is None else [concerned]:
                aspects[name] = aspects.get(name, frozenset()) | changed
        seen = await self._look({name: self._glance(name, before[name], each) for name, each in aspects.items()})
        return {**before, **{name: _merged(before[name], each) for name, each in seen.items()}}

    def _glance(self, name: str, before: ClusterView | Unseen, aspects: frozenset[Aspect]) -> Glance:
        whole = self.glances[name]
        return replace(whole, aspects=aspects) if isinstance(before, ClusterView) else whole

    async def _look(self, glances: Mapping[str, Glance]) -> View:
        async def look(name: str) -> ClusterView | Unseen:
            glance = glances[name]
            try:
                with anyio.move_on_after(self.within_s or inf):
                    return await self.clusters[name].observe(glance.aspects, glance.svms, glance.files)
                return Unseen(reason=f"{name} did not answer within {self.within_s:g} s", hint="Is the cluster up?")
            except ClusterSilent as silent:
                return Unseen(reason=silent.message, hint=silent.hint)
            except ClusterRefused as refused:
                not_asked = isinstance(refused, ClusterNotAsked)
                return Unseen(reason=refused.message, hint=refused.hint, refused=True, not_asked=not_asked)

        return dict(zip(glances, await side_by_side(look, glances), strict=True))


def _concern(act: Act) -> tuple[str | None, frozenset[Aspect]]:
    """Where an act may show, None for everywhere, and as what."""
    return (None if kind_of(act).at_all else act.cluster), aspects_of(act)


def _merged(before: ClusterView | Unseen, now: ClusterView | Unseen) -> ClusterView | Unseen:
    """What a cluster was seen to be, with what was looked at now; nothing but that where it was not seen before."""
    return before.updated_by(now) if isinstance(before, ClusterView) and isinstance(now, ClusterView) else now
