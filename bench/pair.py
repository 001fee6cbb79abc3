"""Two clusters that are processes, and a relationship of one volume between them."""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ontaplab.folder import ACCOUNT, ClusterFolder
from ontaplab.site import Site
from ontaplab.site.lab import read_lab

_LOOK_S = 0.02
_WAIT = {"return_timeout": "120", "return_records": "true"}


@contextmanager
def lab(*clusters: str) -> Iterator[Site]:
    """A new lab in the folder for temporary files; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ontaplab-bench-") as folder:
        site = Site.up(Path(folder) / "lab", clusters, base_port=0)
        try:
            yield site
        finally:
            site.down(remove=True)


def connected(site: Site, cluster: str) -> httpx.Client:
    """A client of that cluster, logged in; close it."""
    folder = ClusterFolder(site.folder / cluster)
    return httpx.Client(
        base_url=f"{folder.settings().url}/api",
        verify=ssl.create_default_context(cafile=folder.ca_file),
        auth=(ACCOUNT, folder.password()),
        timeout=600,
        trust_env=False,
    )


def asked(client: httpx.Client, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The answer when its job has ended: of a POST what was created."""
    answer = client.request(method, path, json=body, params=_WAIT if method != "GET" else None)
    assert answer.status_code in (200, 201), answer.text
    content: dict[str, Any] = answer.json()
    return content["records"][0] if method == "POST" and "records" in content else content


@dataclass(frozen=True, slots=True)
class Pair:
    """Volume `data` of paris, mirrored to volume `copy` of lyon."""

    site: Site
    paris: httpx.Client
    lyon: httpx.Client
    source: str
    """The source volume's path below `/api` of paris."""
    relationship: str
    """Its path below `/api` of lyon."""

    @property
    def live(self) -> Path:
        """What clients of the source volume write to."""
        return self._volume("paris", "data")

    @property
    def copy(self) -> Path:
        """What clients of the destination volume see."""
        return self._volume("lyon", "copy")

    def snapshot(self, name: str) -> float:
        """The source volume has that snapshot. Returns the seconds that it took."""
        began = time.perf_counter()
        asked(self.paris, "POST", f"{self.source}/snapshots", {"name": name})
        return time.perf_counter() - began

    def transfer(self, snapshot: str | None = None) -> tuple[int, float]:
        """An initialization or an update has ended well: its bytes, and the seconds since it was asked for.

        It brings that snapshot; None: one that is made for it.
        """
        began = time.perf_counter()
        wanted = {} if snapshot is None else {"source_snapshot": snapshot}
        asked(self.lyon, "POST", f"{self.relationship}/transfers", wanted)
        while (now := self._transfer())["state"] in ("queued", "transferring"):
            time.sleep(_LOOK_S)
        seconds = time.perf_counter() - began
        assert now["state"] == "success", now
        return int(now["bytes_transferred"]), seconds

    def _transfer(self) -> dict[str, Any]:
        shown = asked(self.lyon, "GET", f"{self.relationship}?fields=transfer.state,transfer.bytes_transferred")
        transfer: dict[str, Any] = shown["transfer"]
        return transfer

    def _volume(self, cluster: str, name: str) -> Path:
        return self.site.volume_path(cluster, read_lab(self.site.folder).clusters[cluster].svm, name)


@contextmanager
def pair(size_bytes: int) -> Iterator[Pair]:
    """A lab with such a pair of volumes of that size, not yet initialized."""
    with lab("paris", "lyon") as site, ExitStack() as stack:
        paris, lyon = (stack.enter_context(connected(site, name)) for name in ("paris", "lyon"))
        home, target = read_lab(site.folder).clusters.values()
        source = {"name": "data", "svm.name": home.svm, "aggregates": [{"name": home.aggregate}], "size": size_bytes}
        data = asked(paris, "POST", "/storage/volumes", {**source, "snapshot_policy.name": "none"})
        copy = {"name": "copy", "svm.name": target.svm, "aggregates": [{"name": target.aggregate}], "size": size_bytes}
        asked(lyon, "POST", "/storage/volumes", {**copy, "type": "dp"})
        offer = {"svm.name": target.svm, "peer.svm.name": home.svm, "peer.cluster.name": "paris", "name": "from_paris"}
        peer = asked(lyon, "POST", "/svm/peers", {**offer, "applications": ["snapmirror"]})
        asked(paris, "PATCH", f"/svm/peers/{peer['uuid']}", {"state": "peered", "name": "to_lyon"})
        paths = {"source.path": "from_paris:data", "destination.path": f"{target.svm}:copy"}
        unscheduled = {**paths, "policy": "MirrorAndVault"}  # an update of its own would bring a part of what changes
        made = asked(lyon, "POST", "/snapmirror/relationships", unscheduled)
        volume, relationship = f"/storage/volumes/{data['uuid']}", f"/snapmirror/relationships/{made['uuid']}"
        yield Pair(site, paris, lyon, volume, relationship)


def same(one: Path, other: Path) -> bool:
    """Whether both files hold the same bytes."""
    with one.open("rb") as first, other.open("rb") as second:
        if os.fstat(first.fileno()).st_size != os.fstat(second.fileno()).st_size:
            return False
        while block := first.read(1 << 20):
            if block != second.read(1 << 20):
                return False
    return True
