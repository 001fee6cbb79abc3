"""Virtual time: 1,000 hours of 100 relationships that are updated hourly, on two clusters of this process.

The clusters are what `lab_clusters` makes for tests: their records are in memory only, their files are real. The
policy is `Asynchronous`; each hour something is written into some of the volumes. First the source volumes take no
snapshots of their own, so that updates alone are measured; then they take those of the policy `default`, as volumes do
of which nobody says otherwise; then the records are durable, too.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import trio
from trio.testing import MockClock

from bench.figure import Figure
from ontaplab.inprocess import Lab, lab_clusters

MIRRORS = 100
HOURS = 1000
BOUND_S = 60.0
_FILES = 4
_FILE_BYTES = 16 * 1024
_CHANGED = 10
"""Volumes into which something is written each hour."""
_HOUR_S = 3600
_VARIANTS = (
    ("", "none", False),
    (", with hourly snapshots", "default", False),
    (", with hourly snapshots and durable records", "default", True),
)
"""What is told of it, the snapshot policy of the sources, whether records are durable."""
_WAIT = {"return_timeout": "120", "return_records": "true"}


def measure(hours: int = HOURS) -> Sequence[Figure]:
    """The seconds that the hours took, without setting up. Fails if a relationship was not updated every hour."""
    figures = []
    for told, policy, durable in _VARIANTS:
        with tempfile.TemporaryDirectory(prefix="ontaplab-bench-") as folder:
            run = partial(_measured, Path(folder), hours, policy, durable=durable)
            seconds, cpu_s = trio.run(run, clock=MockClock(autojump_threshold=0))
        what = f"{hours} virtual hours of {MIRRORS} relationships updated hourly{told}"
        figures += [
            Figure(what, seconds, "s", at_most=None if told else BOUND_S * hours / HOURS),
            Figure("the same, time of the CPU", cpu_s, "s"),
        ]
    return figures


async def _measured(root: Path, hours: int, policy: str, *, durable: bool) -> tuple[float, float]:
    """The seconds, and those of the CPU."""
    async with (
        lab_clusters("paris", "lyon", root=root, durable=durable) as lab,
        lab["paris"].client() as paris,
        lab["lyon"].client() as lyon,
    ):
        await _set_up(lab, paris, lyon, policy)
        began, cpu_began_s = time.perf_counter(), time.process_time()
        for hour in range(hours):
            for number in range(_CHANGED):
                _write(lab, (hour * _CHANGED + number) % MIRRORS, f"hour {hour}")
            await trio.sleep(_HOUR_S)
        cost = time.perf_counter() - began, time.process_time() - cpu_began_s
        await _check(lab, lyon, min(hours, 24))
        return cost


async def _set_up(lab: Lab, paris: httpx.AsyncClient, lyon: httpx.AsyncClient, policy: str) -> None:
    for client in (paris, lyon):
        await _write_to(client, "POST", "/svm/svms", {"name": "svm1", "aggregates": [{"name": "aggr1"}]})
    peers = {"svm.name": "svm1", "peer.svm.name": "svm1", "peer.cluster.name": "paris", "name": "svm1_paris"}
    peered = await _write_to(lyon, "POST", "/svm/peers", {**peers, "applications": ["snapmirror"]})
    await _write_to(paris, "PATCH", f"/svm/peers/{peered}", {"state": "peered", "name": "svm1_lyon"})
    volume = {"svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB"}
    source = {**volume, "snapshot_policy.name": policy}
    for number in range(MIRRORS):
        await _write_to(paris, "POST", "/storage/volumes", {**source, "name": f"vol_{number}"})
        for file in range(_FILES):
            (_folder(lab, "paris", number) / f"file_{file}").write_bytes(bytes([file]) * _FILE_BYTES)
        await _write_to(lyon, "POST", "/storage/volumes", {**volume, "name": f"vol_{number}", "type": "dp"})
        paths = {"source.path": f"svm1_paris:vol_{number}", "destination.path": f"svm1:vol_{number}"}
        mirror = {**paths, "policy": "Asynchronous", "transfer_schedule.name": "hourly"}
        uuid = await _write_to(lyon, "POST", "/snapmirror/relationships", mirror)
        await _write_to(lyon, "PATCH", f"/snapmirror/relationships/{uuid}", {"state": "snapmirrored"})


async def _write_to(client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]) -> str:
    """The uuid of what was created."""
    answer = await client.request(method, f"/api{path}", json=body, params=_WAIT)
    assert answer.is_success, answer.text
    records = answer.json().get("records", ())
    return str(records[0].get("uuid")) if records else ""


def _write(lab: Lab, number: int, text: str) -> None:
    (_folder(lab, "paris", number) / "file_0").write_text(text)


def _folder(lab: Lab, cluster: str, number: int) -> Path:
    return lab[cluster].cluster.root / "by-name" / "svm1" / f"vol_{number}"


async def _check(lab: Lab, lyon: httpx.AsyncClient, updates: int) -> None:
    """Each mirror has what its source has, and had every update of the last day."""
    query = {"fields": "healthy,lag_time", "healthy": "true", "lag_time": "<PT1H"}
    healthy = (await lyon.get("/api/snapmirror/relationships", params=query)).json()["records"]
    assert len(healthy) == MIRRORS, f"{len(healthy)} of {MIRRORS} mirrors are healthy and up to date"
    for mirror in healthy:
        transfers = await lyon.get(f"/api/snapmirror/relationships/{mirror['uuid']}/transfers?state=success")
        assert transfers.json()["num_records"] >= updates, transfers.text
    for number in range(MIRRORS):
        for file in range(_FILES):
            name = f"file_{file}"
            copy, original = (_folder(lab, cluster, number) / name for cluster in ("lyon", "paris"))
            assert copy.read_bytes() == original.read_bytes(), f"{name} of volume {number}"
