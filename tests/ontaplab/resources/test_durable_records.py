"""What was made is there again when the cluster comes back, and what was taken away is not."""

from __future__ import annotations

from pathlib import Path

import trio
import trio.testing

from ontaplab.inprocess import ACCOUNT, lab_clusters
from ontaplab.resources.licenses.state import letters_of
from tests.ontaplab.resources.labs import Asker

MADE = (
    ("/security/roles", {"name": "r", "privileges": [{"path": "/api/cluster", "access": "readonly"}]}),
    (
        "/security/accounts",
        {
            "name": "eve",
            "role": "r",
            "password": "fishy-4711",
            "applications": [{"application": "http", "authentication_methods": ["password", "certificate"]}],
        },
    ),
    (
        "/network/ip/interfaces",
        {
            "name": "data1",
            "svm.name": "svm1",
            "ip": {"address": "10.9.0.7", "netmask": "24"},
            "location.home_port.name": "e0c",
        },
    ),
    (
        "/storage/snapshot-policies",
        {"name": "p", "svm.name": "svm1", "copies": [{"schedule": "5min", "count": 2, "snapmirror_label": "l"}]},
    ),
    (
        "/protocols/nfs/export-policies",
        {"name": "p", "svm.name": "svm1", "rules": [{"clients": ["h"], "ro_rule": ["any"], "rw_rule": ["any"]}]},
    ),
    ("/storage/qos/policies", {"name": "p", "svm.name": "svm1", "fixed": {"max_throughput_iops": 5}}),
    ("/cluster/licensing/licenses", {"keys": [letters_of("fabricpool")]}),
)
PATHS = sorted(path for path, _ in MADE)


def test_a_cluster_that_comes_back_holds_the_same_records_and_goes_on_with_its_snapshots(tmp_path: Path) -> None:
    async def seen(asker: Asker) -> dict[str, list[object]]:
        return {path: list(await asker.get(path, fields="**")) for path in PATHS}

    async def main() -> None:
        async with lab_clusters("paris", root=tmp_path, durable=True) as lab, lab["paris"].client() as client:
            paris = Asker(lab["paris"], client)
            await paris.svm("svm1")
            for path, body in MADE:
                await paris.post(path, body)
            await paris.delete("/network/ip/interfaces", services="intercluster_core")
            await paris.delete("/cluster/licensing/licenses/snapmirror")
            volume = await paris.volume("data", {"snapshot_policy.name": "p"})
            before = await seen(paris)
            paris.cluster.store.close()
        async with lab_clusters("paris", root=tmp_path, durable=True) as lab, lab["paris"].client() as client:
            paris = Asker(lab["paris"], client)
            assert await seen(paris) == before
            assert (await client.get("/api/cluster", auth=("eve", "fishy-4711"))).status_code == 200
            assert (await client.get("/api/cluster", auth=ACCOUNT)).status_code == 200
            await trio.sleep(16 * 60)
            taken = await paris.get(f"/storage/volumes/{volume['uuid']}/snapshots", snapmirror_label="l")
            assert len(taken) == 2

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
