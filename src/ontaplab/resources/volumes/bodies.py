"""What POST and PATCH of a volume take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Limits

from ontaplab.resources.volumes.state import LONGEST_COMMENT
from ontaplab.wire.body import Body, OctalDigits, Reference, Size

_Space = Literal["none", "inline", "background", "both", "mixed"]
_Percent = Annotated[int, Limits(ge=0, le=100)]


class ExportPolicy(Reference):
    id: int | None = None


class Nas(Body):
    path: str | None = None
    export_policy: ExportPolicy | None = None
    security_style: Literal["unix", "ntfs", "mixed", "unified"] | None = None
    uid: int | None = None
    gid: int | None = None
    unix_permissions: OctalDigits | None = None


class Guarantee(Body):
    type: Literal["volume", "none"] | None = None


class Autodelete(Body):
    enabled: bool | None = None
    trigger: Literal["volume", "snap_reserve"] | None = None
    target_free_space: _Percent | None = None
    delete_order: Literal["newest_first", "oldest_first"] | None = None
    commitment: Literal["try", "disrupt", "destroy"] | None = None
    defer_delete: Literal["none", "user_created", "scheduled", "prefix"] | None = None
    prefix: str | None = None


class SnapshotSpace(Body):
    reserve_percent: int | None = None
    autodelete: Autodelete | None = None
    autodelete_enabled: bool | None = None


class LogicalSpace(Body):
    enforcement: bool | None = None
    reporting: bool | None = None


class Space(Body):
    size: Size | None = None
    snapshot: SnapshotSpace | None = None
    logical_space: LogicalSpace | None = None
    full_threshold_percent: _Percent | None = None
    nearly_full_threshold_percent: _Percent | None = None
    large_size_enabled: bool | None = None
    filesystem_size_fixed: bool | None = None


class Efficiency(Body):
    compression: _Space | None = None
    dedupe: _Space | None = None
    compaction: Literal["none", "inline", "mixed"] | None = None
    cross_volume_dedupe: _Space | None = None
    policy: Reference | None = None
    application_io_size: Literal["8k", "16k", "32k", "auto"] | None = None
    compression_type: Literal["none", "secondary", "adaptive"] | None = None
    storage_efficiency_mode: Literal["default", "efficient"] | None = None


class Encryption(Body):
    enabled: bool | None = None
    rekey: bool | None = None
    action: Literal["conversion_pause", "conversion_resume", "rekey_pause", "rekey_resume"] | None = None


class QosPolicy(Reference):
    max_throughput_iops: int | None = None
    max_throughput_mbps: int | None = None
    min_throughput_iops: int | None = None
    min_throughput_mbps: int | None = None


class Qos(Body):
    policy: QosPolicy | None = None


class Autosize(Body):
    mode: Literal["off", "grow", "grow_shrink"] | None = None
    minimum: Size | None = None
    maximum: Size | None = None
    grow_threshold: _Percent | None = None
    shrink_threshold: _Percent | None = None


class Tiering(Body):
    policy: Literal["all", "auto", "backup", "none", "snapshot_only"] | None = None
    min_cooling_days: int | None = None
    object_tags: tuple[str, ...] | None = None


class Files(Body):
    maximum: Annotated[int, Limits(ge=1)] | None = None


class Switch(Body):
    state: Literal["on", "off"] | None = None


class Quota(Body):
    enabled: bool | None = None


class Clone(Body):
    """What makes a new volume a clone (POST), or splits one off (PATCH)."""

    is_flexclone: bool | None = None
    parent_volume: Reference | None = None
    parent_snapshot: Reference | None = None
    parent_svm: Reference | None = None
    split_initiated: bool | None = None
    match_parent_storage_tier: bool | None = None


class Movement(Body):
    """A move to another aggregate that is to begin, or what is to become of it."""

    destination_aggregate: Reference | None = None
    state: str | None = None
    cutover_window: Annotated[int, Limits(ge=30, le=300)] | None = None
    tiering_policy: Literal["all", "auto", "backup", "none", "snapshot_only"] | None = None
    capacity_tier_optimized: bool | None = None


class RestoreTo(Body):
    snapshot: Reference


class VolumeBody(Body):
    """What POST and PATCH both take."""

    name: str | None = None
    comment: Annotated[str, Limits(max_length=LONGEST_COMMENT)] | None = None
    state: Literal["online", "offline", "restricted"] | None = None
    size: Size | None = None
    nas: Nas | None = None
    guarantee: Guarantee | None = None
    snapshot_policy: Reference | None = None
    space: Space | None = None
    efficiency: Efficiency | None = None
    encryption: Encryption | None = None
    qos: Qos | None = None
    autosize: Autosize | None = None
    tiering: Tiering | None = None
    snapshot_directory_access_enabled: bool | None = None
    access_time_enabled: bool | None = None
    tags: tuple[str, ...] | None = Limits(default=None, alias="_tags")
    files: Files | None = None
    analytics: Switch | None = None
    activity_tracking: Switch | None = None
    quota: Quota | None = None
    clone: Clone | None = None
    aggregates: tuple[Reference, ...] | None = None
    constituents_per_aggregate: Annotated[int, Limits(ge=1, le=1000)] | None = None
    constituent_count: Annotated[int, Limits(ge=1)] | None = None
    validate_only: bool | None = None

    def size_bytes(self) -> int | None:
        """The size, which clients also call `space.size`."""
        if self.size is None and self.space is not None:
            return self.space.size
        return self.size


class VolumeChange(VolumeBody):
    """PATCH. What is said about one request and no field is taken from the query too."""

    movement: Movement | None = None
    restore_to: RestoreTo | None = None
    sizing_method: Literal["use_existing_resources", "add_new_resources"] | None = None
    nvfail: str | None = None


class VolumeCreate(VolumeBody):
    """POST."""

    svm: Reference | None = None
    aggregates: tuple[Reference, ...] = ()
    style: Literal["flexvol", "flexgroup"] | None = None
    type: Literal["rw", "dp"] = "rw"
    language: str | None = None
