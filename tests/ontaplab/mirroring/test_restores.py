"""Restore relationships: what a destination gives back."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship

from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, contents, in_pair
from tests.ontaplab.resources.oracle import complaints

RESTORE = {"source.path": "svm1_lyon:data_dr", "restore": "true"}


async def mirrored_with_history(pair: Pair) -> None:
    """The destination holds the snapshots `old` and `new`."""
    snapshots = f"/storage/volumes/{pair.source['uuid']}/snapshots"
    for name in ("old", "new"):
        (pair.live / "file").write_text(name)
        await pair.paris.post(snapshots, {"name": name})
        await trio.sleep(1)
    await pair.initialize()


async def restore(pair: Pair, volume: str, *, alias: bool = False, **body: str) -> str:
    """A restore into that volume of paris has been started. Returns the relationship's uuid."""
    created = await pair.paris.post(RELATIONSHIPS, {**RESTORE, "destination.path": f"svm1:{volume}"})
    assert created["restore"] is True
    path = "restore" if alias else "transfers"
    answer = await pair.paris.http.post(f"/api{RELATIONSHIPS}/{created['uuid']}/{path}", json=body)
    assert answer.status_code == 201, answer.text
    uuid: str = created["uuid"]
    return uuid


@pytest.mark.parametrize("alias", [False, True])
def test_an_incremental_restore_brings_back_the_snapshot_and_the_relationship_is_gone(
    tmp_path: Path, alias: bool
) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored_with_history(pair)
        (pair.live / "file").write_text("broken")
        (pair.live / "more").write_text("broken too")
        await restore(pair, "data", alias=alias, source_snapshot="old")
        await trio.sleep(1)
        assert contents(pair.live) == {"file": b"old"}
        assert await pair.paris.get(RELATIONSHIPS) == []
        assert await pair.lyon.get(RELATIONSHIPS, list_destinations_only="true") == []
        (pair.live / "file").write_text("writable")

    in_pair(tmp_path, claim)


def test_a_restore_moves_only_what_differs_from_the_newest_common_snapshot(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "large").write_bytes(bytes(1024**2))
        await mirrored_with_history(pair)
        snapshots = f"/storage/volumes/{pair.source['uuid']}/snapshots"
        old = await pair.paris.one(snapshots, name="old")
        await pair.paris.delete(f"{snapshots}/{old['uuid']}")
        await pair.gate(pair.paris, held=True)
        uuid = await restore(pair, "data", source_snapshot="old")
        await trio.sleep(1)
        record = await pair.paris.one(RELATIONSHIPS, uuid=uuid, fields="*")
        assert record["transfer"]["type"] == "restore"
        assert record["transfer"]["bytes_transferred"] == 1
        assert complaints(record, SnapmirrorRelationship) == []
        assert (await pair.paris.refusal("DELETE", f"{RELATIONSHIPS}/{uuid}"))[0] == "13303855"
        assert (await pair.paris.refusal("POST", f"{RELATIONSHIPS}/{uuid}/transfers"))[0] == "13303845"
        await pair.gate(pair.paris, held=False)
        await trio.sleep(1)
        assert (pair.live / "file").read_text() == "old"
        names = {each["name"] for each in await pair.paris.get(snapshots)}
        assert {"old", "new"} <= names

    in_pair(tmp_path, claim)


def test_a_baseline_restore_fills_an_empty_mirror_and_makes_it_writable(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored_with_history(pair)
        await pair.paris.volume("again", {"type": "dp"})
        await restore(pair, "again")
        await trio.sleep(1)
        again = pair.live.parent / "again"
        assert contents(again) == {"file": b"new"}
        assert (await pair.paris.one("/storage/volumes", name="again", fields="type"))["type"] == "rw"
        (again / "file").write_text("writable")
        assert await pair.paris.get(RELATIONSHIPS) == []

    in_pair(tmp_path, claim)


def test_a_writable_volume_without_a_common_snapshot_is_not_overwritten(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored_with_history(pair)
        await pair.paris.volume("other")
        uuid = await restore(pair, "other")
        await trio.sleep(1)
        record = await pair.paris.one(RELATIONSHIPS, uuid=uuid, fields="*")
        assert (record["healthy"], record["transfer"]["state"]) == (False, "failed")
        assert record["unhealthy_reason"][0]["code"] == "13303845"
        for flag in ("destination_only", "source_only", "source_info_only"):
            refused = await pair.paris.refusal("DELETE", f"{RELATIONSHIPS}/{uuid}", **{flag: "true"})
            assert refused[0] == ("13303854" if flag != "source_only" else "4")
        await pair.paris.delete(f"{RELATIONSHIPS}/{uuid}")
        assert await pair.paris.get(RELATIONSHIPS) == []
        held = await pair.lyon.get(f"/storage/volumes/{pair.destination['uuid']}/snapshots")
        assert len(held) == 3

    in_pair(tmp_path, claim)


def test_a_restore_that_is_aborted_can_be_started_again(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored_with_history(pair)
        await pair.paris.volume("again", {"type": "dp"})
        await pair.gate(pair.paris, held=True)
        uuid = await restore(pair, "again")
        await trio.sleep(1)
        transfer = (await pair.paris.one(RELATIONSHIPS, uuid=uuid, fields="transfer"))["transfer"]["uuid"]
        path = f"{RELATIONSHIPS}/{uuid}/transfers/{transfer}"
        await pair.paris.patch(path, {"state": "aborted"})
        assert (await pair.paris.refusal("PATCH", path, {"state": "aborted"}))[0] == "13303849"
        await pair.gate(pair.paris, held=False)
        answer = await pair.paris.http.post(f"/api{RELATIONSHIPS}/{uuid}/transfers")
        assert answer.status_code == 201
        await trio.sleep(1)
        assert contents(pair.live.parent / "again") == {"file": b"new"}

    in_pair(tmp_path, claim)


def test_an_idle_restore_relationship_is_read_only_and_can_be_deleted(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored_with_history(pair)
        created = await pair.paris.post(RELATIONSHIPS, {**RESTORE, "destination.path": "svm1:data"})
        path = f"{RELATIONSHIPS}/{created['uuid']}"
        for change in ({"state": "snapmirrored"}, {"throttle": 5}):
            assert (await pair.paris.refusal("PATCH", path, change))[0] == "13303851"
        await pair.paris.delete(path)
        assert contents(pair.live) == {"file": b"new"}

    in_pair(tmp_path, claim)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"policy": "Sync"}, "13303866"),
        ({"transfer_schedule": "daily"}, "13304082"),
        ({"throttle": 5}, "13304082"),
        ({"create_destination": {"enabled": True}, "destination.path": "svm1:new"}, "13303869"),
    ],
)
def test_a_restore_relationship_has_no_schedule_throttle_or_synchronous_policy(
    tmp_path: Path, changes: dict[str, object], code: str
) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored_with_history(pair)
        body = {**RESTORE, "destination.path": "svm1:data", **changes}
        assert (await pair.paris.refusal("POST", RELATIONSHIPS, body))[0] == code

    in_pair(tmp_path, claim)


def test_only_a_restore_relationship_restores(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        code, _ = await pair.lyon.refusal("POST", f"{pair.path}/restore", {"destination": {"path": "svm1:data"}})
        assert code == "13303845"
        assert (await pair.lyon.refusal("POST", f"{RELATIONSHIPS}/unknown/restore"))[0] == "4"

    in_pair(tmp_path, claim)
