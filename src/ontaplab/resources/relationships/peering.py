"""SVMs that become peers so that a destination can be created: where the source's cluster permits it unasked."""

from __future__ import annotations

from contextlib import suppress

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.resources.cluster_peers.handlers import peer_of
from ontaplab.resources.relationships.bodies import End
from ontaplab.resources.relationships.endpoints import SourcePlace, source_place, split_path
from ontaplab.resources.relationships.errors import svms_not_peered
from ontaplab.resources.relationships.state import Endpoint
from ontaplab.resources.svm_peers.exchange import offer_to_peer, tell_removal
from ontaplab.resources.svm_peers.state import SvmPeer


def place_to_be_peered(cluster: Cluster, source: End, svm: str) -> SourcePlace:
    """Where the source is; without a `svm_uuid` if that SVM has yet to become a peer of the given one (its uuid).

    Raises: OntapError 13303886 if they are no peers and the source's cluster is not given, 9895941 if it is unknown.
    """
    assert source.path is not None, "a source has a path"
    alias, volume = split_path("source.path", source.path)
    try:
        return source_place(cluster, source.path, svm)
    except OntapError:
        offered = cluster.svm_peers.first(lambda peer: (peer.svm, peer.name) == (svm, alias))
        if source.cluster is None or offered is not None:
            raise
    peer = peer_of(cluster, source.cluster)
    return SourcePlace(svm=alias, svm_uuid="", volume=volume, svm_peer=None, cluster_peer=peer.uuid)


async def become_peers(cluster: Cluster, source: Endpoint, destination: Endpoint) -> str:
    """The SVMs of these ends are peers for SnapMirror. Returns the uuid of the source's.

    Raises: OntapError 13303886 if the other cluster does not permit it unasked: nothing has changed then.
    """
    offer = SvmPeer(
        uuid=cluster.new_uuid("svm_peer", f"{destination.svm_uuid}/{source.svm}"),
        name=source.svm,
        svm=destination.svm_uuid,
        peer_svm_name=source.svm,
        peer_svm_uuid="",
        cluster_peer=source.cluster_peer,
        applications=("snapmirror",),
        state="initiated",
    )
    async with cluster.svm_lock(offer.svm):
        peer = await offer_to_peer(cluster, offer)
        if peer.state != "peered":
            with suppress(OntapError):
                await tell_removal(cluster, peer)
            raise svms_not_peered(source.svm, destination.svm)
        return cluster.svm_peers.put(peer).peer_svm_uuid
