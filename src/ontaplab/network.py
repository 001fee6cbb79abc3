"""How one cluster reaches another: by its intercluster address."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Protocol

import httpx
from starlette.types import ASGIApp


class Network(Protocol):
    """What connects clusters."""

    def client(self, address: str) -> httpx.AsyncClient:
        """A client of the cluster at this intercluster address; the network keeps it.

        A request through it raises httpx.TransportError where no cluster answers.
        """
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

    async def aclose(self) -> None:
        """Nothing is kept."""


class UrlNetwork:
    """Clusters that are processes. `book` is a JSON file of intercluster addresses and URLs.

    The book is read at each use: a cluster that comes back on another port is found there.
    """

    def __init__(self, book: Path, ca_file: Path | None = None) -> None:
        self._book = book
        self._verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._clients: dict[str, httpx.AsyncClient] = {}

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

    async def aclose(self) -> None:
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()


class _ToApp(httpx.AsyncBaseTransport):
    def __init__(self, apps: Mapping[str, ASGIApp], address: str) -> None:
        self._apps = apps
        self._address = address

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        app = self._apps.get(self._address)
        if app is None:
            raise httpx.ConnectError(f"no cluster answers at {self._address}", request=request)
        return await httpx.ASGITransport(app).handle_async_request(request)
