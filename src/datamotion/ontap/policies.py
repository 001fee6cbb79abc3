"""SnapMirror policies: what a look at them tells. Making and changing them is in `policy_changes`."""

from __future__ import annotations

from collections.abc import Mapping

from datamotion.model.definition import Rule
from datamotion.model.mirror_records import Policy
from datamotion.model.view import Aspect
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, get_listing
from datamotion.ontap.transport import Transport

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
