"""SnapMirror policies."""

from __future__ import annotations

from datamotion.model.records import Policy
from datamotion.ontap.transport import Transport

_FIELDS = ("name", "svm.name", "type", "transfer_schedule.name")


async def list_policies(transport: Transport) -> tuple[Policy, ...]:
    """Those of the cluster, and those that an SVM owns."""
    return tuple(
        Policy(
            name=record.required("name", str),
            svm=record.optional("svm.name", str),
            type=record.required("type", str),
            schedule=record.optional("transfer_schedule.name", str),
        )
        for record in await transport.get_records("/snapmirror/policies", _FIELDS)
    )
