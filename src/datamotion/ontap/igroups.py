"""Groups of initiators, who see LUNs: making one, mapping a LUN to one."""

from __future__ import annotations

from typing import assert_never

from datamotion.model.item_acts import CreateIgroup
from datamotion.model.serving_acts import MapLun
from datamotion.ontap.answer import Answer
from datamotion.ontap.lun_maps import map_lun
from datamotion.ontap.replies import unless
from datamotion.ontap.transport import AT_ONCE, Transport

_PATH = "/protocols/san/igroups"
_IS_THERE = frozenset({"5374023"})


async def change_igroup(transport: Transport, change: MapLun | CreateIgroup) -> Answer:
    match change:
        case MapLun():
            return await map_lun(transport, change)
        case CreateIgroup():
            body = {
                "name": change.name,
                "svm": {"name": change.svm},
                "protocol": change.protocol,
                "os_type": change.os_type,
                "initiators": [{"name": each} for each in sorted(change.initiators)],
            }
            return await unless(transport.post(_PATH, body, AT_ONCE), _IS_THERE)  # whose hosts are in it is looked at
        case _:
            assert_never(change)
