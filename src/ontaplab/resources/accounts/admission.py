"""Who may ask what: the account behind a request, its role, and the SVM that it is confined to.

All accounts log in at the one address of the cluster. Where accounts of several owners have one name, it is the
cluster's, else the oldest, whose password was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request as HttpRequest

from ontaplab.cluster import Cluster
from ontaplab.errors import no_entry
from ontaplab.resources.accounts.errors import not_on_svm_interfaces, not_permitted, tunnel_not_permitted
from ontaplab.resources.accounts.state import Account
from ontaplab.resources.roles.lookup import role_named
from ontaplab.resources.roles.state import CEILING
from ontaplab.wire.access import Caller, certified_name, credentials, not_authenticated, tunnel_of
from ontaplab.wire.resource import Tunnel

_HIDDEN = "/api/storage/aggregates"
"""What is not there at all for accounts of SVMs."""
_OBJECT = re.compile(r"/api/(?P<kind>storage/volumes|snapmirror/relationships)/(?P<uuid>[0-9a-f-]{36})(?:/|$)")


class Admission:
    """Lets a cluster's accounts in. It is an `Admit`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def __call__(self, http: HttpRequest) -> Caller:
        account = self._by_certificate(http) or self._by_password(http)
        if account is None:
            raise not_authenticated()
        path: str = http.scope["path"]
        if account.svm is None:
            self._check_role(account, http.method, path)
            tunnel = self._completed(tunnel_of(http))
            if tunnel is not None and tunnel.uuid is not None:
                self._check_is_its_own(tunnel.uuid, path)
            return Caller(account=account.name, tunnel=tunnel)
        if tunnel_of(http) is not None:
            raise tunnel_not_permitted()
        if path.startswith(_HIDDEN):
            raise not_on_svm_interfaces(path)
        if not CEILING.allows(http.method, path):
            raise not_permitted(http.method, path)
        self._check_role(account, http.method, path)
        self._check_is_its_own(account.svm, path)
        tunnel = Tunnel(self._cluster.svms[account.svm].name, account.svm)
        return Caller(account=account.name, tunnel=tunnel, is_svms=True)

    def operator(self, http: HttpRequest) -> Account:
        """The administrator of the cluster who asks. Raises: OntapError 6."""
        account = self._by_certificate(http) or self._by_password(http)
        if account is None:
            raise not_authenticated()
        if account.svm is not None or account.role != "admin":
            raise not_permitted(http.method, http.scope["path"])
        return account

    def _by_certificate(self, http: HttpRequest) -> Account | None:
        name = certified_name(http)
        if name is None:
            return None
        return self._first(lambda account: account.name == name and account.logs_in_by("certificate"))

    def _by_password(self, http: HttpRequest) -> Account | None:
        given = credentials(http)
        if given is None:
            return None
        name, password = given
        return self._first(
            lambda account: account.name == name and account.logs_in_by("password") and account.has_password(password)
        )

    def _first(self, wanted: Callable[[Account], bool]) -> Account | None:
        found = self._cluster.accounts.where(wanted)
        return min(found, key=lambda account: account.svm is not None, default=None)

    def _check_role(self, account: Account, method: str, path: str) -> None:
        role = role_named(self._cluster, account.role, account.svm)
        if role is None or not role.allows(method, path):
            raise not_permitted(method, path)

    def _check_is_its_own(self, svm: str, path: str) -> None:
        """Raises: OntapError 4 for what is below a volume or a relationship of another SVM."""
        found = _OBJECT.match(path)
        if found is not None and svm not in self._owners(found["kind"], found["uuid"]):
            raise no_entry("uuid")

    def _owners(self, kind: str, uuid: str) -> set[str]:
        cluster = self._cluster
        if kind == "storage/volumes":
            return {volume.svm} if (volume := cluster.volumes.get(uuid)) else set()
        ends_here, begins_here = cluster.relationships.get(uuid), cluster.listed_destinations.get(uuid)
        owners = {ends_here.destination.svm_uuid} if ends_here else set()
        return owners | ({begins_here.source.svm_uuid} if begins_here else set())

    def _completed(self, tunnel: Tunnel | None) -> Tunnel | None:
        """With name and uuid of the SVM, if there is one."""
        if tunnel is None:
            return None
        found = self._cluster.svms.first(
            lambda svm: tunnel.name in (None, svm.name) and tunnel.uuid in (None, svm.uuid)
        )
        return tunnel if found is None else Tunnel(found.name, found.uuid)
