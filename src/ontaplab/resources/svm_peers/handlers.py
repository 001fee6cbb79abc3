"""SVM peers: create, accept, reject, suspend, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, missing_field
from ontaplab.intercluster.client import PeerSilent
from ontaplab.resources.cluster_peers.handlers import peer_of
from ontaplab.resources.svm_peers.aliases import check_alias
from ontaplab.resources.svm_peers.errors import (
    bad_transition,
    exists,
    itself,
    not_between_clusters,
    peer_svm_not_found,
)
from ontaplab.resources.svm_peers.exchange import offer_to_peer, tell_change, tell_removal
from ontaplab.resources.svm_peers.state import Application, SvmPeer
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.svms.state import Svm
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Reply, Request, Started

_FROM = {"peered": {"pending", "suspended", "peered"}, "rejected": {"pending"}, "suspended": {"peered"}}


class PeerBody(Body):
    svm: Reference | None = None
    cluster: Reference | None = None


class SvmPeerCreate(Body):
    svm: Reference | None = None
    peer: PeerBody = PeerBody()
    name: str | None = None
    applications: tuple[Application, ...] = ()
    force: bool = False


class SvmPeerChange(Body):
    name: str | None = None
    applications: tuple[Application, ...] | None = None
    state: Literal["peered", "rejected", "suspended"] | None = None
    force: bool = False


def create(cluster: Cluster, request: Request, body: SvmPeerCreate) -> Reply[SvmPeer]:
    svm = svm_of(cluster, body.svm, request.tunnel)
    peer_name = (body.peer.svm and body.peer.svm.name) or body.name
    if peer_name is None:
        raise missing_field("peer.svm.name")
    if not body.applications:
        raise missing_field("applications")
    remote = body.peer.cluster
    if remote is None or remote.name == cluster.name or remote.uuid == cluster.uuid:
        peer = _inside(cluster, svm, peer_name, body)
    else:
        peer = _between(cluster, svm, peer_name, remote, body)
    _check_is_new(cluster, peer)

    async def work() -> None:
        async with cluster.svm_lock(svm.uuid):  # the same request twice: the second makes no offer
            _check_is_new(cluster, peer)
            known = peer if peer.cluster_peer is None else await offer_to_peer(cluster, peer)
            with cluster.together():
                cluster.svm_peers.put(known)
                if known.cluster_peer is None:
                    cluster.svm_peers.put(_reverse(cluster, known))

    return Started(cluster.start_job("POST /api/svm/peers", work, svm=svm.uuid), peer)


def modify(cluster: Cluster, request: Request, peer: SvmPeer, body: SvmPeerChange) -> Reply[SvmPeer]:
    if body.state is not None and peer.state not in _FROM[body.state]:
        raise bad_transition(peer.state, body.state)
    changed = replace(
        peer,
        name=body.name or peer.name,
        applications=body.applications or peer.applications,
        state=body.state or peer.state,
    )
    check_alias(cluster, changed)

    async def work() -> None:
        try:
            await tell_change(cluster, changed)
        except PeerSilent:
            if not body.force:
                raise
        with cluster.together():
            cluster.svm_peers.put(changed)
            for other in cluster.svm_peers.where(changed.is_reverse_of):
                cluster.svm_peers.put(replace(other, state=changed.state, applications=changed.applications))

    return Started(cluster.start_job(f"PATCH /api/svm/peers/{peer.uuid}", work, svm=peer.svm), changed)


def remove(cluster: Cluster, request: Request, peer: SvmPeer) -> Reply[SvmPeer]:
    async def work() -> None:
        try:
            await tell_removal(cluster, peer)
        except PeerSilent:
            if not request.flag("force"):
                raise
        except OntapError as refused:
            if refused.code != "4":  # it was removed there already
                raise
        with cluster.together():
            for other in cluster.svm_peers.where(peer.is_reverse_of):
                cluster.svm_peers.remove(other.uuid)
            cluster.svm_peers.remove(peer.uuid)

    return Started(cluster.start_job(f"DELETE /api/svm/peers/{peer.uuid}", work, svm=peer.svm))


def _inside(cluster: Cluster, svm: Svm, peer_name: str, body: SvmPeerCreate) -> SvmPeer:
    """A pair inside the cluster is peered at once."""
    other = cluster.svms.first(lambda svm: svm.name == peer_name)
    if other is None:
        raise peer_svm_not_found(peer_name, cluster.name)
    if other.uuid == svm.uuid:
        raise itself()
    return SvmPeer(
        uuid=cluster.new_uuid("svm_peer", f"{svm.uuid}/{other.uuid}"),
        name=body.name or peer_name,
        svm=svm.uuid,
        peer_svm_name=peer_name,
        peer_svm_uuid=other.uuid,
        cluster_peer=None,
        applications=body.applications,
        state="peered",
    )


def _reverse(cluster: Cluster, peer: SvmPeer) -> SvmPeer:
    name = cluster.svms[peer.svm].name
    return replace(
        peer,
        uuid=cluster.new_uuid("svm_peer", f"{peer.peer_svm_uuid}/{peer.svm}"),
        name=name,
        svm=peer.peer_svm_uuid,
        peer_svm_name=name,
        peer_svm_uuid=peer.svm,
    )


def _between(cluster: Cluster, svm: Svm, peer_name: str, remote: Reference, body: SvmPeerCreate) -> SvmPeer:
    """A pair between clusters is initiated; the other side has to accept."""
    if "lun_copy" in body.applications:
        raise not_between_clusters("lun_copy")
    return SvmPeer(
        uuid=cluster.new_uuid("svm_peer", f"{svm.uuid}/{peer_name}"),
        name=body.name or peer_name,
        svm=svm.uuid,
        peer_svm_name=peer_name,
        peer_svm_uuid="",
        cluster_peer=peer_of(cluster, remote).uuid,
        applications=body.applications,
        state="initiated",
    )


def _check_is_new(cluster: Cluster, peer: SvmPeer) -> None:
    for other in cluster.svm_peers.where(lambda other: other.svm == peer.svm):
        if (other.cluster_peer, other.peer_svm_name) == (peer.cluster_peer, peer.peer_svm_name):
            raise exists(cluster.svms[peer.svm].name, peer.peer_svm_name)
    check_alias(cluster, peer)
