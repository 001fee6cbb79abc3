"""Moves of volumes to other aggregates of their SVM: what a look at them tells, beginning, cutting over, aborting."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import assert_never

from datamotion.errors import ClusterRefused
from datamotion.model.volume_acts import AbortMove, CutOver, MoveVolume
from datamotion.model.volume_records import Movement
from datamotion.model.words import MoveState
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.errors import ON_THAT_AGGREGATE
from datamotion.ontap.rows import Row, at, get_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Name, Uuid, Whole
from datamotion.ontap.volumes import PATH


class _Movement(Row):
    uuid: Uuid = at("uuid")
    aggregate: Name | None = at("movement.destination_aggregate.name", default=None)
    state: MoveState | None = at("movement.state", default=None)
    percent: Whole | None = at("movement.percent_complete", default=None)


async def list_movements(transport: Transport, svms: Collection[str]) -> Mapping[str, Movement]:
    """Those of all volumes of these SVMs that were ever moved, by their uuids, as far as the cluster remembers."""
    rows = await get_rows(transport, PATH, _Movement, {"svm.name": "|".join(sorted(svms)), "is_svm_root": "false"})
    return {
        row.uuid: Movement(uuid=row.uuid, aggregate=row.aggregate, state=row.state, percent=row.percent)
        for row in rows
        if row.state is not None and row.aggregate is not None
    }


async def change_movement(transport: Transport, change: MoveVolume | CutOver | AbortMove) -> Answer:
    """A volume that is where it is to go already is as wanted."""
    try:
        return await transport.patch(f"{PATH}/{change.uuid}", {"movement": _body(change)}, AT_ONCE)
    except ClusterRefused as error:
        if isinstance(change, MoveVolume) and error.ontap_code == ON_THAT_AGGREGATE:
            return Answer(request=error.request, body={}, jobs=())
        raise


def _body(change: MoveVolume | CutOver | AbortMove) -> Body:
    match change:
        case MoveVolume():
            return {
                "destination_aggregate": {"name": change.aggregate},
                **({"state": MoveState.CUTOVER_WAIT.value} if change.waits else {}),
            }
        case CutOver():
            return {"state": MoveState.CUTOVER.value}
        case AbortMove():
            return {"state": MoveState.ABORTED.value}
        case _:
            assert_never(change)
