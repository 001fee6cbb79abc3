"""Hosts of mirrors: what they see before and after a break and a resync, and what synchronous mirrors are given."""

from __future__ import annotations

from pathlib import Path

from ontaplab.doors.block import Blocks
from tests.ontaplab.doors.hosts import ALL, assign, host, policy, refused
from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.mirroring.synchronous import STRICT, in_sync
from tests.ontaplab.resources.labs import Asker


async def exported(pair: Pair) -> None:
    """Both volumes are mounted, where the mirror can be, and every host may write to them as far as policies go."""
    for at, volume in ((pair.paris, pair.source), (pair.lyon, pair.destination)):
        await policy(at, "open", ALL)
        await policy(at, "fence")
        name = volume["name"]
        await at.patch(f"/storage/volumes/{volume['uuid']}", {"nas": {"path": f"/{name}"}})
        await assign(at, volume, "open")


async def mirrored(pair: Pair) -> None:
    """The mirror holds `file` and is mounted."""
    (pair.live / "file").write_bytes(b"first")
    await pair.initialize()
    await exported(pair)


def test_a_mounted_mirror_is_read_only_and_follows_its_updates(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored(pair)
        copy = await host(pair.lyon).open("svm1", "/data_dr")
        file = await copy.open("file")
        assert await refused(file.write(b"x")) == await refused(copy.remove("file")) == "EROFS"
        source = await host(pair.paris).open("svm1", "/data")
        await source.write(b"second", "file")
        assert await file.read() == b"first"
        await pair.update()
        assert await file.read() == b"second"

    in_pair(tmp_path, claim)


def test_a_break_makes_a_mounted_mirror_writable_at_once(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored(pair)
        file = await (await host(pair.lyon).open("svm1", "/data_dr")).open("file")
        assert await refused(file.write(b"x")) == "EROFS"
        await pair.ask("broken_off")
        await file.write(b"written")
        assert (pair.copy / "file").read_bytes() == b"written"

    in_pair(tmp_path, claim)


def test_a_mirror_that_carries_the_fence_stays_fenced_by_its_break(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored(pair)
        await assign(pair.lyon, pair.destination, "fence")
        assert await refused(host(pair.lyon).open("svm1", "/data_dr")) == "EACCES"
        await pair.ask("broken_off")
        assert await refused(host(pair.lyon).open("svm1", "/data_dr")) == "EACCES"
        await assign(pair.lyon, pair.destination, "open")
        await (await host(pair.lyon).open("svm1", "/data_dr")).write(b"x", "file")

    in_pair(tmp_path, claim)


def test_a_resync_takes_a_copy_from_whoever_has_it_open(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await mirrored(pair)
        await pair.ask("broken_off")
        copy = await host(pair.lyon).open("svm1", "/data_dr")
        await copy.write(b"diverged", "file")
        await copy.write(b"x", "only here")
        file, only_here = await copy.open("file"), await copy.open("only here")
        await pair.ask("snapmirrored")
        await pair.settle()
        assert await refused(file.write(b"late")) == "EROFS"
        assert await file.read() == b"first"
        assert await refused(only_here.read()) == "ESTALE"

    in_pair(tmp_path, claim)


def test_what_a_host_writes_is_at_a_synchronous_mirror_or_the_host_is_told(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await in_sync(pair)
        await exported(pair)
        source = await host(pair.paris).open("svm1", "/data")
        await source.write(b"both", "file")
        assert await (await host(pair.lyon).open("svm1", "/data_dr")).read("file") == b"both"
        apps = pair.paris.cluster.network.apps  # type: ignore[attr-defined]
        del apps[pair.lyon.cluster.address]
        assert await refused(source.write(b"one", "file")) == "EIO"

    in_pair(tmp_path, claim, body=STRICT)


def test_a_lun_arrives_at_a_mirror_unmapped_read_only_and_of_another_identity(tmp_path: Path) -> None:
    iqn = "iqn.2026-01.com.example:host1"

    async def mapped(at: Asker, name: str) -> Blocks:
        group = {"name": "hosts", "svm.name": "svm1", "os_type": "linux", "initiators": [{"name": iqn}]}
        await at.post("/protocols/san/igroups", group)
        lun_map = {"svm.name": "svm1", "lun.name": name, "igroup.name": "hosts"}
        await at.post("/protocols/san/lun-maps", lun_map)
        return at.doors.block(iqn).lun(name)

    async def claim(pair: Pair) -> None:
        body = {"name": "/vol/data/lun", "svm.name": "svm1", "os_type": "linux", "space.size": 65536}
        await pair.paris.post("/storage/luns", body)
        source = await mapped(pair.paris, "/vol/data/lun")
        await source.write(b"first", offset=4096)
        assert await pair.lyon.get("/storage/luns") == []
        await pair.initialize()
        there = await pair.paris.one("/storage/luns", fields="**")
        here = await pair.lyon.one("/storage/luns", fields="**")
        assert (here["name"], here["os_type"], here["space"]["size"]) == ("/vol/data_dr/lun", "linux", 65536)
        assert (here["status"]["mapped"], here["status"]["read_only"]) == (False, True)
        assert here["serial_number"] != there["serial_number"]
        copy = await mapped(pair.lyon, "/vol/data_dr/lun")
        assert await refused(copy.write(b"x")) == "EROFS"
        await source.write(b"later", offset=4096)
        await pair.update()
        assert await copy.read(offset=4096, length=5) == b"later"
        gone = await pair.lyon.refusal("DELETE", f"/storage/luns/{here['uuid']}", allow_delete_while_mapped="true")
        assert gone[0] == "131102"
        await pair.ask("broken_off")
        await copy.write(b"ours!", offset=4096)
        assert (pair.copy / "lun").read_bytes()[4096:4101] == b"ours!"
        kept = await pair.lyon.one("/storage/luns", fields="uuid,status.mapped")
        assert (kept["uuid"], kept["status"]["mapped"]) == (here["uuid"], True)

    in_pair(tmp_path, claim)
