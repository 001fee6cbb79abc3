"""Snapshot policies by name or uuid."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.snapshot_policies.errors import does_not_match, not_found
from ontaplab.resources.snapshot_policies.state import SnapshotPolicy
from ontaplab.wire.body import Reference


def snapshot_policy_of(cluster: Cluster, reference: Reference, svm: str | None) -> SnapshotPolicy:
    """The policy that is meant, one of that SVM (its uuid) or of the cluster. Raises: OntapError 917551, 1638587."""
    name, uuid = reference.name, reference.uuid
    found = cluster.snapshot_policies.get(uuid) if uuid else snapshot_policy_named(cluster, name or "", svm)
    if found is None or found.svm not in (None, svm):
        raise not_found(str(name or uuid))
    if name not in (None, found.name):
        raise does_not_match(name or "", found.uuid)
    return found


def snapshot_policy_named(cluster: Cluster, name: str, svm: str | None) -> SnapshotPolicy | None:
    """That SVM's or the cluster's policy of this name."""
    return cluster.snapshot_policies.first(lambda policy: policy.name == name and policy.svm in (None, svm))
