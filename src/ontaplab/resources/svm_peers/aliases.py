"""The local names of peer SVMs. One name stands for one SVM in the whole cluster, its own SVMs included."""

from __future__ import annotations

from itertools import count

from ontaplab.cluster import Cluster
from ontaplab.resources.svm_peers.errors import alias_taken
from ontaplab.resources.svm_peers.state import SvmPeer


def check_alias(cluster: Cluster, peer: SvmPeer) -> None:
    """Raises: OntapError 9896086 if the peer's name stands for another SVM here."""
    if not _is_free(cluster, peer, peer.name):
        raise alias_taken(peer.name)


def free_alias(cluster: Cluster, peer: SvmPeer) -> str:
    """The name of the peer, which is another cluster's choice, or else one made of it that is free.

    That there is one: event `vpeer.name.conflict`, docs.netapp.com/us-en/ontap-ems. Assumption: it ends in a number.
    """
    names = (f"{peer.name}.{number}" if number else peer.name for number in count())
    return next(name for name in names if _is_free(cluster, peer, name))


def _is_free(cluster: Cluster, peer: SvmPeer, name: str) -> bool:
    own = cluster.svms.first(lambda svm: svm.name == name)
    if own is not None and (peer.cluster_peer is not None or own.uuid != peer.peer_svm_uuid):
        return False
    meant = (peer.cluster_peer, peer.peer_svm_name)
    others = cluster.svm_peers.where(lambda other: other.name == name and other.uuid != peer.uuid)
    return all((other.cluster_peer, other.peer_svm_name) == meant for other in others)
