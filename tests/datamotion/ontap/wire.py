"""The other end of the wire for the client's tests: answers each request by a function, keeps what was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import trio
import trio.testing

from datamotion.clock import Clock
from datamotion.engine.ports import Reply
from datamotion.model.acts import Act, Change
from datamotion.ontap.cluster import OntapCluster
from datamotion.ontap.limits import Limits
from datamotion.ontap.transport import Transport, open_transport

LIMITS = Limits(look_s=120, change_s=60, answer_bytes=2**20)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


Answering = Callable[[Sent], httpx.Response]


class Wire:
    """A cluster as the client sees it."""

    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.sent: list[Sent] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sent = Sent(
            method=request.method,
            path=request.url.path,
            query=dict(request.url.params),
            body=json.loads(request.content) if request.content else None,
            headers=request.headers,
        )
        self.sent.append(sent)
        return self.answer(sent)


@dataclass
class QuickClock:
    """Sleeping takes no time and is remembered."""

    slept_s: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return START + timedelta(seconds=sum(self.slept_s))

    def monotonic_s(self) -> float:
        return sum(self.slept_s)

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def a_transport(
    wire: Wire | httpx.AsyncBaseTransport | None,
    *,
    clock: Clock | None = None,
    url: str = "https://paris.test",
    **more: Any,
) -> AsyncIterator[Transport]:
    """A transport whose other end is `wire`, or the network where that is None."""
    asked: dict[str, Any] = {
        "ca_file": None,
        "connect_timeout_s": 3,
        "read_timeout_s": 30,
        "limit": 8,
        "limits": LIMITS,
    } | more
    over = httpx.MockTransport(wire) if isinstance(wire, Wire) else wire
    async with open_transport(
        "paris",
        url=url,
        user="admin",
        password="s3cret",
        clock=clock or QuickClock(),
        http_transport=over,
        **asked,
    ) as transport:
        yield transport


PASSPHRASE = "open sesame"
"""By which `lyon` gets peers."""


@asynccontextmanager
async def a_cluster(
    wire: Wire | httpx.AsyncBaseTransport, *, clock: QuickClock | None = None, **more: Any
) -> AsyncIterator[OntapCluster]:
    clock = clock or QuickClock()
    async with a_transport(wire, clock=clock, **more) as transport:
        yield OntapCluster(transport, clock, {"lyon": PASSPHRASE})


def records(*found: Mapping[str, Any], following: str | None = None) -> httpx.Response:
    links = {"next": {"href": following}} if following else {}
    # Escaped, so that a test can send what is no character.
    text = json.dumps({"records": found, "num_records": len(found), "_links": links})
    return httpx.Response(200, text=text, headers={"Content-Type": "application/hal+json"})


def an_error(code: str, message: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": message}})


def jobs_started(*uuids: str, num_records: int | None = None) -> httpx.Response:
    count = len(uuids) if num_records is None else num_records
    return httpx.Response(202, json={"num_records": count, "jobs": [{"uuid": uuid} for uuid in uuids]})


def act(change: Change) -> Act:
    return Act(cluster="paris", backend="gold-paris", volume=None, change=change, title="", text="")


def run_on(backend: str, fn: Callable[[], Awaitable[None]], *, real_time: bool = False) -> None:
    """`real_time` is for tests that talk to a socket, where a mock clock would not wait for the other end."""
    if backend == "asyncio":
        anyio.run(fn)
    elif real_time:
        trio.run(fn)
    else:
        trio.run(fn, clock=trio.testing.MockClock(autojump_threshold=0))


def always(response: httpx.Response | Exception) -> Wire:
    """Every request is answered so, or fails so."""

    def answer(_: Sent) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    return Wire(answer)


def in_turn(*responses: httpx.Response | Exception) -> Wire:
    """Each request is answered, or fails, by the next of these."""
    left = list(responses)

    def answer(_: Sent) -> httpx.Response:
        response = left.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    return Wire(answer)


def read(backend: str, wire: Wire, clock: QuickClock | None = None) -> list[Any]:
    """The values of all records of /svm/svms."""
    found: list[Any] = []

    async def go() -> None:
        async with a_transport(wire, clock=clock) as transport:
            found.extend(record.values for record in await transport.get_records("/svm/svms", ("name",)))

    run_on(backend, go)
    return found


def write(backend: str, wire: Wire) -> None:
    """PATCH of one volume."""

    async def go() -> None:
        async with a_transport(wire) as transport:
            await transport.patch("/storage/volumes/v1", {"comment": "x"})

    run_on(backend, go)


def ask(backend: str, wire: Wire, changes: Sequence[Change]) -> Sequence[Reply]:
    """The replies to these changes, asked for together."""
    replies: list[Reply] = []

    async def go() -> None:
        async with a_cluster(wire) as cluster:
            replies.extend(await cluster.ask([act(change) for change in changes]))

    run_on(backend, go)
    return replies
