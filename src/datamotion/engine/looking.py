"""Looking at several clusters at once: one view, in which a cluster that could not be looked at says why.

The first look is whole. Later ones in a run look only where something was asked for: at those clusters, and there at
what such acts change. So waiting for transfers costs one call a look, whatever a plan needed to see at first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Cluster
from datamotion.errors import ClusterRefused, ClusterSilent
from datamotion.model.acts import (
    AbortTransfer,
    AcceptSvmPeer,
    Act,
    AwaitTransfer,
    Break,
    Change,
    CreateRelationship,
    CreateVolume,
    Initialize,
    ModifyRelationship,
    ModifyVolume,
    Pause,
    PeerSvms,
    Resume,
    StartTransfer,
)
from datamotion.model.view import Aspect, ClusterView, Unseen, View

_CHANGED_BY: Mapping[type[Change], frozenset[Aspect]] = {
    PeerSvms: frozenset({Aspect.SVM_PEERS}),
    AcceptSvmPeer: frozenset({Aspect.SVM_PEERS}),
    CreateVolume: frozenset({Aspect.VOLUMES}),
    ModifyVolume: frozenset({Aspect.VOLUMES}),
    CreateRelationship: frozenset({Aspect.RELATIONSHIPS}),
    ModifyRelationship: frozenset({Aspect.RELATIONSHIPS}),
    Initialize: frozenset({Aspect.RELATIONSHIPS}),
    Resume: frozenset({Aspect.RELATIONSHIPS}),
    StartTransfer: frozenset({Aspect.RELATIONSHIPS}),
    AwaitTransfer: frozenset({Aspect.RELATIONSHIPS}),
    AbortTransfer: frozenset({Aspect.RELATIONSHIPS}),
    Pause: frozenset({Aspect.RELATIONSHIPS}),
    Break: frozenset({Aspect.RELATIONSHIPS, Aspect.VOLUMES}),  # the destination volume becomes writable
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What to look at on one cluster: these aspects of these SVMs."""

    aspects: Collection[Aspect]
    svms: Collection[str]


@dataclass(frozen=True, slots=True)
class Lookout:
    """Looks at clusters, at each as its glance says. Changes nothing."""

    clusters: Mapping[str, Cluster]
    glances: Mapping[str, Glance]

    async def whole(self) -> View:
        """All of it, side by side. A silent cluster delays the others by nothing."""
        return await self._look(self.glances)

    async def after(self, acts: Iterable[Act], before: View) -> View:
        """`before`, with what these acts may have changed as it is now."""
        aspects: dict[str, frozenset[Aspect]] = {}
        for act in acts:
            changed = _CHANGED_BY[type(act.change)]
            # A peering shows on both clusters, whichever was asked.
            concerned = self.glances if Aspect.SVM_PEERS in changed else (act.cluster,)
            for name in concerned:
                aspects[name] = aspects.get(name, frozenset()) | changed
        glances = {name: Glance(aspects=each, svms=self.glances[name].svms) for name, each in aspects.items()}
        return {**before, **{name: _merged(before[name], seen) for name, seen in (await self._look(glances)).items()}}

    async def _look(self, glances: Mapping[str, Glance]) -> View:
        async def look(name: str) -> ClusterView | Unseen:
            try:
                return await self.clusters[name].observe(glances[name].aspects, glances[name].svms)
            except ClusterSilent as silent:
                return Unseen(reason=silent.message, hint=silent.hint)
            except ClusterRefused as refused:
                return Unseen(reason=refused.message, hint=refused.hint, refused=True)

        return dict(zip(glances, await side_by_side(look, glances), strict=True))


def _merged(before: ClusterView | Unseen, now: ClusterView | Unseen) -> ClusterView | Unseen:
    """A cluster of which a part alone was ever seen stays unseen: what was not looked at is not known to be missing."""
    if isinstance(now, Unseen):
        return now
    return before.updated_by(now) if isinstance(before, ClusterView) else before
