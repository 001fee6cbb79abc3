"""A mirrored pair for the tests: volume `data` of paris, mirrored to `data_dr` of lyon."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio
import trio.testing
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship
from starlette.types import ASGIApp, Receive, Scope, Send

from ontaplab.inprocess import lab_clusters
from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.oracle import complaints

RELATIONSHIPS = "/snapmirror/relationships"
MIB = 1024**2


@dataclass
class Pair:
    """Both clusters, both volumes, and the relationship from paris to lyon."""

    paris: Asker
    lyon: Asker
    source: dict[str, Any]
    destination: dict[str, Any]
    uuid: str

    @property
    def path(self) -> str:
        return f"{RELATIONSHIPS}/{self.uuid}"

    @property
    def live(self) -> Path:
        """What clients of the source volume write to."""
        return self.paris.cluster.root / "by-name" / "svm1" / "data"

    @property
    def copy(self) -> Path:
        """What clients of the destination volume see."""
        return self.lyon.cluster.root / "by-name" / "svm1" / "data_dr"

    async def relationship(self) -> dict[str, Any]:
        return await self.lyon.one(RELATIONSHIPS, uuid=self.uuid, fields="*")

    async def state(self) -> str:
        state: str = (await self.relationship())["state"]
        return state

    async def ask(self, state: str) -> None:
        """PATCH; the job has succeeded, a transfer that it started may still run."""
        await self.lyon.patch(self.path, {"state": state})

    async def transfer(self, **body: str) -> str:
        """POST; returns the uuid of the transfer, which may still run."""
        answer = await self.lyon.http.post(f"/api{self.path}/transfers", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json() == {}
        return answer.headers["location"].rpartition("/")[2]

    async def settle(self) -> dict[str, Any]:
        """The relationship when its transfer has ended."""
        while (record := await self.relationship()).get("transfer", {}).get("state") in ("queued", "transferring"):
            await self.lyon.cluster.clock.sleep(0.1)
        return record

    async def initialize(self) -> dict[str, Any]:
        await self.ask("snapmirrored")
        return await self.settle()

    async def update(self) -> dict[str, Any]:
        await self.transfer()
        return await self.settle()

    async def gate(self, asker: Asker | None = None, **wanted: object) -> None:
        answer = await (asker or self.lyon).http.put("/lab/transfers", json=wanted)
        assert answer.status_code == 200, answer.text

    def cut_paris_off(self) -> None:
        network = self.lyon.cluster.network
        del network.apps[self.paris.cluster.address]  # type: ignore[attr-defined]


class Stalling:
    """A source that does not answer until it is told to."""

    def __init__(self, pair: Pair) -> None:
        apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
        self._app: ASGIApp = apps[pair.paris.cluster.address]
        self.answers = trio.Event()
        apps[pair.paris.cluster.address] = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.answers.wait()
        await self._app(scope, receive, send)


Prepare = Callable[[Pair], Awaitable[None]]
"""Brings a new pair into some state."""


def in_pair(root: Path, claim: Callable[[Pair], Awaitable[None]], *, body: Mapping[str, Any] | None = None) -> None:
    """Runs the claim on a new, uninitialized pair on virtual time."""

    async def main(paris: Asker, lyon: Asker) -> None:
        await claim(await a_pair(paris, lyon, body))

    in_lab(root, main)


async def a_pair(paris: Asker, lyon: Asker, body: Mapping[str, Any] | None = None) -> Pair:
    await peer_svms(paris, lyon)
    source = await paris.volume("data")
    destination = await lyon.volume("data_dr", {"type": "dp"})
    created = await lyon.post(
        RELATIONSHIPS,
        {
            "source.path": "svm1_paris:data",
            "destination.path": "svm1:data_dr",
            "policy": "MirrorAllSnapshots",
            **(body or {}),
        },
    )
    return Pair(paris, lyon, source, destination, created["uuid"])


async def uninitialized(pair: Pair) -> None:
    """There is a file at the source."""
    (pair.live / "file").write_bytes(b"one")


async def uninitialized_paused(pair: Pair) -> None:
    await uninitialized(pair)
    await pair.ask("paused")


async def peer_svms(paris: Asker, lyon: Asker) -> None:
    """`svm1` of paris is `svm1_paris` in lyon; in paris the other one is `svm1_lyon`."""
    offer = await lyon.post(
        "/svm/peers",
        {
            "svm.name": "svm1",
            "peer.svm.name": "svm1",
            "peer.cluster.name": "paris",
            "name": "svm1_paris",
            "applications": ["snapmirror"],
        },
    )
    await paris.patch(f"/svm/peers/{offer['uuid']}", {"state": "peered", "name": "svm1_lyon"})


def check_allowed(root: Path, policy: str, prepare: Prepare, asked: str, reached: str, transfer: str | None) -> None:
    """A pair so prepared may be asked for that state, and comes to `reached` by such a transfer, or by none."""

    async def claim(pair: Pair) -> None:
        await prepare(pair)
        before = (await pair.relationship()).get("last_transfer_type")
        await pair.ask(asked)
        record = await pair.settle()
        assert record["state"] == reached
        assert record.get("last_transfer_type") == (transfer or before)
        assert complaints(record, SnapmirrorRelationship) == []
        volume = await pair.lyon.one("/storage/volumes", name="data_dr", fields="type")
        assert volume["type"] == ("rw" if reached == "broken_off" else "dp")
        if reached in ("snapmirrored", "in_sync"):
            assert contents(pair.copy) == contents(pair.live)

    in_pair(root, claim, body={"policy": policy})


def contents(root: Path) -> dict[str, bytes]:
    """Every file below, by its path."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".snapshot" not in path.relative_to(root).parts
    }


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that look like no others, always the same."""
    return random.Random(seed).randbytes(size)


@asynccontextmanager
async def restartable(root: Path, *, first: bool) -> AsyncIterator[tuple[Asker, Asker]]:
    """Both clusters, which live on what they kept in `root`."""
    async with (
        lab_clusters("paris", "lyon", root=root, durable=True, peered=first) as lab,
        lab["paris"].client() as one,
        lab["lyon"].client() as other,
    ):
        yield Asker(lab["paris"], one), Asker(lab["lyon"], other)
