"""What an account of a cluster has to be allowed, for all that the commands ask of it, and nothing more.

An API path of a role covers all below it. ONTAP's words for access are what they let through: `readonly` GET,
`read_create` POST too, `read_modify` PATCH too, `read_create_modify` both, `all` DELETE too (9.11.1 and later).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Privilege(NamedTuple):
    """One path of a role, and why it is asked for."""

    path: str
    access: str
    because: str


PRIVILEGES = (
    Privilege("/api/cluster", "readonly", "its name, uuid and version"),
    Privilege("/api/cluster/jobs", "readonly", "to follow what takes time"),
    Privilege("/api/cluster/licensing/licenses", "readonly", "whether mirrors may be made"),
    Privilege("/api/cluster/nodes", "readonly", "whether each can reach other clusters"),
    Privilege("/api/cluster/peers", "read_create", "which clusters can carry to which; --peer-clusters makes peers"),
    Privilege("/api/cluster/schedules", "readonly", "whether a schedule is there"),
    Privilege("/api/network/ip/interfaces", "readonly", "over which interfaces"),
    Privilege("/api/protocols/cifs/services", "readonly", "whether an SVM can have shares"),
    Privilege("/api/protocols/cifs/sessions", "all", "a fence closes sessions"),
    Privilege("/api/protocols/cifs/shares", "read_create", "what is served has the shares that it had"),
    Privilege("/api/protocols/nfs/export-policies", "read_create", "a fence has a policy of its own"),
    Privilege("/api/protocols/san/igroups", "read_create", "to whom LUNs can be mapped, also in another SVM"),
    Privilege("/api/protocols/san/lun-maps", "read_create", "what is served has its LUNs mapped as they were"),
    Privilege("/api/security/accounts", "readonly", "which role its own account has"),
    Privilege("/api/security/roles", "readonly", "whether that role is enough"),
    Privilege(
        "/api/snapmirror/policies",
        "all",
        "claims of who serves are policies, and old ones go; some are made as defined",
    ),
    Privilege("/api/snapmirror/relationships", "all", "mirrors and their transfers, and mirrors that end"),
    Privilege("/api/storage/aggregates", "readonly", "where there is room"),
    Privilege("/api/storage/file/clone", "read_create", "a file that is to stay is cloned within its volume"),
    Privilege("/api/storage/file/copy", "read_create", "files that are brought to other volumes are copied there"),
    Privilege(
        "/api/storage/luns", "all", "a fence takes LUNs from their hosts; they are moved, copied, and then removed"
    ),
    Privilege("/api/storage/qos/policies", "readonly", "a copy that is served is given the one its source had"),
    Privilege("/api/storage/qtrees", "read_modify", "a fence covers qtrees with policies of their own"),
    Privilege("/api/storage/snapshot-policies", "readonly", "and its snapshot policy too"),
    Privilege(
        "/api/storage/volumes", "all", "copies are made, marked, mounted, fenced, and deleted if that is asked for"
    ),
    Privilege("/api/svm/peers", "read_create_modify", "SVMs are peered, and their peering accepted"),
    Privilege("/api/svm/svms", "readonly", "which SVMs are there, and run"),
)

_READ = frozenset({"GET"})
_METHODS: Mapping[str, frozenset[str]] = {
    "none": frozenset(),
    "readonly": _READ,
    "read_create": _READ | {"POST"},
    "read_modify": _READ | {"PATCH"},
    "read_create_modify": _READ | {"POST", "PATCH"},
    "all": _READ | {"POST", "PATCH", "DELETE"},
}


_SELDOM = {
    "/api/cluster/peers": frozenset({"POST"}),
    "/api/snapmirror/policies": frozenset({"DELETE"}),
    "/api/snapmirror/relationships": frozenset({"DELETE"}),
    "/api/protocols/san/igroups": frozenset({"GET", "POST"}),
    "/api/protocols/san/lun-maps": frozenset({"GET", "POST"}),
    "/api/storage/file/clone": frozenset({"GET", "POST"}),
    "/api/storage/file/copy": frozenset({"GET", "POST"}),
    "/api/storage/luns": frozenset({"POST", "DELETE"}),
    "/api/storage/volumes": frozenset({"DELETE"}),
}


class Lack(NamedTuple):
    """The methods of a privilege that a role does not grant."""

    privilege: Privilege
    methods: frozenset[str]

    @property
    def is_seldom_missed(self) -> bool:
        """Whether `--peer-clusters`, migrating LUNs and files, and what deletes mirrors and copies, alone miss it."""
        return self.methods <= _SELDOM.get(self.privilege.path, frozenset())


def lacking(granted: Mapping[str, str]) -> tuple[Lack, ...]:
    """What of the above a role does not grant, which grants this access by path.

    A path that ends nearer to what is asked for counts; one below it that grants less takes from it.
    """
    lacks = (Lack(each, _METHODS[each.access] - _allowed(each.path, granted)) for each in PRIVILEGES)
    return tuple(each for each in lacks if each.methods)


def _allowed(wanted: str, granted: Mapping[str, str]) -> frozenset[str]:
    nearest = max((path for path in granted if _covers(path, wanted)), key=len, default=None)
    if nearest is None:
        return frozenset()
    paths = {nearest, *(path for path in granted if _covers(wanted, path))}
    return frozenset.intersection(*(_METHODS.get(granted[path], frozenset()) for path in paths))


def _covers(path: str, other: str) -> bool:
    """Whether `other` is `path`, or below it."""
    return f"{other}/".startswith(f"{path.rstrip('/')}/")
