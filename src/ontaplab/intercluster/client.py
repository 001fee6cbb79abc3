"""Calling another cluster."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

import httpx
from pydantic_core import to_json

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.faults.striking import FROM_CLUSTER
from ontaplab.network import Question, Reply
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.resources.ip_interfaces.intercluster import intercluster_interfaces


class PeerSilent(OntapError):
    """The peer gave no answer: whether it did what it was asked is not known."""

    def __init__(self, peer: str, reason: str) -> None:
        super().__init__(500, "4653215", f'Cluster peer "{peer}" does not answer: {reason}.')


def peer_headers(cluster: Cluster, peer: ClusterPeer) -> dict[str, str]:
    """What tells the peer who is calling, and proves it."""
    return {"Authorization": f"Peer {cluster.uuid}:{peer.secret}", FROM_CLUSTER: f"{cluster.name} {cluster.address}"}


def check_way(cluster: Cluster, peer: ClusterPeer) -> None:
    """Raises: httpx.ConnectError while no interface leads to other clusters, or if a partition keeps requests back."""
    if not intercluster_interfaces(cluster):
        raise httpx.ConnectError(f"no intercluster interface of {cluster.name} is up")
    cluster.faults.check_way_to(peer.name, peer.remote_name or peer.name, *peer.remote_addresses)


async def ask_peer(
    cluster: Cluster, peer: ClusterPeer, method: str, path: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The peer's answer to a request below `/intercluster`.

    Raises: PeerSilent; OntapError as the peer raised it.
    """
    reply = await send(cluster, peer, method, path, body)
    if reply.is_success:
        answer: dict[str, Any] = reply.json()
        return answer
    raise reply.refusal()


async def send(
    cluster: Cluster, peer: ClusterPeer, method: str, path: str, body: Mapping[str, Any] | None = None
) -> Reply:
    """The peer's reply, whatever it says; afterwards its status tells whether it answered. Raises: PeerSilent."""
    reason = "it has no intercluster address"
    content = b"" if body is None else to_json(body)
    for address in peer.remote_addresses:
        try:
            check_way(cluster, peer)
            question = Question(method, f"/intercluster{path}", peer_headers(cluster, peer), content)
            reply = await cluster.network.ask(address, question)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            continue
        if reply.status == httpx.codes.SERVICE_UNAVAILABLE:
            reason = reply.refusal().message
            continue
        mark(cluster, peer.uuid, answers=True)
        return reply
    mark(cluster, peer.uuid, answers=False)
    raise PeerSilent(peer.name, reason)


async def ask_again(cluster: Cluster, peer: ClusterPeer) -> None:
    """Afterwards its status tells whether it answers by now."""
    with suppress(PeerSilent):
        await send(cluster, peer, "GET", "/ping")


def mark(cluster: Cluster, uuid: str, *, answers: bool) -> None:
    """The peer's status tells whether it answered just now. An offer's status stays."""
    peer = cluster.cluster_peers.get(uuid)
    state: Literal["available", "unavailable"] = "available" if answers else "unavailable"
    if peer is not None and not peer.is_offer and peer.state != state:
        cluster.cluster_peers.put(replace(peer, state=state, updated=cluster.clock.now()))
