"""Which LUNs igroups see, under which numbers. What cannot be read is not told as a whole, and stops nothing."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.serving_acts import MapLun
from datamotion.model.serving_records import Igroup, LunMap
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.replies import known
from datamotion.ontap.rows import Row, at, rows_if_told
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import Name, Uuid, Whole

_MAPS = "/protocols/san/lun-maps"
_IGROUPS = "/protocols/san/igroups"


class _Map(Row):
    lun_uuid: Uuid = at("lun.uuid")
    igroup: Name = at("igroup.name")
    svm: Name = at("svm.name")
    number: Whole = at("logical_unit_number")


class _Initiator(Row):
    name: Name = at("name")


class _Igroup(Row):
    name: Name = at("name")
    svm: Name = at("svm.name")
    initiators: list[_Initiator] = at("initiators", default=[])
    protocol: Name = at("protocol", default="mixed")
    os_type: Name = at("os_type", default="linux")


async def list_lun_maps(transport: Transport, svms: Collection[str]) -> tuple[LunMap, ...] | None:
    """Those of these SVMs. None where they are not told."""
    rows = await rows_if_told(transport, _MAPS, _Map, {"svm.name": "|".join(sorted(svms))})
    if rows is None:
        return None
    return tuple(LunMap(lun_uuid=row.lun_uuid, svm=row.svm, igroup=row.igroup, number=row.number) for row in rows)


async def list_igroups(transport: Transport, svms: Collection[str]) -> tuple[Igroup, ...] | None:
    """Those of these SVMs. None where they are not told."""
    rows = await rows_if_told(transport, _IGROUPS, _Igroup, {"svm.name": "|".join(sorted(svms))})
    if rows is None:
        return None
    return tuple(
        Igroup(
            name=row.name,
            svm=row.svm,
            initiators=frozenset(each.name.casefold() for each in row.initiators),
            protocol=row.protocol,
            os_type=row.os_type,
        )
        for row in rows
    )


async def map_lun(transport: Transport, change: MapLun) -> Answer:
    body: Body = {
        "svm": {"name": change.svm},
        "lun": {"uuid": known(change.lun_uuid)},
        "igroup": {"name": change.igroup},
    }
    number: Body = {} if change.number is None else {"logical_unit_number": change.number}
    return await transport.post(_MAPS, {**body, **number})
