"""`/svm/peers`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.svm_peers.handlers import SvmPeerChange, SvmPeerCreate, create, modify, remove
from ontaplab.resources.svm_peers.state import SvmPeer
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster) -> Resource[SvmPeer]:
    def peer_cluster_name(peer: SvmPeer) -> str | None:
        """The name by which the peer cluster is known here; this cluster's own inside it."""
        found = cluster.cluster_peers.get(peer.cluster_peer)
        return found.name if found else cluster.name

    def peer_cluster_uuid(peer: SvmPeer) -> str | None:
        found = cluster.cluster_peers.get(peer.cluster_peer)
        return found.remote_uuid if found else cluster.uuid

    fields: Fields[SvmPeer] = Fields(
        {
            "uuid": Field(lambda peer: peer.uuid, Level.KEY),
            "name": Field(lambda peer: peer.name, Level.KEY),
            "svm.name": Field(lambda peer: svm_name(cluster, peer.svm), Level.DEFAULT),
            "svm.uuid": Field(lambda peer: peer.svm, Level.DEFAULT),
            "peer.svm.name": Field(lambda peer: peer.peer_svm_name, Level.DEFAULT),
            "peer.svm.uuid": Field(lambda peer: peer.peer_svm_uuid, Level.DEFAULT),
            "peer.cluster.name": Field(peer_cluster_name, Level.DEFAULT),
            "peer.cluster.uuid": Field(peer_cluster_uuid, Level.DEFAULT),
            "state": Field(lambda peer: peer.state),
            "applications": Field(lambda peer: peer.applications),
        }
    )
    return Resource(
        path="/svm/peers",
        fields=fields,
        rows=lambda request: cluster.svm_peers,
        find=lambda request: cluster.svm_peers.get(request.path["uuid"]),
        create=Create(SvmPeerCreate, partial(create, cluster)),
        modify=Modify(SvmPeerChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
        flags=frozenset({"force"}),
    )
