"""Synchronous relationships: what is mirrored when, and what becomes of writes while it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, contents, in_pair
from tests.ontaplab.mirroring.synchronous import (
    A_WHILE,
    STRICT,
    SYNC,
    in_sync,
    initializing,
    write,
)


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
