"""Destinations that are made with their relationship, and how many a source may have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, contents, in_pair

NEW = {"source.path": "svm1_paris:data", "destination.path": "svm1:made", "create_destination": {"enabled": True}}


@pytest.mark.parametrize(("policy", "state"), [("MirrorAllSnapshots", "snapmirrored"), ("Sync", "in_sync")])
def test_a_destination_is_made_and_initialized_by_one_request(tmp_path: Path, policy: str, state: str) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"one")
        created = await pair.lyon.post(RELATIONSHIPS, {**NEW, "policy": policy, "state": state})
        await trio.sleep(1)
        record = await pair.lyon.one(RELATIONSHIPS, uuid=created["uuid"], fields="state")
        assert record["state"] == state
        made = await pair.lyon.one("/storage/volumes", name="made", fields="type,size,state")
        assert (made["type"], made["size"], made["state"]) == ("dp", 1024**3, "online")
        assert contents(pair.copy.parent / "made") == {"file": b"one"}

    in_pair(tmp_path, claim)


def test_svms_become_peers_for_a_destination_that_is_made_where_the_source_permits_it(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.paris.svm("gold")
        await pair.paris.volume("ore", {"svm.name": "gold"})
        body = {**NEW, "source.path": "gold:ore", "source.cluster.name": "paris"}
        for changes, code in (({"source.cluster.name": "rome"}, "9895941"), ({}, "13303886")):
            assert (await pair.lyon.refusal("POST", RELATIONSHIPS, body | changes))[0] == code
            for asker in (pair.paris, pair.lyon):
                assert len(await asker.get("/svm/peers")) == 1, "nothing is left of what was not permitted"
        permission = {"svm.name": "gold", "cluster_peer.name": "lyon", "applications": ["snapmirror"]}
        await pair.paris.post("/svm/peer-permissions", permission)
        created = await pair.lyon.post(RELATIONSHIPS, {**body, "state": "snapmirrored"})
        await trio.sleep(1)
        record = await pair.lyon.one(RELATIONSHIPS, uuid=created["uuid"], fields="*")
        assert (record["state"], record["source"]["path"]) == ("snapmirrored", "gold:ore")
        assert record["source"]["cluster"]["name"] == "paris"
        peers = [await asker.get("/svm/peers", fields="state") for asker in (pair.paris, pair.lyon)]
        assert [[each["state"] for each in found] for found in peers] == [["peered", "peered"]] * 2
        assert (await pair.paris.one(RELATIONSHIPS, list_destinations_only="true", uuid=created["uuid"]))["healthy"]

    in_pair(tmp_path, claim)


def test_a_destination_is_made_only(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        body = {**NEW, "create_destination": {"tiering": {"supported": True}}}
        created = await pair.lyon.post(RELATIONSHIPS, body)
        assert created["state"] == "uninitialized"
        made = await pair.lyon.one("/storage/volumes", name="made", fields="tiering.policy")
        assert made["tiering"]["policy"] == "snapshot_only"

    in_pair(tmp_path, claim)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"create_destination": None, "state": "snapmirrored", "destination.path": "svm1:other_dr"}, "13303873"),
        ({"state": "in_sync"}, "13303874"),
        ({"state": "paused"}, "13303874"),
        ({"throttle": 5}, "13304082"),
        ({"backoff_level": "none"}, "13304132"),
        ({"create_destination": {"tiering": {"policy": "all"}}}, "13303870"),
        ({"create_destination": {"storage_service": {"name": "extreme"}}}, "13303871"),
        (
            {
                "create_destination": {
                    "snapshot_locking_enabled": True,
                    "tiering": {"supported": True, "policy": "all"},
                }
            },
            "6619599",
        ),
        ({"create_destination": {"size": "100TB"}}, "13303875"),
        ({"destination.path": "svm1:data_dr"}, "917526"),
        ({"destination.path": "svm9:made"}, "2621462"),
        ({"source.path": "svm1_paris:missing"}, "6619337"),
    ],
)
def test_a_destination_that_cannot_be_made_leaves_nothing(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.volume("other_dr", {"type": "dp"})
        assert (await pair.lyon.refusal("POST", RELATIONSHIPS, {**NEW, **changes}))[0] == code
        assert [each["uuid"] for each in await pair.lyon.get(RELATIONSHIPS)] == [pair.uuid]
        assert len(await pair.paris.get(RELATIONSHIPS, list_destinations_only="true")) == 1
        assert await pair.lyon.get("/storage/volumes", name="made") == []

    in_pair(tmp_path, claim)


@pytest.mark.slow
def test_a_source_has_sixteen_destinations_and_no_more(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"fanned out")
        for number in range(15):
            body = {**NEW, "destination.path": f"svm1:made{number}", "state": "snapmirrored"}
            await pair.lyon.post(RELATIONSHIPS, body)
        code, message = await pair.lyon.refusal("POST", RELATIONSHIPS, NEW)
        assert code == "13303925"
        assert "16" in message
        await trio.sleep(1)
        for number in range(15):
            assert contents(pair.copy.parent / f"made{number}") == {"file": b"fanned out"}
        assert len(await pair.paris.get(RELATIONSHIPS, list_destinations_only="true")) == 16

    in_pair(tmp_path, claim)
