"""`/protocols/nfs/export-policies` and the rules of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from ontaplab.cluster import Cluster
from ontaplab.resources.export_policies import rules
from ontaplab.resources.export_policies.bodies import ExportPolicyBody, RuleBody
from ontaplab.resources.export_policies.handlers import create, modify, remove
from ontaplab.resources.export_policies.rules import PolicyRule
from ontaplab.resources.export_policies.state import ExportPolicy, Rule
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource

_RULE: Mapping[str, Callable[[Rule], object]] = MappingProxyType(
    {
        "index": lambda rule: rule.index,
        "clients[].match": lambda rule: rule.clients,
        "protocols": lambda rule: rule.protocols,
        "ro_rule": lambda rule: rule.ro_rule,
        "rw_rule": lambda rule: rule.rw_rule,
        "superuser": lambda rule: rule.superuser,
        "anonymous_user": lambda rule: rule.anonymous_user,
        "chown_mode": lambda rule: rule.chown_mode,
        "ntfs_unix_security": lambda rule: rule.ntfs_unix_security,
        "allow_suid": lambda rule: rule.allow_suid,
        "allow_device_creation": lambda rule: rule.allow_device_creation,
        "allow_nfs_tls_only": lambda rule: rule.allow_nfs_tls_only,
    }
)


def _in_policy(get: Callable[[Rule], object]) -> Field[ExportPolicy]:
    return Field(lambda policy: [get(rule) for rule in policy.rules])


def _in_rule(name: str, get: Callable[[Rule], object]) -> Field[PolicyRule]:
    return Field(lambda row: get(row.rule), Level.KEY if name == "index" else Level.CHEAP)


def resource(cluster: Cluster) -> Resource[ExportPolicy]:
    fields: Fields[ExportPolicy] = Fields(
        {
            "id": Field(lambda policy: policy.id, Level.KEY),
            "name": Field(lambda policy: policy.name, Level.KEY),
            "svm.name": Field(lambda policy: svm_name(cluster, policy.svm)),
            "svm.uuid": Field(lambda policy: policy.svm),
            **{f"rules[].{name}": _in_policy(get) for name, get in _RULE.items()},
        }
    )
    return Resource(
        path="/protocols/nfs/export-policies",
        fields=fields,
        rows=lambda request: cluster.export_policies,
        keys=("id",),
        create=Create(ExportPolicyBody, partial(create, cluster)),
        modify=Modify(ExportPolicyBody, partial(modify, cluster)),
        remove=partial(remove, cluster),
    )


def rules_resource(cluster: Cluster) -> Resource[PolicyRule]:
    fields: Fields[PolicyRule] = Fields(
        {
            "policy.id": Field(lambda row: row.policy.id, Level.KEY),
            "policy.name": Field(lambda row: row.policy.name),
            "svm.name": Field(lambda row: svm_name(cluster, row.policy.svm)),
            "svm.uuid": Field(lambda row: row.policy.svm),
            **{name: _in_rule(name, get) for name, get in _RULE.items()},
        }
    )
    return Resource(
        path="/protocols/nfs/export-policies/{policy.id}/rules",
        fields=fields,
        rows=partial(rules.rows, cluster),
        keys=("index",),
        create=Create(RuleBody, partial(rules.create, cluster)),
        modify=Modify(RuleBody, partial(rules.modify, cluster)),
        remove=partial(rules.remove, cluster),
        flags=frozenset({"new_index"}),
    )
