"""Looking at several clusters at once: one view, in which a cluster that could not be looked at says why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import anyio

from datamotion.engine.concurrently import side_by_side
from datamotion.errors import ClusterNotAsked, ClusterRefused, ClusterSilent
from datamotion.model.view import Aspect, ClusterView, Unseen, View

if TYPE_CHECKING:
    from datamotion.engine.ports import Cluster
    from datamotion.model.item_records import FileName, FilesIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What to look at on one cluster: these aspects of these SVMs, and these files."""

    aspects: Collection[Aspect]
    svms: Collection[str]
    files: Collection[FileName | FilesIn] = ()

    def joined(self, other: Glance) -> Glance:
        """What either looks at."""
        return Glance(
            aspects=frozenset(self.aspects) | frozenset(other.aspects),
            svms=frozenset(self.svms) | frozenset(other.svms),
            files=frozenset(self.files) | frozenset(other.files),
        )


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
        return await self.look({name: self.glances[name] for name in (self.glances if names is None else names)})

    async def look(self, glances: Mapping[str, Glance]) -> View:
        """As these glances say, side by side."""

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
