"""Policies that volumes refer to by name: for snapshots, for QoS."""

from __future__ import annotations

from datamotion.errors import ClusterRefused
from datamotion.model.volume_records import NamedPolicy
from datamotion.ontap.errors import NOT_TO_BE_SEEN, MalformedRecord
from datamotion.ontap.rows import Row, at, get_legible_rows
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import Name

Policies = tuple[NamedPolicy, ...] | None


class _Policy(Row):
    name: Name = at("name")
    svm: Name | None = at("svm.name", default=None)
    scope: Name | None = at("scope", default=None)


async def list_snapshot_policies(transport: Transport) -> Policies:
    """Those of the cluster and of its SVMs. None where the account may not see them."""
    return await _list(transport, "/storage/snapshot-policies")


async def list_qos_policies(transport: Transport) -> Policies:
    """Those of the cluster and of its SVMs. None where the account may not see them."""
    return await _list(transport, "/storage/qos/policies")


async def _list(transport: Transport, path: str) -> Policies:
    """A failover needs none of these to let clients in: what cannot be read is not told, and stops nothing.

    A QoS policy of the cluster names the cluster's own SVM beside its scope.
    """
    try:
        rows, _ = await get_legible_rows(transport, path, _Policy, {})
    except MalformedRecord:
        return None
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    return tuple(NamedPolicy(name=row.name, svm=None if row.scope == "cluster" else row.svm) for row in rows)
