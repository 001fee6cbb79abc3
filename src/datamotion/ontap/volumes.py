"""Volumes: what a look at them tells. Making and changing them is in `volume_changes`."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.view import Unreadable
from datamotion.model.volume_records import Volume
from datamotion.model.words import VolumeState, VolumeType
from datamotion.ontap.errors import MalformedRecord
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import JunctionPath, Name, Text, Uuid, Whole

PATH = "/storage/volumes"


class _Named(Row):
    name: Name = at("name")


class _Volume(Row):
    uuid: Uuid = at("uuid")
    name: Name = at("name")
    svm: Name = at("svm.name")
    type: VolumeType = at("type")
    state: VolumeState = at("state")
    style: Name = at("style")
    size_bytes: Whole | None = at("size", default=None)
    used_bytes: Whole | None = at("space.used", default=None)
    aggregates: tuple[_Named, ...] = at("aggregates", default=())
    path: JunctionPath | None = at("nas.path", default=None)
    export: Name | None = at("nas.export_policy.name", default=None)
    comment: Text | None = at("comment", default=None)
    language: Name | None = at("language", default=None)
    guarantee: Name | None = at("guarantee.type", default=None)
    snapshots: Name | None = at("snapshot_policy.name", default=None)
    qos: Name | None = at("qos.policy.name", default=None)
    is_clone: bool | None = at("clone.is_flexclone", default=None)
    is_encrypted: bool | None = at("encryption.enabled", default=None)
    constituents: tuple[_Named, ...] = at("constituents", default=())
    snapshot_reserve: Whole | None = at("space.snapshot.reserve_percent", default=None)
    dedupe: Name | None = at("efficiency.dedupe", default=None)
    compression: Name | None = at("efficiency.compression", default=None)
    autosize: Name | None = at("autosize.mode", default=None)


async def list_volumes(transport: Transport, svms: Collection[str]) -> Listing:
    """All volumes of these SVMs but their roots. Of one that is not online, 0 stands for what it does not tell."""
    query = {"svm.name": "|".join(sorted(svms)), "is_svm_root": "false"}
    rows, illegible = await get_legible_rows(transport, PATH, _Volume, query)
    volumes: list[Volume] = []
    unreadable = [_unreadable(record, error.message) for record, error in illegible]
    for row in rows:
        missing = "size" if row.size_bytes is None else "space.used" if row.used_bytes is None else None
        if missing is not None and row.state is VolumeState.ONLINE:
            error = MalformedRecord(transport.name, f"GET /api{PATH}", f"record {row.uuid} has no `{missing}`")
            unreadable.append(
                Unreadable(reason=error.message, svm=row.svm, volume=row.name, uuid=row.uuid, comment=row.comment)
            )
        else:
            volumes.append(_volume(row))
    return Listing(tuple(volumes), tuple(unreadable))


def _unreadable(record: Record, reason: str) -> Unreadable:
    return Unreadable(
        reason=reason,
        svm=record.legible("svm.name"),
        volume=record.legible("name"),
        uuid=record.legible("uuid"),
        comment=record.legible("comment"),
    )


def _volume(row: _Volume) -> Volume:
    return Volume(
        uuid=row.uuid,
        name=row.name,
        svm=row.svm,
        type=row.type,
        state=row.state,
        style=row.style,
        size_bytes=row.size_bytes or 0,
        used_bytes=row.used_bytes or 0,
        aggregates=tuple(each.name for each in row.aggregates),
        path=row.path or None,
        comment=row.comment or "",
        language=row.language,
        guarantee=row.guarantee,
        export=row.export or None,
        snapshots=row.snapshots or None,
        qos=row.qos or None,
        is_clone=bool(row.is_clone),
        is_encrypted=bool(row.is_encrypted),
        constituents=len(row.constituents) or None,
        snapshot_reserve=row.snapshot_reserve,
        dedupe=row.dedupe,
        compression=row.compression,
        autosize=row.autosize,
    )
