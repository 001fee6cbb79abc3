"""NFS services: made, changed, removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field as Limits

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.resources.nfs_services.state import NfsService
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request


class V3Features(Body):
    connection_drop: bool | None = None
    ejukebox_enabled: bool | None = None


class V41Features(Body):
    pnfs_enabled: bool | None = None


class Protocol(Body):
    v3_enabled: bool | None = None
    v40_enabled: bool | None = None
    v41_enabled: bool | None = None
    v3_features: V3Features | None = None
    v41_features: V41Features | None = None


class Transport(Body):
    tcp_enabled: bool | None = None
    udp_enabled: bool | None = None
    tcp_max_transfer_size: Annotated[int, Limits(ge=8192, le=1048576)] | None = None


class Windows(Body):
    v3_ms_dos_client_enabled: bool | None = None


class NfsServiceChange(Body):
    enabled: bool | None = None
    showmount_enabled: bool | None = None
    vstorage_enabled: bool | None = None
    rquota_enabled: bool | None = None
    protocol: Protocol | None = None
    transport: Transport | None = None
    windows: Windows | None = None


class NfsServiceCreate(NfsServiceChange):
    svm: Reference | None = None


def create(cluster: Cluster, request: Request, body: NfsServiceCreate) -> Reply[NfsService]:
    """Assumption: the general code of a duplicate for an SVM that has a service already."""
    svm = svm_of(cluster, body.svm, request.tunnel)
    if svm.uuid in cluster.nfs_services:
        raise OntapError(409, "1", f'SVM "{svm.name}" has an NFS service already: duplicate entry.', target="svm")
    return Done(cluster.nfs_services.put(_changed(NfsService(uuid=svm.uuid), body)))


def modify(cluster: Cluster, request: Request, service: NfsService, body: NfsServiceChange) -> Reply[NfsService]:
    return Done(cluster.nfs_services.put(_changed(service, body)))


def remove(cluster: Cluster, request: Request, service: NfsService) -> Reply[NfsService]:
    cluster.nfs_services.remove(service.uuid)
    return Done()


def _changed(service: NfsService, body: NfsServiceChange) -> NfsService:
    said = {name: value for name, value in body.given().items() if not name.startswith("svm") and value is not None}
    return replace(service, properties={**service.properties, **said})
