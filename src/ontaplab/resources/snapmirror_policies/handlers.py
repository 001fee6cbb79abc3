"""SnapMirror policies: find, create, change, remove."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field, no_entry
from ontaplab.resources.schedules.handlers import schedule_of
from ontaplab.resources.snapmirror_policies.bodies import PolicyChange, PolicyCreate, RuleBody
from ontaplab.resources.snapmirror_policies.errors import (
    bad_name,
    common_snapshots_too_often_or_rarely,
    is_built_in,
    is_the_clusters,
    is_used,
    name_taken,
    not_found,
    schedule_is_no_cron,
)
from ontaplab.resources.snapmirror_policies.rules import check_change, check_new
from ontaplab.resources.snapmirror_policies.state import BUILT_IN, Policy, Rule
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Reference
from ontaplab.wire.resource import Reply, Request, Started

_NAME = re.compile(r"[\w.-]{1,256}", re.ASCII)
"""Page `snapmirror policy create` of the ONTAP command reference."""
_FIRINGS_LOOKED_AT = 50
"""More than a schedule has in a day that fires every 30 minutes."""


def install_built_in(cluster: Cluster) -> None:
    """The policies that every cluster has are there; their schedules have to be."""
    for policy, schedule in BUILT_IN:
        uuid = cluster.new_uuid("policy", policy.name)
        cron = schedule_of(cluster, Reference(name=schedule)).uuid if schedule else None
        cluster.policies.put(replace(policy, uuid=uuid, transfer_schedule=cron, is_built_in=True))


def policy_of(cluster: Cluster, reference: Reference, svm: str) -> Policy:
    """The policy that is meant, one of that SVM (its uuid) or of the cluster, whatever the case of its name.

    Raises: OntapError 13303821.
    """
    name = reference.name and reference.name.lower()
    found = cluster.policies.first(
        lambda policy: (
            name in (None, policy.name.lower()) and reference.uuid in (None, policy.uuid) and policy.svm in (None, svm)
        )
    )
    if found is None or (reference.name is None and reference.uuid is None):
        raise not_found(str(reference.name or reference.uuid))
    return found


def create(cluster: Cluster, request: Request, body: PolicyCreate) -> Reply[Policy]:
    if body.name is None:
        raise missing_field("name")
    if not _NAME.fullmatch(body.name):
        raise bad_name(body.name)
    of_cluster = request.tunnel is None and (body.svm is None or body.svm.name == cluster.name)
    svm = None if of_cluster else svm_of(cluster, body.svm, request.tunnel).uuid
    check_new(body)
    kind = body.type or "async"
    policy = Policy(
        uuid=cluster.new_uuid("policy", body.name),
        name=body.name,
        svm=svm,
        type=kind,
        sync_type=body.sync_type or ("sync" if kind == "sync" else None),
        copy_all_source_snapshots=bool(body.copy_all_source_snapshots),
        copy_latest_source_snapshot=bool(body.copy_latest_source_snapshot),
        create_snapshot_on_source=body.create_snapshot_on_source is not False,
    )
    policy = _changed(cluster, policy, body)
    _check_name_is_free(cluster, policy)

    async def work() -> None:
        _check_name_is_free(cluster, policy)
        cluster.policies.put(policy)

    return Started(cluster.start_job("POST /api/snapmirror/policies", work, svm=svm), policy)


def modify(cluster: Cluster, request: Request, policy: Policy, body: PolicyChange) -> Reply[Policy]:
    if not request.reaches(policy.svm):
        raise is_the_clusters(policy.name)
    if policy.is_built_in and body.model_fields_set:
        raise is_built_in(policy.name)
    check_change(policy, body)
    changed = _changed(cluster, policy, body)

    async def work() -> None:
        cluster.policies.put(_changed(cluster, _present(cluster, policy.uuid), body))

    job = cluster.start_job(f"PATCH /api/snapmirror/policies/{policy.uuid}", work, svm=policy.svm)
    return Started(job, changed)


def remove(cluster: Cluster, request: Request, policy: Policy) -> Reply[Policy]:
    if not request.reaches(policy.svm):
        raise is_the_clusters(policy.name)
    if policy.is_built_in:
        raise is_built_in(policy.name)
    _check_is_unused(cluster, policy)

    async def work() -> None:
        _check_is_unused(cluster, _present(cluster, policy.uuid))
        cluster.policies.remove(policy.uuid)

    return Started(cluster.start_job(f"DELETE /api/snapmirror/policies/{policy.uuid}", work, svm=policy.svm))


def _present(cluster: Cluster, uuid: str) -> Policy:
    """The policy as it is now. Raises: OntapError 4 if it was removed meanwhile."""
    policy = cluster.policies.get(uuid)
    if policy is None:
        raise no_entry("uuid")
    return policy


def _check_is_unused(cluster: Cluster, policy: Policy) -> None:
    if cluster.relationships.first(lambda each: each.policy == policy.uuid):
        raise is_used(policy.name)


def _check_name_is_free(cluster: Cluster, policy: Policy) -> None:
    """Raises: OntapError 6621060 if the SVM has such a policy, or the cluster, whose policies are every SVM's too."""
    if cluster.policies.first(lambda other: other.name == policy.name and other.svm in (None, policy.svm)):
        raise name_taken(policy.name)


def _changed(cluster: Cluster, policy: Policy, body: PolicyChange) -> Policy:
    changes: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("comment", "identity_preservation", "network_compression_enabled", "throttle", "rpo")
        if getattr(body, name) is not None
    }
    if body.retention is not None:
        changes["retention"] = tuple(_rule(cluster, rule) for rule in body.retention)
    if "transfer_schedule" in body.model_fields_set:
        changes["transfer_schedule"] = _cron_uuid(cluster, body.transfer_schedule)
    if "sync_common_snapshot_schedule" in body.model_fields_set:
        changes["sync_common_snapshot_schedule"] = _common_snapshot_schedule(cluster, body)
    return replace(policy, **changes)


def _rule(cluster: Cluster, rule: RuleBody) -> Rule:
    return Rule(
        label=rule.label,
        count=rule.count,
        prefix=rule.prefix,
        creation_schedule=_cron_uuid(cluster, rule.creation_schedule),
        period=rule.period,
        preserve=rule.preserve,
        warn=rule.warn,
    )


def _common_snapshot_schedule(cluster: Cluster, body: PolicyChange) -> str | None:
    """Raises: OntapError 6621972 if it does not fire every 30 minutes to 24 hours."""
    uuid = _cron_uuid(cluster, body.sync_common_snapshot_schedule)
    if uuid is None:
        return None
    schedule, now = cluster.schedules[uuid], cluster.clock.now()
    firings = [schedule.next_firing(now)]
    for _ in range(_FIRINGS_LOOKED_AT):
        firings.append(firings[-1] and schedule.next_firing(firings[-1]))
    for one, other in pairwise(firings):
        if one is None or other is None or not timedelta(minutes=30) <= other - one <= timedelta(hours=24):
            raise common_snapshots_too_often_or_rarely(schedule.name)
    return uuid


def _cron_uuid(cluster: Cluster, reference: Reference | None) -> str | None:
    if reference is None or not (reference.name or reference.uuid):
        return None
    schedule = schedule_of(cluster, reference)
    if schedule.cron is None:
        raise schedule_is_no_cron(schedule.name)
    return schedule.uuid
