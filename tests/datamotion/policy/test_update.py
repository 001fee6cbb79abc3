"""Planning an update: one transfer for each mirror, begun after the run was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.acts import AwaitTransfer, StartTransfer
from datamotion.model.plan import Plan
from datamotion.model.records import Transfer
from datamotion.model.view import ClusterView, Unseen, View
from datamotion.model.words import MirrorState, Role, TransferState, VolumeType
from datamotion.policy.situation import Situation
from datamotion.policy.update import update_planner
from tests.datamotion.building import (
    LYON,
    NICE,
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
    planned,
)

GROUP = a_group(LYON)
UUID = "gold-lyon/vol_1/mirror"
START = StartTransfer(uuid=UUID)
RUNNING = a_transfer(TransferState.TRANSFERRING)


def update(view: View) -> Plan:
    return planned(update_planner(GROUP), view)


def lyon(transfer: Transfer | None = None, **mirror: object) -> View:
    return {"lyon": a_target_view(LYON, "vol_1", transfer=transfer, **mirror)}


def once_accepted(now: View, planned_from: View) -> Plan:
    return update_planner(GROUP)(Situation(now=now, first=planned_from, accepted={START: planned_from}))


def test_an_idle_mirror_is_given_a_transfer() -> None:
    assert changes(update(lyon(a_transfer(TransferState.SUCCESS)))) == [START]


def test_a_running_transfer_is_waited_for_before_its_own_is_started() -> None:
    assert changes(update(lyon(RUNNING))) == [AwaitTransfer(uuid=UUID), START]


def test_its_own_transfer_is_waited_for() -> None:
    before = lyon(a_transfer(TransferState.SUCCESS))
    assert kinds(once_accepted(lyon(RUNNING), before)) == ["AwaitTransfer"]


def test_a_start_that_does_not_show_yet_is_waited_for() -> None:
    before = lyon(a_transfer(TransferState.SUCCESS))
    assert kinds(once_accepted(before, before)) == ["AwaitTransfer"]


def test_a_newer_snapshot_ends_it() -> None:
    before = lyon(a_transfer(TransferState.SUCCESS))
    after = lyon(a_transfer(TransferState.SUCCESS, ended_at=NOON), exported_snapshot="snap.2")
    plan = once_accepted(after, before)
    assert (plan.steps, plan.refusals) == ((), ())


def test_a_transfer_that_moved_nothing_ends_it_too() -> None:
    before = lyon(a_transfer(TransferState.SUCCESS))
    plan = once_accepted(lyon(a_transfer(TransferState.SUCCESS, ended_at=NOON)), before)
    assert (plan.steps, plan.refusals) == ((), ())


@pytest.mark.parametrize("state", [TransferState.FAILED, TransferState.ABORTED, TransferState.HARD_ABORTED])
def test_a_transfer_that_came_to_nothing_is_reported_with_its_reason(state: TransferState) -> None:
    before = lyon(a_transfer(TransferState.SUCCESS))
    plan = once_accepted(lyon(a_transfer(state, ended_at=NOON), unhealthy_reason="quota exceeded"), before)
    (refusal,) = plan.refusals
    assert (plan.steps, refusal.volume, refusal.backend) == ((), "vol_1", "gold-lyon")
    assert "quota exceeded" in refusal.text


def test_an_earlier_failure_is_no_reason_not_to_try() -> None:
    failed = lyon(a_transfer(TransferState.FAILED, ended_at=NOON - timedelta(days=1)))
    assert kinds(update(failed)) == ["StartTransfer"]
    assert kinds(once_accepted(failed, failed)) == ["AwaitTransfer"]


@pytest.mark.parametrize("state", [s for s in MirrorState if s not in (MirrorState.SNAPMIRRORED, MirrorState.IN_SYNC)])
def test_a_mirror_in_any_other_state_is_refused_and_not_touched(state: MirrorState) -> None:
    plan = update(lyon(a_transfer(TransferState.SUCCESS), state=state))
    (refusal,) = plan.refusals
    assert (plan.steps, refusal.volume) == ((), "vol_1")


def test_a_group_that_a_target_serves_takes_no_update() -> None:
    active = a_volume(backend=LYON, type=VolumeType.RW, comment=a_mark(Role.ACTIVE, 2))
    served = a_cluster_view(LYON, [active], [a_mirror(state=MirrorState.BROKEN_OFF)])
    plan = planned(update_planner(a_group(LYON, NICE)), {"lyon": served, "nice": a_target_view(NICE, "vol_1")})
    assert plan.steps == ()
    assert plan.refused is not None


def test_a_silent_target_holds_up_no_other() -> None:
    view: View = {"lyon": Unseen(reason="down"), "nice": a_target_view(NICE, "vol_1")}
    plan = planned(update_planner(a_group(LYON, NICE)), view)
    assert {act.backend for act in acts(plan)} == {"gold-nice"}
    assert [(each.backend, each.because_silent) for each in plan.refusals] == [("gold-lyon", True)]


def test_a_target_without_a_mirror_says_how_to_get_one() -> None:
    (refusal,) = update({"lyon": a_cluster_view(LYON)}).refusals
    assert "datamotion apply gold" in (refusal.hint or "")


def test_mirrors_go_on_independently() -> None:
    view = a_target_view(LYON, "vol_1", "vol_2")
    first, second = view.relationships
    mixed: dict[str, ClusterView] = {
        "lyon": replace(view, relationships=(replace(first, state=MirrorState.PAUSED), second))
    }
    plan = update(mixed)
    assert {act.volume for act in acts(plan)} == {"vol_2"}
    assert [refusal.volume for refusal in plan.refusals] == ["vol_1"]
