"""Making relationships, and starting and aborting their transfers."""

from __future__ import annotations

from typing import assert_never

from datamotion.errors import ClusterRefused
from datamotion.model.mirror_acts import AbortTransfer, CreateRelationship, ModifyRelationship, StartTransfer
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.errors import NOT_FOUND, TRANSFER_NOT_ACTIVE
from datamotion.ontap.replies import known
from datamotion.ontap.snapmirror import PATH
from datamotion.ontap.transport import AT_ONCE, Transport

RelationshipChange = CreateRelationship | StartTransfer | AbortTransfer


async def change_relationship(transport: Transport, change: RelationshipChange) -> Answer:
    match change:
        case CreateRelationship():
            return await transport.post(PATH, creation(change), AT_ONCE)
        case StartTransfer():
            body = {"source_snapshot": change.snapshot} if change.snapshot else {}
            return await transport.post(f"{PATH}/{change.uuid}/transfers", body)
        case AbortTransfer():
            return await _abort(transport, change)
        case _:
            assert_never(change)


def creation(change: CreateRelationship) -> Body:
    paths = {"source": {"path": str(change.source)}, "destination": {"path": str(change.destination)}}
    return {**paths, **attributes(change)}


def attributes(change: CreateRelationship | ModifyRelationship) -> Body:
    """What it says of a relationship's policy, schedule and throttle."""
    body: dict[str, object] = {}
    if change.policy is not None:
        body["policy"] = {"name": change.policy}
    if change.schedule is not None:
        # Only null takes the relationship's own schedule away.
        body["transfer_schedule"] = {"name": change.schedule} if change.schedule else None
    if change.throttle is not None:
        body["throttle"] = change.throttle
    return body


async def _abort(transport: Transport, change: AbortTransfer) -> Answer:
    """Stops the transfer and keeps its checkpoint. One that has ended meanwhile is as wanted."""
    path = f"{PATH}/{change.relationship_uuid}/transfers/{known(change.transfer_uuid)}"
    try:
        return await transport.patch(path, {"state": "aborted"})
    except ClusterRefused as error:
        if error.ontap_code in (NOT_FOUND, TRANSFER_NOT_ACTIVE):
            return Answer(request=error.request, body={}, jobs=())
        raise
