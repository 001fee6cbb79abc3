"""Policies and schedules, as a relationship may refer to them."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.relationships.errors import policy_not_for_volumes, schedule_is_no_cron
from ontaplab.resources.relationships.state import Kind
from ontaplab.resources.schedules.handlers import schedule_of
from ontaplab.resources.snapmirror_policies.handlers import policy_of
from ontaplab.resources.snapmirror_policies.state import Policy
from ontaplab.wire.body import Reference


def volume_policy(cluster: Cluster, reference: Reference, svm: str) -> Policy:
    """A policy for relationships that end in that SVM (its uuid).

    Raises: OntapError 13303821 if there is none, 13303866 if it is not for volumes.
    """
    policy = policy_of(cluster, reference, svm)
    if policy.type != "async" and policy.sync_type not in ("sync", "strict_sync"):
        raise policy_not_for_volumes(policy.name)
    return policy


def makes_snapshots(cluster: Cluster, policy: str) -> bool:
    """Whether rules of that policy (its uuid) make snapshots at destinations."""
    return any(rule.creation_schedule is not None for rule in cluster.policies[policy].retention)


def kind_of(policy: Policy) -> Kind:
    """The rules that a relationship with that policy (one of `volume_policy`) keeps to."""
    match policy.sync_type:
        case "sync" | "strict_sync":
            return policy.sync_type
    return "async"


def cron_schedule(cluster: Cluster, reference: Reference | None) -> str | None:
    """Its uuid; None where nothing is referred to. Raises: OntapError 6619699, 6619714."""
    if reference is None or (not reference.name and not reference.uuid):
        return None
    schedule = schedule_of(cluster, reference)
    if schedule.cron is None:
        raise schedule_is_no_cron(schedule.name)
    return schedule.uuid
