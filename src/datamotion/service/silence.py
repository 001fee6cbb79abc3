"""Clusters that leave a request unanswered, while that is waited for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datamotion.engine.ports import Delay
from datamotion.service.clusters import FollowedCluster


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceReport:
    """A cluster that has left a request unanswered for so long, and in how long that request is given up."""

    cluster: str
    for_s: float
    given_up_in_s: float


def unanswered(clusters: Mapping[str, FollowedCluster]) -> Mapping[str, Delay]:
    """The clusters that a request waits for now, and since when."""
    return {name: each for name, cluster in clusters.items() if (each := cluster.unanswered)}


def silences(delays: Mapping[str, Delay], now_s: float) -> Iterator[SilenceReport]:
    """The same at one moment of the clock, by cluster."""
    for cluster, wait in sorted(delays.items()):
        yield SilenceReport(cluster=cluster, for_s=now_s - wait.since_s, given_up_in_s=max(wait.until_s - now_s, 0.0))
