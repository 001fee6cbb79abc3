"""Mirrors of FlexGroups, and destinations that grow with their source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trio

from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, contents, in_pair, peer_svms
from tests.ontaplab.resources.labs import Asker, in_lab

TWO = ("aggr1", "aggr2")
SPREAD = {"aggregates": ["aggr1", "aggr2"]}
TEXTS = ("Geometry of the destination", "has been changed since the SnapMirror relationship was created")


def in_flexgroups(root: Path, destination: dict[str, Any], claim: Callable[[Pair], Awaitable[None]]) -> None:
    """Runs the claim on an uninitialized mirror of a FlexGroup with two constituents."""

    async def main(paris: Asker, lyon: Asker) -> None:
        await peer_svms(paris, lyon)
        source = await paris.volume("data", SPREAD)
        mirror = await lyon.volume("data_dr", {"type": "dp", **destination})
        ends = {"source.path": "svm1_paris:data", "destination.path": "svm1:data_dr"}
        created = await lyon.post(RELATIONSHIPS, {**ends, "policy": "MirrorAllSnapshots"})
        await claim(Pair(paris, lyon, source, mirror, created["uuid"]))

    in_lab(root, main, aggregates=TWO)


async def count_at_lyon(pair: Pair) -> int:
    found: int = (await pair.lyon.one("/storage/volumes", name="data_dr", fields="constituent_count"))[
        "constituent_count"
    ]
    return found


def test_a_flexgroup_is_mirrored_and_grows_with_its_source(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"first")
        record = await pair.initialize()
        assert (record["state"], record["group_type"]) == ("snapmirrored", "flexgroup")
        assert contents(pair.copy) == {"file": b"first"}
        await pair.paris.patch("/storage/volumes", {"aggregates": ["aggr2"]}, name="data")
        (pair.live / "file").write_bytes(b"second")
        record = await pair.update()
        assert (record["healthy"], record["transfer"]["state"]) == (True, "success")
        assert contents(pair.copy) == {"file": b"second"}
        sizes = [(await asker.one("/storage/volumes", fields="size"))["size"] for asker in (pair.paris, pair.lyon)]
        assert (await count_at_lyon(pair), sizes[0]) == (3, sizes[1])

    in_flexgroups(tmp_path, SPREAD, claim)


def test_a_flexgroup_of_another_shape_fails_in_the_job_of_the_initialize_and_tells_why(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        started = await pair.lyon.http.patch(f"/api{pair.path}", json={"state": "snapmirrored"})
        assert started.status_code == 202
        await trio.sleep(1)
        job = (await pair.lyon.http.get(f"/api/cluster/jobs/{started.json()['job']['uuid']}")).json()
        assert (job["state"], job["error"]["code"]) == ("failure", "13303812")
        record = await pair.relationship()
        assert (record["healthy"], record["state"]) == (False, "uninitialized")
        reason = record["unhealthy_reason"][0]
        assert reason["code"] == "6621444"
        for text in TEXTS:
            assert text in job["error"]["message"]
            assert text in reason["message"]

    in_flexgroups(tmp_path, {**SPREAD, "constituents_per_aggregate": 2}, claim)


def test_a_destination_that_grew_by_itself_fails_the_next_update(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        await pair.lyon.patch("/storage/volumes", {"aggregates": ["aggr1"]}, name="data_dr")
        record = await pair.update()
        assert (record["healthy"], record["transfer"]["state"]) == (False, "failed")
        assert all(text in record["unhealthy_reason"][0]["message"] for text in TEXTS)

    in_flexgroups(tmp_path, SPREAD, claim)


def test_a_flexvol_cannot_be_the_destination_of_a_flexgroup(tmp_path: Path) -> None:
    async def main(paris: Asker, lyon: Asker) -> None:
        await peer_svms(paris, lyon)
        await paris.volume("data", SPREAD)
        await lyon.volume("data_dr", {"type": "dp"})
        ends = {"source.path": "svm1_paris:data", "destination.path": "svm1:data_dr"}
        assert (await lyon.refusal("POST", RELATIONSHIPS, ends))[0] == "13107371"
        assert await paris.get(RELATIONSHIPS, list_destinations_only="true") == []

    in_lab(tmp_path, main, aggregates=TWO)


def test_a_mirror_grows_with_its_source_unless_it_may_not(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        await pair.paris.patch("/storage/volumes", {"size": "2GB"}, name="data")
        await pair.update()
        assert (await pair.lyon.one("/storage/volumes", fields="size"))["size"] == 2 * 1024**3
        await pair.lyon.patch("/storage/volumes", {"autosize.mode": "off"}, name="data_dr")
        await pair.paris.patch("/storage/volumes", {"size": "3GB"}, name="data")
        record = await pair.update()
        assert (record["healthy"], record["unhealthy_reason"][0]["code"]) == (False, "917536")
        assert "smaller than its source" in record["unhealthy_reason"][0]["message"]

    in_pair(tmp_path, claim)


def test_a_mirror_that_its_aggregate_cannot_hold_fails_and_keeps_what_it_exported(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"first")
        await pair.initialize()
        await pair.lyon.volume("filler", {"size": "10238GB"})
        (pair.live / "file").write_bytes(b"second")
        await pair.paris.patch("/storage/volumes", {"size": "4GB"}, name="data")
        record = await pair.update()
        assert (record["healthy"], "not enough space" in record["unhealthy_reason"][0]["message"]) == (False, True)
        assert contents(pair.copy) == {"file": b"first"}
        await pair.lyon.delete("/storage/volumes", name="filler")
        assert (await pair.update())["healthy"]
        assert contents(pair.copy) == {"file": b"second"}

    in_pair(tmp_path, claim)


def test_the_source_of_an_uninitialized_mirror_cannot_be_moved(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        move = {"movement.destination_aggregate.name": "aggr2"}
        assert (await pair.paris.refusal("PATCH", "/storage/volumes", move, name="data"))[0] == "917536"
        await pair.initialize()
        await pair.paris.patch("/storage/volumes", move, name="data")
        await trio.sleep(30)
        assert (await pair.update())["healthy"]

    async def main(paris: Asker, lyon: Asker) -> None:
        await peer_svms(paris, lyon)
        source = await paris.volume("data")
        mirror = await lyon.volume("data_dr", {"type": "dp"})
        ends = {"source.path": "svm1_paris:data", "destination.path": "svm1:data_dr"}
        created = await lyon.post(RELATIONSHIPS, {**ends, "policy": "MirrorAllSnapshots"})
        await claim(Pair(paris, lyon, source, mirror, created["uuid"]))

    in_lab(tmp_path, main, aggregates=TWO)


def test_rules_that_make_snapshots_are_not_for_flexgroups(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        made = {"label": "daily", "count": 1, "creation_schedule": {"name": "daily"}}
        await pair.lyon.post("/snapmirror/policies", {"name": "making", "retention": [made]})
        assert (await pair.lyon.refusal("PATCH", pair.path, {"policy": "making"}))[0] == "6621125"
        await pair.lyon.delete(pair.path)
        ends = {"source.path": "svm1_paris:data", "destination.path": "svm1:data_dr", "policy": "making"}
        assert (await pair.lyon.refusal("POST", "/snapmirror/relationships", ends))[0] == "6621125"

    in_flexgroups(tmp_path, SPREAD, claim)
