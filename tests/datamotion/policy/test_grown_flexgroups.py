"""A FlexGroup and its mirror of another shape: expanded by an update where that can be, made anew by consent,
else left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datamotion.model.drilled import Drilled
from datamotion.model.group import Group
from datamotion.model.mirror_acts import AwaitIdle, AwaitTransfer, Initialize, StartTransfer
from datamotion.model.plan import Plan
from datamotion.model.view import Aspect, ClusterView, Unseen, View
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.policy.kinds import aspects_of
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    NICE,
    NOON,
    a_cluster_view,
    a_group,
    a_listing,
    a_mirror,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    kinds,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import LOST

ALONE = a_group(LYON)
UUID = a_mirror().uuid


def shaped(source: int, destination: int, *, related: bool = True, **mirror: Any) -> View:
    """Constituents of a FlexGroup, and of its destination, which is smaller."""
    served = a_volume(style="flexgroup", constituents=source, size_bytes=8 * GIB)
    copy = a_volume(backend=LYON, style="flexgroup", constituents=destination, size_bytes=4 * GIB)
    relationships = [a_mirror(**mirror)] if related else []
    return {"paris": a_cluster_view(HOME, [served]), "lyon": a_cluster_view(LYON, [copy], relationships)}


def protect(view: View) -> Plan:
    return planned(protect_planner(ALONE), standing_of(view, ALONE))


def once_accepted(now: View) -> Plan:
    before = standing_of(shaped(4, 2), ALONE)
    (start,) = [act for act in acts(protect(shaped(4, 2))) if isinstance(act.change, StartTransfer)]
    situation = Situation(now=standing_of(now, ALONE), first=before, accepted={start.id: before})
    return protect_planner(ALONE)(situation)


def test_a_source_that_grew_expands_its_mirror_and_is_looked_at_for_that() -> None:
    plan = protect(shaped(4, 2))
    (start,) = [act for act in acts(plan) if isinstance(act.change, StartTransfer)]
    assert Aspect.VOLUMES in aspects_of(start)
    assert start.text == "vol_1: vol_1 has 2 constituents, its source 4"
    assert ("gold-lyon", "vol_1") not in plan.holds
    assert not [change for change in changes(plan) if isinstance(change, ModifyVolume) and change.size_bytes]


def test_a_transfer_that_runs_may_be_too_old_and_is_waited_for() -> None:
    found = changes(protect(shaped(4, 2, transfer=a_transfer(TransferState.TRANSFERRING))))
    assert [type(change) for change in found if not isinstance(change, ModifyVolume)] == [AwaitIdle, StartTransfer]


def test_the_update_that_expands_is_waited_for_and_not_asked_for_again() -> None:
    found = changes(once_accepted(shaped(4, 2)))
    assert AwaitTransfer(uuid=UUID, exported="snap.1", expands=True) in found
    assert not [change for change in found if isinstance(change, StartTransfer)]


def test_an_update_that_expanded_nothing_is_told_and_one_that_did_leaves_the_size() -> None:
    ended = a_transfer(TransferState.SUCCESS, ended_at=NOON)
    (refusal,) = once_accepted(shaped(4, 2, exported_snapshot="snap.2", transfer=ended)).refusals
    assert "has 2 constituents, its source 4: an update has ended and added none" in refusal.text
    plan = once_accepted(shaped(4, 4, exported_snapshot="snap.2"))
    assert [change.size_bytes for change in changes(plan) if isinstance(change, ModifyVolume)] == [8 * GIB]


@pytest.mark.parametrize(
    ("view", "why", "hint"),
    [
        (
            shaped(2, 4),
            "no FlexGroup loses constituents",
            "datamotion apply gold --recreate gold-lyon deletes vol_1 there",
        ),
        (
            shaped(4, 2, state=MirrorState.UNINITIALIZED, lag=None, exported_snapshot=None, transfer=None),
            "only an initialized mirror is",
            "that copies 1 GiB again",
        ),
        (shaped(4, 2, related=False), "only an initialized mirror is", "--recreate gold-lyon"),
    ],
)
def test_what_no_update_mends_is_left_with_what_would_and_its_price(view: View, why: str, hint: str) -> None:
    plan = protect(view)
    (refusal,) = plan.refusals
    assert why in refusal.text
    assert hint in (refusal.hint or "")
    assert "gold-lyon holds no copy meanwhile" in (refusal.hint or "")
    assert {type(change) for change in changes(plan)} <= {ModifyVolume}


def test_flexvols_have_no_geometry() -> None:
    plan = protect({"paris": a_cluster_view(HOME, [a_volume()]), "lyon": a_target_view(LYON, "vol_1")})
    assert ("gold-lyon", "vol_1") in plan.holds


# -- made anew, by consent


def recreate(view: View, group: Group = ALONE) -> Plan:
    return planned(protect_planner(group, recreate={"gold-lyon"}), standing_of(view, group))


def listed(view: View, **told: Any) -> View:
    """As it is, with the mirror among what its source lists."""
    return but(view, paris=replace(at(view, "paris"), destinations=(a_listing(),), **told))


def at(view: View, cluster: str) -> ClusterView:
    seen = view[cluster]
    assert isinstance(seen, ClusterView)
    return seen


def but(view: View, **clusters: ClusterView | Unseen) -> View:
    return {**view, **clusters}


ANEW = [
    "DeleteRelationship",
    "DeleteVolume",
    "ReleaseRelationship",
    "CreateVolume",
    "CreateRelationship",
    "Initialize",
    "AwaitTransfer",
]


@pytest.mark.parametrize(
    ("view", "wanted"),
    [
        (shaped(2, 4), ANEW),
        (shaped(4, 2, state=MirrorState.UNINITIALIZED, lag=None, exported_snapshot=None, transfer=None), ANEW),
        (shaped(4, 2, related=False), ANEW[1:]),
        (shaped(2, 4, transfer=a_transfer(TransferState.TRANSFERRING)), ["AbortTransfer", *ANEW]),
    ],
)
def test_what_no_update_mends_is_made_anew_where_that_was_agreed_to(view: View, wanted: list[str]) -> None:
    plan = recreate(listed(view))
    assert kinds(plan, "vol_1", LYON) == wanted
    (loss,) = plan.losses
    assert (loss.volume, loss.backend) == ("vol_1", "gold-lyon")
    assert "every snapshot in it go" in loss.text
    assert "gold-lyon holds no copy to fail over to, nor is there one anywhere else" in loss.text
    assert not plan.refusals
    (first,) = [act for act in acts(plan) if isinstance(act.change, Initialize)]
    assert first.text == "vol_1: at most 1 GiB to copy"


def test_consent_for_one_back_end_deletes_nothing_at_another_nor_what_an_update_expands() -> None:
    plan = planned(protect_planner(ALONE, recreate={"gold-nice"}), standing_of(listed(shaped(2, 4)), ALONE))
    assert len(plan.refusals) == 1
    assert "DeleteVolume" not in kinds(plan)
    assert "DeleteVolume" not in kinds(recreate(listed(shaped(4, 2))))


WRITTEN = a_volume(backend=LYON, style="flexgroup", constituents=4, type=VolumeType.RW)
SERVED = a_volume(style="flexgroup", constituents=2)


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (shaped(2, 4, related=False), "without a relationship, and not listed by what serves"),
        (but(listed(shaped(2, 4)), paris=LOST), "not known what gold-paris holds"),
        (listed(shaped(2, 4), volumes=(replace(SERVED, state=VolumeState.OFFLINE),)), "is offline"),
        (
            but(listed(shaped(2, 4)), lyon=a_cluster_view(LYON, [WRITTEN], [a_mirror(state=MirrorState.BROKEN_OFF)])),
            "is broken off",
        ),
        (but(listed(shaped(2, 4)), lyon=replace(at(shaped(2, 4), "lyon"), aggregates=())), "aggr"),
    ],
    ids=["of unknown origin", "source unseen", "source offline", "written", "no room to make it anew"],
)
def test_what_may_be_the_last_copy_is_not_deleted_though_it_was_agreed_to(view: View, why: str) -> None:
    plan = recreate(view)
    assert any(why in each.text for each in plan.refusals), plan.refusals
    assert "DeleteVolume" not in kinds(plan)
    assert "DeleteRelationship" not in kinds(plan)


def test_nothing_is_deleted_while_a_back_end_is_out_of_sight_or_a_drill_has_a_clone_of_it() -> None:
    both = a_group(LYON, NICE)
    plan = recreate(but(listed(shaped(2, 4)), nice=LOST), both)
    assert "vol_1 is not deleted: gold-nice cannot be seen" in " ".join(each.text for each in plan.refusals)
    mark = Drilled("gold", "vol_1", NOON, NOON + timedelta(hours=2), "ann").write()
    clone = a_volume("vol_1_drill", LYON, type=VolumeType.RW, is_clone=True, comment=mark)
    view = listed(shaped(2, 4))
    lyon = at(view, "lyon")
    (refusal,) = recreate(but(view, lyon=replace(lyon, volumes=(*lyon.volumes, clone)))).refusals
    assert refusal.hint == "datamotion drill stop gold"
