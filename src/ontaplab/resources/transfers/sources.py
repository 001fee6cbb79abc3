"""The source of a relationship, as its destination's cluster reaches it."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.intercluster.mirroring.client import RemoteSource
from ontaplab.intercluster.mirroring.messages import Registration
from ontaplab.intercluster.mirroring.source import LocalSource, Source
from ontaplab.resources.relationships.errors import source_unreachable, svms_not_peered
from ontaplab.resources.relationships.state import Relationship
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.resources.svm_peers.state import SvmPeer


def source_at(cluster: Cluster, local: LocalSource, cluster_peer: str | None) -> Source:
    """The sources at that peer (its uuid), or here. Raises: OntapError 13303892 if there is no such peer any more."""
    if cluster_peer is None:
        return local
    peer = cluster.cluster_peers.get(cluster_peer)
    if peer is None:
        raise source_unreachable(cluster_peer, "it is not a peer any more")
    return RemoteSource(cluster, peer)


def source_of(cluster: Cluster, local: LocalSource, relationship: Relationship) -> Source:
    """Its source. Raises: OntapError 13303892, 13303886 if clusters or SVMs are not peers any more."""
    source = source_at(cluster, local, relationship.source.cluster_peer)
    if relationship.source.svm_uuid != relationship.destination.svm_uuid and svm_peer_of(cluster, relationship) is None:
        raise svms_not_peered(relationship.source.svm, relationship.destination.svm)
    return source


def svm_peer_of(cluster: Cluster, relationship: Relationship) -> SvmPeer | None:
    """What makes its SVMs peers for SnapMirror; None: nothing, or they are one SVM."""
    ends = {relationship.source.svm_uuid, relationship.destination.svm_uuid}
    return cluster.svm_peers.first(
        lambda peer: (
            {peer.svm, peer.peer_svm_uuid} == ends and peer.state == "peered" and "snapmirror" in peer.applications
        )
    )


def registration_of(cluster: Cluster, relationship: Relationship) -> Registration:
    """What its source has to know to list the destination."""
    source, destination = relationship.source, relationship.destination
    peer = svm_peer_of(cluster, relationship) if source.cluster_peer is not None else None
    return Registration(
        relationship=relationship.uuid,
        source_svm=source.svm_uuid,
        source_volume=source.volume,
        source_volume_uuid=source.volume_uuid,
        svm_peer=peer.uuid if peer else None,
        destination_svm=destination.svm,
        destination_svm_uuid=destination.svm_uuid,
        destination_volume=destination.volume,
        destination_volume_uuid=destination.volume_uuid,
        policy=cluster.policies[relationship.policy].name,
        kind=relationship.kind,
        have=tuple(snapshot.version_uuid for snapshot in snapshots_of(cluster, destination.volume_uuid)),
    )
