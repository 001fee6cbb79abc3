"""Reversals, fan-out, cascades, and volumes made for a relationship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, contents, in_pair

SWAPPED = {"source.path": "svm1:data_dr", "destination.path": "svm1_paris:data", "state": "snapmirrored"}
NEW = {"source.path": "svm1_paris:data", "destination.path": "svm1:made", "create_destination": {"enabled": True}}


async def reversed_record(pair: Pair) -> dict[str, Any]:
    """The relationship at its new destination, once its transfer has ended."""
    await trio.sleep(1)
    return await pair.paris.one(RELATIONSHIPS, fields="*")


@pytest.mark.parametrize(("policy", "state"), [("MirrorAllSnapshots", "snapmirrored"), ("StrictSync", "in_sync")])
def test_a_relationship_is_turned_round_and_back_by_naming_its_ends_the_other_way(
    tmp_path: Path, policy: str, state: str
) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"one")
        await pair.ask(state)
        await pair.settle()
        await pair.lyon.patch(pair.path, {**SWAPPED, "state": state})
        record = await reversed_record(pair)
        assert (record["source"]["path"], record["destination"]["path"]) == ("svm1_lyon:data_dr", "svm1:data")
        assert (record["state"], record["last_transfer_type"]) == (state, "resync")
        assert await pair.lyon.get(RELATIONSHIPS) == []
        (pair.copy / "file").write_bytes(b"two, on the other side")
        if state == "snapmirrored":
            await pair.paris.http.post(f"/api{RELATIONSHIPS}/{record['uuid']}/transfers")
        await trio.sleep(11)
        assert contents(pair.live) == {"file": b"two, on the other side"}
        back = {"source.path": "svm1:data", "destination.path": "svm1_lyon:data_dr", "state": state}
        await pair.paris.patch(f"{RELATIONSHIPS}/{record['uuid']}", back)
        await trio.sleep(1)
        assert (await pair.relationship())["state"] == state
        (pair.live / "file").write_bytes(b"writable")

    in_pair(tmp_path, claim, body={"policy": policy})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source.path": "svm1:other"}, "13304120"),
        ({"destination.path": None}, "13304120"),
        ({"throttle": 5}, "13304082"),
        ({"transfer_schedule": "daily"}, "13304082"),
        ({"state": "paused"}, "13303818"),
        ({"state": None}, "13303818"),
    ],
)
def test_what_does_not_name_the_same_ends_is_no_reversal(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        before = await pair.relationship()
        assert (await pair.lyon.refusal("PATCH", pair.path, {**SWAPPED, **changes}))[0] == code
        assert await pair.relationship() == before

    in_pair(tmp_path, claim)


def test_only_an_idle_mirror_is_turned_round(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13303818"
        await pair.initialize()
        (pair.live / "file").write_bytes(b"new")
        await pair.gate(held=True)
        await pair.transfer()
        assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13303810"
        await pair.gate(held=False)
        await pair.settle()
        for state in ("paused", "broken_off"):
            await pair.ask(state)
            assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13303818"

    in_pair(tmp_path, claim)


def test_a_vault_and_a_pair_inside_one_cluster_are_not_turned_round(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.patch(pair.path, {"policy": "XDPDefault"})
        assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13304086"
        await pair.lyon.volume("near")
        await pair.lyon.volume("near_dr", {"type": "dp"})
        near = await pair.lyon.post(RELATIONSHIPS, {"source.path": "svm1:near", "destination.path": "svm1:near_dr"})
        body = {"source.path": "svm1:near_dr", "destination.path": "svm1:near", "state": "snapmirrored"}
        assert (await pair.lyon.refusal("PATCH", f"{RELATIONSHIPS}/{near['uuid']}", body))[0] == "13304003"

    in_pair(tmp_path, claim)


def test_a_reversal_that_the_other_cluster_refuses_or_does_not_hear_changes_nothing(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.post("/snapmirror/policies", {"name": "mine", "copy_all_source_snapshots": True})
        await pair.initialize()
        await pair.lyon.patch(pair.path, {"policy": "mine"})
        assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13303996"
        pair.cut_paris_off()
        await pair.lyon.refusal("PATCH", pair.path, SWAPPED)
        assert await pair.state() == "snapmirrored"
        assert (await pair.lyon.one("/storage/volumes", name="data_dr", fields="type"))["type"] == "dp"

    in_pair(tmp_path, claim)


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
        ({"destination.path": "svm1:data_dr"}, "1"),
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


@pytest.mark.parametrize("policy", ["MirrorAllSnapshots", "MirrorAndVault", "MirrorLatest"])
def test_a_mirror_is_mirrored_on_and_each_stage_holds_what_the_former_shows(tmp_path: Path, policy: str) -> None:
    async def claim(pair: Pair) -> None:
        await pair.paris.volume("third", {"type": "dp"})
        body = {"source.path": "svm1_lyon:data_dr", "destination.path": "svm1:third", "policy": policy}
        assert (await pair.paris.refusal("POST", RELATIONSHIPS, body))[0] == "6619337"
        (pair.live / "file").write_bytes(b"0")
        await pair.initialize()
        path = f"{RELATIONSHIPS}/{(await pair.paris.post(RELATIONSHIPS, body))['uuid']}"
        await pair.paris.patch(path, {"state": "snapmirrored"})
        await trio.sleep(1)
        third = pair.live.parent / "third"
        for number in (b"1", b"2", b"3"):
            (pair.live / "file").write_bytes(number)
            former = contents(third)
            await pair.update()
            assert contents(third) == former
            answer = await pair.paris.http.post(f"/api{path}/transfers")
            assert answer.status_code == 201
            await trio.sleep(1)
            record = await pair.paris.one(RELATIONSHIPS, fields="*")
            assert (record["healthy"], record["transfer"]["state"]) == (True, "success")
            assert contents(third) == {"file": number}
        for asker, name in ((pair.lyon, "data_dr"), (pair.paris, "third")):
            volume = await asker.one("/storage/volumes", name=name)
            assert len(await asker.get(f"/storage/volumes/{volume['uuid']}/snapshots")) <= 2

    in_pair(tmp_path, claim, body={"policy": policy})


@pytest.mark.parametrize("policy", ["MirrorAllSnapshots", "MirrorAndVault"])
def test_a_second_relationship_brings_home_what_was_written_and_the_first_one_goes_on(
    tmp_path: Path, policy: str
) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "large").write_bytes(bytes(range(256)) * 4096)
        await pair.initialize()
        await pair.ask("broken_off")
        (pair.copy / "file").write_bytes(b"written at the recovery site")
        body = {"source.path": "svm1_lyon:data_dr", "destination.path": "svm1:data", "policy": policy}
        path = f"{RELATIONSHIPS}/{(await pair.paris.post(RELATIONSHIPS, body))['uuid']}"
        await pair.paris.patch(path, {"state": "snapmirrored"})
        record = await reversed_record(pair)
        assert (record["state"], record["healthy"]) == ("snapmirrored", True)
        assert contents(pair.live) == contents(pair.copy)
        assert (await pair.lyon.refusal("PATCH", pair.path, {"state": "snapmirrored"}))[0] == "6619337"
        for state in ("paused", "broken_off"):
            await pair.paris.patch(path, {"state": state})
        await pair.paris.delete(path, destination_only="true")
        await pair.lyon.delete(path, source_only="true")
        (pair.live / "later").write_bytes(b"at home again")
        await pair.ask("snapmirrored")
        record = await pair.settle()
        assert (record["state"], record["last_transfer_type"]) == ("snapmirrored", "resync")
        assert contents(pair.copy) == contents(pair.live)
        assert set(contents(pair.live)) == {"large", "file", "later"}

    in_pair(tmp_path, claim, body={"policy": policy})
