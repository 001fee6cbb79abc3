"""`/network/ip/interfaces`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.ip_interfaces.bodies import InterfaceChange, InterfaceCreate
from ontaplab.resources.ip_interfaces.handlers import create, modify, remove
from ontaplab.resources.ip_interfaces.intercluster import node_of
from ontaplab.resources.ip_interfaces.state import BROADCAST_DOMAIN, IPSPACE, IpInterface
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster) -> Resource[IpInterface]:
    fields: Fields[IpInterface] = Fields(
        {
            "uuid": Field(lambda interface: interface.uuid, Level.KEY),
            "name": Field(lambda interface: interface.name, Level.KEY),
            "ip.address": Field(lambda interface: interface.address),
            "ip.netmask": Field(lambda interface: str(interface.prefix_length)),
            "ip.family": Field(lambda interface: interface.family),
            "enabled": Field(lambda interface: interface.enabled),
            "state": Field(lambda interface: interface.state),
            "scope": Field(lambda interface: "svm" if interface.svm else "cluster"),
            "svm.name": Field(lambda interface: svm_name(cluster, interface.svm)),
            "svm.uuid": Field(lambda interface: interface.svm),
            "ipspace.name": Field(lambda interface: IPSPACE),
            "services": Field(lambda interface: interface.services),
            "service_policy.name": Field(lambda interface: interface.service_policy),
            "ddns_enabled": Field(lambda interface: interface.ddns_enabled if interface.svm else None),
            "vip": Field(lambda interface: False),
            **_location(cluster),
        }
    )
    return Resource(
        path="/network/ip/interfaces",
        fields=fields,
        rows=lambda request: cluster.ip_interfaces,
        create=Create(InterfaceCreate, partial(create, cluster)),
        modify=Modify(InterfaceChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
    )


def _location(cluster: Cluster) -> dict[str, Field[IpInterface]]:
    return {
        "location.home_node.name": Field(lambda interface: node_of(cluster, interface).name),
        "location.home_node.uuid": Field(lambda interface: node_of(cluster, interface).uuid),
        "location.home_port.name": Field(lambda interface: interface.home_port),
        "location.home_port.node.name": Field(lambda interface: node_of(cluster, interface).name),
        "location.node.name": Field(lambda interface: node_of(cluster, interface).name),
        "location.node.uuid": Field(lambda interface: node_of(cluster, interface).uuid),
        "location.port.name": Field(lambda interface: interface.port),
        "location.port.node.name": Field(lambda interface: node_of(cluster, interface).name),
        "location.is_home": Field(lambda interface: interface.port == interface.home_port),
        "location.broadcast_domain.name": Field(lambda interface: BROADCAST_DOMAIN),
        "location.failover": Field(lambda interface: interface.failover),
        "location.auto_revert": Field(lambda interface: interface.auto_revert),
    }
