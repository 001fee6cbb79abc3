"""Changing what relationships follow: equal changes of many with one request where the cluster takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Declined, Reply
from datamotion.model.mirror_acts import ModifyRelationship
from datamotion.ontap.answer import Answer
from datamotion.ontap.bulk import Bulk, Way, gone
from datamotion.ontap.mirroring import attributes
from datamotion.ontap.replies import reply_of
from datamotion.ontap.snapmirror import PATH
from datamotion.ontap.transport import AT_ONCE, Transport

_SEEN = ("uuid", "policy.name", "transfer_schedule.name", "throttle")


async def modify_relationships(transport: Transport, bulk: Bulk, changes: Sequence[ModifyRelationship]) -> list[Reply]:
    """Replies in the order of the changes. Those of one batch share its jobs."""
    alike: dict[ModifyRelationship, list[ModifyRelationship]] = {}
    for change in changes:
        alike.setdefault(replace(change, uuid=""), []).append(change)

    async def ask(several: Sequence[ModifyRelationship]) -> Mapping[str, Reply]:
        many, uuids = _Relationships(transport, several[0]), [change.uuid for change in several]
        return await (bulk.ask(many, uuids) if len(uuids) > 1 else many.singly(uuids))

    replies = {uuid: reply for each in await side_by_side(ask, alike.values()) for uuid, reply in each.items()}
    return [replies[change.uuid] for change in changes]


class _Relationships:
    """Fulfils `Many`, for relationships that are all to have what one change says."""

    way = Way.RELATIONSHIPS_MODIFIED
    method = "PATCH"
    path = PATH
    what = "relationship"
    repeatable = True

    def __init__(self, transport: Transport, change: ModifyRelationship) -> None:
        self._transport = transport
        self._change = change

    async def together(self, uuids: Sequence[str]) -> Answer:
        query = {"uuid": "|".join(uuids), "continue_on_failure": "true", **AT_ONCE}
        return await self._transport.patch(PATH, attributes(self._change), query)

    async def singly(self, uuids: Sequence[str]) -> Mapping[str, Reply]:
        async def ask(uuid: str) -> Reply:
            return await reply_of(self._transport.patch(f"{PATH}/{uuid}", attributes(self._change), AT_ONCE))

        return dict(zip(uuids, await side_by_side(ask, uuids), strict=True))

    async def look(self, uuids: Sequence[str]) -> Mapping[str, Declined | bool]:
        records = await self._transport.get_records(PATH, _SEEN, {"uuid": "|".join(uuids)})
        seen = {
            record.required("uuid", str): self._change.policy in (None, record.optional("policy.name", str))
            and self._change.schedule in (None, record.optional("transfer_schedule.name", str) or "")
            and self._change.throttle in (None, record.optional("throttle", int) or 0)
            for record in records
        }
        return {uuid: seen[uuid] if uuid in seen else gone(self._transport.name, self, uuid) for uuid in uuids}
