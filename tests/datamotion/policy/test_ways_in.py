"""By which ways hosts come in: what is noted of them, what is carried over, and what is told instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.group import Backend
from datamotion.model.mark import LONGEST_COMMENT, read_mark
from datamotion.model.plan import Plan
from datamotion.model.serving_acts import CreateShare, MapLun
from datamotion.model.serving_records import CifsServer, Igroup, Lun, LunMap, Permission, Share
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.volume_records import Volume
from datamotion.model.ways_in import EVERYONE, PROPERTIES, MapNote, ShareNote, read_maps, read_shares, write_shares
from datamotion.policy.clients.ways_in import ways_of
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_target_view,
    a_volume,
    changes,
    notes_of,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import LOST, LYON_TOOK_OVER, a_served, protect, seen

SVM = LYON.svm
OPLOCKS_OFF = tuple({**PROPERTIES, "oplocks": "false"}.items())


def a_lun(path: str, volume: Volume) -> Lun:
    return Lun(uuid=f"{volume.uuid}/{path}", volume_uuid=volume.uuid, path=path, is_enabled=True)


def a_map(lun: Lun, igroup: str, number: int, svm: str = SVM) -> LunMap:
    return LunMap(lun_uuid=lun.uuid, svm=svm, igroup=igroup, number=number)


def igroups(*names: str) -> tuple[Igroup, ...]:
    return tuple(Igroup(name=name, svm=SVM, initiators=frozenset({name})) for name in names)


def to_lyon(noted: dict[str, Any], *luns: str, igroup: dict[str, str] | None = None, **there: Any) -> Plan:
    """A failover to lyon with the home lost: what its mirror's mark notes, which LUNs it has, what is there."""
    mirror = a_volume(backend=LYON, comment=a_mark(**noted))
    lyon = a_cluster_view(LYON, [mirror], [a_mirror()], luns=tuple(a_lun(path, mirror) for path in luns), **there)
    group = a_group(LYON, NICE)
    targets = tuple(replace(each, igroups=igroup or {}) if each.backend is LYON else each for each in group.targets)
    standing = standing_of(seen(paris=LOST, lyon=lyon), replace(group, targets=targets))
    return planned(failover_planner(standing.group, FailoverChoice(to="gold-lyon", is_planned=False)), standing)


def mapped(plan: Plan) -> list[tuple[str, str, int | None]]:
    found = [each for each in changes(plan, "vol_1", LYON) if isinstance(each, MapLun)]
    return [(str(each.lun_uuid).removeprefix("gold-lyon/vol_1/"), each.igroup, each.number) for each in found]


def shared(plan: Plan) -> list[Share]:
    return [each.share for each in changes(plan, "vol_1", LYON) if isinstance(each, CreateShare)]


def test_luns_are_mapped_to_what_stands_for_their_igroups_under_their_numbers_and_last_of_all() -> None:
    plan = to_lyon({"maps": "disk:3:hosts,q/log:4"}, "disk", "q/log", igroup={"hosts": "dr"}, igroups=igroups("dr"))
    assert mapped(plan) == [("disk", "dr", 3), ("q/log", "dr", 4)]
    assert list(dict.fromkeys(step.title for step in plan.steps))[-3:] == ["Serve", "Map LUNs", "Confirm the epoch"]
    assert plan.differences == ()


def test_two_igroups_that_share_an_initiator_share_their_numbers_and_a_free_one_is_found() -> None:
    hosts = (
        Igroup(name="one", svm=SVM, initiators=frozenset({"iqn.a", "iqn.b"})),
        Igroup(name="two", svm=SVM, initiators=frozenset({"iqn.b"})),
        Igroup(name="far", svm=SVM, initiators=frozenset({"iqn.c"})),
    )
    plan = to_lyon({"maps": "a:0:far,b:0:one,c:1,d:0:two"}, "a", "b", "c", "d", igroups=hosts)
    assert mapped(plan) == [("a", "far", 0), ("b", "one", 0), ("c", "one", 1), ("d", "two", 2)]
    assert plan.differences == (
        "gold-lyon differs: LUN vol_1/d: mapped to igroup two as 2 where it was 0, which is in use there.",
    )


