"""What a failover does: the epoch at every site, the fence, then each volume from the state that it is in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.acts import Act
from datamotion.model.mark import read_mark
from datamotion.model.mirror_acts import AbortTransfer, Break, Initialize, Pause
from datamotion.model.plan import Gate, Plan
from datamotion.model.serving_acts import ConfirmClaim, TakeEpoch
from datamotion.model.serving_records import ExportPolicy
from datamotion.model.standing import FENCE, CopyId
from datamotion.model.view import ClusterView, Unseen, View
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import also_needed, failover_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_claim,
    a_claim_policy,
    a_cluster_view,
    a_mark,
    a_mirror,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    kinds,
    notes_of,
    standing_of,
)
from tests.datamotion.policy.plans import (
    BOTH,
    HOUR,
    LOST,
    LYON_TOOK_OVER,
    a_broken,
    a_served,
    failed_over,
    failover,
    knowing,
    refusals,
    refused,
    seen,
    served_at,
)
from tests.datamotion.simulation import after_all

MIRROR = "gold-lyon/vol_1/mirror"


def lost(lyon: ClusterView) -> dict[str, ClusterView | Unseen]:
    """The home is not seen, nice holds nothing."""
    return seen(paris=LOST, lyon=lyon, nice=a_cluster_view(NICE))


def later(first: View, now: View, choice: FailoverChoice | None = None, **situation: object) -> Plan:
    made = Situation(now=standing_of(now), first=standing_of(first), **situation)  # type: ignore[arg-type]
    return failover_planner(BOTH, choice or FailoverChoice())(made)


def test_what_serves_by_a_claim_that_another_run_made_one_of_a_part_names_its_epoch() -> None:
    """Both runs go to lyon; this one took the epoch for the whole group, the other one has left all volumes behind."""
    now = failed_over(claims=(a_claim(), a_claim(LYON, 2, partial=True)), paris=LOST)
    assert standing_of(now).active["vol_1"] != CopyId("gold-lyon", "vol_1")
    (change,) = changes(later(seen(paris=LOST), now, FailoverChoice(to="gold-lyon")), "vol_1", LYON)
    assert isinstance(change, ModifyVolume)
    assert read_mark(change.comment or "") == replace(read_mark(a_mark()), epoch=2)  # type: ignore[type-var]


# -- the acts


def test_the_epoch_is_taken_at_every_site_that_was_seen_before_anything_is_broken_off() -> None:
    plan = failover(seen(paris=LOST))
    takes = [step for step in plan.steps if isinstance(step.acts[0].change, TakeEpoch)]
    assert plan.steps[: len(takes)] == tuple(takes)
    assert [(step.cluster, step.gate) for step in takes] == [("lyon", Gate.ALL), ("nice", Gate.ALL)]
    claims = {act.change.claim for act in acts(plan) if isinstance(act.change, TakeEpoch)}
    assert claims == {a_claim(LYON, 2, served=False, since=NOON, by="tests", after=frozenset({a_claim().key}))}
    assert (plan.backend, plan.epoch) == ("gold-lyon", 2)


def test_all_who_claim_go_in_the_order_of_the_svms_and_not_of_their_configurations() -> None:
    turned = replace(BOTH, targets=BOTH.targets[::-1])
    for group in (BOTH, turned):
        planner = failover_planner(group, FailoverChoice(to="gold-nice"))
        plan = planner(Situation.at_first_sight(standing_of(seen(), group)))
        assert [act.cluster for act in acts(plan) if isinstance(act.change, TakeEpoch)] == ["lyon", "nice", "paris"]


def test_a_mirror_is_paused_broken_off_and_served_and_last_the_claim_is_confirmed() -> None:
    plan = failover(lost(a_target_view(LYON, "vol_1")))
    volume = a_volume(backend=LYON)
    assert changes(plan, "vol_1") == [
        Pause(uuid=MIRROR),
        Break(uuid=MIRROR),
        ModifyVolume(uuid=volume.uuid, path="/vol_1"),
    ]
    assert [type(act.change) for act in acts(plan)][-2:] == [ConfirmClaim, ConfirmClaim]
    served = next(step for step in plan.steps if step.title == "Serve")
    assert served.gate is Gate.ALL, "nothing is confirmed before every volume is served"


def test_a_running_transfer_is_aborted_first() -> None:
    lyon = a_target_view(LYON, "vol_1", transfer=a_transfer(TransferState.TRANSFERRING))
    assert changes(failover(lost(lyon)), "vol_1")[0] == AbortTransfer(
        relationship_uuid=MIRROR, transfer_uuid="transfer"
    )


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (MirrorState.SNAPMIRRORED, ["Pause", "Break", "ModifyVolume"]),
        (MirrorState.IN_SYNC, ["Pause", "Break", "ModifyVolume"]),
        (MirrorState.OUT_OF_SYNC, ["Pause", "Break", "ModifyVolume"]),
        (MirrorState.PAUSED, ["Break", "ModifyVolume"]),
    ],
)
def test_each_state_needs_only_what_is_left(state: MirrorState, left: list[str]) -> None:
    assert kinds(failover(lost(a_target_view(LYON, "vol_1", state=state))), "vol_1") == left


@pytest.mark.parametrize("ended", [TransferState.FAILED, TransferState.ABORTED, TransferState.HARD_ABORTED])
def test_a_last_transfer_that_came_to_nothing_stops_no_break(ended: TransferState) -> None:
    lyon = a_target_view(LYON, "vol_1", transfer=a_transfer(ended), healthy=False, unhealthy_reason="unreachable")
    assert kinds(failover(lost(lyon)), "vol_1") == ["Pause", "Break", "ModifyVolume"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"state": MirrorState.UNINITIALIZED, "exported_snapshot": None}, "uninitialized and holds no complete copy"),
        ({"state": MirrorState.PAUSED, "exported_snapshot": None, "lag": None}, "paused and holds no complete copy"),
        ({"state": MirrorState.SYNCHRONIZING}, "synchronizing and holds no complete copy"),
        ({"state": MirrorState.UNKNOWN}, "unknown and holds no complete copy"),
    ],
)
def test_what_is_not_known_to_be_complete_is_never_touched(changed: dict[str, object], why: str) -> None:
    assert f"vol_1: it is {why}" in refused(failover(lost(a_target_view(LYON, "vol_1", **changed)))).text
    mirrors = [a_mirror("vol_1", **changed), a_mirror("vol_2")]  # type: ignore[arg-type]
    lyon = a_cluster_view(LYON, [a_volume(name, LYON) for name in ("vol_1", "vol_2")], mirrors)
    plan = failover(lost(lyon), allow_partial=True)
    assert {act.volume for act in acts(plan)} == {"vol_2", None}
    assert refusals(plan) == [("vol_1", "gold-lyon")]


@pytest.mark.parametrize("state", [VolumeState.OFFLINE, VolumeState.RESTRICTED, VolumeState.UNKNOWN])
def test_a_volume_that_is_not_online_cannot_be_served(state: VolumeState) -> None:
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, state=state)], [a_mirror()])
    assert f"its volume vol_1 is {state}" in refused(failover(lost(lyon))).text


@pytest.mark.parametrize("path", ["/vol_1", "/VOL_1"])
def test_a_junction_path_that_is_taken_is_refused_before_the_break(path: str) -> None:
    drill = a_volume("drill", LYON, uuid="clone", type=VolumeType.RW, path=path, comment="", is_clone=True)
    lyon = a_target_view(LYON, "vol_1")
    refusal = refused(failover(lost(replace(lyon, volumes=(drill, *lyon.volumes)))))
    assert "its junction path /vol_1 is taken by volume drill" in refusal.text


@pytest.mark.parametrize("partial", [False, True])
def test_a_new_volume_stays_where_it_is_mounted(partial: bool) -> None:
    claims = (a_claim(), a_claim(LYON, 2, partial=partial))
    lyon = served_at(LYON, claims=claims)
    new = a_served("vol_new", path="/elsewhere", comment="")
    view = failed_over(claims=claims, lyon=replace(lyon, volumes=(*lyon.volumes, new)))
    plan = failover(view, "gold-lyon", allow_partial=partial)
    paths = [each.path for each in changes(plan, "vol_new") if isinstance(each, ModifyVolume)]
    assert paths == ([None] if partial else [])


def test_a_volume_that_was_not_mounted_at_home_is_active_and_unmounted() -> None:
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, comment=a_mark(path=None))], [a_mirror()])
    assert kinds(failover(lost(lyon)), "vol_1") == ["Pause", "Break"]


def test_a_junction_path_that_no_mark_tells_is_assumed_in_so_many_words() -> None:
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, comment="")], [a_mirror()])
    home = a_cluster_view(HOME, [a_volume(comment="", path=None)])
    plan = failover(seen(paris=home, lyon=lyon, nice=a_cluster_view(NICE)), "gold-lyon")
    (serve,) = [act for act in acts(plan) if act.title == "Serve"]
    assert "served at /vol_1, which is assumed: no mark that was seen tells its path" in serve.text


# -- the fence


def test_what_is_overtaken_in_sight_is_fenced_before_anything_is_broken_off() -> None:
    plan = failover(seen(), "gold-lyon")
    order = [(act.title, act.backend) for act in acts(plan) if act.volume]
    assert order[0] == ("Fence the overtaken copies", "gold-paris")
    fences = [step for step in plan.steps if step.title == "Fence the overtaken copies"]
    assert [step.gate for step in fences] == [Gate.ALL]
    assert {act.backend for act in acts(plan) if act.volume} == {"gold-paris", "gold-lyon"}, "no mirror is fenced"


def test_a_failover_back_home_lifts_its_fence_exactly() -> None:
    home = a_volume(path=None, export=FENCE, comment=a_mark(export="clients_of_paris"))
    lyon = a_cluster_view(LYON, [a_served(comment=a_mark(export="other"))], claims=LYON_TOOK_OVER)
    policies = tuple(ExportPolicy(name=name, svm=HOME.svm, rules=1) for name in ("default", "clients_of_paris"))
    paris = a_cluster_view(HOME, [home], claims=LYON_TOOK_OVER, export_policies=policies)
    plan = failover(failed_over(paris=paris, lyon=lyon, nice=LOST), "gold-paris", overrule="gold-lyon")
    assert changes(plan, "vol_1", HOME) == [ModifyVolume(uuid=home.uuid, path="/vol_1", export="clients_of_paris")]


# -- which clusters are looked at


def test_the_home_is_not_asked_while_every_target_says_that_it_serves() -> None:
    assert also_needed(standing_of(seen(paris=LOST))) == frozenset()
    assert also_needed(standing_of(seen(paris=LOST, nice=LOST))) == {"paris"}
    assert also_needed(standing_of(failed_over(paris=LOST))) == {"paris"}


# -- a part


def test_a_partial_failover_marks_its_epoch_with_the_volumes_that_it_is_about() -> None:
    lyon = a_target_view(LYON, "vol_1")
    plan = failover(seen("vol_1", "vol_2", paris=LOST, lyon=lyon), "gold-lyon", allow_partial=True)
    claim = next(act.change.claim for act in acts(plan) if isinstance(act.change, TakeEpoch))
    assert claim.partial
    serve = changes(plan, "vol_1", LYON)[-1]
    assert isinstance(serve, ModifyVolume)
    mark = read_mark(serve.comment or "")
    assert mark is not None
    assert mark.epoch == 2
    assert refusals(plan) == [("vol_2", "gold-lyon")]


def test_a_run_that_turns_partial_marks_what_it_served_before_it_says_so() -> None:
    first = lost(a_target_view(LYON, "vol_1", "vol_2"))
    claims = (a_claim(), a_claim(LYON, 2, served=False))
    half = a_cluster_view(
        LYON,
        [a_served("vol_1"), a_volume("vol_2", LYON, state=VolumeState.OFFLINE)],
        [a_broken("vol_1"), a_mirror("vol_2")],
        claims=claims,
    )
    now = lost(half) | {"nice": a_cluster_view(NICE, claims=claims)}
    plan = later(first, now)
    named, *_ = changes(plan, "vol_1")
    assert isinstance(named, ModifyVolume)
    assert "epoch=2" in (named.comment or "")
    assert next(act.title for act in acts(plan)) == "Name the epoch"
    assert refusals(plan) == [("vol_2", "gold-lyon")]
    assert ("gold-lyon", "vol_1") not in plan.holds


# -- within a run


def test_a_run_keeps_to_its_back_end_though_another_turns_fresher() -> None:
    first = seen(paris=LOST, nice=a_target_view(NICE, "vol_1", lag=HOUR))
    now = seen(paris=LOST, lyon=a_target_view(LYON, "vol_1", state=MirrorState.PAUSED))
    assert {act.backend for act in acts(later(first, now)) if act.volume} == {"gold-lyon"}


def test_a_run_whose_back_end_falls_silent_stops_and_turns_to_no_other() -> None:
    refusal = refused(later(seen(paris=LOST), seen(paris=LOST, lyon=LOST)))
    assert refusal.because_silent
    assert "gold-lyon cannot take over gold: no route to host" in refusal.text


def test_a_run_withdraws_before_a_newer_claim_and_says_who_won() -> None:
    won = (a_claim(), a_claim(NICE, 2, served=False, by="ops on control"))
    now = seen(paris=LOST, nice=knowing(a_target_view(NICE, "vol_1"), NICE, *won))
    refusal = refused(later(seen(paris=LOST), now))
    assert "gold-nice was claimed in epoch 2 by ops on control" in refusal.text
    assert "withdraws" in refusal.text


def test_a_run_keeps_its_epoch_though_the_site_that_told_it_is_seen_no_more() -> None:
    nice = knowing(a_cluster_view(NICE), NICE, a_claim(epoch=6))
    assert later(seen(paris=LOST, nice=nice), seen(paris=LOST, nice=LOST)).epoch == 7


def test_a_volume_that_is_gone_in_the_middle_is_left_and_the_others_go_on() -> None:
    first = lost(a_target_view(LYON, "vol_1", "vol_2"))
    now = lost(a_target_view(LYON, "vol_2")) | {"nice": a_cluster_view(NICE, [a_volume(backend=NICE)])}
    plan = later(first, now)
    assert refusals(plan) == [("vol_1", "gold-lyon")]
    assert {act.volume for act in acts(plan)} == {"vol_2", None}


def test_what_is_served_already_needs_no_step() -> None:
    plan = failover(failed_over(paris=LOST))
    assert (plan.steps, plan.losses, plan.refusals, notes_of(plan)) == ((), (), (), ())
    assert plan.holds == {CopyId("gold-lyon", "vol_1")}


# -- recovery points


def test_the_recovery_point_is_what_was_seen_before_the_break() -> None:
    first = lost(a_target_view(LYON, "vol_1", exported_snapshot="snap.7"))
    newer = lost(a_target_view(LYON, "vol_1", exported_snapshot="snap.8", lag=timedelta(minutes=1)))
    broken = lost(served_at(LYON, "vol_1", claims=(a_claim(), a_claim(LYON, 2, served=False))))
    break_off = next(act for act in acts(failover(newer)) if isinstance(act.change, Break))
    (point,) = later(first, broken, accepted={break_off.id: standing_of(newer)}).recovery_points
    assert (point.snapshot, point.age) == ("snap.8", timedelta(minutes=1))


def test_how_old_a_copy_was_that_an_earlier_run_broke_off_is_not_made_up() -> None:
    (point,) = failover(failed_over(paris=LOST)).recovery_points
    assert (point.snapshot, point.age) == ("snap.1", None)


def test_a_failover_carried_out_is_done_and_leaves_the_other_leg_alone() -> None:
    view = seen("vol_1", "vol_2", lyon=a_target_view(LYON, "vol_1", "vol_2"))
    clusters = {name: each for name, each in view.items() if isinstance(each, ClusterView)}
    now = after_all(clusters, *_first_of_each(clusters))
    again = failover(now, "gold-lyon")
    assert (again.steps, again.losses, again.refusals) == ((), (), ())
    assert now["nice"].relationships == clusters["nice"].relationships
    assert standing_of(now).active == {name: CopyId("gold-lyon", name) for name in ("vol_1", "vol_2")}


def _first_of_each(clusters: dict[str, ClusterView]) -> list[Act]:
    """All acts, claims confirmed by the uuid that they have by then."""
    plan = failover(clusters, "gold-lyon")
    return [
        replace(act, change=replace(act.change, uuid=f"{act.cluster}/{act.change.claim.policy}"))
        if isinstance(act.change, ConfirmClaim)
        else act
        for act in acts(plan)
        if not isinstance(act.change, Initialize)
    ]


def test_a_run_withdraws_before_a_lower_claim_that_was_not_there_at_first() -> None:
    known = (a_claim(), a_claim(LYON, 2), a_claim(HOME, 3))
    lyon = knowing(a_target_view(LYON, "vol_1"), LYON, *known)
    first, late = seen(paris=LOST, lyon=lyon), knowing(a_target_view(NICE, "vol_1"), NICE, a_claim(), a_claim(NICE, 2))
    assert later(first, first).epoch == 4
    refusal = refused(later(first, {**first, "nice": late}))
    assert "gold-nice was claimed in epoch 2" in refusal.text
    assert "this failover to gold-lyon, epoch 4, withdraws" in refusal.text


def test_a_run_withdraws_before_a_claim_that_cannot_be_read() -> None:
    nice = a_target_view(NICE, "vol_1")
    garbled = replace(a_claim_policy(a_claim(NICE, 2), NICE), comment="see the wiki")
    now = seen(paris=LOST, nice=replace(nice, policies=(*nice.policies, garbled)))
    assert "epoch 2 was claimed meanwhile, and by whom cannot be read" in refused(later(seen(paris=LOST), now)).text
