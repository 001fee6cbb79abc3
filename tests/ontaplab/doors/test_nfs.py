"""NFS hosts: what a handle outlives, and what ends it."""

from __future__ import annotations

from pathlib import Path

import trio.testing

from ontaplab.inprocess import lab_clusters
from tests.ontaplab.doors.hosts import ALL, HOST, assign, host, policy, refused, shared
from tests.ontaplab.resources.labs import Asker, in_lab


def test_a_host_opens_by_path_and_its_bytes_are_the_volumes(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.make_directory("notes")
        await vol_1.write(b"first", "notes/one")
        note = await vol_1.open("notes/one")
        await note.write(b"IRST", offset=1)
        await note.write(b" and more", offset=-1)
        assert (paris.seen("/vol_1") / "notes/one").read_bytes() == b"fIRST and more"
        assert await note.read(offset=6, length=3) == b"and"
        await vol_1.rename("notes/one", "notes/two")
        assert await vol_1.list("notes") == ["two"]
        await vol_1.remove("notes/two")
        await vol_1.remove("notes")
        assert await vol_1.list() == []

    in_lab(tmp_path, claim, peered=False)


def test_what_is_not_there_is_told_as_on_any_file_system(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.make_directory("d")
        await vol_1.write(b"", "d/file")
        assert await refused(vol_1.open("none")) == "ENOENT"
        assert await refused(vol_1.write(b"x", "none/file")) == "ENOENT"
        assert await refused(vol_1.write(b"x", "d")) == "EISDIR"
        assert await refused(vol_1.remove("d")) == "ENOTEMPTY"
        assert await refused(vol_1.make_directory("d")) == "EEXIST"
        assert await refused(vol_1.write(bytes(2 * 1024**3), "large")) == "ENOSPC"
        assert await refused(vol_1.read("../vol_1/d/file")) == "EACCES"
        assert await refused(host(paris).open("svm1", "/elsewhere")) == "ENOENT"
        assert await refused(host(paris).open("svm9", "/vol_1")) == "ENOENT"

    in_lab(tmp_path, claim, peered=False)


def test_snapshots_are_read_and_never_changed(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.write(b"then", "file")
        await paris.post(f"/storage/volumes/{volume['uuid']}/snapshots", {"name": "s1"})
        await vol_1.write(b"now", "file")
        assert await vol_1.read(".snapshot/s1/file") == b"then"
        assert await refused(vol_1.write(b"x", ".snapshot/s1/file")) == "EROFS"
        assert await refused(vol_1.remove(".snapshot/s1/file")) == "EROFS"
        assert await refused(vol_1.rename(".snapshot/s1/file", "other")) == "EROFS"
        assert await refused(vol_1.rename("file", ".snapshot/s1/other")) == "EROFS"
        assert (await vol_1.list(), await vol_1.read(".snapshot/s1/file")) == (["file"], b"then")

    in_lab(tmp_path, claim, peered=False)


def test_links_lead_nowhere_outside_of_the_volume(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await shared(paris, "vol_1")
        (tmp_path / "secret").write_bytes(b"of the machine")
        (paris.seen("/vol_1") / "out").symlink_to(tmp_path)
        (paris.seen("/vol_1") / "to").symlink_to(tmp_path / "secret")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        assert await refused(vol_1.read("out/secret")) == await refused(vol_1.read("to")) == "EACCES"
        assert await refused(vol_1.write(b"x", "out/secret")) == await refused(vol_1.write(b"x", "to")) == "EACCES"
        assert (tmp_path / "secret").read_bytes() == b"of the machine"

    in_lab(tmp_path, claim, peered=False)


def test_a_handle_outlives_unmounting_and_renaming_but_the_way_to_it_does_not(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.write(b"mounted", "file")
        file = await vol_1.open("file")
        await paris.patch(f"/storage/volumes/{volume['uuid']}", {"name": "vol_9", "nas.path": ""})
        assert await refused(host(paris).open("svm1", "/vol_1")) == "ENOENT"
        await file.write(b"unmounted")
        await vol_1.write(b"more", "other")
        assert (paris.cluster.root / "by-name/svm1/vol_9/file").read_bytes() == b"unmounted"
        assert await vol_1.list() == ["file", "other"]

    in_lab(tmp_path, claim, peered=False)


def test_a_volume_that_is_offline_or_gone_makes_handles_stale(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.write(b"kept", "file")
        uuid = volume["uuid"]
        await paris.patch(f"/storage/volumes/{uuid}", {"state": "offline"})
        assert await refused(vol_1.read("file")) == await refused(vol_1.write(b"x", "file")) == "ESTALE"
        assert (await paris.refusal("PATCH", f"/storage/volumes/{uuid}", {"nas.export_policy.name": "open"}))[
            0
        ] == "917533"
        await paris.patch(f"/storage/volumes/{uuid}", {"state": "online"})
        assert await vol_1.read("file") == b"kept"
        await paris.delete(f"/storage/volumes/{uuid}")
        assert await refused(vol_1.read("file")) == "ESTALE"

    in_lab(tmp_path, claim, peered=False)


def test_a_file_that_somebody_removed_is_a_stale_handle(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.write(b"x", "file")
        file = await vol_1.open("file")
        await (await host(paris, "192.0.2.51").open("svm1", "/vol_1")).remove("file")
        assert await refused(file.read()) == await refused(file.write(b"y")) == "ESTALE"
        assert await vol_1.list() == []

    in_lab(tmp_path, claim, peered=False)


def test_a_stopped_svm_and_a_service_that_is_disabled_or_gone_end_all(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.write(b"x", "file")
        svm = await paris.one("/svm/svms")
        service = f"/protocols/nfs/services/{svm['uuid']}"
        await paris.patch(service, {"enabled": False})
        assert await refused(vol_1.read("file")) == await refused(host(paris).open("svm1", "/vol_1")) == "ECONNREFUSED"
        assert (await paris.one("/svm/svms", fields="nfs.enabled"))["nfs"]["enabled"] is False
        await paris.patch(service, {"enabled": True})
        await vol_1.write(b"x", "file")
        await paris.delete(service)
        assert await refused(vol_1.read("file")) == await refused(host(paris).open("svm1", "/vol_1")) == "ECONNREFUSED"
        assert await paris.get("/protocols/nfs/services") == []
        await paris.post("/protocols/nfs/services", {"svm.name": "svm1"})
        await vol_1.write(b"y", "file")
        await paris.patch(f"/svm/svms/{svm['uuid']}", {"state": "stopped"})
        assert (await paris.one("/protocols/nfs/services", fields="state,enabled"))["state"] == "offline"
        assert await refused(vol_1.write(b"z", "file")) == "ETIMEDOUT"
        await paris.patch(f"/svm/svms/{svm['uuid']}", {"state": "running"})
        assert await vol_1.read("file") == b"y"

    in_lab(tmp_path, claim, peered=False)


def test_the_way_leads_through_the_root_volume_and_its_junctions(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            lab_clusters("paris", root=tmp_path, traits={"root_volumes": True}) as lab,
            lab["paris"].client() as http,
        ):
            paris = Asker(lab["paris"], http)
            await paris.svm("svm1")
            await shared(paris, "vol_1")
            client = paris.doors.nfs(HOST)
            assert await refused(client.open("svm1", "/vol_1")) == "EACCES", "the root volume's policy lets nobody in"
            await policy(paris, "through", {**ALL, "rw_rule": ["never"]})
            await assign(paris, await paris.one("/storage/volumes", is_svm_root="true"), "through")
            root = await client.open("svm1", "/")
            assert await root.list() == ["vol_1"]
            await root.write(b"x", "vol_1/file")
            assert await refused(root.write(b"x", "file")) == "EROFS"
            file = await root.open("vol_1/file")
            volume = await paris.one("/storage/volumes", name="vol_1")
            await paris.patch(f"/storage/volumes/{volume['uuid']}", {"nas.path": ""})
            assert (await root.list(), await refused(root.read("vol_1/file"))) == ([], "ENOENT")
            assert await file.read() == b"x"
            await paris.patch(f"/storage/volumes/{volume['uuid']}", {"nas.path": "/elsewhere"})
            assert await root.read("elsewhere/file") == b"x"

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
