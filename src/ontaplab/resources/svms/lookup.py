"""SVMs by name, by uuid, or by the tunnel that a request came through."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.svms.errors import does_not_match, not_found, not_given
from ontaplab.resources.svms.state import Svm
from ontaplab.wire.body import Reference
from ontaplab.wire.resource import Tunnel


def svm_named(cluster: Cluster, name: str) -> Svm:
    """Raises: OntapError 2621462."""
    found = cluster.svms.first(lambda svm: svm.name == name)
    if found is None:
        raise not_found(name)
    return found


def svm_of(cluster: Cluster, reference: Reference | None, tunnel: Tunnel | None = None) -> Svm:
    """The SVM that a body names, else the one the request is tunnelled to, for which there are no others.

    Raises: OntapError 2621462, 2621706 or 2621707.
    """
    meant = reference or tunnel
    if meant is None or (meant.name is None and meant.uuid is None):
        raise not_given()
    found = svm_named(cluster, meant.name or "") if meant.uuid is None else cluster.svms.get(meant.uuid)
    if found is None:
        raise not_found(meant.uuid or "")
    if meant.name not in (None, found.name):
        raise does_not_match(meant.name or "", found.uuid)
    if tunnel is not None and (tunnel.name not in (None, found.name) or tunnel.uuid not in (None, found.uuid)):
        raise not_found(found.name)
    return found


def svm_name(cluster: Cluster, uuid: str | None) -> str | None:
    """The present name of that SVM; None if there is none."""
    found = cluster.svms.get(uuid)
    return None if found is None else found.name
