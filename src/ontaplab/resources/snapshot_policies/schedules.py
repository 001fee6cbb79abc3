"""The schedules of a snapshot policy, as a collection of their own: add, change, remove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ontaplab.cluster import Cluster
from ontaplab.errors import no_entry
from ontaplab.resources.snapshot_policies.errors import has_schedule, needs_a_schedule
from ontaplab.resources.snapshot_policies.handlers import (
    CopiesBody,
    changed_copies,
    check_may_change,
    new_copies,
    with_copies,
)
from ontaplab.resources.snapshot_policies.state import Copies, SnapshotPolicy
from ontaplab.wire.body import Body
from ontaplab.wire.resource import Done, Reply, Request


class PolicyScheduleChange(Body):
    """PATCH. What names schedule and policy is taken and changes nothing."""

    count: int | None = None
    snapmirror_label: str | None = None
    retention_period: str | None = None


@dataclass(frozen=True, slots=True)
class PolicySchedule:
    """One schedule of one policy."""

    policy: SnapshotPolicy
    copies: Copies


def rows(cluster: Cluster, request: Request) -> Iterable[PolicySchedule]:
    """Those of the policy in the path. Raises: OntapError 4 if there is no such policy."""
    uuid = request.path["snapshot_policy.uuid"]
    if "*" in uuid or "|" in uuid:
        return [PolicySchedule(policy, copies) for policy in cluster.snapshot_policies for copies in policy.copies]
    policy = _policy(cluster, request)
    return [PolicySchedule(policy, copies) for copies in policy.copies]


def create(cluster: Cluster, request: Request, body: CopiesBody) -> Reply[PolicySchedule]:
    policy = _policy(cluster, request)
    check_may_change(request, policy)
    copies = new_copies(cluster, body)
    if any(each.schedule == copies.schedule for each in policy.copies):
        raise has_schedule(cluster.schedules[copies.schedule].name)
    return Done(PolicySchedule(_put(cluster, policy, with_copies(policy.copies, copies)), copies))


def modify(
    cluster: Cluster, request: Request, row: PolicySchedule, body: PolicyScheduleChange
) -> Reply[PolicySchedule]:
    """What is beyond a lower count goes at the schedule's next firing."""
    policy = _policy_of(cluster, row)
    check_may_change(request, policy)
    copies = changed_copies(row.copies, CopiesBody.model_validate(body.given()))
    return Done(PolicySchedule(_put(cluster, policy, with_copies(policy.copies, copies)), copies))


def remove(cluster: Cluster, request: Request, row: PolicySchedule) -> Reply[PolicySchedule]:
    policy = _policy_of(cluster, row)
    check_may_change(request, policy)
    rest = tuple(each for each in policy.copies if each.schedule != row.copies.schedule)
    if not rest:
        raise needs_a_schedule()
    _put(cluster, policy, rest)
    return Done()


def _policy(cluster: Cluster, request: Request) -> SnapshotPolicy:
    policy = cluster.snapshot_policies.get(request.path["snapshot_policy.uuid"])
    if policy is None or not (policy.svm is None or request.reaches(policy.svm)):
        raise no_entry("snapshot_policy.uuid")
    return policy


def _policy_of(cluster: Cluster, row: PolicySchedule) -> SnapshotPolicy:
    """The policy as it is now: a request that changes several rows sees what it changed already."""
    return cluster.snapshot_policies[row.policy.uuid]


def _put(cluster: Cluster, policy: SnapshotPolicy, copies: tuple[Copies, ...]) -> SnapshotPolicy:
    return cluster.snapshot_policies.put(replace(policy, copies=copies))
