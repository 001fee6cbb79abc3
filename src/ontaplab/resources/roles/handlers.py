"""Roles: create and remove. Their privileges change one by one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.roles.errors import (
    access_not_for_command,
    bad_access,
    bad_path,
    is_built_in,
    is_used,
    mixed_paths,
    name_taken,
    needs_a_privilege,
    no_such_object,
    no_such_path,
    not_for_svms,
    query_for_api,
)
from ontaplab.resources.roles.lookup import role_named
from ontaplab.resources.roles.state import METHODS, Access, Privilege, Role, is_for_svms
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request

_API_PATH = re.compile(r"/api(/[\w.*-]+)*", re.ASCII)
_UUID = r"(?P<uuid>\*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_QUALIFIED = re.compile(rf"/api(?:/storage/volumes/{_UUID}/(?:snapshots|files|top-metrics/\w+)|/.*)?")
_ANY_UUID = re.compile(rf"/{_UUID}(?:/|$)")


class PrivilegeBody(Body):
    path: str | None = None
    access: str | None = None
    query: str | None = None


class RoleBody(Body):
    name: str | None = None
    owner: Reference | None = None
    privileges: tuple[PrivilegeBody, ...] | None = None


def owner_of(cluster: Cluster, request: Request, reference: Reference | None) -> str | None:
    """The uuid of the SVM that is meant, the one that asks if none is named; None: the cluster."""
    named = reference is not None and (reference.name or reference.uuid)
    is_cluster = reference is not None and (reference.name == cluster.name or reference.uuid == cluster.uuid)
    if request.tunnel is None and (not named or is_cluster):
        return None
    return svm_of(cluster, reference if named else None, request.tunnel).uuid


def create(cluster: Cluster, request: Request, body: RoleBody) -> Reply[Role]:
    if body.name is None:
        raise missing_field("name")
    svm = owner_of(cluster, request, body.owner)
    if role_named(cluster, body.name, svm) is not None:
        raise name_taken(body.name)
    role = Role(uuid=cluster.new_uuid("role", f"{svm}/{body.name}"), name=body.name, svm=svm)
    return Done(cluster.roles.put(_with_privileges(cluster, role, body)))


def remove(cluster: Cluster, request: Request, role: Role) -> Reply[Role]:
    if role.is_built_in:
        raise is_built_in(role.name)
    account = cluster.accounts.first(lambda account: (account.svm, account.role) == (role.svm, role.name))
    if account is not None:
        raise is_used(role.name, account.name)
    cluster.roles.remove(role.uuid)
    return Done()


def new_privilege(cluster: Cluster, role: Role, body: PrivilegeBody) -> Privilege:
    """What the body says, fit for that role. Raises: OntapError."""
    if body.path is None:
        raise missing_field("path")
    if body.access is None:
        raise missing_field("access")
    if body.access not in METHODS:
        raise bad_access(body.access)
    privilege = Privilege(path=body.path.rstrip("/"), access=cast("Access", body.access), query=body.query)
    if privilege.is_api:
        _check_api_path(cluster, role, privilege)
    elif privilege.access not in ("none", "readonly", "all"):
        raise access_not_for_command(privilege.access)
    if any(each.is_api != privilege.is_api for each in role.privileges):
        raise mixed_paths()
    return privilege


def _check_api_path(cluster: Cluster, role: Role, privilege: Privilege) -> None:
    """Assumption: only the form of a path is checked; ONTAP also knows which there are, many more than the lab."""
    if privilege.query is not None:
        raise query_for_api()
    if not f"{privilege.path}/".startswith("/api/"):
        raise no_such_path(privilege.path)
    qualified = _QUALIFIED.fullmatch(privilege.path)
    if not _API_PATH.fullmatch(privilege.path) or qualified is None:
        raise bad_path(privilege.path)
    uuid = qualified["uuid"]
    if uuid is None and _ANY_UUID.search(privilege.path):
        raise bad_path(privilege.path)
    if uuid not in (None, "*") and uuid not in cluster.volumes:
        raise no_such_object(privilege.path)
    if role.svm is not None and privilege.path != "/api" and not is_for_svms(privilege.path):
        raise not_for_svms(privilege.path)


def _with_privileges(cluster: Cluster, role: Role, body: RoleBody) -> Role:
    if not body.privileges:
        raise needs_a_privilege()
    role = replace(role, privileges=())
    for each in body.privileges:
        role = replace(role, privileges=(*role.privileges, new_privilege(cluster, role, each)))
    return role
