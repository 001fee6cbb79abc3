"""What the cluster's interfaces have to do with its peers.

The clusters of a lab find each other by one address each. Further intercluster interfaces can be made and are listed,
and any that is up lets the cluster call its peers; calls from them arrive at that one address.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from ontaplab.cluster import Cluster
from ontaplab.resources.ip_interfaces.state import IpInterface
from ontaplab.resources.nodes.state import Node


def intercluster_interfaces(cluster: Cluster) -> list[IpInterface]:
    """Those that are up."""
    return cluster.ip_interfaces.where(lambda interface: interface.carries_intercluster)


def hears_peers(cluster: Cluster) -> bool:
    """Whether calls of peers arrive."""
    return any(interface.address == cluster.address for interface in intercluster_interfaces(cluster))


def families(cluster: Cluster) -> set[str]:
    """The address families in which every node can call peers."""
    able = {node.name: set[str]() for node in cluster.nodes}
    for interface in intercluster_interfaces(cluster):
        able[node_of(cluster, interface).name].add(interface.family)
    return set.intersection(*able.values())


def node_of(cluster: Cluster, interface: IpInterface) -> Node:
    """Where it is: the first node, once its own is no longer listed."""
    return next((node for node in cluster.nodes if node.name == interface.node), cluster.node)


def family_of(addresses: Iterable[str]) -> set[str]:
    """Raises: ValueError for what is no address."""
    return {f"ipv{ip_address(address).version}" for address in addresses}
