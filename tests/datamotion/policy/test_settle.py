"""Saying who serves, where nobody can tell: at its price, and with nothing broken off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.model.claim import Claim
from datamotion.model.mirror_acts import Break
from datamotion.model.serving_acts import TakeEpoch
from datamotion.model.standing import CopyId
from datamotion.model.view import ClusterView
from datamotion.model.volume_records import Svm
from datamotion.model.words import Role, VolumeState
from datamotion.policy.failover.settle import settle_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_claim,
    a_claim_policy,
    a_cluster_view,
    a_mirror,
    a_target_view,
    a_volume,
    acts,
    kinds,
    standing_of,
)
from tests.datamotion.policy.plans import (
    BOTH,
    LOST,
    a_broken,
    a_served,
    failed_over,
    knowing,
    protect,
    refusals,
    refused,
    seen,
    served_at,
    settle,
)
from tests.datamotion.simulation import after, after_all

TWICE = (a_claim(), a_claim(LYON, 2), a_claim(NICE, 2))


def twice(*names: str) -> dict[str, ClusterView]:
    names = names or ("vol_1",)
    return {
        "paris": a_cluster_view(HOME, [a_volume(name) for name in names], claims=()),
        "lyon": served_at(LYON, *names, claims=TWICE[:2]),
        "nice": served_at(NICE, *names, claims=(TWICE[0], TWICE[2])),
    }


def test_the_kept_one_gets_the_next_epoch_and_all_others_are_fenced() -> None:
    plan = settle(twice("vol_1", "vol_2"), "gold-nice")
    assert (plan.backend, plan.epoch) == ("gold-nice", 3)
    fenced = {(act.backend, act.volume) for act in acts(plan) if act.title == "Fence the overtaken copies"}
    assert fenced == {(backend, name) for backend in ("gold-paris", "gold-lyon") for name in ("vol_1", "vol_2")}
    assert {(loss.volume, loss.given_up_at) for loss in plan.losses} == {
        ("vol_1", "gold-lyon"),
        ("vol_2", "gold-lyon"),
    }
    assert all("all writes at gold-lyon since 2031-05-03 12:00 UTC" in loss.text for loss in plan.losses)


def test_what_the_kept_one_cannot_write_stays_and_nothing_is_broken_off_to_the_end() -> None:
    view = twice()
    nice = a_cluster_view(
        NICE,
        [a_served(backend=NICE), a_volume("vol_2", NICE)],
        [a_broken(backend=NICE), a_mirror("vol_2", NICE)],
        claims=(TWICE[0], TWICE[2]),
    )
    clusters = view | {"nice": nice, "lyon": served_at(LYON, "vol_1", "vol_2", claims=TWICE[:2])}
    first = standing_of(clusters)
    now = clusters
    while (plan := settle_planner(BOTH, "gold-nice")(Situation(now=standing_of(now), first=first, by="tests"))).steps:
        assert not any(isinstance(act.change, Break) for act in acts(plan))
        assert refusals(plan) == [("vol_2", "gold-nice")]
        now = dict(after(now, acts(plan)[0]))
    assert standing_of(now).active["vol_1"] == CopyId("gold-nice", "vol_1")


def test_cut_off_anywhere_it_is_finished_by_the_same_command() -> None:
    now = twice()
    while (plan := settle(now, "gold-nice")).steps:
        assert plan.epoch == 3
        now = dict(after(now, acts(plan)[0]))
    assert standing_of(now).active == {"vol_1": CopyId("gold-nice", "vol_1")}
    assert not any(act.title.startswith("Fence") for act in acts(protect(now)))


@pytest.mark.parametrize("was_served", [False, True])
def test_a_site_that_had_not_heard_of_the_epoch_never_takes_what_is_served_in_it_for_its_own(was_served: bool) -> None:
    """Somebody resynced vol_2 over what was served; vol_1 goes on being served by a claim that is about all."""
    claims = (a_claim(), a_claim(LYON, 2, served=was_served))
    volumes = [a_served(), a_volume("vol_2", LYON)]
    now: dict[str, ClusterView] = {
        "paris": a_cluster_view(HOME, [a_volume(), a_volume("vol_2")]),
        "lyon": a_cluster_view(LYON, volumes, [a_broken(), a_mirror("vol_2", LYON)], claims=claims),
        "nice": a_target_view(NICE, "vol_1", "vol_2"),
    }
    while (plan := settle(now, "gold-lyon")).steps:
        assert refusals(plan) == [("vol_2", "gold-lyon")]
        now = dict(after(now, acts(plan)[0]))
        assert standing_of(now).active["vol_1"] == CopyId("gold-lyon", "vol_1")
    standing = standing_of(now)
    assert standing.claims[0].claim.partial is not was_served, "what was told of a whole group is told of a whole group"
    assert set(standing.claims[0].at) == {"gold-paris", "gold-lyon", "gold-nice"}
    assert standing.copies[CopyId("gold-paris", "vol_1")].role is Role.FENCED


def test_a_claim_that_cannot_be_read_is_settled_for_good() -> None:
    lyon = a_target_view(LYON, "vol_1")
    unreadable = replace(a_claim_policy(a_claim(NICE, 2), LYON), comment="")
    now: dict[str, ClusterView] = {
        "paris": a_cluster_view(HOME, [a_volume()]),
        "lyon": replace(lyon, policies=(*lyon.policies, unreadable)),
        "nice": a_target_view(NICE, "vol_1"),
    }
    assert protect(now).refused is not None
    while (plan := settle(now, "gold-paris")).steps:
        assert plan.epoch == 3
        now = dict(after(now, acts(plan)[0]))
    while (plan := protect(now)).steps:  # as one that was cut off, it may not have told every site
        assert {step.title for step in plan.steps} == {"Confirm the epoch"}
        now = dict(after(now, acts(plan)[0]))
    assert plan.refusals == ()


def test_a_claim_that_nobody_can_read_of_the_kept_ones_own_epoch_is_not_taken_for_its_own() -> None:
    lyon = served_at(LYON, "vol_1", claims=(a_claim(), a_claim(LYON, 2, served=False)))
    unreadable = replace(a_claim_policy(a_claim(NICE, 2), NICE), comment="")
    nice = a_target_view(NICE, "vol_1")
    view = seen(paris=LOST, lyon=lyon, nice=replace(nice, policies=(*nice.policies, unreadable)))
    assert settle(view, "gold-lyon").epoch == 3


def test_without_any_claim_the_kept_one_gives_up_what_another_may_hold_and_not_its_own() -> None:
    paris = a_cluster_view(HOME, [a_volume(), a_volume("vol_2")], claims=())
    lyon = a_cluster_view(LYON, [a_served(), a_volume("vol_2", LYON)], [a_broken(), a_mirror("vol_2")], claims=())
    plan = settle({"paris": paris, "lyon": lyon, "nice": LOST}, "gold-paris")
    assert [(loss.volume, loss.given_up_at, loss.age) for loss in plan.losses] == [("vol_1", "gold-lyon", None)]
    takes = [act.cluster for act in acts(plan) if isinstance(act.change, TakeEpoch)]
    assert takes == ["lyon", "paris"]


@pytest.mark.parametrize(("keep", "other"), [("gold-lyon", "gold-paris"), ("gold-paris", "gold-lyon")])
def test_without_any_claim_the_other_one_is_fenced_for_good_wherever_it_is_cut_off(keep: str, other: str) -> None:
    now: dict[str, ClusterView] = {
        "paris": a_cluster_view(HOME, [a_volume()], claims=()),
        "lyon": served_at(LYON, "vol_1", claims=()),
        "nice": knowing(a_target_view(NICE, "vol_1"), NICE),
    }
    while (plan := settle(now, keep)).steps:
        assert plan.epoch == 2
        now = dict(after(now, acts(plan)[0]))
    roles = {copy_id.backend: copy.role for copy_id, copy in standing_of(now).copies.items()}
    assert (roles[keep], roles[other]) == (Role.ACTIVE, Role.FENCED)
    assert (other, "vol_1") in plan.holds


def test_without_any_claim_one_that_is_mounted_nowhere_is_fenced_too() -> None:
    now: dict[str, ClusterView] = {
        "paris": a_cluster_view(HOME, [a_volume()], claims=()),
        "lyon": a_cluster_view(LYON, [a_served(path=None)], [a_broken()], claims=()),
        "nice": knowing(a_target_view(NICE, "vol_1"), NICE),
    }
    while (plan := settle(now, "gold-paris")).steps:
        now = dict(after(now, acts(plan)[0]))
    assert standing_of(now).copies[CopyId("gold-lyon", "vol_1")].role is Role.FENCED


@pytest.mark.parametrize(
    ("view", "keep", "why"),
    [
        (twice() | {"nice": LOST}, "gold-nice", "cannot be settled on: no route to host"),
        (seen(), "gold-lyon", "holds no copy of gold that can be written"),
        (
            failed_over(
                lyon=replace(
                    served_at(LYON, "vol_1"), svms=(Svm(uuid="lyon/svm_gold_dr", name="svm_gold_dr", state="stopped"),)
                )
            ),
            "gold-lyon",
            "SVM svm_gold_dr is stopped",
        ),
        (
            failed_over(lyon=a_cluster_view(LYON, [a_served(state=VolumeState.OFFLINE)])),
            "gold-lyon",
            "its volume vol_1 is offline",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(view: dict[str, ClusterView], keep: str, why: str) -> None:
    refusal = refused(settle(view, keep))
    assert why in refusal.text


@pytest.mark.parametrize(
    ("claims", "instead"),
    [((a_claim(),), "--to gold-lyon"), ((), "--to gold-lyon --overrule BACKEND, the one that served last")],
)
def test_who_holds_only_mirrors_is_failed_over_to_instead(claims: tuple[Claim, ...], instead: str) -> None:
    lyon = knowing(a_target_view(LYON, "vol_1"), LYON, *claims)
    refusal = refused(settle({"paris": LOST, "lyon": lyon, "nice": LOST}, "gold-lyon"))
    assert (refusal.hint or "").endswith(f"datamotion failover gold {instead}")


def test_what_the_kept_one_lacks_is_named() -> None:
    nice = a_cluster_view(NICE, [a_served(backend=NICE)], [a_broken(backend=NICE)], claims=(TWICE[0], TWICE[2]))
    lyon = served_at(LYON, "vol_1", "vol_2", claims=TWICE[:2])
    plan = settle(twice() | {"nice": nice, "lyon": lyon}, "gold-nice")
    assert [each.text for each in plan.refusals] == ["vol_2 cannot be served: it has no copy there"]


def test_where_the_kept_one_serves_already_there_is_nothing_to_do() -> None:
    assert settle(failed_over(paris=LOST), "gold-lyon").steps == ()
    assert kinds(settle(knowing_all(), "gold-paris")) == []


def knowing_all() -> dict[str, ClusterView]:
    return {
        "paris": a_cluster_view(HOME, [a_volume()]),
        "lyon": a_target_view(LYON, "vol_1"),
        "nice": knowing(a_target_view(NICE, "vol_1"), NICE, a_claim()),
    }


def test_after_it_nothing_is_open_any_more() -> None:
    clusters = twice()
    plan = settle(clusters, "gold-nice")
    done = after_all(clusters, *(act for act in acts(plan) if act.title != "Confirm the epoch"))
    confirming = [act for act in acts(settle(done, "gold-nice")) if act.title == "Confirm the epoch"]
    assert standing_of(after_all(done, *confirming)).doubts == ()


def test_until_then_no_site_is_told_that_either_serves() -> None:
    assert not any(isinstance(act.change, TakeEpoch) for act in acts(protect(twice())))
