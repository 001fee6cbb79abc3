"""Records that cannot be read: their own volume is unusable, with a doubt that says so, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.group import Backend
from datamotion.model.mirror_acts import Break, CreateRelationship
from datamotion.model.standing import CopyId, Standing
from datamotion.model.view import Aspect, ClusterView, Unreadable
from datamotion.model.volume_acts import CreateVolume
from datamotion.model.words import Role, VolumeType
from datamotion.policy.kinds import Holds, prove
from datamotion.policy.mirrors.abort import abort_planner
from datamotion.policy.mirrors.pause import pause_planner, resume_planner
from datamotion.policy.mirrors.resync import resync_planner
from datamotion.policy.mirrors.update import update_planner
from datamotion.policy.removal.unprotect import unprotect_planner
from datamotion.policy.selection import Selection
from datamotion.policy.situation import Planner
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
    acts,
    changes,
    notes_of,
    planned,
    standing_of,
    volume_uuid,
)
from tests.datamotion.policy.plans import (
    LOST,
    a_broken,
    a_served,
    doubts,
    failed_over,
    failover,
    protect,
    refusals,
    refused,
    seen,
    served_at,
    settle,
)

PAUSE_ALL = pause_planner(a_group(LYON, NICE), Selection(), reason=None, timeout=timedelta(hours=1))
RESUME_ALL = resume_planner(a_group(LYON, NICE), Selection())
ABORT_ALL = abort_planner(a_group(LYON, NICE), Selection())

REASON = "the record has no `style`"
ALL = ("vol_1", "vol_2")


def an_illegible(name: str | None = "vol_1", at: Backend = HOME, **told: str | None) -> Unreadable:
    """The record of the volume of that name; its uuid and its comment are told unless `told` says otherwise."""
    known: dict[str, str | None] = {"uuid": volume_uuid(name, at), "comment": a_mark(name)} if name else {}
    known |= told
    return Unreadable(reason=REASON, svm=at.svm, volume=name, uuid=known.get("uuid"), comment=known.get("comment"))


def without(view: ClusterView, *told: Unreadable) -> ClusterView:
    """The cluster with these records in place of those that they are about."""
    names = {each.volume for each in told if not each.is_relationship}
    ends = {each.volume for each in told if each.is_relationship}
    return replace(
        view,
        volumes=tuple(each for each in view.volumes if each.name not in names),
        relationships=tuple(each for each in view.relationships if each.destination.volume not in ends),
        unreadable=told,
    )


def home_of(*names: str) -> ClusterView:
    return a_cluster_view(HOME, [a_volume(name) for name in names])


def hidden(standing: Standing) -> set[CopyId]:
    return set(standing.hidden)


def test_an_unrelated_volume_that_cannot_be_read_stops_nothing_and_is_no_doubt() -> None:
    stranger = an_illegible("scratch", LYON, comment="somebody's")
    lyon = without(a_target_view(LYON, "vol_1"), stranger)
    view = seen(paris=LOST, lyon=lyon)
    assert standing_of(view).doubts == ()
    assert [type(each.change) for each in acts(failover(view))] == [
        type(each.change) for each in acts(failover(seen(paris=LOST)))
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"uuid": None},
        {"comment": None},
        {"uuid": None, "comment": None},
        {"uuid": "another", "comment": "lost"},
    ],
)
def test_a_copy_that_cannot_be_read_is_told_by_whatever_can_be(told: dict[str, str | None]) -> None:
    for at, view in (
        (HOME, seen(*ALL, paris=without(home_of(*ALL), an_illegible("vol_1", HOME, **told)))),
        (LYON, seen(*ALL, lyon=without(a_target_view(LYON, *ALL), an_illegible("vol_1", LYON, **told)))),
    ):
        standing = standing_of(view)
        assert doubts(standing) == [("unreadable", at.name, "vol_1")]
        assert REASON in standing.doubts[0].text
        assert hidden(standing) == {CopyId(at.name, "vol_1")}
        assert standing.active == {name: CopyId("gold-paris", name) for name in ALL}, "it is not taken for vanished"


@pytest.mark.parametrize("told", [an_illegible(None, LYON), an_illegible(None, LYON, uuid="x", comment="y")])
def test_a_record_that_does_not_tell_whose_it_is_may_be_any_that_was_not_seen(told: Unreadable) -> None:
    lyon = replace(a_target_view(LYON, "vol_1"), unreadable=(told,))
    standing = standing_of(seen(*ALL, lyon=lyon))
    assert ("unreadable", "gold-lyon", None) in doubts(standing)
    assert hidden(standing) == {CopyId("gold-lyon", "vol_2")}
    assert not changes(protect(seen(*ALL, lyon=lyon)), "vol_2", LYON), "nothing is made where it may be already"


def test_a_record_without_an_svm_may_be_of_any_back_end_of_its_cluster() -> None:
    told = replace(an_illegible("vol_1", LYON), svm=None)
    assert hidden(standing_of(seen(lyon=without(a_target_view(LYON, "vol_1"), told)))) == {CopyId("gold-lyon", "vol_1")}
    elsewhere = replace(told, svm="another")
    assert standing_of(seen(lyon=replace(a_target_view(LYON, "vol_1"), unreadable=(elsewhere,)))).doubts == ()


def test_a_relationship_that_cannot_be_read_hides_its_copy_and_is_not_taken_for_none() -> None:
    told = Unreadable(reason=REASON, svm=LYON.svm, volume="vol_1", aspect=Aspect.RELATIONSHIPS)
    view = seen(*ALL, lyon=without(a_target_view(LYON, *ALL), told))
    standing = standing_of(view)
    assert doubts(standing) == [("unreadable", "gold-lyon", "vol_1")]
    assert CopyId("gold-lyon", "vol_1") not in standing.copies
    plan = protect(view)
    assert ("vol_1", "gold-lyon") in refusals(plan)
    assert not changes(plan, "vol_1", LYON)
    assert ("gold-lyon", "vol_2") in plan.holds


def test_a_relationship_that_does_not_tell_its_destination_hides_what_it_may_end_in() -> None:
    told = Unreadable(reason=REASON, svm=LYON.svm, volume=None, aspect=Aspect.RELATIONSHIPS)
    lyon = replace(a_target_view(LYON, *ALL), relationships=(a_mirror("vol_2"),), unreadable=(told,))
    standing = standing_of(seen(*ALL, lyon=lyon))
    assert hidden(standing) == {CopyId("gold-lyon", "vol_1")}
    assert standing.copies[CopyId("gold-lyon", "vol_2")].role is Role.MIRROR


def test_its_own_volume_cannot_be_failed_over_and_the_others_can() -> None:
    view = seen(*ALL, paris=LOST, nice=LOST, lyon=without(a_target_view(LYON, *ALL), an_illegible("vol_1", LYON)))
    refusal = refused(failover(view, "gold-lyon"))
    assert f"vol_1: {REASON}" in refusal.text
    plan = failover(view, "gold-lyon", allow_partial=True)
    assert not changes(plan, "vol_1")
    assert [each for each in changes(plan, "vol_2") if isinstance(each, Break)]


def test_what_may_be_a_member_that_nobody_else_knows_is_told_in_the_plan() -> None:
    for told in (an_illegible("vol_1", LYON, comment=None), an_illegible(None, LYON)):
        lyon = replace(a_target_view(LYON, *ALL), volumes=(a_volume("vol_2", LYON),), unreadable=(told,))
        plan = failover(seen(paris=LOST, nice=LOST, lyon=lyon), "gold-lyon")
        assert {each.volume for each in acts(plan) if isinstance(each.change, Break)} == {"vol_2"}
        assert any(REASON in note and "it is not failed over" in note for note in notes_of(plan))


def test_a_bad_target_does_not_stop_a_failover_to_a_good_one() -> None:
    told = [an_illegible(name, NICE) for name in ALL]
    view = seen(*ALL, paris=LOST, nice=without(a_target_view(NICE, *ALL), *told))
    plan = failover(view)
    assert plan.backend == "gold-lyon"
    assert plan.refusals == ()
    assert sum(isinstance(each.change, Break) for each in acts(plan)) == len(ALL)


def test_what_serves_in_sight_and_cannot_be_fenced_is_left_to_a_person() -> None:
    view = seen(*ALL, paris=without(home_of(*ALL), an_illegible("vol_1", HOME)))
    refusal = refused(failover(view, "gold-lyon"))
    assert "the copy at gold-paris that serves it cannot be fenced" in refusal.text
    assert "--overrule gold-paris" in (refusal.hint or "")
    partial = failover(view, "gold-lyon", allow_partial=True)
    assert ["--overrule gold-paris" in (each.hint or "") for each in partial.refusals] == [True]
    assert {each.volume for each in acts(partial) if isinstance(each.change, Break)} == {"vol_2"}
    overruled = failover(view, "gold-lyon", overrule="gold-paris")
    assert {each.volume for each in acts(overruled) if isinstance(each.change, Break)} == set(ALL)


def test_a_copy_that_took_over_and_cannot_be_read_serves_still() -> None:
    lyon = without(served_at(LYON, *ALL), an_illegible("vol_1", LYON))
    standing = standing_of(failed_over(*ALL, lyon=lyon))
    assert standing.active == {name: CopyId("gold-lyon", name) for name in ALL}
    assert standing.copies[CopyId("gold-paris", "vol_1")].role is Role.OVERTAKEN
    assert "vanished" not in {kind for kind, _, _ in doubts(standing)}


def test_nothing_is_made_beside_a_copy_that_cannot_be_read() -> None:
    view = seen(*ALL, lyon=without(a_target_view(LYON, *ALL), an_illegible("vol_1", LYON)))
    plan = protect(view)
    assert ("vol_1", "gold-lyon") in refusals(plan)
    assert not [each for each in acts(plan) if isinstance(each.change, CreateVolume | CreateRelationship)]


def test_an_update_names_what_it_cannot_see_and_carries_the_others() -> None:
    view = seen(*ALL, lyon=without(a_target_view(LYON, *ALL), an_illegible("vol_1", LYON)))
    plan = planned(update_planner(a_group(LYON, NICE)), standing_of(view))
    assert refusals(plan) == [("vol_1", "gold-lyon")]
    assert {(each.backend, each.volume) for each in acts(plan)} == {
        ("gold-lyon", "vol_2"),
        ("gold-nice", "vol_1"),
        ("gold-nice", "vol_2"),
    }


def test_a_volume_is_not_taken_out_of_a_group_while_a_copy_would_stay() -> None:
    group = replace(a_group(LYON, NICE), home=replace(HOME, volumes=("vol_2",)))
    view = seen(*ALL, lyon=without(a_target_view(LYON, *ALL), an_illegible("vol_1", LYON)))
    plan = planned(unprotect_planner(group, ["vol_1"]), standing_of(view, group))
    assert "cannot be read, and would stay a member" in refused(plan).text


def test_what_was_asked_for_is_not_gone_because_its_record_cannot_be_read() -> None:
    view = seen(paris=LOST)
    (act,) = [each for each in acts(failover(view, "gold-lyon")) if isinstance(each.change, Break)]
    lyon = without(a_target_view(LYON, "vol_1"), an_illegible("vol_1", LYON))
    proof = prove(act, standing_of(seen(paris=LOST, lyon=lyon)))
    assert proof is not None
    assert (proof.holds, proof.evidence) == (Holds.NOT_YET, REASON)


def test_a_volume_that_a_pattern_selects_and_that_cannot_be_read_is_told_and_the_others_are_protected() -> None:
    new = an_illegible("vol_2", HOME, comment=None)
    paris = without(a_cluster_view(HOME, [a_volume(name, comment="") for name in ALL], claims=()), new)
    view = {
        "paris": paris,
        "lyon": a_cluster_view(LYON, claims=()),
        "nice": a_cluster_view(NICE, claims=()),
    }
    standing = standing_of(view)
    assert standing.is_fresh
    assert ("unreadable", "gold-paris", "vol_2") in doubts(standing)
    plan = protect(view)
    assert ("vol_2", "gold-paris") in refusals(plan)
    assert {each.volume for each in acts(plan) if isinstance(each.change, CreateVolume)} == {"vol_1"}


def test_settling_keeps_what_can_be_read() -> None:
    lyon = without(served_at(LYON, *ALL), an_illegible("vol_1", LYON))
    plan = settle(failed_over(*ALL, lyon=lyon), "gold-lyon")
    assert not changes(plan, "vol_1", LYON)


def test_a_look_that_reads_a_record_again_forgets_that_it_could_not_be_read() -> None:
    whole = a_target_view(LYON, "vol_1")
    broken = without(whole, an_illegible("vol_1", LYON))
    assert broken.updated_by(whole).unreadable == ()
    assert whole.updated_by(broken).unreadable == broken.unreadable
    relationships = [each for each in whole.looked_at if each.value == "relationships"]
    narrow = replace(whole, looked_at={each: whole.looked_at[each] for each in relationships})
    assert broken.updated_by(narrow).unreadable == broken.unreadable
    assert not [volume for volume in broken.updated_by(narrow).volumes if volume.type is VolumeType.DP]


@pytest.mark.parametrize("make", [PAUSE_ALL, RESUME_ALL, ABORT_ALL])
def test_a_mirror_behind_a_record_that_cannot_be_read_is_refused_by_name_and_left_alone(make: Planner) -> None:
    lyon = without(a_target_view(LYON, *ALL), an_illegible("vol_2", LYON))
    plan = planned(make, standing_of(seen(*ALL, lyon=lyon)))
    assert ("gold-lyon", "vol_2") not in {act.subject for act in acts(plan)} | plan.holds
    (refusal,) = plan.refusals
    assert (refusal.volume, refusal.backend) == ("vol_2", "gold-lyon")
    assert refusal.text == f"vol_2 at gold-lyon cannot be seen: {REASON}"


def test_nothing_is_resynced_while_the_record_of_what_serves_cannot_be_read() -> None:
    lyon = a_cluster_view(LYON, [a_served(path=None)], [a_broken()])
    view = seen(lyon=lyon, paris=without(home_of("vol_1"), an_illegible()))
    plan = planned(resync_planner(a_group(LYON, NICE), Selection(at="gold-lyon"), discard=True), standing_of(view))
    (refusal,) = plan.refusals
    assert plan.steps == ()
    assert f"gold-paris, which serves it, cannot be seen: {REASON}" in refusal.text
