"""Reaching another cluster by its intercluster address."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ontaplab.errors import OntapError
from ontaplab.network import CHUNK, AsgiNetwork, Question, UrlNetwork

LONG = bytes(range(256)) * 10_000


async def repeat(request: Request) -> Response:
    url = request.url
    heard = [request.method, url.path, url.query, url.hostname, request.headers["x-said"], await request.body()]
    return PlainTextResponse("|".join(map(str, heard)), status_code=202)


async def recite(request: Request) -> Response:
    if request.query_params.get("refuse"):
        return JSONResponse({"error": {"code": "4", "message": "entry doesn't exist"}}, 404)
    return Response(LONG)


def network_of_one() -> AsgiNetwork:
    return AsgiNetwork({"10.0.0.1": Starlette(routes=[Route("/a b", repeat, methods=["PUT"]), Route("/long", recite)])})


def test_an_application_of_this_process_hears_what_a_cluster_elsewhere_would() -> None:
    async def claim() -> None:
        reply = await network_of_one().ask("10.0.0.1", Question("PUT", "/a%20b?c=d", {"X-Said": "e"}, b"body"))
        assert (reply.status, reply.is_success) == (202, True)
        assert reply.content == b"PUT|/a b|c=d|10.0.0.1|e|b'body'"

    anyio.run(claim)


def test_an_application_taken_out_of_the_network_no_longer_answers() -> None:
    network = network_of_one()
    network.apps.clear()

    async def claim() -> None:
        with pytest.raises(httpx.ConnectError):
            await network.ask("10.0.0.1", Question("GET", "/long", {}))
        with pytest.raises(httpx.ConnectError):
            await anext(network.read("10.0.0.1", "/long", {}))

    anyio.run(claim)


def test_a_long_reply_is_read_part_by_part_and_what_was_refused_is_raised(tmp_path: Path) -> None:
    async def claim() -> None:
        network = network_of_one()
        with (tmp_path / "file").open("wb") as file:
            offset, lengths = 0, []
            async for part in network.read("10.0.0.1", "/long", {}):
                lengths.append(part.left)
                offset += part.move(file.fileno(), offset, part.left)
        assert (tmp_path / "file").read_bytes() == LONG
        assert max(lengths) == CHUNK
        with pytest.raises(OntapError, match="entry doesn't exist") as refused:
            await anext(network.read("10.0.0.1", "/long?refuse=1", {}))
        assert (refused.value.status, refused.value.code) == (404, "4")

    anyio.run(claim)


def test_an_address_is_looked_up_in_the_book_at_each_use(tmp_path: Path) -> None:
    book = tmp_path / "network.json"
    network = UrlNetwork(book)
    for port in (1111, 2222):
        book.write_text(json.dumps({"10.0.0.1": f"https://127.0.0.1:{port}"}))
        assert network.client("10.0.0.1").base_url.port == port
    with pytest.raises(httpx.ConnectError, match=r"10\.0\.0\.2"):
        network.client("10.0.0.2")
    anyio.run(network.aclose)


@pytest.mark.parametrize("book", [None, "no JSON", "[]"])
def test_where_no_book_tells_addresses_nobody_is_reached(book: str | None, tmp_path: Path) -> None:
    async def claim() -> None:
        if book is not None:
            (tmp_path / "network.json").write_text(book)
        async with aclosing(UrlNetwork(tmp_path / "network.json")) as network:
            with pytest.raises(httpx.ConnectError, match=r"network\.json tells no addresses of clusters"):
                await network.ask("10.0.0.1", Question("GET", "/", {}))

    anyio.run(claim)


@asynccontextmanager
async def answering(folder: Path, status: str, body: bytes) -> AsyncIterator[tuple[UrlNetwork, list[str]]]:
    """The network of one cluster that is a process without a socket for bulk, and what that is asked."""
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        book = folder / "network.json"
        book.write_text(json.dumps({"10.0.0.1": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}))
        async with aclosing(UrlNetwork(book)) as network:
            yield network, asked


def test_where_no_socket_for_bulk_lies_beside_the_book_a_long_reply_comes_by_the_url(tmp_path: Path) -> None:
    async def claim() -> None:
        async with answering(tmp_path, "206 Partial Content", LONG) as (network, asked):
            with (tmp_path / "file").open("wb") as file:
                offset = 0
                async for part in network.read("10.0.0.1", "/long", {"Range": "bytes=0-9"}):
                    offset += part.move(file.fileno(), offset, part.left)
        assert (tmp_path / "file").read_bytes() == LONG
        assert "Range: bytes=0-9\r\n" in asked[0]

    anyio.run(claim)


def test_what_is_refused_by_the_url_is_raised(tmp_path: Path) -> None:
    async def claim() -> None:
        refusal = b'{"error":{"code":"4","message":"entry doesn\'t exist"}}'
        async with answering(tmp_path, "404 Not Found", refusal) as (network, _):
            with pytest.raises(OntapError, match="entry doesn't exist"):
                await anext(network.read("10.0.0.1", "/long", {}))

    anyio.run(claim)
