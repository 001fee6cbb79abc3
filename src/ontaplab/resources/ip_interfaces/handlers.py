"""Network interfaces: create, change, remove."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_interface
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.ip_interfaces.bodies import InterfaceChange, InterfaceCreate, Ip, Location, Port
from ontaplab.resources.ip_interfaces.errors import (
    address_not_given,
    address_taken,
    bad_address,
    bad_prefix_length,
    ipspace_not_given,
    name_taken,
    no_home,
    no_such_broadcast_domain,
    no_such_node,
    no_such_port,
    no_such_service_policy,
    only_home,
    svm_in_cluster_scope,
    svm_not_given,
    svm_not_in_ipspace,
)
from ontaplab.resources.ip_interfaces.state import (
    BROADCAST_DOMAIN,
    CLUSTER_POLICIES,
    IPSPACE,
    PORTS,
    SVM_POLICIES,
    IpInterface,
)
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Reference
from ontaplab.wire.resource import Done, Reply, Request


def install_built_in(cluster: Cluster) -> None:
    """Each node has an intercluster interface that is up, with the address by which peers know the cluster."""
    name = f"{cluster.node.name}_ic1"
    cluster.ip_interfaces.put(
        IpInterface(
            uuid=cluster.new_uuid("ip_interface", name),
            name=name,
            address=cluster.address,
            prefix_length=24,
            service_policy="default-intercluster",
        )
    )


def create(cluster: Cluster, request: Request, body: InterfaceCreate) -> Reply[IpInterface]:
    if body.name is None:
        raise missing_field("name")
    svm = _owner(cluster, request, body)
    if body.ip is None or body.ip.address is None or body.ip.netmask is None:
        raise address_not_given()
    address, prefix_length = _address(body.ip.address, body.ip.netmask)
    if not _has_home(body.location) and not _is_known_subnet(cluster, address, prefix_length):
        raise no_home()
    interface = IpInterface(
        uuid=cluster.new_uuid("ip_interface", f"{svm}/{body.name}"),
        name=body.name,
        address=address,
        prefix_length=prefix_length,
        service_policy="default-data-files" if svm else "default-intercluster",
        svm=svm,
    )
    interface = _changed(cluster, interface, body)
    _check_is_free(cluster, interface)
    return Done(cluster.ip_interfaces.put(interface))


def modify(cluster: Cluster, request: Request, interface: IpInterface, body: InterfaceChange) -> Reply[IpInterface]:
    """What is not enabled any more is down at once: without an intercluster interface peers hear nothing."""
    if body.location is not None and body.location.is_home is False:
        raise only_home()
    if body.ip is not None and (body.ip.address or body.ip.netmask):
        interface = _moved_to(interface, body.ip)
    changed = _changed(cluster, interface, body)
    if body.name is not None:
        changed = replace(changed, name=body.name)
    _check_is_free(cluster, changed)
    return Done(cluster.ip_interfaces.put(changed))


def remove(cluster: Cluster, request: Request, interface: IpInterface) -> Reply[IpInterface]:
    cluster.ip_interfaces.remove(interface.uuid)
    return Done()


def _owner(cluster: Cluster, request: Request, body: InterfaceCreate) -> str | None:
    """The uuid of the SVM it is made for; None: the cluster."""
    is_named = body.svm is not None or request.tunnel is not None
    if body.scope == "svm" and not is_named:
        raise svm_not_given()
    if body.scope == "cluster" and is_named:
        raise svm_in_cluster_scope()
    if is_named:
        svm = svm_of(cluster, body.svm, request.tunnel)
        if body.ipspace is not None and body.ipspace.name not in (None, svm.ipspace):
            raise svm_not_in_ipspace(body.ipspace.name or "")
        return svm.uuid
    if body.ipspace is None:
        raise ipspace_not_given()
    if body.ipspace.name not in (None, IPSPACE):
        raise svm_not_in_ipspace(body.ipspace.name or "")
    return None


def _moved_to(interface: IpInterface, ip: Ip) -> IpInterface:
    address, prefix_length = _address(ip.address or interface.address, ip.netmask or str(interface.prefix_length))
    return replace(interface, address=address, prefix_length=prefix_length)


def _address(address: str, netmask: str) -> tuple[str, int]:
    """The netmask as a prefix length, whichever way it was written."""
    try:
        version = ip_address(address).version
    except ValueError:
        raise bad_address(address) from None
    try:
        interface = ip_interface(f"{address}/{netmask}")
    except ValueError:
        raise bad_prefix_length(netmask, version) from None
    prefix_length = interface.network.prefixlen
    if not 1 <= prefix_length <= (127 if version == 6 else 32):
        raise bad_prefix_length(netmask, version)
    return str(interface.ip), prefix_length


def _has_home(location: Location | None) -> bool:
    return location is not None and any((location.home_node, location.home_port, location.broadcast_domain))


def _is_known_subnet(cluster: Cluster, address: str, prefix_length: int) -> bool:
    network = ip_interface(f"{address}/{prefix_length}").network
    return any(
        ip_interface(f"{other.address}/{other.prefix_length}").network == network for other in cluster.ip_interfaces
    )


def _changed(cluster: Cluster, interface: IpInterface, body: InterfaceChange) -> IpInterface:
    """The interface with the body's changes, but for name and address."""
    changes: dict[str, Any] = {
        name: getattr(body, name) for name in ("enabled", "ddns_enabled") if getattr(body, name) is not None
    }
    if body.service_policy is not None:
        changes["service_policy"] = _service_policy(interface, body.service_policy)
    if body.location is not None:
        changes |= _place(cluster, interface, body.location)
    return replace(interface, **changes)


