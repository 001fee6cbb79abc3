"""Where a failover goes: every cell of the table in `failover_choice.py`, and the best of what is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.plan import Plan
from datamotion.model.view import Unseen
from datamotion.model.volume_records import Svm
from datamotion.model.words import MirrorState
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from tests.datamotion.building import (
    LYON,
    NICE,
    a_claim,
    a_claim_policy,
    a_cluster_view,
    a_mirror,
    a_snapshot,
    a_target_view,
    a_volume,
    acts,
    notes_of,
    planned,
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

BEGUN = (a_claim(), a_claim(LYON, 2, served=False, by="ops on console"))
TWICE = (a_claim(), a_claim(LYON, 2), a_claim(NICE, 2))

# -- the home serves


def test_away_from_the_home_it_goes_to_the_best_of_the_others() -> None:
    plan = failover(seen(paris=LOST, lyon=a_target_view(LYON, "vol_1", lag=HOUR)))
    assert (plan.backend, plan.epoch) == ("gold-nice", 2)
    assert plan.title == "Fail gold over from gold-paris to gold-nice, epoch 2"


def test_to_the_home_that_serves_there_is_nothing_to_do() -> None:
    assert failover(seen(), "gold-paris").steps == ()


def test_to_the_one_that_was_asked_for_though_another_is_fresher() -> None:
    plan = failover(seen(paris=LOST, nice=a_target_view(NICE, "vol_1", lag=5 * HOUR)), "gold-nice")
    assert plan.backend == "gold-nice"
    assert "gold-nice: it would lose the last 5 h of writes at worst, over the group's RPO of 2 h." in [
        note.replace("the last 5 h at", "the last 5 h of writes at") for note in notes_of(plan)
    ]


@pytest.mark.parametrize("to", [None, "gold-nice"])
def test_what_is_older_than_may_be_lost_is_refused_with_its_age_and_what_accepts_it(to: str | None) -> None:
    old = {"lyon": a_target_view(LYON, "vol_1", lag=9 * HOUR), "nice": a_target_view(NICE, "vol_1", lag=5 * HOUR)}
    view = seen(paris=LOST, lyon=old["lyon"], nice=old["nice"])

    def planned_with(limit: timedelta | None) -> Plan:
        return planned(failover_planner(BOTH, FailoverChoice(to=to, max_loss=limit)), standing_of(view, BOTH))

    refusal = planned_with(2 * HOUR).refused
    assert refusal is not None
    assert "gold-nice: it would lose at most the last 5 h" in refusal.text
    assert "(vol_1), over the group's RPO of 2 h" in refusal.text
    assert refusal.hint == "datamotion failover gold --to gold-nice --max-loss 6h accepts that"
    assert "over --max-loss of 3 h" in (planned_with(3 * HOUR).refused or refusal).text
    named = () if to is None else (f"--to {to}",)
    assert planned_with(3 * HOUR).options == (*named, "--unplanned", "--max-loss 3h", "--no-reprotect")
    for limit in (6 * HOUR, None):
        assert planned_with(limit).backend == "gold-nice"


def test_an_age_that_nobody_can_tell_is_accepted_as_any() -> None:
    view = seen(paris=LOST, nice=a_target_view(NICE, "vol_1", lag=None), lyon=a_target_view(LYON))
    choice = FailoverChoice(to="gold-nice", max_loss=2 * HOUR)
    refusal = planned(failover_planner(BOTH, choice), standing_of(view, BOTH)).refused
    assert refusal is not None
    assert "how much of vol_1 it would lose nobody can tell" in refusal.text
    assert refusal.hint == "datamotion failover gold --to gold-nice --max-loss any accepts that"


def test_a_failover_that_was_begun_goes_on_however_old_it_is_by_now() -> None:
    begun = (a_claim(), a_claim(NICE, 2, served=False))
    lyon = knowing(a_target_view(LYON, "vol_1", lag=HOUR), LYON, *begun)
    nice = knowing(a_target_view(NICE, "vol_1", lag=5 * HOUR), NICE, *begun)
    view = seen(paris=LOST, lyon=lyon, nice=nice)
    choice = FailoverChoice(to="gold-nice", max_loss=2 * HOUR)
    plan = planned(failover_planner(BOTH, choice), standing_of(view, BOTH))
    assert (plan.backend, plan.epoch) == ("gold-nice", 2)


# -- another one serves, in sight


def test_a_failover_of_what_a_target_serves_and_works_does_nothing() -> None:
    plan = failover(failed_over())
    assert (plan.backend, plan.epoch, plan.losses) == ("gold-lyon", 2, ())
    assert not any(act.backend == "gold-lyon" for act in acts(plan))


def test_what_a_failover_left_to_do_is_finished_there() -> None:
    lyon = replace(served_at(LYON, "vol_1"), volumes=(a_served(path=None),))
    plan = failover(failed_over(paris=LOST, lyon=lyon))
    assert [(act.title, act.volume) for act in acts(plan)] == [("Serve", "vol_1")]


def test_from_a_target_that_serves_and_works_only_who_overrules_it_by_name() -> None:
    refusal = refused(failover(failed_over(), "gold-nice"))
    assert refusal.text == "gold-lyon serves gold since epoch 2, and works"
    assert "--to gold-nice --overrule gold-lyon" in (refusal.hint or "")
    earlier = refused(failover(failed_over(), "gold-nice", earlier=Earlier(snapshot="last monday", keeps_newer=True)))
    assert "--to gold-nice --at 'last monday' --keep-newer --overrule gold-lyon" in (earlier.hint or "")
    plan = failover(failed_over(), "gold-nice", overrule="gold-lyon")
    assert (plan.backend, plan.epoch) == ("gold-nice", 3)
    assert [loss.given_up_at for loss in plan.losses] == ["gold-lyon"]


# -- another one serves, not in sight


@pytest.mark.parametrize(
    "lyon",
    [
        LOST,
        replace(served_at(LYON, "vol_1"), svms=(Svm(uuid="lyon/svm_gold_dr", name="svm_gold_dr", state="stopped"),)),
    ],
)
def test_away_from_a_target_that_served_and_is_lost_it_goes_to_the_best_of_the_others(lyon: object) -> None:
    nice = knowing(a_target_view(NICE, "vol_1", lag=48 * HOUR), NICE, *LYON_TOOK_OVER)
    plan = failover(failed_over(lyon=lyon, nice=nice))  # type: ignore[arg-type]
    assert (plan.backend, plan.epoch) == ("gold-paris", 3), "it has all until lyon took over, nice was older by then"
    assert failover(failed_over(lyon=lyon), "gold-nice").backend == "gold-nice"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("to", "overrule"), [(None, None), ("gold-lyon", None), ("gold-lyon", "gold-paris"), ("gold-lyon", "gold-lyon")]
)
def test_who_serves_the_newest_state_serves_no_older_one_though_it_has_no_newer_snapshot_and_another_is_overruled(
    to: str | None, overrule: str | None
) -> None:
    last = a_broken().exported_snapshot
    assert last is not None
    lyon = replace(served_at(LYON, "vol_1"), snapshots=(a_snapshot(last, backend=LYON),))
    refusal = refused(failover(failed_over(lyon=lyon), to, overrule=overrule, earlier=Earlier(snapshot=last)))
    assert "gold-lyon serves gold since epoch 2, and what serves does not go back to an older state" in refusal.text


def test_of_a_target_that_served_and_is_not_seen_there_is_nothing_to_ask() -> None:
    refusal = refused(failover(failed_over(lyon=LOST), "gold-lyon"))
    assert "gold-lyon serves gold already, since epoch 2, and cannot be seen: " in refusal.text
    assert "gold-lyon" not in (refusal.hint or "")


# -- never confirmed


@pytest.mark.parametrize("to", [None, "gold-lyon"])
def test_a_failover_that_was_begun_is_gone_on_with_though_another_is_fresher(to: str | None) -> None:
    lyon = knowing(a_target_view(LYON, "vol_1", lag=5 * HOUR, state=MirrorState.PAUSED), LYON, *BEGUN)
    plan = failover(seen(paris=LOST, lyon=lyon), to)
    assert (plan.backend, plan.epoch) == ("gold-lyon", 2)


@pytest.mark.parametrize("lyon", [LOST, knowing(a_target_view(LYON, "vol_1"), LYON, *BEGUN)])
def test_a_failover_that_was_begun_elsewhere_may_go_on_still(lyon: object) -> None:
    view = seen(paris=LOST, lyon=lyon, nice=knowing(a_target_view(NICE, "vol_1"), NICE, *BEGUN))  # type: ignore[arg-type]
    refusal = refused(failover(view, "gold-nice"))
    assert "ops on console" in refusal.text
    assert "--to gold-nice --overrule gold-lyon" in (refusal.hint or "")
    assert refusal.because_silent == (lyon is LOST)
    earlier = refused(failover(view, "gold-nice", earlier=Earlier(snapshot="monday")))
    assert "--to gold-nice --at monday --overrule gold-lyon" in (earlier.hint or "")
    assert failover(view, "gold-nice", overrule="gold-lyon").epoch == 3


def test_who_served_before_one_that_was_begun_and_works_is_named_as_the_way_out_and_not_given_up_unasked() -> None:
    claims = (a_claim(), a_claim(LYON, 2, served=False))
    view = seen(lyon=knowing(a_target_view(LYON, "vol_1"), LYON, *claims))
    back = "datamotion failover gold --to gold-paris --overrule gold-lyon"
    for refusal in (
        refused(failover(view, "gold-nice")),
        refused(failover(view, "gold-nice", overrule="gold-lyon")),
    ):
        assert f"{back} serves all that was written at gold-paris" in (refusal.hint or "")
    assert "gold-lyon never served gold: gold-paris does, and works" in refusal.text
    led = failover(view, "gold-paris", overrule="gold-lyon")
    assert (led.backend, led.epoch, led.losses) == ("gold-paris", 3, ())


def test_a_failover_that_was_begun_and_is_not_seen_is_not_passed_over() -> None:
    view = seen(paris=LOST, lyon=LOST, nice=knowing(a_target_view(NICE, "vol_1"), NICE, *BEGUN))
    assert "whether it serves by now nobody can tell" in refused(failover(view)).text


def test_who_overruled_and_was_cut_short_goes_on_by_the_same_command() -> None:
    claims = (*BEGUN, a_claim(NICE, 3, served=False))
    view = seen(paris=LOST, lyon=LOST, nice=knowing(a_target_view(NICE, "vol_1"), NICE, *claims))
    plan = failover(view, "gold-nice", overrule="gold-lyon")
    assert (plan.backend, plan.epoch) == ("gold-nice", 3)


# -- two of one epoch


@pytest.mark.parametrize("to", [None, "gold-lyon", "gold-nice"])
def test_an_epoch_that_two_took_is_settled_first(to: str | None) -> None:
    claims = (a_claim(), a_claim(LYON, 2), a_claim(NICE, 2, served=False))
    for contested in (TWICE, claims):
        view = failed_over(claims=contested, nice=served_at(NICE, "vol_1", claims=contested))
        refusal = refused(failover(view, to))
        assert "gold was taken over for gold-lyon (epoch 2, by process 7 on host) and for gold-nice" in refusal.text
        assert "settle gold --keep" in (refusal.hint or "")


def test_or_the_other_one_is_overruled_by_name_at_its_price() -> None:
    view = failed_over(claims=TWICE, nice=served_at(NICE, "vol_1", claims=TWICE))
    plan = failover(view, "gold-nice", overrule="gold-lyon")
    assert (plan.backend, plan.epoch) == ("gold-nice", 3)
    assert [(loss.volume, loss.given_up_at) for loss in plan.losses] == [("vol_1", "gold-lyon")]
    assert {act.backend for act in acts(plan) if act.title == "Fence the overtaken copies"} == {
        "gold-lyon",
        "gold-paris",
    }


def test_who_is_overruled_has_to_be_the_one_that_holds_the_newest_epoch() -> None:
    refusal = refused(failover(failed_over(), "gold-nice", overrule="gold-paris"))
    assert "the newest epoch of gold is that of gold-lyon, not of gold-paris alone" in refusal.text
    assert "needs --to" in refused(failover(failed_over(), overrule="gold-lyon")).text


# -- none that can be told


def test_where_no_claim_tells_who_served_a_person_says_it() -> None:
    lyon = a_target_view(LYON, "vol_1")
    unreadable = replace(a_claim_policy(a_claim(NICE, 2), LYON), comment="")
    views = (
        seen(paris=LOST, lyon=knowing(lyon, LYON), nice=knowing(a_target_view(NICE, "vol_1"), NICE)),
        seen(paris=LOST, lyon=replace(lyon, policies=(*lyon.policies, unreadable))),
    )
    for view, epoch in zip(views, (2, 3), strict=True):
        refusal = refused(failover(view))
        assert "settle gold --keep BACKEND" in (refusal.hint or "")
        assert "failover gold --to BACKEND --overrule BACKEND" in (refusal.hint or "")
        plan = failover(view, "gold-lyon", overrule="gold-paris")
        assert (plan.backend, plan.epoch) == ("gold-lyon", epoch)
        assert [(loss.given_up_at, loss.age) for loss in plan.losses] == [("gold-paris", timedelta(minutes=30))]


def test_a_group_of_which_nothing_was_seen_is_not_protected() -> None:
    view = seen(paris=LOST, lyon=a_cluster_view(LYON, claims=()), nice=a_cluster_view(NICE, claims=()))
    refusal = refused(failover(view))
    assert "no back end can take over gold: gold-lyon: it holds no copy; gold-nice: it holds no copy" in refusal.text
    assert not refusal.because_silent
    assert refused(failover(seen(paris=LOST, lyon=LOST, nice=LOST))).because_silent


# -- the best of several


def test_the_least_worst_age_wins() -> None:
    mirrors = [a_mirror("vol_1", lag=timedelta()), a_mirror("vol_2", lag=3 * HOUR)]
    lyon = a_cluster_view(LYON, [a_volume(name, LYON) for name in ("vol_1", "vol_2")], mirrors)
    plan = failover(seen("vol_1", "vol_2", paris=LOST, lyon=lyon, nice=a_target_view(NICE, "vol_1", "vol_2", lag=HOUR)))
    assert plan.backend == "gold-nice"
    assert "gold-lyon is passed over: it would lose the last 3 h at worst." in notes_of(plan)


def test_of_equals_the_first_in_the_configuration_wins() -> None:
    assert failover(seen(paris=LOST)).backend == "gold-lyon"


def test_planned_again_it_keeps_to_the_one_that_was_agreed_to_while_that_can_take_over() -> None:
    fresher = seen(paris=LOST, lyon=a_target_view(LYON, "vol_1", lag=HOUR))
    planner = failover_planner(BOTH, FailoverChoice())
    for view in (seen(paris=LOST), fresher):
        assert planned(planner, standing_of(view, BOTH), agreed="gold-nice").backend == "gold-nice"
    assert planned(planner, standing_of(fresher, BOTH), agreed="gold-lyon").backend == "gold-lyon"
    assert planned(planner, standing_of(seen(paris=LOST, nice=LOST), BOTH), agreed="gold-nice").backend == "gold-lyon"


def test_a_copy_of_unknown_age_is_never_taken_for_the_freshest() -> None:
    view = seen(
        paris=LOST, lyon=a_target_view(LYON, "vol_1", lag=None), nice=a_target_view(NICE, "vol_1", lag=9 * HOUR)
    )
    plan = failover(view)
    assert plan.backend == "gold-nice"
    assert "gold-lyon is passed over: how much it would lose is not known." in notes_of(plan)


def test_a_silent_or_stopped_target_is_passed_over_with_its_reason() -> None:
    stopped = replace(a_target_view(LYON, "vol_1"), svms=(Svm(uuid="u", name="svm_gold_dr", state="stopped"),))
    for lyon, why in ((LOST, "no route to host"), (stopped, "SVM svm_gold_dr is stopped")):
        plan = failover(seen(paris=LOST, lyon=lyon, nice=a_target_view(NICE, "vol_1", lag=5 * HOUR)))
        assert plan.backend == "gold-nice"
        assert any(why in note for note in notes_of(plan))


def test_unhealthy_does_not_mean_unusable() -> None:
    lyon = a_target_view(LYON, "vol_1", lag=HOUR, healthy=False)
    assert failover(seen(paris=LOST, lyon=lyon, nice=a_target_view(NICE, "vol_1", lag=2 * HOUR))).backend == "gold-lyon"


@pytest.mark.parametrize("is_alone", [True, False])
def test_mirrors_that_somebody_broke_off_by_hand_are_not_taken_for_a_failover(is_alone: bool) -> None:
    nice = a_cluster_view(NICE, [a_served(backend=NICE)], [a_broken(backend=NICE, lag=HOUR)])
    view = seen(paris=LOST, lyon=LOST if is_alone else a_target_view(LYON, "vol_1", lag=5 * HOUR), nice=nice)
    if is_alone:
        refusal = refused(failover(view))
        assert "somebody did it by hand" in refusal.text
        assert "--to gold-nice" in (refusal.hint or "")
    else:
        plan = failover(view)
        assert plan.backend == "gold-lyon"
        assert any("gold-nice is passed over: its mirrors were broken off by hand" in note for note in notes_of(plan))
    assert failover(view, "gold-nice").backend == "gold-nice"


def test_a_part_of_the_group_needs_consent_and_leaves_the_rest_alone() -> None:
    view = seen("vol_1", "vol_2", paris=LOST, lyon=LOST, nice=a_target_view(NICE, "vol_2"))
    view["lyon"] = a_cluster_view(LYON, [a_volume(backend=LYON)])
    refusal = refused(failover(view))
    assert (
        "gold-nice holds only a part of gold: 1 volume cannot be served (vol_1: it has no copy there)" in refusal.text
    )
    assert "--allow-partial" in (refusal.hint or "")
    plan = failover(view, allow_partial=True)
    assert {act.volume for act in acts(plan)} == {"vol_2", None}
    assert refusals(plan) == [("vol_1", "gold-nice")]


def test_with_every_target_silent_it_is_refused_as_silence_with_every_reason() -> None:
    refusal = refused(failover(seen(paris=LOST, lyon=Unseen(reason="no route"), nice=Unseen(reason="down"))))
    assert refusal.because_silent
    assert "gold-lyon: no route" in refusal.text
    assert "gold-nice: down" in refusal.text


def test_a_volume_that_is_served_elsewhere_in_sight_stays_there() -> None:
    partial = (a_claim(), a_claim(LYON, 2, partial=True))
    lyon = a_cluster_view(LYON, [a_served(comment=a_volume().comment[:-1] + " epoch=2]")], claims=partial)
    view = seen("vol_1", "vol_2", lyon=lyon, nice=knowing(a_target_view(NICE, "vol_1", "vol_2"), NICE, *partial))
    plan = failover(view)
    assert (plan.backend, plan.epoch) == ("gold-lyon", 2)
    assert not any(act.volume == "vol_2" for act in acts(plan))
    assert not any(loss.volume == "vol_2" for loss in plan.losses)


def test_a_volume_whose_served_copy_is_gone_can_be_served_by_who_overrules_it() -> None:
    view = failed_over(lyon=a_cluster_view(LYON, claims=LYON_TOOK_OVER))
    plan = failover(view, "gold-nice", overrule="gold-lyon")
    assert plan.backend == "gold-nice"
    assert [loss.given_up_at for loss in plan.losses] == ["gold-lyon"]


def test_a_failover_from_a_home_in_sight_that_was_begun_goes_on_away_from_it() -> None:
    view = seen(lyon=knowing(a_target_view(LYON, "vol_1"), LYON, *BEGUN))
    for to in (None, "gold-lyon"):
        plan = failover(view, to)
        assert (plan.backend, plan.epoch) == ("gold-lyon", 2)
        assert [(loss.volume, loss.given_up_at) for loss in plan.losses] == [("vol_1", "gold-paris")]


def test_a_failover_that_overruled_and_was_begun_takes_the_rest_from_whoever_serves_it() -> None:
    claims = (*LYON_TOOK_OVER, a_claim(NICE, 3, served=False))
    view = failed_over(nice=knowing(a_target_view(NICE, "vol_1"), NICE, *claims))
    plan = failover(view, "gold-nice")
    assert [(loss.volume, loss.given_up_at) for loss in plan.losses] == [("vol_1", "gold-lyon")]
