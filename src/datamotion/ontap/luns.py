"""LUNs: what a look at them tells, letting hosts use them or not, moving, copying, removing them."""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

from datamotion.errors import ClusterRefused
from datamotion.model.item_acts import CloneLun, CopyLun, DeleteLun, MarkLun, MoveLun
from datamotion.model.serving_acts import ModifyLun
from datamotion.model.serving_records import Lun
from datamotion.model.view import Aspect, Unreadable
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.errors import NOT_FOUND, NOT_TO_BE_SEEN
from datamotion.ontap.replies import unless
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Name, Uuid

PATH = "/storage/luns"
_NO_SUCH_LUN = frozenset({NOT_FOUND, "5374875"})
LunChange = ModifyLun | MoveLun | CloneLun | CopyLun | MarkLun | DeleteLun


class _Lun(Row):
    uuid: Uuid = at("uuid")
    volume_uuid: Uuid = at("location.volume.uuid")
    name: Name = at("name")
    is_enabled: bool = at("enabled")


async def list_luns(transport: Transport, svms: Collection[str]) -> Listing | None:
    """Those of these SVMs. None where the account may not see them, or the platform has none."""
    try:
        rows, illegible = await get_legible_rows(transport, PATH, _Lun, {"svm.name": "|".join(sorted(svms))})
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    found = tuple(
        Lun(
            uuid=row.uuid,
            volume_uuid=row.volume_uuid,
            path="/".join(row.name.split("/")[3:]),  # without /vol/VOLUME
            is_enabled=row.is_enabled,
        )
        for row in rows
    )
    unreadable = [
        Unreadable(aspect=Aspect.LUNS, reason=error.message, svm=None, uuid=record.legible("location.volume.uuid"))
        for record, error in illegible
    ]
    return Listing(found, tuple(unreadable))


async def change_lun(transport: Transport, change: LunChange) -> Answer:
    """A LUN that is gone already is as wanted where it was to go."""
    match change:
        case ModifyLun():
            return await transport.patch(f"{PATH}/{change.uuid}", {"enabled": change.is_enabled}, AT_ONCE)
        case MoveLun():
            return await transport.patch(f"{PATH}/{change.uuid}", {"name": change.name}, AT_ONCE)
        case CloneLun():
            body: Body = {
                "name": change.name,
                "svm": {"name": change.svm},
                "comment": change.comment,
                "clone": {"source": {"uuid": change.source_uuid}},
            }
            return await transport.post(PATH, body, AT_ONCE)
        case CopyLun():
            body = {
                "name": change.name,
                "svm": {"name": change.svm},
                "comment": change.comment,
                "copy": {"source": {"uuid": change.source_uuid, "peer": {"name": change.peer}}},
            }
            return await transport.post(PATH, body, AT_ONCE)
        case MarkLun():
            body = {"comment": change.comment, "enabled": change.is_enabled}
            return await transport.patch(f"{PATH}/{change.uuid}", body, AT_ONCE)
        case DeleteLun():
            query = {"allow_delete_while_mapped": "true", **AT_ONCE}
            return await unless(transport.delete(f"{PATH}/{change.uuid}", query), _NO_SUCH_LUN)
        case _:
            assert_never(change)
