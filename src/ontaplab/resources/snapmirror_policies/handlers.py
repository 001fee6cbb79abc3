"""SnapMirror policies: find, create, change, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field as Limits

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.schedules.handlers import schedule_of
from ontaplab.resources.snapmirror_policies.errors import (
    flags_conflict,
    is_built_in,
    is_used,
    name_taken,
    not_for_sync,
    not_found,
    schedule_is_no_cron,
)
from ontaplab.resources.snapmirror_policies.state import BUILT_IN, Policy, Rule, SyncType
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Reply, Request, Started

_Identity = Literal["full", "exclude_network_config", "exclude_network_and_protocol_config"]


class RuleBody(Body):
    label: str
    count: Annotated[int, Limits(ge=0, le=1023)]
    prefix: str | None = None
    creation_schedule: Reference | None = None
    period: str | None = None
    preserve: bool = False
    warn: int = 0


class PolicyChange(Body):
    """PATCH."""

    comment: str | None = None
    retention: tuple[RuleBody, ...] | None = None
    transfer_schedule: Reference | None = None
    identity_preservation: _Identity | None = None
    network_compression_enabled: bool | None = None
    throttle: int | None = None


class PolicyCreate(PolicyChange):
    """POST."""

    name: str | None = None
    svm: Reference | None = None
    type: Literal["async", "sync", "continuous"] = "async"
    sync_type: SyncType | None = None
    copy_all_source_snapshots: Literal[True] | None = None
    copy_latest_source_snapshot: Literal[True] | None = None
    create_snapshot_on_source: Literal[False] | None = None


def install_built_in(cluster: Cluster) -> None:
    """The policies that every cluster has are there; their schedules have to be."""
    for policy, schedule in BUILT_IN:
        uuid = cluster.new_uuid("policy", policy.name)
        cron = schedule_of(cluster, Reference(name=schedule)).uuid if schedule else None
        cluster.policies.put(replace(policy, uuid=uuid, transfer_schedule=cron, is_built_in=True))


def policy_of(cluster: Cluster, reference: Reference) -> Policy:
    """The policy that is meant, whatever the case of its name. Raises: OntapError 13303821."""
    name = reference.name and reference.name.lower()
    found = cluster.policies.first(
        lambda policy: name in (None, policy.name.lower()) and reference.uuid in (None, policy.uuid)
    )
    if found is None or (reference.name is None and reference.uuid is None):
        raise not_found(str(reference.name or reference.uuid))
    return found


def create(cluster: Cluster, request: Request, body: PolicyCreate) -> Reply[Policy]:
    if body.name is None:
        raise missing_field("name")
    of_cluster = body.svm is None or body.svm.name == cluster.name
    svm = None if of_cluster else svm_of(cluster, body.svm, request.tunnel).uuid
    _check_flags(body)
    policy = Policy(
        uuid=cluster.new_uuid("policy", body.name),
        name=body.name,
        svm=svm,
        type=body.type,
        sync_type=body.sync_type or ("sync" if body.type == "sync" else None),
        copy_all_source_snapshots=bool(body.copy_all_source_snapshots),
        copy_latest_source_snapshot=bool(body.copy_latest_source_snapshot),
        create_snapshot_on_source=body.create_snapshot_on_source is not False,
    )
    policy = _changed(cluster, policy, body)
    _check_name_is_free(cluster, policy)

    async def work() -> None:
        _check_name_is_free(cluster, policy)
        cluster.policies.put(policy)

    return Started(cluster.start_job("POST /api/snapmirror/policies", work), policy)


def modify(cluster: Cluster, request: Request, policy: Policy, body: PolicyChange) -> Reply[Policy]:
    if policy.is_built_in and body.model_fields_set:
        raise is_built_in(policy.name)
    changed = _changed(cluster, policy, body)

    async def work() -> None:
        cluster.policies.put(changed)

    return Started(cluster.start_job(f"PATCH /api/snapmirror/policies/{policy.uuid}", work), changed)


def remove(cluster: Cluster, request: Request, policy: Policy) -> Reply[Policy]:
    if policy.is_built_in:
        raise is_built_in(policy.name)
    if cluster.relationships.first(lambda each: each.policy == policy.uuid):
        raise is_used(policy.name)

    async def work() -> None:
        cluster.policies.remove(policy.uuid)

    return Started(cluster.start_job(f"DELETE /api/snapmirror/policies/{policy.uuid}", work))


def _check_name_is_free(cluster: Cluster, policy: Policy) -> None:
    if cluster.policies.first(lambda other: other.name == policy.name and other.svm in (None, policy.svm)):
        raise name_taken(policy.name)


def _check_flags(body: PolicyCreate) -> None:
    copies = [body.copy_all_source_snapshots, body.copy_latest_source_snapshot]
    is_vault = body.create_snapshot_on_source is False
    if sum(map(bool, copies)) + is_vault > 1:
        raise flags_conflict("copy_all_source_snapshots, copy_latest_source_snapshot, create_snapshot_on_source")
    if any(copies) and body.retention:
        raise flags_conflict("retention is not for a policy that copies all or the latest snapshot")
    if is_vault and not body.retention:
        raise flags_conflict("retention is needed where create_snapshot_on_source is false")
    if body.type == "async" and body.sync_type is not None:
        raise not_for_sync("sync_type")
    if body.type == "sync" and (body.transfer_schedule is not None or body.throttle is not None):
        raise not_for_sync("transfer_schedule" if body.transfer_schedule else "throttle")


def _changed(cluster: Cluster, policy: Policy, body: PolicyChange) -> Policy:
    changes: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("comment", "identity_preservation", "network_compression_enabled", "throttle")
        if getattr(body, name) is not None
    }
    if body.retention is not None:
        changes["retention"] = tuple(_rule(cluster, rule) for rule in body.retention)
    if "transfer_schedule" in body.model_fields_set:
        changes["transfer_schedule"] = _cron_uuid(cluster, body.transfer_schedule)
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


def _cron_uuid(cluster: Cluster, reference: Reference | None) -> str | None:
    if reference is None or not (reference.name or reference.uuid):
        return None
    schedule = schedule_of(cluster, reference)
    if schedule.cron is None:
        raise schedule_is_no_cron(schedule.name)
    return schedule.uuid
