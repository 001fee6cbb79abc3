"""All fields of a volume. The names of its properties are fields too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import NAMESPACE_OID, uuid5

from ontaplab.cluster import Cluster
from ontaplab.resources.relationships.state import OWNER
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.encrypting import encryption_message, encryption_state
from ontaplab.resources.volumes.growth import least_bytes, most_bytes
from ontaplab.resources.volumes.moving import percent_complete
from ontaplab.resources.volumes.policies import REFERENCES, policy_fields
from ontaplab.resources.volumes.roots import root_volume
from ontaplab.resources.volumes.space import content_bytes, inherited_bytes
from ontaplab.resources.volumes.space_fields import space_fields
from ontaplab.resources.volumes.state import DEFAULTS, Clone, Movement, Volume
from ontaplab.wire.fields import Field, Fields, Level

_CHEAP_PROPERTIES = {"tiering.policy", "tiering.min_cooling_days"}
_PROPERTIES = (
    *(name for name in DEFAULTS if not name.startswith(REFERENCES)),
    *("efficiency.policy.name", "efficiency.application_io_size", "efficiency.compression_type"),
    "efficiency.storage_efficiency_mode",
    *("tiering.min_cooling_days", "tiering.object_tags"),
    *("space.snapshot.autodelete.target_free_space", "space.snapshot.autodelete.delete_order"),
    *("space.snapshot.autodelete.commitment", "space.snapshot.autodelete.defer_delete"),
    "space.snapshot.autodelete.prefix",
)
_EFFICIENCIES = ("compression", "dedupe", "compaction", "cross_volume_dedupe")

_Table = Mapping[str, Field[Volume]]


def volume_fields(cluster: Cluster) -> Fields[Volume]:
    return Fields(
        {
            **_identity(cluster),
            **space_fields(cluster),
            **_flexgroup_fields(cluster),
            **_clone_fields(cluster),
            **_movement_fields(cluster),
            **_data_fields(cluster),
            **{name: _property_field(name) for name in _PROPERTIES},
            **policy_fields(cluster),
            "autosize.minimum": Field(least_bytes, Level.EXPENSIVE),
            "autosize.maximum": Field(most_bytes, Level.EXPENSIVE),
        }
    )


def _property_field(name: str) -> Field[Volume]:
    level = Level.CHEAP if name in _CHEAP_PROPERTIES else Level.EXPENSIVE
    return Field(lambda volume: volume.property_of(name), level)


def _identity(cluster: Cluster) -> _Table:
    def is_source(volume: Volume) -> bool:
        held = cluster.snapshots_by_volume[volume.uuid]
        return not volume.is_mirror and any(OWNER in snapshot.owners for snapshot in held)

    def junction_parent(volume: Volume) -> Volume | None:
        return root_volume(cluster, volume.svm) if volume.export_path is not None else None

    def of_parent(get: Callable[[Volume], str]) -> Field[Volume]:
        return Field(
            lambda volume: get(parent) if (parent := junction_parent(volume)) is not None else None, Level.EXPENSIVE
        )

    return {
        "uuid": Field(lambda volume: volume.uuid, Level.KEY),
        "name": Field(lambda volume: volume.name, Level.KEY),
        "svm.name": Field(lambda volume: svm_name(cluster, volume.svm)),
        "svm.uuid": Field(lambda volume: volume.svm),
        "aggregates[].name": Field(lambda volume: [cluster.aggregates[uuid].name for uuid in volume.aggregates]),
        "aggregates[].uuid": Field(lambda volume: list(volume.aggregates)),
        "type": Field(lambda volume: volume.type),
        "state": Field(lambda volume: volume.state),
        "style": Field(lambda volume: volume.style),
        "comment": Field(lambda volume: volume.comment),
        "language": Field(lambda volume: volume.language),
        "create_time": Field(lambda volume: volume.created),
        "msid": Field(lambda volume: volume.msid or None),
        "_tags": Field(lambda volume: list(volume.tags) or None),
        "is_svm_root": Field(lambda volume: volume.is_svm_root, Level.EXPENSIVE),
        "nas.path": Field(lambda volume: volume.junction_path, Level.EXPENSIVE),
        "nas.junction_parent.name": of_parent(lambda parent: parent.name),
        "nas.junction_parent.uuid": of_parent(lambda parent: parent.uuid),
        "snapmirror.is_protected": Field(is_source),
        "snapmirror.destinations.is_ontap": Field(is_source, Level.EXPENSIVE),
        "snapmirror.destinations.is_cloud": Field(lambda volume: False, Level.EXPENSIVE),
        "snapshot_count": Field(lambda volume: len(cluster.snapshots_by_volume[volume.uuid]), Level.EXPENSIVE),
        "consistency_group.name": Field(lambda volume: None),
        "flexcache_endpoint_type": Field(lambda volume: "none"),
        "is_object_store": Field(lambda volume: False, Level.EXPENSIVE),
        "snaplock.type": Field(lambda volume: "non_snaplock", Level.EXPENSIVE),
    }


def _flexgroup_fields(cluster: Cluster) -> _Table:
    def flexgroup_name(volume: Volume) -> str | None:
        flexgroup = cluster.volumes.get(volume.flexgroup)
        return None if flexgroup is None else flexgroup.name

    def each(get: Callable[[Volume], object]) -> Field[Volume]:
        """A value for each constituent."""
        return Field(lambda volume: list(map(get, volume.parts)) if volume.constituents else None, Level.EXPENSIVE)

    return {
        "flexgroup.name": Field(flexgroup_name, Level.EXPENSIVE),
        "flexgroup.uuid": Field(lambda volume: volume.flexgroup, Level.EXPENSIVE),
        "constituent_count": Field(lambda volume: len(volume.constituents) or None, Level.EXPENSIVE),
        "constituents_per_aggregate": Field(
            lambda volume: len(volume.constituents) // len(volume.aggregates) or None, Level.EXPENSIVE
        ),
        "constituents[].name": each(lambda part: part.name),
        "constituents[].aggregates.name": each(lambda part: cluster.aggregates[part.aggregate].name),
        "constituents[].aggregates.uuid": each(lambda part: part.aggregate),
        "constituents[].space.size": each(lambda part: part.size_bytes),
        "constituents[].space.used": each(lambda part: content_bytes(cluster, part)),
    }


def _clone_fields(cluster: Cluster) -> _Table:
    def of_clone(get: Callable[[Clone], object]) -> Field[Volume]:
        return Field(lambda volume: None if volume.clone is None else get(volume.clone), Level.EXPENSIVE)

    def shared_snapshot_name(clone: Clone) -> str:
        """What it is called now: the parent's may be renamed."""
        snapshot = cluster.snapshots.get(clone.snapshot)
        return clone.snapshot_name if snapshot is None else snapshot.name

    def split_percent(clone: Clone) -> int:
        return 0 if clone.split is None else clone.split.percent(cluster.clock.now())

    return {
        "clone.is_flexclone": Field(lambda volume: volume.clone is not None),
        "clone.has_flexclone": Field(
            lambda volume: cluster.volumes.clones_by_parent.first(volume.uuid) is not None, Level.EXPENSIVE
        ),
        "clone.parent_volume.name": of_clone(lambda clone: cluster.volumes[clone.parent].name),
        "clone.parent_volume.uuid": of_clone(lambda clone: clone.parent),
        "clone.parent_snapshot.name": of_clone(shared_snapshot_name),
        "clone.parent_snapshot.uuid": of_clone(lambda clone: clone.snapshot),
        "clone.parent_svm.name": of_clone(lambda clone: svm_name(cluster, cluster.volumes[clone.parent].svm)),
        "clone.parent_svm.uuid": of_clone(lambda clone: cluster.volumes[clone.parent].svm),
        "clone.split_initiated": of_clone(lambda clone: clone.split is not None),
        "clone.split_complete_percent": of_clone(split_percent),
        "clone.split_estimate": of_clone(lambda clone: inherited_bytes(cluster, clone)),
        "clone.inherited_physical_used": of_clone(lambda clone: clone.inherited_bytes),
    }


