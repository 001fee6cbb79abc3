"""What POST and PATCH of a volume take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Limits

from ontaplab.wire.body import Body, Reference, Size

_Space = Literal["none", "inline", "background", "both", "mixed"]
_Percent = Annotated[int, Limits(ge=0, le=100)]


class Nas(Body):
    path: str | None = None
    export_policy: Reference | None = None
    security_style: Literal["unix", "ntfs", "mixed", "unified"] | None = None
    uid: int | None = None
    gid: int | None = None
    unix_permissions: int | None = None


class Guarantee(Body):
    type: Literal["volume", "none"] | None = None


class SnapshotSpace(Body):
    reserve_percent: int | None = None


class LogicalSpace(Body):
    enforcement: bool | None = None
    reporting: bool | None = None


class Space(Body):
    size: Size | None = None
    snapshot: SnapshotSpace | None = None
    logical_space: LogicalSpace | None = None


class Files(Body):
    maximum: int | None = None


class Efficiency(Body):
    compression: _Space | None = None
    dedupe: _Space | None = None
    compaction: Literal["none", "inline", "mixed"] | None = None
    cross_volume_dedupe: _Space | None = None
    policy: Reference | None = None


class Encryption(Body):
    enabled: bool | None = None


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


class VolumeChange(Body):
    """PATCH."""

    name: str | None = None
    comment: str | None = None
    state: Literal["online", "offline", "restricted"] | None = None
    size: Size | None = None
    nas: Nas | None = None
    guarantee: Guarantee | None = None
    snapshot_policy: Reference | None = None
    space: Space | None = None
    files: Files | None = None
    efficiency: Efficiency | None = None
    encryption: Encryption | None = None
    qos: Qos | None = None
    autosize: Autosize | None = None
    tiering: Tiering | None = None
    snapshot_directory_access_enabled: bool | None = None
    access_time_enabled: bool | None = None

    def size_bytes(self) -> int | None:
        """The size, which clients also call `space.size`."""
        if self.size is None and self.space is not None:
            return self.space.size
        return self.size


class VolumeCreate(VolumeChange):
    """POST."""

    svm: Reference | None = None
    aggregates: tuple[Reference, ...] = ()
    style: Literal["flexvol"] = "flexvol"
    type: Literal["rw", "dp"] = "rw"
    language: str | None = None
