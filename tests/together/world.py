"""datamotion and lab clusters in one process, on one clock: the whole product but for sockets."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import httpx

from datamotion.clock import LoopClock
from datamotion.config.models import Configuration
from datamotion.engine.ports import Look, Watcher
from datamotion.model.acts import Act
from datamotion.service import preparing
from datamotion.service.intents import Intent
from datamotion.service.reports import RunReport
from datamotion.service.session import Session, World
from ontaplab.inprocess import ACCOUNT, START, Lab, LabCluster, lab_clusters

GROUP = "gold"
HOME, TARGETS = "paris", ("lyon", "oslo", "rome")
SVMS = {"paris": "svm_gold", "lyon": "svm_gold_dr", "oslo": "svm_gold", "rome": "svm_gold_dr"}
"""Names clash between clusters, as they do where every site names its SVMs alike."""


Change = Callable[[dict[str, Any]], object]
"""Changes something in a configuration as it stands in its file."""


class Quiet:
    """A watcher that nobody listens to."""

    def asking(self, acts: Sequence[Act]) -> None: ...

    def reached(self, acts: Sequence[Act]) -> None: ...

    def given_up(self, acts: Sequence[Act], why: str, *, behind: bool) -> None: ...

    def looked(self, look: Look) -> None: ...


class Wire(httpx.AsyncBaseTransport):
    """The way from datamotion to a lab cluster of this process; while it is cut, nothing answers.

    An answer is waited for as long as the client says, which an ASGI transport by itself does not see to.
    """

    def __init__(self, cluster: LabCluster) -> None:
        self._to_cluster = httpx.ASGITransport(cluster.app)
        self.is_cut = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_cut:
            raise httpx.ConnectError("nothing answers", request=request)
        try:
            with anyio.fail_after(request.extensions["timeout"]["read"]):
                return await self._to_cluster.handle_async_request(request)
        except TimeoutError:
            raise httpx.ReadTimeout("", request=request) from None


@dataclass(frozen=True)
class Place:
    """Clusters, and a session that is configured for them. `written` is its configuration as it stands in its file."""

    lab: Lab
    written: dict[str, Any]
    session: Session
    root: Path
    wires: Mapping[str, Wire]

    def lose(self, cluster: str) -> None:
        """From now on nobody gets an answer from that cluster, the other clusters neither."""
        self.wires[cluster].is_cut = True
        self.lab.network.apps.pop(self.lab[cluster].cluster.address)

    def regain(self, cluster: str) -> None:
        """It is there again, as it was."""
        self.wires[cluster].is_cut = False
        self.lab.network.apps[self.lab[cluster].cluster.address] = self.lab[cluster].app

    def configured(self, change: Change) -> Place:
        """The same clusters as somebody sees them whose configuration has one thing changed."""
        tree = copy.deepcopy(self.written)
        change(tree)
        configuration = Configuration.model_validate(tree, context={"folder": self.root})
        return replace(self, written=tree, session=replace(self.session, configuration=configuration))

    async def run(self, intent: Intent, watcher: Watcher | None = None) -> RunReport:
        async with preparing.prepare(self.session, [intent], at_once=True) as (prepared,):
            return await prepared.carry_out(watcher or Quiet())

    def tree(self, cluster: str, volume: str) -> Path:
        """A volume as plain files, mounted or not."""
        return self.root / cluster / "by-name" / SVMS[cluster] / volume

    def served(self, cluster: str, volume: str) -> Path:
        """A volume as clients see it, where it is mounted."""
        return self.root / cluster / "exports" / SVMS[cluster] / volume


@asynccontextmanager
async def a_place(
    root: Path,
    *,
    targets: Sequence[str] = ("lyon",),
    schedule: str | None = "hourly",
    durable: bool = False,
    traits: Mapping[str, object] | None = None,
    aggregates: Sequence[str] = ("aggr1",),
) -> AsyncIterator[Place]:
    """Peered clusters, an SVM on each, and a configuration whose home is paris."""
    async with lab_clusters(HOME, *targets, root=root, durable=durable, traits=traits, aggregates=aggregates) as lab:
        for name in (HOME, *targets):
            async with lab[name].client() as client:
                await succeed(client.post("/api/svm/svms?return_timeout=60", json={"name": SVMS[name]}))
        tree = _tree(root, [HOME, *targets], schedule)
        configuration = Configuration.model_validate(tree, context={"folder": root})
        wires = {name: Wire(lab[name]) for name in (HOME, *targets)}
        world = World(clock=LoopClock(START), environ={"LAB_PASSWORD": ACCOUNT[1]}, wires=wires)
        session = Session(configuration=configuration, folder=root, world=world)
        yield Place(lab=lab, written=tree, session=session, root=root, wires=wires)


def a_configuration(root: Path, clusters: Sequence[str], schedule: str | None) -> Configuration:
    return Configuration.model_validate(_tree(root, clusters, schedule), context={"folder": root})


def _tree(root: Path, clusters: Sequence[str], schedule: str | None) -> dict[str, Any]:
    password = {"env": "LAB_PASSWORD"}
    return {
        "clusters": {
            name: {"url": f"https://{name}.example", "user": ACCOUNT[0], "password": password} for name in clusters
        },
        "backends": {f"gold-{name}": {"cluster": name, "svm": SVMS[name], "volumes": ["vol_*"]} for name in clusters},
        "groups": {
            GROUP: {
                "home": f"gold-{clusters[0]}",
                "rpo": "2h",
                "targets": [
                    {"backend": f"gold-{name}", "aggregates": ["aggr1"], "schedule": schedule} for name in clusters[1:]
                ],
            }
        },
        "store": str(root / "datamotion.db"),
    }


async def create_volumes(cluster: LabCluster, names: Sequence[str]) -> None:
    """Writable volumes of these names, each mounted at its own name."""
    async with cluster.client() as client:
        for name in names:
            body = {
                "name": name,
                "svm": {"name": SVMS[cluster.name]},
                "aggregates": [{"name": "aggr1"}],
                "size": 100 * 2**20,
                "nas": {"path": f"/{name}"},
            }
            await succeed(client.post("/api/storage/volumes?return_timeout=60", json=body))


async def make_strangers(lab: Lab, one: str, other: str) -> None:
    """These two clusters are no peers."""
    for name, peer in ((one, other), (other, one)):
        async with lab[name].client() as client:
            found = await succeed(client.get("/api/cluster/peers", params={"name": peer}))
            await succeed(client.delete(f"/api/cluster/peers/{found.json()['records'][0]['uuid']}"))


async def succeed(request: object) -> httpx.Response:
    """The answer to a request that has to succeed."""
    answer = await request  # type: ignore[misc]  # any awaitable of a response
    assert isinstance(answer, httpx.Response)
    assert answer.is_success, answer.text
    return answer


def digests(tree: Path) -> Mapping[str, str]:
    """SHA-256 of every file of a tree, snapshots left out."""
    return {str(path.relative_to(tree)): hashlib.sha256(path.read_bytes()).hexdigest() for path in _files(tree)}


def _files(tree: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(tree):
        if ".snapshot" in folders:
            folders.remove(".snapshot")
        yield from (Path(folder, name) for name in names if name != ".snapshot")
