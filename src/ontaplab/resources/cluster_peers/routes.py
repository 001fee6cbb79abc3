"""`/cluster/peers`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.cluster_peers.handlers import ClusterPeerBody, create, local_address, modify, remove
from ontaplab.resources.cluster_peers.handshake import looked_at
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.traits import VERSION
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource
from ontaplab.wire.values import format_instant

_FIELDS: dict[str, Field[ClusterPeer]] = {
    "uuid": Field(lambda peer: peer.uuid, Level.KEY),
    "name": Field(lambda peer: peer.name, Level.KEY),
    "remote.name": Field(lambda peer: peer.remote_name),
    "remote.ip_addresses": Field(lambda peer: peer.remote_addresses or None),
    "remote.serial_number": Field(lambda peer: peer.remote_serial or None),
    "authentication.state": Field(lambda peer: peer.authentication),
    "authentication.in_use": Field(lambda peer: "absent" if peer.is_offer else "ok"),
    "authentication.expiry_time": Field(lambda peer: format_instant(peer.expires) if peer.expires else None),
    "encryption.state": Field(lambda peer: peer.encryption),
    "encryption.proposed": Field(lambda peer: peer.encryption),
    "status.state": Field(lambda peer: peer.state),
    "status.update_time": Field(lambda peer: peer.updated),
    "initial_allowed_svms[].name": Field(lambda peer: peer.initial_allowed_svms),
    "peer_applications": Field(lambda peer: peer.applications),
    "ipspace.name": Field(lambda peer: "Default"),
    "version.generation": Field(lambda peer: None if peer.is_offer else VERSION[0]),
    "version.major": Field(lambda peer: None if peer.is_offer else VERSION[1]),
    "version.minor": Field(lambda peer: None if peer.is_offer else VERSION[2]),
}


def resource(cluster: Cluster) -> Resource[ClusterPeer]:
    return Resource(
        path="/cluster/peers",
        fields=Fields({**_FIELDS, "ip_address": Field(lambda peer: local_address(cluster))}),
        rows=lambda request: looked_at(cluster),
        create=Create(ClusterPeerBody, partial(create, cluster)),
        modify=Modify(ClusterPeerBody, partial(modify, cluster)),
        remove=partial(remove, cluster),
        tunnel=None,
    )
