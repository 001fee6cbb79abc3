"""Two clusters becoming peers.

One side makes an offer: a passphrase, and perhaps who may use it. The other side, given the passphrase and an address,
asks there. Whoever is asked by a cluster with the right passphrase accepts, and from then on both are available. What
proves a cluster's identity afterwards is a secret derived from the passphrase.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.client import ask_again, send
from ontaplab.resources.cluster_peers.errors import no_such_offer
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.wire.body import Body, decode, parse

RETRY_S = 10
"""How long to wait before asking the other side again. Assumption: a few seconds."""
WATCH_S = 300
"""How often a peer is asked whether it is there. Calls for other purposes tell sooner; so does a look at one that was
not."""


def start_handshake(cluster: Cluster, offer: ClusterPeer) -> None:
    """The offer is pursued until it is accepted or expires."""
    cluster.start_task(partial(_pursue, cluster, offer.uuid))


def resume_handshakes(cluster: Cluster) -> None:
    """After a restart: open offers are pursued, peers are watched."""
    for peer in cluster.cluster_peers:
        if peer.is_offer:
            start_handshake(cluster, peer)
        else:
            cluster.start_task(partial(_watch, cluster, peer.uuid))


class Introduction(Body):
    """Who a cluster says that it is."""

    name: str
    uuid: str
    addresses: tuple[str, ...]
    serial: str


class Call(Introduction):
    """The secret proves that the caller knows the passphrase."""

    secret: str


def accept(cluster: Cluster, call: Call) -> dict[str, Any]:
    """Another cluster takes up an offer of ours: it is a peer now. Returns who we are. Raises: OntapError."""
    now = cluster.clock.now()
    offer = cluster.cluster_peers.first(
        lambda peer: (
            peer.is_offered_to(call.addresses, now) and hmac.compare_digest(peer.secret.encode(), call.secret.encode())
        )
    )
    if offer is None:
        raise no_such_offer()
    if not offer.remote_addresses:  # an anonymous offer gets a new identity when it is accepted
        cluster.cluster_peers.remove(offer.uuid)
        offer = replace(offer, uuid=cluster.new_uuid("cluster_peer", call.name))
    _complete(cluster, offer, call)
    return _introduction(cluster)


async def _pursue(cluster: Cluster, uuid: str) -> None:
    while (offer := cluster.cluster_peers.get(uuid)) is not None and offer.expires is not None:
        left_s = (offer.expires - cluster.clock.now()).total_seconds()
        if left_s <= 0:
            cluster.cluster_peers.remove(uuid)
            return
        await _ask(cluster, offer)
        await cluster.clock.sleep(min(RETRY_S, left_s) if offer.remote_addresses else left_s)


async def _ask(cluster: Cluster, offer: ClusterPeer) -> None:
    call = {**_introduction(cluster), "secret": offer.secret}
    try:
        reply = await send(cluster, offer, "POST", "/peering", call)
        other = parse(Introduction, decode(reply.content)) if reply.is_success else None
    except OntapError:  # silent, or it makes no sense
        return
    if other is not None and (now := cluster.cluster_peers.get(offer.uuid)) is not None and now.is_offer:
        _complete(cluster, now, other)


def _complete(cluster: Cluster, offer: ClusterPeer, other: Introduction) -> None:
    peer = replace(
        offer,
        name=offer.name if offer.is_named else other.name,
        state="available",
        authentication="ok",
        updated=cluster.clock.now(),
        expires=None,
        remote_name=other.name,
        remote_uuid=other.uuid,
        remote_addresses=other.addresses,
        remote_serial=other.serial,
    )
    cluster.cluster_peers.put(peer)
    cluster.start_task(partial(_watch, cluster, peer.uuid))


def _introduction(cluster: Cluster) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "uuid": cluster.uuid,
        "addresses": [cluster.address],
        "serial": cluster.node.serial,
    }


async def _watch(cluster: Cluster, uuid: str) -> None:
    while (peer := cluster.cluster_peers.get(uuid)) is not None:
        await ask_again(cluster, peer)
        await cluster.clock.sleep(WATCH_S)


def looked_at(cluster: Cluster) -> Iterable[ClusterPeer]:
    """All peers as they are known. One that did not answer last is asked again, and the next look tells."""
    for peer in cluster.cluster_peers:
        if peer.state == "unavailable":
            cluster.start_task(partial(ask_again, cluster, peer))
    return cluster.cluster_peers
