"""LUNs: what a look at them tells, and letting hosts use them or not."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.errors import ClusterRefused
from datamotion.model.acts import MapLun, ModifyLun
from datamotion.model.records import Lun
from datamotion.model.view import Aspect, Unreadable
from datamotion.ontap.answer import Answer
from datamotion.ontap.errors import NOT_TO_BE_SEEN
from datamotion.ontap.lun_maps import map_lun
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Name, Uuid

_PATH = "/storage/luns"


class _Lun(Row):
    uuid: Uuid = at("uuid")
    volume_uuid: Uuid = at("location.volume.uuid")
    name: Name = at("name")
    is_enabled: bool = at("enabled")


async def list_luns(transport: Transport, svms: Collection[str]) -> Listing | None:
    """Those of these SVMs. None where the account may not see them, or the platform has none."""
    try:
        rows, illegible = await get_legible_rows(transport, _PATH, _Lun, {"svm.name": "|".join(sorted(svms))})
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


async def change_lun(transport: Transport, change: ModifyLun | MapLun) -> Answer:
    if isinstance(change, MapLun):
        return await map_lun(transport, change)
    return await transport.patch(f"{_PATH}/{change.uuid}", {"enabled": change.is_enabled}, AT_ONCE)
