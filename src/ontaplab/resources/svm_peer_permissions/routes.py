"""`/svm/peer-permissions`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.svm_peer_permissions.handlers import (
    PermissionChange,
    PermissionCreate,
    create,
    modify,
    remove,
)
from ontaplab.resources.svm_peer_permissions.state import ANY, SvmPeerPermission
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster) -> Resource[SvmPeerPermission]:
    """Assumption: a permission for all SVMs has `*` for the uuid of its SVM, too."""
    fields: Fields[SvmPeerPermission] = Fields(
        {
            "cluster_peer.uuid": Field(lambda each: each.cluster_peer, Level.KEY),
            "cluster_peer.name": Field(lambda each: cluster.cluster_peers[each.cluster_peer].name, Level.KEY),
            "svm.uuid": Field(lambda each: each.svm, Level.KEY),
            "svm.name": Field(lambda each: svm_name(cluster, each.svm) or ANY, Level.KEY),
            "applications": Field(lambda each: each.applications),
        }
    )
    return Resource(
        path="/svm/peer-permissions",
        fields=fields,
        rows=lambda request: cluster.svm_peer_permissions,
        keys=("cluster_peer.uuid", "svm.uuid"),
        create=Create(PermissionCreate, partial(create, cluster)),
        modify=Modify(PermissionChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
    )
