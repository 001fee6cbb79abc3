"""Labs for the tests of resources: two peered clusters on virtual time, and shorthand to ask them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import trio
import trio.testing

from ontaplab.inprocess import Lab, LabCluster, lab_clusters

WAIT = {"return_timeout": "60"}


class Asker:
    """One cluster, asked over HTTP; every write waits for its job."""

    def __init__(self, lab: LabCluster, client: httpx.AsyncClient) -> None:
        self.cluster = lab.cluster
        self.doors = lab.doors
        self.http = client

    async def get(self, path: str, **query: str) -> list[dict[str, Any]]:
        """The records of a collection."""
        answer = await self.http.get(f"/api{path}", params=query)
        assert answer.status_code == 200, answer.text
        records: list[dict[str, Any]] = answer.json()["records"]
        return records

    async def one(self, path: str, **query: str) -> dict[str, Any]:
        """The only record of a collection."""
        (record,) = await self.get(path, **query)
        return record

    async def post(self, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """What was created."""
        answer = await self.http.post(f"/api{path}", json=body, params={**WAIT, "return_records": "true", **query})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()["records"][0]
        return created

    async def patch(self, path: str, body: Any, **query: str) -> None:
        answer = await self.http.patch(f"/api{path}", json=body, params={**WAIT, **query})
        assert answer.status_code == 200, answer.text

    async def delete(self, path: str, **query: str) -> None:
        answer = await self.http.delete(f"/api{path}", params={**WAIT, **query})
        assert answer.status_code == 200, answer.text

    async def refusal(self, method: str, path: str, body: Any = None, **query: str) -> tuple[str, str]:
        """ONTAP's code and message of what must be refused, at once or by its job."""
        answer = await self.http.request(method, f"/api{path}", json=body, params={**WAIT, **query})
        assert answer.status_code >= 400, answer.text
        error = answer.json()["error"]
        return error["code"], error["message"]

    async def svm(self, name: str) -> dict[str, Any]:
        return await self.post("/svm/svms", {"name": name})

    async def volume(self, name: str, properties: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
        """A new volume of `svm1`, mounted nowhere unless the properties say so."""
        body = {"name": name, "svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB", **properties}
        return await self.post("/storage/volumes", body)

    def seen(self, path: str) -> Path:
        """Where clients find this path of `svm1`."""
        return self.cluster.root / "exports" / "svm1" / path.removeprefix("/")


def in_lab(
    root: Path,
    claim: Callable[[Asker, Asker], Awaitable[None]],
    *,
    peered: bool = True,
    aggregates: Sequence[str] = ("aggr1",),
) -> None:
    """Runs the claim on two new clusters, paris and lyon, each with an SVM `svm1`."""

    async def main(lab: Lab) -> None:
        async with lab["paris"].client() as first, lab["lyon"].client() as second:
            paris, lyon = Asker(lab["paris"], first), Asker(lab["lyon"], second)
            await paris.svm("svm1")
            await lyon.svm("svm1")
            await claim(paris, lyon)

    on_virtual_time(root, main, peered=peered, aggregates=aggregates)


def on_virtual_time(
    root: Path,
    main: Callable[[Lab], Awaitable[None]],
    *,
    peered: bool = True,
    aggregates: Sequence[str] = ("aggr1",),
) -> None:
    async def run() -> None:
        async with lab_clusters("paris", "lyon", root=root, peered=peered, aggregates=aggregates) as lab:
            await main(lab)

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
