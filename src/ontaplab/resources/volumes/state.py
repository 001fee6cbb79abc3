"""A volume's record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from ontaplab.resources.volumes.effort import Effort

MIB = 1024**2
SMALLEST_BYTES = 20 * MIB
SMALLEST_CONSTITUENT_BYTES = 200 * MIB
LONGEST_NAME = 203
LONGEST_FLEXGROUP_NAME = 197
LONGEST_COMMENT = 1023
"""Characters: schema of netapp-ontap 9.19.1. Assumption: a longer one is refused with the code of an invalid value."""

FIRST_MSID = 2147484672
"""Below those of all volumes."""

CLONE_OWNER = "volume_clone"
"""Why a snapshot that a clone shares with its parent cannot be deleted. Assumption: the word."""

Style = Literal["flexvol", "flexgroup", "flexgroup_constituent"]
MoveState = Literal["replicating", "paused", "cutover_pending", "cutover", "success", "failed", "aborted"]

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "guarantee.type": "volume",
        "snapshot_policy.name": "default",
        "space.snapshot.reserve_percent": 5,
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
        "autosize.grow_threshold": 85,
        "autosize.shrink_threshold": 50,
        "space.full_threshold_percent": 98,
        "space.nearly_full_threshold_percent": 95,
        "space.large_size_enabled": False,
        "space.logical_space.enforcement": False,
        "space.logical_space.reporting": False,
        "space.snapshot.autodelete.enabled": False,
        "space.snapshot.autodelete.trigger": "volume",
        "analytics.state": "off",
        "activity_tracking.state": "off",
        "quota.state": "off",
        "granular_data": False,
        "snapshot_locking_enabled": False,
        "svm_dr_protection": "unprotected",
    }
)
"""What a volume has where nothing was said.

Assumption: the reserve of 5 percent, the thresholds of 85 and 50.
"""

DP_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {**DEFAULTS, "snapshot_policy.name": "none", "autosize.mode": "grow_shrink"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constituent:
    """A part of a FlexGroup: a share of its size, on one aggregate. The files are the FlexGroup's."""

    uuid: str
    name: str
    aggregate: str
    """uuid"""
    size_bytes: int
    msid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """What a FlexClone has of its parent until it is split off."""

    parent: str
    """uuid of the parent volume; it cannot be removed meanwhile."""
    snapshot: str
    """uuid of the parent's snapshot that both share."""
    snapshot_name: str
    inherited_bytes: int
    """What that snapshot holds: the clone takes no space for it."""
    split: Effort | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """The move to another aggregate that is going on, or was the last one."""

    aggregate: str
    """uuid of the destination."""
    state: MoveState
    started: datetime
    effort: Effort
    """What the present state takes: to replicate, or to cut over."""
    waits_for_cutover: bool = False
    cutover_window_s: int = 30
    tiering_policy: str | None = None
    encrypted: bool | None = None
    """Whether the volume is to be encrypted at the destination; None: as it is."""

    @property
    def is_going_on(self) -> bool:
        return self.state in ("replicating", "paused", "cutover_pending", "cutover")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A volume being encrypted, or encrypted again with a new key."""

    state: Literal["encrypting", "rekeying"]
    effort: Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """`properties` are the ones that the lab stores and returns, by dotted name, and does not act on."""

    uuid: str
    name: str
    svm: str
    """uuid of its SVM."""
    aggregate: str
    """uuid of its aggregate, or of its first constituent's."""
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
    tags: tuple[str, ...] = ()
    style: Style = "flexvol"
    constituents: tuple[Constituent, ...] = ()
    """A FlexGroup's."""
    flexgroup: str | None = None
    """uuid of the FlexGroup that this is a constituent of: constituents are volumes in listings only."""
    clone: Clone | None = None
    movement: Movement | None = None
    conversion: Conversion | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_mirror(self) -> bool:
        return self.type == "dp"

    @property
    def operation(self) -> str | None:
        """What is being done with it that nothing may interrupt; None: nothing."""
        if self.movement is not None and self.movement.is_going_on:
            return "a move to another aggregate"
        if self.clone is not None and self.clone.split is not None:
            return "the split of the clone"
        return None

    @property
    def is_served(self) -> bool:
        """Whether there is anything that clients could see."""
        return self.state == "online" and (not self.is_mirror or self.exported_snapshot is not None)

    @property
    def aggregates(self) -> tuple[str, ...]:
        """uuids, each once."""
        return tuple(dict.fromkeys(each.aggregate for each in self.constituents)) or (self.aggregate,)

    @property
    def parts(self) -> tuple[Volume, ...]:
        """What takes space on aggregates: the volume, or the constituents of a FlexGroup as volumes of their own."""
        return tuple(map(self._part, self.constituents)) or (self,)

    @property
    def is_guaranteed(self) -> bool:
        """Whether its aggregate keeps its whole size for it."""
        return bool(self.property_of("guarantee.type") == "volume")

    @property
    def reserve_bytes(self) -> int:
        """What is kept for snapshots."""
        return self.size_bytes * int(self.property_of("space.snapshot.reserve_percent")) // 100

    @property
    def export_path(self) -> str | None:
        """Where clients find its files in the SVM's namespace. A root volume is the place of the others' junctions."""
        return None if self.is_svm_root else self.junction_path

    @property
    def path_keys(self) -> tuple[tuple[str, str], ...]:
        """Its SVM with each path above its junction path, from the top, and last with its own; none if it has none."""
        return () if self.junction_path is None else path_keys(self.svm, self.junction_path)

    @property
    def promised_bytes(self) -> Iterator[tuple[str, int]]:
        """Aggregates with what the volume, full, would take of each, and of the one that it is being moved to."""
        for part in self.parts:
            yield part.aggregate, part.size_bytes
        if self.movement is not None and self.movement.is_going_on and self.movement.aggregate != self.aggregate:
            yield self.movement.aggregate, self.size_bytes

    def _part(self, constituent: Constituent) -> Volume:
        return replace(
            self,
            uuid=constituent.uuid,
            name=constituent.name,
            aggregate=constituent.aggregate,
            size_bytes=constituent.size_bytes,
            msid=constituent.msid,
            style="flexgroup_constituent",
            flexgroup=self.uuid,
            constituents=(),
            junction_path=None,
        )

    def property_of(self, name: str) -> Any:
        """A stored property, or what it is where nothing was said."""
        return self.properties.get(name, (DP_DEFAULTS if self.is_mirror else DEFAULTS).get(name))

    def as_mirror(self, exported: str | None) -> Volume:
        return replace(self, type="dp", exported_snapshot=exported)

    def as_writable(self) -> Volume:
        """It keeps the autosize that it had as a mirror.

        Assumption: OpenStack's driver for shares resets that of a replica once it is promoted.
        """
        properties = {**self.properties, "autosize.mode": self.property_of("autosize.mode")}
        return replace(self, type="rw", exported_snapshot=None, properties=properties)


@lru_cache(maxsize=4096)
def path_keys(svm: str, path: str) -> tuple[tuple[str, str], ...]:
    """The SVM with the path and, before it, each path above it: equal for what ONTAP takes to be the same.

    Junction paths are told apart case-insensitively: page `volume mount` of the ONTAP command reference.
    """
    parts = path.lower().split("/")
    return tuple((svm, "/".join(parts[:depth])) for depth in range(2, len(parts) + 1))
