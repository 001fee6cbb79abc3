"""Clones: made of a snapshot or of now, written to without the parent noticing, split off. And volumes restored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
from netapp_ontap.resources.volume import Volume

from tests.ontaplab.mirroring.pairs import Pair, contents, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.oracle import complaints

MIB = 1024**2
pytestmark = pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning")


async def clone(asker: Asker, name: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "svm.name": "svm1", "clone.is_flexclone": "true", "clone.parent_volume.name": "vol_1"}
    return await asker.post("/storage/volumes", {**body, **more})


async def a_parent(paris: Asker) -> dict[str, Any]:
    """With two files, both in snapshot `s`; then one of them was changed."""
    await paris.post("/protocols/nfs/export-policies", {"name": "some", "svm.name": "svm1"})
    parent = await paris.volume("vol_1", {"nas.path": "/one", "comment": "parent", "nas.export_policy.name": "some"})
    (paris.seen("/one") / "same").write_bytes(b"a" * MIB)
    (paris.seen("/one") / "changed").write_bytes(b"before")
    await paris.post(f"/storage/volumes/{parent['uuid']}/snapshots", {"name": "s"})
    (paris.seen("/one") / "changed").write_bytes(b"after")
    return parent


def test_a_clone_of_a_snapshot_shares_its_files_and_is_written_to_alone(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        parent = await a_parent(paris)
        cloned = await clone(paris, "copy", **{"clone.parent_snapshot.name": "s", "nas.path": "/copy"})
        assert contents(paris.seen("/copy")) == {"same": b"a" * MIB, "changed": b"before"}
        inodes = [(paris.seen(path) / ".snapshot/s/same").stat().st_ino for path in ("/one", "/copy")]
        assert inodes[0] == inodes[1]
        (paris.seen("/copy") / "same").write_bytes(b"mine")
        assert (paris.seen("/one") / "same").read_bytes() == b"a" * MIB
        assert (paris.seen("/one") / ".snapshot/s/same").read_bytes() == b"a" * MIB

        volume = await paris.one("/storage/volumes", name="copy", fields="**")
        assert complaints(volume, Volume) == []
        assert (volume["clone"]["is_flexclone"], volume["clone"]["parent_volume"]["uuid"]) == (True, parent["uuid"])
        assert volume["clone"]["parent_snapshot"]["name"] == "s"
        assert (volume["size"], volume["nas"]["export_policy"]["name"]) == (1024**3, "some")
        assert volume["space"]["footprint"] == 1024**3 - volume["clone"]["split_estimate"]
        mine, theirs = await paris.get("/storage/volumes/*/snapshots", fields="version_uuid,owners", order_by="owners")
        assert mine["version_uuid"] == theirs["version_uuid"]
        assert cloned["uuid"] == theirs["volume"]["uuid"]
        assert mine["owners"] == ["volume_clone"]

    in_lab(tmp_path, claim)


def test_a_clone_of_now_holds_what_the_parent_held_then(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await a_parent(paris)
        await clone(paris, "copy", **{"nas.path": "/copy"})
        (paris.seen("/one") / "changed").write_bytes(b"later")
        assert (paris.seen("/copy") / "changed").read_bytes() == b"after"
        names = {each["name"] for each in await paris.get("/storage/volumes/*/snapshots")}
        assert [name for name in names if name.startswith("clone_copy.")]

    in_lab(tmp_path, claim)


def test_what_a_clone_depends_on_stays_until_the_clone_is_gone(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        parent = await a_parent(paris)
        for name in ("first", "second"):
            await clone(paris, name, **{"clone.parent_snapshot.name": "s"})
        snapshots = f"/storage/volumes/{parent['uuid']}/snapshots"
        refused = await paris.refusal("DELETE", "/storage/volumes", name="vol_1")
        assert (refused[0], "first, second" in refused[1]) == ("524615", True)
        await paris.delete("/storage/volumes", name="first")
        assert (await paris.refusal("DELETE", snapshots, name="s"))[0] == "1638543"
        await paris.delete("/storage/volumes", name="second")
        await paris.delete(snapshots, name="s")
        await paris.delete("/storage/volumes", name="vol_1")

    in_lab(tmp_path, claim)


def test_a_split_tells_its_progress_and_frees_the_parent(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        parent = await a_parent(paris)
        copy = await clone(paris, "copy", **{"clone.parent_snapshot.name": "s", "nas.path": "/copy"})
        path = f"/api/storage/volumes/{copy['uuid']}"
        refused = await paris.refusal("PATCH", path[4:], {"clone.split_initiated": True, "comment": "x"})
        assert refused[0] == "918248"
        started = await paris.http.patch(path, json={"clone.split_initiated": True})
        await trio.sleep(2.5)
        shown = (await paris.http.get(path, params={"fields": "clone"})).json()["clone"]
        assert (shown["is_flexclone"], shown["split_initiated"]) == (True, True)
        assert 40 < shown["split_complete_percent"] < 60
        for change in ({"state": "offline"}, {"restore_to.snapshot.name": "s"}):
            assert (await paris.refusal("PATCH", path[4:], change))[0] == "13107405"
        job = f"/api/cluster/jobs/{started.json()['job']['uuid']}"
        assert (await paris.http.get(job)).json()["state"] == "running"
        await trio.sleep(3)
        assert (await paris.http.get(job)).json()["state"] == "success"
        shown = (await paris.http.get(path, params={"fields": "clone,space.footprint"})).json()
        assert shown["clone"] == {"is_flexclone": False, "has_flexclone": False}
        assert shown["space"]["footprint"] == 1024**3
        assert contents(paris.seen("/copy")) == {"same": b"a" * MIB, "changed": b"before"}
        await paris.delete("/storage/volumes", uuid=parent["uuid"])
        assert (paris.seen("/copy") / "same").read_bytes() == b"a" * MIB

    in_lab(tmp_path, claim)


def test_a_split_that_is_stopped_leaves_a_clone(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await a_parent(paris)
        await clone(paris, "copy")
        await paris.http.patch("/api/storage/volumes?name=copy", json={"clone.split_initiated": True})
        await trio.sleep(1)
        await paris.patch("/storage/volumes", {"clone.split_initiated": False}, name="copy")
        await trio.sleep(30)
        shown = await paris.one("/storage/volumes", name="copy", fields="clone")
        assert (shown["clone"]["is_flexclone"], shown["clone"]["split_initiated"]) == (True, False)

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"clone.parent_volume.name": "vol_9"}, "524601"),
        ({"clone.parent_volume.name": "vol_9", "clone.parent_volume.uuid": "PARENT"}, "918236"),
        ({"clone.parent_snapshot.name": "s9"}, "542797"),
        ({"type": "dp"}, "918244"),
        ({"size": "1GB"}, "262179"),
        ({"name": "vol_1"}, "917526"),
        ({"clone.parent_volume.name": "vol_dp"}, "917536"),
    ],
)
def test_a_clone_that_cannot_be_is_refused_and_leaves_nothing(
    tmp_path: Path, change: dict[str, str], code: str
) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        parent = await a_parent(paris)
        await paris.volume("vol_dp", {"type": "dp"})
        body = {"name": "copy", "svm.name": "svm1", "clone.is_flexclone": True, "clone.parent_volume.name": "vol_1"}
        asked = {name: parent["uuid"] if value == "PARENT" else value for name, value in {**body, **change}.items()}
        assert (await paris.refusal("POST", "/storage/volumes", asked))[0] == code
        assert len(list((paris.cluster.root / "volumes").iterdir())) == 2
        assert len(await paris.get("/storage/volumes/*/snapshots")) == 1

    in_lab(tmp_path, claim)


def test_a_clone_of_a_mirror_is_what_the_mirror_exports_and_survives_its_updates(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"first")
        await pair.initialize()
        lyon = pair.lyon
        await clone(lyon, "copy", **{"clone.parent_volume.name": "data_dr", "nas.path": "/copy"})
        (pair.live / "file").write_bytes(b"second")
        await pair.update()
        assert contents(pair.copy) == {"file": b"second"}
        assert contents(lyon.seen("/copy")) == {"file": b"first"}
        (lyon.seen("/copy") / "file").write_bytes(b"mine")
        assert (await lyon.one("/storage/volumes", name="copy", fields="type"))["type"] == "rw"

    in_pair(tmp_path, claim)


def test_a_volume_restored_holds_what_it_held_and_loses_newer_snapshots(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        parent = await a_parent(paris)
        snapshots = f"/storage/volumes/{parent['uuid']}/snapshots"
        for name in ("s2", "s3"):
            await trio.sleep(1)
            await paris.post(snapshots, {"name": name})
        await paris.patch("/storage/volumes", {}, **{"name": "vol_1", "restore_to.snapshot.name": "s2"})
        assert {each["name"] for each in await paris.get(snapshots)} == {"s", "s2"}
        assert (paris.seen("/one") / "changed").read_bytes() == b"after"
        first = await paris.one(snapshots, name="s")
        await paris.patch("/storage/volumes", {"restore_to.snapshot.uuid": first["uuid"]}, name="vol_1")
        assert contents(paris.seen("/one")) == {"same": b"a" * MIB, "changed": b"before"}
        (paris.seen("/one") / "changed").write_bytes(b"again")
        assert (paris.seen("/one") / ".snapshot/s/changed").read_bytes() == b"before"

    in_lab(tmp_path, claim)


def test_a_restore_that_would_cost_a_snapshot_in_use_is_refused(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await a_parent(paris)
        await trio.sleep(1)
        await clone(paris, "copy")
        refused = await paris.refusal("PATCH", "/storage/volumes", {"restore_to.snapshot.name": "s"}, name="vol_1")
        assert refused[0] == "1638480"
        refused = await paris.refusal("PATCH", "/storage/volumes", {"restore_to": {"snapshot": "s9"}}, name="vol_1")
        assert refused[0] == "542797"
        assert (paris.seen("/one") / "changed").read_bytes() == b"after"

    in_lab(tmp_path, claim)


def test_a_snapshot_that_a_clone_depends_on_may_be_renamed_and_the_clone_split_off(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        volume = await paris.volume("vol_1")
        snapshots = f"/storage/volumes/{volume['uuid']}/snapshots"
        await paris.post(snapshots, {"name": "s1"})
        parent = {"is_flexclone": True, "parent_volume.name": "vol_1", "parent_snapshot.name": "s1"}
        await paris.post("/storage/volumes", {"name": "clone", "svm.name": "svm1", "clone": parent})
        await paris.patch(snapshots, {"name": "s1_deleted"}, name="s1")
        shown = await paris.one("/storage/volumes", name="clone", fields="clone.parent_snapshot.name")
        assert shown["clone"]["parent_snapshot"]["name"] == "s1_deleted"
        assert (await paris.refusal("DELETE", snapshots, name="s1_deleted"))[0] == "1638543"
        await paris.patch("/storage/volumes", {"clone.split_initiated": True}, name="clone")
        await paris.delete(snapshots, name="s1_deleted")

    in_lab(tmp_path, claim)
