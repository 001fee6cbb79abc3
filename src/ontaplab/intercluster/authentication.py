"""How a cluster shows a peer who it is: by the secret that both derived from the passphrase."""

from __future__ import annotations

import hmac

from starlette.requests import Request as HttpRequest

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.resources.cluster_peers.state import ClusterPeer


def credentials(cluster: Cluster, peer: ClusterPeer) -> dict[str, str]:
    """The headers by which `peer` knows that this cluster calls."""
    return {"X-Ontaplab-Cluster": cluster.uuid, "Authorization": f"Bearer {peer.secret}"}


def calling_peer(cluster: Cluster, request: HttpRequest) -> ClusterPeer:
    """The peer that sent the request. Raises: OntapError 6 if it cannot show that it is one."""
    uuid = request.headers.get("x-ontaplab-cluster", "")
    _, _, secret = request.headers.get("authorization", "").partition(" ")
    peer = cluster.cluster_peers.first(lambda peer: peer.remote_uuid == uuid and not peer.is_offer)
    if peer is None or not hmac.compare_digest(peer.secret.encode(), secret.encode()):
        raise OntapError(401, "6", "The calling cluster is not a peer of this one.")
    return peer
