"""A network interface (LIF), and what interfaces may carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import Literal

INTERCLUSTER = "intercluster_core"
PORTS = ("e0a", "e0b", "e0c", "e0d", "e0M")
"""The ports of a node, all in the one broadcast domain."""
BROADCAST_DOMAIN = "Default"
IPSPACE = "Default"

_MANAGEMENT = ("management_core", "management_ssh", "management_https")

CLUSTER_POLICIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "default-intercluster": (INTERCLUSTER, "management_https"),
        "default-management": (*_MANAGEMENT, "management_autosupport"),
    }
)
SVM_POLICIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "default-data-files": ("data_core", "data_nfs", "data_cifs", "data_flexcache", "data_fpolicy_client"),
        "default-data-blocks": ("data_core", "data_iscsi", "data_nvme_tcp"),
        "default-data-iscsi": ("data_core", "data_iscsi"),
        "default-data-nvme-tcp": ("data_core", "data_nvme_tcp"),
        "default-management": _MANAGEMENT,
    }
)
"""The built-in service policies with their services. Assumption: which services but the protocols' own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IpInterface:
    uuid: str
    name: str
    address: str
    prefix_length: int
    service_policy: str
    svm: str | None = None
    """uuid of its SVM; None: the cluster's."""
    node: str | None = None
    """Name of its home node, where it always is; None: the cluster's first."""
    enabled: bool = True
    home_port: str = PORTS[0]
    port: str = PORTS[0]
    failover: Literal["home_port_only", "default", "home_node_only", "sfo_partners_only", "broadcast_domain_only"] = (
        "default"
    )
    auto_revert: bool = True
    ddns_enabled: bool = False

    @property
    def family(self) -> str:
        return f"ipv{ip_address(self.address).version}"

    @property
    def state(self) -> str:
        """Every port of the lab has its link, so that an interface is up unless it was disabled."""
        return "up" if self.enabled else "down"

    @property
    def services(self) -> tuple[str, ...]:
        return (CLUSTER_POLICIES if self.svm is None else SVM_POLICIES)[self.service_policy]

    @property
    def carries_intercluster(self) -> bool:
        return self.enabled and INTERCLUSTER in self.services
