"""Shares: create, change, remove.

Assumption: who is connected to a share stays so, with the rights that it had, when the share is changed or removed;
new connections meet it as it is. (A removed share keeps hosts out once their sessions are closed.)
"""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, missing_field
from ontaplab.resources.cifs_shares.bodies import ShareChange, ShareCreate
from ontaplab.resources.cifs_shares.errors import bad_name, name_taken, no_path, no_server
from ontaplab.resources.cifs_shares.lookup import share_named
from ontaplab.resources.cifs_shares.state import DEFAULTS, LONGEST_NAME, Share
from ontaplab.resources.files.handlers import file_at
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.volumes.namespace import way_to
from ontaplab.wire.resource import Done, Reply, Request


def create(cluster: Cluster, request: Request, body: ShareCreate) -> Reply[Share]:
    """Without ACLs in the body everyone has full control."""
    svm = svm_of(cluster, body.svm, request.tunnel)
    if body.name is None or body.path is None:
        raise missing_field("name" if body.name is None else "path")
    if not 0 < len(body.name) <= LONGEST_NAME or not {"/", "\\"}.isdisjoint(body.name):
        raise bad_name(body.name, LONGEST_NAME)
    if svm.uuid not in cluster.cifs_services:
        raise no_server(svm.name)
    if share_named(cluster, svm.uuid, body.name) is not None:
        raise name_taken(body.name)
    uuid = cluster.new_uuid("cifs_share", f"{svm.uuid}/{body.name}")
    blank = Share(uuid=uuid, svm=svm.uuid, name=body.name, path=body.path)
    return Done(cluster.cifs_shares.put(_changed(cluster, blank, body)))


def modify(cluster: Cluster, request: Request, share: Share, body: ShareChange) -> Reply[Share]:
    """`acls` replaces all its entries."""
    return Done(cluster.cifs_shares.put(_changed(cluster, share, body)))


def remove(cluster: Cluster, request: Request, share: Share) -> Reply[Share]:
    cluster.cifs_shares.remove(share.uuid)
    return Done()


def _changed(cluster: Cluster, share: Share, body: ShareChange) -> Share:
    if body.path is not None:
        _check_is_there(cluster, share.svm, body.path)
        share = replace(share, path=body.path)
    if body.comment is not None:
        share = replace(share, comment=body.comment)
    if body.acls is not None:
        share = replace(share, acls=tuple(each.acl() for each in body.acls))
    said = {name: value for name, value in body.given().items() if name in DEFAULTS and value is not None}
    return replace(share, properties={**share.properties, **said})


def _check_is_there(cluster: Cluster, svm: str, path: str) -> None:
    """Raises: OntapError 655551 if no volume that is mounted holds a directory there."""
    way = way_to(cluster, svm, path)
    try:
        if not path.startswith("/") or not way or not file_at(cluster, way[-1].volume, way[-1].path).is_directory():
            raise no_path(path)
    except OntapError as error:
        raise no_path(path) from error
