"""An SVM's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

LONGEST_NAME = 47
LONGEST_COMMENT = 255
"""Characters: schema of netapp-ontap 9.19.1."""
NSSWITCH: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hosts": ("files", "dns"),
        "group": ("files",),
        "passwd": ("files",),
        "netgroup": ("files",),
        "namemap": ("files",),
    }
)
"""Where names are looked up. Assumption: ONTAP's defaults."""
PROTOCOLS = ("nfs", "cifs", "iscsi", "fcp", "nvme", "ndmp", "s3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Svm:
    uuid: str
    name: str
    created: datetime
    state: Literal["starting", "running", "stopping", "stopped", "deleting", "initializing"] = "running"
    subtype: Literal["default", "dp_destination", "sync_source", "sync_destination", "data_engine"] = "default"
    comment: str = ""
    language: str = "c.utf_8"
    ipspace: str = "Default"
    snapshot_policy: str = "default"
    is_space_reporting_logical: bool = False
    is_space_enforcement_logical: bool = False
    """These two are its new volumes' where nothing was said of them."""
    nsswitch: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(NSSWITCH))
    retention_h: int = 12
    """How long its removed volumes are kept. Recorded: what is removed is gone. Assumption: ONTAP's default."""
    aggregates: tuple[str, ...] = ()
    """uuids of the aggregates its volumes may be on; empty: all."""
    protocols: tuple[str, ...] = ("nfs",)
    """Those that are enabled."""
    allowed_protocols: tuple[str, ...] = ("nfs",)
