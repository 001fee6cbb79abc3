"""NFS services: made, enabled and disabled, changed, removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field as Limits

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.resources.nfs_services.state import DEFAULTS, NfsService
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.svms.protocols import with_protocol
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


class AccessCacheConfig(Body):
    """The ranges are those of `vserver export-policy access-cache config modify`.

    Assumption: that of the harvest timeout, and the code of an invalid value for what is outside of them.
    """

    ttl_positive: Annotated[int, Limits(ge=300, le=86400)] | None = None
    ttl_negative: Annotated[int, Limits(ge=60, le=86400)] | None = None
    harvest_timeout: Annotated[int, Limits(ge=60, le=2592000)] | None = None


class NfsServiceChange(Body):
    enabled: bool | None = None
    showmount_enabled: bool | None = None
    vstorage_enabled: bool | None = None
    rquota_enabled: bool | None = None
    protocol: Protocol | None = None
    transport: Transport | None = None
    windows: Windows | None = None
    access_cache_config: AccessCacheConfig | None = None


class NfsServiceCreate(NfsServiceChange):
    svm: Reference | None = None


def create(cluster: Cluster, request: Request, body: NfsServiceCreate) -> Reply[NfsService]:
    """It is enabled unless the body says otherwise.

    Assumption: the general code of a duplicate for an SVM that has a service already. One that came with the SVM and
    was never changed is none: the service that is made takes its place.
    """
    svm = svm_of(cluster, body.svm, request.tunnel)
    if svm.uuid in cluster.nfs_services:
        raise OntapError(409, "1", f'SVM "{svm.name}" has an NFS service already: duplicate entry.', target="svm")
    return _put(cluster, NfsService(uuid=svm.uuid), body, enabled=body.enabled is not False)


def modify(cluster: Cluster, request: Request, service: NfsService, body: NfsServiceChange) -> Reply[NfsService]:
    """Disabled, it answers no host any more, whatever the host has open."""
    return _put(cluster, service, body, enabled=body.enabled)


def remove(cluster: Cluster, request: Request, service: NfsService) -> Reply[NfsService]:
    """No host is answered any more, as by a service that is disabled."""
    with cluster.together():
        cluster.nfs_services.remove(service.uuid)
        cluster.svms.put(with_protocol(cluster.svms[service.svm], "nfs", enabled=False))
    return Done()


def _put(cluster: Cluster, service: NfsService, body: NfsServiceChange, *, enabled: bool | None) -> Reply[NfsService]:
    """The service with what the body says, enabled or not; None: as it was."""
    said = {name: value for name, value in body.given().items() if name in DEFAULTS and value is not None}
    with cluster.together():
        if enabled is not None:
            cluster.svms.put(with_protocol(cluster.svms[service.svm], "nfs", enabled=enabled))
        return Done(cluster.nfs_services.put(replace(service, properties={**service.properties, **said})))
