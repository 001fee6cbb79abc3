"""LUNs and who sees them: made, changed and removed, one at a time and by query."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.contract.clients import MIB, SVMS, Clients, fresh, two_gone
from tests.contract.resources import ClientClass, ClientObject, Igroup, IgroupInitiator, Lun, LunMap

PARIS = {"name": SVMS["paris"]}
IQN = "iqn.2026-01.com.example"


def luns_live(netapp: Clients) -> None:
    with netapp.paris:
        volume = netapp.volume()
        name = f"/vol/{volume.name}/lun"
        one = a_lun(f"{name}_a")
        two = Lun(name=f"{name}_b", svm=PARIS, clone={"source": {"uuid": one.uuid}})
        two.post(hydrate=True)
        assert (one.os_type, one.space.size, one.status.mapped) == ("linux", 8 * MIB, False)
        one.comment = "ours"
        one.patch(hydrate=True)
        one.get(fields="**")
        assert (one.comment, one.location.volume.name) == ("ours", volume.name)
        three = Lun(name=f"/vol/{netapp.volume().name}/copy", svm=PARIS, copy={"source": {"name": one.name}})
        three.post(hydrate=True)
        three.name = f"{name}_c"
        three.patch(hydrate=True)
        three.get(fields="**")
        assert three.movement.paths.destination == three.name == f"{name}_c"
        three.delete()
        Lun.patch_collection({"enabled": False}, name=f"{name}*")
        assert {each.status.state for each in Lun.get_collection(name=f"{name}*", fields="status")} == {"offline"}
        two_gone(Lun, name, one, two)


def igroups_live(netapp: Clients) -> None:
    name = fresh("hosts")
    with netapp.paris:
        one = Igroup(name=f"{name}_a", svm=PARIS, os_type="linux", initiators=[{"name": f"{IQN}:{name}"}])
        two = Igroup(name=f"{name}_b", svm=PARIS, os_type="vmware", protocol="fcp")
        one.post(hydrate=True)
        two.post(hydrate=True)
        assert (one.protocol, [each.name for each in one.initiators]) == ("mixed", [f"{IQN}:{name}"])
        one.delete_on_unmap = True
        one.patch(hydrate=True)
        one.get(fields="**")
        assert one.delete_on_unmap is True
        Igroup.patch_collection({"os_type": "windows"}, name=f"{name}*")
        assert {each.os_type for each in Igroup.get_collection(name=f"{name}*", fields="os_type")} == {"windows"}
        two_gone(Igroup, name, one, two)


def initiators_live(netapp: Clients) -> None:
    with netapp.paris:
        group = Igroup(name=fresh("hosts"), svm=PARIS, os_type="linux")
        group.post(hydrate=True)
        one, two = (IgroupInitiator(group.uuid, name=f"{IQN}:{group.name}-{end}") for end in "ab")
        one.post(hydrate=True)
        two.post(hydrate=True)
        one.comment = "ours"
        one.patch()
        IgroupInitiator.patch_collection({"comment": "theirs"}, group.uuid, name="*-b")
        found = IgroupInitiator.get_collection(group.uuid, fields="comment", order_by="name")
        assert [each.comment for each in found] == ["ours", "theirs"]
        one.get()
        one.delete()
        IgroupInitiator.delete_collection(group.uuid, name="*")
        assert IgroupInitiator.count_collection(group.uuid) == 0
        group.delete()


def maps_live(netapp: Clients) -> None:
    with netapp.paris:
        volume = netapp.volume()
        group = Igroup(name=fresh("hosts"), svm=PARIS, os_type="linux")
        group.initiators = [{"name": f"{IQN}:{group.name}"}]
        group.post(hydrate=True)
        luns = [a_lun(f"/vol/{volume.name}/lun_{end}") for end in "ab"]
        one, two = (LunMap(svm=PARIS, lun={"uuid": lun.uuid}, igroup={"name": group.name}) for lun in luns)
        one.post(hydrate=True)
        two.post(hydrate=True)
        one.get(fields="**")
        assert (one.logical_unit_number, two.logical_unit_number) == (0, 1)
        with netapp.site.doors("paris") as doors:
            host = doors.block(f"{IQN}:{group.name}")
            assert [each.name for each in host.luns()] == [lun.name for lun in luns]
            host.lun(luns[1].name).write(b"bytes", offset=4096)
            assert host.lun(luns[1].serial_number).read(offset=4095, length=7) == b"\0bytes\0"
        ours = {"igroup.name": group.name}
        two.delete()
        LunMap.delete_collection(**ours)
        assert LunMap.count_collection(**ours) == 0
        Lun.delete_collection(**{"location.volume.name": volume.name})
        group.delete()


def a_lun(name: str) -> ClientObject:
    lun = Lun(name=name, svm=PARIS, os_type="linux", space={"size": 8 * MIB})
    lun.post(hydrate=True)
    return lun


LIVES_OF_LUNS: Mapping[ClientClass, Callable[[Clients], None]] = {
    Igroup: igroups_live,
    IgroupInitiator: initiators_live,
    Lun: luns_live,
    LunMap: maps_live,
}
