"""The sources of this cluster, for its peers: `/intercluster/mirrors/{relationship}/...`.

A peer may speak of the relationships that end at it, and of no others.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ontaplab.bulk import ZERO_COPY
from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, invalid_value, no_entry
from ontaplab.intercluster.mirroring.messages import (
    COMMON,
    COMPARED,
    GEOMETRY,
    HAVE,
    LANDED,
    REGISTERED,
    REGISTRATION,
    STEP,
    WANTED,
)
from ontaplab.intercluster.mirroring.source import LocalSource
from ontaplab.intercluster.mirroring.stretches import StretchesResponse
from ontaplab.intercluster.routes import peer_route
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.wire.body import read_body

T = TypeVar("T")
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_DONE = 204


def mirror_routes(cluster: Cluster, source: LocalSource) -> list[Route]:
    """What the clusters that mirror volumes of this one ask."""
    return _Routes(cluster, source).all()


class _Routes:
    def __init__(self, cluster: Cluster, source: LocalSource) -> None:
        self._cluster = cluster
        self._source = source

    def all(self) -> list[Route]:
        return [
            self._route("/next", "POST", self._next_step),
            self._route("/difference", "GET", self._compare_on),
            self._route("/stream", "GET", self._stream),
            self._route("/landed", "POST", self._landed),
            self._route("", "PUT", self._register),
            self._route("", "DELETE", self._release),
            self._route("/common", "POST", self._newest_common),
            self._route("/geometry", "GET", self._geometry),
        ]

    def _route(self, path: str, method: str, answer: Callable[[Request, str, str], Awaitable[Response]]) -> Route:
        """`answer` gets the request, the relationship's uuid and the uuid of the peer that asks."""

        async def endpoint(peer: ClusterPeer, request: Request) -> Response:
            relationship = request.path_params["relationship"]
            listed = self._cluster.listed_destinations.get(relationship)
            if listed is not None and listed.destination.cluster_peer != peer.uuid:
                raise no_entry("relationship.uuid")
            try:
                return await answer(request, relationship, peer.uuid)
            except OSError as error:
                raise OntapError(500, "917536", error.strerror or str(error)) from error

        return peer_route(self._cluster, "/mirrors/{relationship}" + path, [method], endpoint)

    async def _register(self, request: Request, relationship: str, peer: str) -> Response:
        registration = await _read(REGISTRATION, request)
        if registration.relationship != relationship:
            raise invalid_value(registration.relationship, "relationship")
        return _json(REGISTERED, await self._source.register(registration, peer))

    async def _newest_common(self, request: Request, relationship: str, peer: str) -> Response:
        return _json(COMMON, await self._source.newest_common(relationship, await _read(HAVE, request)))

    async def _geometry(self, request: Request, relationship: str, peer: str) -> Response:
        return _json(GEOMETRY, await self._source.constituents(relationship))

    async def _next_step(self, request: Request, relationship: str, peer: str) -> Response:
        return _json(STEP, await self._source.next_step(relationship, await _read(WANTED, request)))

    async def _compare_on(self, request: Request, relationship: str, peer: str) -> Response:
        query = request.query_params
        compared = query.get("compared", "")
        if not compared.isdecimal():
            raise invalid_value(compared, "compared")
        wanted = relationship, query.get("base"), query.get("snapshot", ""), int(compared)
        return _json(COMPARED, await self._source.compare_on(*wanted))

    async def _stream(self, request: Request, relationship: str, peer: str) -> Response:
        """All bytes that are asked for have to be there: the reply says their number before they are read."""
        start, length = _range(request)
        query = request.query_params
        wanted = relationship, query.get("base"), query.get("snapshot", ""), start, length
        # Without a length the reply would be cut into HTTP chunks, which halves the speed.
        headers = {"Content-Length": str(length)}
        if ZERO_COPY in request.scope.get("extensions", {}):
            return StretchesResponse(await self._source.stretches(*wanted), self._cluster.offload, headers)
        chunks = self._source.chunks(*wanted)
        first = await anext(chunks, b"")  # what is refused is refused before the answer begins
        return StreamingResponse(_with_first(first, chunks), 206, headers, "application/octet-stream")

    async def _landed(self, request: Request, relationship: str, peer: str) -> Response:
        await self._source.landed(relationship, await _read(LANDED, request))
        return Response(status_code=_DONE)

    async def _release(self, request: Request, relationship: str, peer: str) -> Response:
        keep_snapshots = request.query_params.get("keep_snapshots") == "true"
        await self._source.release(relationship, keep_snapshots=keep_snapshots)
        return Response(status_code=_DONE)


async def _read(adapter: TypeAdapter[T], request: Request) -> T:
    try:
        return adapter.validate_json(await read_body(request))
    except ValidationError as invalid:
        raise OntapError(400, "262245", f"This is not what was expected: {invalid}") from None


def _json(adapter: TypeAdapter[T], value: T) -> Response:
    return Response(adapter.dump_json(value), media_type="application/json")


def _range(request: Request) -> tuple[int, int]:
    """Start and length of the bytes that are asked for."""
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None:
        raise invalid_value(request.headers.get("range"), "Range")
    return int(found[1]), int(found[2]) - int(found[1]) + 1


async def _with_first(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk
