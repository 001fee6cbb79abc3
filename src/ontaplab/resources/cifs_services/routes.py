"""`/protocols/cifs/services`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.cifs_services.handlers import CifsServiceChange, CifsServiceCreate, create, modify, remove
from ontaplab.resources.cifs_services.state import CifsService
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster) -> Resource[CifsService]:
    fields: Fields[CifsService] = Fields(
        {
            "svm.uuid": Field(lambda service: service.svm, Level.KEY),
            "svm.name": Field(lambda service: svm_name(cluster, service.svm), Level.KEY),
            "name": Field(lambda service: service.name, Level.DEFAULT),
            "enabled": Field(lambda service: "cifs" in cluster.svms[service.svm].protocols),
            "ad_domain.fqdn": Field(lambda service: service.domain),
            "workgroup": Field(lambda service: service.workgroup),
            "comment": Field(lambda service: service.comment or None),
            "options.export_policy_enabled": Field(lambda service: service.export_policy_enabled),
        }
    )
    return Resource(
        path="/protocols/cifs/services",
        fields=fields,
        rows=lambda request: cluster.cifs_services,
        keys=("svm.uuid",),
        create=Create(CifsServiceCreate, partial(create, cluster)),
        modify=Modify(CifsServiceChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
        flags=frozenset({"force"}),
    )
