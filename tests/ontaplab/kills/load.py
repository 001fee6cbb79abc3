"""Clients that change a cluster without a pause until it does not answer any more."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from ontaplab.testing import OntapCluster
from tests.ontaplab.kills.ledger import Ledger, tree

WAIT = {"return_timeout": "60", "return_records": "true"}
MOST = 4
"""Volumes, snapshots or mirrors that the clients keep of each."""
_numbers = count(1)
_Turn = Callable[[httpx.Client, random.Random], None]


@dataclass(frozen=True)
class Ends:
    """What is written to, and what is mirrored."""

    files: str
    """uuid of the volume `files`"""
    source: str | None = None
    """The path of a volume at the peer, to be mirrored here."""
    mirror: str | None = None
    """uuid of a mirror to be updated"""


class Load:
    """Two clients of one cluster: one writes files, one makes and removes volumes, snapshots and mirrors."""

    def __init__(self, cluster: OntapCluster, connect: Callable[[], httpx.Client], ends: Ends, ledger: Ledger) -> None:
        self._cluster = cluster
        self._connect = connect
        self._ends = ends
        self._ledger = ledger
        self._stop = threading.Event()
        self._troubles: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def start(self, seed: int) -> None:
        for turn in (self._write_a_file, self._change_a_record):
            thread = threading.Thread(target=self._run, args=(turn, random.Random(f"{seed} {turn.__name__}")))
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Nobody asks any more. Raises what a client met that was neither a yes nor silence."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._troubles:
            raise self._troubles[0]

    def _run(self, turn: _Turn, dice: random.Random) -> None:
        try:
            with suppress(httpx.TransportError), self._connect() as client:
                while not self._stop.is_set():
                    turn(client, dice)
        except BaseException as error:  # noqa: BLE001  # `stop` raises it
            self._troubles.append(error)

    def _write_a_file(self, client: httpx.Client, dice: random.Random) -> None:
        name, content = f"file_{dice.randrange(8)}", dice.randbytes(dice.randrange(100_000))
        before = self._ledger.files.get(name)
        appends = before is not None and dice.random() < 0.5 and len(before) < 200_000
        how = {"byte_offset": "-1"} if appends else {"overwrite": "true"}
        with self._asked(name):
            path = f"/storage/volumes/{self._ends.files}/files/{name}"
            _ask(client, "PATCH" if appends else "POST", path, files={"file": ("file", content)}, params=how)
        self._ledger.files[name] = (before or b"") + content if appends else content

    def _change_a_record(self, client: httpx.Client, dice: random.Random) -> None:
        turns: list[Callable[[httpx.Client], None]] = [self._volume, self._snapshot]
        if self._ends.source is not None:
            turns += [self._mirror, self._update, self._update]
        dice.choice(turns)(client)

    def _volume(self, client: httpx.Client) -> None:
        if len(self._ledger.volumes) > MOST:
            self._remove_volume(client, self._ledger.volumes.pop())
        else:
            self._ledger.volumes.add(self._create_volume(client, "rw"))

    def _create_volume(self, client: httpx.Client, kind: str) -> str:
        name = f"{kind}_{next(_numbers)}"
        body = {
            "name": name,
            "svm": {"name": self._cluster.svm},
            "aggregates": [{"name": self._cluster.aggregate}],
            "type": kind,
        }
        with self._asked(name):
            _ask(client, "POST", "/storage/volumes", json=body, params=WAIT)
        return name

    def _remove_volume(self, client: httpx.Client, name: str) -> None:
        with self._asked(name):
            _ask(client, "DELETE", "/storage/volumes", params={**WAIT, "name": name})
        self._ledger.gone.add(name)

    def _snapshot(self, client: httpx.Client) -> None:
        path = f"/storage/volumes/{self._ends.files}/snapshots"
        if len(self._ledger.snapshots) > MOST:
            name, _ = self._ledger.snapshots.popitem()
            with self._asked(name):
                _ask(client, "DELETE", path, params={**WAIT, "name": name})
            self._ledger.gone.add(name)
        else:
            name = f"snapshot_{next(_numbers)}"
            with self._asked(name):
                _ask(client, "POST", path, json={"name": name}, params=WAIT)
            self._ledger.snapshots[name] = tree(self._cluster.path("files") / ".snapshot" / name)

    def _mirror(self, client: httpx.Client) -> None:
        """The peer may be down just then: what is refused stays open."""
        with suppress(_Refused):
            if len(self._ledger.mirrors) > MOST:
                uuid, volume = self._ledger.mirrors.popitem()
                with self._asked(uuid):
                    _ask(client, "DELETE", f"/snapmirror/relationships/{uuid}", params=WAIT)
                self._ledger.gone.add(uuid)
                self._remove_volume(client, volume)
            else:
                volume = self._create_volume(client, "dp")
                ends = {"source": {"path": self._ends.source}, "destination": {"path": f"{self._cluster.svm}:{volume}"}}
                body = {**ends, "policy": {"name": "MirrorAllSnapshots"}}
                try:
                    made = _ask(client, "POST", "/snapmirror/relationships", json=body, params=WAIT)
                except _Refused:
                    self._remove_volume(client, volume)
                    raise
                self._ledger.mirrors[made["records"][0]["uuid"]] = volume
                self._ledger.tally.add()

    def _update(self, client: httpx.Client) -> None:
        client.post(f"/snapmirror/relationships/{self._ends.mirror}/transfers", json={})  # busy is an answer too

    @contextmanager
    def _asked(self, name: str) -> Iterator[None]:
        self._ledger.open.add(name)
        yield
        self._ledger.open.discard(name)
        self._ledger.tally.add()


class _Refused(Exception):
    """The cluster has said no."""


def _ask(client: httpx.Client, method: str, path: str, **how: Any) -> dict[str, Any]:
    answer = client.request(method, path, **how)
    if answer.status_code not in (200, 201):
        raise _Refused(f"{method} {path}: {answer.text}")
    body: dict[str, Any] = answer.json()
    return body
