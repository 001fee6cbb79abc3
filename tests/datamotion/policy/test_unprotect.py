"""Taking volumes out of a group: as a whole, by name, and with nothing else touched."""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.acts import ModifyVolume
from datamotion.model.plan import Plan
from datamotion.model.view import ClusterView, View
from datamotion.policy.situation import Situation
from datamotion.policy.unprotect import unprotect_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_mark,
    a_target_view,
    a_volume,
    acts,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import BOTH, LOST, refusals, refused, seen
from tests.datamotion.simulation import after_all

NARROW = replace(BOTH, home=replace(HOME, volumes=("vol_1",)))


def unprotect(view: View, *names: str) -> Plan:
    return planned(unprotect_planner(NARROW, names), standing_of(view, NARROW))


def test_the_marks_of_all_copies_go_and_what_people_wrote_stays() -> None:
    home = a_volume("vol_2", comment="trees " + a_mark("vol_2"))
    view = seen("vol_1", "vol_2", paris=a_cluster_view(HOME, [a_volume(), home]))
    plan = unprotect(view, "vol_2")
    assert [(act.backend, act.volume) for act in acts(plan)] == [
        ("gold-lyon", "vol_2"),
        ("gold-nice", "vol_2"),
        ("gold-paris", "vol_2"),
    ]
    assert {act.change for act in acts(plan)} == {
        ModifyVolume(uuid="gold-paris/vol_2", comment="trees"),
        ModifyVolume(uuid="gold-lyon/vol_2", comment=""),
        ModifyVolume(uuid="gold-nice/vol_2", comment=""),
    }
    assert (plan.refusals, plan.losses) == ((), ())


def test_afterwards_it_is_no_member_and_every_copy_holds() -> None:
    view = {"paris": a_cluster_view(HOME, [a_volume(), a_volume("vol_2")])}
    view |= {backend.cluster: a_target_view(backend, "vol_1", "vol_2") for backend in (LYON, NICE)}
    first = standing_of(view, NARROW)
    done = standing_of(after_all(view, *acts(unprotect(view, "vol_2"))), NARROW)
    assert done.volumes == ("vol_1",)
    plan = unprotect_planner(NARROW, ("vol_2",))(Situation(now=done, first=first))
    assert (plan.steps, plan.refusals) == ((), ())
    assert plan.holds == {(backend.name, "vol_2") for backend in (HOME, LYON, NICE)}


def test_a_clone_with_the_mark_of_its_parent_makes_it_no_member_again() -> None:
    clone = a_volume("drill", LYON, uuid="clone", is_clone=True, comment=a_mark("vol_2"))
    lyon = a_target_view(LYON, "vol_1", "vol_2")
    view: dict[str, ClusterView] = {
        "paris": a_cluster_view(HOME, [a_volume(), a_volume("vol_2")]),
        "lyon": replace(lyon, volumes=(*lyon.volumes, clone)),
        "nice": a_target_view(NICE, "vol_1", "vol_2"),
    }
    assert standing_of(after_all(view, *acts(unprotect(view, "vol_2"))), NARROW).volumes == ("vol_1",)


def test_a_volume_leaves_only_as_a_whole() -> None:
    refusal = refused(unprotect(seen("vol_1", "vol_2", nice=LOST), "vol_2"))
    assert refusal.because_silent
    assert "gold-nice cannot be seen, and what it holds would stay a member" in refusal.text


def test_what_a_pattern_selects_would_be_protected_again() -> None:
    plan = unprotect(seen("vol_1", "vol_2"), "vol_1", "vol_2")
    assert plan.steps == ()
    (refusal,) = plan.refusals
    assert "vol_1 is selected by `volumes` of gold-paris (vol_1)" in refusal.text


def test_what_is_no_member_is_said() -> None:
    plan = unprotect(seen("vol_1", "vol_2"), "vol_3", "vol_2")
    assert (plan.steps, refusals(plan)) == ((), [(None, None)])
    assert "vol_3 is no member of gold" in plan.refusals[0].text