@pytest.mark.parametrize(
    ("noted", "there", "told"),
    [
        ({}, {}, "vol_1: its LUNs are mapped to nobody, and to whom they were was never noted"),
        ({"maps": "gone:0:hosts"}, {}, "LUN vol_1/gone: it was mapped to igroup hosts, and is not in this copy"),
        ({"maps": "disk:0:hosts"}, {}, f"LUN vol_1/disk: not mapped to igroup hosts: {SVM} has none of that name"),
        (
            {"maps": "disk:0:hosts"},
            {"igroups": None},
            "LUN vol_1/disk: not mapped to igroup hosts: lyon does not tell its maps",
        ),
        (
            {"maps": "disk:0:hosts"},
            {"igroups": igroups("hosts"), "lun_maps": None},
            "LUN vol_1/disk: not mapped to igroup hosts: lyon does not tell its maps",
        ),
        ({"maps": "+2"}, {}, "vol_1: 2 maps of its LUNs had no room in its comment"),
        ({"shares": "data"}, {}, f"SMB share data: not made for /vol_1: {SVM} has no CIFS server"),
        (
            {"shares": "data"},
            {"cifs_servers": None},
            "SMB share data: not made for /vol_1: lyon does not tell its CIFS servers and shares",
        ),
        ({"shares": "data", "path": None}, {}, "SMB share data: vol_1 is mounted nowhere"),
        ({"shares": "+1"}, {}, "vol_1: 1 SMB share of it had no room in its comment"),
    ],
)
def test_what_cannot_be_carried_over_is_told_by_name(noted: dict[str, Any], there: dict[str, Any], told: str) -> None:
    plan = to_lyon({"maps": "-", **noted} if "shares" in noted else noted, "disk", **there)
    assert (mapped(plan), shared(plan), plan.differences) == ([], [], (f"gold-lyon differs: {told}.",))


def test_a_map_that_is_there_stays_and_is_told_where_it_was_otherwise() -> None:
    mirror = a_volume(backend=LYON)
    there = (a_map(a_lun("disk", mirror), "hosts", 5), a_map(a_lun("disk", mirror), "more", 0))
    plan = to_lyon({"maps": "disk:0:hosts"}, "disk", igroups=igroups("hosts", "more"), lun_maps=there)
    assert mapped(plan) == []
    assert plan.differences == (
        "gold-lyon differs: LUN vol_1/disk: mapped to igroup hosts as 5 where it was 0.",
        "gold-lyon differs: LUN vol_1/disk: mapped to igroup more too, as it was not where it was served.",
    )


def test_a_share_is_made_below_the_junction_with_all_that_was_noted_of_it() -> None:
    server = (CifsServer(svm=SVM),)
    plan = to_lyon({"shares": "data,pub:docs:all:oplocks/false:alice/read/windows"}, cifs_servers=server)
    assert shared(plan) == [
        Share(svm=SVM, name="data", path="/vol_1", properties=tuple(PROPERTIES.items()), acl=EVERYONE),
        Share(
            svm=SVM,
            name="pub",
            path="/vol_1/docs",
            comment="all",
            properties=OPLOCKS_OFF,
            acl=(Permission("alice", "read"),),
        ),
    ]


def test_a_share_that_is_there_stays_and_what_of_it_is_otherwise_is_told() -> None:
    has = Share(svm=SVM, name="DATA", path="/VOL_1/", comment="ours", properties=OPLOCKS_OFF)
    plan = to_lyon({"shares": "data"}, cifs_shares=(has,), cifs_servers=(CifsServer(svm=SVM),))
    assert shared(plan) == []
    told = "SMB share data: it is there with another comment, oplocks, ACL than it had"
    assert plan.differences == (f"gold-lyon differs: {told}.",)


# -- what is noted


def comments(plan: Plan, backend: Backend) -> list[str]:
    found = (each for each in changes(plan, "vol_1", backend) if isinstance(each, ModifyVolume))
    return [each.comment for each in found if each.comment]


def noted(plan: Plan, name: str) -> list[str | None]:
    """What the marks that are to be written say by a name: the home's, then lyon's."""
    found = [each for backend in (HOME, LYON) for each in comments(plan, backend)]
    return [getattr(read_mark(each), name) for each in found]


def at_home(**there: Any) -> Plan:
    """What `apply` does of a volume that the home serves and lyon mirrors."""
    return protect(seen(paris=a_cluster_view(HOME, [a_volume()], **there), lyon=a_target_view(LYON, "vol_1")))


def test_what_hosts_have_is_noted_with_every_copy() -> None:
    disk, bare = a_lun("disk", a_volume()), a_lun("bare", a_volume())
    share = Share(svm=HOME.svm, name="data", path="/VOL_1/docs", properties=OPLOCKS_OFF, acl=EVERYONE)
    above = Share(svm=HOME.svm, name="above", path="/", acl=EVERYONE)
    maps = (a_map(disk, "hosts", 3, HOME.svm),)
    plan = at_home(luns=(disk, bare), lun_maps=maps, cifs_shares=(share, above))
    assert noted(plan, "maps") == ["disk:3:hosts"] * 2
    assert noted(plan, "shares") == ["data:docs::oplocks/false"] * 2


