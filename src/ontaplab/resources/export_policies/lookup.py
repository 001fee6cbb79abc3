"""Export policies by name or id, and the one that every SVM has."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.export_policies.errors import not_found_for_volume
from ontaplab.resources.export_policies.state import DEFAULT, FIRST_ID, ExportPolicy


def install_default(cluster: Cluster, svm: str) -> ExportPolicy:
    """The new SVM (its uuid) has its default policy, without rules: nobody is let in."""
    return cluster.export_policies.put(new_policy(cluster, DEFAULT, svm))


def new_policy(cluster: Cluster, name: str, svm: str) -> ExportPolicy:
    """The record of a policy to be made; nothing is changed yet."""
    highest = max((policy.id for policy in cluster.export_policies), default=FIRST_ID - 1)
    return ExportPolicy(uuid=cluster.new_uuid("export_policy", f"{svm}/{name}"), id=highest + 1, name=name, svm=svm)


def export_policy_named(cluster: Cluster, name: str, svm: str) -> ExportPolicy | None:
    return next(iter(cluster.export_policies_by_name[f"{svm}/{name}"]), None)


def export_policy_of(cluster: Cluster, name: str | None, number: int | None, svm: str) -> ExportPolicy:
    """That SVM's policy of this name and id, as far as they are given. Raises: OntapError 918271."""
    found = cluster.export_policies.first(
        lambda policy: policy.svm == svm and name in (None, policy.name) and number in (None, policy.id)
    )
    if found is None or (name is None and number is None):
        raise not_found_for_volume(str(name or number))
    return found
