"""Asking whether a cluster would take a change, with `validate_only`: nothing is changed by it."""

from __future__ import annotations

from datamotion.errors import InternalError
from datamotion.model.acts import Act
from datamotion.model.mirror_acts import CreateRelationship, Initialize, ModifyRelationship, Resume
from datamotion.model.words import MirrorState
from datamotion.ontap.answer import Answer
from datamotion.ontap.mirroring import attributes, creation
from datamotion.ontap.replies import known
from datamotion.ontap.snapmirror import PATH
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.policy.validation import Question

_ONLY = {"validate_only": "true", **AT_ONCE}


async def validate(transport: Transport, question: Question) -> Answer:
    """The cluster's yes. Raises: ClusterRefused with its objection, ClusterSilent."""
    change = question.act.change
    match change:
        case CreateRelationship():
            created = {"create_destination": {"enabled": True}} if question.creates else {}
            return await transport.post(PATH, {**creation(change), **created}, _ONLY)
        case ModifyRelationship():
            return await transport.patch(f"{PATH}/{change.uuid}", attributes(change), _ONLY)
        case Initialize() | Resume():
            body = {"state": MirrorState.SNAPMIRRORED}
            return await transport.patch(f"{PATH}/{known(change.uuid)}", body, _ONLY)
        case _:
            raise InternalError(f"{_kind(question.act)} cannot be asked about")


def _kind(act: Act) -> str:
    return type(act.change).__name__
