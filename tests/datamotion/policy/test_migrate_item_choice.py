"""Which mechanism brings a LUN elsewhere: by where from, where to, and what is seen there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.group import Backend
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import Passage, PlacedLun
from datamotion.model.plan import Plan
from datamotion.model.serving_records import Igroup
from datamotion.model.view import Aspect, ClusterView, Unreadable, Unseen, View
from datamotion.model.volume_records import Svm, SvmPeer
from datamotion.model.words import PassageState, VolumeState, VolumeType
from datamotion.policy.migrate import abort_planner, migrate_planner
from datamotion.policy.situation import Situation
from datamotion.policy.standing.standing import stand
from tests.datamotion.building import HOME, LYON, a_cluster_view, a_volume, changes

NAME, CLONE, MOVE, COPY = "another name", "FlexClone of the LUN", "LUN move", "LUN copy"
BY_HAND = "copy through this host"
OTHER = Backend(name="gold-other", cluster=HOME.cluster, svm="svm_other")
LUN = PlacedLun(
    uuid="lun-1",
    svm=HOME.svm,
    volume="vol_1",
    path="disk",
    size_bytes=2**20,
    used_bytes=2**20,
    serial="abc",
    is_enabled=True,
    comment="",
    igroups=(("hosts", 0),),
)
HOSTS = Igroup(name="hosts", svm=HOME.svm, protocol="iscsi", os_type="linux", initiators=frozenset({"iqn.one"}))
STRANGERS = replace(HOSTS, svm=OTHER.svm, initiators=frozenset({"iqn.two"}))


def paris(*luns: PlacedLun, second: Any = None, **more: Any) -> ClusterView:
    """vol_1 and vol_2 of the home, vol_3 of another SVM there."""
    vol_2 = second or a_volume("vol_2", uuid="v2", comment="", size_bytes=2**30, used_bytes=0)
    vol_3 = a_volume("vol_3", uuid="v3", svm=OTHER.svm, comment="", size_bytes=2**30, used_bytes=0)
    view = a_cluster_view(HOME, [a_volume(comment=""), vol_2, vol_3], claims=())
    svms = (*view.svms, Svm(uuid="paris/other", name=OTHER.svm, state="running"))
    return replace(view, **{"svms": svms, "lun_places": luns or (LUN,), "igroups": (HOSTS,), **more})


def to(where: Backend = HOME, volume: str = "vol_2", path: str = "disk", **more: Any) -> ItemMigration:
    names = {"source": HOME, "volume": "vol_1", "path": "disk"}
    return ItemMigration(**{**names, "to": where, "to_volume": volume, "to_path": path, **more})


def planned(migration: ItemMigration, view: View, *, aborted: bool = False) -> Plan:
    planner = abort_planner(migration) if aborted else migrate_planner(migration)
    return planner(Situation.at_first_sight(stand(migration.group, view)))


def acts(plan: Plan) -> list[str]:
    return [type(each).__name__ for each in changes(plan)]


LARGE = replace(LUN, size_bytes=2**40)
THICK = replace(LARGE, is_reserved=True)
GROWS = a_volume("vol_2", uuid="v2", comment="", size_bytes=2**30, used_bytes=0, autosize="grow")
FULL = a_volume("vol_2", uuid="v2", comment="", size_bytes=2**20, used_bytes=2**20)
MIRROR = a_volume("vol_2", uuid="v2", comment="", type=VolumeType.DP)
OFFLINE = a_volume("vol_2", uuid="v2", comment="", state=VolumeState.OFFLINE)
UNREADABLE = Unreadable(aspect=Aspect.LUN_PLACES, reason="of no size", svm=HOME.svm, name="/vol/vol_1/disk")


@pytest.mark.parametrize(
    ("migration", "view", "mechanism"),
    [
        (to(volume="vol_1"), paris(), NAME),  # nothing to do
        (to(volume="vol_1", path="other"), paris(), NAME),
        (to(volume="vol_1", path="other", keeps_source=True), paris(), CLONE),
        (to(), paris(), MOVE),
        (to(keeps_source=True), paris(), None),
        (to(), paris(second=FULL), None),
        (to(), paris(LARGE), MOVE),
        (to(), paris(THICK), None),
        (to(), paris(THICK, second=GROWS), MOVE),
        (to(volume="vol_1", path="other"), paris(THICK), NAME),
        (to(OTHER, "vol_3"), paris(LARGE), COPY),
        (to(OTHER, "vol_3"), paris(THICK), None),
        (to(), paris(second=MIRROR), None),
        (to(), paris(second=OFFLINE), None),
        (to(volume="vol_9"), paris(), None),
        (to(), paris(LUN, replace(LUN, uuid="lun-2", volume="vol_2")), None),
        (to(), paris(lun_places=None), None),
        (to(), paris(replace(LUN, path="other"), unreadable=(UNREADABLE,)), None),
        (to(), Unseen(reason="paris did not answer"), None),
        (to(OTHER, "vol_3"), paris(), COPY),
        (to(OTHER, "vol_3", keeps_source=True), paris(), COPY),
        (to(OTHER, "vol_3"), paris(igroups=None), None),
        (to(OTHER, "vol_3"), paris(igroups=(HOSTS, STRANGERS)), None),
        (to(OTHER, "vol_3"), paris(replace(LUN, comment="x" * 250)), None),
        (to(OTHER, "vol_3"), paris(svms=()), None),
    ],
)
def test_the_cheapest_that_the_two_places_allow(migration: ItemMigration, view: Any, mechanism: str | None) -> None:
    plan = planned(migration, {"paris": view})
    assert (plan.offer.mechanism if plan.offer else None) == mechanism
    assert bool(plan.refused) is (mechanism is None)
    if plan.offers:
        assert [each.mechanism for each in plan.offers] == [NAME, CLONE, MOVE, COPY, BY_HAND]
        assert all(each.why_not for each in plan.offers if each.mechanism != mechanism)
    if plan.refused is not None:
        assert plan.refused.hint or plan.refused.unseen
        assert not plan.steps


def test_to_another_cluster_the_whole_volume_is_to_go() -> None:
    lyon = a_cluster_view(LYON, [a_volume("vol_2", uuid="v9", comment="")], claims=())
    plan = planned(to(LYON), {"paris": paris(), "lyon": lyon})
    assert plan.refused is not None
    assert "datamotion migrate gold-paris:vol_1 --to" in (plan.refused.hint or "")


def moving(state: PassageState, destination: str = "/vol/vol_2/disk") -> Passage:
    return Passage(source="/vol/vol_1/disk", destination=destination, state=state, percent=50)


THERE = replace(LUN, volume="vol_2")


@pytest.mark.parametrize(
    ("lun", "asked_for"),
    [
        (LUN, ["MoveLun", "AwaitLunMove"]),
        (replace(LUN, move=moving(PassageState.PREPARING)), ["AwaitLunMove"]),  # it is not there yet, and on its way
        (replace(LUN, move=moving(PassageState.FAILED)), ["MoveLun", "AwaitLunMove"]),
        (replace(LUN, move=moving(PassageState.PREPARING, "/vol/vol_7/disk")), []),
        (replace(THERE, move=moving(PassageState.REPLICATING)), ["AwaitLunMove"]),
        (replace(THERE, move=moving(PassageState.PAUSED_ERROR)), ["AwaitLunMove"]),
        (replace(THERE, move=moving(PassageState.COMPLETE)), []),
    ],
)
def test_a_move_goes_on_from_what_is_seen(lun: PlacedLun, asked_for: list[str]) -> None:
    plan = planned(to(), {"paris": paris(lun)})
    assert acts(plan) == asked_for
    assert bool(plan.refusals) is (not asked_for and not plan.holds)


def copied(state: PassageState, size_bytes: int = LUN.size_bytes, more: str = "") -> PlacedLun:
    return replace(
        LUN,
        uuid="lun-9",
        svm=OTHER.svm,
        volume="vol_3",
        size_bytes=size_bytes,
        comment=f"[datamotion copy of lun-1{more}]",
        igroups=(),
        copy=Passage(source=LUN.name, destination=None, state=state, percent=50),
    )


HELD = replace(LUN, is_enabled=False, comment="[datamotion copies it elsewhere]")


@pytest.mark.parametrize(
    ("luns", "first"),
    [
        ((HELD, copied(PassageState.REPLICATING)), "AwaitLunCopy"),
        ((HELD, copied(PassageState.COMPLETE, size_bytes=4096)), None),  # not as large, and never will be: never whole
        ((HELD, copied(PassageState.COMPLETE)), "CreateIgroup"),
        ((LUN, copied(PassageState.COMPLETE)), None),  # hosts write to the old one: nothing goes on
        ((copied(PassageState.REPLICATING),), None),  # the old one is out of sight, and nobody saw this one whole
        ((copied(PassageState.COMPLETE),), None),  # nobody saw this one mapped either: somebody deleted the old one
        ((copied(PassageState.COMPLETE, more=", mapped"),), "MarkLun"),
    ],
)
def test_no_old_lun_goes_before_the_new_one_is_whole_and_mapped(luns: Any, first: str | None) -> None:
    view = paris(*luns)
    peering = planned(to(OTHER, "vol_3"), {"paris": paris()})
    assert acts(peering) == ["PeerSvms"]
    plan = planned(to(OTHER, "vol_3"), {"paris": replace(view, svm_peers=(_peer(),))})
    assert acts(plan)[:1] == ([first] if first else [])
    assert bool(plan.refusals) is (first is None)
    assert "DeleteLun" not in acts(plan)[:2]


def _peer() -> SvmPeer:
    svms = {each.name: each.uuid for each in paris().svms}
    return SvmPeer(
        uuid="p-1",
        name=HOME.svm,
        svm=OTHER.svm,
        peer_svm=HOME.svm,
        peer_svm_uuid=svms[HOME.svm],
        peer_cluster="paris",
        peer_cluster_uuid=None,
        state="peered",
        applications=frozenset({"lun_copy"}),
    )


def test_a_copy_is_undone_until_the_old_lun_is_gone_and_a_move_is_not() -> None:
    place = to(OTHER, "vol_3")
    both = paris(HELD, copied(PassageState.COMPLETE))
    assert acts(planned(place, {"paris": both}, aborted=True)) == ["DeleteLun", "MarkLun"]
    assert planned(place, {"paris": paris(copied(PassageState.COMPLETE))}, aborted=True).refused
    assert planned(place, {"paris": paris()}, aborted=True).refused
    begun = paris(replace(THERE, move=moving(PassageState.REPLICATING)))
    assert planned(to(), {"paris": begun}, aborted=True).refused
