"""CIFS servers: create, enable and disable, remove. No domain controller is asked."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.cifs_services.errors import bad_name, exists
from ontaplab.resources.cifs_services.state import LONGEST_NAME, CifsService
from ontaplab.resources.cifs_sessions.ending import end_sessions
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.svms.protocols import with_protocol
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request, Started


class Domain(Body):
    fqdn: str | None = None
    user: str | None = None
    password: str | None = None
    organizational_unit: str | None = None


class Options(Body):
    export_policy_enabled: bool | None = None


class CifsServiceChange(Body):
    enabled: bool | None = None
    comment: str | None = None
    options: Options | None = None


class CifsServiceCreate(CifsServiceChange):
    name: str | None = None
    svm: Reference | None = None
    ad_domain: Domain | None = None
    workgroup: str | None = None


def create(cluster: Cluster, request: Request, body: CifsServiceCreate) -> Reply[CifsService]:
    """It is enabled unless the body says otherwise."""
    svm = svm_of(cluster, body.svm, request.tunnel)
    if body.name is None:
        raise missing_field("name")
    if not 0 < len(body.name) <= LONGEST_NAME:
        raise bad_name(body.name, LONGEST_NAME)
    if svm.uuid in cluster.cifs_services:
        raise exists(svm.name)
    domain = body.ad_domain.fqdn if body.ad_domain is not None else None
    blank = CifsService(uuid=svm.uuid, svm=svm.uuid, name=body.name.upper(), domain=domain, workgroup=body.workgroup)
    service = _changed(blank, body)

    async def work() -> None:
        with cluster.together():
            cluster.cifs_services.put(service)
            cluster.svms.put(with_protocol(cluster.svms[svm.uuid], "cifs", enabled=body.enabled is not False))

    return Started(cluster.start_job("POST /api/protocols/cifs/services", work, svm=svm.uuid), service)


def modify(cluster: Cluster, request: Request, service: CifsService, body: CifsServiceChange) -> Reply[CifsService]:
    """Disabling it ends all sessions. Source: NetApp's command reference, `vserver cifs stop`"""
    if body.enabled is not None:
        cluster.svms.put(with_protocol(cluster.svms[service.svm], "cifs", enabled=body.enabled))
        if not body.enabled:
            end_sessions(cluster, service.svm)
    return Done(cluster.cifs_services.put(_changed(service, body)))


def remove(cluster: Cluster, request: Request, service: CifsService) -> Reply[CifsService]:
    """Assumption: its shares go with it."""

    async def work() -> None:
        with cluster.together():
            cluster.cifs_services.remove(service.uuid)
            cluster.svms.put(with_protocol(cluster.svms[service.svm], "cifs", enabled=False))
            for share in cluster.cifs_shares.where(lambda share: share.svm == service.svm):
                cluster.cifs_shares.remove(share.uuid)
        end_sessions(cluster, service.svm)

    job = cluster.start_job(f"DELETE /api/protocols/cifs/services/{service.uuid}", work, svm=service.svm)
    return Started(job)


def _changed(service: CifsService, body: CifsServiceChange) -> CifsService:
    if body.comment is not None:
        service = replace(service, comment=body.comment)
    if body.options is not None and body.options.export_policy_enabled is not None:
        service = replace(service, export_policy_enabled=body.options.export_policy_enabled)
    return service
