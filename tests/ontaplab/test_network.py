"""Reaching another cluster by its intercluster address."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ontaplab.network import AsgiNetwork, UrlNetwork


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


def test_an_application_taken_out_of_the_network_no_longer_answers() -> None:
    network = AsgiNetwork({"10.0.0.1": Starlette(routes=[Route("/", hello)])})

    async def ask() -> str:
        return (await network.client("10.0.0.1").get("/")).text

    assert anyio.run(ask) == "hello"
    network.apps.clear()
    with pytest.raises(httpx.ConnectError):
        anyio.run(ask)


def test_an_address_is_looked_up_in_the_book_at_each_use(tmp_path: Path) -> None:
    book = tmp_path / "network.json"
    network = UrlNetwork(book)
    for port in (1111, 2222):
        book.write_text(json.dumps({"10.0.0.1": f"https://127.0.0.1:{port}"}))
        assert network.client("10.0.0.1").base_url.port == port
    with pytest.raises(httpx.ConnectError, match=r"10\.0\.0\.2"):
        network.client("10.0.0.2")
    anyio.run(network.aclose)
