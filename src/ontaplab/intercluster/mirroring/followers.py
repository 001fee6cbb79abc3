"""What a source asks of its synchronous destinations: to follow now. `/intercluster/followers/{relationship}`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, no_entry
from ontaplab.intercluster.client import ask_peer
from ontaplab.intercluster.routes import peer_route
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.resources.relationships.state import ListedDestination, State
from ontaplab.resources.transfers.following import Following


async def follow_now(cluster: Cluster, following: Following, listed: ListedDestination) -> State:
    """The destination holds what the source holds, if this says `in_sync`.

    A destination that does not answer, or does not know the relationship, is out of sync.
    """
    try:
        if listed.destination.cluster_peer is None:
            return await following.follow(listed.uuid)
        peer = cluster.cluster_peers.get(listed.destination.cluster_peer)
        if peer is None:
            return State.OUT_OF_SYNC
        return State((await ask_peer(cluster, peer, "POST", f"/followers/{listed.uuid}"))["state"])
    except OntapError:
        return State.OUT_OF_SYNC


def follower_routes(cluster: Cluster, following: Following) -> list[Route]:
    """What the sources ask of the destinations at this cluster."""

    async def follow(peer: ClusterPeer, http: Request) -> Response:
        relationship = cluster.relationships.get(http.path_params["relationship"])
        if relationship is None or relationship.source.cluster_peer != peer.uuid:
            raise no_entry("relationship.uuid")
        return JSONResponse({"state": await following.follow(relationship.uuid)})

    return [peer_route(cluster, "/followers/{relationship}", ["POST"], follow)]
