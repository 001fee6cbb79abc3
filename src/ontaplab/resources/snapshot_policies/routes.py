"""`/storage/snapshot-policies` and the schedules of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.snapshot_policies import schedules
from ontaplab.resources.snapshot_policies.handlers import (
    CopiesBody,
    SnapshotPolicyChange,
    SnapshotPolicyCreate,
    create,
    modify,
    remove,
)
from ontaplab.resources.snapshot_policies.schedules import PolicySchedule, PolicyScheduleChange
from ontaplab.resources.snapshot_policies.state import Copies, SnapshotPolicy
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def _copies_field(get: Callable[[Copies], object]) -> Field[SnapshotPolicy]:
    return Field(lambda policy: [get(copies) for copies in policy.copies])


def resource(cluster: Cluster) -> Resource[SnapshotPolicy]:
    fields: Fields[SnapshotPolicy] = Fields(
        {
            "uuid": Field(lambda policy: policy.uuid, Level.KEY),
            "name": Field(lambda policy: policy.name, Level.KEY),
            "scope": Field(lambda policy: "svm" if policy.svm else "cluster"),
            "svm.name": Field(lambda policy: svm_name(cluster, policy.svm)),
            "svm.uuid": Field(lambda policy: policy.svm),
            "enabled": Field(lambda policy: policy.enabled),
            "comment": Field(lambda policy: policy.comment),
            "copies[].schedule.name": _copies_field(lambda copies: cluster.schedules[copies.schedule].name),
            "copies[].schedule.uuid": _copies_field(lambda copies: copies.schedule),
            "copies[].count": _copies_field(lambda copies: copies.count),
            "copies[].prefix": _copies_field(lambda copies: copies.prefix),
            "copies[].snapmirror_label": _copies_field(lambda copies: copies.label),
            "copies[].retention_period": _copies_field(lambda copies: copies.retention_period),
        }
    )
    return Resource(
        path="/storage/snapshot-policies",
        fields=fields,
        rows=lambda request: cluster.snapshot_policies,
        create=Create(SnapshotPolicyCreate, partial(create, cluster)),
        modify=Modify(SnapshotPolicyChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
        shared=True,
    )


def schedules_resource(cluster: Cluster) -> Resource[PolicySchedule]:
    fields: Fields[PolicySchedule] = Fields(
        {
            "snapshot_policy.uuid": Field(lambda row: row.policy.uuid, Level.KEY),
            "snapshot_policy.name": Field(lambda row: row.policy.name),
            "schedule.uuid": Field(lambda row: row.copies.schedule, Level.KEY),
            "schedule.name": Field(lambda row: cluster.schedules[row.copies.schedule].name, Level.KEY),
            "count": Field(lambda row: row.copies.count),
            "prefix": Field(lambda row: row.copies.prefix),
            "snapmirror_label": Field(lambda row: row.copies.label),
            "retention_period": Field(lambda row: row.copies.retention_period),
            "svm.name": Field(lambda row: svm_name(cluster, row.policy.svm), Level.NAMED),
            "svm.uuid": Field(lambda row: row.policy.svm, Level.NAMED),
        }
    )
    return Resource(
        path="/storage/snapshot-policies/{snapshot_policy.uuid}/schedules",
        fields=fields,
        rows=partial(schedules.rows, cluster),
        keys=("schedule.uuid",),
        create=Create(CopiesBody, partial(schedules.create, cluster)),
        modify=Modify(PolicyScheduleChange, partial(schedules.modify, cluster)),
        remove=partial(schedules.remove, cluster),
        shared=True,
    )
