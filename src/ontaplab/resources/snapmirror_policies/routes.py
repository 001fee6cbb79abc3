"""`/snapmirror/policies`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.snapmirror_policies.bodies import PolicyChange, PolicyCreate
from ontaplab.resources.snapmirror_policies.handlers import create, modify, remove
from ontaplab.resources.snapmirror_policies.state import Policy, Rule
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def _rule_field(get: Callable[[Rule], object]) -> Field[Policy]:
    return Field(lambda policy: [get(rule) for rule in policy.retention])


def resource(cluster: Cluster) -> Resource[Policy]:
    def schedule_name(uuid: str | None) -> str | None:
        schedule = cluster.schedules.get(uuid)
        return schedule.name if schedule else None

    fields: Fields[Policy] = Fields(
        {
            "uuid": Field(lambda policy: policy.uuid, Level.KEY),
            "name": Field(lambda policy: policy.name, Level.KEY),
            "scope": Field(lambda policy: "svm" if policy.svm else "cluster"),
            "svm.name": Field(lambda policy: svm_name(cluster, policy.svm)),
            "svm.uuid": Field(lambda policy: policy.svm),
            "type": Field(lambda policy: policy.type),
            "sync_type": Field(lambda policy: policy.sync_type),
            "copy_all_source_snapshots": Field(lambda policy: policy.copy_all_source_snapshots or None),
            "copy_latest_source_snapshot": Field(lambda policy: policy.copy_latest_source_snapshot or None),
            "create_snapshot_on_source": Field(lambda policy: None if policy.create_snapshot_on_source else False),
            "retention[].label": _rule_field(lambda rule: rule.label),
            "retention[].count": _rule_field(lambda rule: str(rule.count)),
            "retention[].prefix": _rule_field(lambda rule: rule.prefix),
            "retention[].period": _rule_field(lambda rule: rule.period),
            "retention[].preserve": _rule_field(lambda rule: rule.preserve),
            "retention[].warn": _rule_field(lambda rule: rule.warn),
            "retention[].creation_schedule.name": _rule_field(lambda rule: schedule_name(rule.creation_schedule)),
            "retention[].creation_schedule.uuid": _rule_field(lambda rule: rule.creation_schedule),
            "transfer_schedule.name": Field(lambda policy: schedule_name(policy.transfer_schedule)),
            "transfer_schedule.uuid": Field(lambda policy: policy.transfer_schedule),
            "sync_common_snapshot_schedule.name": Field(
                lambda policy: schedule_name(policy.sync_common_snapshot_schedule)
            ),
            "sync_common_snapshot_schedule.uuid": Field(lambda policy: policy.sync_common_snapshot_schedule),
            "rpo": Field(lambda policy: policy.rpo),
            "identity_preservation": Field(lambda policy: policy.identity_preservation),
            "network_compression_enabled": Field(lambda policy: policy.network_compression_enabled),
            "throttle": Field(lambda policy: policy.throttle),
            "comment": Field(lambda policy: policy.comment),
        }
    )
    return Resource(
        path="/snapmirror/policies",
        fields=fields,
        rows=lambda request: cluster.policies,
        create=Create(PolicyCreate, partial(create, cluster)),
        modify=Modify(PolicyChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
        shared=True,
    )
