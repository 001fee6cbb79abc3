"""A role's record: which methods it grants on which paths. And the roles that are always there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Access = Literal["none", "readonly", "read_create", "read_modify", "read_create_modify", "all"]

_READ = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "none": frozenset(),
        "readonly": _READ,
        "read_create": _READ | {"POST"},
        "read_modify": _READ | {"PATCH"},
        "read_create_modify": _READ | {"POST", "PATCH"},
        "all": _READ | {"POST", "PATCH", "DELETE"},
    }
)
"""What each access level grants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Privilege:
    path: str
    """A path that begins with /api and stands for all below it, `*` for any one part; or a command of the CLI."""
    access: Access
    query: str | None = None
    """For a command only."""

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api")

    def fit(self, path: str) -> tuple[int, int] | None:
        """How closely it fits a request's path, to be compared with others; None: not at all."""
        mine, theirs = _parts(self.path), _parts(path)
        if not self.is_api or len(mine) > len(theirs):
            return None
        if any(part not in ("*", there) for part, there in zip(mine, theirs, strict=False)):
            return None
        return len(mine), len(mine) - mine.count("*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    uuid: str
    name: str
    svm: str | None = None
    """uuid of the SVM that owns it; None: the cluster."""
    privileges: tuple[Privilege, ...] = ()
    is_built_in: bool = False

    def allows(self, method: str, path: str) -> bool:
        """Whether the privilege that fits the path most closely grants the method. Without one nothing is granted."""
        fitting = [(fit, each.access) for each in self.privileges if (fit := each.fit(path)) is not None]
        return bool(fitting) and method in METHODS[max(fitting)[1]]


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _privileges(*groups: Mapping[str, Access]) -> tuple[Privilege, ...]:
    merged = {path: access for group in groups for path, access in group.items()}
    return tuple(Privilege(path=f"/api{path}", access=access) for path, access in merged.items())


_BASICS: Mapping[str, Access] = {
    "/cluster": "readonly",
    "/cluster/jobs": "read_modify",
    "/cluster/licensing": "none",
    "/cluster/nodes": "none",
    "/cluster/peers": "none",
    "/network/ip/interfaces": "readonly",
    "/private/cli": "readonly",
    "/svm/svms": "readonly",
}
"""What every account of an SVM may."""

_VSADMIN: Mapping[str, Access] = {
    **_BASICS,
    "/network/ip/interfaces": "read_modify",
    "/protocols": "all",
    "/security": "readonly",
    "/snapmirror": "all",
    "/storage/qos/policies": "all",
    "/storage/file": "all",
    "/storage/luns": "all",
    "/storage/snapshot-policies": "all",
    "/storage/volumes": "all",
    "/support/ems/application-logs": "read_create",
    "/svm/peers": "readonly",
    "/svm/svms": "read_modify",
}


def _reading(access: Access) -> Access:
    return "none" if access == "none" else "readonly"


SVM_ROLES: Mapping[str, tuple[Privilege, ...]] = MappingProxyType(
    {
        "vsadmin": _privileges(_VSADMIN),
        "vsadmin-volume": _privileges(
            _BASICS,
            {
                "/protocols": "all",
                "/storage/qos/policies": "all",
                "/storage/luns": "all",
                "/storage/snapshot-policies": "all",
                "/storage/volumes": "all",
            },
        ),
        "vsadmin-protocol": _privileges(
            _BASICS, {"/protocols": "all", "/storage/luns": "readonly", "/storage/volumes": "readonly"}
        ),
        "vsadmin-backup": _privileges(
            _BASICS,
            {
                "/snapmirror": "all",
                "/storage/volumes": "read_modify",
                "/storage/volumes/*/snapshots": "all",
                "/svm/peers": "readonly",
            },
        ),
        "vsadmin-snaplock": _privileges(_BASICS, {"/storage/volumes": "all", "/protocols": "readonly"}),
        "vsadmin-readonly": _privileges({path: _reading(access) for path, access in _VSADMIN.items()}),
    }
)
"""The roles that every SVM has. Assumption: which paths each stands for; its purpose alone is documented."""

CLUSTER_ROLES: Mapping[str, tuple[Privilege, ...]] = MappingProxyType(
    {
        "admin": _privileges({"": "all"}),
        "readonly": _privileges({"": "readonly", "/security": "none"}),
        "backup": _privileges({"/storage/volumes": "readonly"}),
        "snaplock": _privileges({"/storage/volumes": "read_create_modify"}),
        "autosupport": _privileges({"/support/autosupport": "all"}),
        "none": _privileges({"": "none"}),
    }
)
"""The roles that every cluster has. Assumption: which paths the lesser ones stand for."""

ADMIN, VSADMIN = "admin", "vsadmin"
"""The roles of accounts that were given none."""

CEILING = Role(uuid="", name=VSADMIN, privileges=SVM_ROLES[VSADMIN])
"""No account of an SVM may do more, whatever its role says."""


def is_for_svms(path: str) -> bool:
    """Whether a role of an SVM may name this path."""
    return CEILING.allows("GET", path)
