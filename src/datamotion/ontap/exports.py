"""Who may come over NFS: export policies, and the qtrees that can have one beside their volume's."""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

from datamotion.model.serving_acts import CreateExportPolicy, ModifyQtree
from datamotion.model.serving_records import ExportPolicy, Qtree
from datamotion.model.view import Aspect, Unreadable
from datamotion.ontap.answer import Answer
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows, get_listing
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Name, Uuid, Whole

ExportChange = CreateExportPolicy | ModifyQtree

_POLICIES = "/protocols/nfs/export-policies"
_QTREES = "/storage/qtrees"
_POLICY = ("name", "svm.name", "rules.index")


class _Qtree(Row):
    volume_uuid: Uuid = at("volume.uuid")
    id: Whole = at("id")
    name: Name | None = at("name", default=None)
    export: Name | None = at("export_policy.name", default=None)


async def list_export_policies(transport: Transport, svms: Collection[str]) -> Listing:
    """Those of these SVMs."""
    query = {"svm.name": "|".join(sorted(svms))}
    return await get_listing(transport, Aspect.EXPORT_POLICIES, _POLICIES, _POLICY, _export_policy, query)


def _export_policy(record: Record) -> ExportPolicy:
    return ExportPolicy(
        name=record.required("name", str), svm=record.required("svm.name", str), rules=len(record.objects("rules"))
    )


async def list_qtrees(transport: Transport, svms: Collection[str]) -> Listing:
    """Those in the volumes of these SVMs that tell an export policy.

    Qtree 0 of a volume is the volume itself: what binds it is compared with, and it is no qtree here.
    """
    query = {"svm.name": "|".join(sorted(svms))}
    rows, illegible = await get_legible_rows(transport, _QTREES, _Qtree, query)
    of_volumes = {row.volume_uuid: row.export for row in rows if row.id == 0}
    found = tuple(
        Qtree(
            volume_uuid=row.volume_uuid,
            id=row.id,
            name=row.name or "",
            export=row.export,
            is_own=row.export != of_volumes.get(row.volume_uuid),
        )
        for row in rows
        if row.id > 0 and row.export
    )
    unreadable = [
        Unreadable(aspect=Aspect.QTREES, reason=error.message, svm=None, uuid=record.legible("volume.uuid"))
        for record, error in illegible
    ]
    return Listing(found, tuple(unreadable))


async def change_exports(transport: Transport, change: ExportChange) -> Answer:
    match change:
        case CreateExportPolicy():
            return await transport.post(_POLICIES, {"name": change.name, "svm": {"name": change.svm}})
        case ModifyQtree():
            body = {"export_policy": {"name": change.export}}
            return await transport.patch(f"{_QTREES}/{change.volume_uuid}/{change.id}", body, AT_ONCE)
        case _:
            assert_never(change)
