"""The states of an asynchronous relationship, as clients move it from one to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.ontaplab.mirroring.asynchronous import (
    broken_off,
    initializing,
    paused,
    resyncing,
    snapmirrored,
    updating,
)
from tests.ontaplab.mirroring.pairs import (
    Pair,
    Prepare,
    check_allowed,
    contents,
    in_pair,
    uninitialized,
    uninitialized_paused,
)

ALLOWED = [
    (uninitialized, "snapmirrored", "snapmirrored", "initialize"),
    (uninitialized, "paused", "paused", None),
    (uninitialized_paused, "snapmirrored", "uninitialized", None),
    (snapmirrored, "snapmirrored", "snapmirrored", None),
    (snapmirrored, "paused", "paused", None),
    (snapmirrored, "broken_off", "broken_off", None),
    (paused, "snapmirrored", "snapmirrored", None),
    (paused, "paused", "paused", None),
    (paused, "broken_off", "broken_off", None),
    (broken_off, "snapmirrored", "snapmirrored", "resync"),
    (broken_off, "broken_off", "broken_off", None),
]


@pytest.mark.parametrize(("prepare", "asked", "reached", "transfer"), ALLOWED)
def test_what_the_state_allows_leads_to_the_next_state(
    tmp_path: Path, prepare: Prepare, asked: str, reached: str, transfer: str | None
) -> None:
    check_allowed(tmp_path, "MirrorAllSnapshots", prepare, asked, reached, transfer)


BUSY = "Another transfer is in progress"
REFUSED = [
    (uninitialized, "broken_off", "13303808", "not initialized"),
    (uninitialized_paused, "broken_off", "13303808", "not initialized"),
    (initializing, "snapmirrored", "13303812", BUSY),
    (initializing, "broken_off", "13303808", BUSY),
    (updating, "snapmirrored", "13303810", BUSY),
    (updating, "broken_off", "13303808", BUSY),
    (broken_off, "paused", "13303818", "broken off"),
    (resyncing, "snapmirrored", "13303810", BUSY),
    (resyncing, "broken_off", "13303808", BUSY),
    (snapmirrored, "in_sync", "13303831", "asynchronous"),
]


@pytest.mark.parametrize(("prepare", "asked", "code", "reason"), REFUSED)
def test_what_the_state_does_not_allow_is_refused_and_changes_nothing(
    tmp_path: Path, prepare: Prepare, asked: str, code: str, reason: str
) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        before = await pair.relationship()
        refused, message = await pair.lyon.refusal("PATCH", pair.path, {"state": asked, "throttle": 7})
        assert refused == code
        assert reason in message
        assert await pair.relationship() == before

    in_pair(tmp_path, claim)


REFUSED_TRANSFERS = [
    (initializing, "13303812", BUSY),
    (updating, "13303844", BUSY),
    (paused, "13303844", "paused"),
    (broken_off, "13303844", "broken off"),
    (resyncing, "13303844", BUSY),
]


@pytest.mark.parametrize(("prepare", "code", "reason"), REFUSED_TRANSFERS)
def test_a_transfer_is_refused_where_none_may_start(tmp_path: Path, prepare: Prepare, code: str, reason: str) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        refused, message = await pair.lyon.refusal("POST", f"{pair.path}/transfers")
        assert refused == code
        assert reason in message

    in_pair(tmp_path, claim)


@pytest.mark.parametrize("prepare", [initializing, updating, resyncing])
def test_a_quiesce_waits_for_the_running_transfer(tmp_path: Path, prepare: Prepare) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pair.ask, "paused")
            await trio.sleep(30)
            assert (await pair.relationship())["transfer"]["state"] == "transferring"
            await pair.gate(held=False)
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"]) == ("paused", "success")

    in_pair(tmp_path, claim)


def test_a_quiesce_gives_up_after_ten_minutes(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await updating(pair)
        answer = await pair.lyon.http.patch(f"/api{pair.path}", json={"state": "paused"})
        await trio.sleep(599)
        job = answer.json()["job"]["uuid"]
        assert (await pair.lyon.one("/cluster/jobs", uuid=job, fields="state"))["state"] == "running"
        await trio.sleep(2)
        failed = await pair.lyon.one("/cluster/jobs", uuid=job, fields="state,error")
        assert (failed["state"], failed["error"]["code"]) == ("failure", "13303823")
        assert await pair.state() == "snapmirrored"

    in_pair(tmp_path, claim)


def test_a_break_leaves_a_writable_copy_of_what_was_exported_last(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        transferred = contents(pair.live)
        (pair.live / "file").write_bytes(b"not transferred")
        await pair.ask("broken_off")
        assert contents(pair.copy) == transferred
        (pair.copy / "file").write_bytes(b"written at the recovery site")
        record = await pair.relationship()
        assert contents(pair.copy / ".snapshot" / record["exported_snapshot"]) == transferred

    in_pair(tmp_path, claim)


def test_a_resync_discards_what_the_destination_wrote_and_its_newer_snapshots(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await broken_off(pair)
        (pair.copy / "file").write_bytes(b"written at the recovery site")
        snapshots = f"/storage/volumes/{pair.destination['uuid']}/snapshots"
        await pair.lyon.post(snapshots, {"name": "newer"})
        (pair.live / "other").write_bytes(b"at the source")
        await pair.ask("snapmirrored")
        record = await pair.settle()
        assert (record["state"], record["healthy"], record["last_transfer_type"]) == ("snapmirrored", True, "resync")
        assert contents(pair.copy) == contents(pair.live)
        assert [each["name"] for each in await pair.lyon.get(snapshots)] == [record["exported_snapshot"]]

    in_pair(tmp_path, claim)


def test_a_resync_without_a_common_snapshot_fails_and_leaves_the_destination_writable(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await broken_off(pair)
        (pair.copy / "file").write_bytes(b"written at the recovery site")
        paris = pair.paris.cluster
        for snapshot in paris.snapshots:
            paris.snapshots.remove(snapshot.uuid)
        code, message = await pair.lyon.refusal("PATCH", pair.path, {"state": "snapmirrored"})
        assert code == "13303810"
        assert "common snapshot" in message
        assert await pair.state() == "broken_off"
        assert (pair.copy / "file").read_bytes() == b"written at the recovery site"

    in_pair(tmp_path, claim)


def test_a_resync_that_failed_can_be_broken_off_again(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await broken_off(pair)
        (pair.live / "more").write_bytes(b"more")
        await pair.gate(held=True)
        await pair.ask("snapmirrored")
        await trio.sleep(1)
        pair.cut_paris_off()
        await pair.gate(held=False)
        record = await pair.settle()
        assert (record["state"], record["transfer"]["state"]) == ("broken_off", "failed")
        await pair.ask("broken_off")
        (pair.copy / "file").write_bytes(b"writable")

    in_pair(tmp_path, claim)


def test_many_relationships_move_with_one_query_and_the_others_stay(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        await pair.lyon.volume("other_dr", {"type": "dp"})
        await pair.paris.volume("other")
        other = await pair.lyon.post(
            "/snapmirror/relationships", {"source.path": "svm1_paris:other", "destination.path": "svm1:other_dr"}
        )
        uuids = f"{pair.uuid}|{other['uuid']}"
        answer = await pair.lyon.http.patch(
            "/api/snapmirror/relationships",
            params={"uuid": uuids, "state": "snapmirrored", "continue_on_failure": "true"},
            json={"state": "paused"},
        )
        assert answer.json()["num_records"] == 1
        await trio.sleep(1)
        states = await pair.lyon.get("/snapmirror/relationships", fields="state")
        assert {each["uuid"]: each["state"] for each in states} == {pair.uuid: "paused", other["uuid"]: "uninitialized"}

    in_pair(tmp_path, claim)
