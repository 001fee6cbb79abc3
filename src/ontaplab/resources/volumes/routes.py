"""`/storage/volumes`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import used_bytes
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.bodies import VolumeChange, VolumeCreate
from ontaplab.resources.volumes.derived import DERIVED, afs_bytes
from ontaplab.resources.volumes.handlers import create, modify, remove
from ontaplab.resources.volumes.lifecycle import served_tree
from ontaplab.resources.volumes.state import DEFAULTS, Volume
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource

_CHEAP_PROPERTIES = {"snapshot_policy.name", "tiering.policy", "tiering.min_cooling_days"}
_PROPERTIES = (
    *DEFAULTS,
    "efficiency.policy.name",
    "qos.policy.name",
    "qos.policy.uuid",
    "qos.policy.max_throughput_iops",
    "qos.policy.max_throughput_mbps",
    "qos.policy.min_throughput_iops",
    "qos.policy.min_throughput_mbps",
    "autosize.minimum",
    "autosize.maximum",
    "autosize.grow_threshold",
    "autosize.shrink_threshold",
    "tiering.min_cooling_days",
    "tiering.object_tags",
)


def _property_field(name: str) -> Field[Volume]:
    level = Level.CHEAP if name in _CHEAP_PROPERTIES else Level.EXPENSIVE
    return Field(lambda volume: volume.property_of(name), level)


def resource(cluster: Cluster) -> Resource[Volume]:
    def used(volume: Volume) -> int:
        tree = served_tree(cluster, volume)
        return 0 if tree is None else used_bytes(tree)

    def available(volume: Volume) -> int:
        return max(0, afs_bytes(volume) - used(volume))

    def is_source(volume: Volume) -> bool:
        owned = cluster.snapshots.first(lambda snapshot: snapshot.volume == volume.uuid and bool(snapshot.owners))
        return owned is not None and not volume.is_mirror

    fields: Fields[Volume] = Fields(
        {
            "uuid": Field(lambda volume: volume.uuid, Level.KEY),
            "name": Field(lambda volume: volume.name, Level.KEY),
            "svm.name": Field(lambda volume: svm_name(cluster, volume.svm)),
            "svm.uuid": Field(lambda volume: volume.svm),
            "aggregates[].name": Field(lambda volume: [cluster.aggregates[volume.aggregate].name]),
            "aggregates[].uuid": Field(lambda volume: [volume.aggregate]),
            "type": Field(lambda volume: volume.type),
            "state": Field(lambda volume: volume.state),
            "style": Field(lambda volume: "flexvol"),
            "size": Field(lambda volume: volume.size_bytes),
            "space.size": Field(lambda volume: volume.size_bytes),
            "space.used": Field(used),
            "space.available": Field(available),
            "comment": Field(lambda volume: volume.comment),
            "language": Field(lambda volume: volume.language),
            "create_time": Field(lambda volume: volume.created),
            "msid": Field(lambda volume: volume.msid or None),
            "snapmirror.is_protected": Field(is_source),
            "clone.is_flexclone": Field(lambda volume: False),
            "is_svm_root": Field(lambda volume: volume.is_svm_root, Level.EXPENSIVE),
            "nas.path": Field(lambda volume: volume.junction_path, Level.EXPENSIVE),
            "guarantee.honored": Field(lambda volume: True, Level.EXPENSIVE),
            "encryption.type": Field(
                lambda volume: "volume" if volume.property_of("encryption.enabled") else "none", Level.EXPENSIVE
            ),
            "efficiency.volume_path": Field(lambda volume: f"/vol/{volume.name}", Level.EXPENSIVE),
            **{name: _property_field(name) for name in _PROPERTIES},
            **DERIVED,
        }
    )
    return Resource(
        path="/storage/volumes",
        fields=fields,
        rows=lambda request: cluster.volumes,
        find=lambda request: cluster.volumes.get(request.path["uuid"]),
        create=Create(VolumeCreate, partial(create, cluster)),
        modify=Modify(VolumeChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
        flags=frozenset({"force"}),
    )
