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
Aggregate = _client.Aggregate
Cluster = _client.Cluster
ClusterPeer = _client.ClusterPeer
FileInfo = _client.FileInfo
Job = _client.Job
Node = _client.Node
Schedule = _client.Schedule
SnapmirrorPolicy = _client.SnapmirrorPolicy
SnapmirrorRelationship = _client.SnapmirrorRelationship
SnapmirrorTransfer = _client.SnapmirrorTransfer
Snapshot = _client.Snapshot
Svm = _client.Svm
SvmPeer = _client.SvmPeer
Volume = _client.Volume

_UNDOCUMENTED = frozenset({"/snapmirror/relationships/{uuid}/restore"})
"""What OpenStack Manila asks for, and no class of the client's stands for."""

ROUTES: Mapping[str, frozenset[str]] = {
    path: frozenset(methods.split()) for path, methods in routes() if path not in _UNDOCUMENTED
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
        Aggregate,
        Cluster,
        ClusterPeer,
        FileInfo,
        Job,
        Node,
        Schedule,
        SnapmirrorPolicy,
        SnapmirrorRelationship,
        SnapmirrorTransfer,
        Snapshot,
        Svm,
        SvmPeer,
        Volume,
    )
}
"""The client's class, by the path of its collection."""


def collection_of(route: str) -> str:
    """The collection that an instance's route is below; a collection's own route is itself."""
    return route.rpartition("/{")[0] if route.endswith("}") else route


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
