"""SnapMirror policies that the configuration defines: made where missing, changed where ONTAP can, else refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.definition import PolicyDefinition, Rule
from datamotion.model.group import Group
from datamotion.model.mirror_acts import CreatePolicy, ModifyPolicy
from datamotion.model.mirror_records import Policy
from datamotion.model.plan import Plan
from datamotion.model.view import Aspect, ClusterView, Unreadable
from datamotion.policy.kinds import prove
from datamotion.policy.proofs.proof import Holds
from datamotion.policy.validation import questions
from tests.datamotion.building import (
    LYON,
    a_cluster_view,
    a_group,
    a_mirror,
    a_volume,
    acts,
    kinds,
    rules,
    standing_of,
)
from tests.datamotion.policy.plans import protect, seen
from tests.datamotion.simulation import after

ALONE = a_group(LYON)
NIGHTLY = PolicyDefinition(name="nightly", rules=rules("daily", count=7), schedule="hourly")
TAKEN = Rule(label="sm_created", count=1)


def defining(definition: PolicyDefinition | None = NIGHTLY) -> Group:
    """The group with `nightly` as the policy of its target, defined like that."""
    (only,) = ALONE.targets
    return replace(ALONE, targets=(replace(only, policy="nightly", definition=definition),))


def a_policy(**changed: Any) -> Policy:
    """What lyon shows of the policy as it is defined: with a rule for what it takes itself."""
    told: dict[str, Any] = {"type": "async", "schedule": "hourly", "takes_snapshots": True, "comment": ""}
    told |= {"svm": LYON.svm, "rules": (TAKEN, *NIGHTLY.rules)}
    return Policy(uuid="p-1", name="nightly", **(told | changed))


def at_lyon(*policies: Policy, mirrors: tuple[str, ...] = (), **view: Any) -> ClusterView:
    """Lyon with these policies, and what follows `nightly` there: a copy of each of the group's, and others."""
    names = sorted({"vol_1"} & set(mirrors))
    made = a_cluster_view(
        LYON,
        [a_volume(name, LYON) for name in names] + [a_volume(name, LYON, comment="") for name in mirrors[len(names) :]],
        [a_mirror(name, policy="nightly") for name in mirrors],
    )
    return replace(made, policies=(*made.policies, *policies), **view)


def plan_for(lyon: ClusterView, group: Group | None = None) -> Plan:
    return protect({"paris": seen()["paris"], "lyon": lyon}, group or defining())


def refused(plan: Plan) -> str:
    """Why nothing is done at lyon."""
    assert kinds(plan, backend=LYON) == []
    (refusal,) = plan.refusals
    assert (refusal.backend, refusal.volume) == (LYON.name, None)
    return f"{refusal.text}; {refusal.hint}"


def test_one_that_is_not_there_is_made_in_the_svm_before_what_follows_it() -> None:
    plan = plan_for(at_lyon())
    assert kinds(plan, backend=LYON)[:2] == ["CreatePolicy", "CreateVolume"]
    (made,) = (each for each in acts(plan) if isinstance(each.change, CreatePolicy))
    assert made.change == CreatePolicy(svm=LYON.svm, definition=NIGHTLY)
    assert made.volume is None
    assert made.text == "nightly in svm_gold_dr: retention by labels, daily 7, schedule hourly"


def test_one_that_is_as_defined_is_used_whether_its_own_rule_is_shown_or_not() -> None:
    for policy in (a_policy(), a_policy(rules=NIGHTLY.rules), a_policy(svm=None)):
        assert "CreatePolicy" not in kinds(plan := plan_for(at_lyon(policy)))
        assert plan.refusals == ()
    everything = PolicyDefinition(name="nightly", copies_all=True)
    shown = a_policy(copies_all=True, schedule=None, rules=(TAKEN, Rule(label="all_source_snapshots", count=1)))
    assert plan_for(at_lyon(shown), defining(everything)).refusals == ()


@pytest.mark.parametrize(
    ("policy", "change", "text"),
    [
        ({"rules": (TAKEN, *rules("daily", count=3))}, ((TAKEN, *NIGHTLY.rules), None), "daily 3 -> 7"),
        ({"rules": (*NIGHTLY.rules, *rules("old"))}, (NIGHTLY.rules, None), "old 1 -> none"),
        ({"schedule": None}, (None, "hourly"), "schedule none -> hourly"),
    ],
)
def test_retention_and_schedule_are_changed_and_the_plan_says_what_becomes_of_them(
    policy: dict[str, Any], change: tuple[Any, Any], text: str
) -> None:
    plan = plan_for(at_lyon(a_policy(**policy), mirrors=("vol_1",)))
    (act,) = (each for each in acts(plan) if isinstance(each.change, ModifyPolicy))
    assert act.change == ModifyPolicy(uuid="p-1", rules=change[0], schedule=change[1])
    assert act.text == f"nightly: {text}"
    assert kinds(plan_for(after({"lyon": at_lyon(a_policy(**policy), mirrors=("vol_1",))}, act)["lyon"])) == []


