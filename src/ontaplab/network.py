"""How one cluster reaches another: by its intercluster address."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Protocol

import anyio
import httpx
from starlette.types import ASGIApp

from ontaplab.bulk import BulkClient

_BULK_THREADS = 128
"""As many as transfers may run at once."""
_SILENCE_S = 600.0
"""A difference of a large volume takes its time; a source that is dead closes the connection."""


class Network(Protocol):
    """What connects clusters."""

    def client(self, address: str) -> httpx.AsyncClient:
        """A client of the cluster at this intercluster address; the network keeps it.

        A request through it raises httpx.TransportError where no cluster answers.
        """
        ...

    def bulk_client(self, address: str) -> BulkClient | None:
        """A faster way for long replies; None where there is none."""
        ...

    async def aclose(self) -> None:
        """All clients are closed."""
        ...


class AsgiNetwork:
    """Clusters of this process. Taking an application out of `apps` is cutting that cluster off.

    A reply arrives whole: httpx does not stream from an application.
    """

    def __init__(self, apps: MutableMapping[str, ASGIApp]) -> None:
        self.apps = apps

    def client(self, address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=_ToApp(self.apps, address), base_url=f"http://{address}")

    def bulk_client(self, address: str) -> None:
        return None

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

    def client(self, address: str) -> httpx.AsyncClient:
        """Raises: httpx.ConnectError for an address that is not in the book."""
        url = json.loads(self._book.read_text()).get(address)
        if url is None:
            raise httpx.ConnectError(f"no cluster has the address {address}")
        if url not in self._clients:
            timeout = httpx.Timeout(60, connect=5)
            # Peers are on this machine: a proxy that the environment names has no part in this.
            self._clients[url] = httpx.AsyncClient(base_url=url, verify=self._verify, timeout=timeout, trust_env=False)
        return self._clients[url]

    def bulk_client(self, address: str) -> BulkClient | None:
        path = bulk_socket(self._book, address)
        return BulkClient(path, self._threads, _SILENCE_S) if path.is_socket() else None

    async def aclose(self) -> None:
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()


def bulk_socket(book: Path, address: str) -> Path:
    """Where the cluster of that address listens for bulk."""
    return book.parent / "sockets" / address


class _ToApp(httpx.AsyncBaseTransport):
    def __init__(self, apps: Mapping[str, ASGIApp], address: str) -> None:
        self._apps = apps
        self._address = address

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        app = self._apps.get(self._address)
        if app is None:
            raise httpx.ConnectError(f"no cluster answers at {self._address}", request=request)
        return await httpx.ASGITransport(app).handle_async_request(request)
