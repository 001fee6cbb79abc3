"""The states of a synchronous pair, each brought about from a new one, and writes to its source."""

from __future__ import annotations

import trio

from tests.ontaplab.mirroring.pairs import Pair, uninitialized

STRICT = {"policy": "StrictSync"}
SYNC = {"policy": "Sync"}
A_WHILE = 11
"""Seconds, more than plain files are looked at."""


async def write(pair: Pair, name: str, content: bytes) -> int:
    """A file is written to the source through the API. Returns the HTTP status."""
    answer = await pair.paris.http.post(
        f"/api/storage/volumes/{pair.source['uuid']}/files/{name}",
        params={"overwrite": "true"},
        files={"file": content},
    )
    return answer.status_code


async def initializing(pair: Pair) -> None:
    await uninitialized(pair)
    await pair.gate(held=True)
    await pair.ask("in_sync")


async def in_sync(pair: Pair) -> None:
    await uninitialized(pair)
    await pair.ask("in_sync")
    assert (await pair.settle())["state"] == "in_sync"


async def paused(pair: Pair) -> None:
    await in_sync(pair)
    await pair.ask("paused")


async def broken_off(pair: Pair) -> None:
    await paused(pair)
    await pair.ask("broken_off")


async def resynchronizing(pair: Pair) -> None:
    await broken_off(pair)
    (pair.live / "file").write_bytes(b"two, at the source")
    await pair.gate(held=True)
    await pair.ask("in_sync")


async def out_of_sync(pair: Pair) -> None:
    """The source is gone for the destination, and back; the next attempt to resynchronize is some seconds away."""
    await in_sync(pair)
    apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
    paris = apps[pair.paris.cluster.address]
    pair.cut_paris_off()
    await trio.sleep(A_WHILE)
    assert await pair.state() == "out_of_sync"
    apps[pair.paris.cluster.address] = paris
