"""The NFS service of an SVM."""

from __future__ import annotations

from collections.abc import Iterator

from ontaplab.cluster import Cluster
from ontaplab.resources.nfs_services.state import NfsService


def service_of(cluster: Cluster, svm: str) -> NfsService:
    """That of the SVM of this uuid: what was said of it, else as it is from the start."""
    return cluster.nfs_services.get(svm) or NfsService(uuid=svm)


def services(cluster: Cluster) -> Iterator[NfsService]:
    """One for each SVM for which one was made, or that has spoken NFS since it was made."""
    for svm in cluster.svms:
        if svm.uuid in cluster.nfs_services or "nfs" in svm.protocols:
            yield service_of(cluster, svm.uuid)
