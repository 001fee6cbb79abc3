"""Faults in a test, which fails where one of them was for nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx


class UnusedFault(AssertionError):
    """A fault struck less often than it was scripted to: the test did not test what it says."""


@asynccontextmanager
async def scripted(cluster: httpx.AsyncClient, kind: str, **fields: object) -> AsyncIterator[str]:
    """The cluster has this fault meanwhile; yields its number. `fields` are those of `POST /lab/faults`.

    `cluster` is a client of a cluster, whether of this process or another one.
    Raises: UnusedFault at a good end, if it never struck, or less often than its `count`.
    """
    set_up = await cluster.post("/lab/faults", json={"kind": kind, **fields})
    assert set_up.status_code == 201, set_up.text
    number = str(set_up.json()["id"])
    try:
        yield number
        await check_used(cluster, number)
    finally:
        await cluster.delete(f"/lab/faults/{number}")


async def check_used(cluster: httpx.AsyncClient, number: str | None = None) -> None:
    """Raises: UnusedFault if that fault, or any of the cluster's, struck less often than it was scripted to."""
    faults = (await cluster.get("/lab/faults")).json()["records"]
    unused = [fault for fault in faults if fault["unused"] and number in (None, fault["id"])]
    if unused:
        raise UnusedFault(
            "; ".join(f"{fault['kind']} {fault['id']} struck {fault['struck']} times" for fault in unused)
        )
