"""Where LUNs are and are on their way to: what a look at them tells."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.errors import ClusterRefused
from datamotion.model.item_records import Passage, PlacedLun
from datamotion.model.view import Aspect, Unreadable
from datamotion.model.words import PassageState
from datamotion.ontap.errors import NOT_TO_BE_SEEN
from datamotion.ontap.luns import PATH
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import Name, Text, Uuid, Whole


class _Map(Row):
    igroup: Name | None = at("igroup.name", default=None)
    number: Whole | None = at("logical_unit_number", default=None)


class _Lun(Row):
    uuid: Uuid = at("uuid")
    svm: Name = at("svm.name")
    volume: Name = at("location.volume.name")
    name: Name = at("name")
    size_bytes: Whole = at("space.size")
    used_bytes: Whole | None = at("space.used", default=None)
    is_reserved: bool | None = at("space.guarantee.reserved", default=None)
    serial: Name | None = at("serial_number", default=None)
    is_enabled: bool = at("enabled")
    comment: Text | None = at("comment", default=None)
    maps: tuple[_Map, ...] = at("lun_maps", default=())
    moved_from: Name | None = at("movement.paths.source", default=None)
    moved_to: Name | None = at("movement.paths.destination", default=None)
    move_state: PassageState | None = at("movement.progress.state", default=None)
    move_percent: Whole | None = at("movement.progress.percent_complete", default=None)
    copied_from: Name | None = at("copy.source.name", default=None)
    copy_state: PassageState | None = at("copy.source.progress.state", default=None)
    copy_percent: Whole | None = at("copy.source.progress.percent_complete", default=None)


async def list_lun_places(transport: Transport, svms: Collection[str]) -> Listing | None:
    """The LUNs of these SVMs. None where the account may not see them, or the platform has none."""
    try:
        rows, illegible = await get_legible_rows(transport, PATH, _Lun, {"svm.name": "|".join(sorted(svms))})
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    unreadable = tuple(
        Unreadable(
            aspect=Aspect.LUN_PLACES,
            reason=error.message,
            svm=record.legible("svm.name"),
            name=record.legible("name"),
            uuid=record.legible("uuid"),
        )
        for record, error in illegible
    )
    return Listing(tuple(map(_placed, rows)), unreadable)


def _placed(row: _Lun) -> PlacedLun:
    return PlacedLun(
        uuid=row.uuid,
        svm=row.svm,
        volume=row.volume,
        path="/".join(row.name.split("/")[3:]),  # without /vol/VOLUME
        size_bytes=row.size_bytes,
        used_bytes=row.used_bytes or 0,
        is_reserved=bool(row.is_reserved),
        serial=row.serial,
        is_enabled=row.is_enabled,
        comment=row.comment or "",
        igroups=tuple((each.igroup, each.number) for each in row.maps if each.igroup is not None),
        move=_passage(row.moved_from, row.moved_to, row.move_state, row.move_percent),
        copy=_passage(row.copied_from, None, row.copy_state, row.copy_percent),
    )


def _passage(
    source: str | None, destination: str | None, state: PassageState | None, percent: int | None
) -> Passage | None:
    if state is None:
        return None
    return Passage(source=source, destination=destination, state=state, percent=percent)
