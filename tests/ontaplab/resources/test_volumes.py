"""Volumes: made, mounted, changed, removed, and found by their clients."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from ontaplab.inprocess import Lab
from ontaplab.resources.snapshots.lifecycle import new_snapshot, take_snapshot
from ontaplab.resources.volumes.lifecycle import become_mirror, become_writable, recover
from tests.ontaplab.resources.labs import Asker, in_lab, on_virtual_time


def test_clients_write_where_the_volume_is_mounted_and_find_it_where_it_moves_to(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"nas.path": "/data/one"})
        (paris.seen("/data/one") / "file").write_text("hello")
        await paris.patch("/storage/volumes", {"nas.path": "/two"}, name="vol_1")
        assert not paris.seen("/data").exists()
        assert (paris.seen("/two") / "file").read_text() == "hello"
        await paris.patch("/storage/volumes", {"nas.path": ""}, name="vol_1")
        assert not paris.seen("/two").exists()
        by_name = paris.cluster.root / "by-name" / "svm1"
        assert (by_name / "vol_1" / "file").read_text() == "hello"
        await paris.patch("/storage/volumes", {"name": "vol_new"}, name="vol_1")
        assert [path.name for path in by_name.iterdir()] == ["vol_new"]
        assert (await paris.one("/storage/volumes", fields="space.used"))["space"]["used"] == 4096

    in_lab(tmp_path, claim)


def test_a_junction_path_is_anothers_whatever_its_case_and_above_it_there_may_be_none(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"nas.path": "/Data/One"})
        await paris.volume("vol_2", {"nas.path": "/data/two"})
        for path, told in (("/data/one", "vol_1"), ("/DATA", "not simulated"), ("/data/one/x", "not simulated")):
            code, message = await paris.refusal("PATCH", "/storage/volumes", {"nas.path": path}, name="vol_2")
            assert (code, told in message) == ("917536", True)
        await paris.patch("/storage/volumes", {"nas.path": "/data/one"}, name="vol_1")
        assert (await paris.one("/storage/volumes", name="vol_1", fields="nas.path"))["nas"]["path"] == "/data/one"
        assert (paris.seen("/data/one").is_dir(), paris.seen("/Data").exists()) == (True, False)
        await paris.patch("/storage/volumes", {"nas.path": ""}, name="vol_1")
        await paris.patch("/storage/volumes", {"nas.path": "/DATA/ONE"}, name="vol_2")
        await lyon.volume("vol_1", {"nas.path": "/data/one"})

    in_lab(tmp_path, claim)


def test_a_mirror_may_be_made_with_a_snapshot_policy_and_have_an_export_policy_of_its_own(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.post("/protocols/nfs/export-policies", {"name": "closed", "svm.name": "svm1"})
        await paris.volume("vol_dp", {"type": "dp", "snapshot_policy.name": "default"})
        await paris.patch("/storage/volumes", {"nas.export_policy.name": "closed"}, name="vol_dp")
        shown = await paris.one("/storage/volumes", fields="snapshot_policy.name,nas.export_policy.name")
        assert (shown["snapshot_policy"]["name"], shown["nas"]["export_policy"]["name"]) == ("default", "closed")
        later = await paris.refusal("PATCH", "/storage/volumes", {"snapshot_policy.name": "none"}, name="vol_dp")
        assert later[0] == "917617"
        await trio.sleep(3 * 3600)
        assert await paris.get("/storage/volumes/*/snapshots") == []

    in_lab(tmp_path, claim)


def test_whether_the_size_of_the_file_system_is_fixed_can_be_said(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1")
        await paris.volume("vol_dp", {"type": "dp"})
        field = "space.filesystem_size_fixed"

        async def shown() -> list[bool]:
            found = await paris.get("/storage/volumes", fields=field, order_by="name")
            return [each["space"]["filesystem_size_fixed"] for each in found]

        assert await shown() == [False, True]
        await paris.patch("/storage/volumes", {field: "true"}, name="vol_1")
        await paris.patch("/storage/volumes", {"space": {"filesystem_size_fixed": False}}, name="vol_dp")
        assert await shown() == [True, False]

    in_lab(tmp_path, claim)


def test_a_name_that_another_volume_has_is_refused_to_one_that_is_renamed_too(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1")
        await paris.volume("vol_2")
        assert (await paris.refusal("PATCH", "/storage/volumes", {"name": "vol_1"}, name="vol_2"))[0] == "917526"

    in_lab(tmp_path, claim)


def test_taking_a_volume_offline_unmounts_it_and_online_does_not_mount_it_again(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"nas.path": "/one"})
        await paris.patch("/storage/volumes", {"state": "offline"}, name="vol_1")
        assert not paris.seen("/one").exists()
        assert "nas" not in await paris.one("/storage/volumes", fields="nas.path")
        await paris.patch("/storage/volumes", {"state": "online", "nas": {"path": "/one"}}, name="vol_1")
        assert paris.seen("/one").is_dir()

    in_lab(tmp_path, claim)


def test_a_stopped_svm_serves_nothing_until_it_runs_again(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"nas.path": "/one"})
        await paris.patch("/svm/svms", {"state": "stopped"}, name="svm1")
        assert not paris.seen("/one").exists()
        await paris.patch("/svm/svms", {"state": "running"}, name="svm1")
        assert paris.seen("/one").is_dir()

    in_lab(tmp_path, claim)


def test_what_was_said_about_a_volume_is_told_again_and_the_rest_has_defaults(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        said = {"guarantee.type": "none", "space.snapshot.reserve_percent": "10", "comment": "c", "language": "C.UTF-8"}
        await paris.volume("vol_1", {**said, "qos": {"policy": {"name": "extreme"}}})
        volume = await paris.one("/storage/volumes", fields="**")
        assert volume["guarantee"]["type"] == "none"
        assert volume["space"]["snapshot"]["reserve_percent"] == 10
        assert volume["space"]["available"] == 1024**3 - 1024**3 // 10
        assert (volume["comment"], volume["qos"]["policy"]["name"]) == ("c", "extreme")
        assert (volume["snapshot_policy"]["name"], volume["tiering"]["policy"]) == ("default", "none")
        await paris.volume("vol_dp", {"type": "dp"})
        mirror = await paris.one("/storage/volumes", name="vol_dp", fields="**")
        assert (mirror["type"], mirror["autosize"]["mode"]) == ("dp", "grow_shrink")

    in_lab(tmp_path, claim)


def test_a_volume_tells_what_follows_from_what_was_said_of_it(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"space.snapshot.reserve_percent": 20})
        asked = "space.afs_total,files.maximum,efficiency.state,snaplock,space.logical_space,tiering.object_tags"
        volume = await paris.one("/storage/volumes", fields=asked, **{"error_state.is_inconsistent": "false"})
        assert volume["space"]["afs_total"] == 1024**3 - 1024**3 // 5
        assert {"enforcement": False, "reporting": False}.items() <= volume["space"]["logical_space"].items()
        assert volume["files"]["maximum"] == volume["space"]["afs_total"] // 32768
        assert (volume["efficiency"]["state"], volume["snaplock"]["type"]) == ("disabled", "non_snaplock")
        said = {"efficiency.dedupe": "background", "files.maximum": 9, "tiering.object_tags": ["a=b"]}
        await paris.patch("/storage/volumes", said, name="vol_1")
        volume = await paris.one("/storage/volumes", fields=asked)
        assert (volume["efficiency"]["state"], volume["files"]["maximum"]) == ("enabled", 9)
        assert volume["tiering"]["object_tags"] == ["a=b"]

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({"name": "vol_1"}, "917526", "exists already"),
        ({"name": "1vol"}, "917888", "1vol"),
        ({"name": "v" * 204}, "917887", "203"),
        ({"size": "19MB"}, "917534", "too small"),
        ({"aggregates": []}, "918242", "exactly one"),
        ({"aggregates": ["aggr1", "aggr1"], "style": "flexvol"}, "918242", "exactly one"),
        ({"aggregates": ["aggr9"]}, "918241", "aggr9"),
        ({"svm.name": "svm9"}, "2621462", "svm9"),
        ({"size": "11TB"}, "917536", "not enough space"),
        ({"nas.path": "one"}, "918252", "one"),
        ({"nas.path": "/used"}, "917536", "vol_1"),
        ({"nas.path": "/used/below"}, "917536", "not simulated"),
        ({"nas.path": "/Used"}, "917536", "vol_1"),
        ({"nas.path": "/USED/below"}, "917536", "not simulated"),
        ({"space.snapshot.reserve_percent": 91}, "917835", "91"),
        ({"type": "dp", "nas.security_style": "ntfs"}, "917628", "nas.security_style"),
        ({"type": "dp", "nas.path": "/x"}, "917628", "nas.path"),
        ({"style": "flexgroup", "size": "199MB"}, "917534", "too small"),
        ({"style": "flexgroup", "name": "v" * 198}, "917887", "197"),
        ({"autosize.maximum": "900MB"}, "262197", "autosize.maximum"),
        ({"autosize": {"grow_threshold": 50, "shrink_threshold": 60}}, "262197", "autosize.grow_threshold"),
        ({"style": "flexcache"}, "262197", "style"),
        ({"movement.state": "cutover"}, "262179", "movement"),
    ],
)
def test_a_volume_that_cannot_be_is_refused_and_nothing_is_left(
    tmp_path: Path, change: dict[str, object], code: str, told: str
) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"nas.path": "/used"})
        body = {"name": "vol_2", "svm.name": "svm1", "aggregates": ["aggr1"], "size": "1GB", **change}
        refused = await paris.refusal("POST", "/storage/volumes", body)
        assert refused[0] == code
        assert told in refused[1]
        assert len(await paris.get("/storage/volumes")) == 1
        assert len(list((paris.cluster.root / "volumes").iterdir())) == 1

    in_lab(tmp_path, claim)


def test_mounting_a_mirror_that_holds_nothing_fails_in_the_job_and_names_the_remedy(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_dp", {"type": "dp"})
        started = await paris.http.patch("/api/storage/volumes?name=vol_dp", json={"nas.path": "/x"})
        assert started.status_code == 202
        await trio.sleep(1)
        job = (await paris.http.get(f"/api/cluster/jobs/{started.json()['job']['uuid']}")).json()
        assert (job["state"], job["error"]["code"], job["code"]) == ("failure", "917536", 917536)
        assert "snapmirror initialize" in job["error"]["message"]

    in_lab(tmp_path, claim)


def test_a_volume_removed_is_gone_with_its_snapshots_and_files(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        volume = await paris.volume("vol_1", {"nas.path": "/one"})
        await paris.post(f"/storage/volumes/{volume['uuid']}/snapshots", {"name": "s"})
        await paris.delete("/storage/volumes", name="vol_1")
        assert await paris.get("/storage/volumes/*/snapshots") == []
        assert list((paris.cluster.root / "volumes").iterdir()) == []
        assert not paris.seen("/one").exists()

    in_lab(tmp_path, claim)


def test_an_aggregate_has_what_its_volumes_leave(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"size": "1TB"})
        await paris.volume("thin", {"size": "2TB", "guarantee.type": "none"})
        space = (await paris.one("/storage/aggregates", fields="space"))["space"]["block_storage"]
        assert (space["used"], space["available"]) == (1024**4, 9 * 1024**4)
        assert (await paris.refusal("PATCH", "/storage/volumes", {"size": "11TB"}, name="vol_1"))[0] == "917536"

    in_lab(tmp_path, claim)


def test_a_mirror_shows_its_exported_snapshot_and_becomes_writable_and_a_mirror_again(tmp_path: Path) -> None:
    async def main(lab: Lab) -> None:
        cluster = lab["paris"].cluster
        async with lab["paris"].client() as http:
            paris = Asker(lab["paris"], http)
            await paris.svm("svm1")
            uuid = (await paris.volume("vol_1", {"nas.path": "/one"}))["uuid"]
            seen = paris.seen("/one")
            (seen / "file").write_text("first")
            await take_snapshot(cluster, new_snapshot(cluster, uuid, "s1"))
            (seen / "file").write_text("second")
            await take_snapshot(cluster, new_snapshot(cluster, uuid, "s2"))
            await become_mirror(cluster, uuid, "s1")
            assert (seen / "file").read_text() == "first"
            assert (await paris.one("/storage/volumes", fields="type"))["type"] == "dp"
            await become_mirror(cluster, uuid, "s2")
            assert (seen / "file").read_text() == "second"
            await become_writable(cluster, uuid, "s1")
            (seen / "file").write_text("third")
            assert (await paris.one("/storage/volumes", fields="type"))["type"] == "rw"
            assert (seen / ".snapshot" / "s1" / "file").read_text() == "first"

    on_virtual_time(tmp_path, main)


def test_after_a_crash_the_files_follow_the_records(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuid = (await paris.volume("vol_1", {"nas.path": "/one"}))["uuid"]
        root = paris.cluster.root
        (paris.seen("/one") / "file").write_text("kept")
        await paris.post(f"/storage/volumes/{uuid}/snapshots", {"name": "known"})
        (root / "volumes" / uuid / "snapshots" / "unknown").mkdir()
        (root / "volumes" / "half-made").mkdir()
        paris.seen("/one").unlink()
        recover(paris.cluster)
        assert [path.name for path in (root / "volumes").iterdir()] == [uuid]
        assert [path.name for path in (root / "volumes" / uuid / "snapshots").iterdir()] == ["known"]
        assert (paris.seen("/one") / "file").read_text() == "kept"

    in_lab(tmp_path, claim)


def test_volumes_that_are_asked_for_side_by_side_share_neither_msid_nor_path_nor_room(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        wanted = {"svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB"}
        pair = [{**wanted, "name": "vol_1"}, {**wanted, "name": "vol_2"}]
        assert (await paris.http.post("/api/storage/volumes?return_timeout=60", json={"records": pair})).is_success
        assert len({volume["msid"] for volume in await paris.get("/storage/volumes", fields="msid")}) == 2

        mounted = [{**wanted, "name": name, "nas.path": "/one"} for name in ("vol_3", "vol_4")]
        assert (await paris.refusal("POST", "/storage/volumes", {"records": mounted}))[0] == "917536"
        large = [{**wanted, "name": name, "size": "6TB"} for name in ("vol_5", "vol_6")]
        assert (await paris.refusal("POST", "/storage/volumes", {"records": large}))[0] == "917536"
        names = {volume["name"] for volume in await paris.get("/storage/volumes")}
        assert [len(names & both) for both in ({"vol_3", "vol_4"}, {"vol_5", "vol_6"})] == [1, 1]

    in_lab(tmp_path, claim)
