"""What the lab simulates, as its route table says, and the class of NetApp's client for each resource."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, TypeAlias

from ontaplab.resources.routes import routes

ClientClass: TypeAlias = Any
ClientObject: TypeAlias = Any
"""A class of the client's and an object of one: its attributes are those of a schema, unknown to a type checker."""

_client: Any = import_module("netapp_ontap.resources")  # fills itself when it is asked
Account = _client.Account
Aggregate = _client.Aggregate
CifsService = _client.CifsService
CifsSession = _client.CifsSession
CifsShare = _client.CifsShare
CifsShareAcl = _client.CifsShareAcl
Cluster = _client.Cluster
ClusterPeer = _client.ClusterPeer
CounterRow = _client.CounterRow
CounterTable = _client.CounterTable
EmsApplicationLog = _client.EmsApplicationLog
EmsEvent = _client.EmsEvent
ExportPolicy = _client.ExportPolicy
ExportRule = _client.ExportRule
FileClone = _client.FileClone
FileCopy = _client.FileCopy
FileMove = _client.FileMove
FileInfo = _client.FileInfo
Igroup = _client.Igroup
IgroupInitiator = _client.IgroupInitiator
IpInterface = _client.IpInterface
Job = _client.Job
KerberosInterface = _client.KerberosInterface
LicensePackage = _client.LicensePackage
Lun = _client.Lun
LunMap = _client.LunMap
NfsClients = _client.NfsClients
NfsService = _client.NfsService
Node = _client.Node
QosPolicy = _client.QosPolicy
Qtree = _client.Qtree
Role = _client.Role
RolePrivilege = _client.RolePrivilege
Schedule = _client.Schedule
SnaplockComplianceClock = _client.SnaplockComplianceClock
SnapmirrorPolicy = _client.SnapmirrorPolicy
SnapmirrorRelationship = _client.SnapmirrorRelationship
SnapmirrorTransfer = _client.SnapmirrorTransfer
Snapshot = _client.Snapshot
SnapshotPolicy = _client.SnapshotPolicy
SnapshotPolicySchedule = _client.SnapshotPolicySchedule
SplitStatus = _client.SplitStatus
Svm = _client.Svm
SvmPeer = _client.SvmPeer
SvmPeerPermission = _client.SvmPeerPermission
Volume = _client.Volume

_UNDOCUMENTED = frozenset(
    {
        "/private/cli/aggr",
        "/private/cli/version",
        "/private/cli/volume",
        "/private/cli/volume/efficiency",
        "/private/cli/volume/file/show-disk-usage",
        "/snapmirror/relationships/{uuid}/restore",
    }
)
"""What OpenStack asks for, and no class of the client's stands for."""

_EMPTY = frozenset(
    {"/protocols/fpolicy/{svm.uuid}/policies", "/protocols/fpolicy/{svm.uuid}/policies/{name}"},
)
"""Where nothing is ever found, so that the client has nothing to read."""

ROUTES: Mapping[str, frozenset[str]] = {
    path: frozenset(methods.split()) for path, methods in routes() if path not in _UNDOCUMENTED | _EMPTY
}
"""The methods of every documented path below `/api`."""


def path_of(resource: ClientClass) -> str:
    """The collection's path, as the lab writes it.

    >>> path_of(Snapshot)
    '/storage/volumes/{volume.uuid}/snapshots'
    """
    return re.sub(r"\[(\w+)\]", r".\1", str(resource._path)).removeprefix("/api")


CLIENTS: Mapping[str, ClientClass] = {
    path_of(each): each
    for each in (
        Account,
        Aggregate,
        CifsService,
        CifsSession,
        CifsShare,
        CifsShareAcl,
        Cluster,
        ClusterPeer,
        CounterRow,
        CounterTable,
        EmsApplicationLog,
        EmsEvent,
        ExportPolicy,
        ExportRule,
        FileClone,
        FileCopy,
        FileInfo,
        FileMove,
        Igroup,
        IgroupInitiator,
        IpInterface,
        Job,
        KerberosInterface,
        LicensePackage,
        Lun,
        LunMap,
        NfsClients,
        NfsService,
        Node,
        QosPolicy,
        Qtree,
        Role,
        RolePrivilege,
        Schedule,
        SnaplockComplianceClock,
        SnapmirrorPolicy,
        SnapmirrorRelationship,
        SnapmirrorTransfer,
        Snapshot,
        SnapshotPolicy,
        SnapshotPolicySchedule,
        SplitStatus,
        Svm,
        SvmPeer,
        SvmPeerPermission,
        Volume,
    )
}
"""The client's class, by the path of its collection."""


def collection_of(route: str) -> str:
    """The collection that an instance's route is below, at one key or more; a collection's own route is itself."""
    return re.sub(r"(/\{[^/]+\})+$", "", route)


def own_keys(resource: ClientClass) -> Sequence[str]:
    """The fields that tell an object from the others of its collection, where the client knows what that is below of.

    >>> own_keys(ExportRule), own_keys(Role)
    (['index'], ['owner.uuid', 'name'])
    """
    above = len(re.findall(r"\{", path_of(resource)))
    return list(resource._keys[above:])


def instance_of(collection: str) -> str | None:
    """The route of the collection's instances. None: it is a single object."""
    return next((route for route in ROUTES if route != collection and collection_of(route) == collection), None)


def offered(collection: str) -> set[tuple[str, str]]:
    """Every method with its route: the collection's, and those of its instances."""
    routes_of_it = [route for route in ROUTES if collection_of(route) == collection]
    return {(method, route) for route in routes_of_it for method in ROUTES[route]}


RESOURCES: Sequence[str] = sorted({collection_of(route) for route in ROUTES})
COLLECTIONS: Sequence[str] = [route for route in RESOURCES if instance_of(route)]
SINGLE: Sequence[str] = [route for route in RESOURCES if not instance_of(route)]


def route_of(path: str) -> str:
    """The route that answers a URL's path, which is still percent-encoded."""
    found = [route for route, pattern in _PATTERNS.items() if pattern.fullmatch(path)]
    assert len(found) == 1, f"{path} is answered by {found}"
    return found[0]


_PATTERNS = {
    route: re.compile("/api" + "[^/]+".join(map(re.escape, re.split(r"\{[\w.:]+\}", route)))) for route in ROUTES
}
