"""Planning protection: what is missing, in its order, and what stands in the way of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datamotion.model.acts import (
    AcceptSvmPeer,
    CreateRelationship,
    CreateVolume,
    Initialize,
    ModifyRelationship,
    ModifyVolume,
    PeerSvms,
)
from datamotion.model.group import Group
from datamotion.model.mark import read_mark
from datamotion.model.plan import Plan, Refusal
from datamotion.model.records import Aggregate, ClusterIdentity, ClusterPeer, Endpoint, Relationship, Svm, Volume
from datamotion.model.view import ClusterView, Unseen, View
from datamotion.model.words import MirrorState, Role, TransferState, VolumeType
from datamotion.policy.protect import protect_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    NICE,
    NOON,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_peer,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    kinds,
    planned,
)
from tests.datamotion.simulation import after_all, transfers_ended

UNMARKED = a_volume(comment="")


def protect(view: View, group: Group | None = None) -> Plan:
    return planned(protect_planner(group or a_group()), view)


def seen(lyon: ClusterView | Unseen, *volumes: Volume, **home: object) -> View:
    return {"paris": a_cluster_view(HOME, volumes or [a_volume()], **home), "lyon": lyon}  # type: ignore[arg-type]


def one_mirror(destination: Volume | None = None, **mirror: object) -> ClusterView:
    return a_cluster_view(LYON, [destination or a_volume(backend=LYON)], [a_mirror(**mirror)])  # type: ignore[arg-type]


def only_refusal(plan: Plan) -> Refusal:
    assert plan.steps == ()
    (refusal,) = plan.refusals
    return refusal


# -- from nothing to everything


def test_from_nothing_everything_is_planned_in_its_order() -> None:
    plan = protect(seen(a_cluster_view(LYON, peers=()), UNMARKED))
    assert kinds(plan, None) == ["PeerSvms", "AcceptSvmPeer"]
    assert kinds(plan, "vol_1", HOME) == ["ModifyVolume"]
    assert kinds(plan, "vol_1", LYON) == ["CreateVolume", "CreateRelationship", "Initialize", "AwaitTransfer"]
    assert [step.stage for step in plan.steps] == sorted(step.stage for step in plan.steps)
    assert not plan.refusals
    assert not plan.losses


def test_peering_is_asked_of_the_target_and_accepted_at_home() -> None:
    plan = protect(seen(a_cluster_view(LYON, peers=())))
    peering, accepting = (act for act in acts(plan) if act.volume is None)
    assert (peering.cluster, accepting.cluster) == ("lyon", "paris")
    assert (peering.backend, accepting.backend) == ("gold-lyon", "gold-lyon")
    assert peering.change == PeerSvms(svm="svm_lyon", name="svm_gold", peer_svm="svm_gold", peer_cluster="paris")
    assert accepting.change == AcceptSvmPeer(uuid=None, svm="svm_gold", peer_svm="svm_lyon")


@pytest.mark.parametrize(
    "taken",
    [
        {"svms": [Svm(uuid=name, name=name, state="running") for name in ("svm_lyon", "svm_gold")]},
        {"peers": [replace(a_peer(), svm="svm_other", peer_cluster="oslo")]},
    ],
)
def test_a_home_whose_name_is_taken_at_the_target_is_peered_under_another(taken: dict[str, Any]) -> None:
    plan = protect(seen(a_cluster_view(LYON, **{"peers": (), **taken})))
    (peering, _) = (act for act in acts(plan) if act.volume is None)
    assert peering.change == PeerSvms(svm="svm_lyon", name="svm_gold_paris", peer_svm="svm_gold", peer_cluster="paris")
    assert "called svm_gold_paris there since the name is taken" in peering.text
    (relate,) = (change for change in changes(plan) if isinstance(change, CreateRelationship))
    assert relate.source == Endpoint("svm_gold_paris", "vol_1")


def test_the_request_to_accept_is_the_one_that_concerns_the_home() -> None:
    ours = replace(
        a_peer(), uuid="ours", svm="svm_gold", peer_svm="svm_lyon", peer_cluster=LYON.cluster, state="pending"
    )
    of_other_svm = replace(ours, uuid="other", svm="svm_silver")
    of_other_cluster = replace(ours, uuid="namesake", peer_cluster="oslo")
    lyon = a_cluster_view(LYON, peers=[a_peer(state="initiated")])
    paris = a_cluster_view(HOME, [a_volume()], peers=[of_other_svm, of_other_cluster, ours])
    plan = protect({"paris": paris, "lyon": lyon})
    assert changes(plan, None) == [AcceptSvmPeer(uuid="ours", svm="svm_gold", peer_svm="svm_lyon")]


def test_what_is_peered_at_the_target_alone_is_accepted_once_more() -> None:
    ours = replace(
        a_peer(), uuid="ours", svm="svm_gold", peer_svm="svm_lyon", peer_cluster=LYON.cluster, state="pending"
    )
    paris = a_cluster_view(HOME, [a_volume()], peers=[ours])
    plan = protect({"paris": paris, "lyon": a_cluster_view(LYON, peers=[a_peer()])})
    assert changes(plan, None) == [AcceptSvmPeer(uuid="ours", svm="svm_gold", peer_svm="svm_lyon")]


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


def test_inside_one_cluster_nothing_has_to_be_accepted() -> None:
    home = a_cluster_view(HOME, [a_volume()])
    lyon = a_cluster_view(LYON, peers=(), identity=home.identity, cluster_peers=())
    assert kinds(protect({"paris": home, "lyon": lyon}), None) == ["PeerSvms"]


def test_a_peers_alias_is_the_source_svm_of_its_paths() -> None:
    plan = protect(seen(a_cluster_view(LYON, peers=[a_peer(name="svm_gold.1")])))
    (create,) = (each for each in changes(plan) if isinstance(each, CreateRelationship))
    assert create.source == Endpoint("svm_gold.1", "vol_1")


def test_a_mirror_behind_an_alias_is_known() -> None:
    lyon = a_cluster_view(
        LYON, [a_volume(backend=LYON)], [a_mirror(source_svm="svm_gold.1")], peers=[a_peer(name="svm_gold.1")]
    )
    assert protect(seen(lyon)).steps == ()


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


# -- after a failover


def served_at_lyon(*, epoch: int = 2, mirror: Relationship | None = None, mirrored: bool = True) -> ClusterView:
    active = a_volume(backend=LYON, type=VolumeType.RW, path="/vol_1", comment=a_mark(Role.ACTIVE, epoch))
    broken = mirror or a_mirror(state=MirrorState.BROKEN_OFF)
    return a_cluster_view(LYON, [active], [broken] if mirrored else [])


def test_an_overtaken_home_is_fenced_and_nothing_else_happens() -> None:
    nice = a_cluster_view(NICE, peers=())
    view = {**seen(served_at_lyon(), a_volume(), a_volume("vol_2")), "nice": nice}
    plan = protect(view, a_group(LYON, NICE))
    (fence,) = acts(plan)
    assert (fence.cluster, fence.volume) == ("paris", "vol_1")
    assert isinstance(fence.change, ModifyVolume)
    assert (fence.change.uuid, fence.change.path) == ("gold-paris/vol_1", "")
    mark = read_mark(fence.change.comment or "")
    assert mark is not None
    assert (mark.role, mark.epoch, mark.path) == (Role.FENCED, 1, "/vol_1")
    assert "gold-lyon serves gold since epoch 2" in plan.notes[0]


def test_a_fenced_home_stays_fenced_without_another_step() -> None:
    clusters: dict[str, ClusterView] = {"paris": a_cluster_view(HOME, [a_volume()]), "lyon": served_at_lyon()}
    fenced = after_all(clusters, *acts(protect(clusters)))
    assert protect(fenced).steps == ()


def test_a_fenced_copy_that_somebody_mounted_is_unmounted_again() -> None:
    home = a_volume(comment=a_mark(Role.FENCED))
    assert kinds(protect(seen(served_at_lyon(), home))) == ["ModifyVolume"]


def test_a_fenced_home_is_not_mirrored_while_nobody_is_seen_to_serve() -> None:
    plan = protect(seen(a_cluster_view(LYON), a_volume(path=None, comment=a_mark(Role.FENCED))))
    assert only_refusal(plan).volume == "vol_1"


def test_the_home_is_fenced_though_the_relationship_was_deleted_after_the_failover() -> None:
    plan = protect(seen(served_at_lyon(mirrored=False)))
    (fence,) = acts(plan)
    assert (fence.cluster, kinds(plan)) == ("paris", ["ModifyVolume"])


def test_a_copy_that_receives_again_does_not_get_the_home_fenced() -> None:
    view = seen(served_at_lyon(mirror=a_mirror()))
    refusal = only_refusal(protect(view))
    assert "not certain that it serves" in refusal.text


def test_of_two_claims_with_one_epoch_the_later_one_counts() -> None:
    early = a_volume(
        backend=LYON, type=VolumeType.RW, path="/vol_1", comment=a_mark(Role.ACTIVE, 2, since=NOON - timedelta(days=1))
    )
    late = a_volume(backend=NICE, type=VolumeType.RW, path="/vol_1", comment=a_mark(Role.ACTIVE, 2, since=NOON))
    lyon = a_cluster_view(LYON, [early], [a_mirror(state=MirrorState.BROKEN_OFF)])
    nice = a_cluster_view(NICE, [late], [a_mirror(backend=NICE, state=MirrorState.BROKEN_OFF)])
    plan = protect({**seen(lyon), "nice": nice}, a_group(LYON, NICE))
    assert "gold-nice serves" in plan.notes[0]


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


def test_a_cluster_goes_by_the_name_that_it_calls_itself() -> None:
    identity = ClusterIdentity(name="cluster-7", uuid="u", version=(9, 14, 1))
    lyon = a_cluster_view(LYON, peers=(), cluster_peers=(ClusterPeer(uuid="p", name="cluster-7", available=True),))
    plan = protect(seen(lyon, identity=identity))
    assert changes(plan, None)[0] == PeerSvms(
        svm="svm_lyon", name="svm_gold", peer_svm="svm_gold", peer_cluster="cluster-7"
    )
