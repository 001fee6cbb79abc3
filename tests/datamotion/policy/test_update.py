"""Planning an update: one transfer for each mirror of what is served, begun after the run was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datamotion.model.mirror_acts import AwaitIdle, AwaitTransfer, StartTransfer
from datamotion.model.plan import Plan
from datamotion.model.standing import FENCE
from datamotion.model.view import ClusterView, View
from datamotion.model.words import MirrorState, TransferState
from datamotion.policy.mirrors.update import update_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
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
    BOTH,
    LOST,
    LYON_TOOK_OVER,
    a_broken,
    a_served,
    failed_over,
    knowing,
    refusals,
    refused,
    seen,
    served_at,
)

ALONE = a_group(LYON)
UUID = "gold-lyon/vol_1/mirror"
HALF_AN_HOUR_AGO = NOON - timedelta(minutes=30)
START = StartTransfer(uuid=UUID, exported="snap.1", ended_at=HALF_AN_HOUR_AGO)
RUNNING = a_transfer(TransferState.TRANSFERRING)
ENDED = a_transfer(TransferState.SUCCESS, ended_at=NOON)


def lyon(**mirror: Any) -> View:
    return {"paris": a_cluster_view(HOME, [a_volume()]), "lyon": a_target_view(LYON, "vol_1", **mirror)}


def update(view: View, *, alone: bool = True) -> Plan:
    group = ALONE if alone else BOTH
    return planned(update_planner(group), standing_of(view, group))


def once_accepted(**now: Any) -> Plan:
    before = standing_of(lyon(), ALONE)
    (start,) = acts(update(lyon()))
    situation = Situation(now=standing_of(lyon(**now), ALONE), first=before, accepted={start.id: before})
    return update_planner(ALONE)(situation)


def test_an_idle_mirror_is_given_a_transfer() -> None:
    assert changes(update(lyon())) == [START]


def test_a_running_transfer_is_waited_for_before_its_own_is_started() -> None:
    assert [type(each) for each in changes(update(lyon(transfer=RUNNING)))] == [AwaitIdle, StartTransfer]


@pytest.mark.parametrize("now", [{"transfer": RUNNING}, {}])
def test_its_own_transfer_is_waited_for_though_it_does_not_show_yet(now: dict[str, Any]) -> None:
    assert changes(once_accepted(**now)) == [AwaitTransfer(uuid=UUID, exported="snap.1")]


@pytest.mark.parametrize("now", [{"exported_snapshot": "snap.2", "transfer": ENDED}, {"transfer": ENDED}])
def test_a_newer_snapshot_ends_it_and_so_does_a_transfer_that_moved_nothing(now: dict[str, Any]) -> None:
    plan = once_accepted(**now)
    assert (plan.steps, plan.refusals, plan.holds) == ((), (), frozenset({("gold-lyon", "vol_1")}))


@pytest.mark.parametrize("state", [TransferState.FAILED, TransferState.ABORTED, TransferState.HARD_ABORTED])
def test_a_transfer_that_came_to_nothing_is_told_with_its_reason(state: TransferState) -> None:
    plan = once_accepted(transfer=a_transfer(state, ended_at=NOON), unhealthy_reason="quota exceeded")
    (refusal,) = plan.refusals
    assert (plan.steps, refusal.volume, refusal.backend, plan.holds) == ((), "vol_1", "gold-lyon", frozenset())
    assert "quota exceeded" in refusal.text


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("Server disconnected without sending a response.", "run the same command again: the transfer goes on from"),
        (None, "run the same command again: the transfer goes on from"),
        ("No space left in the volume.", "make room on the aggregate of the destination"),
    ],
)
def test_of_a_failed_transfer_the_hint_is_another_try_unless_its_reason_names_what_helps(
    reason: str | None, hint: str
) -> None:
    plan = once_accepted(transfer=a_transfer(TransferState.FAILED, ended_at=NOON), unhealthy_reason=reason)
    (refusal,) = plan.refusals
    assert (refusal.hint or "").startswith(hint)
    assert not refusal.text.endswith("."), "it is said within a sentence"


def test_an_earlier_failure_is_no_reason_not_to_try() -> None:
    assert kinds(update(lyon(transfer=a_transfer(TransferState.FAILED)))) == ["StartTransfer"]


@pytest.mark.parametrize("state", [s for s in MirrorState if s not in (MirrorState.SNAPMIRRORED, MirrorState.IN_SYNC)])
def test_a_mirror_in_any_other_state_is_refused_and_not_touched(state: MirrorState) -> None:
    plan = update(lyon(state=state))
    assert plan.steps == ()
    assert ("vol_1", "gold-lyon") in refusals(plan)


def test_a_vaults_policy_carries_no_newest_writes_and_says_what_would() -> None:
    view = a_target_view(LYON, "vol_1")
    (policy, *claims) = view.policies
    vault = replace(view, policies=(replace(policy, takes_snapshots=False), *claims))
    plan = update({"paris": a_cluster_view(HOME, [a_volume()]), "lyon": vault})
    (refusal,) = plan.refusals
    assert (plan.steps, plan.holds) == ((), frozenset())
    assert "policy Asynchronous of the mirror of vol_1 is a vault's" in refusal.text
    assert "take a snapshot with one of the policy's labels" in (refusal.hint or "")


def test_a_source_that_is_not_seen_is_no_answer_and_not_a_refusal() -> None:
    refusal = refused(update(seen(paris=LOST), alone=False))
    assert refusal.because_silent
    assert refusal.text == "gold-paris, which serves gold, cannot be seen: no route to host"


def test_a_silent_target_holds_up_no_other() -> None:
    plan = update(seen(lyon=LOST), alone=False)
    assert {act.backend for act in acts(plan)} == {"gold-nice"}
    assert [(each.backend, each.because_silent) for each in plan.refusals] == [("gold-lyon", True)]


def test_a_mirror_of_a_copy_that_does_not_serve_gets_no_transfer() -> None:
    plan = update(failed_over(), alone=False)
    assert plan.steps == ()
    (refusal,) = plan.refusals
    assert refusal.text == "nothing mirrors vol_1, which gold-lyon serves"


def test_mirrors_of_whoever_serves_are_updated() -> None:
    nice = a_cluster_view(NICE, [a_volume(backend=NICE)], [a_mirror(backend=NICE, source=LYON)], claims=LYON_TOOK_OVER)
    plan = update(failed_over(nice=nice), alone=False)
    assert [(act.backend, type(act.change)) for act in acts(plan)] == [("gold-nice", StartTransfer)]


def test_nothing_is_updated_in_sight_of_a_failover_that_was_begun() -> None:
    begun = (a_claim(), a_claim(LYON, 2, served=False))
    plan = update(seen(lyon=knowing(a_target_view(LYON, "vol_1"), LYON, *begun)), alone=False)
    assert "was never seen to be served" in refused(plan).text


def test_a_volume_of_which_nobody_can_tell_who_serves_it_is_named() -> None:
    claims = (*LYON_TOOK_OVER, a_claim(NICE, 2))
    plan = update(failed_over(claims=claims, nice=served_at(NICE, "vol_1", claims=claims)), alone=False)
    (refusal,) = plan.refusals
    assert refusal.volume == "vol_1"
    assert "served twice in epoch 2" in refusal.text


def test_a_group_of_which_nothing_is_protected_says_how_to_begin() -> None:
    fresh = {"paris": a_cluster_view(HOME, claims=()), "lyon": a_cluster_view(LYON, claims=())}
    assert "datamotion apply gold" in (refused(update(fresh)).hint or "")


def test_mirrors_go_on_independently() -> None:
    view = a_target_view(LYON, "vol_1", "vol_2")
    first, second = view.relationships
    mixed: dict[str, ClusterView] = {
        "paris": a_cluster_view(HOME, [a_volume(), a_volume("vol_2")]),
        "lyon": replace(view, relationships=(replace(first, state=MirrorState.PAUSED), second)),
    }
    plan = update(mixed)
    assert {act.volume for act in acts(plan)} == {"vol_2"}
    assert refusals(plan) == [("vol_1", "gold-lyon")]


def test_where_nothing_is_carried_is_told_beside_what_is() -> None:
    broken = a_cluster_view(LYON, [a_served(), a_volume("vol_2", LYON)], [a_broken()])
    plan = update(seen("vol_1", "vol_2", lyon=broken), alone=False)
    assert {act.backend for act in acts(plan)} == {"gold-nice"}
    assert notes_of(plan) == ("gold-lyon: nothing is carried to vol_1, broken off there.",)
    assert [(each.backend, each.volume, each.hint) for each in plan.refusals] == [
        ("gold-lyon", "vol_2", "datamotion reprotect gold takes it up again, and says first what that gives up")
    ]


def test_targets_that_follow_another_back_end_or_hold_no_copy_are_named_as_not_carried() -> None:
    names = ("vol_1", "vol_2")
    mirrors = [a_mirror(name, backend=NICE, source=LYON) for name in names[:1]]
    nice = a_cluster_view(NICE, [a_volume("vol_1", NICE)], mirrors)
    plan = update(seen(*names, nice=nice), alone=False)
    assert {act.backend for act in acts(plan)} == {"gold-lyon"}
    assert [(each.backend, each.text, each.hint) for each in plan.refusals] == [
        (
            "gold-nice",
            "vol_1 is a mirror of gold-lyon, and gold-paris serves vol_1",
            "datamotion reprotect gold makes it follow gold-paris",
        ),
        ("gold-nice", "gold-nice holds no copy of vol_2", "datamotion apply gold sets the mirrors up"),
    ]


def test_all_that_has_to_be_settled_first_is_named_once() -> None:
    names = [f"vol_{number}" for number in range(1, 8)]
    home = [a_volume(name, comment=a_mark(name, frozen="datamotion_last.2"), path=None, export=FENCE) for name in names]
    view = {"paris": a_cluster_view(HOME, home), "lyon": a_cluster_view(LYON), "nice": a_cluster_view(NICE)}
    refusal = refused(update(view, alone=False))
    assert refusal.text.startswith("vol_1 at gold-paris is frozen, its clients cannot write")
    assert refusal.text.endswith("; so it is with vol_2, vol_3, vol_4, vol_5, and 2 others")
