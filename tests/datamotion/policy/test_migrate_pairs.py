"""Which mechanism is taken: for each kind of object and each pair of places, and for all that may be missing there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from datamotion.model.cluster_records import Aggregate
from datamotion.model.group import Backend
from datamotion.model.group_migration import GroupMigration
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import FileName, PlacedFile, PlacedLun
from datamotion.model.migration import ALL_SNAPSHOTS, Migration
from datamotion.model.mirror_records import Policy
from datamotion.model.plan import Plan
from datamotion.model.serving_records import Igroup
from datamotion.model.view import Aspect, ClusterView, Unreadable, Unseen
from datamotion.model.volume_records import Svm, SvmPeer
from datamotion.policy.migrate import AnyMigration, migrate_planner
from datamotion.policy.situation import Situation
from datamotion.policy.standing.standing import stand
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    NICE,
    NOON,
    a_cluster_view,
    a_group,
    a_mirror,
    a_peer,
    a_snapshot,
    a_volume,
)

BESIDE = Backend(name="gold-other", cluster=HOME.cluster, svm="svm_other")
MOVE, MIRROR, HOMING = "volume move", "SnapMirror and cut-over", "SnapMirror, cut-over, and its mirrors follow"
LUN_NAME, LUN_CLONE, LUN_MOVE, LUN_COPY = "another name", "FlexClone of the LUN", "LUN move", "LUN copy"
PATH, FILE_CLONE, FILE_COPY = "another path", "FlexClone of the file", "file copy"
MIRRORS, CLONES = frozenset({MIRROR, HOMING}), frozenset({LUN_CLONE, FILE_CLONE})
BETWEEN_SVMS = frozenset({*MIRRORS, LUN_COPY, FILE_COPY})
MAKES_VOLUMES = frozenset({MOVE, *MIRRORS})
OF_ITEMS = frozenset({LUN_NAME, LUN_CLONE, LUN_MOVE, LUN_COPY, PATH, FILE_CLONE, FILE_COPY})


BESIDE_ALONE = "SVM, mirrored to another cluster"


class Row(NamedTuple):
    """What is brought where, and how where all is there; None: not at all."""

    what: str
    where: str
    migration: AnyMigration
    mechanism: str | None


def _item(path: str, to: Backend, volume: str, to_path: str, *, keeps_source: bool = False) -> ItemMigration:
    names: dict[str, Any] = {
        "source": HOME,
        "volume": "vol_1",
        "path": path,
        "to": to,
        "to_volume": volume,
        "to_path": to_path,
    }
    return ItemMigration(**names, keeps_source=keeps_source)


def rows() -> Iterator[Row]:
    for to, where in ((HOME, "aggregate"), (BESIDE, "SVM"), (LYON, "cluster")):
        mechanism = MOVE if to is HOME else MIRROR
        migration = Migration(source=HOME, volumes=("vol_2",), to=to, aggregates=("aggr2",))
        for keeps_source in (False, True) if to is not HOME else (False,):
            yield Row("volume", where, replace(migration, keeps_source=keeps_source), mechanism)
        member = replace(migration, volumes=("vol_1",))
        yield Row("member of a group", where, member, MOVE if to is HOME else None)
        if to is not HOME:
            group = GroupMigration(of=a_group(NICE), to=to, aggregates=("aggr2",))
            yield Row("group", BESIDE_ALONE if to is BESIDE else where, group, HOMING)
    for path, names in (("disk", (LUN_NAME, LUN_CLONE, LUN_MOVE, LUN_COPY)), ("image", (PATH, FILE_CLONE, FILE_COPY))):
        name, clone, within, between = (*names, names[-1])[:4]
        kind = "LUN" if path == "disk" else "file"
        kept_within = None if kind == "LUN" else within
        yield Row(kind, "place", _item(path, HOME, "vol_1", path), name)
        yield Row(kind, "name", _item(path, HOME, "vol_1", "new"), name)
        yield Row(kind, "name, kept", _item(path, HOME, "vol_1", "new", keeps_source=True), clone)
        yield Row(kind, "volume", _item(path, HOME, "vol_2", path), within)
        yield Row(kind, "volume, kept", _item(path, HOME, "vol_2", path, keeps_source=True), kept_within)
        yield Row(kind, "SVM", _item(path, BESIDE, "vol_3", path), between)
        yield Row(kind, "SVM, kept", _item(path, BESIDE, "vol_3", path, keeps_source=True), between)
        yield Row(kind, "cluster", _item(path, LYON, "vol_9", path), None)


def world() -> dict[str, Any]:
    """All is there: paris with two SVMs, lyon with room, nice with the mirror of `gold`; all peers, all licensed."""
    all_snapshots = Policy(
        uuid="all", name=ALL_SNAPSHOTS, svm=None, type="async", schedule=None, takes_snapshots=True, comment=""
    )
    room = tuple(Aggregate(name=name, available_bytes=100 * GIB) for name in ("aggr", "aggr2"))
    common: dict[str, Any] = {"licenses": frozenset({"snapmirror", "flexclone"}), "aggregates": room}
    lun = PlacedLun(
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
    hosts = Igroup(name="hosts", svm=HOME.svm, protocol="iscsi", os_type="linux", initiators=frozenset({"iqn.one"}))
    image = PlacedFile(
        name=FileName(HOME.svm, "vol_1", "image"),
        kind="file",
        size_bytes=100,
        used_bytes=4096,
        modified_at=NOON - timedelta(hours=1),
    )
    held: dict[str, Any] = {"size_bytes": 10 * GIB, "used_bytes": GIB, "comment": ""}
    volumes = [
        a_volume(),
        a_volume("vol_2", path="/vol_2", **held),
        a_volume("vol_3", uuid="v3", svm=BESIDE.svm, path="/vol_3", **held),
    ]
    paris = a_cluster_view(HOME, volumes, peers=[*(a_peer(HOME, each) for each in (LYON, NICE)), *_beside()])
    paris = replace(
        paris,
        svms=(*paris.svms, Svm(uuid="paris/svm_other", name=BESIDE.svm, state="running")),
        policies=(*paris.policies, all_snapshots),
        snapshots=(a_snapshot(),),
        common_snapshots=(),
        lun_places=(lun,),
        igroups=(hosts,),
        files=(image,),
        copy_jobs=(),
        **common,
    )
    lyon = a_cluster_view(
        LYON, [a_volume("vol_9", LYON, comment="")], claims=(), peers=[a_peer(LYON), a_peer(LYON, NICE)]
    )
    lyon = replace(lyon, policies=(*lyon.policies, all_snapshots), snapshots=(), common_snapshots=(), **common)
    nice = a_cluster_view(
        NICE, [a_volume(backend=NICE)], [a_mirror(backend=NICE)], peers=[a_peer(NICE), a_peer(NICE, LYON)]
    )
    nice = replace(nice, snapshots=(a_snapshot(backend=NICE),), common_snapshots=(), **common)
    return {"paris": paris, "lyon": lyon, "nice": nice}


def _beside() -> list[SvmPeer]:
    """The two SVMs of paris are peers for all that is brought from one to the other."""
    for_all: dict[str, Any] = {"applications": frozenset({"snapmirror", "lun_copy", "file_copy"})}
    return [a_peer(BESIDE, HOME, **for_all), a_peer(HOME, BESIDE, **for_all)]


Change = Callable[[dict[str, Any]], dict[str, Any]]


def _with(cluster: str, **changes: Any) -> Change:
    return lambda view: {**view, cluster: replace(view[cluster], **changes)}


def _everywhere(**changes: Any) -> Change:
    return lambda view: {name: replace(each, **changes) for name, each in view.items()}


def _peers(**changes: Any) -> Change:
    """All SVM peerings are so."""

    def changed(each: ClusterView) -> ClusterView:
        return replace(each, svm_peers=tuple(replace(peer, **changes) for peer in each.svm_peers))

    return lambda view: {name: changed(each) for name, each in view.items()}


def _hidden(aspect: Aspect, **changes: Any) -> Change:
    gap = Unreadable(aspect=aspect, reason="this account may not see it", svm=None)
    return _everywhere(unreadable=(gap,), **changes)


def _silent(cluster: str) -> Change:
    return lambda view: {**view, cluster: Unseen(reason=f"{cluster} did not answer")}


class Lack(NamedTuple):
    """What is missing; which mechanisms need it, to which places; and what the refusal says."""

    name: str
    change: Change
    stops: frozenset[str]
    said: str = ""
    where: frozenset[str] | None = None  # everywhere


ACROSS, ANY = frozenset({"cluster"}), frozenset({row.mechanism for row in rows() if row.mechanism})
BETWEEN = frozenset({"SVM", "SVM, kept", BESIDE_ALONE, "cluster"})
REACHED = frozenset({BESIDE_ALONE, "cluster"})  # by some mirror
NO_ROOM = tuple(Aggregate(name=name, available_bytes=1) for name in ("aggr", "aggr2"))
LACKS = (
    Lack("nothing", lambda view: view, frozenset()),
    Lack("source", _silent("paris"), ANY, "paris did not answer"),
    Lack("goal", _silent("lyon"), ANY, "lyon did not answer", ACROSS),
    Lack("SVM of the goal", _with("lyon", svms=()), ANY, "lyon has no SVM svm_gold_dr", ACROSS),
    Lack("another target", _silent("nice"), frozenset({HOMING}), "nice did not answer"),
    Lack("cluster peers", _everywhere(cluster_peers=()), MIRRORS, "there is no such cluster peer", REACHED),
    Lack("cluster peers of the other target", _with("nice", cluster_peers=()), frozenset({HOMING}), "could not follow"),
    Lack("sight of cluster peers", _hidden(Aspect.CLUSTER_PEERS, cluster_peers=()), MIRRORS, "cannot be seen", REACHED),
    Lack("SVM peers", _everywhere(svm_peers=()), frozenset()),  # they are made
    Lack("SVM peers for this", _peers(applications=frozenset({"flexcache"})), frozenset()),
    Lack("SVM peers that are not suspended", _peers(state="suspended"), BETWEEN_SVMS, "is suspended", BETWEEN),
    Lack("sight of SVM peers", _hidden(Aspect.SVM_PEERS, svm_peers=()), BETWEEN_SVMS, "cannot be seen", BETWEEN),
    Lack("SnapMirror at the source", _with("paris", licenses=frozenset()), MIRRORS | CLONES, "paris has no"),
    Lack("SnapMirror at the goal", _with("lyon", licenses=frozenset()), MIRRORS, "lyon has no valid", ACROSS),
    Lack("FlexClone", _everywhere(licenses=frozenset({"snapmirror"})), CLONES, "no FlexClone licence"),
    Lack("sight of licences", _everywhere(licenses=None), frozenset()),  # a cluster without a licence says so itself
    Lack("aggregate", _everywhere(aggregates=()), MAKES_VOLUMES, "has no aggregate aggr2"),
    Lack("room", _everywhere(aggregates=NO_ROOM), MAKES_VOLUMES, "room"),
    Lack("sight of LUNs", _with("paris", lun_places=None), OF_ITEMS, "LUNs"),  # what is no LUN is a file
    Lack("sight of igroups", _with("paris", igroups=None), frozenset({LUN_COPY}), "igroup"),
)


@pytest.mark.parametrize("lack", LACKS, ids=lambda each: each.name)
def test_for_each_pair_of_places_the_cheapest_is_taken_or_what_is_missing_is_said(lack: Lack) -> None:
    view = lack.change(world())
    for row in rows():
        case = (row.what, row.where, lack.name)
        plan = planned(row, view)
        is_there = lack.where is None or row.where in lack.where
        is_stopped = row.mechanism in lack.stops and is_there
        expected = None if is_stopped else row.mechanism
        assert (plan.offer.mechanism if plan.offer else None) == expected, case
        if plan.offer is None:
            assert plan.refused is not None, case
            assert not plan.steps, case
            assert not is_stopped or lack.said in plan.refused.text, (case, plan.refused.text)
        else:
            assert not plan.refusals, (case, plan.refusals)


def test_every_mechanism_is_taken_by_some_pair() -> None:
    offered = {each.mechanism for row in rows() for each in planned(row, world()).offers}
    assert offered - {"copy through this host"} == ANY


def planned(row: Row, view: dict[str, Any]) -> Plan:
    group = row.migration.group
    clusters = {backend.cluster for backend in group.backends}
    standing = stand(group, {name: each for name, each in view.items() if name in clusters})
    return migrate_planner(row.migration)(Situation.at_first_sight(standing))
