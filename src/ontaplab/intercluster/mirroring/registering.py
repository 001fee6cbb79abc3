"""A destination taken into the list of a source volume's destinations."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.intercluster.mirroring.choosing import checked, newest_common
from ontaplab.intercluster.mirroring.messages import Registered, Registration
from ontaplab.resources.licenses.handlers import check_licensed
from ontaplab.resources.relationships.dependence import settle_owners
from ontaplab.resources.relationships.errors import no_source_volume, svms_not_peered, too_many_destinations
from ontaplab.resources.relationships.state import Endpoint, ListedDestination
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.state import Volume

MOST_DESTINATIONS = 16
"""Assumption: the larger of the two fan-out limits that are told of, which is the newer one."""


def register(cluster: Cluster, registration: Registration, cluster_peer: str | None) -> Registered:
    """The source volume lists the destination, which is at that cluster peer (its uuid); None: here.

    Raises: OntapError.
    """
    check_licensed(cluster, "snapmirror")
    volume = _source_volume(cluster, registration)
    alias = _alias(cluster, registration, cluster_peer)
    _check_fan_out(cluster, registration, volume)
    _check_no_circle(cluster, registration, volume)
    common = newest_common(snapshots_of(cluster, volume.uuid), registration.have)
    was_listed = registration.relationship in cluster.listed_destinations
    cluster.listed_destinations.put(
        ListedDestination(
            uuid=registration.relationship,
            source=Endpoint(
                svm=svm_name(cluster, volume.svm) or "",
                svm_uuid=volume.svm,
                volume=volume.name,
                volume_uuid=volume.uuid,
            ),
            destination=Endpoint(
                svm=alias,
                svm_uuid=registration.destination_svm_uuid,
                volume=registration.destination_volume,
                volume_uuid=registration.destination_volume_uuid,
                cluster_peer=cluster_peer,
            ),
            policy=registration.policy,
            kind=registration.kind,
            base=common,
        )
    )
    settle_owners(cluster, volume.uuid)
    return Registered(
        volume_uuid=volume.uuid,
        volume_size_bytes=volume.size_bytes,
        volume_language=volume.language,
        common=common,
        constituents=len(volume.constituents),
        was_listed=was_listed,
    )


def _source_volume(cluster: Cluster, registration: Registration) -> Volume:
    volume = cluster.volumes.get(registration.source_volume_uuid or None)
    if volume is None:
        volume = cluster.volumes.by_name.first((registration.source_svm, registration.source_volume))
    path = f"{svm_name(cluster, registration.source_svm)}:{registration.source_volume}"
    return checked(volume, path)


def _check_fan_out(cluster: Cluster, registration: Registration, volume: Volume) -> None:
    others = [
        each for each in cluster.listed_destinations_by_volume[volume.uuid] if each.uuid != registration.relationship
    ]
    if len(others) >= MOST_DESTINATIONS:
        raise too_many_destinations(registration.source_volume, MOST_DESTINATIONS)


def _check_no_circle(cluster: Cluster, registration: Registration, volume: Volume) -> None:
    """Raises: OntapError 6619337 if the source is itself a mirror of the destination. A restore is meant to be."""
    if registration.kind == "restore":
        return
    former = cluster.relationships_by_volume.first(volume.uuid)
    if volume.is_mirror and former and former.source.volume_uuid == registration.destination_volume_uuid:
        raise no_source_volume(registration.source_volume, "is a mirror of the destination volume")


def _alias(cluster: Cluster, registration: Registration, cluster_peer: str | None) -> str:
    """What the destination's SVM is called here."""
    if cluster_peer is None:
        return registration.destination_svm
    peer = cluster.svm_peers.get(registration.svm_peer)
    if peer is None or peer.state != "peered" or peer.cluster_peer != cluster_peer:
        source = svm_name(cluster, registration.source_svm) or registration.source_svm
        raise svms_not_peered(source, registration.destination_svm)
    return peer.name
