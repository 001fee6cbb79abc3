"""Which qtree is where, and which export policy holds there."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.qtrees.state import Qtree
from ontaplab.resources.volumes.state import Volume


def policy_at(cluster: Cluster, volume: Volume, path: str) -> str:
    """The name of the export policy for a path in the volume: that of its qtree if that has one of its own.

    Source: NetApp's knowledge base, "What is export-policy inheritance"
    """
    name, _, _ = path.partition("/")
    for qtree in cluster.qtrees_by_volume[volume.uuid]:
        if qtree.name == name and qtree.export_policy in cluster.export_policies:
            return cluster.export_policies[str(qtree.export_policy)].name
    return str(volume.property_of("nas.export_policy.name"))


def qtrees_of(cluster: Cluster, volume: Volume) -> list[Qtree]:
    """All of the volume: the volume itself, which is qtree 0, comes first."""
    itself = Qtree(uuid=f"{volume.uuid}/0", volume=volume.uuid, id=0, name="")
    return [itself, *cluster.qtrees_by_volume[volume.uuid]]
