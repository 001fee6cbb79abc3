"""Taking volumes out of a group: their mirrors end at both ends, as a whole, and what may hold writes is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from datamotion.model.mirror_acts import AbortTransfer, DeleteRelationship, ReleaseRelationship
from datamotion.model.mirror_records import Listed
from datamotion.model.plan import Plan
from datamotion.model.standing import FENCE
from datamotion.model.view import Aspect, ClusterView, Unreadable, View
from datamotion.model.volume_acts import DeleteVolume, ModifyVolume
from datamotion.model.volume_records import Volume
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.policy.removal.unprotect import unprotect_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_claim,
    a_cluster_view,
    a_listing,
    a_mark,
    a_mirror,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    kinds,
    notes_of,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import BOTH, LOST, failed_over, refusals, refused, seen
from tests.datamotion.simulation import after_all

NARROW = replace(BOTH, home=replace(HOME, volumes=("vol_1",)))
ENDS = ["DeleteRelationship", "ReleaseRelationship", "ModifyVolume"]


def unprotect(view: View, *names: str, delete_copies: bool = False) -> Plan:
    return planned(unprotect_planner(NARROW, names, delete_copies=delete_copies), standing_of(view, NARROW))


def listing(*listed: Listed, volumes: Sequence[Volume] = (), **told: object) -> ClusterView:
    """The home with both volumes, or these, and what it lists of their mirrors."""
    volumes = volumes or (a_volume(), a_volume("vol_2"))
    return a_cluster_view(HOME, volumes, destinations=listed, **told)  # type: ignore[arg-type]


def mirrored(**clusters: ClusterView) -> dict[str, ClusterView]:
    """Both volumes with both mirrors, all of them listed by the home; but for what is told."""
    listed = [a_listing(name, backend) for name in ("vol_1", "vol_2") for backend in (LYON, NICE)]
    view = {"paris": listing(*listed)}
    view |= {backend.cluster: a_target_view(backend, "vol_1", "vol_2") for backend in (LYON, NICE)}
    return view | clusters


def lyon(volume: Volume | None = None, **mirror: object) -> ClusterView:
    """Lyon, with this copy of vol_2 and its relationship so."""
    volumes = [a_volume("vol_1", LYON), volume or a_volume("vol_2", LYON)]
    return a_cluster_view(LYON, volumes, [a_mirror("vol_1"), replace(a_mirror("vol_2"), **mirror)])  # type: ignore[arg-type]


def notes(plan: Plan) -> str:
    return "\n".join(notes_of(plan))


# -- what ends


def test_a_mirror_ends_where_it_is_then_at_its_source_and_last_the_marks_go() -> None:
    home = a_volume("vol_2", comment="trees " + a_mark("vol_2"))
    listed = [a_listing("vol_2", LYON), a_listing("vol_2", NICE)]
    plan = unprotect(mirrored(paris=listing(*listed, volumes=[a_volume(), home])), "vol_2")
    assert [(type(each.change).__name__, each.cluster, each.backend) for each in acts(plan)] == [
        ("DeleteRelationship", "lyon", "gold-lyon"),
        ("DeleteRelationship", "nice", "gold-nice"),
        ("ReleaseRelationship", "paris", "gold-lyon"),
        ("ReleaseRelationship", "paris", "gold-nice"),
        ("ModifyVolume", "lyon", "gold-lyon"),
        ("ModifyVolume", "nice", "gold-nice"),
        ("ModifyVolume", "paris", "gold-paris"),
    ]
    assert {each.volume for each in acts(plan)} == {"vol_2"}
    assert changes(plan, "vol_2", LYON) == [
        DeleteRelationship(uuid="gold-lyon/vol_2/mirror"),
        ReleaseRelationship(uuid="gold-lyon/vol_2/mirror"),
        ModifyVolume(uuid="gold-lyon/vol_2", comment=""),
    ]
    assert changes(plan, "vol_2", HOME) == [ModifyVolume(uuid="gold-paris/vol_2", comment="trees")]
    assert (plan.refusals, plan.losses) == ((), ())
    assert "stay as they are, read-only" in notes(plan)


def test_afterwards_it_is_no_member_and_every_copy_holds() -> None:
    view = mirrored()
    first = standing_of(view, NARROW)
    after = after_all(view, *acts(unprotect(view, "vol_2")))
    done = standing_of(after, NARROW)
    assert done.volumes == ("vol_1",)
    plan = unprotect_planner(NARROW, ("vol_2",))(Situation(now=done, first=first))
    assert (plan.steps, plan.refusals) == ((), ())
    assert plan.holds == {(backend.name, "vol_2") for backend in (HOME, LYON, NICE)}
    assert [each.uuid for each in after["paris"].destinations] == ["gold-lyon/vol_1/mirror", "gold-nice/vol_1/mirror"]
    assert [each.name for each in after["lyon"].volumes] == ["vol_1", "vol_2"]


def test_what_falls_silent_meanwhile_does_not_count_as_done() -> None:
    view = mirrored()
    done = after_all(view, *acts(unprotect(view, "vol_2")))
    planner = unprotect_planner(NARROW, ("vol_2",))
    now = standing_of({**done, "nice": LOST}, NARROW)
    plan = planner(Situation(now=now, first=standing_of(view, NARROW)))
    assert plan.holds == {("gold-paris", "vol_2"), ("gold-lyon", "vol_2")}


def test_a_transfer_that_runs_is_aborted_first() -> None:
    plan = unprotect(mirrored(lyon=lyon(transfer=a_transfer(TransferState.TRANSFERRING))), "vol_2")
    assert kinds(plan, "vol_2", LYON) == ["AbortTransfer", *ENDS]
    abort = AbortTransfer(relationship_uuid="gold-lyon/vol_2/mirror", transfer_uuid="transfer")
    assert changes(plan, "vol_2", LYON)[0] == abort


def test_a_mirror_that_its_source_never_listed_or_lists_by_another_uuid_ends_all_the_same() -> None:
    none = unprotect(mirrored(paris=listing()), "vol_2")
    assert kinds(none, "vol_2", LYON) == ["DeleteRelationship", "ModifyVolume"]
    other = unprotect(mirrored(paris=listing(a_listing("vol_2", uuid="as the source knows it"))), "vol_2")
    assert changes(other, "vol_2", LYON)[1] == ReleaseRelationship(uuid="as the source knows it")


def test_an_entry_without_the_svms_uuid_is_told_by_the_peers_name() -> None:
    listed = a_listing("vol_2", destination_svm_uuid=None)
    plan = unprotect(mirrored(paris=listing(listed)), "vol_2")
    assert kinds(plan, "vol_2", LYON) == ENDS


def test_a_destination_that_was_renamed_is_known_by_its_relationship() -> None:
    renamed = a_volume("elsewhere", LYON, comment=a_mark("vol_2"))
    view = mirrored(
        lyon=a_cluster_view(
            LYON, [a_volume("vol_1", LYON), renamed], [a_mirror(), a_mirror("vol_2", destination="elsewhere")]
        )
    )
    assert kinds(unprotect(view, "vol_2"), "vol_2", LYON) == ENDS


def test_all_of_a_group_leaves_though_patterns_select_it_and_never_protected_volumes_are_left_out() -> None:
    view = mirrored()
    new = a_volume("vol_3", comment="")
    view["paris"] = replace(view["paris"], volumes=(*view["paris"].volumes, new))
    plan = planned(unprotect_planner(BOTH), standing_of(view, BOTH))
    assert {each.volume for each in acts(plan)} == {"vol_1", "vol_2"}
    assert plan.title == "End the protection of gold: 2 volumes"
    assert "would protect again what `volumes` selects" in notes(plan)
    done = after_all(view, *acts(plan))
    assert (done["paris"].destinations, done["lyon"].relationships) == ((), ())
    assert done["paris"].policies == view["paris"].policies, "gc removes claims"
    again = planned(unprotect_planner(BOTH), standing_of(done, BOTH))
    assert "nothing of gold is protected" in refused(again).text
    ended = unprotect_planner(BOTH)(Situation(now=standing_of(done, BOTH), first=standing_of(view, BOTH)))
    assert (ended.steps, len(ended.holds)) == ((), 6)


# -- what is left


@pytest.mark.parametrize(
    ("copy", "told"),
    [
        (lyon(a_volume("vol_2", LYON, type=VolumeType.RW), state=MirrorState.BROKEN_OFF), "broken off there"),
        (lyon(a_volume("vol_2", LYON, type=VolumeType.RW)), "writes of their own"),
        (lyon(state=MirrorState.BROKEN_OFF), "writes of their own"),
        (lyon(state=MirrorState.UNKNOWN), "not known here"),
        (lyon(source_svm_uuid="another", source_cluster=None), "mirrors of what does not serve"),
    ],
    ids=["broken off", "writable", "dp and broken off", "unknown", "foreign source"],
)
@pytest.mark.parametrize("delete_copies", [False, True])
def test_a_copy_that_may_hold_writes_of_its_own_is_left_and_named(
    copy: ClusterView, told: str, delete_copies: bool
) -> None:
    plan = unprotect(mirrored(lyon=copy), "vol_2", delete_copies=delete_copies)
    assert kinds(plan, "vol_2", LYON) == ["ModifyVolume"]
    assert "gold-lyon: vol_2: left as they are" in notes(plan)
    assert told in notes(plan)
    assert [each.backend for each in plan.losses] == (["gold-nice"] if delete_copies else [])


def test_overtaken_and_fenced_copies_are_left_and_so_is_the_one_that_serves() -> None:
    view = failed_over("vol_1")
    group = replace(
        BOTH, targets=tuple(replace(each, backend=replace(each.backend, volumes=("none",))) for each in BOTH.targets)
    )
    overtaken = planned(unprotect_planner(group, ("vol_1",)), standing_of(view, group))
    assert {type(each.change) for each in acts(overtaken)} == {ModifyVolume}
    assert "gold-paris: vol_1: left as they are, overtaken there." in notes_of(overtaken)
    assert "gold-nice: vol_1: left as they are, mirrors of what does not serve." in notes_of(overtaken)
    shut = replace(a_volume(), path=None, export=FENCE)
    claims = (a_claim(), a_claim(LYON, 2))
    fenced = failed_over("vol_1", paris=a_cluster_view(HOME, [shut], claims=claims))
    assert "fenced there" in notes(planned(unprotect_planner(group, ("vol_1",)), standing_of(fenced, group)))


def test_what_is_listed_for_others_or_for_a_copy_that_is_left_stays_listed() -> None:
    others = a_listing("vol_2", uuid="others", destination_svm_uuid="somebody's")
    broken = lyon(a_volume("vol_2", LYON, type=VolumeType.RW), state=MirrorState.BROKEN_OFF)
    plan = unprotect(mirrored(paris=listing(others, a_listing("vol_2")), lyon=broken), "vol_2")
    assert not any(isinstance(each, ReleaseRelationship) for each in changes(plan))
    assert "is at no back end of the group" in notes(plan)
    assert "which is left too" in notes(plan)


def test_an_entry_whose_relationship_may_be_behind_a_record_that_cannot_be_read_stays_listed() -> None:
    unreadable = Unreadable(reason="no state", svm=LYON.svm, volume="elsewhere", aspect=Aspect.RELATIONSHIPS)
    view = mirrored(
        paris=listing(a_listing("vol_2", uuid="old", destination=replace(a_listing().destination, volume="elsewhere")))
    )
    assert ReleaseRelationship(uuid="old") in changes(unprotect(view, "vol_2"))
    view["lyon"] = replace(view["lyon"], unreadable=(unreadable,))
    assert ReleaseRelationship(uuid="old") not in changes(unprotect(view, "vol_2"))


def test_of_two_entries_of_one_pair_the_older_one_is_released_too() -> None:
    plan = unprotect(mirrored(paris=listing(a_listing("vol_2"), a_listing("vol_2", uuid="old"))), "vol_2")
    released = [each.uuid for each in changes(plan, "vol_2", LYON) if isinstance(each, ReleaseRelationship)]
    assert released == ["gold-lyon/vol_2/mirror", "old"]


# -- copies that are deleted


def test_copies_are_deleted_last_at_a_stated_loss_and_are_not_unmarked() -> None:
    mounted = a_volume("vol_2", LYON, path="/ahead")
    plan = unprotect(mirrored(lyon=lyon(mounted)), "vol_2", delete_copies=True)
    assert changes(plan, "vol_2", LYON)[1:3] == [
        ModifyVolume(uuid="gold-lyon/vol_2", path=""),
        DeleteVolume(uuid="gold-lyon/vol_2"),
    ]
    assert kinds(plan, "vol_2", NICE) == ["DeleteRelationship", "DeleteVolume", "ReleaseRelationship"]
    assert kinds(plan, "vol_2", HOME) == ["ModifyVolume"]
    assert [(each.volume, each.backend, each.given_up_at) for each in plan.losses] == [
        ("vol_2", "gold-lyon", "gold-lyon"),
        ("vol_2", "gold-nice", "gold-nice"),
    ]
    assert "the copy at gold-lyon, 30 min old, and every snapshot in it" in plan.losses[0].text


def test_a_copy_whose_relationship_is_gone_is_deleted_too_where_what_serves_lists_it() -> None:
    lyon = replace(a_target_view(LYON, "vol_1", "vol_2"), relationships=())
    plan = unprotect(mirrored(lyon=lyon), "vol_2", delete_copies=True)
    assert kinds(plan, "vol_2", LYON) == ["DeleteVolume", "ReleaseRelationship"]
    unlisted = unprotect(mirrored(lyon=lyon, paris=listing()), "vol_2", delete_copies=True)
    assert kinds(unlisted, "vol_2", LYON) == ["ModifyVolume"]
    assert "gold-lyon: vol_2: left as they are, without a relationship, and not listed" in notes(unlisted)
    empty = replace(lyon, volumes=(lyon.volumes[0], a_volume("vol_2", LYON, used_bytes=4096)))
    plan = unprotect(mirrored(lyon=empty, paris=listing()), "vol_2", delete_copies=True)
    assert kinds(plan, "vol_2", LYON) == ["DeleteVolume"]


@pytest.mark.parametrize("delete_copies", [False, True])
def test_what_an_earlier_run_deleted_or_did_is_not_done_again_and_the_rest_is(delete_copies: bool) -> None:
    view = mirrored()
    everything = acts(unprotect(view, "vol_2", delete_copies=delete_copies))
    for done in range(len(everything)):
        again = acts(unprotect(after_all(view, *everything[:done]), "vol_2", delete_copies=delete_copies))
        assert [each.change for each in again] == [each.change for each in everything[done:]]


@pytest.mark.parametrize("paris", [LOST, listing(volumes=[a_volume(), a_volume("vol_2", state=VolumeState.OFFLINE)])])
def test_no_copy_is_deleted_while_what_serves_is_not_seen_to_be_well(paris: ClusterView) -> None:
    plan = unprotect(mirrored(paris=paris), "vol_2", delete_copies=True)
    assert (plan.steps, plan.losses) == ((), ())
    assert any("copies are not deleted" in each.text for each in plan.refusals)


def test_a_copy_that_others_are_mirrors_of_is_not_deleted() -> None:
    further = a_mirror("vol_2", NICE, source=LYON)
    view = mirrored(nice=a_cluster_view(NICE, [a_volume("vol_1", NICE), a_volume("vol_2", NICE)], [further]))
    lyons = replace(a_mirror("vol_2", NICE, source=LYON).source, svm=LYON.svm)
    assert further.source == lyons
    plan = unprotect(view, "vol_2", delete_copies=True)
    assert not any(isinstance(each, DeleteVolume) for each in changes(plan, "vol_2", LYON))
    assert "others are mirrors of these copies" in notes(plan)


# -- as a whole


def test_a_clone_with_the_mark_of_its_parent_makes_it_no_member_again() -> None:
    clone = a_volume("drill", LYON, uuid="clone", is_clone=True, comment=a_mark("vol_2"))
    view = mirrored()
    view["lyon"] = replace(view["lyon"], volumes=(*view["lyon"].volumes, clone))
    assert standing_of(after_all(view, *acts(unprotect(view, "vol_2"))), NARROW).volumes == ("vol_1",)


def test_what_is_frozen_keeps_the_mark_that_tells_how_it_was_served() -> None:
    frozen = a_volume(path=None, export=FENCE, comment=a_mark(frozen="last"))
    view = mirrored(paris=listing(volumes=(frozen, a_volume("vol_2"))))
    assert "vol_1 at gold-paris is frozen" in refused(unprotect(view, "vol_1")).text
    assert "datamotion failover gold --abort" in (refused(unprotect(view)).hint or "")
    assert not refusals(unprotect(view, "vol_2"))


def test_a_volume_leaves_only_as_a_whole() -> None:
    refusal = refused(unprotect(seen("vol_1", "vol_2", nice=LOST), "vol_2"))
    assert refusal.because_silent
    assert "gold-nice cannot be seen, and what it holds would stay a member" in refusal.text


def test_where_only_the_source_is_out_of_sight_its_part_is_said_and_found_again() -> None:
    view = mirrored()
    plan = unprotect({**view, "paris": LOST}, "vol_2")
    assert kinds(plan, "vol_2", LYON) == kinds(plan, "vol_2", NICE) == ["DeleteRelationship", "ModifyVolume"]
    (refusal,) = plan.refusals
    assert (refusal.backend, refusal.because_silent) == ("gold-paris", True)
    assert "not released" in refusal.text
    assert refusal.hint == "when it answers: datamotion unprotect gold --volume vol_2 does the rest"
    back = after_all(view, *acts(plan))
    again = unprotect(back, "vol_2")
    assert [(each.cluster, type(each.change).__name__) for each in acts(again)] == [
        ("paris", "ReleaseRelationship"),
        ("paris", "ReleaseRelationship"),
        ("paris", "ModifyVolume"),
    ]
    done = after_all(back, *acts(again))
    assert [each.source.volume for each in done["paris"].destinations] == ["vol_1", "vol_1"]
    ended = unprotect_planner(NARROW, ("vol_2",))(
        Situation(now=standing_of(done, NARROW), first=standing_of(back, NARROW))
    )
    assert ended.holds == {(backend.name, "vol_2") for backend in (HOME, LYON, NICE)}


def test_a_name_that_is_selected_where_nobody_sees_it_is_refused_too() -> None:
    plan = unprotect({**mirrored(), "paris": LOST}, "vol_1")
    assert "vol_1 is selected by `volumes` of gold-paris (vol_1)" in refused(plan).text


def test_what_a_pattern_selects_would_be_protected_again() -> None:
    plan = unprotect(seen("vol_1", "vol_2"), "vol_1", "vol_2")
    assert plan.steps == ()
    (refusal,) = plan.refusals
    assert "vol_1 is selected by `volumes` of gold-paris (vol_1)" in refusal.text


def test_what_is_no_member_is_said() -> None:
    plan = unprotect(seen("vol_1", "vol_2"), "vol_3", "vol_2")
    assert (plan.steps, refusals(plan)) == ((), [(None, None)])
    assert "vol_3 is no member of gold" in plan.refusals[0].text


def test_where_all_is_meant_a_copy_that_cannot_be_read_keeps_its_volume_alone() -> None:
    unreadable = Unreadable(reason="no type", svm=NICE.svm, volume="vol_2", uuid="?", comment=a_mark("vol_2"))
    view = mirrored()
    nice = view["nice"]
    view["nice"] = replace(nice, volumes=nice.volumes[:1], unreadable=(unreadable,))
    plan = planned(unprotect_planner(BOTH), standing_of(view, BOTH))
    assert {each.volume for each in acts(plan)} == {"vol_1"}
    assert [(each.volume, "cannot be read" in each.text) for each in plan.refusals] == [("vol_2", True)]