def _movement_fields(cluster: Cluster) -> _Table:
    def of_move(get: Callable[[Movement], object]) -> Field[Volume]:
        return Field(lambda volume: None if volume.movement is None else get(volume.movement), Level.EXPENSIVE)

    return {
        "movement.state": of_move(lambda movement: movement.state),
        "movement.percent_complete": of_move(lambda movement: percent_complete(cluster, movement)),
        "movement.destination_aggregate.name": of_move(lambda movement: cluster.aggregates[movement.aggregate].name),
        "movement.destination_aggregate.uuid": of_move(lambda movement: movement.aggregate),
        "movement.start_time": of_move(lambda movement: movement.started),
        "movement.cutover_window": of_move(lambda movement: movement.cutover_window_s),
        "movement.tiering_policy": of_move(lambda movement: movement.tiering_policy),
    }


def _data_fields(cluster: Cluster) -> _Table:
    """How the data is kept: guaranteed, encrypted, made smaller."""

    def efficiency(volume: Volume) -> str:
        used = any(volume.property_of(f"efficiency.{name}") != "none" for name in _EFFICIENCIES)
        return "enabled" if used or volume.property_of("efficiency.policy.name") else "disabled"

    def key_id(volume: Volume) -> str | None:
        return str(uuid5(NAMESPACE_OID, volume.uuid)) if volume.property_of("encryption.enabled") else None

    return {
        "guarantee.honored": Field(lambda volume: True, Level.EXPENSIVE),
        "error_state.has_bad_blocks": Field(lambda volume: False, Level.EXPENSIVE),
        "error_state.is_inconsistent": Field(lambda volume: False, Level.EXPENSIVE),
        "encryption.type": Field(
            lambda volume: "volume" if volume.property_of("encryption.enabled") else "none", Level.EXPENSIVE
        ),
        "encryption.state": Field(encryption_state, Level.EXPENSIVE),
        "encryption.status.message": Field(encryption_message, Level.EXPENSIVE),
        "encryption.key_id": Field(key_id, Level.EXPENSIVE),
        "efficiency.state": Field(efficiency, Level.EXPENSIVE),
        "efficiency.op_state": Field(lambda volume: "idle", Level.EXPENSIVE),
        "efficiency.volume_path": Field(lambda volume: f"/vol/{volume.name}", Level.EXPENSIVE),
    }