def test_luns_that_are_mapped_to_nobody_are_noted_so_and_without_luns_nothing_is() -> None:
    assert noted(at_home(luns=(a_lun("disk", a_volume()),)), "maps") == ["-"] * 2
    assert noted(at_home(), "maps") == []


@pytest.mark.parametrize("untold", ["luns", "lun_maps", "cifs_shares"])
def test_what_is_not_told_leaves_the_note_as_it_is(untold: str) -> None:
    home = a_volume(comment=a_mark(maps="disk:3:hosts", shares="data"))
    lyon = a_volume(backend=LYON, comment=home.comment)
    has: dict[str, Any] = {"luns": (a_lun("disk", home),)}
    has["lun_maps"] = (a_map(a_lun("disk", home), "hosts", 3, HOME.svm),)
    has["cifs_shares"] = (Share(svm=HOME.svm, name="data", path="/vol_1", acl=EVERYONE),)
    view = seen(
        paris=a_cluster_view(HOME, [home], **{**has, untold: None}), lyon=a_cluster_view(LYON, [lyon], [a_mirror()])
    )
    assert noted(protect(view), "maps") == []


def test_maps_for_which_there_is_no_room_are_counted_and_room_is_left_for_what_comes() -> None:
    volume = a_volume(comment="x" * 300 + " " + a_mark())
    luns = tuple(a_lun(f"lun-{number:040}", volume) for number in range(40))
    maps = tuple(a_map(lun, "hosts", number, HOME.svm) for number, lun in enumerate(luns))
    plan = protect(
        seen(
            paris=a_cluster_view(HOME, [volume], luns=luns, lun_maps=maps),
            lyon=a_cluster_view(LYON, [a_volume(backend=LYON)], [a_mirror()]),
        )
    )
    here, there = (read_maps(each) for each in noted(plan, "maps"))
    assert here is not None
    assert there is not None
    for each in (here, there):
        assert len(each.found) + each.left_out == 40
        assert each.found == tuple(MapNote(f"lun-{n:040}", n, "hosts") for n in range(len(each.found)))
    assert 3 < len(here.found) < len(there.found), "each as its own comment has room"
    assert all(len(each) <= LONGEST_COMMENT - 200 for at in (HOME, LYON) for each in comments(plan, at))
    assert any("not all LUN maps and SMB shares have room" in note for note in notes_of(plan))
    assert not plan.refusals


def test_who_took_over_notes_what_it_has_beside_what_it_lacks_in_the_homes_names() -> None:
    """Its igroup `dr` stands for `hosts`; `backup` it has not; the LUN `old` is gone."""
    serving = a_served(comment=a_mark(maps="disk:3:hosts,old:4,disk:0:backup", shares="data,pub"))
    disk = a_lun("disk", serving)
    lyon = a_cluster_view(
        LYON,
        [serving],
        claims=LYON_TOOK_OVER,
        luns=(disk,),
        lun_maps=(a_map(disk, "dr", 9),),
        cifs_shares=(Share(svm=SVM, name="PUB", path="/vol_1/x", acl=EVERYONE),),
    )
    group = a_group(LYON)
    targets = (replace(group.targets[0], igroups={"hosts": "dr"}),)
    standing = standing_of(seen(paris=LOST, lyon=lyon), replace(group, targets=targets))
    copy = standing.copy("gold-lyon", "vol_1")
    assert copy is not None
    ways = ways_of(standing, copy)
    assert ways.maps is not None
    assert set(ways.maps.found) == {MapNote("disk", 9, "hosts"), MapNote("disk", 0, "backup")}
    assert ways.shares is not None
    assert {each.name: each.below for each in ways.shares.found} == {"PUB": "x", "data": ""}


@pytest.mark.parametrize("text", ["", "disk", "disk:x:hosts", "disk:1", ":1:hosts", "disk:1:a:b", "+x", "disk:²:hosts"])
def test_maps_that_nobody_here_wrote_are_none_and_are_counted(text: str) -> None:
    assert read_maps(text) == ((), int(bool(text)))


@pytest.mark.parametrize("text", [":docs", "a:b:c:oplocks", "a:b:c:magic/true", "a::::alice/read"])
def test_shares_that_nobody_here_wrote_are_none_and_are_counted(text: str) -> None:
    assert read_shares(text) == ((), 1)


def test_a_share_that_lets_nobody_in_stays_so() -> None:
    nobody = ShareNote("a, b:c/d", "e f", "x,y:z", OPLOCKS_OFF, ())
    text = write_shares([nobody], 500)
    assert read_shares(text) == ((nobody,), 0)
