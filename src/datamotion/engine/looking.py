"""Looking at several clusters at once: one view, in which a cluster that could not be looked at says why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

import anyio

from datamotion.engine.ports import Cluster
from datamotion.errors import ClusterRefused, ClusterSilent
from datamotion.model.view import Aspect, ClusterView, Unseen, View

Look = Callable[[], Awaitable[View]]
"""Observe again all that a run depends on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What to look at on one cluster: these aspects of these SVMs."""

    aspects: Collection[Aspect]
    svms: Collection[str]


async def look_at(clusters: Mapping[str, Cluster], glances: Mapping[str, Glance]) -> View:
    """One view of all these clusters, observed side by side. A silent one delays the others by nothing."""
    seen: dict[str, ClusterView | Unseen] = {}

    async def look(name: str, glance: Glance) -> None:
        try:
            seen[name] = await clusters[name].observe(glance.aspects, glance.svms)
        except ClusterSilent as silent:
            seen[name] = Unseen(reason=silent.message)
        except ClusterRefused as refused:
            seen[name] = Unseen(reason=refused.message, refused=True)

    async with anyio.create_task_group() as tasks:
        for name, glance in glances.items():
            tasks.start_soon(look, name, glance)
    return {name: seen[name] for name in glances}
