"""Planning protection: what is missing, in its order, and nothing twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.model.acts import (
    CreateVolume,
    Initialize,
    ModifyRelationship,
    ModifyVolume,
)
from datamotion.model.mark import read_mark
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, Role, TransferState, VolumeType
from datamotion.policy.protect import protect_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    NOON,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    kinds,
)
from tests.datamotion.policy.plans import (
    UNMARKED,
    one_mirror,
    only_refusal,
    protect,
    seen,
)
from tests.datamotion.simulation import after_all, transfers_ended

# -- from nothing to everything


def test_from_nothing_everything_is_planned_in_its_order() -> None:
    plan = protect(seen(a_cluster_view(LYON, peers=()), UNMARKED))
    assert kinds(plan, None) == ["PeerSvms", "AcceptSvmPeer"]
    assert kinds(plan, "vol_1", HOME) == ["ModifyVolume"]
    assert kinds(plan, "vol_1", LYON) == ["CreateVolume", "CreateRelationship", "Initialize", "AwaitTransfer"]
    assert [step.stage for step in plan.steps] == sorted(step.stage for step in plan.steps)
    assert not plan.refusals
    assert not plan.losses


def test_a_destination_has_its_sources_properties_and_says_where_it_is_to_be_served() -> None:
    (create,) = (each for each in changes(protect(seen(a_cluster_view(LYON)))) if isinstance(each, CreateVolume))
    assert (create.volume, create.svm, create.aggregates) == ("vol_1", "svm_lyon", ("aggr",))
    assert (create.size_bytes, create.language, create.guarantee) == (10 * GIB, "c.utf_8", "none")
    mark = read_mark(create.comment)
    assert mark is not None
    assert (mark.role, mark.epoch, mark.path, mark.since) == (Role.MIRROR, 1, "/vol_1", NOON)


def test_only_what_the_home_protects_is_mirrored() -> None:
    plan = protect(seen(a_cluster_view(LYON), a_volume(), a_volume("root")))
    assert {act.volume for act in acts(plan)} == {"vol_1"}


def test_what_is_as_wanted_needs_no_step() -> None:
    plan = protect(seen(a_target_view(LYON, "vol_1")))
    assert (plan.steps, plan.refusals) == ((), ())


def test_no_volume_at_all_is_said() -> None:
    plan = protect({"paris": a_cluster_view(HOME), "lyon": a_cluster_view(LYON)})
    assert plan.steps == ()
    assert "nothing to protect" in plan.notes[0]


def test_a_volume_that_grew_makes_its_mirror_grow_and_a_smaller_one_does_not_shrink_it() -> None:
    (grow,) = changes(protect(seen(one_mirror(), a_volume(size_bytes=20 * GIB))))
    assert grow == ModifyVolume(uuid="gold-lyon/vol_1", size_bytes=20 * GIB)
    assert protect(seen(one_mirror(), a_volume(size_bytes=GIB))).steps == ()


def test_policy_and_schedule_become_the_configured_ones() -> None:
    group = a_group()
    wanted = replace(group, targets=(replace(group.targets[0], schedule="hourly"),))
    (change,) = changes(protect(seen(one_mirror(policy="MirrorLatest", schedule="daily")), wanted))
    assert change == ModifyRelationship(uuid="gold-lyon/vol_1/mirror", policy="Asynchronous", schedule="hourly")


# -- what is there already


def test_every_part_that_is_done_is_not_planned_again() -> None:
    view = seen(a_cluster_view(LYON, peers=()), UNMARKED)
    clusters: dict[str, ClusterView] = {name: each for name, each in view.items() if isinstance(each, ClusterView)}
    whole = kinds(protect(view))
    left = [whole]
    while plan_acts := acts(protect(clusters)):
        first = plan_acts[0]
        if type(first.change).__name__ == "AwaitTransfer":
            clusters = {name: transfers_ended(each) for name, each in clusters.items()}
        else:
            clusters = dict(after_all(clusters, first))
        left.append(kinds(protect(clusters)))
    assert left == [whole[index:] for index in range(len(whole) + 1)]


def test_a_relationship_under_another_destination_name_is_adopted() -> None:
    lyon = a_cluster_view(LYON, [a_volume("copy_of_1", LYON, comment="trees")], [a_mirror(destination="copy_of_1")])
    (change,) = changes(protect(seen(lyon)))
    assert isinstance(change, ModifyVolume)
    assert (change.uuid, change.path) == ("gold-lyon/copy_of_1", None)
    assert (change.comment or "").startswith("trees [datamotion group=gold role=mirror epoch=1 path=/vol_1")


def test_a_volume_mirrored_twice_goes_by_the_marked_mirror() -> None:
    marked, other = a_volume("marked", LYON, comment=a_mark(Role.MIRROR)), a_volume("other", LYON, comment="")
    mirrors = [
        a_mirror(destination="marked", uuid="m", state=MirrorState.PAUSED),
        a_mirror(destination="other", uuid="o", state=MirrorState.PAUSED),
    ]
    for order in (mirrors, mirrors[::-1]):
        plan = protect(seen(a_cluster_view(LYON, [marked, other], order)))
        assert [getattr(change, "uuid", None) for change in changes(plan)] == ["m"]


def test_a_mirror_that_another_group_marked_is_not_adopted() -> None:
    foreign = a_volume(backend=LYON, comment=a_mark(Role.MIRROR).replace("group=gold", "group=silver"))
    refusal = only_refusal(protect(seen(one_mirror(foreign))))
    assert (refusal.volume, refusal.backend) == ("vol_1", "gold-lyon")


@pytest.mark.parametrize("kind", [VolumeType.RW, VolumeType.DP])
def test_a_name_that_is_taken_is_refused_never_removed(kind: VolumeType) -> None:
    taken = a_volume(backend=LYON, type=kind, comment="somebody's")
    plan = protect(seen(a_cluster_view(LYON, [taken, a_volume("vol_2", LYON)], []), a_volume(), a_volume("vol_2")))
    (refusal,) = plan.refusals
    assert (refusal.volume, refusal.backend) == ("vol_1", "gold-lyon")
    assert {act.volume for act in acts(plan)} == {"vol_2"}


def test_a_destination_that_an_earlier_run_made_is_gone_on_with() -> None:
    plan = protect(seen(a_cluster_view(LYON, [a_volume(backend=LYON)])))
    assert kinds(plan) == ["CreateRelationship", "Initialize", "AwaitTransfer"]


def test_a_first_transfer_that_runs_is_waited_for_only() -> None:
    lyon = one_mirror(
        state=MirrorState.UNINITIALIZED,
        lag=None,
        exported_snapshot=None,
        transfer=a_transfer(TransferState.TRANSFERRING),
    )
    assert kinds(protect(seen(lyon))) == ["AwaitTransfer"]


def test_an_uninitialized_mirror_is_initialized() -> None:
    lyon = one_mirror(state=MirrorState.UNINITIALIZED, lag=None, exported_snapshot=None, transfer=None)
    assert kinds(protect(seen(lyon))) == ["Initialize", "AwaitTransfer"]


def test_a_paused_mirror_is_resumed() -> None:
    assert kinds(protect(seen(one_mirror(state=MirrorState.PAUSED)))) == ["Resume"]


def test_a_first_transfer_that_failed_in_this_run_is_reported_not_repeated() -> None:
    before = one_mirror(state=MirrorState.UNINITIALIZED, lag=None, exported_snapshot=None, transfer=None)
    failed = one_mirror(
        state=MirrorState.UNINITIALIZED,
        lag=None,
        exported_snapshot=None,
        transfer=a_transfer(TransferState.FAILED),
        unhealthy_reason="no space",
    )
    plan = protect_planner(a_group())(
        Situation(
            now=seen(failed), first=seen(before), accepted={Initialize(uuid="gold-lyon/vol_1/mirror"): seen(before)}
        )
    )
    assert "no space" in only_refusal(plan).text
    assert kinds(protect(seen(failed))) == ["Initialize", "AwaitTransfer"], "a later run tries again"
