"""Synchronous relationships: what is mirrored when, and every row of their table reached through the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship

from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, Stalling, contents, in_pair
from tests.ontaplab.resources.oracle import complaints

Prepare = Callable[[Pair], Awaitable[None]]
STRICT = {"policy": "StrictSync"}
SYNC = {"policy": "Sync"}
A_WHILE = 11
"""Seconds, more than plain files are looked at."""


async def write(pair: Pair, name: str, content: bytes) -> int:
    """A file is written to the source through the API. Returns the HTTP status."""
    answer = await pair.paris.http.post(
        f"/api/storage/volumes/{pair.source['uuid']}/files/{name}",
        params={"overwrite": "true"},
        files={"file": content},
    )
    return answer.status_code


async def uninitialized(pair: Pair) -> None:
    (pair.live / "file").write_bytes(b"one")


async def uninitialized_paused(pair: Pair) -> None:
    await uninitialized(pair)
    await pair.ask("paused")


async def initializing(pair: Pair) -> None:
    await uninitialized(pair)
    await pair.gate(held=True)
    await pair.ask("in_sync")


async def in_sync(pair: Pair) -> None:
    await uninitialized(pair)
    await pair.ask("in_sync")
    assert (await pair.settle())["state"] == "in_sync"


async def paused(pair: Pair) -> None:
    await in_sync(pair)
    await pair.ask("paused")


async def broken_off(pair: Pair) -> None:
    await paused(pair)
    await pair.ask("broken_off")


async def resynchronizing(pair: Pair) -> None:
    await broken_off(pair)
    (pair.live / "file").write_bytes(b"two, at the source")
    await pair.gate(held=True)
    await pair.ask("in_sync")


async def out_of_sync(pair: Pair) -> None:
    """The source is gone for the destination, and back; the next attempt to resynchronize is some seconds away."""
    await in_sync(pair)
    apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
    paris = apps[pair.paris.cluster.address]
    pair.cut_paris_off()
    await trio.sleep(A_WHILE)
    assert await pair.state() == "out_of_sync"
    apps[pair.paris.cluster.address] = paris


ALLOWED = [
    (uninitialized, "in_sync", "in_sync", "initialize"),
    (uninitialized, "paused", "paused", None),
    (uninitialized_paused, "in_sync", "uninitialized", None),
    (in_sync, "in_sync", "in_sync", None),
    (in_sync, "paused", "paused", None),
    (out_of_sync, "in_sync", "in_sync", "resync"),
    (out_of_sync, "paused", "paused", None),
    (out_of_sync, "broken_off", "broken_off", None),
    (paused, "in_sync", "in_sync", "resync"),
    (paused, "paused", "paused", None),
    (paused, "broken_off", "broken_off", None),
    (broken_off, "in_sync", "in_sync", "resync"),
    (broken_off, "broken_off", "broken_off", None),
]


@pytest.mark.parametrize(("prepare", "asked", "reached", "transfer"), ALLOWED)
def test_what_the_state_allows_leads_to_the_next_state(
    tmp_path: Path, prepare: Prepare, asked: str, reached: str, transfer: str | None
) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        before = (await pair.relationship()).get("last_transfer_type")
        await pair.ask(asked)
        record = await pair.settle()
        assert record["state"] == reached
        assert record.get("last_transfer_type") == (transfer or before)
        assert complaints(record, SnapmirrorRelationship) == []
        volume = await pair.lyon.one("/storage/volumes", name="data_dr", fields="type")
        assert volume["type"] == ("rw" if reached == "broken_off" else "dp")
        if reached == "in_sync":
            assert contents(pair.copy) == contents(pair.live)

    in_pair(tmp_path, claim, body=SYNC)


REFUSED = [
    (uninitialized, "broken_off", "13303808"),
    (uninitialized_paused, "broken_off", "13303808"),
    (initializing, "in_sync", "13303830"),
    (initializing, "paused", "13303830"),
    (initializing, "broken_off", "13303830"),
    (resynchronizing, "broken_off", "13303830"),
    (in_sync, "broken_off", "13303808"),
    (in_sync, "snapmirrored", "13303829"),
    (broken_off, "paused", "13303818"),
]


@pytest.mark.parametrize(("prepare", "asked", "code"), REFUSED)
def test_what_the_state_does_not_allow_is_refused(tmp_path: Path, prepare: Prepare, asked: str, code: str) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        before = await pair.state()
        assert (await pair.lyon.refusal("PATCH", pair.path, {"state": asked}))[0] == code
        assert await pair.state() == before

    in_pair(tmp_path, claim, body=SYNC)


REFUSED_TRANSFERS = [
    (initializing, "Another transfer is in progress"),
    (in_sync, "synchronous"),
    (out_of_sync, "synchronous"),
    (paused, "paused"),
    (broken_off, "broken off"),
]


@pytest.mark.parametrize(("prepare", "reason"), REFUSED_TRANSFERS)
def test_a_transfer_is_posted_for_the_first_time_only(tmp_path: Path, prepare: Prepare, reason: str) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        code, message = await pair.lyon.refusal("POST", f"{pair.path}/transfers")
        assert code == "13303844"
        assert reason in message

    in_pair(tmp_path, claim, body=SYNC)


def test_a_posted_transfer_initializes_and_takes_no_options(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        for option in ({"throttle": 5}, {"source_snapshot": "x"}):
            assert (await pair.lyon.refusal("POST", f"{pair.path}/transfers", option))[0] == "13304040"
        await pair.transfer()
        assert (await pair.settle())["state"] == "in_sync"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_relationship_that_synchronizes_can_be_neither_aborted_nor_deleted(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await initializing(pair)
        await trio.sleep(1)
        transfer = (await pair.relationship())["transfer"]["uuid"]
        path = f"{pair.path}/transfers/{transfer}"
        assert (await pair.lyon.refusal("PATCH", path, {"state": "aborted"}))[0] == "13303848"
        assert (await pair.lyon.refusal("DELETE", pair.path))[0] == "6619715"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_first_synchronization_that_fails_leaves_it_uninitialized_a_later_one_out_of_sync_for_minutes(
    tmp_path: Path,
) -> None:
    async def claim(pair: Pair) -> None:
        apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
        paris = apps[pair.paris.cluster.address]
        for prepare, state in ((initializing, "uninitialized"), (resynchronizing, "out_of_sync")):
            await prepare(pair)
            await trio.sleep(1)
            pair.cut_paris_off()
            await pair.gate(held=False)
            record = await pair.settle()
            assert (record["state"], record["healthy"], record["transfer"]["state"]) == (state, False, "failed")
            apps[pair.paris.cluster.address] = paris
        await trio.sleep(4 * 60)
        assert await pair.state() == "out_of_sync"
        await trio.sleep(2 * 60)
        assert await pair.state() == "in_sync"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_forced_break_interrupts_the_synchronization(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await resynchronizing(pair)
        await pair.lyon.patch(pair.path, {"state": "broken_off"}, force="true")
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"]) == ("broken_off", "aborted")
        (pair.copy / "file").write_bytes(b"writable")

    in_pair(tmp_path, claim, body=SYNC)


@pytest.mark.parametrize("prepare", [uninitialized, in_sync, out_of_sync, paused, broken_off])
def test_an_idle_relationship_can_be_deleted(tmp_path: Path, prepare: Prepare) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        await pair.lyon.delete(pair.path)
        await trio.sleep(2 * A_WHILE)
        assert await pair.lyon.get(RELATIONSHIPS) == []
        assert await pair.paris.get(RELATIONSHIPS, list_destinations_only="true") == []

    in_pair(tmp_path, claim, body=SYNC)


@pytest.mark.parametrize("policy", [SYNC, STRICT])
def test_what_is_written_through_the_api_is_at_the_destination_when_it_is_answered(
    tmp_path: Path, policy: dict[str, str]
) -> None:
    async def claim(pair: Pair) -> None:
        await in_sync(pair)
        before = pair.lyon.cluster.clock.now()
        for content in (b"first", b"second"):
            assert await write(pair, "written", content) == 201
            assert (pair.copy / "written").read_bytes() == content
        await pair.paris.http.delete(f"/api/storage/volumes/{pair.source['uuid']}/files/written")
        assert not (pair.copy / "written").exists()
        assert pair.lyon.cluster.clock.now() == before
        record = await pair.relationship()
        assert (record["state"], record["policy"]["type"], record["lag_time"]) == ("in_sync", "sync", "PT0S")
        assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 1

    in_pair(tmp_path, claim, body=policy)


def test_plain_files_are_at_the_destination_within_seconds_and_nothing_is_made_while_nothing_changes(
    tmp_path: Path,
) -> None:
    async def claim(pair: Pair) -> None:
        await in_sync(pair)
        exported = (await pair.relationship())["exported_snapshot"]
        await trio.sleep(3 * A_WHILE)
        assert (await pair.relationship())["exported_snapshot"] == exported
        (pair.live / "plain").write_bytes(b"plain")
        await trio.sleep(A_WHILE)
        assert contents(pair.copy) == contents(pair.live)
        snapshots = await pair.paris.get(f"/storage/volumes/{pair.source['uuid']}/snapshots")
        assert [each["name"] for each in snapshots] == [(await pair.relationship())["exported_snapshot"]]

    in_pair(tmp_path, claim, body=SYNC)


def test_a_pair_in_sync_has_a_new_common_snapshot_whenever_its_policys_schedule_fires(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        policy = {"name": "often", "type": "sync", "sync_common_snapshot_schedule.name": "hourly"}
        await pair.lyon.post("/snapmirror/policies", policy)
        await pair.lyon.patch(pair.path, {"policy": "often"})
        await in_sync(pair)
        exported = [(await pair.relationship())["exported_snapshot"]]
        for _ in range(2):
            await trio.sleep(3600)
            exported.append((await pair.relationship())["exported_snapshot"])
        assert len(set(exported)) == 3, "though nothing was written"
        held = await pair.paris.get(f"/storage/volumes/{pair.source['uuid']}/snapshots", name="snapmirror*")
        assert [each["name"] for each in held] == exported[-1:]
        assert contents(pair.copy) == {"file": b"one"}
        await pair.ask("paused")
        await trio.sleep(3600)
        assert (await pair.relationship())["exported_snapshot"] == exported[-1]

    in_pair(tmp_path, claim, body=SYNC)


def test_what_is_written_while_it_synchronizes_is_there_when_it_is_in_sync(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await initializing(pair)
        await trio.sleep(1)
        assert await write(pair, "meanwhile", b"meanwhile") == 201
        await pair.gate(held=False)
        assert (await pair.settle())["state"] == "in_sync"
        assert (pair.copy / "meanwhile").read_bytes() == b"meanwhile"

    in_pair(tmp_path, claim, body=SYNC)


def cut_lyon_off(pair: Pair) -> Callable[[], None]:
    """Paris cannot reach lyon any more. Returns what mends that."""
    apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
    lyon = apps.pop(pair.lyon.cluster.address)

    def mend() -> None:
        apps[pair.lyon.cluster.address] = lyon

    return mend


def test_a_source_goes_on_without_its_destination_and_they_find_each_other_again(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await in_sync(pair)
        mend = cut_lyon_off(pair)
        assert await write(pair, "alone", b"alone") == 201
        listed = await pair.paris.one(RELATIONSHIPS, list_destinations_only="true", fields="state,policy")
        assert (listed["state"], listed["policy"]["type"]) == ("out_of_sync", "sync")
        mend()
        await trio.sleep(A_WHILE)
        assert (pair.copy / "alone").read_bytes() == b"alone"
        listed = await pair.paris.one(RELATIONSHIPS, list_destinations_only="true", fields="state")
        assert listed["state"] == "in_sync"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_strict_source_refuses_writes_while_out_of_sync_and_takes_them_again_when_in_sync(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await in_sync(pair)
        apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
        both = dict(apps)
        apps.clear()
        assert await write(pair, "first", b"first") == 500
        assert await write(pair, "second", b"second") == 500
        assert not (pair.live / "second").exists()
        await trio.sleep(A_WHILE)
        record = await pair.relationship()
        assert (record["state"], record["healthy"]) == ("out_of_sync", False)
        assert "paris" in record["unhealthy_reason"][0]["message"]
        apps.update(both)
        await trio.sleep(2 * A_WHILE)
        record = await pair.relationship()
        assert (record["state"], record["healthy"], record["last_transfer_type"]) == ("in_sync", True, "resync")
        assert await write(pair, "second", b"second") == 201
        assert contents(pair.copy) == contents(pair.live)

    in_pair(tmp_path, claim, body=STRICT)


def test_a_strict_source_takes_writes_once_its_destination_is_paused(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await in_sync(pair)
        mend = cut_lyon_off(pair)
        assert await write(pair, "refused", b"refused") == 500
        mend()
        await pair.ask("paused")
        await trio.sleep(1)
        assert await write(pair, "taken", b"taken") == 201
        assert not (pair.copy / "taken").exists()

    in_pair(tmp_path, claim, body=STRICT)


def test_a_synchronous_pair_inside_one_cluster_is_in_sync_too(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.paris.volume("near", {"type": "dp"})
        near = await pair.paris.post(
            RELATIONSHIPS, {"source.path": "svm1:data", "destination.path": "svm1:near", "policy": "StrictSync"}
        )
        await pair.paris.patch(f"{RELATIONSHIPS}/{near['uuid']}", {"state": "in_sync"})
        await trio.sleep(1)
        assert await write(pair, "written", b"written") == 201
        assert contents(pair.live.parent / "near") == {"written": b"written"}

    in_pair(tmp_path, claim)


def test_a_policy_of_another_type_has_to_wait_for_a_new_relationship(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        for policy in ("MirrorAllSnapshots", "StrictSync"):
            assert (await pair.lyon.refusal("PATCH", pair.path, {"policy": policy}))[0] == "13303865"
        assert (await pair.lyon.refusal("PATCH", pair.path, {"transfer_schedule": "daily"}))[0] == "6621782"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_forced_break_interrupts_a_resync_that_began_while_it_waited(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await out_of_sync(pair)
        (pair.live / "file").write_bytes(b"more")
        source = Stalling(pair)
        await trio.sleep(2 * A_WHILE)  # by itself it tries to resynchronize, and waits for the source
        await pair.gate(held=True)
        await pair.lyon.http.patch(f"/api{pair.path}", json={"state": "broken_off"}, params={"force": "true"})
        await trio.sleep(1)
        source.answers.set()
        await trio.sleep(1)
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"]) == ("broken_off", "aborted")

    in_pair(tmp_path, claim, body=SYNC)
