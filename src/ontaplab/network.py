"""How one cluster reaches another: by its intercluster address."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, Mapping, MutableMapping
from contextlib import aclosing, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import anyio
import httpx
from starlette.types import ASGIApp, Message

from ontaplab.bulk import BulkClient
from ontaplab.disk.arriving import Held, Incoming
from ontaplab.errors import OntapError

CHUNK = 1024 * 1024
_BULK_THREADS = 128
"""As many as transfers may run at once."""
_CONNECT_S = 5
PATIENCE_S = 600.0
"""A difference of a large volume takes its time; a source that is dead closes the connection."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a cluster is asked. `target` is a path as it is sent, with its query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    timeout_s: float = 60


@dataclass(frozen=True, slots=True)
class Reply:
    """What a cluster answered."""

    status: int
    content: bytes

    @property
    def is_success(self) -> bool:
        return httpx.codes.is_success(self.status)

    def json(self) -> Any:
        """Raises: ValueError if it is not JSON."""
        return json.loads(self.content)

    def refusal(self) -> OntapError:
        """The error that was answered."""
        try:
            error = self.json()["error"]
            return OntapError(self.status, error["code"], error["message"], target=error.get("target"))
        except (ValueError, KeyError, TypeError):
            return OntapError(self.status, "4653220", f"The peer answered with HTTP status {self.status}.")


class Network(Protocol):
    """What connects clusters."""

    async def ask(self, address: str, question: Question) -> Reply:
        """The reply of the cluster at this intercluster address. Raises: httpx.TransportError where none answers."""
        ...

    def read(self, address: str, target: str, headers: Mapping[str, str]) -> AsyncGenerator[Incoming, None]:
        """The content of a long reply, part by part, each to be moved before the next; close it.

        Raises: httpx.TransportError where no cluster answers; OntapError as the cluster raised it.
        """
        ...

    async def aclose(self) -> None:
        """All clients are closed."""
        ...


class AsgiNetwork:
    """Clusters of this process. Taking an application out of `apps` is cutting that cluster off.

    A reply arrives whole.
    """

    def __init__(self, apps: MutableMapping[str, ASGIApp]) -> None:
        self.apps = apps

    async def ask(self, address: str, question: Question) -> Reply:
        """Straight through the application: httpx takes longer than most answers. Without a limit of time."""
        app = self.apps.get(address)
        if app is None:
            raise httpx.ConnectError(f"no cluster answers at {address}")
        exchange = _Exchange(question.body)
        await app(_scope(address, question), exchange.receive, exchange.send)
        return exchange.reply()

    async def read(self, address: str, target: str, headers: Mapping[str, str]) -> AsyncGenerator[Incoming, None]:
        reply = await self.ask(address, Question("GET", target, headers))
        if not reply.is_success:
            raise reply.refusal()
        for start in range(0, len(reply.content), CHUNK):
            yield Held(reply.content[start : start + CHUNK])

    async def aclose(self) -> None:
        """Nothing is kept."""


class UrlNetwork:
    """Clusters that are processes. `book` is a JSON file of intercluster addresses and URLs.

    The book is read at each use: a cluster that comes back on another port is found there. Beside it lie the sockets
    for bulk; without one, as where its path would be too long, bulk goes by the URL too.
    """

    def __init__(self, book: Path, ca_file: Path | None = None) -> None:
        self._book = book
        self._verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._threads = anyio.CapacityLimiter(_BULK_THREADS)

    async def ask(self, address: str, question: Question) -> Reply:
        reply = await self.client(address).request(
            question.method,
            question.target,
            content=question.body,
            headers=question.headers,
            timeout=httpx.Timeout(question.timeout_s, connect=_CONNECT_S),
        )
        return Reply(reply.status_code, reply.content)

    def read(self, address: str, target: str, headers: Mapping[str, str]) -> AsyncGenerator[Incoming, None]:
        socket = bulk_socket(self._book, address)
        by_socket = socket.is_socket()
        return self._in_bulk(socket, target, headers) if by_socket else self._by_url(address, target, headers)

    async def _in_bulk(self, socket: Path, target: str, headers: Mapping[str, str]) -> AsyncGenerator[Incoming, None]:
        bulk = BulkClient(socket, self._threads, PATIENCE_S)
        with closing(await bulk.get(target, headers)) as reply:
            if not httpx.codes.is_success(reply.status):
                raise Reply(reply.status, await reply.whole()).refusal()
            async with aclosing(reply.arriving()) as parts:
                async for part in parts:
                    yield part

    async def _by_url(self, address: str, target: str, headers: Mapping[str, str]) -> AsyncGenerator[Incoming, None]:
        timeout = httpx.Timeout(PATIENCE_S, connect=_CONNECT_S)
        async with self.client(address).stream("GET", target, headers=headers, timeout=timeout) as reply:
            if reply.is_error:
                raise Reply(reply.status_code, await reply.aread()).refusal()
            async for chunk in reply.aiter_bytes(CHUNK):
                yield Held(chunk)

    def client(self, address: str) -> httpx.AsyncClient:
        """Raises: httpx.ConnectError for an address that is not in the book, and where there is none."""
        try:
            url = json.loads(self._book.read_text()).get(address)
        except (OSError, ValueError, AttributeError) as error:
            raise httpx.ConnectError(f"{self._book} tells no addresses of clusters: {error}") from error
        if url is None:
            raise httpx.ConnectError(f"no cluster has the address {address}")
        if url not in self._clients:
            # Peers are on this machine: a proxy that the environment names has no part in this.
            self._clients[url] = httpx.AsyncClient(base_url=url, verify=self._verify, trust_env=False)
        return self._clients[url]

    async def aclose(self) -> None:
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()


def bulk_socket(book: Path, address: str) -> Path:
    """Where the cluster of that address listens for bulk."""
    return book.parent / "sockets" / address


class _Exchange:
    """One request to an application of this process, and its reply."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 0
        self._parts: list[bytes] = []
        self._answered = anyio.Event()

    async def receive(self) -> Message:
        """The request, then that nobody listens any more, once the answer is complete."""
        if self._body is None:
            await self._answered.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._answered.set()

    def reply(self) -> Reply:
        assert self._answered.is_set(), "an application that returns has answered"
        return Reply(self._status, b"".join(self._parts))


def _scope(address: str, question: Question) -> dict[str, Any]:
    """A request as a server tells an application of it."""
    path, _, query = question.target.partition("?")
    sent = {"Host": address, **question.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": question.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "server": (address, None),
        "client": ("127.0.0.1", 0),
    }
