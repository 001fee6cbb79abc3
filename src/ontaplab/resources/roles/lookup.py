"""Roles by name, and those that are always there."""

from __future__ import annotations

from collections.abc import Mapping

from ontaplab.cluster import Cluster
from ontaplab.resources.roles.state import CLUSTER_ROLES, SVM_ROLES, Privilege, Role


def install_of_cluster(cluster: Cluster) -> None:
    _install(cluster, CLUSTER_ROLES, None)


def install_of_svm(cluster: Cluster, svm: str) -> None:
    """The new SVM (its uuid) has its roles."""
    _install(cluster, SVM_ROLES, svm)


def role_named(cluster: Cluster, name: str, svm: str | None) -> Role | None:
    """That SVM's role of this name; None: the cluster's."""
    return cluster.roles.first(lambda role: (role.svm, role.name) == (svm, name))


def _install(cluster: Cluster, roles: Mapping[str, tuple[Privilege, ...]], svm: str | None) -> None:
    for name, privileges in roles.items():
        uuid = cluster.new_uuid("role", f"{svm}/{name}")
        cluster.roles.put(Role(uuid=uuid, name=name, svm=svm, privileges=privileges, is_built_in=True))
