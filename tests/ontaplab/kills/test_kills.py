"""A cluster is killed at any moment under load: it is soon back, and has all that it acknowledged."""

from __future__ import annotations

import random
import ssl
import statistics
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from ontaplab.testing import OntapCluster, ontap_clusters
from tests.ontaplab.kills.ledger import Ledger, Tally, tree
from tests.ontaplab.kills.load import WAIT, Ends, Load
from tests.ontaplab.site.labs import eventually

pytestmark = pytest.mark.slow

SOON_S = 2.0
"""Within which a killed cluster answers again."""
MOST_CHANGES = 25
"""The most that are acknowledged between two kills: which is the last one is drawn."""
MIB = 1024**2


@pytest.fixture
def pair(quick_path: Path) -> Iterator[Pair]:
    with ontap_clusters(quick_path / "lab", "paris", "lyon") as (paris, lyon):
        yield Pair(paris, lyon)


class Pair:
    """`files` of paris is mirrored to `copy` of lyon; both clusters have a volume `files`."""

    def __init__(self, paris: OntapCluster, lyon: OntapCluster) -> None:
        self.paris, self.lyon = paris, lyon
        self.tally = Tally()
        self.ledgers = {paris: Ledger(self.tally), lyon: Ledger(self.tally)}
        source = self._peer_svms()
        uuids = {each: each.create_volume("files") for each in (paris, lyon)}
        (paris.path("files") / "large").write_bytes(random.Random(1).randbytes(8 * MIB))
        with self.connect(lyon) as client:
            copy = {"name": "copy", "svm": {"name": lyon.svm}, "aggregates": [{"name": lyon.aggregate}], "type": "dp"}
            client.post("/storage/volumes", json=copy, params=WAIT).raise_for_status()
            ends = {"source": {"path": source}, "destination": {"path": f"{lyon.svm}:copy"}}
            mirror = client.post(
                "/snapmirror/relationships", json={**ends, "policy": {"name": "MirrorAllSnapshots"}}, params=WAIT
            )
            self.mirror = str(mirror.raise_for_status().json()["records"][0]["uuid"])
        self.ends = {paris: Ends(uuids[paris]), lyon: Ends(uuids[lyon], source, self.mirror)}

    def connect(self, cluster: OntapCluster) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=cluster.ca_file)
        url = f"{cluster.url}/api"
        return httpx.Client(base_url=url, auth=cluster.auth, verify=trusted, trust_env=False, timeout=70)

    def get(self, cluster: OntapCluster, path: str, **query: str) -> list[dict[str, Any]]:
        with self.connect(cluster) as client:
            found: list[dict[str, Any]] = client.get(path, params=query).raise_for_status().json()["records"]
            return found

    def under_load(self, seed: int) -> list[Load]:
        loads = []
        for cluster in (self.paris, self.lyon):
            load = Load(cluster, partial(self.connect, cluster), self.ends[cluster], self.ledgers[cluster])
            load.start(seed)
            loads.append(load)
        return loads

    def transfer(self) -> dict[str, Any]:
        """The transfer of the mirror that runs, or ended last; nothing if there was none."""
        (relationship,) = self.get(self.lyon, "/snapmirror/relationships", uuid=self.mirror, fields="transfer")
        found: dict[str, Any] = relationship.get("transfer", {})
        return found

    def update(self) -> None:
        """A transfer has ended well: what runs goes on, what had failed is asked for again."""
        self.wait_until_idle()
        with self.connect(self.lyon) as client:
            client.post(f"/snapmirror/relationships/{self.mirror}/transfers", json={}).raise_for_status()
        self.wait_until_idle()
        assert self.transfer()["state"] == "success", self.transfer()

    def wait_until_idle(self) -> None:
        eventually(lambda: self.transfer().get("state") not in ("queued", "transferring"), 60)

    def _peer_svms(self) -> str:
        """Returns the path of the source volume, as lyon calls it."""
        offer = {
            "svm": {"name": self.lyon.svm},
            "peer": {"svm": {"name": self.paris.svm}, "cluster": {"name": "paris"}},
            "applications": ["snapmirror"],
        }
        with self.connect(self.lyon) as lyon, self.connect(self.paris) as paris:
            lyon.post("/svm/peers", json=offer, params=WAIT).raise_for_status()
            (waiting,) = self.get(self.paris, "/svm/peers")
            paris.patch(f"/svm/peers/{waiting['uuid']}", json={"state": "peered"}, params=WAIT).raise_for_status()
        return f"{self.paris.svm}:files"


