"""Records that cannot be read and are none of a volume: what needs them waits, and nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from datamotion.model.standing import CopyId
from datamotion.model.view import EVERYTHING, Aspect, ClusterView, Unreadable, Unseen
from datamotion.policy.mirrors.update import update_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_cluster_view,
    a_group,
    a_target_view,
    acts,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import LOST, doubts, failed_over, failover, protect, refusals, refused, seen

REASON = "lyon answered GET /api/x in a way that cannot be read: the record has no `type`"
MIRRORED = a_target_view(LYON, "vol_1")
EMPTY = replace(a_cluster_view(LYON), looked_at=dict.fromkeys(EVERYTHING, NOON))
"""A target without mirrors: they are to be made."""


def illegible(aspect: Aspect, name: str | None = None, svm: str | None = None, **told: str) -> Unreadable:
    return Unreadable(aspect=aspect, reason=REASON, name=name, svm=svm, **told)


def hiding(view: ClusterView, *told: Unreadable, **parts: object) -> ClusterView:
    return replace(view, unreadable=told, **parts)  # type: ignore[arg-type]


_CLAIMS = tuple(each for each in EMPTY.policies if each.svm is not None)

NEEDED: Mapping[str, ClusterView] = {
    "SnapMirror policy Asynchronous": hiding(EMPTY, illegible(Aspect.POLICIES, "Asynchronous"), policies=_CLAIMS),
    "aggregate": hiding(EMPTY, illegible(Aspect.AGGREGATES), aggregates=()),
    "whether lyon reaches paris": hiding(EMPTY, illegible(Aspect.CLUSTER_PEERS), cluster_peers=()),
    "are peered": hiding(EMPTY, illegible(Aspect.SVM_PEERS, svm=LYON.svm), svm_peers=()),
}


@pytest.mark.parametrize(("says", "lyon"), NEEDED.items(), ids=NEEDED.keys())
def test_mirrors_that_need_it_are_not_made_and_those_of_another_target_are(says: str, lyon: ClusterView) -> None:
    """It is neither there nor missing: nothing is made in its place."""
    nice = a_cluster_view(NICE)
    plan = protect(seen(lyon=lyon, nice=nice))
    (refusal,) = plan.refusals
    assert says in refusal.text
    assert REASON in refusal.text
    made = {act.backend for act in acts(plan)}
    assert "gold-nice" in made
    assert "gold-lyon" not in made


@pytest.mark.parametrize("lyon", NEEDED.values(), ids=NEEDED.keys())
def test_it_stops_no_failover_to_the_other_target(lyon: ClusterView) -> None:
    assert failover(seen(paris=LOST, lyon=lyon)).backend == "gold-nice"


ASIDE = {
    "a policy of another name": illegible(Aspect.POLICIES, "Hourly"),
    "a schedule": illegible(Aspect.SCHEDULES, "5min"),
    "a licence": illegible(Aspect.LICENSES, "nfs"),
    "an aggregate": illegible(Aspect.AGGREGATES, "aggr9"),
    "a peering": illegible(Aspect.SVM_PEERS, "svm_else", LYON.svm),
    "an export policy": illegible(Aspect.EXPORT_POLICIES, "guests", LYON.svm),
}


@pytest.mark.parametrize("told", ASIDE.values(), ids=ASIDE.keys())
def test_what_nobody_needs_is_told_and_stops_nothing(told: Unreadable) -> None:
    view = seen(lyon=hiding(MIRRORED, told))
    standing = standing_of(view)
    assert doubts(standing) == [("unreadable record", "gold-lyon", None)]
    assert REASON in standing.doubts[0].text
    assert protect(view).refusals == ()
    assert not acts(protect(view))
    assert acts(planned(update_planner(a_group(LYON, NICE)), standing)) == acts(
        planned(update_planner(a_group(LYON, NICE)), standing_of(seen()))
    )
    assert failover({**view, "paris": LOST}, "gold-lyon").backend == "gold-lyon"


def test_what_is_another_svms_is_not_told() -> None:
    told = [illegible(aspect, "x", "svm_else") for aspect in (Aspect.POLICIES, Aspect.SVM_PEERS, Aspect.QTREES)]
    assert standing_of(seen(lyon=hiding(MIRRORED, *told))).doubts == ()


UNSEEN = {
    "a policy without a name": illegible(Aspect.POLICIES),
    "a policy without a name, of that SVM": illegible(Aspect.POLICIES, svm=LYON.svm, uuid="p"),
    "a claim without its comment": illegible(Aspect.POLICIES, "datamotion_gold_7", LYON.svm, uuid="p"),
    "a claim of nobody knows which SVM": illegible(Aspect.POLICIES, "datamotion_gold_7", uuid="p", comment="x"),
    "a qtree of nobody knows which volume": illegible(Aspect.QTREES),
    "a session with nobody knows which volume": illegible(Aspect.CIFS_SESSIONS),
}


@pytest.mark.parametrize("told", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_a_safety_decision_needs_makes_its_back_end_unseen(told: Unreadable) -> None:
    view = seen(lyon=hiding(MIRRORED, told))
    standing = standing_of(view)
    site = standing.sites["gold-lyon"]
    assert site.svm is None
    assert isinstance(site.seen, Unseen)
    assert REASON in site.seen.reason
    assert site.seen.refused
    assert standing.active["vol_1"] == CopyId("gold-paris", "vol_1")
    assert {act.backend for act in acts(protect(view))} <= {"gold-paris", "gold-nice"}
    assert failover({**view, "paris": LOST}).backend == "gold-nice"
    assert REASON in refused(failover({**view, "paris": LOST}, "gold-lyon")).text


def test_a_claim_of_which_all_that_it_says_can_be_read_is_read() -> None:
    """As when its `type` is a word that nobody knows."""
    group = a_group(LYON, NICE)
    view = failed_over()
    lyon = view["lyon"]
    assert isinstance(lyon, ClusterView)
    told = tuple(
        illegible(Aspect.POLICIES, each.name, each.svm, uuid=each.uuid, comment=each.comment)
        for each in lyon.policies
        if each.svm is not None
    )
    assert told
    hidden = hiding(lyon, *told, policies=tuple(each for each in lyon.policies if each.svm is None))
    standing, before = standing_of({**view, "lyon": hidden}, group), standing_of(view, group)
    assert standing.claims == before.claims
    assert standing.active == before.active


@pytest.mark.parametrize("name", [None, LYON.svm])
def test_an_svm_that_cannot_be_read_is_not_taken_for_none(name: str | None) -> None:
    standing = standing_of(seen(lyon=hiding(MIRRORED, illegible(Aspect.SVMS, name), svms=())))
    assert isinstance(standing.sites["gold-lyon"].seen, Unseen)
    other = standing_of(seen(lyon=hiding(MIRRORED, illegible(Aspect.SVMS, "svm_else"))))
    assert other.doubts == ()
    assert other.sites["gold-lyon"].svm is not None


@pytest.mark.parametrize("aspect", [Aspect.QTREES, Aspect.CIFS_SESSIONS])
def test_a_way_in_that_cannot_be_read_hides_its_own_volume(aspect: Aspect) -> None:
    """Nobody could tell whether it is fenced; that of another volume is."""
    both = a_target_view(LYON, "vol_1", "vol_2")
    (uuid,) = [volume.uuid for volume in both.volumes if volume.name == "vol_1"]
    view = seen("vol_1", "vol_2", lyon=hiding(both, illegible(aspect, uuid=uuid)))
    standing = standing_of(view)
    assert doubts(standing) == [("unreadable", "gold-lyon", "vol_1")]
    assert set(standing.hidden) == {CopyId("gold-lyon", "vol_1")}
    assert ("vol_1", "gold-lyon") in refusals(protect(view))
    assert failover({**view, "paris": LOST}).backend == "gold-nice"


def test_a_fence_that_cannot_be_read_is_neither_made_nor_trusted() -> None:
    """The home was overtaken, and is to be fenced."""
    view = failed_over()
    paris = view["paris"]
    assert isinstance(paris, ClusterView)
    told = illegible(Aspect.EXPORT_POLICIES, None, HOME.svm)
    plan = protect({**view, "paris": hiding(paris, told, export_policies=())})
    assert any("export policy datamotion_fence" in each.text and REASON in each.text for each in plan.refusals)
    assert not [act for act in acts(plan) if act.backend == HOME.name]
