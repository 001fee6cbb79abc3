"""`/storage/aggregates`."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.aggregates.space import used_bytes
from ontaplab.resources.aggregates.state import Aggregate
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Resource


def resource(cluster: Cluster) -> Resource[Aggregate]:
    def used(aggregate: Aggregate) -> int:
        return used_bytes(cluster, aggregate)

    fields: Fields[Aggregate] = Fields(
        {
            "uuid": Field(lambda aggregate: aggregate.uuid, Level.KEY),
            "name": Field(lambda aggregate: aggregate.name, Level.KEY),
            "state": Field(lambda aggregate: aggregate.state),
            "node.name": Field(lambda aggregate: cluster.node.name),
            "node.uuid": Field(lambda aggregate: cluster.node.uuid),
            "home_node.name": Field(lambda aggregate: cluster.node.name),
            "home_node.uuid": Field(lambda aggregate: cluster.node.uuid),
            "snaplock_type": Field(lambda aggregate: "non_snaplock"),
            "block_storage.storage_type": Field(lambda aggregate: aggregate.storage_type),
            "block_storage.primary.raid_type": Field(lambda aggregate: "raid_dp"),
            "block_storage.primary.disk_class": Field(lambda aggregate: "solid_state"),
            "block_storage.primary.disk_type": Field(lambda aggregate: "ssd"),
            "block_storage.primary.disk_count": Field(lambda aggregate: 8),
            "block_storage.hybrid_cache.enabled": Field(lambda aggregate: False),
            "block_storage.mirror.enabled": Field(lambda aggregate: False),
            "data_encryption.software_encryption_enabled": Field(lambda aggregate: False),
            "data_encryption.drive_protection_enabled": Field(lambda aggregate: False),
            "space.block_storage.size": Field(lambda aggregate: aggregate.size_bytes),
            "space.block_storage.used": Field(used),
            "space.block_storage.available": Field(lambda aggregate: aggregate.size_bytes - used(aggregate)),
            "space.block_storage.full_threshold_percent": Field(lambda aggregate: 98),
            "volume-count": Field(
                lambda aggregate: sum(
                    part.aggregate == aggregate.uuid for volume in cluster.volumes for part in volume.parts
                )
            ),
        }
    )
    return Resource(path="/storage/aggregates", fields=fields, rows=lambda request: cluster.aggregates, tunnel=None)
