"""The rules of an export policy, as a collection of their own: add, change, move, remove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.export_policies.bodies import RuleBody
from ontaplab.resources.export_policies.clients import check_clients
from ontaplab.resources.export_policies.errors import bad_index, empty_anonymous_user, not_found, rule_exists
from ontaplab.resources.export_policies.state import HIGHEST_INDEX, ExportPolicy, Rule
from ontaplab.wire.resource import Done, Reply, Request


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule of one policy."""

    policy: ExportPolicy
    rule: Rule


def rows(cluster: Cluster, request: Request) -> Iterable[PolicyRule]:
    """Those of the policy in the path. Raises: OntapError 1703954 if there is no such policy."""
    number = request.path["policy.id"]
    if "*" in number or "|" in number:
        return [PolicyRule(policy, rule) for policy in cluster.export_policies for rule in policy.rules]
    policy = _policy(cluster, request)
    return [PolicyRule(policy, rule) for rule in policy.rules]


def create(cluster: Cluster, request: Request, body: RuleBody) -> Reply[PolicyRule]:
    policy, rule = added(_policy(cluster, request), body)
    return Done(PolicyRule(cluster.export_policies.put(policy), rule))


def modify(cluster: Cluster, request: Request, row: PolicyRule, body: RuleBody) -> Reply[PolicyRule]:
    """A new index, in the query or in the body, moves the rule there."""
    policy = cluster.export_policies[row.policy.uuid]
    rule = _changed(row.rule, body)
    new_index = request.flags.get("new_index")
    index = int(new_index) if new_index and new_index.isdecimal() else (body.index or rule.index)
    rule = replace(rule, index=_checked_index(index))
    changed = policy.without_rule(row.rule.index).with_rule(rule)
    return Done(PolicyRule(cluster.export_policies.put(changed), rule))


def remove(cluster: Cluster, request: Request, row: PolicyRule) -> Reply[PolicyRule]:
    policy = cluster.export_policies[row.policy.uuid]
    cluster.export_policies.put(policy.without_rule(row.rule.index))
    return Done()


def added(policy: ExportPolicy, body: RuleBody) -> tuple[ExportPolicy, Rule]:
    """The policy with a new rule, at its end unless the body says where. Raises: OntapError."""
    for name in ("clients", "ro_rule", "rw_rule"):
        if not getattr(body, name):
            raise missing_field(name)
    index = policy.next_index if body.index is None else _checked_index(body.index)
    rule = _changed(Rule(index=index, clients=(), ro_rule=(), rw_rule=()), body)
    if any(replace(each, index=index) == rule for each in policy.rules):
        raise rule_exists()
    return policy.with_rule(rule), rule


def _policy(cluster: Cluster, request: Request) -> ExportPolicy:
    """The policy in the path. An SVM's account sees those of its SVM only."""
    number = request.path["policy.id"]
    found = cluster.export_policies.first(lambda policy: str(policy.id) == number)
    if found is None or not request.reaches(found.svm):
        raise not_found(number)
    return found


def _changed(rule: Rule, body: RuleBody) -> Rule:
    """The rule with what the body says, but for its index."""
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set - {"index", "clients"}}
    if body.clients is not None:
        changes["clients"] = tuple(client.match for client in body.clients)
        check_clients(changes["clients"])
    if changes.get("anonymous_user") == "":
        raise empty_anonymous_user()
    return replace(rule, **{name: value for name, value in changes.items() if value is not None})


def _checked_index(index: int) -> int:
    if not 1 <= index <= HIGHEST_INDEX:
        raise bad_index(index)
    return index
