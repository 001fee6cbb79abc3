"""Planning what comes before a planned failover breaks anything off, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from datamotion.model.claim import Claim
from datamotion.model.plan import Plan
from datamotion.model.standing import FENCE, CopyId
from datamotion.model.view import ClusterView, Unseen, View
from datamotion.model.words import TransferState
from datamotion.policy.copies.frozen import last_name
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.failover.thaw import thaw_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NOON,
    a_claim,
    a_cluster_view,
    a_mark,
    a_mirror,
    a_snapshot,
    a_transfer,
    a_volume,
    kinds,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import BOTH, LOST, failed_over, refused

LAST = "datamotion_last.2.2031-05-04_120000"
SERVED = a_claim(since=NOON - timedelta(days=9))
TAKEN = a_claim(LYON, 2, served=False)


def frozen(*claims: Claim) -> ClusterView:
    """The home, frozen, with its last snapshot."""
    volume = a_volume(path=None, export=FENCE, comment=a_mark(frozen=LAST))
    return a_cluster_view(HOME, [volume], claims=claims or (SERVED,), snapshots=(a_snapshot(LAST),))


def lyon(*snapshots: str, **mirror: Any) -> ClusterView:
    held = tuple(a_snapshot(each, backend=LYON) for each in snapshots)
    return a_cluster_view(LYON, [a_volume(backend=LYON)], [a_mirror(**mirror)], claims=(SERVED,), snapshots=held)


def fail_over(view: View, is_planned: bool | None = True) -> Plan:
    choice = FailoverChoice(to="gold-lyon", is_planned=is_planned)
    return planned(failover_planner(BOTH, choice), standing_of(view, BOTH))


def abort(view: View) -> Plan:
    return planned(thaw_planner(BOTH), standing_of(view, BOTH))


@pytest.mark.parametrize("lands", [True, False], ids=["its transfer still runs", "its transfer has ended"])
def test_a_last_snapshot_that_is_there_is_awaited_until_its_transfer_has_ended(*, lands: bool) -> None:
    running = {"transfer": a_transfer(TransferState.TRANSFERRING)} if lands else {}
    plan = fail_over({"paris": frozen(), "lyon": lyon(LAST, **running), "nice": LOST})
    assert ("AwaitSnapshot" in kinds(plan, "vol_1", LYON)) is lands
    assert "StartTransfer" not in kinds(plan, "vol_1", LYON)


def test_who_served_before_is_not_needed_where_a_planned_one_has_nothing_left_to_move() -> None:
    plan = fail_over(failed_over(paris=LOST))
    assert (plan.refusals, plan.steps) == ((), ())


@pytest.mark.parametrize("refused", [False, True], ids=["silent", "says no"])
def test_without_a_wish_only_one_that_is_silent_is_taken_for_lost(*, refused: bool) -> None:
    plan = fail_over({"paris": Unseen(reason="wrong password", refused=refused), "lyon": lyon(LAST)}, is_planned=None)
    assert bool(plan.losses) is not refused
    assert [each.text for each in plan.refusals] == (
        ["gold-paris, which serves gold, cannot be frozen: wrong password"] if refused else []
    )
    assert not refused or "datamotion failover gold --unplanned" in (plan.refusals[0].hint or "")


def test_a_secret_that_is_missing_here_is_no_reason_to_give_writes_up() -> None:
    missing = Unseen(reason="NOT_SET is not set", hint="set NOT_SET", refused=True, not_asked=True)
    plan = fail_over({"paris": missing, "lyon": lyon(LAST)}, is_planned=None)
    assert [each.hint for each in plan.refusals] == ["set NOT_SET"]


def test_abort_never_says_that_nobody_is_kept_away_where_who_serves_cannot_be_seen() -> None:
    refusal = refused(abort({"paris": Unseen(reason="no route to host"), "lyon": lyon(), "nice": LOST}))
    assert "gold-paris, which serves gold, cannot be seen, nor whether its clients are kept away" in refusal.text
    assert refusal.because_silent


def test_abort_of_what_a_back_end_that_cannot_be_seen_has_claimed_is_refused_with_the_ways_out() -> None:
    refusal = refused(abort({"paris": frozen(SERVED, TAKEN), "lyon": LOST, "nice": LOST}))
    assert refusal.text == "gold-paris does not serve gold again: epoch 2 was taken for gold-lyon"
    assert "datamotion failover gold --to gold-lyon goes on with it" in (refusal.hint or "")
    assert "datamotion failover gold --to gold-paris --overrule gold-lyon" in (refusal.hint or "")


def test_from_the_epoch_on_no_hint_names_a_way_back() -> None:
    mirror = lyon(LAST)
    for claims, is_open in (((SERVED,), True), ((SERVED, TAKEN), False)):
        standing = standing_of({"paris": frozen(*claims), "lyon": mirror, "nice": LOST}, BOTH)
        (hint,) = (doubt.hint for doubt in standing.doubts if doubt.kind == "frozen")
        assert ("--abort" in (hint or "")) is is_open
        assert ("--to gold-lyon goes on with it" in (hint or "")) is not is_open


@pytest.mark.parametrize("is_there", [True, False], ids=["taken before", "not taken yet"])
def test_a_last_snapshot_that_clients_could_write_after_is_not_taken_for_the_last_one_again(*, is_there: bool) -> None:
    opened = a_volume(comment=a_mark(frozen=LAST))  # somebody lifted its fence
    snapshots = (a_snapshot(LAST),) if is_there else ()
    paris = a_cluster_view(HOME, [opened], claims=(SERVED,), snapshots=snapshots)
    standing = standing_of({"paris": paris, "lyon": lyon(), "nice": LOST}, BOTH)
    source = standing.copies[CopyId("gold-paris", "vol_1")]
    name = last_name(standing, source, 2, datetime(2031, 5, 4, 12, tzinfo=UTC))
    assert name == (f"{LAST}.2" if is_there else LAST)
