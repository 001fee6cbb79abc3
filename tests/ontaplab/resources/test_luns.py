"""LUNs, initiator groups and maps; and that LUNs go wherever their volume's tree goes."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from netapp_ontap.resources.igroup import Igroup
from netapp_ontap.resources.igroup_initiator import IgroupInitiator
from netapp_ontap.resources.lun import Lun
from netapp_ontap.resources.lun_map import LunMap

from ontaplab.doors.errors import DoorError
from ontaplab.inprocess import lab_clusters
from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.oracle import complaints

# The client declares some fields in a way that its own library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning")

IQN = "iqn.2026-01.com.example:host1"
MIB = 1024**2


async def a_lun(paris: Asker, name: str | None = "/vol/vol_1/lun_1", **more: Any) -> dict[str, Any]:
    body = {"name": name, "svm.name": "svm1", "os_type": "linux", "space": {"size": 16 * MIB}, **more}
    return await paris.post("/storage/luns", body)


async def mapped(paris: Asker, name: str = "/vol/vol_1/lun_1", group: str = "hosts") -> dict[str, Any]:
    """The group, which has IQN, sees the LUN."""
    if not await paris.get("/protocols/san/igroups", name=group):
        body = {"name": group, "svm.name": "svm1", "os_type": "linux", "initiators": [{"name": IQN}]}
        await paris.post("/protocols/san/igroups", body)
    return await paris.post("/protocols/san/lun-maps", {"svm.name": "svm1", "lun.name": name, "igroup.name": group})


async def told(paris: Asker, **query: str) -> dict[str, Any]:
    return await paris.one("/storage/luns", fields="**", **query)


def test_a_lun_is_made_changed_and_removed(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await paris.volume("vol_1")
        made = await a_lun(paris, comment="ours")
        lun = await told(paris, name="/vol/vol_1/lun_1")
        assert (lun["uuid"], lun["space"]["size"], lun["comment"]) == (made["uuid"], 16 * MIB, "ours")
        assert lun["status"] == {"container_state": "online", "mapped": False, "read_only": False, "state": "online"}
        assert len(lun["serial_number"]) == 12
        path = f"/storage/luns/{lun['uuid']}"
        await paris.patch(path, {"name": "/vol/vol_1/lun_2", "space.size": 32 * MIB, "enabled": False})
        changed = await told(paris, uuid=lun["uuid"])
        assert (changed["name"], changed["space"]["size"]) == ("/vol/vol_1/lun_2", 32 * MIB)
        assert (changed["status"]["state"], changed["serial_number"]) == ("offline", lun["serial_number"])
        told_thin = "scsi_thin_provisioning_support_enabled"
        assert changed["space"][told_thin] is False
        await paris.patch(path, {f"space.{told_thin}": True})
        assert (await told(paris, uuid=lun["uuid"]))["space"][told_thin] is True
        assert (await paris.refusal("PATCH", path, {"space.size": MIB}))[0] == "5374134"
        await a_lun(paris, None, location={"volume": {"name": "vol_1"}, "logical_unit": "lun_1"})
        taken = {"name": "/vol/vol_1/lun_1", "svm.name": "svm1", "os_type": "linux", "space.size": MIB}
        assert (await paris.refusal("POST", "/storage/luns", taken))[0] == "5374242"
        assert (await paris.refusal("POST", "/storage/luns", {**taken, "name": "/vol/none/l"}))[0] == "918235"
        assert (await paris.refusal("POST", "/storage/luns", {**taken, "name": "/vol/vol_1/a/b/c"}))[0] == "5374352"
        huge = {**taken, "name": "/vol/vol_1/huge", "space.size": "2GB"}
        assert (await paris.refusal("POST", "/storage/luns", huge))[0] == "131100"
        await paris.delete(path)
        assert [each["name"] for each in await paris.get("/storage/luns")] == ["/vol/vol_1/lun_1"]

    in_lab(tmp_path, claim, peered=False)


def test_maps_number_luns_once_for_each_initiator(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await paris.volume("vol_1")
        for number in (1, 2, 3):
            await a_lun(paris, f"/vol/vol_1/lun_{number}")
        first = await mapped(paris)
        second = await mapped(paris, "/vol/vol_1/lun_2", "others")
        body = {"svm.name": "svm1", "lun.name": "/vol/vol_1/lun_3", "igroup.name": "hosts"}
        taken = await paris.refusal("POST", "/protocols/san/lun-maps", {**body, "logical_unit_number": 1})
        assert taken[0] == "5374035", "the initiator sees number 1 by the other group"
        await paris.svm("svm2")
        await paris.volume("vol_2", {"svm.name": "svm2"})
        await a_lun(paris, "/vol/vol_2/lun", **{"svm.name": "svm2"})
        there = {"name": "hosts", "svm.name": "svm2", "os_type": "linux", "initiators": [{"name": IQN}]}
        await paris.post("/protocols/san/igroups", there)
        other_target = {"svm.name": "svm2", "lun.name": "/vol/vol_2/lun", "igroup.name": "hosts"}
        of_svm2 = await paris.post("/protocols/san/lun-maps", {**other_target, "logical_unit_number": 0})
        await paris.delete(f"/protocols/san/lun-maps/{of_svm2['lun']['uuid']}/{of_svm2['igroup']['uuid']}")
        twice = await paris.refusal("POST", "/protocols/san/lun-maps", {**body, "lun.name": "/vol/vol_1/lun_1"})
        assert twice[0] == "1254207"
        assert (await paris.refusal("POST", "/protocols/san/lun-maps", {**body, "igroup.name": "no"}))[0] == "5374878"
        maps = await paris.get("/protocols/san/lun-maps", fields="logical_unit_number", order_by="logical_unit_number")
        assert [each["logical_unit_number"] for each in maps] == [0, 1]
        lun = f"/storage/luns/{first['lun']['uuid']}"
        assert (await paris.refusal("DELETE", lun))[0] == "1254197"
        await paris.delete(lun, allow_delete_while_mapped="true")
        await paris.delete(f"/protocols/san/lun-maps/{second['lun']['uuid']}/{second['igroup']['uuid']}")
        assert await paris.get("/protocols/san/lun-maps") == []

    in_lab(tmp_path, claim, peered=False)


def test_every_field_is_one_that_the_client_knows(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await paris.volume("vol_1")
        policy = {"name": "slow", "svm.name": "svm1", "fixed": {"max_throughput_iops": 100}}
        await paris.post("/storage/qos/policies", policy)
        await a_lun(paris, comment="ours", qos_policy={"name": "slow"})
        group = (await mapped(paris))["igroup"]["uuid"]
        for path, resource in {
            "/storage/luns": Lun,
            "/protocols/san/igroups": Igroup,
            f"/protocols/san/igroups/{group}/initiators": IgroupInitiator,
            "/protocols/san/lun-maps": LunMap,
        }.items():
            assert complaints(await paris.one(path, fields="**"), resource) == [], path

    in_lab(tmp_path, claim, peered=False)


def test_luns_go_with_snapshots_restores_and_clones(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("vol_1")
        lun = await told(paris, uuid=(await a_lun(paris))["uuid"])
        await mapped(paris)
        blocks = paris.doors.block(IQN).lun(lun["serial_number"])
        await blocks.write(b"before", offset=4096)
        await paris.post(f"/storage/volumes/{volume['uuid']}/snapshots", {"name": "then"})
        await blocks.write(b"after!", offset=4096)
        await a_lun(paris, "/vol/vol_1/lun_2")
        clone = {"clone.parent_volume.name": "vol_1", "clone.parent_snapshot.name": "then", "clone.is_flexclone": True}
        await paris.post("/storage/volumes", {"name": "twin", "svm.name": "svm1", **clone})
        (twin,) = await paris.get("/storage/luns", **{"location.volume.name": "twin", "fields": "status,serial_number"})
        assert (twin["name"], twin["status"]["mapped"]) == ("/vol/twin/lun_1", False)
        assert twin["serial_number"] != lun["serial_number"]
        await paris.patch(f"/storage/volumes/{volume['uuid']}", {}, **{"restore_to.snapshot.name": "then"})
        assert await blocks.read(offset=4096, length=6) == b"before"
        kept = await paris.get("/storage/luns", **{"location.volume.name": "vol_1"})
        assert [each["uuid"] for each in kept] == [lun["uuid"]]
        await paris.delete("/storage/luns", name="*", allow_delete_while_mapped="true")
        assert await paris.get("/storage/luns") == []

    in_lab(tmp_path, claim, peered=False)


def test_a_lun_is_cloned_within_its_volume(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await paris.volume("vol_1")
        await paris.volume("vol_2")
        await a_lun(paris)
        await mapped(paris)
        host = paris.doors.block(IQN)
        await host.lun("/vol/vol_1/lun_1").write(b"bytes", offset=MIB)
        clone = {"name": "/vol/vol_1/twin", "svm.name": "svm1", "clone.source.name": "/vol/vol_1/lun_1"}
        await paris.post("/storage/luns", clone)
        away = await paris.refusal("POST", "/storage/luns", {**clone, "name": "/vol/vol_2/twin"})
        assert away[0] == "1260121"
        await host.lun("/vol/vol_1/lun_1").write(b"other", offset=MIB)
        assert [each.name for each in await host.luns()] == ["/vol/vol_1/lun_1"], "the clone is not mapped"
        await mapped(paris, "/vol/vol_1/twin")
        assert await host.lun("/vol/vol_1/twin").read(offset=MIB, length=5) == b"bytes"

    in_lab(tmp_path, claim, peered=False)


async def refused(paris: Asker, which: str) -> str:
    """The error number with which a write is refused."""
    with pytest.raises(DoorError) as refusal:
        await paris.doors.block(IQN).lun(which).write(b"x")
    return errno.errorcode[refusal.value.errno or 0]


def test_which_fence_keeps_a_block_host_out(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("vol_1")
        lun = await told(paris, uuid=(await a_lun(paris))["uuid"])
        serial = lun["serial_number"]
        assert await refused(paris, serial) == "ENXIO", "it is not mapped"
        its_map = await mapped(paris)
        blocks = paris.doors.block(IQN).lun(serial)
        await blocks.write(b"mapped")
        assert (tmp_path / "paris" / "by-name" / "svm1" / "vol_1" / "lun_1").read_bytes()[:6] == b"mapped"
        with pytest.raises(DoorError):
            await blocks.write(b"xx", offset=16 * MIB - 1)
        await paris.patch(f"/storage/luns/{lun['uuid']}", {"enabled": False})
        assert await refused(paris, serial) == "ENXIO"
        await paris.patch(f"/storage/luns/{lun['uuid']}", {"enabled": True})
        await paris.patch(f"/storage/volumes/{volume['uuid']}", {"state": "offline"})
        assert await refused(paris, serial) == "ENXIO"
        assert (await told(paris))["status"]["container_state"] == "volume_offline"
        assert (await paris.refusal("DELETE", f"/storage/luns/{lun['uuid']}"))[0] == "5374866"
        await paris.patch(f"/storage/volumes/{volume['uuid']}", {"state": "online"})
        await blocks.write(b"again!")
        await paris.delete(f"/protocols/san/lun-maps/{lun['uuid']}/{its_map['igroup']['uuid']}")
        assert await refused(paris, serial) == "ENXIO"

    in_lab(tmp_path, claim, peered=False)


def test_luns_and_maps_are_there_after_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        paths = ("/storage/luns", "/protocols/san/igroups", "/protocols/san/lun-maps")
        async with lab_clusters("paris", root=tmp_path, durable=True) as lab, lab["paris"].client() as client:
            paris = Asker(lab["paris"], client)
            await paris.svm("svm1")
            await paris.volume("vol_1")
            other = await paris.volume("vol_2")
            await a_lun(paris)
            await mapped(paris)
            before = [await paris.get(path, fields="**") for path in paths]
            (lun_map,) = paris.cluster.lun_maps  # as when a crash cut off a move after the LUN had arrived
            paris.cluster.lun_maps.put(replace(lun_map, volume=other["uuid"]))
            paris.cluster.store.close()
        async with lab_clusters("paris", root=tmp_path, durable=True) as lab, lab["paris"].client() as client:
            paris = Asker(lab["paris"], client)
            assert [await paris.get(path, fields="**") for path in paths] == before
            await paris.doors.block(IQN).lun("/vol/vol_1/lun_1").write(b"x")

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_what_a_crash_left_of_a_new_lun_is_no_lun_and_in_nobodys_way(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await paris.volume("vol_1")
        await a_lun(paris)
        (tmp_path / "paris" / "by-name" / "svm1" / "vol_1" / "lun_1").unlink()
        assert await paris.get("/storage/luns") == []
        again = await a_lun(paris)
        assert [each["uuid"] for each in await paris.get("/storage/luns")] == [again["uuid"]]

    in_lab(tmp_path, claim, peered=False)


def test_initiators_come_and_go(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        body = {"name": "hosts", "svm.name": "svm1", "os_type": "linux", "protocol": "iscsi", "delete_on_unmap": True}
        group = await paris.post("/protocols/san/igroups", body)
        assert (await paris.refusal("POST", "/protocols/san/igroups", body))[0] == "5374023"
        path = f"/protocols/san/igroups/{group['uuid']}/initiators"
        await paris.post(path, {"name": IQN})
        assert (await paris.refusal("POST", path, {"name": IQN.upper()}))[0] == "5374031"
        assert (await paris.refusal("POST", path, {"name": "20:00:00:25:b5:00:00:01"}))[0] == "5373971"
        await paris.volume("vol_1")
        await a_lun(paris)
        its_map = await mapped(paris)
        assert (await paris.refusal("DELETE", f"{path}/{IQN}"))[0] == "5374029"
        assert (await paris.refusal("DELETE", f"/protocols/san/igroups/{group['uuid']}"))[0] == "1254213"
        await paris.delete(f"/protocols/san/lun-maps/{its_map['lun']['uuid']}/{group['uuid']}")
        assert await paris.get("/protocols/san/igroups") == [], "its last map is gone"

    in_lab(tmp_path, claim, peered=False)


def test_a_lun_is_moved_to_another_volume_and_hosts_go_on(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await paris.volume("vol_1")
        await paris.volume("vol_2")
        lun = await told(paris, uuid=(await a_lun(paris, space={"size": 64 * MIB}))["uuid"])
        await mapped(paris)
        blocks = paris.doors.block(IQN).lun(lun["serial_number"])
        await blocks.write(b"bytes" * MIB * 10, offset=4096)
        path = f"/storage/luns/{lun['uuid']}"
        await paris.patch(path, {"name": "/vol/vol_2/moved"})
        now = await told(paris, uuid=lun["uuid"])
        assert (now["name"], now["serial_number"], now["status"]["mapped"]) == (
            "/vol/vol_2/moved",
            lun["serial_number"],
            True,
        )
        assert now["movement"]["paths"] == {"source": "/vol/vol_1/lun_1", "destination": "/vol/vol_2/moved"}
        assert now["movement"]["progress"]["state"] == "replicating"
        assert (await paris.refusal("PATCH", path, {"copy.source.progress.state": "paused"}))[0] == "262197"
        assert await blocks.read(offset=4096, length=10) == b"bytesbytes"
        assert not (tmp_path / "paris" / "by-name" / "svm1" / "vol_1" / "lun_1").exists()
        await paris.patch(path, {"movement.progress.state": "paused"})
        await trio.sleep(60)
        assert (await told(paris))["movement"]["progress"]["state"] == "paused"
        await paris.patch(path, {"movement.progress.state": "replicating"})
        await trio.sleep(60)
        progress = (await told(paris))["movement"]["progress"]
        assert (progress["state"], progress["percent_complete"]) == ("complete", 100)
        assert complaints(await told(paris), Lun) == []
        await paris.patch(path, {"name": "/vol/vol_1/back"})
        assert (await told(paris))["uuid"] == lun["uuid"]

    in_lab(tmp_path, claim, peered=False)


def test_a_lun_is_copied_to_another_volume_and_to_a_peer(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await paris.volume("vol_1")
        await paris.volume("vol_2")
        await paris.svm("svm2")
        await paris.volume("vol_3", {"svm.name": "svm2"})
        await a_lun(paris)
        await mapped(paris)
        source = paris.doors.block(IQN).lun("/vol/vol_1/lun_1")
        await source.write(b"then", offset=8192)
        copy = {"name": "/vol/vol_2/copy", "svm.name": "svm1", "copy.source.name": "/vol/vol_1/lun_1"}
        await paris.post("/storage/luns", copy)
        await source.write(b"now!", offset=8192)
        made = await told(paris, name="/vol/vol_2/copy")
        assert made["copy"]["source"]["name"] == "/vol/vol_1/lun_1"
        assert made["copy"]["source"]["progress"]["state"] == "replicating"
        assert complaints(made, Lun) == []
        seen = tmp_path / "paris" / "by-name"
        assert (seen / "svm1" / "vol_2" / "copy").read_bytes()[8192:8196] == b"then"
        await trio.sleep(60)
        assert (await told(paris, name="*copy"))["copy"]["source"]["progress"]["state"] == "complete"
        away = {**copy, "name": "/vol/vol_3/copy", "svm.name": "svm2", "copy.source.peer.name": "svm1"}
        assert (await paris.refusal("POST", "/storage/luns", away))[0] == "7013360"
        peer = {"svm.name": "svm1", "peer.svm.name": "svm2", "applications": ["lun_copy"]}
        await paris.post("/svm/peers", peer)
        await paris.post("/storage/luns", away)
        assert (seen / "svm2" / "vol_3" / "copy").read_bytes()[8192:8196] == b"now!"

    in_lab(tmp_path, claim, peered=False)
