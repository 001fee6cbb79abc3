"""Snapshot policies: create, change, remove."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field as Limits

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, missing_field
from ontaplab.resources.schedules.handlers import schedule_of
from ontaplab.resources.snapshot_policies.errors import (
    bad_name,
    bad_retention_period,
    count_not_given,
    is_built_in,
    is_the_clusters,
    is_used_by_svm,
    is_used_by_volume,
    name_taken,
    needs_a_schedule,
    prefix_taken,
    schedule_not_found,
    schedule_not_given,
    too_many_copies,
)
from ontaplab.resources.snapshot_policies.state import BUILT_IN, LABELLED, MOST_COPIES, Copies, SnapshotPolicy
from ontaplab.resources.snapshots.errors import label_too_long
from ontaplab.resources.snapshots.handlers import LONGEST_LABEL
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request
from ontaplab.wire.values import parse_duration

_NAME = re.compile(r"[A-Za-z0-9_][\w.+-]{0,255}", re.ASCII)


class CopiesBody(Body):
    schedule: Reference | None = None
    count: Annotated[int, Limits(ge=1)] | None = None
    prefix: str | None = None
    snapmirror_label: str | None = None
    retention_period: str | None = None


class SnapshotPolicyChange(Body):
    """PATCH."""

    enabled: bool | None = None
    comment: str | None = None


class SnapshotPolicyCreate(SnapshotPolicyChange):
    """POST."""

    name: str | None = None
    svm: Reference | None = None
    copies: tuple[CopiesBody, ...] = ()


def install_built_in(cluster: Cluster) -> None:
    """The policies that every cluster has are there; their schedules have to be."""
    for name, comment, counts in BUILT_IN:
        copies = tuple(
            Copies(
                schedule=schedule_of(cluster, Reference(name=schedule)).uuid,
                count=count,
                prefix=schedule,
                label=schedule if schedule in LABELLED else None,
            )
            for schedule, count in counts.items()
        )
        uuid = cluster.new_uuid("snapshot_policy", name)
        cluster.snapshot_policies.put(
            SnapshotPolicy(uuid=uuid, name=name, comment=comment, copies=copies, is_built_in=True)
        )


def create(cluster: Cluster, request: Request, body: SnapshotPolicyCreate) -> Reply[SnapshotPolicy]:
    if body.name is None:
        raise missing_field("name")
    of_cluster = request.tunnel is None and (body.svm is None or body.svm.name == cluster.name)
    svm = None if of_cluster else svm_of(cluster, body.svm, request.tunnel).uuid
    _check_name(cluster, body.name, svm)
    if not body.copies:
        raise needs_a_schedule()
    copies: tuple[Copies, ...] = ()
    for each in body.copies:
        copies = with_copies(copies, new_copies(cluster, each))
    policy = SnapshotPolicy(
        uuid=cluster.new_uuid("snapshot_policy", f"{svm}/{body.name}"),
        name=body.name,
        svm=svm,
        enabled=body.enabled is not False,
        comment=body.comment or "",
        copies=copies,
    )
    return Done(cluster.snapshot_policies.put(policy))


def modify(
    cluster: Cluster, request: Request, policy: SnapshotPolicy, body: SnapshotPolicyChange
) -> Reply[SnapshotPolicy]:
    """From now on the policy's schedules take snapshots or do not; what was taken stays."""
    check_may_change(request, policy)
    changes: dict[str, Any] = {
        name: getattr(body, name) for name in ("enabled", "comment") if getattr(body, name) is not None
    }
    return Done(cluster.snapshot_policies.put(replace(policy, **changes)))


def remove(cluster: Cluster, request: Request, policy: SnapshotPolicy) -> Reply[SnapshotPolicy]:
    check_may_change(request, policy)
    if policy.is_built_in:
        raise is_built_in()
    for volume in cluster.volumes:
        if policy.svm in (None, volume.svm) and volume.property_of("snapshot_policy.name") == policy.name:
            raise is_used_by_volume(volume.name)
    for svm in cluster.svms:
        if policy.svm in (None, svm.uuid) and svm.snapshot_policy == policy.name:
            raise is_used_by_svm(svm.name)
    cluster.snapshot_policies.remove(policy.uuid)
    return Done()


def check_may_change(request: Request, policy: SnapshotPolicy) -> None:
    """Raises: OntapError 1638531 if an SVM is about to change what is the cluster's."""
    if request.tunnel is not None and policy.svm is None:
        raise is_the_clusters(policy.name)


def new_copies(cluster: Cluster, body: CopiesBody) -> Copies:
    """What the body says. Raises: OntapError."""
    if body.schedule is None or not (body.schedule.name or body.schedule.uuid):
        raise schedule_not_given()
    if body.count is None:
        raise count_not_given()
    try:
        schedule = schedule_of(cluster, body.schedule)
    except OntapError:
        raise schedule_not_found(str(body.schedule.name or body.schedule.uuid)) from None
    copies = Copies(schedule=schedule.uuid, count=body.count, prefix=body.prefix or schedule.name)
    return changed_copies(copies, body)


def changed_copies(copies: Copies, body: CopiesBody) -> Copies:
    """With the body's count, label and retention period; an empty label or "-" clears it."""
    if body.count is not None:
        copies = replace(copies, count=body.count)
    if body.snapmirror_label is not None:
        if len(body.snapmirror_label) > LONGEST_LABEL:
            raise label_too_long(body.snapmirror_label, LONGEST_LABEL)
        copies = replace(copies, label=None if body.snapmirror_label in ("", "-") else body.snapmirror_label)
    if body.retention_period is not None:
        if body.retention_period != "infinite" and parse_duration(body.retention_period) is None:
            raise bad_retention_period(body.retention_period)
        copies = replace(copies, retention_period=body.retention_period)
    return copies


def with_copies(present: tuple[Copies, ...], wanted: Copies) -> tuple[Copies, ...]:
    """These and that one, in place of one of the same schedule. Raises: OntapError 1638451, 1638508."""
    others = [each for each in present if each.schedule != wanted.schedule]
    if any(each.prefix == wanted.prefix for each in others):
        raise prefix_taken(wanted.prefix)
    if sum(each.count for each in others) + wanted.count > MOST_COPIES:
        raise too_many_copies(MOST_COPIES)
    by_schedule = {each.schedule: each for each in (*present, wanted)}  # the order stays that of the first
    return tuple(by_schedule.values())


def _check_name(cluster: Cluster, name: str, svm: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise bad_name(name)
    if cluster.snapshot_policies.first(
        lambda policy: policy.name == name and (svm is None or policy.svm in (None, svm))
    ):
        raise name_taken(name)
