"""Making volumes, and changing what they have: many with one request where the cluster takes it.

Equal changes are one PATCH of the collection over a list of uuids; those that differ go as `records`, each with its
uuid. Either way a change says what the volume has afterwards, so asking twice comes to the same as asking once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Declined, Reply
from datamotion.errors import InternalError
from datamotion.model.volume_acts import CreateVolume, ModifyVolume, SetAside
from datamotion.ontap.answer import Answer, Body
from datamotion.ontap.bulk import Bulk, Way, gone
from datamotion.ontap.record import Record
from datamotion.ontap.replies import known, reply_of
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.volumes import PATH

_SEEN = (
    *("uuid", "nas.path", "nas.export_policy.name", "comment", "size", "snapshot_policy.name", "qos.policy.name"),
    *("autosize.mode", "efficiency.dedupe", "efficiency.compression"),
)


async def modify_volumes(transport: Transport, bulk: Bulk, changes: Sequence[ModifyVolume]) -> list[Reply]:
    """Replies in the order of the changes. Those of one batch share its jobs."""
    wanted: dict[str, ModifyVolume] = {}
    for change in changes:
        if wanted.setdefault(known(change.uuid), change) != change:
            raise InternalError(f"volume {change.uuid} was to be changed in two ways at once")
    alike: dict[str, list[str]] = {}
    for uuid, change in wanted.items():
        alike.setdefault(json.dumps(_body(change)), []).append(uuid)
    several = [uuids for uuids in alike.values() if len(uuids) > 1]
    differing = [uuid for uuids in alike.values() if len(uuids) == 1 for uuid in uuids]
    volumes = _Volumes(transport, wanted)
    replies: dict[str, Reply] = {}

    async def ask(part: tuple[_Volumes, Sequence[str]]) -> None:
        many, uuids = part
        replies.update(await many.singly(uuids) if len(uuids) == 1 else await bulk.ask(many, uuids))

    by_query = [(volumes, uuids) for uuids in several]
    await side_by_side(ask, [*by_query, (_ByRecords(transport, wanted), differing)])
    return [replies[known(change.uuid)] for change in changes]


class _Volumes:
    """Fulfils `Many`, for volumes that are all to have the same."""

    way = Way.VOLUMES_BY_QUERY
    method = "PATCH"
    path = PATH
    what = "volume"
    repeatable = True

    def __init__(self, transport: Transport, wanted: Mapping[str, ModifyVolume]) -> None:
        self._transport = transport
        self._wanted = wanted

    async def together(self, uuids: Sequence[str]) -> Answer:
        query = {"uuid": "|".join(uuids), "continue_on_failure": "true", **AT_ONCE}
        return await self._transport.patch(PATH, _body(self._wanted[uuids[0]]), query)

    async def singly(self, uuids: Sequence[str]) -> Mapping[str, Reply]:
        async def ask(uuid: str) -> Reply:
            return await reply_of(self._transport.patch(f"{PATH}/{uuid}", _body(self._wanted[uuid]), AT_ONCE))

        return dict(zip(uuids, await side_by_side(ask, uuids), strict=True))

    async def look(self, uuids: Sequence[str]) -> Mapping[str, Declined | bool]:
        records = await self._transport.get_records(PATH, _SEEN, {"uuid": "|".join(uuids)})
        seen = {record.required("uuid", str): record for record in records}
        return {
            uuid: _is_as_wanted(seen[uuid], self._wanted[uuid])
            if uuid in seen
            else gone(self._transport.name, self, uuid)
            for uuid in uuids
        }


class _ByRecords(_Volumes):
    """Volumes that are each to have something else."""

    way = Way.VOLUMES_BY_RECORDS

    async def together(self, uuids: Sequence[str]) -> Answer:
        records = [{"uuid": uuid, **_body(self._wanted[uuid])} for uuid in uuids]
        return await self._transport.patch(PATH, {"records": records}, {"continue_on_failure": "true", **AT_ONCE})


def _body(change: ModifyVolume) -> Body:
    body: dict[str, object] = {}
    nas: dict[str, object] = {}
    if change.path is not None:
        nas["path"] = change.path
    if change.export is not None:
        nas["export_policy"] = {"name": change.export}
    if nas:
        body["nas"] = nas
    if change.comment is not None:
        body["comment"] = change.comment
    if change.size_bytes is not None:
        body["size"] = change.size_bytes
    if change.snapshots is not None:
        body["snapshot_policy"] = {"name": change.snapshots}
    if change.qos is not None:
        body["qos"] = {"policy": {"name": change.qos}}
    if change.autosize is not None:
        body["autosize"] = {"mode": change.autosize}
    if change.efficiency:
        body["efficiency"] = dict(change.efficiency)
    return body


def _is_as_wanted(record: Record, change: ModifyVolume) -> bool:
    has = (
        (change.path, record.optional("nas.path", str) or ""),
        (change.export, record.optional("nas.export_policy.name", str)),
        (change.comment, record.optional("comment", str) or ""),
        (change.size_bytes, record.optional("size", int)),
        (change.snapshots, record.optional("snapshot_policy.name", str)),
        (change.qos, record.optional("qos.policy.name", str)),
        (change.autosize, record.optional("autosize.mode", str)),
        *((value, record.optional(f"efficiency.{name}", str)) for name, value in change.efficiency),
    )
    return all(wanted in (None, seen) for wanted, seen in has)


async def set_aside(transport: Transport, change: SetAside) -> Answer:
    body: dict[str, object] = {"name": change.name, "comment": change.comment}
    if change.is_mounted:
        body["nas"] = {"path": ""}
    return await transport.patch(f"{PATH}/{change.uuid}", body, AT_ONCE)


async def create_volume(transport: Transport, change: CreateVolume) -> Answer:
    return await transport.post(PATH, _new_mirror(change), AT_ONCE)


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
    if change.constituents_per_aggregate is not None:
        body["constituents_per_aggregate"] = change.constituents_per_aggregate
    if change.snapshot_reserve is not None:
        body["space"] = {"snapshot": {"reserve_percent": change.snapshot_reserve}}
    if change.is_encrypted:
        body["encryption"] = {"enabled": True}
    if change.efficiency:
        body["efficiency"] = dict(change.efficiency)
    return body
