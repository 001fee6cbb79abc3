"""`/security/roles` and the privileges of each."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.roles import privileges
from ontaplab.resources.roles.handlers import PrivilegeBody, RoleBody, create, remove
from ontaplab.resources.roles.privileges import RolePrivilege
from ontaplab.resources.roles.state import Role
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster) -> Resource[Role]:
    fields: Fields[Role] = Fields(
        {
            "owner.name": Field(lambda role: svm_name(cluster, role.svm) or cluster.name, Level.KEY),
            "owner.uuid": Field(lambda role: role.svm or cluster.uuid, Level.KEY),
            "name": Field(lambda role: role.name, Level.KEY),
            "scope": Field(lambda role: "svm" if role.svm else "cluster"),
            "builtin": Field(lambda role: role.is_built_in),
            "privileges[].path": Field(lambda role: [each.path for each in role.privileges]),
            "privileges[].access": Field(lambda role: [each.access for each in role.privileges]),
            "privileges[].query": Field(lambda role: [each.query for each in role.privileges]),
        }
    )
    return Resource(
        path="/security/roles",
        fields=fields,
        rows=lambda request: cluster.roles,
        keys=("owner.uuid", "name"),
        create=Create(RoleBody, partial(create, cluster)),
        remove=partial(remove, cluster),
        tunnel="owner",
    )


def privileges_resource(cluster: Cluster) -> Resource[RolePrivilege]:
    fields: Fields[RolePrivilege] = Fields(
        {
            "owner.uuid": Field(lambda row: row.role.svm or cluster.uuid, Level.NAMED),
            "role.name": Field(lambda row: row.role.name, Level.NAMED),
            "path": Field(lambda row: row.privilege.path, Level.KEY),
            "access": Field(lambda row: row.privilege.access, Level.DEFAULT),
            "query": Field(lambda row: row.privilege.query),
        }
    )
    return Resource(
        path="/security/roles/{owner.uuid}/{role.name}/privileges",
        fields=fields,
        rows=partial(privileges.rows, cluster),
        keys=("path",),
        create=Create(PrivilegeBody, partial(privileges.create, cluster)),
        modify=Modify(PrivilegeBody, partial(privileges.modify, cluster)),
        remove=partial(privileges.remove, cluster),
        tunnel="owner",
        key_holds_slashes=True,
    )
