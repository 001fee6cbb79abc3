"""Jobs and transfers go at the pace that was set, and looking at them changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab

VOLUME = {"name": "v", "svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB"}


async def set_pace(asker: Asker, **fields: Any) -> str:
    answer = await asker.http.post("/lab/pace", json=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def job_state(asker: Asker, job: str) -> str:
    state: str = (await asker.one("/cluster/jobs", uuid=job, fields="state"))["state"]
    return state


def test_jobs_of_a_route_take_their_time_or_wait_to_be_released(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await set_pace(paris, route="POST /storage/volumes", after_s=100)
        job = (await paris.http.post("/api/storage/volumes", json=VOLUME)).json()["job"]["uuid"]
        await trio.sleep(99)
        assert await job_state(paris, job) == "running"
        assert await paris.get("/storage/volumes", name="v") == []
        await trio.sleep(2)
        assert await job_state(paris, job) == "success"
        held = await set_pace(paris, route="POST /storage/volumes", held=True)
        job = (await paris.http.post("/api/storage/volumes", json={**VOLUME, "name": "w"})).json()["job"]["uuid"]
        await paris.svm("not_held")
        await trio.sleep(86400)
        assert await job_state(paris, job) == "running", "the newest rule counts"
        await paris.http.delete(f"/lab/pace/{held}")
        await trio.sleep(1)
        assert await job_state(paris, job) == "success"

    in_lab(tmp_path, claim)


def test_a_held_transfer_stops_half_way_until_it_is_released(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "big").write_bytes(b"x" * 1_000_000)
        await set_pace(pair.lyon, relationship=pair.uuid, held=True)
        await pair.ask("snapmirrored")
        await trio.sleep(86400)
        looks = [(await pair.relationship())["transfer"] for _ in range(3)]
        assert {look["state"] for look in looks} == {"transferring"}
        assert {0 < look["bytes_transferred"] < 1_000_000 for look in looks} == {True}
        await pair.lyon.http.delete("/lab/pace")
        assert (await pair.settle())["transfer"]["state"] == "success"

    in_pair(tmp_path, claim)


def test_a_transfer_takes_as_long_as_its_rule_says(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await set_pace(pair.lyon, relationship="*", after_s=60)
        began = trio.current_time()
        await pair.initialize()
        assert trio.current_time() - began == pytest.approx(60, abs=1)
        (rule,) = (await pair.lyon.http.get("/lab/pace")).json()["records"]
        assert rule["met"] == 1

    in_pair(tmp_path, claim)


@pytest.mark.parametrize(
    "fields", [{}, {"route": "GET /x", "relationship": "*"}, {"route": "/x", "held": True, "after_s": 1}]
)
def test_a_rule_that_says_nothing_or_two_things_is_refused(fields: dict[str, Any], tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.http.post("/lab/pace", json=fields)).status_code == 400

    in_lab(tmp_path, claim)
