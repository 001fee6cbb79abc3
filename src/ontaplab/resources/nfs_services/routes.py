"""`/protocols/nfs/services`: one for each SVM that is allowed NFS."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.nfs_services.handlers import NfsServiceChange, modify
from ontaplab.resources.nfs_services.lookup import service_of
from ontaplab.resources.svms.state import Svm
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Modify, Resource


def resource(cluster: Cluster) -> Resource[Svm]:
    """Assumption: the service of an SVM that is stopped is offline."""

    def online(svm: Svm) -> bool:
        return svm.state == "running" and "nfs" in svm.protocols

    fields: Fields[Svm] = Fields(
        {
            "svm.uuid": Field(lambda svm: svm.uuid, Level.KEY),
            "svm.name": Field(lambda svm: svm.name, Level.KEY),
            "enabled": Field(lambda svm: "nfs" in svm.protocols, Level.DEFAULT),
            "state": Field(lambda svm: "online" if online(svm) else "offline"),
            "protocol.v3_enabled": Field(lambda svm: True),
            "protocol.v40_enabled": Field(lambda svm: True),
            "protocol.v41_enabled": Field(lambda svm: True),
            "access_cache_config.ttl_positive": Field(lambda svm: service_of(cluster, svm.uuid).ttl_positive_s),
            "access_cache_config.ttl_negative": Field(lambda svm: service_of(cluster, svm.uuid).ttl_negative_s),
            "access_cache_config.harvest_timeout": Field(lambda svm: service_of(cluster, svm.uuid).harvest_timeout_s),
        }
    )
    return Resource(
        path="/protocols/nfs/services",
        fields=fields,
        rows=lambda request: cluster.svms.where(lambda svm: "nfs" in svm.allowed_protocols),
        keys=("svm.uuid",),
        modify=Modify(NfsServiceChange, partial(modify, cluster)),
    )
