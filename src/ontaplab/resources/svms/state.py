"""An SVM's record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LONGEST_NAME = 47
LONGEST_COMMENT = 255
"""Characters: schema of netapp-ontap 9.19.1."""
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
    aggregates: tuple[str, ...] = ()
    """uuids of the aggregates its volumes may be on; empty: all."""
    protocols: tuple[str, ...] = ("nfs",)
    """Those that are enabled."""
    allowed_protocols: tuple[str, ...] = ("nfs",)
