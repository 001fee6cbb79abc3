"""`/protocols/nfs/services`, and which interfaces NFS uses with Kerberos: none."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.ip_interfaces.state import IpInterface
from ontaplab.resources.nfs_services.handlers import NfsServiceChange, NfsServiceCreate, create, modify, remove
from ontaplab.resources.nfs_services.lookup import services
from ontaplab.resources.nfs_services.state import DEFAULTS, NfsService
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource

_NFS = "data_nfs"


def resource(cluster: Cluster) -> Resource[NfsService]:
    """Assumption: the service of an SVM that is stopped is offline."""

    def enabled(service: NfsService) -> bool:
        return "nfs" in cluster.svms[service.svm].protocols

    def online(service: NfsService) -> bool:
        return enabled(service) and cluster.svms[service.svm].state == "running"

    def said(name: str) -> Field[NfsService]:
        return Field(lambda service: service.property_of(name))

    fields: Fields[NfsService] = Fields(
        {
            "svm.uuid": Field(lambda service: service.svm, Level.KEY),
            "svm.name": Field(lambda service: svm_name(cluster, service.svm), Level.KEY),
            "enabled": Field(enabled, Level.DEFAULT),
            "state": Field(lambda service: "online" if online(service) else "offline"),
            **{name: said(name) for name in DEFAULTS},
        }
    )
    return Resource(
        path="/protocols/nfs/services",
        fields=fields,
        rows=lambda request: services(cluster),
        keys=("svm.uuid",),
        create=Create(NfsServiceCreate, partial(create, cluster)),
        modify=Modify(NfsServiceChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
    )


def kerberos_resource(cluster: Cluster) -> Resource[IpInterface]:
    """It can be read only: Kerberos is not simulated."""
    fields: Fields[IpInterface] = Fields(
        {
            "interface.uuid": Field(lambda interface: interface.uuid, Level.KEY),
            "interface.name": Field(lambda interface: interface.name, Level.DEFAULT),
            "interface.ip.address": Field(lambda interface: interface.address, Level.DEFAULT),
            "svm.name": Field(lambda interface: svm_name(cluster, interface.svm), Level.DEFAULT),
            "svm.uuid": Field(lambda interface: interface.svm, Level.DEFAULT),
            "enabled": Field(lambda interface: False),
        }
    )
    return Resource(
        path="/protocols/nfs/kerberos/interfaces",
        fields=fields,
        rows=lambda request: cluster.ip_interfaces.where(lambda each: _NFS in each.services),
        keys=("interface.uuid",),
    )
