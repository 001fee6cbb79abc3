"""What goes with an SVM when it goes."""

from __future__ import annotations

from ontaplab.cluster import Cluster


def remove_belongings(cluster: Cluster, svm: str) -> None:
    """The SVM (its uuid) has neither accounts nor interfaces nor policies nor permissions of its own any more."""
    for account in cluster.accounts.where(lambda each: each.svm == svm):
        cluster.accounts.remove(account.uuid)
    for role in cluster.roles.where(lambda each: each.svm == svm):
        cluster.roles.remove(role.uuid)
    for interface in cluster.ip_interfaces.where(lambda each: each.svm == svm):
        cluster.ip_interfaces.remove(interface.uuid)
    for permission in cluster.svm_peer_permissions.where(lambda each: each.svm == svm):
        cluster.svm_peer_permissions.remove(permission.uuid)
    for snapshot_policy in cluster.snapshot_policies.where(lambda each: each.svm == svm):
        cluster.snapshot_policies.remove(snapshot_policy.uuid)
    for export_policy in cluster.export_policies.where(lambda each: each.svm == svm):
        cluster.export_policies.remove(export_policy.uuid)
    for policy in cluster.policies.where(lambda each: each.svm == svm):
        cluster.policies.remove(policy.uuid)
    for qos_policy in cluster.qos_policies.where(lambda each: each.svm == svm):
        cluster.qos_policies.remove(qos_policy.uuid)
