"""Export policies: create, change, remove."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.export_policies.bodies import ExportPolicyBody, RuleBody
from ontaplab.resources.export_policies.errors import bad_name, is_default, is_used, name_taken, name_too_long
from ontaplab.resources.export_policies.lookup import export_policy_named, new_policy
from ontaplab.resources.export_policies.rules import added
from ontaplab.resources.export_policies.state import DEFAULT, LONGEST_NAME, ExportPolicy
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.resource import Done, Reply, Request


def create(cluster: Cluster, request: Request, body: ExportPolicyBody) -> Reply[ExportPolicy]:
    svm = svm_of(cluster, body.svm, request.tunnel)
    if body.name is None:
        raise missing_field("name")
    _check_name(cluster, body.name, svm.uuid)
    policy = _with_rules(new_policy(cluster, body.name, svm.uuid), body.rules or ())
    return Done(cluster.export_policies.put(policy))


def modify(cluster: Cluster, request: Request, policy: ExportPolicy, body: ExportPolicyBody) -> Reply[ExportPolicy]:
    """Volumes that refer to the policy refer to it by its new name; `rules` replaces all its rules."""
    changed = policy
    if body.rules is not None:
        changed = _with_rules(replace(changed, rules=()), body.rules)
    if body.name is not None and body.name != policy.name:
        _check_name(cluster, body.name, policy.svm)
        changed = replace(changed, name=body.name)
    with cluster.together():
        for volume in cluster.volumes.where(lambda volume: volume.svm == policy.svm):
            if volume.property_of("nas.export_policy.name") == policy.name:
                properties = {**volume.properties, "nas.export_policy.name": changed.name}
                cluster.volumes.put(replace(volume, properties=properties))
        return Done(cluster.export_policies.put(changed))


def remove(cluster: Cluster, request: Request, policy: ExportPolicy) -> Reply[ExportPolicy]:
    if policy.name == DEFAULT:
        raise is_default()
    for volume in cluster.volumes.where(lambda volume: volume.svm == policy.svm):
        if volume.property_of("nas.export_policy.name") == policy.name:
            raise is_used(volume.name)
    for qtree in cluster.qtrees.where(lambda qtree: qtree.export_policy == policy.uuid):
        raise is_used(f"{cluster.volumes[qtree.volume].name}/{qtree.name}")
    cluster.export_policies.remove(policy.uuid)
    return Done()


def _with_rules(policy: ExportPolicy, rules: tuple[RuleBody, ...]) -> ExportPolicy:
    for rule in rules:
        policy, _ = added(policy, rule)
    return policy


def _check_name(cluster: Cluster, name: str, svm: str) -> None:
    if len(name) > LONGEST_NAME:
        raise name_too_long(LONGEST_NAME)
    if not name or " " in name:
        raise bad_name(name)
    if export_policy_named(cluster, name, svm) is not None:
        raise name_taken(name)
