"""Paths of volumes, `svm:volume`, and what they mean here."""

from __future__ import annotations

from dataclasses import dataclass

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, no_entry
from ontaplab.resources.relationships.errors import path_without_colon, svm_not_found, svms_not_peered
from ontaplab.resources.relationships.state import Endpoint
from ontaplab.resources.svm_peers.state import SvmPeer
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.state import Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlace:
    """Where the source of a new relationship is."""

    svm: str
    """its name here: of a peer SVM the local alias"""
    svm_uuid: str
    volume: str
    svm_peer: str | None
    """uuid; None: in the destination's own SVM"""
    cluster_peer: str | None
    """uuid; None: in this cluster"""

    @property
    def path(self) -> str:
        return f"{self.svm}:{self.volume}"


def split_path(field: str, path: str) -> tuple[str, str]:
    """SVM and volume of a path.

    Raises: OntapError 13303852 without a colon, 13303841 for a whole SVM, a consistency group or a bucket.
    """
    svm, colon, volume = path.partition(":")
    if not colon:
        raise path_without_colon(field, path)
    if not svm or not volume or "/" in volume:
        message = f'"{path}" is not a volume\'s path: only relationships of volumes are simulated by ontaplab.'
        raise OntapError(400, "13303841", message, target=field)
    return svm, volume


def destination_volume(cluster: Cluster, path: str) -> Volume:
    """The volume here that has this path. Raises: OntapError 2621462, 4."""
    svm, name = split_path("destination.path", path)
    found = cluster.svms.first(lambda each: each.name == svm)
    if found is None:
        raise svm_not_found(svm)
    volume = cluster.volumes.by_name.first((found.uuid, name))
    if volume is None:
        raise no_entry("destination.path")
    return volume


def source_place(cluster: Cluster, path: str, destination_svm: str) -> SourcePlace:
    """Where that path leads from the destination's SVM (its uuid): into itself, or to an SVM that is its peer.

    Raises: OntapError 13303886 if no SVM of that name is a peer for SnapMirror.
    """
    alias, volume = split_path("source.path", path)
    svm = cluster.svms[destination_svm]
    if alias == svm.name:
        return SourcePlace(svm=alias, svm_uuid=svm.uuid, volume=volume, svm_peer=None, cluster_peer=None)
    for peer in cluster.svm_peers:
        remote = _other_side(cluster, peer, svm)
        if remote is None or remote[0] != alias or peer.state != "peered" or "snapmirror" not in peer.applications:
            continue
        return SourcePlace(
            svm=alias, svm_uuid=remote[1], volume=volume, svm_peer=peer.uuid, cluster_peer=peer.cluster_peer
        )
    raise svms_not_peered(alias, svm.name)


def _other_side(cluster: Cluster, peer: SvmPeer, svm: Svm) -> tuple[str, str] | None:
    """Name and uuid of the SVM that this makes a peer of that one. Inside a cluster a record serves either way."""
    if peer.svm == svm.uuid:
        return peer.name, peer.peer_svm_uuid
    if peer.cluster_peer is None and peer.peer_svm_uuid == svm.uuid:
        return svm_name(cluster, peer.svm) or "", peer.svm
    return None


def endpoint_of(cluster: Cluster, volume: Volume) -> Endpoint:
    """That volume of this cluster."""
    return Endpoint(
        svm=svm_name(cluster, volume.svm) or "",
        svm_uuid=volume.svm,
        volume=volume.name,
        volume_uuid=volume.uuid,
    )


def svm_name_of(cluster: Cluster, endpoint: Endpoint) -> str:
    """What its SVM is called now."""
    local = None if endpoint.cluster_peer is not None else svm_name(cluster, endpoint.svm_uuid)
    return local or endpoint.svm


def path_of(cluster: Cluster, endpoint: Endpoint) -> str:
    """What its path is now."""
    volume = None if endpoint.cluster_peer is not None else cluster.volumes.get(endpoint.volume_uuid)
    return f"{svm_name_of(cluster, endpoint)}:{volume.name if volume else endpoint.volume}"
