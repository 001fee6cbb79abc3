"""Accounts: create, change, remove."""

from __future__ import annotations

import re
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.accounts.errors import (
    bad_application,
    bad_method,
    bad_name,
    last_administrator,
    last_to_be_locked,
    name_reserved,
    name_taken,
    no_such_role,
    not_for_svms,
    password_contains_name,
    password_not_set,
    password_too_long,
    password_too_short,
    password_too_simple,
)
from ontaplab.resources.accounts.state import (
    LONGEST_PASSWORD,
    METHODS,
    RESERVED_NAMES,
    SHORTEST_PASSWORD,
    Account,
    Application,
    secret_of,
)
from ontaplab.resources.roles.handlers import owner_of
from ontaplab.resources.roles.lookup import role_named
from ontaplab.resources.roles.state import ADMIN, VSADMIN
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request

_NAME = re.compile(r"[\w.@\\-]+", re.ASCII)
_NOT_FOR_SVMS = frozenset({"console", "service_processor", "amqp"})


class ApplicationBody(Body):
    application: str
    authentication_methods: tuple[str, ...] = ("password",)
    second_authentication_method: str = "none"


class AccountChange(Body):
    """PATCH."""

    applications: tuple[ApplicationBody, ...] | None = None
    role: Reference | None = None
    password: str | None = None
    locked: bool | None = None
    comment: str | None = None


class AccountCreate(AccountChange):
    """POST."""

    name: str | None = None
    owner: Reference | None = None


def install_built_in(cluster: Cluster) -> None:
    """The administrators that the cluster was started with can log in."""
    by_password = Application(application="http", authentication_methods=("password",))
    for name, password in cluster.administrators.items():
        cluster.accounts.put(
            Account(
                uuid=cluster.new_uuid("account", name),
                name=name,
                role=ADMIN,
                applications=(by_password,),
                secret=secret_of(password),
            )
        )


def create(cluster: Cluster, request: Request, body: AccountCreate) -> Reply[Account]:
    if body.name is None:
        raise missing_field("name")
    if not body.applications:
        raise missing_field("applications")
    svm = owner_of(cluster, request, body.owner)
    _check_name(cluster, body.name, svm)
    account = Account(
        uuid=cluster.new_uuid("account", f"{svm}/{body.name}"),
        name=body.name,
        svm=svm,
        role=VSADMIN if svm else ADMIN,
        applications=(),
    )
    return Done(cluster.accounts.put(_changed(cluster, account, body)))


def modify(cluster: Cluster, request: Request, account: Account, body: AccountChange) -> Reply[Account]:
    """What changed holds from the next request on."""
    changed = _changed(cluster, account, body)
    if changed.locked and not account.locked and _is_last_administrator(cluster, account):
        raise last_to_be_locked()
    return Done(cluster.accounts.put(changed))


def remove(cluster: Cluster, request: Request, account: Account) -> Reply[Account]:
    if _is_last_administrator(cluster, account):
        raise last_administrator()
    cluster.accounts.remove(account.uuid)
    return Done()


def _changed(cluster: Cluster, account: Account, body: AccountChange) -> Account:
    if body.applications is not None:
        account = replace(account, applications=tuple(_application(account, each) for each in body.applications))
    if body.role is not None:
        if body.role.name is None or role_named(cluster, body.role.name, account.svm) is None:
            raise no_such_role(str(body.role.name))
        account = replace(account, role=body.role.name)
    if body.password is not None:
        _check_password(account.name, body.password)
        account = replace(account, secret=secret_of(body.password))
    if body.comment is not None:
        account = replace(account, comment=body.comment)
    if body.locked and account.secret is None:
        raise password_not_set()
    return account if body.locked is None else replace(account, locked=body.locked)


def _application(account: Account, body: ApplicationBody) -> Application:
    if body.application not in METHODS:
        raise bad_application(body.application)
    if account.svm is not None and body.application in _NOT_FOR_SVMS:
        raise not_for_svms(body.application)
    for method in body.authentication_methods:
        if method not in METHODS[body.application]:
            raise bad_method(body.application, method)
    return Application(
        application=body.application,
        authentication_methods=body.authentication_methods,
        second_authentication_method=body.second_authentication_method,
    )


def _check_name(cluster: Cluster, name: str, svm: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise bad_name(name)
    if name in RESERVED_NAMES:
        raise name_reserved(name)
    if cluster.accounts.first(lambda account: (account.svm, account.name) == (svm, name)):
        raise name_taken(name)


def _check_password(name: str, password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise password_too_short(SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise password_too_long(LONGEST_PASSWORD)
    if not any(map(str.isalpha, password)) or not any(map(str.isdigit, password)):
        raise password_too_simple()
    if name in password:
        raise password_contains_name()


def _is_last_administrator(cluster: Cluster, account: Account) -> bool:
    unlocked = cluster.accounts.where(lambda each: each.svm is None and each.role == ADMIN and not each.locked)
    return [each.uuid for each in unlocked] == [account.uuid]
