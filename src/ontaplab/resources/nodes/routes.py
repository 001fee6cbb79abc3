"""`/cluster/nodes`."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.cluster.routes import release
from ontaplab.resources.nodes.state import Node
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Resource


def _fields(cluster: Cluster) -> Fields[Node]:
    return Fields(
        {
            "uuid": Field(lambda node: node.uuid, Level.KEY),
            "name": Field(lambda node: node.name, Level.KEY),
            "model": Field(lambda node: "ontaplab"),
            "serial_number": Field(lambda node: node.serial),
            "state": Field(lambda node: "up"),
            "membership": Field(lambda node: "member"),
            "location": Field(lambda node: "ontaplab"),
            # Some clients ask for these and need them; NetApp's own does not know them.
            "is_all_flash_optimized": Field(lambda node: True, Level.NAMED),
            "is_all_flash_select_optimized": Field(lambda node: False, Level.NAMED),
            "is_capacity_optimized": Field(lambda node: False, Level.NAMED),
            "ha.enabled": Field(lambda node: False),
            "ha.auto_giveback": Field(lambda node: False),
            "version.full": Field(lambda node: release(cluster.version)),
            "version.generation": Field(lambda node: cluster.version[0]),
            "version.major": Field(lambda node: cluster.version[1]),
            "version.minor": Field(lambda node: cluster.version[2]),
        }
    )


_CLOCK_FIELDS: Fields[Node] = Fields(
    {
        "node.uuid": Field(lambda node: node.uuid, Level.KEY),
        "node.name": Field(lambda node: node.name, Level.DEFAULT),
        "time": Field(lambda node: None),
    }
)


def compliance_clocks_resource(cluster: Cluster) -> Resource[Node]:
    """None was ever set: SnapLock is not simulated."""
    return Resource(
        path="/storage/snaplock/compliance-clocks",
        fields=_CLOCK_FIELDS,
        rows=lambda request: [cluster.node],
        keys=("node.uuid",),
        tunnel=None,
    )


def resource(cluster: Cluster) -> Resource[Node]:
    return Resource(path="/cluster/nodes", fields=_fields(cluster), rows=lambda request: cluster.nodes, tunnel=None)
