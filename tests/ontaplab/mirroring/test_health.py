"""What makes a relationship unhealthy, what it says then, and how it gets well again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from tests.ontaplab.mirroring.asynchronous import snapmirrored
from tests.ontaplab.mirroring.pairs import Pair, contents, in_pair

Break = Callable[[Pair], Awaitable[None]]


async def source_offline(pair: Pair) -> None:
    await pair.paris.patch(f"/storage/volumes/{pair.source['uuid']}", {"state": "offline"})


async def source_online(pair: Pair) -> None:
    await pair.paris.patch(f"/storage/volumes/{pair.source['uuid']}", {"state": "online"})


async def destination_offline(pair: Pair) -> None:
    await pair.lyon.patch(f"/storage/volumes/{pair.destination['uuid']}", {"state": "offline"})


async def destination_online(pair: Pair) -> None:
    await pair.lyon.patch(f"/storage/volumes/{pair.destination['uuid']}", {"state": "online"})


async def destination_too_small(pair: Pair) -> None:
    await pair.lyon.patch(f"/storage/volumes/{pair.destination['uuid']}", {"autosize": {"mode": "off"}})
    await pair.paris.patch(f"/storage/volumes/{pair.source['uuid']}", {"size": "2GB"})


async def destination_may_grow(pair: Pair) -> None:
    await pair.lyon.patch(f"/storage/volumes/{pair.destination['uuid']}", {"autosize": {"mode": "grow"}})


async def aggregate_full(pair: Pair) -> None:
    await pair.paris.patch(f"/storage/volumes/{pair.source['uuid']}", {"size": "2GB"})
    await pair.lyon.volume("filler", {"size": str(10 * 1024**4 - 1024**3)})


async def aggregate_has_room(pair: Pair) -> None:
    await pair.lyon.delete("/storage/volumes", name="filler")


async def svm_peer_suspended(pair: Pair) -> None:
    peer = await pair.lyon.one("/svm/peers")
    await pair.lyon.patch(f"/svm/peers/{peer['uuid']}", {"state": "suspended"})


async def svm_peer_resumed(pair: Pair) -> None:
    peer = await pair.lyon.one("/svm/peers")
    await pair.lyon.patch(f"/svm/peers/{peer['uuid']}", {"state": "peered"})


async def common_snapshot_lost(pair: Pair) -> None:
    for snapshot in pair.paris.cluster.snapshots:
        pair.paris.cluster.snapshots.remove(snapshot.uuid)


async def resynchronized(pair: Pair) -> None:
    """Nothing mends that but a new start."""
    await pair.lyon.delete(pair.path)
    destination = await pair.lyon.one("/storage/volumes", name="data_dr")
    await pair.lyon.delete(f"/storage/volumes/{destination['uuid']}")
    pair.destination = await pair.lyon.volume("data_dr", {"type": "dp"})
    body = {"source.path": "svm1_paris:data", "destination.path": "svm1:data_dr", "policy": "MirrorAllSnapshots"}
    pair.uuid = (await pair.lyon.post("/snapmirror/relationships", body))["uuid"]


TROUBLE = [
    (source_offline, source_online, "6619337", "not online"),
    (destination_offline, destination_online, "917536", "online volume"),
    (destination_too_small, destination_may_grow, "917536", "smaller than its source"),
    (aggregate_full, aggregate_has_room, "917536", "not enough space"),
    (svm_peer_suspended, svm_peer_resumed, "13303886", "no SVM peer"),
    (common_snapshot_lost, resynchronized, "13303844", "No common snapshot"),
]


@pytest.mark.parametrize(("happen", "mend", "code", "words"), TROUBLE)
def test_an_update_that_cannot_be_made_leaves_the_former_state_and_says_why_until_one_succeeds(
    tmp_path: Path, happen: Break, mend: Break, code: str, words: str
) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        before = await pair.relationship()
        (pair.live / "file").write_bytes(b"two")
        await happen(pair)
        await trio.sleep(60)
        record = await pair.update()
        assert (record["state"], record["healthy"], record["transfer"]["state"]) == ("snapmirrored", False, "failed")
        (reason,) = record["unhealthy_reason"]
        assert reason["code"] == code
        assert words in reason["message"]
        assert record["exported_snapshot"] == before["exported_snapshot"]
        assert record["lag_time"].startswith("PT1M")
        await mend(pair)
        record = await pair.update()
        assert (record["state"], record["healthy"], record["transfer"]["state"]) == ("snapmirrored", True, "success")
        assert "unhealthy_reason" not in record
        assert contents(pair.copy) == {"file": b"two"}

    in_pair(tmp_path, claim)


def test_a_first_transfer_that_fails_leaves_the_relationship_uninitialized_and_unhealthy(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await source_offline(pair)
        record = await pair.initialize()
        assert (record["state"], record["healthy"], record["transfer"]["state"]) == ("uninitialized", False, "failed")
        assert "lag_time" not in record

    in_pair(tmp_path, claim)


def test_a_source_that_was_renamed_is_followed(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        await pair.paris.patch(f"/storage/volumes/{pair.source['uuid']}", {"name": "renamed"})
        record = await pair.update()
        assert (record["healthy"], record["source"]["path"]) == (True, "svm1_paris:renamed")
        await pair.ask("broken_off")
        await pair.ask("snapmirrored")
        assert (await pair.settle())["healthy"] is True

    in_pair(tmp_path, claim)


def test_a_source_that_was_deleted_after_its_release_is_told_of(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        await pair.paris.delete(pair.path, source_only="true")
        await pair.paris.delete(f"/storage/volumes/{pair.source['uuid']}")
        assert (await pair.update())["healthy"] is False
        await pair.ask("broken_off")
        code, _ = await pair.lyon.refusal("PATCH", pair.path, {"state": "snapmirrored"})
        assert code == "6619337"
        (pair.copy / "file").write_bytes(b"still writable")

    in_pair(tmp_path, claim)


def test_a_cluster_peer_that_is_gone_is_told_of(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        lyon = pair.lyon.cluster
        for peer in lyon.cluster_peers:
            lyon.cluster_peers.remove(peer.uuid)
        record = await pair.update()
        assert record["unhealthy_reason"][0]["code"] == "13303892"
        assert "not a peer any more" in record["unhealthy_reason"][0]["message"]

    in_pair(tmp_path, claim)
