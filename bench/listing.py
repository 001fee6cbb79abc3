"""10,000 relationships listed with ten fields by a cluster that is a process, over HTTPS."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid5

from bench.figure import Figure
from bench.pair import connected, lab
from ontaplab.clock import SystemClock
from ontaplab.folder import ClusterFolder
from ontaplab.resources.relationships.state import Endpoint, Relationship, State
from ontaplab.resources.snapmirror_policies.state import Policy
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.state import Volume
from ontaplab.site import Site
from ontaplab.store import Store

COUNT = 10_000
PAGE = 1_000
BOUND_S = 1.0
FIELDS = (
    "uuid",
    "source.path",
    "source.svm.name",
    "destination.path",
    "destination.svm.name",
    "policy.name",
    "state",
    "healthy",
    "lag_time",
    "exported_snapshot",
)
_SPACE = UUID("6b1f3c1e-9f39-4f0a-8a59-21c6d7f0b7a5")
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_RUNS = 3


@dataclass(frozen=True, slots=True)
class _Cost:
    seconds: float
    """from the first byte sent to the last one received, summed over the pages"""
    cpu_s: float
    """of the CPU that the cluster's process took"""


def measure() -> Sequence[Figure]:
    """The best of three, in one page and in pages of 1,000."""
    with lab("paris") as site:
        site.stop("paris")
        _fill(ClusterFolder(site.folder / "paris"))
        site.start("paris")
        figures = []
        for page in (COUNT, PAGE):
            costs = [_list(site, page) for _ in range(_RUNS)]
            what = f"{COUNT} relationships, {len(FIELDS)} fields, pages of {page}"
            figures += [
                Figure(f"{what}: time of the server", min(cost.cpu_s for cost in costs), "s", at_most=BOUND_S),
                Figure("the same as the client sees it", min(cost.seconds for cost in costs), "s"),
            ]
        return figures


def _fill(folder: ClusterFolder) -> None:
    """The cluster, which is stopped, has the relationships in its records: making each over HTTP takes longer."""
    store = Store(folder.root / "cluster.db")
    (svm,) = store.table("svm", Svm)
    policy = next(each for each in store.table("policy", Policy) if each.name == "Asynchronous")
    volumes, relationships = store.table("volume", Volume), store.table("relationship", Relationship)
    now = SystemClock().now()
    with store.together():
        for number in range(COUNT):
            volume, source = (str(uuid5(_SPACE, f"{end}/{number}")) for end in ("destination", "source"))
            exported = f"snapmirror.{svm.uuid}_{number}.2026-03-01_120500"
            volumes.put(
                Volume(
                    uuid=volume,
                    name=f"vol_{number}",
                    svm=svm.uuid,
                    aggregate="",
                    size_bytes=1024**3,
                    created=now,
                    type="dp",
                    exported_snapshot=exported,
                )
            )
            relationships.put(
                Relationship(
                    uuid=str(uuid5(_SPACE, f"relationship/{number}")),
                    source=Endpoint(
                        svm="from_lyon",
                        svm_uuid=str(uuid5(_SPACE, "svm")),
                        volume=f"vol_{number}",
                        volume_uuid=source,
                        cluster_peer=str(uuid5(_SPACE, "peer")),
                    ),
                    destination=Endpoint(svm=svm.name, svm_uuid=svm.uuid, volume=f"vol_{number}", volume_uuid=volume),
                    policy=policy.uuid,
                    state=State.SNAPMIRRORED,
                    exported_snapshot=exported,
                    exported_created=now - timedelta(minutes=number % 60),
                )
            )
    store.close()


def _list(site: Site, page: int) -> _Cost:
    (status,) = site.status()
    seconds, listed = 0.0, 0
    url = f"/snapmirror/relationships?fields={','.join(FIELDS)}&max_records={page}"
    with connected(site, "paris") as client:
        client.get("/cluster").raise_for_status()  # connected and logged in
        before = _cpu_s(status.pid)
        while url:
            began = time.perf_counter()
            answer = client.get(url)
            seconds += time.perf_counter() - began
            content = answer.json()
            listed += content["num_records"]
            url = content["_links"].get("next", {}).get("href", "").removeprefix("/api")
        cpu_s = _cpu_s(status.pid) - before
    assert listed == COUNT, f"{listed} of {COUNT} were listed"
    return _Cost(seconds, cpu_s)


def _cpu_s(pid: int | None) -> float:
    """What the process has taken of the CPU, for itself and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
