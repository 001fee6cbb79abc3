"""Many first transfers: as many at once as the cluster is to carry, those first that are wanted first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from datamotion.model.group import Group
from datamotion.model.mirror_acts import AwaitTransfer, Initialize
from datamotion.model.mirror_records import Relationship
from datamotion.model.plan import Plan
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.policy.kinds import progress
from datamotion.policy.protect.protect import protect_planner
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    a_cluster_view,
    a_group,
    a_mirror,
    a_transfer,
    a_volume,
    acts,
    planned,
    standing_of,
)

SIZES = {"vol_a": 4, "vol_b": 1, "vol_c": 3, "vol_d": 2}
FRESH: dict[str, Any] = {"state": MirrorState.UNINITIALIZED, "lag": None, "exported_snapshot": None, "transfer": None}
RUNNING = FRESH | {"transfer": a_transfer(TransferState.TRANSFERRING)}
QUEUED = FRESH | {"transfer": a_transfer(TransferState.QUEUED)}


def carrying(most: int, *first: str) -> Group:
    group = a_group(LYON)
    return replace(group, first=first, targets=(replace(group.targets[0], transfers_at_once=most),))


def clusters(*mirrors: Relationship) -> dict[str, ClusterView]:
    home = [a_volume(name, used_bytes=size * GIB) for name, size in SIZES.items()]
    copies = [a_volume(each.destination.volume, LYON, used_bytes=0) for each in mirrors]
    return {"paris": a_cluster_view(HOME, home), "lyon": a_cluster_view(LYON, copies, mirrors)}


def plan_for(group: Group, *mirrors: Relationship, **situation: Any) -> Plan:
    return planned(protect_planner(group), standing_of(clusters(*mirrors), group), **situation)


def begun(plan: Plan) -> set[str | None]:
    return {act.volume for act in acts(plan) if isinstance(act.change, Initialize)}


def awaited(plan: Plan) -> dict[str, set[str | None]]:
    """By the title of the step."""
    found = [act for act in acts(plan) if isinstance(act.change, AwaitTransfer)]
    return {each.title: {act.volume for act in found if act.title == each.title} for each in found}


def test_the_smallest_begin_and_the_others_wait_for_their_turn() -> None:
    plan = plan_for(carrying(2))
    assert begun(plan) == {"vol_b", "vol_d"}
    assert awaited(plan) == {
        "Wait for the first transfers": {"vol_b", "vol_d"},
        "Wait for their turn": {"vol_a", "vol_c"},
    }
    assert begun(plan_for(carrying(9))) == set(SIZES)


def test_what_the_configuration_names_first_goes_before_what_is_smaller() -> None:
    assert begun(plan_for(carrying(2, "vol_[ax]", "vol_c"))) == {"vol_a", "vol_c"}
    assert begun(plan_for(carrying(2, "vol_c"))) == {"vol_c", "vol_b"}


def test_all_transfers_that_are_seen_there_count_queued_ones_and_those_of_others_too() -> None:
    mirrors = [a_mirror("vol_b", **RUNNING), a_mirror("vol_d", **QUEUED), a_mirror("theirs", **RUNNING)]
    assert begun(plan_for(carrying(3), *mirrors)) == set()
    assert begun(plan_for(carrying(4), *mirrors)) == {"vol_c"}
    ended = [a_mirror("vol_b"), *mirrors[1:]]
    assert begun(plan_for(carrying(3), *ended)) == {"vol_c"}


def test_what_is_given_up_takes_no_turn_and_what_is_ready_goes_before_what_has_no_relationship() -> None:
    ready = [a_mirror("vol_a", **FRESH), a_mirror("vol_c", **FRESH)]
    assert begun(plan_for(carrying(1), *ready)) == {"vol_c"}
    assert begun(plan_for(carrying(1), *ready, given_up={(LYON.name, "vol_c")})) == {"vol_a"}


def test_what_cannot_begin_at_all_takes_no_turn() -> None:
    group = carrying(1)
    view = clusters()
    home = tuple(
        replace(each, state=VolumeState.OFFLINE) if each.name == "vol_b" else each for each in view["paris"].volumes
    )
    view["paris"] = replace(view["paris"], volumes=home)
    view["lyon"] = a_cluster_view(LYON, [a_volume("vol_d", LYON, type=VolumeType.RW, comment="")])
    assert begun(planned(protect_planner(group), standing_of(view, group))) == {"vol_c"}


def test_one_that_waits_for_its_turn_is_never_stuck_and_one_that_runs_may_be() -> None:
    mirrors = [a_mirror("vol_b", **RUNNING), a_mirror("vol_a", **FRESH)]
    group = carrying(1)
    standing = standing_of(clusters(*mirrors), group)
    of = {act.volume: act for act in acts(plan_for(group, *mirrors)) if isinstance(act.change, AwaitTransfer)}
    assert progress(of["vol_a"], standing) is None
    assert progress(of["vol_b"], standing) == ("transfer", 0)