@pytest.mark.sweep
def test_killed_at_any_moment_a_cluster_has_all_it_acknowledged(pair: Pair, soaking: int | None) -> None:
    kills, seed = (200, soaking) if soaking is not None else (4, random.randrange(2**32))
    print(f"{kills} kills, seed {seed}")
    dice = random.Random(seed)
    seconds = []
    gone_on = 0
    for number in range(kills):
        loads = pair.under_load(seed + number)
        pair.tally.wait_for(dice.randint(1, MOST_CHANGES))  # the clients that were not answered last are anywhere
        victim = dice.choice([pair.paris, pair.lyon])
        victim.kill()
        for load in loads:
            load.stop()
        seconds.append(seconds_to_start(pair, victim))
        if victim is pair.lyon and pair.transfer().get("state") == "transferring":
            pair.wait_until_idle()
            assert pair.transfer()["state"] == "success", pair.transfer()
            gone_on += 1
        for cluster in (pair.paris, pair.lyon):
            check(pair, cluster)
        if number % 4 == 3:
            pair.update()
            check_mirror(pair)
    print(f"{pair.tally.count} changes acknowledged, {gone_on} transfers that were cut off went on")
    print(f"back in {statistics.median(seconds):.2f} s, {max(seconds):.2f} at most")
    if soaking is not None:  # else the machine runs other tests beside this one
        assert max(seconds) < SOON_S


def seconds_to_start(pair: Pair, victim: OntapCluster) -> float:
    """From the moment in which it is started until it has answered a request."""
    began_s = time.monotonic()
    victim.start()
    pair.get(victim, "/storage/volumes")
    return time.monotonic() - began_s


def test_a_transfer_of_a_killed_destination_goes_on_from_its_checkpoint(pair: Pair) -> None:
    with pair.connect(pair.lyon) as client:
        pace = client.base_url.copy_with(path="/lab/pace")  # a rule outlives the process
        client.post(pace, json={"relationship": pair.mirror, "held": True}).raise_for_status()
        client.post(f"/snapmirror/relationships/{pair.mirror}/transfers", json={}).raise_for_status()
    eventually(lambda: checkpoint(pair) == 4 * MIB)
    pair.lyon.kill()
    pair.lyon.start()
    assert checkpoint(pair) >= 4 * MIB
    with pair.connect(pair.lyon) as client:
        client.delete(pace).raise_for_status()
    eventually(lambda: pair.transfer()["state"] == "success", 30)
    assert pair.transfer()["bytes_transferred"] == 8 * MIB, "nothing was brought twice"
    check_mirror(pair)


def checkpoint(pair: Pair) -> int:
    """What was brought by the only transfer that there has been, in bytes."""
    path = f"/snapmirror/relationships/{pair.mirror}/transfers"
    (transfer,) = pair.get(pair.lyon, path, fields="checkpoint_size,state")
    return int(transfer["checkpoint_size"] if transfer["state"] != "success" else 8 * MIB)


def check(pair: Pair, cluster: OntapCluster) -> None:
    """What the cluster acknowledged is there, and nothing that it said was gone; records and files agree."""
    ledger = pair.ledgers[cluster]
    ledger.leave_open()
    held = tree(cluster.path("files"))
    assert {name: held.get(name) for name in ledger.files} == ledger.files
    volumes = {each["name"]: each["uuid"] for each in pair.get(cluster, "/storage/volumes")}
    mirrors = {each["uuid"] for each in pair.get(cluster, "/snapmirror/relationships")}
    snapshots = {each["name"] for each in pair.get(cluster, f"/storage/volumes/{volumes['files']}/snapshots")}
    assert ledger.volumes <= volumes.keys()
    assert ledger.mirrors.keys() <= mirrors
    assert ledger.snapshots.keys() <= snapshots
    assert not ledger.gone & (volumes.keys() | mirrors | snapshots)
    for name, content in ledger.snapshots.items():
        assert tree(cluster.path("files") / ".snapshot" / name) == content, name
    root = cluster.site.folder / cluster.name / "volumes"
    assert {path.name for path in root.iterdir()} == set(volumes.values())
    for uuid in volumes.values():
        eventually(partial(snapshots_agree, pair, cluster, uuid, root / uuid))
    jobs = pair.get(cluster, "/cluster/jobs", fields="state")
    assert {job["state"] for job in jobs} <= {"success", "failure"}


def snapshots_agree(pair: Pair, cluster: OntapCluster, uuid: str, volume: Path) -> bool:
    """Whether the volume has the snapshots of which there are records; a transfer may run."""
    records = pair.get(cluster, f"/storage/volumes/{uuid}/snapshots")
    return {path.name for path in (volume / "snapshots").iterdir()} == {each["name"] for each in records}


def check_mirror(pair: Pair) -> None:
    """What clients of the mirror see is the snapshot that it exports, which the source has too."""
    query = {"uuid": pair.mirror, "fields": "state,healthy,exported_snapshot"}
    (mirror,) = pair.get(pair.lyon, "/snapmirror/relationships", **query)
    assert (mirror["state"], mirror["healthy"]) == ("snapmirrored", True)
    seen = tree(pair.lyon.path("copy"))
    for cluster, volume in ((pair.paris, "files"), (pair.lyon, "copy")):
        assert tree(cluster.path(volume) / ".snapshot" / mirror["exported_snapshot"]) == seen
