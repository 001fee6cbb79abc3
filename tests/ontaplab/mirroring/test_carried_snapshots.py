"""Which snapshots a transfer carries, which it drops, and which it needs."""

from __future__ import annotations

from pathlib import Path

import trio
import trio.testing

from tests.ontaplab.mirroring.pairs import Pair, contents, in_pair


def test_the_snapshots_that_the_policy_names_are_carried_oldest_first_and_kept_by_count(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        snapshots = f"/storage/volumes/{pair.source['uuid']}/snapshots"
        for number in range(9):
            (pair.live / "number").write_text(str(number))
            await pair.paris.post(snapshots, {"name": f"d{number}", "snapmirror_label": "daily"})
            await pair.paris.post(snapshots, {"name": f"x{number}"})
            await trio.sleep(1)
        record = await pair.initialize()
        held = await pair.lyon.get(f"/storage/volumes/{pair.destination['uuid']}/snapshots", order_by="create_time")
        assert [each["name"] for each in held] == [f"d{number}" for number in range(2, 9)] + [
            record["exported_snapshot"]
        ]
        assert (pair.copy / ".snapshot" / "d4" / "number").read_text() == "4"

    in_pair(tmp_path, claim, body={"policy": "MirrorAndVault"})


def test_a_mirror_of_all_snapshots_drops_what_the_source_has_dropped(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        source, destination = (
            f"/storage/volumes/{volume['uuid']}/snapshots" for volume in (pair.source, pair.destination)
        )
        kept = await pair.paris.post(source, {"name": "kept"})
        gone = await pair.paris.post(source, {"name": "gone"})
        await pair.initialize()
        assert {each["name"] for each in await pair.lyon.get(destination)} > {"kept", "gone"}
        await pair.paris.delete(f"{source}/{gone['uuid']}")
        record = await pair.update()
        held = await pair.lyon.get(destination, fields="name,version_uuid,owners")
        assert {each["name"] for each in held} == {"kept", record["exported_snapshot"]}
        version = await pair.paris.one(source, uuid=kept["uuid"], fields="version_uuid")
        assert version["version_uuid"] in {each["version_uuid"] for each in held}
        assert [each["name"] for each in held if each.get("owners")] == [record["exported_snapshot"]]

    in_pair(tmp_path, claim)


def test_one_snapshot_can_be_asked_for(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"then")
        await pair.paris.post(f"/storage/volumes/{pair.source['uuid']}/snapshots", {"name": "then"})
        (pair.live / "file").write_bytes(b"now")
        await pair.transfer(source_snapshot="then")
        record = await pair.settle()
        assert record["exported_snapshot"] == "then"
        assert contents(pair.copy) == {"file": b"then"}

    in_pair(tmp_path, claim)


def test_a_snapshot_older_than_the_exported_one_can_be_asked_for_too(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"then")
        await pair.paris.post(f"/storage/volumes/{pair.source['uuid']}/snapshots", {"name": "then"})
        await trio.sleep(1)
        (pair.live / "file").write_bytes(b"now")
        await pair.initialize()
        assert contents(pair.copy) == {"file": b"now"}
        await pair.transfer(source_snapshot="then")
        record = await pair.settle()
        assert (record["exported_snapshot"], record["healthy"]) == ("then", True)
        assert contents(pair.copy) == {"file": b"then"}

    in_pair(tmp_path, claim, body={"policy": "MirrorLatest"})


def test_the_base_of_the_next_transfer_cannot_be_deleted_at_the_source(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        snapshots = f"/storage/volumes/{pair.source['uuid']}/snapshots"
        base = await pair.paris.one(snapshots)
        code, _ = await pair.paris.refusal("DELETE", f"{snapshots}/{base['uuid']}")
        assert code == "1638543"

    in_pair(tmp_path, claim)
