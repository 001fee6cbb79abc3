"""SnapMirror policies, and the claims that some of them are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from datamotion.model.definition import PolicyDefinition, Rule
from datamotion.model.mirror_acts import CreatePolicy, ModifyPolicy
from datamotion.model.mirror_records import Policy
from datamotion.model.serving_acts import ConfirmClaim, TakeEpoch
from datamotion.model.view import Aspect
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, get_listing
from datamotion.ontap.transport import AT_ONCE, Transport

PolicyChange = TakeEpoch | ConfirmClaim | CreatePolicy | ModifyPolicy

_MORE = ("creation_schedule.name", "period", "preserve", "warn")
"""What a rule may have beside what the configuration can tell. Its prefix counts with its creation schedule alone."""

_KIND_OF: Mapping[str, type] = {"preserve": bool, "warn": int}

PATH = "/snapmirror/policies"
_FIELDS = (
    "uuid",
    "name",
    "svm.name",
    "type",
    "transfer_schedule.name",
    "create_snapshot_on_source",
    "copy_all_source_snapshots",
    "copy_latest_source_snapshot",
    "retention.label",
    "retention.count",
    *(f"retention.{name}" for name in _MORE),
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
        copies_latest=record.optional("copy_latest_source_snapshot", bool) or False,
        rules=tuple(
            _rule(each, label) for each in record.objects("retention") if (label := each.optional("label", str))
        ),
    )


def _rule(record: Record, label: str) -> Rule:
    has = (record.optional(name, _KIND_OF.get(name, str)) for name in _MORE)
    return Rule(label=label, count=record.optional("count", int) or 0, is_more=any(has))


async def change_policy(transport: Transport, change: PolicyChange) -> Answer:
    """Of two that take one epoch in one SVM, the second is refused for the name that is taken (6621060).

    That a cluster refuses does not tell whose claim is there, which may be this one, sent before: the next look does.
    """
    match change:
        case ConfirmClaim():
            return await transport.patch(f"{PATH}/{change.uuid}", {"comment": change.claim.comment}, AT_ONCE)
        case ModifyPolicy():
            return await transport.patch(f"{PATH}/{change.uuid}", _changed(change.rules, change.schedule), AT_ONCE)
        case TakeEpoch():
            asked = {"copy_all_source_snapshots": True, "comment": change.claim.comment}
            return await transport.post(PATH, _of_svm(change.svm, change.claim.policy, asked), AT_ONCE)
        case CreatePolicy():
            body = _of_svm(change.svm, change.definition.name, _defined(change.definition))
            return await transport.post(PATH, body, AT_ONCE)
        case _:
            assert_never(change)


def _of_svm(svm: str, name: str, asked: Body) -> Body:
    return {"name": name, "svm": {"name": svm}, "type": "async", **asked}


def _defined(wanted: PolicyDefinition) -> Body:
    """ONTAP takes each of the flags with one value alone, and the schedule not as null."""
    body = _changed(wanted.rules or None, wanted.schedule or None)
    if not wanted.takes_snapshots:
        body["create_snapshot_on_source"] = False
    if wanted.copies_all:
        body["copy_all_source_snapshots"] = True
    if wanted.copies_latest:
        body["copy_latest_source_snapshot"] = True
    return body


def _changed(rules: Sequence[Rule] | None, schedule: str | None) -> dict[str, object]:
    body: dict[str, object] = {}
    if rules is not None:
        body["retention"] = [{"label": rule.label, "count": str(rule.count)} for rule in rules]  # text, in its schema
    if schedule is not None:
        body["transfer_schedule"] = {"name": schedule} if schedule else {"uuid": None, "name": None}
    return body
