"""What two clusters tell each other about a pair of SVMs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.client import ask_peer
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.resources.svm_peer_permissions.handlers import is_permitted
from ontaplab.resources.svm_peers.aliases import free_alias
from ontaplab.resources.svm_peers.errors import peer_svm_not_found
from ontaplab.resources.svm_peers.state import Application, State, SvmPeer
from ontaplab.wire.body import Body

_AS_THE_OTHER_SEES_IT: Mapping[str, State] = {"peered": "peered", "suspended": "suspended", "rejected": "rejected"}


async def offer_to_peer(cluster: Cluster, offer: SvmPeer) -> SvmPeer:
    """The peer's cluster knows of the offer. Returns the record as it is to be kept. Raises: OntapError."""
    answer = await ask_peer(
        cluster,
        _cluster_peer(cluster, offer),
        "POST",
        "/svm-peers",
        {
            "uuid": offer.uuid,
            "svm": offer.peer_svm_name,
            "peer_svm": {"uuid": offer.svm, "name": cluster.svms[offer.svm].name},
            "applications": offer.applications,
        },
    )
    return replace(offer, peer_svm_uuid=answer["svm_uuid"], state=answer["state"])


async def tell_change(cluster: Cluster, peer: SvmPeer) -> None:
    """The other side has the same state and applications, and knows the SVM's name. Raises: OntapError."""
    if peer.cluster_peer is not None:
        name = cluster.svms[peer.svm].name
        change = {"state": peer.state, "applications": peer.applications, "svm_name": name}
        await ask_peer(cluster, _cluster_peer(cluster, peer), "PATCH", f"/svm-peers/{peer.uuid}", change)


async def tell_removal(cluster: Cluster, peer: SvmPeer) -> None:
    """The other side has no such peer any more. Raises: OntapError."""
    if peer.cluster_peer is not None:
        await ask_peer(cluster, _cluster_peer(cluster, peer), "DELETE", f"/svm-peers/{peer.uuid}")


class _Svm(Body):
    uuid: str
    name: str


class Offer(Body):
    uuid: str
    svm: str
    peer_svm: _Svm
    applications: tuple[Application, ...]


class Change(Body):
    state: str
    applications: tuple[Application, ...]
    svm_name: str


def offered_by_peer(cluster: Cluster, caller: ClusterPeer, offer: Offer) -> dict[str, Any]:
    """An SVM of the caller wants to be the peer of one here. It is pending, or peered if that was allowed before."""
    svm = cluster.svms.first(lambda svm: svm.name == offer.svm)
    if svm is None:
        raise peer_svm_not_found(offer.svm, cluster.name)
    allowed = bool({svm.name, "*"}.intersection(caller.initial_allowed_svms)) or is_permitted(
        cluster, caller.uuid, svm.uuid, offer.applications
    )
    peer = SvmPeer(
        uuid=offer.uuid,
        name=offer.peer_svm.name,
        svm=svm.uuid,
        peer_svm_name=offer.peer_svm.name,
        peer_svm_uuid=offer.peer_svm.uuid,
        cluster_peer=caller.uuid,
        applications=offer.applications,
        state="peered" if allowed else "pending",
    )
    for other in cluster.svm_peers.where(peer.is_same_pair):
        cluster.svm_peers.remove(other.uuid)  # the caller lost its record: the new offer replaces this one
    cluster.svm_peers.put(replace(peer, name=free_alias(cluster, peer)))
    return {"svm_uuid": svm.uuid, "state": "peered" if allowed else "initiated"}


def changed_by_peer(cluster: Cluster, caller: ClusterPeer, uuid: str, change: Change) -> None:
    """The caller has accepted, rejected, suspended or resumed, changed the applications or renamed the SVM."""
    peer = _of_caller(cluster, caller, uuid)
    state = _AS_THE_OTHER_SEES_IT.get(change.state, peer.state)
    cluster.svm_peers.put(replace(peer, state=state, applications=change.applications, peer_svm_name=change.svm_name))


def removed_by_peer(cluster: Cluster, caller: ClusterPeer, uuid: str) -> None:
    """The caller has removed the pair."""
    cluster.svm_peers.remove(_of_caller(cluster, caller, uuid).uuid)


def _of_caller(cluster: Cluster, caller: ClusterPeer, uuid: str) -> SvmPeer:
    peer = cluster.svm_peers.get(uuid)
    if peer is None or peer.cluster_peer != caller.uuid:
        raise OntapError(404, "4", f"entry doesn't exist: SVM peer {uuid} in cluster {cluster.name}")
    return peer


def _cluster_peer(cluster: Cluster, peer: SvmPeer) -> ClusterPeer:
    assert peer.cluster_peer is not None, "only pairs between clusters are talked about"
    return cluster.cluster_peers[peer.cluster_peer]
