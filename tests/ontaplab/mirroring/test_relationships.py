"""Relationships created, listed at either end, turned round, released and removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship
from netapp_ontap.resources.snapmirror_transfer import SnapmirrorTransfer

from ontaplab.network import Question
from tests.ontaplab.mirroring.asynchronous import snapmirrored
from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, contents, in_pair
from tests.ontaplab.resources.oracle import complaints

GOOD = {"source.path": "svm1_paris:data", "destination.path": "svm1:other_dr"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"destination.path": "svm1:data_dr"}, "6619637"),
        ({"source.path": "svm1_paris:missing"}, "6619337"),
        ({"source.path": "svm1_paris:mirror"}, "6619337"),
        ({"source.path": "svm9:data"}, "13303886"),
        ({"source.path": "data"}, "13303852"),
        ({"source.path": "svm1_paris:"}, "13303841"),
        ({"source.path": "svm1:other_dr"}, "6619441"),
        ({"destination.path": "svm9:other_dr"}, "2621462"),
        ({"destination.path": "svm1:missing"}, "4"),
        ({"destination.path": "svm1:writable"}, "6619546"),
        ({"policy": "missing"}, "13303821"),
        ({"policy": "AutomatedFailOver"}, "13303866"),
        ({"policy": "Sync", "transfer_schedule": "daily"}, "6621782"),
        ({"transfer_schedule.name": "missing"}, "6619699"),
        ({"create_destination.enabled": True}, "917526"),
        ({"identity_preservation": "full"}, "13304093"),
    ],
)
def test_what_cannot_be_mirrored_is_refused_and_leaves_nothing(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.volume("other_dr", {"type": "dp"})
        await pair.lyon.volume("writable")
        await pair.paris.volume("mirror", {"type": "dp"})
        refused, _ = await pair.lyon.refusal("POST", RELATIONSHIPS, {**GOOD, **changes})
        assert refused == code
        assert [each["uuid"] for each in await pair.lyon.get(RELATIONSHIPS)] == [pair.uuid]
        listed = await pair.paris.get(RELATIONSHIPS, list_destinations_only="true")
        assert [each["uuid"] for each in listed] == [pair.uuid]

    in_pair(tmp_path, claim)


def test_a_source_that_does_not_answer_fails_the_creation(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.volume("other_dr", {"type": "dp"})
        pair.cut_paris_off()
        code, message = await pair.lyon.refusal("POST", RELATIONSHIPS, GOOD)
        assert code == "13303892"
        assert "paris" in message
        assert len(await pair.lyon.get(RELATIONSHIPS)) == 1

    in_pair(tmp_path, claim)


def test_each_end_lists_the_relationship_with_its_own_names_and_the_others_cluster(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        here = await pair.relationship()
        there = await pair.paris.one(RELATIONSHIPS, list_destinations_only="true", fields="*")
        assert await pair.paris.get(RELATIONSHIPS) == []
        assert await pair.lyon.get(RELATIONSHIPS, list_destinations_only="true") == []
        assert here["uuid"] == there["uuid"]
        assert (here["source"]["path"], here["destination"]["path"]) == ("svm1_paris:data", "svm1:data_dr")
        assert (there["source"]["path"], there["destination"]["path"]) == ("svm1:data", "svm1_lyon:data_dr")
        assert (here["source"]["cluster"]["name"], "cluster" in here["destination"]) == ("paris", False)
        assert (there["destination"]["cluster"]["name"], "cluster" in there["source"]) == ("lyon", False)
        assert (there["healthy"], there["state"]) == (True, "snapmirrored")

    in_pair(tmp_path, claim)


def test_a_tunnelled_request_sees_the_relationships_of_its_svm(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.svm("svm2")
        found = {}
        for svm in ("svm1", "svm2"):
            answer = await pair.lyon.http.get(f"/api{RELATIONSHIPS}", headers={"X-Dot-SVM-Name": svm})
            found[svm] = answer.json()["num_records"]
        assert found == {"svm1": 1, "svm2": 0}

    in_pair(tmp_path, claim)


def test_every_record_passes_netapps_schema(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.patch(pair.path, {"transfer_schedule.name": "daily"})
        records = [await pair.relationship()]
        await pair.ask("snapmirrored")
        await pair.settle()
        (pair.live / "more").write_bytes(b"more")
        await pair.gate(held=True)
        await pair.transfer()
        await trio.sleep(1)
        records.append(await pair.relationship())
        pair.cut_paris_off()
        await pair.gate(held=False)
        records.append(await pair.settle())
        records += await pair.paris.get(RELATIONSHIPS, list_destinations_only="true", fields="**")
        assert {"unhealthy_reason", "lag_time", "transfer"} <= records[2].keys()
        assert [complaints(record, SnapmirrorRelationship) for record in records] == [[]] * 4
        transfers = await pair.lyon.get(f"{pair.path}/transfers", fields="**")
        assert [complaints(transfer, SnapmirrorTransfer) for transfer in transfers] == [[], []]

    in_pair(tmp_path, claim)


def test_deleting_at_the_destination_releases_the_source_and_drops_what_was_made(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        await pair.ask("broken_off")
        await pair.lyon.delete(pair.path)
        assert await pair.lyon.get(RELATIONSHIPS) == []
        assert await pair.paris.get(RELATIONSHIPS, list_destinations_only="true") == []
        for asker, volume in ((pair.paris, pair.source), (pair.lyon, pair.destination)):
            assert await asker.get(f"/storage/volumes/{volume['uuid']}/snapshots") == []
        assert contents(pair.copy) == contents(pair.live)
        assert (await pair.lyon.one("/storage/volumes", name="data_dr", fields="type"))["type"] == "rw"

    in_pair(tmp_path, claim)


def test_deleting_fails_whole_where_the_source_cannot_be_released(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        pair.cut_paris_off()
        code, _ = await pair.lyon.refusal("DELETE", pair.path)
        assert code == "13303815"
        assert await pair.state() == "snapmirrored"
        await pair.lyon.delete(pair.path, destination_only="true")
        assert await pair.lyon.get(RELATIONSHIPS) == []

    in_pair(tmp_path, claim)


@pytest.mark.parametrize(("flag", "snapshots"), [("source_only", 0), ("source_info_only", 1)])
def test_a_source_is_released_with_its_snapshots_or_without(tmp_path: Path, flag: str, snapshots: int) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        await pair.lyon.delete(pair.path, destination_only="true")
        await pair.paris.delete(pair.path, **{flag: "true"})
        assert await pair.paris.get(RELATIONSHIPS, list_destinations_only="true") == []
        left = await pair.paris.get(f"/storage/volumes/{pair.source['uuid']}/snapshots", fields="owners")
        assert len(left) == snapshots
        assert not any(each.get("owners") for each in left)

    in_pair(tmp_path, claim)


def test_the_flags_of_a_deletion_exclude_each_other(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        code, _ = await pair.paris.refusal("DELETE", pair.path, source_info_only="true", source_only="true")
        assert code == "13304082"

    in_pair(tmp_path, claim)


def test_a_relationship_cannot_be_deleted_during_a_transfer_nor_its_ends_at_all(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.gate(held=True)
        await pair.ask("snapmirrored")
        assert (await pair.lyon.refusal("DELETE", pair.path))[0] == "6619715"
        for asker, volume in ((pair.paris, pair.source), (pair.lyon, pair.destination)):
            assert (await asker.refusal("DELETE", f"/storage/volumes/{volume['uuid']}"))[0] == "917536"

    in_pair(tmp_path, claim)


def test_a_pair_is_turned_round_from_the_common_snapshot_and_back_again(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "large").write_bytes(bytes(range(256)) * 4096)
        await pair.initialize()
        await pair.ask("broken_off")
        (pair.copy / "file").write_bytes(b"written at the recovery site")
        (pair.live / "lost").write_bytes(b"never transferred")
        await pair.lyon.delete(pair.path, destination_only="true")
        await pair.paris.delete(pair.path, source_info_only="true")
        reverse = await pair.paris.post(
            RELATIONSHIPS, {"source.path": "svm1_lyon:data_dr", "destination.path": "svm1:data"}
        )
        path = f"{RELATIONSHIPS}/{reverse['uuid']}"
        assert (await pair.paris.one(RELATIONSHIPS, fields="state"))["state"] == "broken_off"
        await pair.paris.patch(path, {"state": "snapmirrored"})
        await trio.sleep(1)
        record = await pair.paris.one(RELATIONSHIPS, fields="*")
        assert (record["state"], record["last_transfer_type"]) == ("snapmirrored", "resync")
        assert record["transfer"]["bytes_transferred"] == len(b"written at the recovery site")
        assert contents(pair.live) == contents(pair.copy)
        assert "lost" not in contents(pair.live)
        types = [
            (await asker.one("/storage/volumes", name=name, fields="type"))["type"]
            for asker, name in ((pair.paris, "data"), (pair.lyon, "data_dr"))
        ]
        assert types == ["dp", "rw"]

    in_pair(tmp_path, claim)


def test_inside_one_cluster_a_volume_is_mirrored_too(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.paris.volume("near", {"type": "dp"})
        (pair.live / "file").write_bytes(b"near")
        near = await pair.paris.post(RELATIONSHIPS, {"source.path": "svm1:data", "destination.path": "svm1:near"})
        await pair.paris.patch(f"{RELATIONSHIPS}/{near['uuid']}", {"state": "snapmirrored"})
        await trio.sleep(1)
        assert contents(pair.live.parent / "near") == {"file": b"near"}
        assert (await pair.paris.one(RELATIONSHIPS, fields="*"))["state"] == "snapmirrored"
        assert len(await pair.paris.get(RELATIONSHIPS, list_destinations_only="true")) == 2

    in_pair(tmp_path, claim)


def test_a_stranger_may_not_ask_a_source(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        address, target = pair.paris.cluster.address, f"/intercluster/mirrors/{pair.uuid}/next"
        for proof in ("", f"Peer {pair.lyon.cluster.uuid}:guessed"):
            headers = {"Authorization": proof}
            answer = await pair.lyon.cluster.network.ask(address, Question("POST", target, headers, b'{"have": []}'))
            assert answer.status == 403

    in_pair(tmp_path, claim)


def test_a_policy_and_a_schedule_in_use_cannot_be_deleted(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        policy = await pair.lyon.post("/snapmirror/policies", {"name": "mine"})
        schedule = await pair.lyon.post("/cluster/schedules", {"name": "mine", "cron": {"minutes": [7]}})
        await pair.lyon.patch(pair.path, {"policy": "mine", "transfer_schedule": "mine"})
        assert (await pair.lyon.refusal("DELETE", f"/snapmirror/policies/{policy['uuid']}"))[0] == "13303867"
        assert (await pair.lyon.refusal("DELETE", f"/cluster/schedules/{schedule['uuid']}"))[0] == "459758"

    in_pair(tmp_path, claim)
