"""`/security/accounts`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.accounts.handlers import AccountChange, AccountCreate, create, modify, remove
from ontaplab.resources.accounts.state import Account
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def resource(cluster: Cluster) -> Resource[Account]:
    fields: Fields[Account] = Fields(
        {
            "owner.name": Field(lambda account: svm_name(cluster, account.svm) or cluster.name, Level.KEY),
            "owner.uuid": Field(lambda account: account.svm or cluster.uuid, Level.KEY),
            "name": Field(lambda account: account.name, Level.KEY),
            "scope": Field(lambda account: "svm" if account.svm else "cluster"),
            "role.name": Field(lambda account: account.role),
            "applications[].application": Field(lambda account: [each.application for each in account.applications]),
            "applications[].authentication_methods": Field(
                lambda account: [each.authentication_methods for each in account.applications]
            ),
            "applications[].second_authentication_method": Field(
                lambda account: [each.second_authentication_method for each in account.applications]
            ),
            "locked": Field(lambda account: account.locked),
            "comment": Field(lambda account: account.comment),
            "password_hash_algorithm": Field(lambda account: "sha512" if account.secret else None),
        }
    )
    return Resource(
        path="/security/accounts",
        fields=fields,
        rows=lambda request: cluster.accounts,
        keys=("owner.uuid", "name"),
        create=Create(AccountCreate, partial(create, cluster)),
        modify=Modify(AccountChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
        tunnel="owner",
    )
