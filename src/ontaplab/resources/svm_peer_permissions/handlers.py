"""SVM peer permissions: give, change, take away. What was peered by one stays peered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.cluster_peers.handlers import peer_of
from ontaplab.resources.svm_peer_permissions.errors import exists
from ontaplab.resources.svm_peer_permissions.state import ANY, SvmPeerPermission
from ontaplab.resources.svm_peers.state import Application
from ontaplab.resources.svms.lookup import svm_name, svm_of
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request


class PermissionChange(Body):
    """PATCH."""

    applications: tuple[Application, ...] = ()


class PermissionCreate(PermissionChange):
    """POST."""

    svm: Reference | None = None
    cluster_peer: Reference | None = None


def create(cluster: Cluster, request: Request, body: PermissionCreate) -> Reply[SvmPeerPermission]:
    if body.cluster_peer is None:
        raise missing_field("cluster_peer")
    if not body.applications:
        raise missing_field("applications")
    of_any = body.svm is not None and ANY in (body.svm.name, body.svm.uuid)
    svm = ANY if of_any else svm_of(cluster, body.svm, request.tunnel).uuid
    peer = peer_of(cluster, body.cluster_peer)
    if cluster.svm_peer_permissions.first(lambda each: (each.cluster_peer, each.svm) == (peer.uuid, svm)):
        raise exists(svm_name(cluster, svm) or ANY, peer.name)
    uuid = cluster.new_uuid("svm_peer_permission", f"{peer.uuid}/{svm}")
    permission = SvmPeerPermission(uuid=uuid, cluster_peer=peer.uuid, svm=svm, applications=body.applications)
    return Done(cluster.svm_peer_permissions.put(permission))


def modify(
    cluster: Cluster, request: Request, permission: SvmPeerPermission, body: PermissionChange
) -> Reply[SvmPeerPermission]:
    changed = replace(permission, applications=body.applications or permission.applications)
    return Done(cluster.svm_peer_permissions.put(changed))


def remove(cluster: Cluster, request: Request, permission: SvmPeerPermission) -> Reply[SvmPeerPermission]:
    cluster.svm_peer_permissions.remove(permission.uuid)
    return Done()


def is_permitted(cluster: Cluster, cluster_peer: str, svm: str, applications: Iterable[str]) -> bool:
    """Whether SVMs of that peer cluster become peers of that SVM (both uuids) for all of these unasked."""
    given = cluster.svm_peer_permissions.where(
        lambda each: each.cluster_peer == cluster_peer and each.svm in (svm, ANY)
    )
    return any(set(applications) <= set(permission.applications) for permission in given)
