"""Faults of jobs, links, disks, clocks and processes strike what they are set for; what is none is refused."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from ontaplab.clock import SystemClock
from ontaplab.cluster import Cluster
from ontaplab.faults.fault import Fault
from ontaplab.faults.operation import Operation
from ontaplab.faults.scripted import scripted
from ontaplab.network import AsgiNetwork
from tests.ontaplab.faults.paris import SCHEDULE, on_paris, schedules, set_up, struck
from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab


@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
def test_a_job_fails_before_or_after_its_effect(when: str, there: int, tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        route = "POST /storage/volumes"
        async with scripted(paris.http, "job_failure", route=route, code="917927", message="no luck", when=when):
            body = {"name": "v", "svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB"}
            assert await paris.refusal("POST", "/storage/volumes", body) == ("917927", "no luck")
        assert len(await paris.get("/storage/volumes", name="v")) == there

    on_paris(tmp_path, claim)


def test_a_job_hangs_until_it_is_released(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        number = await set_up(paris, "job_hang", route="POST /storage/volumes")
        body = {"name": "v", "svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB"}
        job = (await paris.http.post("/api/storage/volumes", json=body)).json()["job"]["uuid"]
        await trio.sleep(86400)
        assert (await paris.one("/cluster/jobs", uuid=job, fields="state"))["state"] == "running"
        await paris.http.delete(f"/lab/faults/{number}")
        await trio.sleep(1)
        assert (await paris.one("/cluster/jobs", uuid=job, fields="state"))["state"] == "success"

    on_paris(tmp_path, claim)


@pytest.mark.parametrize(("direction", "from_lyon", "from_paris"), [("from", 1, 0), ("to", 0, 1), ("both", 1, 1)])
def test_a_partition_stops_requests_in_its_direction(
    direction: str, from_lyon: int, from_paris: int, tmp_path: Path
) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await set_up(paris, "partition", peer="lyon", direction=direction)
        for asker, remote, is_cut in ((lyon, "paris", from_lyon), (paris, "lyon", from_paris)):
            await asker.svm(f"of_{remote}")
            body: dict[str, Any] = {
                "svm.name": f"of_{remote}",
                "peer.svm.name": "svm1",
                "peer.cluster.name": remote,
            }
            body |= {"name": f"svm1_{remote}", "applications": ["snapmirror"]}
            answer = await asker.http.post("/api/svm/peers?return_timeout=60", json=body)
            assert ("does not answer" in answer.text) == bool(is_cut)

    in_lab(tmp_path, claim)


def test_a_full_aggregate_takes_nothing_and_says_so(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        number = await set_up(paris, "full_aggregate", aggregate="aggr1")
        space = await paris.one("/storage/aggregates", fields="space")
        assert space["space"]["block_storage"]["available"] == 0
        assert await struck(paris) == [0], "reading is no strike"
        body = {"name": "v", "svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB"}
        assert (await paris.refusal("POST", "/storage/volumes", body))[0] == "917536"
        assert await struck(paris) == [1]
        await paris.http.delete(f"/lab/faults/{number}")
        await paris.volume("v")

    on_paris(tmp_path, claim)


def test_a_transfer_fails_by_its_relationship_and_the_next_one_succeeds(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        async with scripted(pair.lyon.http, "transfer_failure", relationship=pair.uuid, code="13303999", count=1):
            record = await pair.update()
        assert (record["transfer"]["state"], record["healthy"]) == ("failed", False)
        assert record["unhealthy_reason"][0]["code"] == "13303999"
        assert (await pair.update())["transfer"]["state"] == "success"

    in_pair(tmp_path, claim)


def test_a_slow_link_moves_so_many_bytes_a_second(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "big").write_bytes(b"x" * 1_000_000)
        await set_up(pair.lyon, "slow_link", bytes_per_second=20_000)
        began = trio.current_time()
        await pair.initialize()
        assert trio.current_time() - began == pytest.approx(50, rel=0.1)
        assert (await struck(pair.lyon))[0] > 0

    in_pair(tmp_path, claim)


def test_clocks_differ_by_the_skew_and_schedules_follow_their_own(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        before = lyon.cluster.clock.now() - paris.cluster.clock.now()
        number = await set_up(lyon, "clock_skew", seconds=-3600)
        assert (lyon.cluster.clock.now() - paris.cluster.clock.now() - before).total_seconds() == -3600
        answers = [await each.http.get("/api/cluster") for each in (paris, lyon)]
        there, here = (parsedate_to_datetime(answer.headers["Date"]) for answer in answers)
        assert (here - there).total_seconds() == -3600
        await lyon.http.delete(f"/lab/faults/{number}")
        assert lyon.cluster.clock.now() - paris.cluster.clock.now() == before

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
def test_a_cluster_of_this_process_dies_by_what_it_was_told(when: str, there: int, tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        refused = await paris.http.post("/lab/faults", json={"kind": "kill"})
        assert refused.status_code == 400
        deaths: list[int] = []
        paris.cluster.faults.kill = lambda: deaths.append(1)
        async with scripted(paris.http, "kill", when=when, route="POST /*", count=1):
            with pytest.raises(httpx.RemoteProtocolError):
                await paris.http.post("/api/cluster/schedules", json=SCHEDULE)
        assert deaths == [1]
        assert await schedules(paris) == there

    on_paris(tmp_path, claim)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"kind": "flood"}, "flood"),
        ({"kind": "status"}, "status"),
        ({"kind": "status", "status": 404}, "404"),
        ({"kind": "hang", "peer": "lyon"}, "peer"),
        ({"kind": "hang", "route": "cluster"}, "is no route"),
        ({"kind": "hang", "count": 0}, "count"),
    ],
)
def test_what_is_no_fault_is_refused_by_name(body: dict[str, Any], message: str, tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        answer = await paris.http.post("/lab/faults", json=body)
        assert answer.status_code == 400
        assert message in answer.json()["error"]["message"]
        assert await struck(paris) == []

    on_paris(tmp_path, claim)


def test_what_a_fault_has_done_survives_the_end_of_the_process(tmp_path: Path) -> None:
    def opened() -> Cluster:
        return Cluster(
            "paris", root=tmp_path, clock=SystemClock(), network=AsgiNetwork({}), address="10.0.0.1", accounts={}
        )

    request = Operation("GET", "/cluster")
    first = opened()
    first.faults.add(Fault(uuid="1", kind="kill", count=1))
    assert first.faults.on_request(request) is not None
    first.store.close()
    again = opened()
    assert again.faults.on_request(request) is None, "it would die at each start"
    again.store.close()
