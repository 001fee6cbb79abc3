"""Faults of requests strike what they are set for, as often as they are set to, and tell it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import trio

from ontaplab.faults.scripted import UnusedFault, check_used, scripted
from tests.ontaplab.faults.paris import SCHEDULE, on_paris, schedules, set_up, struck
from tests.ontaplab.resources.labs import Asker


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
