"""The target of a failover: the freshest that is whole, or the one that was asked for, and only that one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from datamotion.model.records import Svm
from datamotion.model.view import Unseen
from tests.datamotion.building import (
    LYON,
    NICE,
    a_cluster_view,
    a_mirror,
    a_target_view,
    a_volume,
    acts,
)
from tests.datamotion.policy.plans import HOUR, both, failover, group_refusal


def test_the_least_worst_lag_wins() -> None:
    lyon = a_cluster_view(
        LYON,
        [a_volume(name, LYON) for name in ("vol_1", "vol_2")],
        [a_mirror("vol_1", lag=timedelta()), a_mirror("vol_2", lag=3 * HOUR)],
    )
    plan = failover(both(lyon, a_target_view(NICE, "vol_1", "vol_2", lag=2 * HOUR)))
    assert plan.backend == "gold-nice"
    assert any("gold-lyon is passed over: its oldest copy is 3 h old" in note for note in plan.notes)


def test_of_equals_the_first_in_the_configuration_wins() -> None:
    assert failover(both(a_target_view(LYON, "vol_1"), a_target_view(NICE, "vol_1"))).backend == "gold-lyon"


def test_a_copy_of_unknown_age_is_never_taken_for_the_freshest() -> None:
    view = both(a_target_view(LYON, "vol_1", lag=None), a_target_view(NICE, "vol_1", lag=3 * HOUR))
    assert failover(view).backend == "gold-nice"
    (loss,) = failover(view, "gold-lyon").losses
    assert loss.age is None


def test_a_silent_target_is_passed_over() -> None:
    plan = failover(both(Unseen(reason="no route"), a_target_view(NICE, "vol_1", lag=5 * HOUR)))
    assert plan.backend == "gold-nice"
    assert any("no route" in note for note in plan.notes)


def test_a_stopped_svm_is_passed_over() -> None:
    stopped = replace(a_target_view(LYON, "vol_1"), svms=(Svm(uuid="u", name="svm_lyon", state="stopped"),))
    assert failover(both(stopped, a_target_view(NICE, "vol_1", lag=5 * HOUR))).backend == "gold-nice"


def test_unhealthy_does_not_mean_unusable() -> None:
    lyon = a_target_view(LYON, "vol_1", lag=HOUR, healthy=False)
    assert failover(both(lyon, a_target_view(NICE, "vol_1", lag=2 * HOUR))).backend == "gold-lyon"


def test_with_every_target_silent_it_is_refused_as_silence() -> None:
    refused = group_refusal(failover(both(Unseen(reason="no route"), Unseen(reason="down"))))
    assert refused.because_silent
    assert "no route" in refused.text
    assert "down" in refused.text


def test_a_part_of_the_group_needs_consent_and_leaves_the_rest_alone() -> None:
    view = both(Unseen(reason="down"), a_target_view(NICE, "vol_2"))
    lyon = a_target_view(LYON, "vol_1", "vol_2")
    partial = both(replace(lyon, volumes=lyon.volumes[1:]), view["nice"])
    refused = group_refusal(failover(partial))
    assert "vol_1" in refused.text
    assert "--allow-partial" in (refused.hint or "")
    plan = failover(partial, "gold-nice", allow_partial=True)
    assert {(act.backend, act.volume) for act in acts(plan)} == {("gold-nice", "vol_2")}
    assert [(each.volume, each.backend) for each in plan.refusals] == [("vol_1", "gold-nice")]


def test_a_named_target_is_taken_though_another_is_fresher() -> None:
    view = both(a_target_view(LYON, "vol_1"), a_target_view(NICE, "vol_1", lag=5 * HOUR))
    plan = failover(view, "gold-nice")
    assert {act.backend for act in acts(plan)} == {"gold-nice"}
    assert any("over the group's RPO" in note for note in plan.notes)


def test_a_named_target_that_is_silent_is_refused_not_replaced() -> None:
    refused = group_refusal(failover(both(Unseen(reason="down"), a_target_view(NICE, "vol_1")), "gold-lyon"))
    assert refused.because_silent


def test_only_the_chosen_leg_is_touched() -> None:
    plan = failover(both(a_target_view(LYON, "vol_1"), a_target_view(NICE, "vol_1")))
    assert {act.cluster for act in acts(plan)} == {act.backend.removeprefix("gold-") for act in acts(plan)} == {"lyon"}
