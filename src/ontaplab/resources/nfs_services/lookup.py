"""The NFS service of an SVM."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.nfs_services.state import NfsService


def service_of(cluster: Cluster, svm: str) -> NfsService:
    """That of the SVM of this uuid: what was changed of it, else as it is from the start."""
    return cluster.nfs_services.get(svm) or NfsService(uuid=svm)
