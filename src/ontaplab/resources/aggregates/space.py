"""Aggregates: made, found, and what space is left on them."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.aggregates.errors import full, not_found
from ontaplab.resources.aggregates.state import Aggregate
from ontaplab.resources.volumes.space import footprint_bytes, parts_on
from ontaplab.wire.body import Reference


def create_aggregate(cluster: Cluster, name: str, size_bytes: int) -> Aggregate:
    """There is an aggregate of that name. For seeding: over the wire aggregates can only be read."""
    uuid = cluster.new_uuid("aggregate", name)
    return cluster.aggregates.put(Aggregate(uuid=uuid, name=name, size_bytes=size_bytes))


def aggregate_of(cluster: Cluster, reference: Reference) -> Aggregate:
    """The aggregate that is meant. Raises: OntapError 918241."""
    found = cluster.aggregates.first(
        lambda aggregate: reference.name in (None, aggregate.name) and reference.uuid in (None, aggregate.uuid)
    )
    if found is None:
        raise not_found(str(reference.name or reference.uuid))
    return found


def used_bytes(cluster: Cluster, aggregate: Aggregate) -> int:
    """What its volumes take, the sum of their footprints; all there is, where a fault has filled it."""
    if cluster.faults.fills(aggregate.name):
        return aggregate.size_bytes
    return sum(footprint_bytes(cluster, volume) for volume in parts_on(cluster, aggregate.uuid))


def check_room(cluster: Cluster, aggregate: Aggregate, more_bytes: int) -> None:
    """Raises: OntapError 917536 if that many bytes more do not fit."""
    if more_bytes <= 0:
        return
    if cluster.faults.check_room(aggregate.name):
        raise full(aggregate.name, more_bytes, 0)
    if cluster.volumes.promised_bytes[aggregate.uuid] + more_bytes <= aggregate.size_bytes:
        return  # they fit however full the volumes are: their files need not be looked at
    available = aggregate.size_bytes - used_bytes(cluster, aggregate)
    if more_bytes > available:
        raise full(aggregate.name, more_bytes, available)


def check_not_filled(cluster: Cluster, volume: str) -> None:
    """Raises: OntapError 917536 if a fault has filled the aggregate of that volume (its uuid)."""
    aggregate = cluster.aggregates[cluster.volumes[volume].aggregate]
    if cluster.faults.check_room(aggregate.name):
        raise full(aggregate.name, 1, 0)
