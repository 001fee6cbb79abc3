"""What POST and PATCH of a network interface take."""

from __future__ import annotations

from typing import Literal

from ontaplab.wire.body import Body, Reference


class Ip(Body):
    address: str | None = None
    netmask: str | None = None
    family: Literal["ipv4", "ipv6"] | None = None


class Port(Reference):
    node: Reference | None = None


class Location(Body):
    home_node: Reference | None = None
    home_port: Port | None = None
    node: Reference | None = None
    port: Port | None = None
    broadcast_domain: Reference | None = None
    is_home: bool | None = None
    auto_revert: bool | None = None
    failover: (
        Literal["home_port_only", "default", "home_node_only", "sfo_partners_only", "broadcast_domain_only"] | None
    ) = None


class InterfaceChange(Body):
    """PATCH."""

    name: str | None = None
    ip: Ip | None = None
    enabled: bool | None = None
    location: Location | None = None
    service_policy: Reference | None = None
    ddns_enabled: bool | None = None


class InterfaceCreate(InterfaceChange):
    """POST."""

    scope: Literal["svm", "cluster"] | None = None
    svm: Reference | None = None
    ipspace: Reference | None = None
