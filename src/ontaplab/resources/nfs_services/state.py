"""The NFS service of an SVM. Whether it is enabled is in the SVM's record, with the other protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
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
        "access_cache_config.ttl_positive": 3600,
        "access_cache_config.ttl_negative": 3600,
        "access_cache_config.harvest_timeout": 86400,
    }
)
"""What a service has where nothing was said. The times, in seconds, are those of NetApp's command reference.

Assumption: all but the times and the transfer size.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NfsService:
    """Hosts meet the times, for which what export policies grant is remembered; all else is recorded."""

    uuid: str
    """Its SVM's, which has one service at most."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """By dotted name."""

    @property
    def svm(self) -> str:
        return self.uuid

    @property
    def ttl_positive_s(self) -> int:
        return int(self.property_of("access_cache_config.ttl_positive"))

    @property
    def ttl_negative_s(self) -> int:
        return int(self.property_of("access_cache_config.ttl_negative"))

    @property
    def harvest_timeout_s(self) -> int:
        return int(self.property_of("access_cache_config.harvest_timeout"))

    def property_of(self, name: str) -> Any:
        """What was said, or what it is where nothing was."""
        return self.properties.get(name, DEFAULTS[name])
