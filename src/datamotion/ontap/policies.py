"""SnapMirror policies, and the claims that some of them are."""

from __future__ import annotations

from datamotion.model.acts import ConfirmClaim, TakeEpoch
from datamotion.model.records import Policy
from datamotion.model.view import Aspect
from datamotion.ontap.answer import Answer
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, get_listing
from datamotion.ontap.transport import AT_ONCE, Transport

PolicyChange = TakeEpoch | ConfirmClaim

PATH = "/snapmirror/policies"
_FIELDS = (
    "uuid",
    "name",
    "svm.name",
    "type",
    "transfer_schedule.name",
    "create_snapshot_on_source",
    "copy_all_source_snapshots",
    "retention.label",
    "comment",
)


async def list_policies(transport: Transport) -> Listing:
    """Those of the cluster, and those that an SVM owns."""
    return await get_listing(transport, Aspect.POLICIES, PATH, _FIELDS, _policy)


def _policy(record: Record) -> Policy:
    kind = record.required("type", str)
    # Only a vault's policy tells the field, which ONTAP takes as false alone; a synchronous one has no use for it.
    is_vault = kind == "async" and record.optional("create_snapshot_on_source", bool) is False
    return Policy(
        uuid=record.required("uuid", str),
        name=record.required("name", str),
        svm=record.optional("svm.name", str),
        type=kind,
        schedule=record.optional("transfer_schedule.name", str),
        takes_snapshots=not is_vault,
        comment=record.optional("comment", str) or "",
        copies_all=record.optional("copy_all_source_snapshots", bool) or False,
        labels=frozenset(filter(None, (each.optional("label", str) for each in record.objects("retention")))),
    )


async def change_policy(transport: Transport, change: PolicyChange) -> Answer:
    """Of two that take one epoch in one SVM, the second is refused for the name that is taken (6621060).

    That a cluster refuses does not tell whose claim is there, which may be this one, sent before: the next look does.
    """
    comment = {"comment": change.claim.comment}
    if isinstance(change, ConfirmClaim):
        return await transport.patch(f"{PATH}/{change.uuid}", comment, AT_ONCE)
    body = {"name": change.claim.policy, "svm": {"name": change.svm}, "type": "async", **comment}
    return await transport.post(PATH, {**body, "copy_all_source_snapshots": True}, AT_ONCE)
