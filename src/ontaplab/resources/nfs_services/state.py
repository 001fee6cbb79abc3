"""The NFS service of an SVM. Recorded; the lab's files are served as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "enabled": True,
        "showmount_enabled": True,
        "vstorage_enabled": False,
        "rquota_enabled": False,
        "protocol.v3_enabled": True,
        "protocol.v40_enabled": False,
        "protocol.v41_enabled": True,
        "protocol.v3_features.connection_drop": True,
        "protocol.v3_features.ejukebox_enabled": True,
        "protocol.v41_features.pnfs_enabled": False,
        "transport.tcp_enabled": True,
        "transport.udp_enabled": True,
        "transport.tcp_max_transfer_size": 65536,
        "windows.v3_ms_dos_client_enabled": False,
    }
)
"""What a service has where nothing was said. Assumption: all but the transfer size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NfsService:
    uuid: str
    """Its SVM's, which has one service at most."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """By dotted name."""

    @property
    def svm(self) -> str:
        return self.uuid

    def property_of(self, name: str) -> Any:
        """What was said, or what it is where nothing was."""
        return self.properties.get(name, DEFAULTS[name])
