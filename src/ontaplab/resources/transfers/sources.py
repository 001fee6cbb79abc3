"""The source of a relationship, as its destination's cluster reaches it."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.intercluster.mirroring.client import RemoteSource
from ontaplab.intercluster.mirroring.source import LocalSource, Source
from ontaplab.resources.relationships.errors import source_unreachable


def source_at(cluster: Cluster, local: LocalSource, cluster_peer: str | None) -> Source:
    """The sources at that peer (its uuid), or here. Raises: OntapError 13303892 if there is no such peer any more."""
    if cluster_peer is None:
        return local
    peer = cluster.cluster_peers.get(cluster_peer)
    if peer is None:
        raise source_unreachable(cluster_peer, "it is not a peer any more")
    return RemoteSource(cluster, peer)
