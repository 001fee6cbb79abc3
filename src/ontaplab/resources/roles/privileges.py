"""The privileges of a role, as a collection of their own: add, change, remove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ontaplab.cluster import Cluster
from ontaplab.resources.roles.errors import is_built_in, needs_a_privilege, not_found, path_taken
from ontaplab.resources.roles.handlers import PrivilegeBody, new_privilege
from ontaplab.resources.roles.state import Privilege, Role
from ontaplab.wire.resource import Done, Reply, Request


@dataclass(frozen=True, slots=True)
class RolePrivilege:
    """One privilege of one role."""

    role: Role
    privilege: Privilege


def rows(cluster: Cluster, request: Request) -> Iterable[RolePrivilege]:
    role = _role(cluster, request)
    return [RolePrivilege(role, privilege) for privilege in role.privileges]


def create(cluster: Cluster, request: Request, body: PrivilegeBody) -> Reply[RolePrivilege]:
    role = _custom(_role(cluster, request))
    privilege = new_privilege(cluster, role, body)
    if any(each.path == privilege.path for each in role.privileges):
        raise path_taken(privilege.path)
    return Done(_put(cluster, role, (*role.privileges, privilege), privilege))


def modify(cluster: Cluster, request: Request, row: RolePrivilege, body: PrivilegeBody) -> Reply[RolePrivilege]:
    role = _custom(_role(cluster, request))
    wanted = PrivilegeBody(
        path=row.privilege.path,
        access=body.access or row.privilege.access,
        query=body.query or row.privilege.query,
    )
    privilege = new_privilege(cluster, role, wanted)
    changed = tuple(privilege if each.path == privilege.path else each for each in role.privileges)
    return Done(_put(cluster, role, changed, privilege))


def remove(cluster: Cluster, request: Request, row: RolePrivilege) -> Reply[RolePrivilege]:
    role = _custom(_role(cluster, request))
    rest = tuple(each for each in role.privileges if each.path != row.privilege.path)
    if not rest:
        raise needs_a_privilege()
    cluster.roles.put(replace(role, privileges=rest))
    return Done()


def _role(cluster: Cluster, request: Request) -> Role:
    """The role in the path, as it is now. Raises: OntapError 5636129."""
    owner, name = request.path["owner.uuid"], request.path["role.name"]
    svm = None if owner == cluster.uuid else owner
    found = cluster.roles.first(lambda role: (role.svm, role.name) == (svm, name))
    if found is None or not request.reaches(found.svm):
        raise not_found(name)
    return found


def _custom(role: Role) -> Role:
    if role.is_built_in:
        raise is_built_in(role.name)
    return role


def _put(cluster: Cluster, role: Role, privileges: tuple[Privilege, ...], privilege: Privilege) -> RolePrivilege:
    return RolePrivilege(cluster.roles.put(replace(role, privileges=privileges)), privilege)
