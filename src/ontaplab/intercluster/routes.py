"""What a cluster answers to its peers. Each route but the handshake knows which peer is asking."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.client import ask_again
from ontaplab.resources.cluster_peers.handshake import Call, accept
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.resources.ip_interfaces.intercluster import hears_peers
from ontaplab.resources.svm_peers.exchange import Change, Offer, changed_by_peer, offered_by_peer, removed_by_peer
from ontaplab.wire.body import parse, read_object

PeerEndpoint = Callable[[ClusterPeer, Request], Awaitable[Response]]


def intercluster_routes(cluster: Cluster) -> Sequence[Route]:
    """All routes below `/intercluster`."""

    async def peering(http: Request) -> Response:
        try:
            _check_hears(cluster)
            return JSONResponse(accept(cluster, parse(Call, await read_object(http))))
        except OntapError as error:
            return _refused(error)

    async def ping(peer: ClusterPeer, http: Request) -> Response:
        return JSONResponse({})

    async def offer_svm_peer(peer: ClusterPeer, http: Request) -> Response:
        return JSONResponse(offered_by_peer(cluster, peer, parse(Offer, await read_object(http))))

    async def svm_peer(peer: ClusterPeer, http: Request) -> Response:
        uuid = http.path_params["uuid"]
        if http.method == "DELETE":
            removed_by_peer(cluster, peer, uuid)
        else:
            changed_by_peer(cluster, peer, uuid, parse(Change, await read_object(http)))
        return JSONResponse({})

    return [
        Route("/intercluster/peering", peering, methods=["POST"]),
        peer_route(cluster, "/ping", ["GET"], ping),
        peer_route(cluster, "/svm-peers", ["POST"], offer_svm_peer),
        peer_route(cluster, "/svm-peers/{uuid}", ["PATCH", "DELETE"], svm_peer),
    ]


def peer_route(cluster: Cluster, path: str, methods: Sequence[str], endpoint: PeerEndpoint) -> Route:
    """A route below `/intercluster` for peers only. What `ask_peer` raises there is the OntapError raised here."""

    async def answer(http: Request) -> Response:
        try:
            return await endpoint(_caller(cluster, http), http)
        except OntapError as error:
            return _refused(error)

    return Route(f"/intercluster{path}", answer, methods=list(methods))


def _caller(cluster: Cluster, http: Request) -> ClusterPeer:
    """The peer that is calling. Raises: OntapError 6 if it is none."""
    _check_hears(cluster)
    scheme, _, proof = http.headers.get("authorization", "").partition(" ")
    uuid, _, secret = proof.partition(":")
    peer = cluster.cluster_peers.first(lambda peer: peer.remote_uuid == uuid and not peer.is_offer)
    if scheme != "Peer" or peer is None or not hmac.compare_digest(peer.secret.encode(), secret.encode()):
        raise OntapError(403, "6", f"The caller is no peer of cluster {cluster.name}.")
    if peer.state == "unavailable":  # it is back: whether it can be reached from here too is asked, not believed
        cluster.start_task(partial(ask_again, cluster, peer))
    return peer


def _check_hears(cluster: Cluster) -> None:
    """Raises: OntapError with the status that stands for no answer."""
    if not hears_peers(cluster):
        raise OntapError(503, "4653215", f"The intercluster interface of {cluster.name} is down.")


def _refused(error: OntapError) -> Response:
    return JSONResponse({"error": error.body()}, error.status)
