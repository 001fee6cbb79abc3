"""Groups of initiators: who sees LUNs. What a look at them tells, making one, mapping a LUN to one."""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

from datamotion.errors import ClusterRefused
from datamotion.model.item_acts import CreateIgroup, MapLun
from datamotion.model.records import Igroup
from datamotion.model.view import Aspect, Unreadable
from datamotion.ontap.answer import Answer
from datamotion.ontap.errors import NOT_TO_BE_SEEN
from datamotion.ontap.replies import known
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Name

_PATH = "/protocols/san/igroups"


class _Initiator(Row):
    name: Name = at("name")


class _Igroup(Row):
    name: Name = at("name")
    svm: Name = at("svm.name")
    protocol: Name = at("protocol")
    os_type: Name = at("os_type")
    initiators: tuple[_Initiator, ...] = at("initiators", default=())


async def list_igroups(transport: Transport, svms: Collection[str]) -> Listing | None:
    """Those of these SVMs. None where the account may not see them, or the platform has none."""
    try:
        rows, illegible = await get_legible_rows(transport, _PATH, _Igroup, {"svm.name": "|".join(sorted(svms))})
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    found = tuple(
        Igroup(
            name=row.name,
            svm=row.svm,
            protocol=row.protocol,
            os_type=row.os_type,
            initiators=frozenset(each.name for each in row.initiators),
        )
        for row in rows
    )
    unreadable = tuple(
        Unreadable(
            aspect=Aspect.IGROUPS,
            reason=error.message,
            svm=record.legible("svm.name"),
            name=record.legible("name"),
        )
        for record, error in illegible
    )
    return Listing(found, unreadable)


async def change_igroup(transport: Transport, change: CreateIgroup | MapLun) -> Answer:
    match change:
        case CreateIgroup():
            body = {
                "name": change.name,
                "svm": {"name": change.svm},
                "protocol": change.protocol,
                "os_type": change.os_type,
                "initiators": [{"name": each} for each in sorted(change.initiators)],
            }
            return await transport.post(_PATH, body, AT_ONCE)
        case MapLun():
            number = {} if change.number is None else {"logical_unit_number": change.number}
            its_map = {
                "svm": {"name": change.svm},
                "lun": {"uuid": known(change.uuid)},
                "igroup": {"name": change.igroup},
            }
            return await transport.post("/protocols/san/lun-maps", {**its_map, **number}, AT_ONCE)
        case _:
            assert_never(change)
