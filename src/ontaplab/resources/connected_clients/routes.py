"""`/protocols/nfs/connected-clients`: which hosts use which volumes. Nothing else tells whether a fence has bitten."""

from __future__ import annotations

from datetime import timedelta

from ontaplab.cluster import Cluster
from ontaplab.resources.connected_clients.state import LONGEST_IDLE, ConnectedClient
from ontaplab.resources.export_policies.lookup import export_policy_named
from ontaplab.resources.export_policies.state import ExportPolicy
from ontaplab.resources.ip_interfaces.state import IpInterface
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Request, Resource


def resource(cluster: Cluster) -> Resource[ConnectedClient]:
    """Assumption: the policy that is told is the one that the volume has now, whatever let the host in."""

    def idle(client: ConnectedClient) -> timedelta:
        return cluster.clock.now() - client.last_request

    def policy(client: ConnectedClient) -> ExportPolicy | None:
        volume = cluster.volumes[client.volume]
        return export_policy_named(cluster, volume.property_of("nas.export_policy.name"), client.svm)

    def interface(client: ConnectedClient) -> IpInterface | None:
        return cluster.ip_interfaces.first(lambda each: each.svm == client.svm)

    def rows(request: Request) -> list[ConnectedClient]:
        return cluster.connected_clients.where(
            lambda client: client.volume in cluster.volumes and idle(client) < LONGEST_IDLE
        )

    fields: Fields[ConnectedClient] = Fields(
        {
            "node.name": Field(lambda client: cluster.node.name, Level.DEFAULT),
            "node.uuid": Field(lambda client: cluster.node.uuid, Level.KEY),
            "svm.name": Field(lambda client: svm_name(cluster, client.svm), Level.DEFAULT),
            "svm.uuid": Field(lambda client: client.svm, Level.KEY),
            "server_ip": Field(lambda client: getattr(interface(client), "address", None), Level.KEY),
            "client_ip": Field(lambda client: client.client_ip, Level.KEY),
            "volume.name": Field(lambda client: cluster.volumes[client.volume].name, Level.KEY),
            "volume.uuid": Field(lambda client: client.volume, Level.EXPENSIVE),
            "protocol": Field(lambda client: client.protocol, Level.KEY),
            "export_policy.name": Field(lambda client: getattr(policy(client), "name", None)),
            "export_policy.id": Field(lambda client: getattr(policy(client), "id", None)),
            "idle_duration": Field(idle),
            "trunking_enabled": Field(lambda client: False),
        }
    )
    return Resource(
        path="/protocols/nfs/connected-clients",
        fields=fields,
        rows=rows,
        keys=("client_ip", "volume.name", "protocol", "svm.uuid"),
        listed_only=True,
    )
