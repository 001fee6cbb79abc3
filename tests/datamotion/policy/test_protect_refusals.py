"""Planning protection: what stands in the way of it, and what is never done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.model.acts import (
    CreateVolume,
)
from datamotion.model.records import Aggregate, ClusterPeer
from datamotion.model.view import Unseen
from datamotion.model.words import MirrorState, VolumeType
from tests.datamotion.building import (
    GIB,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_target_view,
    a_volume,
    acts,
    changes,
    kinds,
)
from tests.datamotion.policy.plans import (
    one_mirror,
    only_refusal,
    protect,
    seen,
)

# -- what is never done


def test_a_broken_off_mirror_is_refused_and_not_touched() -> None:
    refusal = only_refusal(protect(seen(one_mirror(state=MirrorState.BROKEN_OFF, policy="other"))))
    assert (refusal.volume, refusal.backend) == ("vol_1", "gold-lyon")
    assert "nothing is resynced" in refusal.text


def test_a_state_that_is_not_known_is_refused_and_not_touched() -> None:
    refusal = only_refusal(protect(seen(one_mirror(state=MirrorState.UNKNOWN, policy="other"))))
    assert (refusal.volume, refusal.backend) == ("vol_1", "gold-lyon")


@pytest.mark.parametrize("kind", [VolumeType.DP, VolumeType.LS, VolumeType.UNKNOWN])
def test_what_is_not_writable_at_home_is_no_source(kind: VolumeType) -> None:
    plan = protect(seen(a_cluster_view(LYON), a_volume(type=kind)))
    assert only_refusal(plan).volume == "vol_1"


# -- what stands in the way


def test_an_unseen_home_is_never_an_empty_one() -> None:
    refusal = protect({"paris": Unseen(reason="no route"), "lyon": a_target_view(LYON, "vol_1")}).refused
    assert refusal is not None
    assert refusal.because_silent
    assert "no route" in refusal.text


def test_a_home_whose_svm_is_missing_is_refused() -> None:
    assert protect(seen(a_cluster_view(LYON), svms=())).refused is not None


def test_a_silent_target_holds_up_no_other() -> None:
    view = {**seen(Unseen(reason="no route")), "nice": a_cluster_view(NICE)}
    plan = protect(view, a_group(LYON, NICE))
    (refusal,) = plan.refusals
    assert (refusal.backend, refusal.because_silent) == ("gold-lyon", True)
    assert {act.backend for act in acts(plan)} == {"gold-nice"}


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ({"policies": ()}, "policy Asynchronous"),
        ({"schedules": frozenset()}, "schedule hourly"),
        ({"aggregates": ()}, "aggregate aggr"),
        ({"cluster_peers": ()}, "cluster peer paris"),
        ({"cluster_peers": (ClusterPeer(uuid="p", name="paris", available=False),)}, "cluster peer paris"),
        ({"svms": ()}, "SVM svm_lyon"),
    ],
)
def test_what_is_missing_at_a_target_is_named_before_anything_is_done(missing: dict[str, object], named: str) -> None:
    group = a_group()
    group = replace(group, targets=(replace(group.targets[0], schedule="hourly"),))
    refusal = only_refusal(protect(seen(a_cluster_view(LYON, **missing)), group))  # type: ignore[arg-type]
    assert (refusal.backend, refusal.volume) == ("gold-lyon", None)
    assert named in refusal.text
    assert refusal.hint


def test_what_has_no_room_is_refused_and_what_has_goes_on() -> None:
    lyon = a_cluster_view(LYON, aggregates=(Aggregate(name="aggr", available_bytes=GIB),))
    plan = protect(seen(lyon, a_volume(), a_volume("vol_2")))
    (refusal,) = plan.refusals
    assert (refusal.volume, refusal.backend) == ("vol_2", "gold-lyon")
    assert {act.volume for act in acts(plan)} == {"vol_1"}


def test_a_full_aggregate_is_no_matter_to_mirrors_that_are_there() -> None:
    full = (Aggregate(name="aggr", available_bytes=0),)
    lyon = replace(one_mirror(state=MirrorState.PAUSED), aggregates=full)
    plan = protect(seen(lyon, a_volume(), a_volume("vol_2")))
    assert [refusal.volume for refusal in plan.refusals] == ["vol_2"]
    assert kinds(plan) == ["Resume"]


def test_new_destinations_go_where_most_room_is_left() -> None:
    group = a_group()
    group = replace(group, targets=(replace(group.targets[0], aggregates={"aggr": ("a", "b")}),))
    room = (Aggregate(name="a", available_bytes=4 * GIB), Aggregate(name="b", available_bytes=5 * GIB))
    volumes = [a_volume(f"vol_{n}", used_bytes=2 * GIB) for n in range(4)]
    plan = protect(seen(a_cluster_view(LYON, aggregates=room), *volumes), group)
    placed = [each.aggregates[0] for each in changes(plan) if isinstance(each, CreateVolume)]
    assert placed == ["b", "a", "b", "a"]


def test_an_aggregate_that_is_not_mapped_concerns_its_volumes_alone() -> None:
    group = a_group()
    group = replace(group, targets=(replace(group.targets[0], aggregates={"aggr": ("aggr",)}),))
    plan = protect(seen(a_cluster_view(LYON), a_volume(), a_volume("vol_2", aggregates=("ssd",))), group)
    (refusal,) = plan.refusals
    assert refusal.volume == "vol_2"
    assert "ssd" in refusal.text
    assert {act.volume for act in acts(plan)} == {"vol_1"}
