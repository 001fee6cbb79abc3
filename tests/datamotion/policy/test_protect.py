"""Planning protection: what is missing, in its order, and nothing twice; what stands in the way, before anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datamotion.model.cluster_records import Aggregate
from datamotion.model.group import Group
from datamotion.model.mark import read_mark
from datamotion.model.mirror_acts import (
    AwaitTransfer,
    CreateRelationship,
    Initialize,
    ModifyRelationship,
    Resume,
    StartTransfer,
)
from datamotion.model.mirror_records import Endpoint
from datamotion.model.plan import Plan
from datamotion.model.serving_acts import TakeEpoch
from datamotion.model.standing import FENCE
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import AwaitOnline, CreateVolume, ModifyVolume
from datamotion.model.volume_records import Volume
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    NICE,
    NOON,
    a_claim,
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
    notes_of,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import (
    LOST,
    LYON_TOOK_OVER,
    a_broken,
    a_served,
    failed_over,
    knowing,
    protect,
    refusals,
    refused,
    seen,
    served_at,
)
from tests.datamotion.simulation import after, transfers_ended

ALONE = a_group(LYON)
MIRROR = "gold-lyon/vol_1/mirror"
FRESH: dict[str, Any] = {"state": MirrorState.UNINITIALIZED, "lag": None, "exported_snapshot": None, "transfer": None}


def by_lyon(lyon: ClusterView, *volumes: Volume, group: Group = ALONE, **home: Any) -> Plan:
    """The plan for a group with lyon as its only target."""
    return protect({"paris": a_cluster_view(HOME, volumes or [a_volume()], **home), "lyon": lyon}, group)


def mirrored(**mirror: Any) -> ClusterView:
    return a_cluster_view(LYON, [a_volume(backend=LYON)], [a_mirror(**mirror)])


def wanting(**target: Any) -> Group:
    return replace(ALONE, targets=(replace(ALONE.targets[0], **target),))


# -- from nothing to everything


def test_from_nothing_everything_is_planned_in_its_order() -> None:
    plan = by_lyon(a_cluster_view(LYON, peers=(), claims=()), a_volume(comment=""), claims=())
    assert kinds(plan, None, LYON) == ["TakeEpoch", "PeerSvms", "AcceptSvmPeer"]
    assert kinds(plan, None, HOME) == ["TakeEpoch"]
    assert kinds(plan, "vol_1", HOME) == ["ModifyVolume"]
    assert kinds(plan, "vol_1", LYON) == ["CreateVolume", "CreateRelationship", "Initialize", "AwaitTransfer"]
    (claim,) = {act.change.claim for act in acts(plan) if isinstance(act.change, TakeEpoch)}
    assert (claim.epoch, claim.backend, claim.since, claim.served) == (1, "gold-paris", NOON, NOON)
    assert (plan.refusals, plan.losses) == ((), ())


@pytest.mark.parametrize(
    ("dedupe", "compression", "efficiency"),
    [
        (None, None, ()),
        ("none", "none", ()),
        ("both", "none", (("dedupe", "both"),)),
        ("inline", "inline", (("dedupe", "inline"), ("compression", "inline"))),
        ("none", "inline", (("dedupe", "background"), ("compression", "inline"))),
    ],
)
def test_a_destination_is_made_like_its_source(
    dedupe: str | None, compression: str | None, efficiency: tuple[tuple[str, str], ...]
) -> None:
    source = a_volume(snapshot_reserve=20, is_encrypted=True, dedupe=dedupe, compression=compression)
    plan = by_lyon(a_cluster_view(LYON), source)
    (created,) = (change for change in changes(plan, "vol_1", LYON) if isinstance(change, CreateVolume))
    assert (created.snapshot_reserve, created.is_encrypted, created.efficiency) == (20, True, efficiency)
    assert "vol_1: 10 GiB on aggr, encrypted like its source" in [act.text for act in acts(plan)]


def test_every_part_that_is_done_is_not_planned_again() -> None:
    clusters = {"paris": a_cluster_view(HOME, [a_volume(comment="")], peers=(), claims=())}
    clusters |= {each.cluster: a_cluster_view(each, peers=(), claims=()) for each in (LYON, NICE)}
    done = 0
    while steps := acts(plan := protect(clusters)):
        if isinstance(steps[0].change, AwaitTransfer):
            clusters = {name: transfers_ended(each) for name, each in clusters.items()}
        else:
            clusters = dict(after(clusters, steps[0]))
        done += 1
        assert done < 40
    assert plan.refusals == ()
    assert plan.holds == {(backend.name, "vol_1") for backend in (HOME, LYON, NICE)}


def test_a_destination_has_its_sources_properties_and_notes_how_it_is_to_be_served() -> None:
    home = a_volume(comment="trees " + a_mark(), path="/t", snapshots="daily", qos="fast")
    (create,) = (each for each in changes(by_lyon(a_cluster_view(LYON), home)) if isinstance(each, CreateVolume))
    assert (create.volume, create.svm, create.aggregates) == ("vol_1", "svm_gold_dr", ("aggr",))
    assert (create.size_bytes, create.language, create.guarantee) == (10 * GIB, "c.utf_8", "none")
    mark = read_mark(create.comment)
    assert mark is not None
    assert (mark.path, mark.export, mark.snapshots, mark.qos) == ("/t", "default", "daily", "fast")
    assert create.comment.startswith("trees [datamotion "), "what people wrote is carried"


def test_a_group_that_may_have_been_claimed_where_nobody_sees_it_is_not_claimed_anew() -> None:
    view = seen(
        paris=a_cluster_view(HOME, [a_volume(comment="")], claims=()), lyon=LOST, nice=a_cluster_view(NICE, claims=())
    )
    refusal = refused(protect(view))
    assert refusal.because_silent
    assert "nothing of gold is protected yet as far as can be seen, and gold-lyon cannot" in refusal.text


# -- what is there already


def test_what_is_as_wanted_needs_no_step_and_is_told() -> None:
    plan = protect(seen("vol_1", "vol_2"))
    assert (plan.steps, plan.refusals) == ((), ())
    assert [note[:38] for note in notes_of(plan)] == ["gold-lyon and gold-nice share no snaps"]
    assert len(plan.holds) == 6


def test_a_relationship_under_another_destination_name_is_adopted() -> None:
    lyon = a_cluster_view(LYON, [a_volume("copy_of_1", LYON, comment="trees")], [a_mirror(destination="copy_of_1")])
    (change,) = changes(by_lyon(lyon))
    assert isinstance(change, ModifyVolume)
    assert (change.uuid, change.path) == ("gold-lyon/copy_of_1", None)
    assert (change.comment or "").startswith("trees [datamotion group=gold volume=vol_1 origin=gold-paris/vol_1")


def test_a_volume_that_grew_makes_its_mirror_grow_and_a_smaller_one_does_not_shrink_it() -> None:
    (grow,) = changes(by_lyon(mirrored(), a_volume(size_bytes=20 * GIB)))
    assert grow == ModifyVolume(uuid="gold-lyon/vol_1", size_bytes=20 * GIB)
    assert by_lyon(mirrored(), a_volume(size_bytes=GIB)).steps == ()


def test_a_path_that_changed_is_noted_everywhere() -> None:
    plan = protect(seen(paris=a_cluster_view(HOME, [a_volume(path="/moved")])))
    notes = [read_mark(each.comment or "") for each in changes(plan, "vol_1") if isinstance(each, ModifyVolume)]
    assert [mark.path for mark in notes if mark] == ["/moved"] * 3


def test_all_that_is_to_be_changed_is_in_one_plan() -> None:
    plan = by_lyon(mirrored(policy="MirrorLatest"), a_volume(path="/moved"))
    assert kinds(plan, "vol_1", LYON) == ["ModifyVolume", "ModifyRelationship"]


@pytest.mark.parametrize(
    ("mirror", "target", "change"),
    [
        ({"policy": "MirrorLatest"}, {}, ("Asynchronous", None, None)),
        ({"schedule": "daily"}, {"schedule": "hourly"}, (None, "hourly", None)),
        ({}, {"schedule": "hourly"}, (None, "hourly", None)),
        ({"schedule": "daily"}, {}, (None, "", None)),
        ({"throttle": 5}, {"throttle": 7}, (None, None, 7)),
        ({}, {"throttle": 7}, (None, None, 7)),
        ({"throttle": 5}, {}, (None, None, 0)),
    ],
)
def test_policy_schedule_and_throttle_become_the_configured_ones(
    mirror: dict[str, Any], target: dict[str, Any], change: tuple[str | None, str | None, int | None]
) -> None:
    before = {"paris": a_cluster_view(HOME, [a_volume()]), "lyon": mirrored(**mirror)}
    (act,) = acts(protect(before, wanting(**target)))
    assert act.change == ModifyRelationship(uuid=MIRROR, policy=change[0], schedule=change[1], throttle=change[2])
    assert kinds(protect(after(before, act), wanting(**target))) == []


def test_what_a_target_names_no_more_goes_back_to_its_default_and_the_plan_says_so() -> None:
    (act,) = acts(by_lyon(mirrored(policy="MirrorLatest", schedule="daily", throttle=512)))
    assert act.text == (
        "vol_1: policy MirrorLatest -> Asynchronous, the default,"
        " schedule daily -> that of the policy, as the target names none,"
        " throttle 512 KiB/s -> that of the policy, as the target names none"
    )


def test_settings_that_somebody_gave_a_mirror_that_is_adopted_are_told_apart_until_the_end_of_the_run() -> None:
    adopted = a_cluster_view(LYON, [a_volume(backend=LYON, comment="")], [a_mirror(schedule="daily")])
    (step,) = (step for step in by_lyon(adopted).steps if isinstance(step.acts[0].change, ModifyRelationship))
    assert step.title == "Change adopted relationships"
    assert "somebody else made them" in step.because
    first, now = (
        standing_of({"paris": a_cluster_view(HOME, [a_volume()]), "lyon": lyon}, ALONE)
        for lyon in (adopted, mirrored(schedule="daily"))
    )
    assert [step.title for step in protect_planner(ALONE)(Situation(now=now, first=first)).steps] == [step.title]
    assert [step.title for step in by_lyon(mirrored(schedule="daily")).steps] == ["Change relationships"]


def test_a_paused_mirror_is_resumed() -> None:
    assert changes(by_lyon(mirrored(state=MirrorState.PAUSED))) == [Resume(uuid=MIRROR)]


def test_a_destination_that_an_earlier_run_made_is_gone_on_with() -> None:
    empty = a_volume(backend=LYON, used_bytes=0)
    plan = by_lyon(a_cluster_view(LYON, [empty]))
    assert kinds(plan) == ["CreateRelationship", "Initialize", "AwaitTransfer"]
    assert plan.losses == ()
    assert kinds(by_lyon(a_cluster_view(LYON, [empty], [a_mirror(**FRESH)]))) == ["Initialize", "AwaitTransfer"]


def test_a_first_transfer_that_runs_is_waited_for_only() -> None:
    running = FRESH | {"transfer": a_transfer(TransferState.TRANSFERRING)}
    assert changes(by_lyon(mirrored(**running))) == [AwaitTransfer(uuid=MIRROR, exported=None)]


def test_a_first_transfer_that_failed_in_this_run_is_reported_and_a_later_run_tries_again() -> None:
    failed = mirrored(**FRESH | {"transfer": a_transfer(TransferState.FAILED), "unhealthy_reason": "no space"})
    before, now = (
        standing_of({"paris": a_cluster_view(HOME, [a_volume()]), "lyon": lyon}, ALONE)
        for lyon in (mirrored(**FRESH), failed)
    )
    begun = next(act for act in acts(by_lyon(mirrored(**FRESH))) if isinstance(act.change, Initialize))
    plan = protect_planner(ALONE)(Situation(now=now, first=before, accepted={begun.id: before}))
    (refusal,) = plan.refusals
    assert "no space" in refusal.text
    assert "make room" in (refusal.hint or "")
    assert plan.steps == ()
    assert kinds(by_lyon(failed)) == ["Initialize", "AwaitTransfer"]


# -- never over the only copy


def test_a_copy_that_lost_its_relationship_is_given_up_meanwhile_only_by_consent() -> None:
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON)])
    (loss,) = by_lyon(lyon).losses
    assert (loss.volume, loss.backend, loss.age) == ("vol_1", "gold-lyon", None)
    assert loss.text.endswith("holds no copy to fail over to, nor is there one anywhere else")
    (loss,) = protect(seen(lyon=lyon)).losses
    assert loss.text.endswith("holds no copy to fail over to; gold-nice has one")


def test_a_relationship_that_was_made_anew_and_never_began_asks_too_and_one_that_began_does_not() -> None:
    assert len(by_lyon(mirrored(**FRESH)).losses) == 1
    begun = mirrored(**FRESH | {"transfer": a_transfer(TransferState.ABORTED)})
    assert by_lyon(begun).losses == ()


def test_a_mirror_of_the_served_copy_under_a_foreign_source_is_not_touched() -> None:
    plan = by_lyon(mirrored(source_svm_uuid="oslo/svm_gold", source_cluster="oslo"))
    assert plan.steps == ()
    assert any("is a mirror of svm_gold:vol_1 of oslo" in each.text for each in plan.refusals)


def test_a_broken_off_mirror_is_refused_and_not_touched() -> None:
    plan = by_lyon(a_cluster_view(LYON, [a_served()], [a_broken(policy="other")]))
    assert plan.steps == ()
    (refusal,) = plan.refusals
    assert "nothing is resynced" in refusal.text
    assert "failover gold --to gold-lyon" in (refusal.hint or "")


def test_a_state_that_is_not_known_is_refused_and_not_touched() -> None:
    plan = by_lyon(mirrored(state=MirrorState.UNKNOWN, policy="other"))
    assert (plan.steps, refusals(plan)) == ((), [("vol_1", "gold-lyon")])


@pytest.mark.parametrize("kind", [VolumeType.RW, VolumeType.DP])
def test_a_name_that_is_taken_is_refused_never_removed(kind: VolumeType) -> None:
    taken = a_volume(backend=LYON, type=kind, comment="somebody's")
    plan = by_lyon(a_cluster_view(LYON, [taken]), a_volume(), a_volume("vol_2"))
    assert refusals(plan) == [("vol_1", "gold-lyon")]
    assert {act.volume for act in acts(plan)} == {"vol_2"}


# -- facts before acts


def test_a_source_that_is_offline_keeps_its_path_and_is_refused_in_the_plan() -> None:
    plan = protect(seen(paris=a_cluster_view(HOME, [a_volume(state=VolumeState.OFFLINE, path=None)])))
    assert plan.steps == ()
    (refusal,) = plan.refusals
    assert refusal.text == "vol_1 at gold-paris is offline: nothing can be carried from it"


@pytest.mark.parametrize("export", ["default", FENCE])
def test_where_clients_look_for_a_volume_is_not_forgotten_while_it_is_not_mounted(export: str) -> None:
    plan = protect(seen(paris=a_cluster_view(HOME, [a_volume(path=None, export=export)])))
    assert (plan.steps, plan.refusals) == ((), ())


def test_an_offline_source_that_was_never_mirrored_is_refused_before_any_act() -> None:
    offline = a_volume(state=VolumeState.OFFLINE, path=None, comment="")
    plan = by_lyon(a_cluster_view(LYON), offline, a_volume("vol_2"))
    assert {act.volume for act in acts(plan)} == {"vol_2"}
    assert ("vol_1", None) in refusals(plan)


@pytest.mark.parametrize(
    ("lyon", "named"),
    [
        ({"policies": ()}, "no SnapMirror policy Asynchronous"),
        ({"schedules": frozenset()}, "no schedule hourly"),
        ({"aggregates": ()}, "no aggregate aggr"),
        ({"licenses": frozenset({"nfs"})}, "lyon has no valid SnapMirror licence"),
        ({"svms": ()}, "SVM svm_gold_dr is not on lyon"),
    ],
)
def test_what_is_missing_at_a_target_is_named_before_anything_is_done_there(lyon: dict[str, Any], named: str) -> None:
    here = replace(a_cluster_view(LYON), **lyon)
    plan = by_lyon(here, group=wanting(schedule="hourly"))
    assert not any(act.volume for act in acts(plan))
    (refusal,) = plan.refusals
    assert (refusal.backend, refusal.volume) == ("gold-lyon", None)
    assert named in refusal.text
    assert refusal.hint


def test_a_licence_is_needed_on_both_sides_and_none_where_none_are_told() -> None:
    plan = by_lyon(a_cluster_view(LYON), licenses=frozenset({"nfs"}))
    assert "paris has no valid SnapMirror licence" in plan.refusals[0].text
    both = {"licenses": frozenset({"snapmirror"})}
    assert by_lyon(a_cluster_view(LYON, **both), licenses=None).refusals == ()  # type: ignore[arg-type]


def test_a_synchronous_policy_is_refused_with_its_type() -> None:
    view = a_cluster_view(LYON)
    (policy, *claims) = view.policies
    plan = by_lyon(replace(view, policies=(replace(policy, type="sync"), *claims)))
    assert "Asynchronous of lyon is of type sync" in plan.refusals[0].text
    assert plan.steps == ()


def test_what_has_no_room_is_refused_and_what_has_goes_on() -> None:
    lyon = a_cluster_view(LYON, aggregates=(Aggregate(name="aggr", available_bytes=GIB),))
    plan = by_lyon(lyon, a_volume(), a_volume("vol_2"))
    assert refusals(plan) == [("vol_2", "gold-lyon")]
    assert {act.volume for act in acts(plan)} == {"vol_1"}


def test_a_thick_volume_needs_room_for_all_of_its_size() -> None:
    lyon = a_cluster_view(LYON, aggregates=(Aggregate(name="aggr", available_bytes=5 * GIB),))
    (refusal,) = by_lyon(lyon, a_volume(guarantee="volume")).refusals
    assert "aggr of lyon has no room for vol_1, which is thick, of 10 GiB" in refusal.text
    assert by_lyon(lyon).refusals == ()


def test_a_full_aggregate_is_no_matter_to_mirrors_that_are_there() -> None:
    lyon = replace(mirrored(state=MirrorState.PAUSED), aggregates=(Aggregate(name="aggr", available_bytes=0),))
    plan = by_lyon(lyon, a_volume(), a_volume("vol_2"))
    assert (refusals(plan), kinds(plan)) == ([("vol_2", "gold-lyon")], ["Resume"])


def test_new_destinations_go_where_most_room_is_left() -> None:
    room = (Aggregate(name="a", available_bytes=4 * GIB), Aggregate(name="b", available_bytes=5 * GIB))
    volumes = [a_volume(f"vol_{n}", used_bytes=2 * GIB) for n in range(4)]
    plan = by_lyon(a_cluster_view(LYON, aggregates=room), *volumes, group=wanting(aggregates={"aggr": ("a", "b")}))
    assert [each.aggregates for each in changes(plan) if isinstance(each, CreateVolume)] == [
        ("b",),
        ("a",),
        ("b",),
        ("a",),
    ]


@pytest.mark.parametrize(
    ("constituents", "aggregates", "each"), [(4, ("a", "b"), 2), (3, ("a",), 3), (2, ("a", "b"), 1), (1, ("a",), 1)]
)
def test_a_flexgroup_gets_as_many_constituents_as_its_source(
    constituents: int, aggregates: tuple[str, ...], each: int
) -> None:
    room = (Aggregate(name="a", available_bytes=9 * GIB), Aggregate(name="b", available_bytes=8 * GIB))
    group = wanting(aggregates={"*": ("a", "b")})
    plan = by_lyon(
        a_cluster_view(LYON, aggregates=room), a_volume(style="flexgroup", constituents=constituents), group=group
    )
    (create,) = (change for change in changes(plan) if isinstance(change, CreateVolume))
    assert (create.aggregates, create.constituents_per_aggregate) == (aggregates, each)


def test_an_aggregate_that_is_not_mapped_concerns_its_volumes_alone() -> None:
    group = wanting(aggregates={"aggr": ("aggr",)})
    plan = by_lyon(a_cluster_view(LYON), a_volume(), a_volume("vol_2", aggregates=("ssd",)), group=group)
    (refusal,) = plan.refusals
    assert refusal.text == "vol_2 lives on ssd, for which gold-lyon names no aggregate"
    assert {act.volume for act in acts(plan)} == {"vol_1"}


def test_a_persons_comment_is_never_cut_to_make_room() -> None:
    full = a_volume(comment="x" * 1000)
    plan = by_lyon(a_cluster_view(LYON), full, claims=(a_claim(),))
    assert refusals(plan) == [("vol_1", "gold-paris")]
    assert plan.steps == ()
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, comment="x" * 1000)], [a_mirror()])
    assert refusals(by_lyon(lyon)) == [("vol_1", "gold-lyon")]


@pytest.mark.parametrize(
    ("destination", "mirror", "named", "hint"),
    [
        ({"state": VolumeState.OFFLINE}, {}, "its volume vol_1 is offline", "bring the volume online"),
        ({"state": VolumeState.OFFLINE}, {"state": MirrorState.PAUSED}, "its volume vol_1 is offline", "bring"),
        ({"state": VolumeState.RESTRICTED}, FRESH, "its volume vol_1 is restricted", "bring the volume online"),
        (
            {},
            {"healthy": False, "unhealthy_reason": "source not registered"},
            "source not registered",
            "datamotion reprotect takes it up again",
        ),
        ({}, {"healthy": False, "unhealthy_reason": "no space left"}, "no space left", "make room"),
        ({}, {"healthy": False, "unhealthy_reason": None}, "gives no reason", "snapmirror show"),
    ],
)
def test_a_mirror_that_does_not_work_is_not_as_wanted(
    destination: dict[str, Any], mirror: dict[str, Any], named: str, hint: str
) -> None:
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, **destination)], [a_mirror(**mirror)])
    plan = by_lyon(lyon)
    (refusal,) = plan.refusals
    assert named in refusal.text
    assert hint in (refusal.hint or "")
    assert (plan.steps, ("gold-lyon", "vol_1") in plan.holds) == ((), False)


RUNNING = a_transfer(TransferState.TRANSFERRING)
FAILED: dict[str, Any] = {
    "healthy": False,
    "unhealthy_reason": "the link is cut",
    "transfer": a_transfer(TransferState.FAILED),
}


def test_a_mirror_whose_last_transfer_failed_is_given_one_more_and_the_plan_says_why() -> None:
    plan = by_lyon(mirrored(**FAILED))
    (start,) = acts(plan)
    assert start.change == StartTransfer(uuid=MIRROR, exported="snap.1", ended_at=FAILED["transfer"].ended_at)
    assert (start.title, start.text) == ("Transfer again", "vol_1: the link is cut")
    assert (plan.refusals, plan.losses, ("gold-lyon", "vol_1") in plan.holds) == ((), (), False)


@pytest.mark.parametrize(
    ("now", "wanted", "refused_for", "holds"),
    [
        (
            {"transfer": a_transfer(TransferState.TRANSFERRING)},
            [AwaitTransfer(uuid=MIRROR, exported="snap.1")],
            0,
            False,
        ),
        ({"transfer": a_transfer(TransferState.FAILED, ended_at=NOON)}, [], 1, False),
        (
            {"healthy": True, "exported_snapshot": "snap.2", "transfer": a_transfer(TransferState.SUCCESS)},
            [],
            0,
            True,
        ),
    ],
    ids=["runs", "failed again", "came to its end"],
)
def test_one_more_transfer_is_awaited_and_never_begun_twice_in_a_run(
    now: dict[str, Any], wanted: list[Any], refused_for: int, holds: bool
) -> None:
    before, after_it = (
        standing_of({"paris": a_cluster_view(HOME, [a_volume()]), "lyon": lyon}, ALONE)
        for lyon in (mirrored(**FAILED), mirrored(**FAILED | now))
    )
    (start,) = acts(by_lyon(mirrored(**FAILED)))
    plan = protect_planner(ALONE)(Situation(now=after_it, first=before, accepted={start.id: before}))
    assert (changes(plan), len(plan.refusals)) == (wanted, refused_for)
    assert (("gold-lyon", "vol_1") in plan.holds) is holds
    assert all("run the same command again" in (each.hint or "") for each in plan.refusals)


@pytest.mark.parametrize(
    "mirror",
    [
        {"state": MirrorState.BROKEN_OFF},
        {"unhealthy_reason": "the source was released"},
        {"exported_snapshot": None},
        {"source_svm_uuid": "oslo/svm_gold", "source_cluster": "oslo"},
    ],
    ids=["broken off", "released", "holds nothing", "of another source"],
)
def test_a_failed_transfer_is_not_begun_again_where_it_could_mend_nothing_or_was_not_wanted(
    mirror: dict[str, Any],
) -> None:
    plan = by_lyon(mirrored(**FAILED | mirror))
    assert (changes(plan), set(refusals(plan))) == ([], {("vol_1", "gold-lyon")})


def test_a_failed_transfer_into_a_mirror_that_was_paused_on_purpose_is_not_begun_again() -> None:
    noted = a_volume(backend=LYON, comment=a_mark(paused="2031-05-04T12:00:00Z", paused_by="ann@ops"))
    plan = by_lyon(a_cluster_view(LYON, [noted], [a_mirror(**FAILED | {"state": MirrorState.PAUSED})]))
    assert (changes(plan), plan.refusals) == ([], ())


def test_a_running_transfer_is_given_its_chance() -> None:
    assert by_lyon(mirrored(healthy=False, transfer=RUNNING)).refusals == ()


# -- what is not seen


def test_an_unseen_home_is_never_an_empty_one() -> None:
    refusal = refused(protect(seen(paris=LOST)))
    assert refusal.because_silent
    assert "it is not known what gold-paris holds: no route to host" in refusal.text
    assert refusal.hint == "if gold-paris is lost: datamotion failover gold"
    denied = replace(LOST, refused=True, hint="check user and password")
    assert refused(protect(seen(paris=denied))).hint == "check user and password"


def test_a_home_whose_svm_is_missing_is_refused() -> None:
    assert (
        "SVM svm_gold of gold-paris is not on paris" in refused(protect(seen(paris=a_cluster_view(HOME, svms=())))).text
    )


def test_a_silent_target_holds_up_no_other() -> None:
    plan = protect(seen(lyon=LOST, nice=a_cluster_view(NICE)))
    assert [(each.backend, each.because_silent) for each in plan.refusals] == [("gold-lyon", True)]
    assert {act.backend for act in acts(plan)} == {"gold-nice"}


def test_nothing_is_done_in_sight_of_a_failover_that_was_begun() -> None:
    begun = (a_claim(), a_claim(LYON, 2, served=False))
    refusal = refused(protect(seen(lyon=knowing(a_target_view(LYON, "vol_1"), LYON, *begun))))
    assert "was never seen to be served" in refusal.text
    assert "failover gold --to gold-lyon goes on with it" in (refusal.hint or "")


# -- where a target serves


def test_every_volume_follows_the_copy_that_serves_it() -> None:
    partial = (a_claim(), a_claim(LYON, 2, partial=True))
    lyon = a_cluster_view(
        LYON,
        [a_served(comment=a_mark(epoch=2)), a_volume("vol_2", LYON)],
        [a_broken(), a_mirror("vol_2", state=MirrorState.PAUSED)],
        claims=partial,
    )
    view = seen("vol_1", "vol_2", lyon=lyon, nice=knowing(a_cluster_view(NICE), NICE, *partial))
    plan = protect(view)
    made = {
        change.destination.volume: change.source for change in changes(plan) if isinstance(change, CreateRelationship)
    }
    assert made == {
        "vol_1": Endpoint("svm_gold_dr_lyon", "vol_1"),
        "vol_2": Endpoint("svm_gold", "vol_2"),
    }
    assert [type(change) for change in changes(plan, "vol_2", LYON)] == [Resume]
    assert not any(isinstance(change, ModifyVolume) for change in changes(plan, "vol_1", LYON)), "its epoch stays"


def test_a_served_copy_that_lost_its_mark_gets_back_what_the_others_say_of_the_volume() -> None:
    lyon = a_cluster_view(LYON, [a_served(comment="a note")], [a_broken()], claims=LYON_TOOK_OVER)
    marks = [
        read_mark(each.comment or "")
        for each in changes(protect(failed_over(lyon=lyon)), "vol_1", LYON)
        if isinstance(each, ModifyVolume)
    ]
    assert marks == [read_mark(a_mark())]


def test_a_mirror_of_a_copy_that_does_not_serve_any_more_is_named_and_left() -> None:
    plan = protect(failed_over())
    (text,) = [each.text for each in plan.refusals if each.backend == "gold-nice"]
    assert text == "vol_1 is a mirror of gold-paris, and gold-lyon serves vol_1: nothing is turned round here"
    assert not any(act.backend == "gold-nice" for act in acts(plan))
    assert "gold-lyon serves gold since 2031-05-03 12:00 UTC (epoch 2)" in notes_of(plan)[0]


def test_a_copy_that_served_before_is_never_mirrored_to() -> None:
    claims = (*LYON_TOOK_OVER, a_claim(NICE, 3))
    plan = protect(failed_over(claims=claims, nice=served_at(NICE, "vol_1", claims=claims)))
    (refusal,) = [each for each in plan.refusals if each.backend == "gold-lyon"]
    assert "served before gold-nice took over, and may hold writes that no other has" in refusal.text


def test_a_member_that_is_served_where_nobody_sees_it_is_named() -> None:
    partial = (a_claim(), a_claim(LYON, 2, partial=True))
    lyon = a_cluster_view(
        LYON,
        [a_served(comment=a_mark(epoch=2)), a_volume("vol_2", LYON)],
        [a_broken(), a_mirror("vol_2")],
        claims=partial,
    )
    plan = protect(seen("vol_1", "vol_2", paris=LOST, lyon=lyon))
    (refusal,) = [each for each in plan.refusals if each.volume == "vol_2"]
    assert refusal.text == "gold-paris, which serves vol_2, cannot be seen: no route to host"
    assert refusal.because_silent


def test_how_old_a_paused_mirror_is_by_now_is_told() -> None:
    (act,) = acts(by_lyon(mirrored(state=MirrorState.PAUSED, lag=timedelta(hours=3))))
    assert act.text == "vol_1: svm_gold_dr:vol_1, 3 h old by now"


def test_a_destination_that_nothing_ends_in_is_waited_for_until_it_is_online() -> None:
    """It was just made, perhaps by a run that was cut off."""
    group = a_group(LYON)
    (target,) = group.targets
    group = replace(group, targets=(replace(target, online_s=30.0),))
    offline = a_cluster_view(LYON, [a_volume(backend=LYON, state=VolumeState.OFFLINE)])
    plan = planned(protect_planner(group), standing_of(seen(lyon=offline), group))
    of_lyon = [act.change for act in acts(plan) if act.subject == ("gold-lyon", "vol_1")]
    assert of_lyon[0] == AwaitOnline(limit_s=30.0)
    assert [type(each) for each in of_lyon[1:]] == [CreateRelationship, Initialize, AwaitTransfer]
    absent = a_cluster_view(LYON)
    plan = planned(protect_planner(group), standing_of(seen(lyon=absent), group))
    assert [act.change.limit_s for act in acts(plan) if isinstance(act.change, CreateVolume)] == [30.0]


def test_mirrors_that_the_home_lacks_once_another_serves_are_wanted_and_said_to_be_missing() -> None:
    names = ("vol_1", "vol_2")
    plan = protect(failed_over(*names, paris=a_cluster_view(HOME, claims=LYON_TOOK_OVER)), a_group(LYON))
    assert (plan.steps, plan.refusals) == ((), ())
    assert plan.holds
    assert plan.lacks == {(HOME.name, name) for name in names}
    assert "datamotion apply gold makes mirrors there then" in str(plan.notes)


def test_nothing_is_missing_at_a_home_that_serves_or_mirrors_what_does() -> None:
    back = a_volume(type=VolumeType.DP, path=None, export=FENCE)
    paris = a_cluster_view(HOME, [back], [a_mirror(backend=HOME, source=LYON)], claims=LYON_TOOK_OVER)
    assert protect(failed_over(paris=paris), a_group(LYON)).lacks == frozenset()
    assert protect(seen()).lacks == frozenset()
