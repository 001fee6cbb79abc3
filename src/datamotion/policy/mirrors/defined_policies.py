"""SnapMirror policies that the configuration defines: made where there is none, changed where ONTAP can.

A policy belongs to the SVM that mirrors end in. One of the whole cluster is used as it is, or not at all; and one that
relationships of others follow too is never changed under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from datamotion.model.definition import PolicyDefinition, Rule
from datamotion.model.group import Target
from datamotion.model.mirror_acts import CreatePolicy, ModifyPolicy
from datamotion.model.mirror_records import Policy
from datamotion.model.standing import Site, Standing
from datamotion.model.view import Aspect, ClusterView
from datamotion.policy.gaps import HINT
from datamotion.policy.needs import names_text
from datamotion.policy.obstacles import Obstacle
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Holds, Proof
from datamotion.policy.steps import Phase, StepList

_CREATE = Phase(
    rank=42, title="Create SnapMirror policies", because="the configuration defines them, and there is none"
)
_MODIFY = Phase(rank=42, title="Change SnapMirror policies", because="they differ from what the configuration defines")
_TAKEN = "sm_created"
"""The label of what a policy takes itself: ONTAP has a rule for it whether it is told or not. Assumed, as it shows one
with every policy of its own that takes snapshots."""
_OTHER_NAME = "define it under another name, or as it is there"


def keep_policy(due: StepList, standing: Standing, target: Target) -> Obstacle | None:
    """The policy that a target names is as it is defined, or that is in the list; else why it is not.

    Its cluster was seen, and what it has of that name can be read.
    """
    wanted, site = target.definition, standing.sites[target.backend.name]
    if wanted is None:
        return None
    assert isinstance(site.seen, ClusterView)
    policy = site.seen.policy(wanted.name, target.backend.svm)
    if policy is None:
        create = CreatePolicy(svm=target.backend.svm, definition=wanted)
        due.add(
            _CREATE, target.backend, None, create, f"{wanted.name} in {target.backend.svm}: {_definition_text(wanted)}"
        )
        return None
    if is_as_defined(wanted, policy):
        return None
    if obstacle := _unchangeable(wanted, policy, target.backend.cluster) or _others(standing, site, policy):
        return obstacle
    rules = _rules_wanted(wanted, policy)
    change = ModifyPolicy(
        uuid=policy.uuid,
        rules=rules if _counts(rules) != _counts(policy.rules) else None,
        schedule=(wanted.schedule or "") if wanted.schedule != policy.schedule else None,
    )
    due.add(_MODIFY, target.backend, None, change, f"{policy.name}: {_difference_text(wanted, policy)}")
    return None


def is_as_defined(wanted: PolicyDefinition, policy: Policy) -> bool:
    same_rules = _counts(_rules_wanted(wanted, policy)) == _counts(policy.rules)
    return same_rules and _kind(wanted) == _kind(policy) and wanted.schedule == policy.schedule


def policy_made(change: CreatePolicy, ground: Ground) -> Proof:
    wanted = change.definition
    found = (each for each in ground.seen.policies if (each.svm, each.name) == (change.svm, wanted.name))
    policy = next(found, None)
    if policy is not None and not is_as_defined(wanted, policy):
        text = f"somebody else made a SnapMirror policy {wanted.name} in {change.svm}, which differs"
        return Proof(Holds.CONTRADICTED, f"{text}: {_difference_text(wanted, policy)}")
    return NOT_YET if policy is None else YES


def policy_modified(change: ModifyPolicy, ground: Ground) -> Proof:
    policy = next((each for each in ground.seen.policies if each.uuid == change.uuid), None)
    if policy is None:
        return Proof(Holds.GONE, "the SnapMirror policy was deleted")
    is_so = change.schedule in (None, policy.schedule or "")
    return YES if is_so and (change.rules is None or _counts(change.rules) == _counts(policy.rules)) else NOT_YET


def _kind(policy: PolicyDefinition | Policy) -> str:
    """What ONTAP never changes of a policy, as it calls it."""
    if not policy.takes_snapshots:
        return "create_snapshot_on_source: false"
    if policy.copies_all:
        return "copy_all_source_snapshots"
    return "copy_latest_source_snapshot" if policy.copies_latest else "retention by labels"


def _rules_wanted(wanted: PolicyDefinition, policy: Policy) -> tuple[Rule, ...]:
    """The defined rules, with what the policy has by itself: where it copies all or the latest, whatever it shows."""
    if wanted.copies_all or wanted.copies_latest:
        return policy.rules
    own = tuple(rule for rule in policy.rules if rule.label == _TAKEN) if wanted.takes_snapshots else ()
    return wanted.rules if any(rule.label == _TAKEN for rule in wanted.rules) else (*own, *wanted.rules)


def _counts(rules: Iterable[Rule]) -> Mapping[str, int]:
    return {rule.label: rule.count for rule in rules}


def _unchangeable(wanted: PolicyDefinition, policy: Policy, cluster: str) -> Obstacle | None:
    """What ONTAP does not change, or not without losing what the configuration cannot tell."""
    text = f"SnapMirror policy {policy.name} of {policy.svm or cluster} is not as it is defined"
    text += f" ({_difference_text(wanted, policy)})"
    if policy.svm is None:
        return f"{text}, and belongs to the whole cluster: it is left as it is", _OTHER_NAME
    if _kind(wanted) != _kind(policy):
        return f"{text}, and ONTAP does not change that", _OTHER_NAME
    if any(rule.is_more for rule in policy.rules):
        text += ", and has rules with more than a label and a count, which a change would take away"
        return text, f"`snapmirror policy modify-rule` there, or {_OTHER_NAME}"
    if not wanted.takes_snapshots and not _counts(wanted.rules).keys() & _counts(policy.rules).keys():
        hint = f"keep one label until the others are there, or {_OTHER_NAME}"
        return f"{text}, and ONTAP does not replace all rules of a vault's policy at once", hint
    return None


def _others(standing: Standing, site: Site, policy: Policy) -> Obstacle | None:
    """Relationships that follow the policy too, and are none of the group's; or that may."""
    assert isinstance(site.seen, ClusterView)
    text = f"SnapMirror policy {policy.name} of {policy.svm} is not as it is defined, and "
    if gap := site.seen.gap(Aspect.RELATIONSHIPS, svm=policy.svm):
        return f"{text}whether others follow it cannot be seen: {gap}", HINT
    ours = {copy.volume.name for copy in standing.copies.values() if copy.id.backend == site.backend.name}
    others = [name for name, each in site.relationships.items() if each.policy == policy.name and name not in ours]
    if not others:
        return None
    return f"{text}mirrors that are not the group's follow it too ({names_text(others)}): it is left", _OTHER_NAME


def _difference_text(wanted: PolicyDefinition, policy: Policy) -> str:
    if _kind(wanted) != _kind(policy):
        return f"{_kind(policy)} -> {_kind(wanted)}"
    has, gets = _counts(policy.rules), _counts(_rules_wanted(wanted, policy))
    what = [
        f"{label} {has.get(label, 'none')} -> {gets.get(label, 'none')}"
        for label in {**has, **gets}
        if has.get(label) != gets.get(label)
    ]
    if wanted.schedule != policy.schedule:
        default = "" if wanted.schedule else ", as the definition names none"
        what.append(f"schedule {policy.schedule or 'none'} -> {wanted.schedule or 'none'}{default}")
    return ", ".join(what)


def _definition_text(wanted: PolicyDefinition) -> str:
    rules = [f"{rule.label} {rule.count}" for rule in wanted.rules]
    what = [_kind(wanted), *rules, f"schedule {wanted.schedule}" if wanted.schedule else "no schedule"]
    return ", ".join(what)