def _service_policy(interface: IpInterface, policy: Reference) -> str:
    known = CLUSTER_POLICIES if interface.svm is None else SVM_POLICIES
    if policy.name is None or policy.name not in known:
        raise no_such_service_policy(str(policy.name or policy.uuid))
    return policy.name


def _place(cluster: Cluster, interface: IpInterface, location: Location) -> dict[str, Any]:
    named = (location.home_node, location.node, *_nodes_of(location.home_port, location.port))
    nodes = [_node(cluster, each) for each in named if each is not None]
    domain = location.broadcast_domain
    if domain is not None and domain.name not in (None, BROADCAST_DOMAIN):
        raise no_such_broadcast_domain(domain.name or "")
    places: dict[str, Any] = {
        name: getattr(location, name) for name in ("auto_revert", "failover") if getattr(location, name) is not None
    }
    if nodes:
        places["node"] = nodes[0]
    if location.home_port is not None:
        places["home_port"] = places["port"] = _port(location.home_port, "location.home_port.name")
    if location.port is not None:
        places["port"] = _port(location.port, "location.port.name")
    if location.is_home:
        places["port"] = places.get("home_port", interface.home_port)
    return places


def _node(cluster: Cluster, named: Reference) -> str:
    """The name of a node. Raises: OntapError 393271."""
    for node in cluster.nodes:
        if named.name in (None, node.name) and named.uuid in (None, node.uuid):
            return node.name
    raise no_such_node(str(named.name or named.uuid))


def _nodes_of(*ports: Port | None) -> list[Reference | None]:
    return [port.node for port in ports if port is not None]


def _port(port: Port, field: str) -> str:
    if port.name is None or port.name not in PORTS:
        raise no_such_port(str(port.name or port.uuid), field)
    return port.name


def _check_is_free(cluster: Cluster, interface: IpInterface) -> None:
    """Raises: OntapError 1966140 for the name, 1376963 for the address."""
    for other in cluster.ip_interfaces:
        if other.uuid == interface.uuid:
            continue
        if (other.svm, other.name) == (interface.svm, interface.name):
            raise name_taken(interface.name)
        if other.address == interface.address:
            raise address_taken(interface.address, other.name)
