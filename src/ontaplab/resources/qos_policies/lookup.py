"""QoS policies by name or uuid, and what refers to them."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.qos_policies.errors import not_found_for_volume
from ontaplab.resources.qos_policies.state import QosPolicy
from ontaplab.resources.volumes.state import Volume


def qos_policy_named(cluster: Cluster, name: str | None, svm: str | None) -> QosPolicy | None:
    """That SVM's or the cluster's policy of this name."""
    return cluster.qos_policies.first(lambda policy: policy.name == name and policy.svm in (None, svm))


def qos_policy_of(cluster: Cluster, name: str | None, uuid: str | None, svm: str) -> QosPolicy:
    """The policy that is meant, one of that SVM or a preset. Raises: OntapError 4."""
    found = cluster.qos_policies.get(uuid) if uuid else qos_policy_named(cluster, name, svm)
    if found is None or found.svm not in (None, svm) or name not in (None, found.name):
        raise not_found_for_volume(str(name or uuid))
    return found


def limited_by(cluster: Cluster, policy: QosPolicy) -> list[Volume]:
    """The volumes that refer to the policy."""
    return cluster.volumes.where(
        lambda volume: policy.svm in (None, volume.svm) and volume.properties.get("qos.policy.name") == policy.name
    )
