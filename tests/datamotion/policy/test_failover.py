"""Planning a failover: from the targets alone, what each volume still needs, and how it is gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.acts import AbortTransfer, Break, ModifyVolume, Pause
from datamotion.model.mark import read_mark
from datamotion.model.plan import Plan
from datamotion.model.view import ClusterView, Unseen, View
from datamotion.model.words import MirrorState, Role, TransferState, VolumeState
from datamotion.policy.failover import failover_planner
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    LYON,
    NICE,
    NOON,
    a_cluster_view,
    a_mark,
    a_mirror,
    a_peer,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    kinds,
)
from tests.datamotion.policy.plans import BOTH, HOUR, both, failover, group_refusal, served
from tests.datamotion.simulation import after_all

# -- the acts, from each state


def test_a_mirror_is_paused_broken_off_and_served() -> None:
    plan = failover(both(a_target_view(LYON, "vol_1"), a_target_view(NICE)))
    uuid = "gold-lyon/vol_1/mirror"
    pause, break_off, serve = changes(plan)
    assert (pause, break_off) == (Pause(uuid=uuid), Break(uuid=uuid))
    assert isinstance(serve, ModifyVolume)
    assert (serve.uuid, serve.path) == ("gold-lyon/vol_1", "/vol_1")
    mark = read_mark(serve.comment or "")
    assert mark is not None
    assert (mark.role, mark.epoch, mark.path, mark.since) == (Role.ACTIVE, 2, "/vol_1", NOON)
    assert (plan.backend, plan.epoch) == ("gold-lyon", 2)
    assert [step.stage for step in plan.steps] == sorted(step.stage for step in plan.steps)


def test_a_running_transfer_is_aborted_first() -> None:
    lyon = a_target_view(LYON, "vol_1", transfer=a_transfer(TransferState.TRANSFERRING))
    plan = failover(both(lyon, a_target_view(NICE)))
    assert kinds(plan) == ["AbortTransfer", "Pause", "Break", "ModifyVolume"]
    assert changes(plan)[0] == AbortTransfer(relationship_uuid="gold-lyon/vol_1/mirror", transfer_uuid="transfer")


@pytest.mark.parametrize("ended", [TransferState.FAILED, TransferState.ABORTED, TransferState.HARD_ABORTED])
def test_a_last_transfer_that_came_to_nothing_stops_no_break(ended: TransferState) -> None:
    lyon = a_target_view(LYON, "vol_1", transfer=a_transfer(ended), healthy=False, unhealthy_reason="unreachable")
    plan = failover(both(lyon, a_target_view(NICE)))
    assert kinds(plan) == ["Pause", "Break", "ModifyVolume"]
    assert [(each.snapshot, each.age) for each in plan.recovery_points] == [("snap.1", timedelta(minutes=30))]


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (MirrorState.SNAPMIRRORED, ["Pause", "Break", "ModifyVolume"]),
        (MirrorState.IN_SYNC, ["Pause", "Break", "ModifyVolume"]),
        (MirrorState.OUT_OF_SYNC, ["Pause", "Break", "ModifyVolume"]),
        (MirrorState.PAUSED, ["Break", "ModifyVolume"]),
        (MirrorState.BROKEN_OFF, ["ModifyVolume"]),
    ],
)
def test_each_state_needs_only_what_is_left(state: MirrorState, left: list[str]) -> None:
    assert kinds(failover(both(a_target_view(LYON, "vol_1", state=state), a_target_view(NICE)))) == left


@pytest.mark.parametrize(
    "state",
    [
        MirrorState.UNINITIALIZED,
        MirrorState.SYNCHRONIZING,
        MirrorState.EXPANDING,
        MirrorState.SHRINKING,
        MirrorState.UNKNOWN,
    ],
)
def test_a_copy_that_is_not_known_to_be_complete_is_never_touched(state: MirrorState) -> None:
    lyon = a_cluster_view(
        LYON,
        [a_volume(name, LYON) for name in ("vol_1", "vol_2")],
        [a_mirror("vol_1", state=state), a_mirror("vol_2")],
    )
    assert (
        "gold-lyon"
        in group_refusal(failover(both(a_target_view(LYON, "vol_1", state=state), a_target_view(NICE)))).text
    )
    plan = failover(both(lyon, a_target_view(NICE)), allow_partial=True)
    assert {act.volume for act in acts(plan)} == {"vol_2"}
    assert [(each.volume, each.backend) for each in plan.refusals] == [("vol_1", "gold-lyon")]


def test_a_volume_whose_state_is_not_known_is_never_touched() -> None:
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, state=VolumeState.UNKNOWN)], [a_mirror()])
    assert "its destination volume is unknown" in group_refusal(failover(both(lyon, a_target_view(NICE)))).text


def test_a_volume_that_was_not_mounted_at_home_is_active_and_unmounted() -> None:
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, comment=a_mark(Role.MIRROR, path=None))], [a_mirror()])
    serve = changes(failover(both(lyon, a_target_view(NICE))))[-1]
    assert isinstance(serve, ModifyVolume)
    assert serve.path is None


def test_a_mirror_behind_an_alias_is_failed_over_without_asking_its_source() -> None:
    lyon = a_cluster_view(
        LYON, [a_volume(backend=LYON)], [a_mirror(source_svm="gold.7")], peers=[a_peer(name="gold.7")]
    )
    assert kinds(failover(both(lyon, a_target_view(NICE)))) == ["Pause", "Break", "ModifyVolume"]


def test_the_epoch_is_one_above_the_highest_that_any_mirror_was_told() -> None:
    nice = a_cluster_view(NICE, [a_volume(backend=NICE, comment=a_mark(Role.MIRROR, 6))], [a_mirror(backend=NICE)])
    assert failover(both(a_target_view(LYON, "vol_1"), nice)).epoch == 7


# -- going on


def test_what_is_served_already_needs_no_step() -> None:
    plan = failover(both(served(LYON, "vol_1"), a_target_view(NICE, "vol_1")))
    assert (plan.steps, plan.losses, plan.refusals) == ((), (), ())
    assert (plan.backend, plan.epoch) == ("gold-lyon", 2)


def test_an_interrupted_failover_keeps_its_target_and_epoch_though_another_is_fresher() -> None:
    lyon = served(LYON, "vol_1", "vol_2", epoch=4, claimed=("vol_1",))
    plan = failover(both(lyon, a_target_view(NICE, "vol_1", "vol_2", lag=timedelta())))
    assert (plan.backend, plan.epoch) == ("gold-lyon", 4)
    assert [(act.backend, act.volume) for act in acts(plan)] == [("gold-lyon", "vol_2")] * 2
    assert [loss.volume for loss in plan.losses] == ["vol_2"]


def test_another_target_is_refused_once_one_serves() -> None:
    refused = group_refusal(failover(both(served(LYON, "vol_1"), a_target_view(NICE, "vol_1")), "gold-nice"))
    assert "gold-lyon serves gold already" in refused.text
    assert "--to gold-lyon" in (refused.hint or "")


def later(first: View, now: View, choice: FailoverChoice | None = None) -> Plan:
    return failover_planner(BOTH, choice or FailoverChoice())(Situation(now=now, first=first))


def test_a_run_keeps_to_its_target_though_another_turns_fresher() -> None:
    first = both(a_target_view(LYON, "vol_1"), a_target_view(NICE, "vol_1", lag=HOUR))
    now = both(a_target_view(LYON, "vol_1", state=MirrorState.PAUSED), a_target_view(NICE, "vol_1", lag=timedelta()))
    assert {act.backend for act in acts(later(first, now))} == {"gold-lyon"}


def test_a_run_whose_target_falls_silent_stops_and_turns_to_no_other() -> None:
    first = both(a_target_view(LYON, "vol_1"), a_target_view(NICE, "vol_1"))
    refused = group_refusal(later(first, both(Unseen(reason="link down"), first["nice"])))
    assert refused.because_silent
    assert "gold-lyon" in refused.text


def test_a_run_keeps_its_epoch_though_the_mirror_that_told_it_is_seen_no_more() -> None:
    nice = a_cluster_view(NICE, [a_volume(backend=NICE, comment=a_mark(Role.MIRROR, 6))], [])
    nice = replace(nice, relationships=(a_mirror(backend=NICE, lag=HOUR),))
    first = both(a_target_view(LYON, "vol_1"), nice)
    assert later(first, both(first["lyon"], Unseen(reason="link down"))).epoch == 7


def test_a_volume_that_becomes_unusable_in_a_run_is_left_and_the_others_go_on() -> None:
    first = both(a_target_view(LYON, "vol_1", "vol_2"), a_target_view(NICE))
    lyon = a_target_view(LYON, "vol_1", "vol_2")
    gone = replace(lyon, volumes=(a_volume("vol_1", LYON, state=VolumeState.OFFLINE), lyon.volumes[1]))
    plan = later(first, both(gone, first["nice"]))
    assert {act.volume for act in acts(plan)} == {"vol_2"}
    assert [each.volume for each in plan.refusals] == ["vol_1"]


def test_the_recovery_point_is_the_one_first_seen() -> None:
    first = both(a_target_view(LYON, "vol_1"), a_target_view(NICE))
    now = both(a_target_view(LYON, "vol_1", state=MirrorState.BROKEN_OFF, lag=5 * HOUR), first["nice"])
    (point,) = later(first, now).recovery_points
    assert point.age == timedelta(minutes=30)


def test_every_volume_that_is_broken_off_states_what_it_gives_up() -> None:
    plan = failover(both(a_target_view(LYON, "vol_1", "vol_2"), a_target_view(NICE)))
    assert {(loss.volume, loss.age) for loss in plan.losses} == {
        ("vol_1", timedelta(minutes=30)),
        ("vol_2", timedelta(minutes=30)),
    }
    assert all("30 min" in loss.text for loss in plan.losses)


def test_a_failover_carried_out_is_done() -> None:
    clusters: Mapping[str, ClusterView] = {
        "lyon": a_target_view(LYON, "vol_1", "vol_2", transfer=a_transfer(TransferState.TRANSFERRING)),
        "nice": a_target_view(NICE, "vol_1", "vol_2"),
    }
    plan = failover(clusters)
    done = after_all(clusters, *acts(plan))
    assert failover(done).steps == ()
    assert done["nice"] == clusters["nice"]
