"""`/cluster`: the cluster itself."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Resource

FIELDS: Fields[Cluster] = Fields(
    {
        "name": Field(lambda cluster: cluster.name, Level.DEFAULT),
        "uuid": Field(lambda cluster: cluster.uuid, Level.DEFAULT),
        "version.full": Field(lambda cluster: release(cluster.version)),
        "version.generation": Field(lambda cluster: cluster.version[0]),
        "version.major": Field(lambda cluster: cluster.version[1]),
        "version.minor": Field(lambda cluster: cluster.version[2]),
        "peering_policy.minimum_passphrase_length": Field(lambda cluster: 8),
        "peering_policy.authentication_required": Field(lambda cluster: True),
        "peering_policy.encryption_required": Field(lambda cluster: False),
        "management_interfaces[].name": Field(lambda cluster: ["cluster_mgmt"]),
        "management_interfaces[].ip.address": Field(lambda cluster: [cluster.address]),
        "contact": Field(lambda cluster: ""),
        "location": Field(lambda cluster: "ontaplab"),
        "timezone.name": Field(lambda cluster: "Etc/UTC"),
        "dns_domains": Field(lambda cluster: []),
        "ntp_servers": Field(lambda cluster: []),
        "san_optimized": Field(lambda cluster: False),
        "disaggregated": Field(lambda cluster: False),
    }
)


def release(version: tuple[int, int, int]) -> str:
    """The text that clients find a release in."""
    return f"NetApp Release {'.'.join(map(str, version))}: Thu Jul 04 10:00:00 UTC 2024"


def resource(cluster: Cluster) -> Resource[Cluster]:
    return Resource(
        path="/cluster", fields=FIELDS, rows=lambda request: [cluster], keys=(), singleton=True, tunnel=None
    )
