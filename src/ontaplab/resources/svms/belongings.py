"""What goes with an SVM when it goes."""

from __future__ import annotations

from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.store import Table


def remove_belongings(cluster: Cluster, svm: str) -> None:
    """The SVM (its uuid) has neither accounts nor interfaces nor policies nor permissions of its own any more."""
    tables: tuple[Table[Any], ...] = (
        cluster.accounts,
        cluster.roles,
        cluster.ip_interfaces,
        cluster.svm_peer_permissions,
        cluster.snapshot_policies,
        cluster.export_policies,
        cluster.policies,
        cluster.qos_policies,
        cluster.nfs_services,
        cluster.cifs_services,
        cluster.cifs_shares,
        cluster.cifs_sessions,
        cluster.igroups,
    )
    for table in tables:
        for each in table.where(lambda each: each.svm == svm):
            table.remove(each.uuid)