def test_a_schedule_that_the_definition_does_not_name_goes_and_the_plan_says_why() -> None:
    plan = plan_for(at_lyon(a_policy(schedule="hourly")), defining(replace(NIGHTLY, schedule=None)))
    (act,) = (each for each in acts(plan) if isinstance(each.change, ModifyPolicy))
    assert act.change == ModifyPolicy(uuid="p-1", rules=None, schedule="")
    assert "schedule hourly -> none, as the definition names none" in act.text


@pytest.mark.parametrize(
    ("policy", "definition", "why"),
    [
        ({"svm": None, "schedule": None}, NIGHTLY, "belongs to the whole cluster"),
        ({"copies_all": True, "rules": ()}, NIGHTLY, "copy_all_source_snapshots -> retention by labels"),
        (
            {},
            PolicyDefinition(name="nightly", copies_latest=True),
            "retention by labels -> copy_latest_source_snapshot",
        ),
        ({"rules": (Rule(label="daily", count=3, is_more=True),)}, NIGHTLY, "more than a label and a count"),
        (
            {"takes_snapshots": False, "rules": rules("weekly")},
            replace(NIGHTLY, takes_snapshots=False),
            "does not replace all rules of a vault's policy at once",
        ),
    ],
)
def test_what_ontap_does_not_change_is_refused_with_the_difference(
    policy: dict[str, Any], definition: PolicyDefinition, why: str
) -> None:
    told = refused(plan_for(at_lyon(a_policy(**policy)), defining(definition)))
    assert why in told
    assert "another name" in told


def test_one_that_mirrors_of_others_follow_is_left_and_they_are_named() -> None:
    policy = a_policy(schedule=None)
    plan = plan_for(at_lyon(policy, mirrors=("vol_1", "theirs")))
    assert "mirrors that are not the group's follow it too (theirs): it is left" in refused(plan)
    assert kinds(plan_for(at_lyon(policy, mirrors=("vol_1",))), backend=LYON) == ["ModifyPolicy"]
    hidden = Unreadable(reason="`state` is 7", svm=LYON.svm, volume="theirs", aspect=Aspect.RELATIONSHIPS)
    unreadable = at_lyon(policy, mirrors=("vol_1",), unreadable=(hidden,))
    assert "whether others follow it cannot be seen" in refused(plan_for(unreadable))


def test_a_policy_that_may_be_there_is_not_made_and_one_that_nobody_defines_is_refused() -> None:
    hidden = Unreadable(reason="`type` is 7", svm=LYON.svm, name="nightly", uuid="p-1", comment="")
    assert "cannot be seen" in refused(plan_for(at_lyon(unreadable=(replace(hidden, aspect=Aspect.POLICIES),))))
    assert "no SnapMirror policy nightly" in refused(plan_for(at_lyon(), defining(None)))


def test_its_schedule_has_to_be_there_before_it_is_made() -> None:
    assert "lyon has no schedule daily" in refused(plan_for(at_lyon(), defining(replace(NIGHTLY, schedule="daily"))))


def test_what_somebody_else_made_of_that_name_meanwhile_is_no_success() -> None:
    (made,) = (each for each in acts(plan_for(at_lyon())) if isinstance(each.change, CreatePolicy))
    for there, holds in (
        ((), Holds.NOT_YET),
        ((a_policy(),), Holds.YES),
        ((a_policy(schedule=None),), Holds.CONTRADICTED),
    ):
        proof = prove(made, standing_of({"paris": seen()["paris"], "lyon": at_lyon(*there)}, defining()))
        assert proof is not None
        assert proof.holds is holds


def test_a_change_is_proved_by_what_is_seen_of_the_policy() -> None:
    before = a_policy(schedule=None)
    (act,) = (each for each in acts(plan_for(at_lyon(before))) if isinstance(each.change, ModifyPolicy))
    for there, holds in (((), Holds.GONE), ((before,), Holds.NOT_YET), ((a_policy(),), Holds.YES)):
        proof = prove(act, standing_of({"paris": seen()["paris"], "lyon": at_lyon(*there)}, defining()))
        assert proof is not None
        assert proof.holds is holds


def test_clusters_are_not_asked_beforehand_about_what_follows_a_policy_that_is_to_be_made() -> None:
    asked, unasked = questions(plan_for(at_lyon()))
    assert asked == []
    assert "its SnapMirror policy has to be made first" in {each.why for each in unasked}
