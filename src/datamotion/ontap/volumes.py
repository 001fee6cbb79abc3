"""Volumes: what a look at them tells, and the changes that protecting and serving them need."""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

from datamotion.model.acts import CreateVolume, ModifyVolume
from datamotion.model.records import Volume
from datamotion.model.words import VolumeState, VolumeType
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.record import Record
from datamotion.ontap.replies import known
from datamotion.ontap.transport import AT_ONCE, Transport

VolumeChange = CreateVolume | ModifyVolume

_PATH = "/storage/volumes"
_FIELDS = (
    "uuid",
    "name",
    "svm.name",
    "type",
    "state",
    "style",
    "size",
    "space.used",
    "aggregates.name",
    "nas.path",
    "comment",
    "language",
    "guarantee.type",
)


async def list_volumes(transport: Transport, svms: Collection[str]) -> tuple[Volume, ...]:
    """All volumes of these SVMs but their roots."""
    query = {"svm.name": "|".join(sorted(svms)), "is_svm_root": "false"}
    return tuple(_volume(record) for record in await transport.get_records(_PATH, _FIELDS, query))


def _volume(record: Record) -> Volume:
    state = record.required("state", VolumeState)
    return Volume(
        uuid=record.required("uuid", str),
        name=record.required("name", str),
        svm=record.required("svm.name", str),
        type=record.required("type", VolumeType),
        state=state,
        style=record.required("style", str),
        size_bytes=_bytes(record, "size", state),
        used_bytes=_bytes(record, "space.used", state),
        aggregates=tuple(each.required("name", str) for each in record.objects("aggregates")),
        path=record.optional("nas.path", str) or None,
        comment=record.optional("comment", str) or "",
        language=record.optional("language", str),
        guarantee=record.optional("guarantee.type", str),
    )


def _bytes(record: Record, field: str, state: VolumeState) -> int:
    """An online volume tells its sizes; of one that is not, 0 stands for what it does not tell."""
    if state is VolumeState.ONLINE:
        return record.required(field, int)
    return record.optional(field, int) or 0


async def change_volume(transport: Transport, change: VolumeChange) -> Answer:
    match change:
        case CreateVolume():
            return await transport.post(_PATH, _new_mirror(change), AT_ONCE)
        case ModifyVolume():
            return await transport.patch(f"{_PATH}/{known(change.uuid)}", _modified(change), AT_ONCE)
        case _:
            assert_never(change)


def _new_mirror(change: CreateVolume) -> Body:
    """No path, snapshot policy or security style: ONTAP refuses those for a volume of type dp."""
    body: dict[str, object] = {
        "name": change.volume,
        "svm": {"name": change.svm},
        "aggregates": [{"name": name} for name in change.aggregates],
        "type": "dp",
        "style": change.style,
        "size": change.size_bytes,
        "comment": change.comment,
    }
    if change.language is not None:
        body["language"] = change.language
    if change.guarantee is not None:
        body["guarantee"] = {"type": change.guarantee}
    return body


def _modified(change: ModifyVolume) -> Body:
    body: dict[str, object] = {}
    if change.path is not None:
        body["nas"] = {"path": change.path}
    if change.comment is not None:
        body["comment"] = change.comment
    if change.size_bytes is not None:
        body["size"] = change.size_bytes
    return body
