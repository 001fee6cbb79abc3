"""A source in another cluster, asked over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TypeVar
from urllib.parse import urlencode

import httpx
from pydantic import TypeAdapter, ValidationError

from ontaplab.cluster import Cluster
from ontaplab.disk.arriving import Incoming
from ontaplab.disk.difference import Compared
from ontaplab.errors import OntapError
from ontaplab.intercluster.client import check_way, mark, peer_headers
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
    Landed,
    Registered,
    Registration,
    Step,
    Wanted,
)
from ontaplab.network import PATIENCE_S, Question
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.resources.relationships.errors import source_unreachable

T = TypeVar("T")


class RemoteSource:
    """The sources at one cluster peer. It is a `Source`.

    Every method raises OntapError as the source did, or 13303892 if it did not answer.
    """

    def __init__(self, cluster: Cluster, peer: ClusterPeer) -> None:
        self.cluster_name = peer.remote_name or peer.name
        self._cluster = cluster
        self._peer = peer
        self._headers = peer_headers(cluster, peer)

    async def register(self, registration: Registration) -> Registered:
        reply = await self._ask("PUT", registration.relationship, "", REGISTRATION.dump_json(registration))
        return self._read(REGISTERED, reply)

    async def newest_common(self, relationship: str, have: tuple[str, ...]) -> str | None:
        reply = await self._ask("POST", relationship, "/common", HAVE.dump_json(have))
        return self._read(COMMON, reply)

    async def constituents(self, relationship: str) -> int:
        return self._read(GEOMETRY, await self._ask("GET", relationship, "/geometry", b""))

    async def next_step(self, relationship: str, wanted: Wanted) -> Step | None:
        return self._read(STEP, await self._ask("POST", relationship, "/next", WANTED.dump_json(wanted)))

    async def compare_on(self, relationship: str, base: str | None, snapshot: str, compared: int) -> Sequence[Compared]:
        what = f"/difference?{_query(base, snapshot)}&compared={compared}"
        return self._read(COMPARED, await self._ask("GET", relationship, what, b""))

    async def read(
        self, relationship: str, base: str | None, snapshot: str, start: int, length: int
    ) -> AsyncIterator[Incoming]:
        headers = {**self._headers, "Range": f"bytes={start}-{start + length - 1}"}
        target = _path(relationship, f"/stream?{_query(base, snapshot)}")
        try:
            check_way(self._cluster, self._peer)
            async with aclosing(self._cluster.network.read(self._address, target, headers)) as parts:
                async for part in parts:
                    yield part
        except httpx.HTTPError as silent:
            raise self._unreachable(silent) from silent

    async def landed(self, relationship: str, landed: Landed) -> None:
        await self._ask("POST", relationship, "/landed", LANDED.dump_json(landed))

    async def release(self, relationship: str, *, keep_snapshots: bool) -> None:
        await self._ask("DELETE", relationship, f"?keep_snapshots={'true' if keep_snapshots else 'false'}", b"")

    async def _ask(self, method: str, relationship: str, what: str, body: bytes) -> bytes:
        question = Question(method, _path(relationship, what), self._headers, body, PATIENCE_S)
        try:
            check_way(self._cluster, self._peer)
            reply = await self._cluster.network.ask(self._address, question)
        except httpx.HTTPError as silent:
            raise self._unreachable(silent) from silent
        if not reply.is_success:
            raise reply.refusal()
        mark(self._cluster, self._peer.uuid, answers=True)
        return reply.content

    @property
    def _address(self) -> str:
        if not self._peer.remote_addresses:
            raise source_unreachable(self.cluster_name, "its addresses are not known")
        return self._peer.remote_addresses[0]

    def _read(self, adapter: TypeAdapter[T], reply: bytes) -> T:
        try:
            return adapter.validate_json(reply)
        except ValidationError as invalid:
            raise source_unreachable(self.cluster_name, f"its answer makes no sense: {invalid}") from None

    def _unreachable(self, silent: httpx.HTTPError) -> OntapError:
        mark(self._cluster, self._peer.uuid, answers=False)
        return source_unreachable(self.cluster_name, str(silent) or type(silent).__name__)


def _query(base: str | None, snapshot: str) -> str:
    return urlencode({"snapshot": snapshot} if base is None else {"base": base, "snapshot": snapshot})


def _path(relationship: str, what: str) -> str:
    return f"/intercluster/mirrors/{relationship}{what}"
