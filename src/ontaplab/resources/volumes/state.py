"""A volume's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

MIB = 1024**2
SMALLEST_BYTES = 20 * MIB
LONGEST_NAME = 203

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "guarantee.type": "volume",
        "snapshot_policy.name": "default",
        "space.snapshot.reserve_percent": 5,
        "space.logical_space.enforcement": False,
        "space.logical_space.reporting": False,
        "efficiency.compression": "none",
        "efficiency.dedupe": "none",
        "efficiency.compaction": "none",
        "efficiency.cross_volume_dedupe": "none",
        "encryption.enabled": False,
        "nas.export_policy.name": "default",
        "nas.security_style": "unix",
        "nas.unix_permissions": 755,
        "nas.uid": 0,
        "nas.gid": 0,
        "autosize.mode": "off",
        "tiering.policy": "none",
        "snapshot_directory_access_enabled": True,
        "access_time_enabled": True,
    }
)
"""What a volume has where nothing was said. Assumption: the reserve of 5 percent."""

DP_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {**DEFAULTS, "snapshot_policy.name": "none", "autosize.mode": "grow_shrink"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """`properties` are the ones that the lab stores and returns, by dotted name, and does not act on."""

    uuid: str
    name: str
    svm: str
    """uuid of its SVM."""
    aggregate: str
    """uuid of its aggregate."""
    size_bytes: int
    created: datetime
    msid: int = 0
    """Unique in the cluster; 0 until the volume is there."""
    type: Literal["rw", "dp"] = "rw"
    state: Literal["online", "offline", "restricted"] = "online"
    junction_path: str | None = None
    exported_snapshot: str | None = None
    """A mirror's: name of the snapshot that clients see; None before the first complete transfer."""
    comment: str = ""
    language: str = "c.utf_8"
    is_svm_root: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_mirror(self) -> bool:
        return self.type == "dp"

    @property
    def is_served(self) -> bool:
        """Whether there is anything that clients could see."""
        return self.state == "online" and (not self.is_mirror or self.exported_snapshot is not None)

    def property_of(self, name: str) -> Any:
        """A stored property, or what it is where nothing was said."""
        return self.properties.get(name, (DP_DEFAULTS if self.is_mirror else DEFAULTS).get(name))

    def as_mirror(self, exported: str | None) -> Volume:
        return replace(self, type="dp", exported_snapshot=exported)

    def as_writable(self) -> Volume:
        return replace(self, type="rw", exported_snapshot=None)
