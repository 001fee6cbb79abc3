"""Faults strike what they are set for, as often as they are set to, and tell it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from ontaplab.clock import SystemClock
from ontaplab.cluster import Cluster
from ontaplab.faults.fault import Fault
from ontaplab.faults.operation import Operation
from ontaplab.faults.scripted import UnusedFault, check_used, scripted
from ontaplab.network import AsgiNetwork
from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab

SCHEDULE = {"name": "often", "cron": {"minutes": [5]}}


async def set_up(asker: Asker, kind: str, **fields: Any) -> str:
    answer = await asker.http.post("/lab/faults", json={"kind": kind, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def struck(asker: Asker) -> list[int]:
    return [each["struck"] for each in (await asker.http.get("/lab/faults")).json()["records"]]


async def schedules(asker: Asker) -> int:
    return len(await asker.get("/cluster/schedules", name="often"))


def on_paris(root: Path, claim: Callable[[Asker], Awaitable[None]]) -> None:
    async def main(paris: Asker, lyon: Asker) -> None:
        await claim(paris)

    in_lab(root, main)


@pytest.mark.parametrize(
    ("kind", "there", "error"),
    [
        ("lost_answer", 1, httpx.RemoteProtocolError),
        ("lost_request", 0, httpx.RemoteProtocolError),
        ("refuse", 0, httpx.ConnectError),
    ],
)
def test_an_answer_is_lost_after_or_before_the_effect(
    kind: str, there: int, error: type[Exception], tmp_path: Path
) -> None:
    async def claim(paris: Asker) -> None:
        async with scripted(paris.http, kind, route="POST /cluster/schedules", count=1):
            await paris.http.get("/api/cluster/schedules")
            with pytest.raises(error):
                await paris.http.post("/api/cluster/schedules", json=SCHEDULE)
            assert await schedules(paris) == there

    on_paris(tmp_path, claim)


@pytest.mark.parametrize(("status", "retry_after"), [(500, None), (503, "1"), (429, "1")])
def test_a_status_is_answered_in_ontaps_shape_and_nothing_is_done(
    status: int, retry_after: str | None, tmp_path: Path
) -> None:
    async def claim(paris: Asker) -> None:
        async with scripted(paris.http, "status", status=status, route="POST /cluster/*", count=1):
            answer = await paris.http.post("/api/cluster/schedules", json=SCHEDULE)
            assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry_after)
            assert answer.json()["error"]["message"]
            assert await schedules(paris) == 0

    on_paris(tmp_path, claim)


def test_a_duplicate_is_answered_as_the_second_of_two(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        async with scripted(paris.http, "duplicate", route="POST /cluster/schedules"):
            answer = await paris.http.post("/api/cluster/schedules", json=SCHEDULE)
        assert answer.status_code == 409
        assert await schedules(paris) == 1

    on_paris(tmp_path, claim)


def test_a_hung_request_is_cut_off_unanswered_when_the_fault_is_removed(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        number = await set_up(paris, "hang", route="GET /cluster")
        with trio.move_on_after(3600) as scope:
            await paris.http.get("/api/cluster")
        assert scope.cancelled_caught
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                with pytest.raises(httpx.RemoteProtocolError):
                    await paris.http.get("/api/cluster")

            nursery.start_soon(ask)
            await trio.sleep(60)
            await paris.http.delete(f"/lab/faults/{number}")
        assert (await paris.http.get("/api/cluster")).status_code == 200

    on_paris(tmp_path, claim)


def test_latency_is_waited_on_the_clock_but_not_by_the_labs_own_requests(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        assert (await paris.http.put("/lab/latency", json={"seconds": 2})).json() == {"seconds": 2.0}
        began = trio.current_time()
        await paris.http.get("/api/cluster")
        assert trio.current_time() - began == pytest.approx(2)
        began = trio.current_time()
        await paris.http.get("/lab/calls")
        assert trio.current_time() == began
        await paris.http.put("/lab/latency", json={"seconds": 0})
        await set_up(paris, "latency", seconds=10, spread_s=5, seed=1)
        began = trio.current_time()
        for _ in range(20):
            await paris.http.get("/api/cluster")
        waited = trio.current_time() - began
        assert 100 < waited < 300
        assert waited != pytest.approx(200, abs=0.1)

    on_paris(tmp_path, claim)


def test_what_is_drawn_from_a_seed_is_the_same_again_whatever_else_is_asked(tmp_path: Path) -> None:
    async def drawn(paris: Asker, seed: int, others: int) -> list[int]:
        number = await set_up(paris, "status", status=503, probability=0.5, seed=seed)
        statuses = []
        for _ in range(30):
            for _ in range(others):
                await paris.http.get("/api/svm/svms")
            statuses.append((await paris.http.get("/api/cluster")).status_code)
        await paris.http.delete(f"/lab/faults/{number}")
        return statuses

    async def claim(paris: Asker) -> None:
        first = await drawn(paris, 7, others=0)
        assert 5 < first.count(503) < 25
        assert await drawn(paris, 7, others=1) == first
        assert await drawn(paris, 8, others=0) != first

    on_paris(tmp_path, claim)


def test_a_scripted_fault_lets_some_pass_then_strikes_as_often_as_said(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        await set_up(paris, "status", status=500, skip=2, count=3, route="GET /cluster")
        statuses = [(await paris.http.get("/api/cluster")).status_code for _ in range(7)]
        assert statuses == [200, 200, 500, 500, 500, 200, 200]
        await check_used(paris.http)

    on_paris(tmp_path, claim)


def test_a_fault_that_strikes_less_often_than_scripted_fails_the_test(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        with pytest.raises(UnusedFault, match="refuse 1 struck 0 times"):
            async with scripted(paris.http, "refuse", route="POST /svm/*"):
                await paris.http.get("/api/cluster")
        assert await struck(paris) == [], "it is gone all the same"

    on_paris(tmp_path, claim)


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
