"""Snapshots and files of volumes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import trio

from ontaplab.resources.snapshots.lifecycle import new_snapshot, take_snapshot
from ontaplab.resources.volumes.lifecycle import become_mirror
from tests.ontaplab.resources.labs import Asker, in_lab


def test_a_snapshot_holds_what_the_volume_held(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuid = (await paris.volume("vol_1", {"nas.path": "/one"}))["uuid"]
        path = f"/storage/volumes/{uuid}/snapshots"
        file = paris.seen("/one") / "file"
        file.write_text("before")
        made = await paris.post(path, {"name": "s", "snapmirror_label": "daily"})
        file.write_text("after")
        snapshot = await paris.one(path, fields="**")
        assert snapshot["uuid"] == made["uuid"]
        assert snapshot["provenance_volume"]["uuid"] == uuid
        assert (snapshot["snapmirror_label"], snapshot["volume"]["name"]) == ("daily", "vol_1")
        assert (paris.seen("/one") / ".snapshot" / "s" / "file").read_text() == "before"
        await paris.patch(f"{path}/{made['uuid']}", {"name": "t", "comment": "c", "snapmirror_label": ""})
        changed = await paris.one(path, fields="*")
        assert (changed["name"], changed["comment"], "snapmirror_label" in changed) == ("t", "c", False)
        assert (paris.seen("/one") / ".snapshot" / "t" / "file").read_text() == "before"
        await paris.delete(path, name="t")
        assert list((paris.seen("/one") / ".snapshot").iterdir()) == []

    in_lab(tmp_path, claim)


def test_what_was_written_since_a_snapshot_is_told_for_all_volumes_where_it_is_named(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        written = {"vol_1": 4096 * 4, "vol_2": 0}  # its folder has changed too
        for name, size in written.items():
            uuid = (await paris.volume(name, {"nas.path": f"/{name}"}))["uuid"]
            (paris.seen(f"/{name}") / "kept").write_bytes(b"k" * 8192)
            await paris.post(f"/storage/volumes/{uuid}/snapshots", {"name": "s"})
            if size:
                (paris.seen(f"/{name}") / "new").write_bytes(b"n" * (4096 * 3 - 100))
        await trio.sleep(60)
        found = await paris.get("/storage/volumes/*/snapshots", fields="delta")
        assert {each["volume"]["name"]: each["delta"]["size_consumed"] for each in found} == written
        assert {each["delta"]["time_elapsed"] for each in found} == {"PT1M"}
        assert all("delta" not in each for each in await paris.get("/storage/volumes/*/snapshots", fields="**"))
        (paris.seen("/vol_2") / "kept").unlink()
        query = {"fields": "delta", "volume.name": "vol_2"}
        (changed,) = await paris.get("/storage/volumes/*/snapshots", **query)
        assert changed["delta"]["size_consumed"] == 4096 * 2, "what is gone is a change too"

    in_lab(tmp_path, claim)


def test_snapshots_of_all_volumes_are_listed_in_one_call(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        for name in ("vol_1", "vol_2", "other"):
            uuid = (await paris.volume(name))["uuid"]
            await paris.post(f"/storage/volumes/{uuid}/snapshots", {"name": f"s_{name}"})
        found = await paris.get("/storage/volumes/*/snapshots", **{"volume.name": "vol_*", "order_by": "name"})
        assert [snapshot["name"] for snapshot in found] == ["s_vol_1", "s_vol_2"]

    in_lab(tmp_path, claim)


def test_a_snapshot_that_is_to_be_kept_can_be_deleted_only_afterwards(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        path = f"/storage/volumes/{(await paris.volume('vol_1'))['uuid']}/snapshots"
        until = (paris.cluster.clock.now() + timedelta(hours=1)).isoformat(timespec="seconds")
        kept = await paris.post(path, {"name": "s", "expiry_time": until})
        assert kept["expiry_time"] == until
        assert (await paris.refusal("DELETE", path, name="s"))[0] == "1638555"
        past = {"expiry_time": "2001-01-01T00:00:00+00:00"}
        assert (await paris.refusal("PATCH", f"{path}/{kept['uuid']}", past))[0] == "1638554"
        await trio.sleep(3601)
        await paris.delete(path, name="s")

    in_lab(tmp_path, claim)


def test_a_body_may_name_the_volume_that_the_path_names_and_no_other(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.svm("svm2")
        await paris.volume("vol_2")
        path = f"/storage/volumes/{(await paris.volume('vol_1'))['uuid']}/snapshots"
        await paris.post(path, {"name": "s", "svm.name": "svm1", "volume.name": "vol_1"})
        await paris.patch(path, {"comment": "c", "svm.name": "svm1"}, name="s")
        assert (await paris.refusal("POST", path, {"name": "t", "volume.name": "vol_2"}))[0] == "262197"
        assert (await paris.refusal("POST", path, {"name": "t", "svm.name": "svm2"}))[0] == "262197"
        assert (await paris.refusal("PATCH", path, {"svm.name": "elsewhere"}, name="s"))[0] == "2621462"

    in_lab(tmp_path, claim)


def test_what_may_not_happen_to_a_snapshot_is_refused(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuid = (await paris.volume("vol_1"))["uuid"]
        path = f"/storage/volumes/{uuid}/snapshots"
        owned = new_snapshot(paris.cluster, uuid, "owned", owners=["snapmirror"])
        await take_snapshot(paris.cluster, owned)
        assert (await paris.refusal("POST", path, {"name": "owned"}))[0] == "525059"
        assert (await paris.refusal("POST", path, {"name": "a/b"}))[0] == "1638518"
        assert (await paris.refusal("POST", path, {"name": "x", "snapmirror_label": "l" * 32}))[0] == "1638523"
        assert (await paris.refusal("DELETE", f"{path}/{owned.uuid}"))[0] == "1638543"
        assert (await paris.refusal("PATCH", f"{path}/{owned.uuid}", {"name": "x"}))[0] == "1638476"
        assert (await paris.refusal("DELETE", f"/storage/volumes/{uuid}"))[0] == "917536"
        assert (await paris.refusal("GET", "/storage/volumes/none/snapshots"))[0] == "918235"
        await become_mirror(paris.cluster, uuid, "owned")
        assert (await paris.refusal("POST", path, {"name": "x"}))[0] == "1638461"
        assert (await paris.refusal("PATCH", f"{path}/{owned.uuid}", {"comment": "x"}))[0] == "1638522"
        assert (await paris.refusal("DELETE", f"{path}/{owned.uuid}"))[0] == "1638521"
        assert (await paris.one(path, fields="owners"))["owners"] == ["snapmirror"]

    in_lab(tmp_path, claim)


def test_files_are_written_read_listed_renamed_and_deleted(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuid = (await paris.volume("vol_1", {"nas.path": "/one"}))["uuid"]
        base, seen = f"/api/storage/volumes/{uuid}/files", paris.seen("/one")
        ask = paris.http
        assert (await ask.post(f"{base}/dir", json={"type": "directory", "unix_permissions": 750})).status_code == 201
        file = f"{base}/{quote('dir/a file', safe='')}"
        assert (await ask.post(file, files={"data": b"0123456789"})).status_code == 201
        assert (await ask.post(file, files={"data": b"x"})).json()["error"]["code"] == "6488118"
        assert (await ask.patch(f"{file}?byte_offset=8", files={"data": b"abcd"})).status_code == 200
        assert (await ask.patch(f"{file}?byte_offset=-1", files={"data": b"e"})).status_code == 200
        assert (seen / "dir" / "a file").read_bytes() == b"01234567abcde"
        read = await ask.get(f"{file}?byte_offset=6&length=4", headers={"Accept": "multipart/form-data"})
        assert b"\r\n\r\n67ab\r\n--" in read.content
        about = (await ask.get(f"{file.replace('%20', '+')}?return_metadata=true&fields=size")).json()
        assert (about["name"], about["size"]) == ("a file", 13)
        listed = await paris.get(f"/storage/volumes/{uuid}/files/dir", type="file", fields="size")
        assert [(entry["name"], entry["path"], entry["size"]) for entry in listed] == [("a file", "dir", 13)]
        assert (await ask.patch(file, json={"path": "dir%2Fb"})).status_code == 200
        assert (await ask.delete(f"{base}/dir")).json()["error"]["code"] == "131138"
        assert (await ask.delete(f"{base}/dir?recurse=true")).status_code == 200
        assert (await ask.get(f"{base}/dir")).json()["error"]["code"] == "6684674"

    in_lab(tmp_path, claim)


def test_a_mirrors_files_can_be_read_and_not_written(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuid = (await paris.volume("vol_1", {"nas.path": "/one"}))["uuid"]
        (paris.seen("/one") / "file").write_text("x")
        await take_snapshot(paris.cluster, new_snapshot(paris.cluster, uuid, "s"))
        base = f"/api/storage/volumes/{uuid}/files"
        inside = await paris.http.post(f"{base}/{quote('.snapshot/s/new', safe='')}", files={"data": b"x"})
        assert inside.json()["error"]["code"] == "131102"
        await become_mirror(paris.cluster, uuid, "s")
        listed = await paris.get(f"/storage/volumes/{uuid}/files", type="file")
        assert [entry["name"] for entry in listed] == ["file"]
        for refused in (
            await paris.http.post(f"{base}/new", files={"data": b"x"}),
            await paris.http.delete(f"{base}/file"),
            await paris.http.patch(f"{base}/file", json={"path": "other"}),
        ):
            assert refused.json()["error"]["code"] == "131102"

    in_lab(tmp_path, claim)


@pytest.mark.parametrize("path", ["../../../secret", "out/secret", "away", "in_snapshot/new"])
def test_no_path_leads_out_of_the_volume_or_into_a_snapshot(tmp_path: Path, path: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuid = (await paris.volume("vol_1", {"nas.path": "/one"}))["uuid"]
        (tmp_path / "secret").write_text("secret")
        await take_snapshot(paris.cluster, new_snapshot(paris.cluster, uuid, "s"))
        (paris.seen("/one") / "out").symlink_to(tmp_path)
        (paris.seen("/one") / "away").symlink_to(tmp_path / "secret")
        (paris.seen("/one") / "in_snapshot").symlink_to(".snapshot/s")
        url = f"/api/storage/volumes/{uuid}/files/{quote(path, safe='')}"
        read = await paris.http.get(url, headers={"Accept": "multipart/form-data"})
        assert b"secret\r\n" not in read.content
        assert (await paris.http.post(f"{url}?overwrite=true", files={"data": b"x"})).status_code >= 400
        assert (tmp_path / "secret").read_text() == "secret"

    in_lab(tmp_path, claim)


def test_two_snapshots_at_one_instant_differ_in_version(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuid = (await paris.volume("vol_1"))["uuid"]
        for name in ("a", "b"):
            await paris.post(f"/storage/volumes/{uuid}/snapshots", {"name": name})
        await trio.sleep(1)
        found = await paris.get(f"/storage/volumes/{uuid}/snapshots", fields="version_uuid")
        assert len({snapshot["version_uuid"] for snapshot in found}) == 2

    in_lab(tmp_path, claim)
