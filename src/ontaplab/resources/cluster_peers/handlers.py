"""Cluster peers: offer, join, change, remove."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Literal

from ontaplab.cluster import Cluster
from ontaplab.errors import invalid_value
from ontaplab.resources.cluster_peers.errors import (
    address_is_local,
    bad_address,
    expired,
    expires_too_late,
    is_in_use,
    is_peered,
    mixed_families,
    no_interface,
    not_found,
    passphrase_too_short,
    passphrase_without_address,
)
from ontaplab.resources.cluster_peers.handshake import start_handshake
from ontaplab.resources.cluster_peers.state import (
    DEFAULT_OFFER,
    LONGEST_OFFER,
    SHORTEST_PASSPHRASE,
    ClusterPeer,
    secret_of,
)
from ontaplab.resources.ip_interfaces.intercluster import families, family_of, intercluster_interfaces
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request
from ontaplab.wire.values import format_instant, parse_duration, parse_instant


class Remote(Body):
    ip_addresses: tuple[str, ...] = ()


class Authentication(Body):
    passphrase: str | None = None
    generate_passphrase: bool = False
    expiry_time: str | None = None


class Encryption(Body):
    proposed: Literal["none", "tls_psk"] = "tls_psk"


class ClusterPeerBody(Body):
    name: str | None = None
    remote: Remote | None = None
    authentication: Authentication | None = None
    encryption: Encryption | None = None
    initial_allowed_svms: tuple[Reference, ...] | None = None
    peer_applications: tuple[str, ...] | None = None
    ipspace: Reference | None = None


def create(cluster: Cluster, request: Request, body: ClusterPeerBody) -> Reply[ClusterPeer]:
    """Makes an offer, or joins. The reply alone tells a generated passphrase.

    Assumption: the handshake goes on after the reply; the peer's status tells when it is done.
    """
    addresses = body.remote.ip_addresses if body.remote else ()
    asked = body.authentication or Authentication()
    _check_addresses(cluster, addresses)
    if asked.passphrase is not None and not addresses:
        raise passphrase_without_address()
    passphrase = _checked(asked.passphrase) if asked.passphrase is not None else secrets.token_urlsafe(18)
    now = cluster.clock.now()
    offer = ClusterPeer(
        uuid=cluster.new_uuid("cluster_peer", ",".join(addresses)),
        name=body.name or f"Clus_{passphrase[-4:]}",
        is_named=body.name is not None,
        secret=secret_of(passphrase),
        state="pending" if addresses else "unidentified",
        authentication="pending",
        updated=now,
        expires=_expiry(asked.expiry_time, now),
        remote_addresses=addresses,
        initial_allowed_svms=_allowed(body),
        applications=body.peer_applications or ("snapmirror",),
        encryption=body.encryption.proposed if body.encryption else "tls_psk",
    )
    cluster.cluster_peers.put(offer)
    start_handshake(cluster, offer)
    return Done(offer, reply={"num_records": 1, "records": [_told(cluster, offer, passphrase)]})


def modify(cluster: Cluster, request: Request, peer: ClusterPeer, body: ClusterPeerBody) -> Reply[ClusterPeer]:
    """Name, allowed SVMs and addresses can change; a new passphrase is not simulated."""
    if body.authentication is not None:
        raise invalid_value("a new passphrase, which is not simulated by ontaplab", "authentication")
    changed = peer
    if body.name is not None:
        changed = replace(changed, name=body.name, is_named=True)
    if body.initial_allowed_svms is not None:
        changed = replace(changed, initial_allowed_svms=_allowed(body))
    if body.remote is not None:
        _check_families(cluster, body.remote.ip_addresses)
        changed = replace(changed, remote_addresses=body.remote.ip_addresses)
    return Done(cluster.cluster_peers.put(changed))


def remove(cluster: Cluster, request: Request, peer: ClusterPeer) -> Reply[ClusterPeer]:
    if cluster.svm_peers.first(lambda svm_peer: svm_peer.cluster_peer == peer.uuid):
        raise is_in_use(peer.name)
    with cluster.together():
        for permission in cluster.svm_peer_permissions.where(lambda each: each.cluster_peer == peer.uuid):
            cluster.svm_peer_permissions.remove(permission.uuid)
        cluster.cluster_peers.remove(peer.uuid)
    return Done()


def peer_of(cluster: Cluster, reference: Reference) -> ClusterPeer:
    """The peer cluster that is meant, by its name here, its own name, or its uuid. Raises: OntapError 9895941."""
    found = cluster.cluster_peers.first(
        lambda peer: (
            not peer.is_offer
            and reference.name in (None, peer.name, peer.remote_name)
            and reference.uuid in (None, peer.remote_uuid, peer.uuid)
        )
    )
    if found is None:
        raise not_found(str(reference.name or reference.uuid))
    return found


def _told(cluster: Cluster, offer: ClusterPeer, passphrase: str) -> dict[str, object]:
    assert offer.expires is not None, "an offer expires"
    return {
        "uuid": offer.uuid,
        "name": offer.name,
        "ip_address": local_address(cluster),
        "authentication": {"passphrase": passphrase, "expiry_time": format_instant(offer.expires)},
        "_links": {"self": {"href": f"/api/cluster/peers/{offer.uuid}"}},
    }


def _check_addresses(cluster: Cluster, addresses: tuple[str, ...]) -> None:
    _check_families(cluster, addresses)
    own = {interface.address for interface in cluster.ip_interfaces}
    for address in addresses:
        if address in own:
            raise address_is_local(address)
        for peer in cluster.cluster_peers:
            if address in peer.remote_addresses and not peer.is_offer:
                raise is_peered(peer.name)


def _check_families(cluster: Cluster, addresses: tuple[str, ...]) -> None:
    """Every node reaches addresses of one family, that of the remote ones if there are any."""
    wanted: set[str] = set()
    for address in addresses:
        try:
            wanted |= family_of((address,))
        except ValueError:
            raise bad_address(address) from None
    if len(wanted) > 1:
        raise mixed_families()
    if not families(cluster) >= wanted or not families(cluster):
        raise no_interface()


def local_address(cluster: Cluster) -> str:
    """The intercluster address to tell to other clusters."""
    return next((interface.address for interface in intercluster_interfaces(cluster)), "0.0.0.0")  # noqa: S104  # ONTAP's word for none


def _checked(passphrase: str) -> str:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise passphrase_too_short(SHORTEST_PASSPHRASE)
    return passphrase


def _expiry(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now + DEFAULT_OFFER
    duration = parse_duration(text)
    expiry = parse_instant(text) if duration is None else now + duration
    if expiry is None:
        raise invalid_value(text, "authentication.expiry_time")
    if expiry <= now:
        raise expired()
    if expiry > now + LONGEST_OFFER:
        raise expires_too_late()
    return expiry


def _allowed(body: ClusterPeerBody) -> tuple[str, ...]:
    return tuple(each.name for each in body.initial_allowed_svms or () if each.name)
