"""Two clusters in this process, asked over HTTP by code that is not asynchronous."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import trio.testing
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ontaplab.doors.errors import DoorError
from ontaplab.inprocess import lab_clusters
from ontaplab.resources.files.state import FileHandle
from tests.ontaplab.mirroring.pairs import peer_svms
from tests.ontaplab.resources.labs import Asker
from tests.ontaplab.statemachine.model import Slot, Tree

T = TypeVar("T")
CLUSTERS = ("paris", "lyon")
RELATIONSHIPS = "/snapmirror/relationships"


@dataclass(frozen=True)
class Answer:
    """What came of a request, its job included. `error` is ONTAP's code, None where it was carried out."""

    error: str | None
    message: str
    body: dict[str, Any]

    @property
    def record(self) -> dict[str, Any]:
        """What was created."""
        record: dict[str, Any] = self.body["records"][0]
        return record


@dataclass(frozen=True)
class Snapshot:
    uuid: str
    name: str
    version: str
    owned: bool


class World:
    """`paris` and `lyon`, whose SVMs `svm1` are peers. Time passes only while somebody asks or rests."""

    def __init__(self, portal: BlockingPortal, clock: trio.testing.MockClock, root: Path, askers: dict[str, Asker]):
        self._portal = portal
        self._clock = clock
        self._root = root
        self._askers = askers
        self.uuids: defaultdict[Slot, str] = defaultdict(lambda: "00000000-0000-0000-0000-000000000000")
        """Of the volumes that are there; for others one that nothing has."""

    def ask(self, cluster: str, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """The request is answered, and its job has ended."""
        return self._run(lambda: self._ask(cluster, method, path, json=body, params=query))

    def upload(self, slot: Slot, method: str, path: str, content: bytes, **query: str) -> Answer:
        """A request about a file, with its content."""
        where = f"/storage/volumes/{self.uuids[slot]}/files/{quote(path, safe='')}"
        files = {"file": ("file", content, "application/octet-stream")}
        return self._run(lambda: self._ask(slot.cluster, method, where, files=files, params=query))

    def write(self, slot: Slot, path: str, content: bytes) -> int | None:
        """A host that has had the volume open since it was made writes a file. Returns the number of its error."""
        host = self._askers[slot.cluster].doors.nfs("192.0.2.50")
        opened = host.mounted(FileHandle(self.uuids[slot], ""))
        try:
            self._run(lambda: opened.write(content, path))
        except DoorError as error:
            return error.errno
        return None

    def rest(self) -> None:
        """Whatever was going on has ended, or is held."""
        self._run(lambda: trio.sleep(1))

    def hold(self, cluster: str, *, held: bool) -> None:
        self._run(lambda: self._askers[cluster].http.put("/lab/transfers", json={"held": held}))

    def records(self, cluster: str, path: str, **query: str) -> list[dict[str, Any]]:
        return self._run(lambda: self._askers[cluster].get(path, **query))

    def snapshots(self, slot: Slot) -> list[Snapshot]:
        """Those of a volume that is there, the oldest first."""
        path = f"/storage/volumes/{self.uuids[slot]}/snapshots"
        found = self.records(slot.cluster, path, fields="version_uuid,owners", order_by="create_time")
        return [Snapshot(each["uuid"], each["name"], each["version_uuid"], "owners" in each) for each in found]

    def place(self, slot: Slot) -> Path:
        """The folder that clients see."""
        return self._root / slot.cluster / "by-name" / "svm1" / slot.name

    def seen(self, slot: Slot) -> Tree | None:
        """What clients see of the volume; None if nothing."""
        return tree(self.place(slot)) if self.place(slot).exists() else None

    def kept(self, slot: Slot, snapshot: str) -> Tree:
        """What is in that snapshot."""
        return tree(self._root / slot.cluster / "volumes" / self.uuids[slot] / "snapshots" / snapshot)

    async def _ask(self, cluster: str, method: str, path: str, **how: Any) -> Answer:
        http = self._askers[cluster].http
        how["params"] = {"return_timeout": "120", "return_records": "true", **how["params"]}
        if "/files/" in path or path.endswith("/transfers"):
            how["params"] = {name: value for name, value in how["params"].items() if not name.startswith("return_")}
        answer = await http.request(method, f"/api{path}", **how)
        body = answer.json()
        if answer.status_code == 202:
            return await self._ended(http, body)
        return Answer(body["error"]["code"], answer.text, body) if answer.is_error else Answer(None, "", body)

    async def _ended(self, http: httpx.AsyncClient, body: dict[str, Any]) -> Answer:
        while True:
            job = (await http.get(f"/api/cluster/jobs/{body['job']['uuid']}", params={"fields": "*"})).json()
            if job["state"] == "failure":
                return Answer(str(job["error"]["code"]), str(job), body)
            if job["state"] == "success":
                return Answer(None, "", body)
            await trio.sleep(60)

    def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        async def with_time() -> T:
            self._clock.autojump_threshold = 0
            try:
                return await work()
            finally:
                self._clock.autojump_threshold = math.inf

        return self._portal.call(with_time)


@contextmanager
def a_world(root: Path) -> Iterator[World]:
    clock = trio.testing.MockClock()
    with (
        start_blocking_portal("trio", {"clock": clock}) as portal,
        portal.wrap_async_context_manager(_furnished(clock, root)) as askers,
    ):
        yield World(portal, clock, root, askers)


@asynccontextmanager
async def _furnished(clock: trio.testing.MockClock, root: Path) -> AsyncIterator[dict[str, Asker]]:
    clock.autojump_threshold = 0
    async with lab_clusters(*CLUSTERS, root=root) as lab, AsyncExitStack() as clients:
        askers = {name: Asker(lab[name], await clients.enter_async_context(lab[name].client())) for name in CLUSTERS}
        for asker in askers.values():
            await asker.svm("svm1")
            default = await asker.one("/protocols/nfs/export-policies")
            rule = {"clients": [{"match": "0.0.0.0/0"}], "ro_rule": ["any"], "rw_rule": ["any"]}
            await asker.post(f"/protocols/nfs/export-policies/{default['id']}/rules", rule)
        await peer_svms(askers["paris"], askers["lyon"])
        clock.autojump_threshold = math.inf
        yield askers


def tree(root: Path) -> Tree:
    """All below but the snapshots."""
    found: Tree = {}
    for path in root.resolve().rglob("*"):
        name = path.relative_to(root.resolve()).as_posix()
        if name.partition("/")[0] != ".snapshot":
            found[name] = None if path.is_dir() else path.read_bytes()
    return found
