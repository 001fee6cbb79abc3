"""Which snapshots relationships depend on: those they made, and those at which both ends are alike."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.resources.relationships.state import OWNER, ListedDestination, Relationship


def snapshot_prefix(relationship: Relationship | ListedDestination) -> str:
    """How the names of the snapshots begin that are made for it; the instant follows.

    Assumption: which ids stand in the name. Here: the destination SVM's uuid, and a number that is the relationship's.
    """
    number = int(relationship.uuid.partition("-")[0], 16)
    return f"snapmirror.{relationship.destination.svm_uuid}_{number}."


def bases(cluster: Cluster, volume: str, *, besides: str | None = None) -> set[str | None]:
    """The version_uuids of that volume's snapshots at which relationships, but for one, are alike at both ends."""
    listed = cluster.listed_destinations_by_volume[volume]
    ending = cluster.relationships_by_volume[volume]
    found = [(each.uuid, each.base) for each in listed] + [(each.uuid, each.base) for each in ending]
    return {base for uuid, base in found if uuid != besides}


def settle_owners(cluster: Cluster, volume: str) -> None:
    """Of that volume's snapshots exactly those are owned that a relationship depends on."""
    listed = cluster.listed_destinations_by_volume[volume]
    alike = bases(cluster, volume)
    made = tuple(map(snapshot_prefix, listed))
    for snapshot in cluster.snapshots_by_volume[volume]:
        others = tuple(owner for owner in snapshot.owners if owner != OWNER)
        needed = snapshot.version_uuid in alike or snapshot.name.startswith(made)
        owners = (*others, OWNER) if needed else others
        if owners != snapshot.owners:
            cluster.snapshots.put(replace(snapshot, owners=owners))
