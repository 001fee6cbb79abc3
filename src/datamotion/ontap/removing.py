"""What goes for good, and what the sources of mirrors still list of them (`destinations`).

A relationship is two records: its own at the destination, and an entry in the source's list of destinations, which
keeps the snapshots that were made for it. Each end is asked for its own, so that neither has to reach the other.

Many go with one DELETE of their collection over a list of uuids. NetApp documents that request with its flags, and not
that a list of uuids selects what a source lists: a cluster that finds nothing by it is asked for each alone (`bulk`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Declined, Reply
from datamotion.model.mirror_acts import DeleteRelationship, ReleaseRelationship
from datamotion.model.serving_acts import DeleteClaim
from datamotion.model.volume_acts import DeleteVolume
from datamotion.ontap.answer import Answer, Query
from datamotion.ontap.bulk import Bulk, Way
from datamotion.ontap.errors import NOT_FOUND
from datamotion.ontap.policies import PATH as POLICIES
from datamotion.ontap.replies import reply_of
from datamotion.ontap.snapmirror import PATH as RELATIONSHIPS
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.volumes import PATH as VOLUMES

Removal = DeleteRelationship | ReleaseRelationship | DeleteVolume | DeleteClaim


async def remove(transport: Transport, bulk: Bulk, changes: Sequence[Removal]) -> list[Reply]:
    """Replies in the order of the changes, which are all of one kind. What is gone already is as wanted."""
    by_flags: dict[bool, list[str]] = {}
    for change in dict.fromkeys(changes):
        by_flags.setdefault(_keeps_snapshots(change), []).append(change.uuid)
    replies: dict[tuple[bool, str], Reply] = {}

    async def ask(keeps: bool) -> None:
        request, uuids = _REQUESTS[type(changes[0])], by_flags[keeps]
        many = _Removals(transport, request._replace(flags=_INFORMATION_ONLY) if keeps else request)
        found = await (bulk.ask(many, uuids) if len(uuids) > 1 else many.singly(uuids))
        replies.update({(keeps, uuid): reply for uuid, reply in found.items()})

    await side_by_side(ask, by_flags)
    return [replies[_keeps_snapshots(change), change.uuid] for change in changes]


def _keeps_snapshots(change: Removal) -> bool:
    return isinstance(change, ReleaseRelationship) and change.keeps_snapshots


class _Request(NamedTuple):
    way: Way
    path: str
    what: str
    flags: Query
    listed: Query = MappingProxyType({})
    """With what a GET shows those that are there."""


_REQUESTS: Mapping[type[Removal], _Request] = {
    DeleteRelationship: _Request(
        Way.RELATIONSHIPS_DELETED, RELATIONSHIPS, "relationship", {"destination_only": "true"}
    ),
    ReleaseRelationship: _Request(
        Way.DESTINATIONS_RELEASED,
        RELATIONSHIPS,
        "destination",
        {"source_only": "true"},
        {"list_destinations_only": "true"},
    ),
    DeleteVolume: _Request(Way.VOLUMES_DELETED, VOLUMES, "volume", {}),
    DeleteClaim: _Request(Way.POLICIES_DELETED, POLICIES, "policy", {}),
}

_INFORMATION_ONLY: Query = {"source_info_only": "true"}


class _Removals:
    """Fulfils `Many`."""

    method = "DELETE"
    repeatable = True

    def __init__(self, transport: Transport, request: _Request) -> None:
        self._transport = transport
        self._request = request
        self.way, self.path, self.what = request.way, request.path, request.what

    async def together(self, uuids: Sequence[str]) -> Answer:
        query = {"uuid": "|".join(uuids), "continue_on_failure": "true", **self._request.flags, **AT_ONCE}
        return await self._transport.delete(self.path, query)

    async def singly(self, uuids: Sequence[str]) -> Mapping[str, Reply]:
        async def ask(uuid: str) -> Reply:
            reply = await reply_of(self._transport.delete(f"{self.path}/{uuid}", {**self._request.flags, **AT_ONCE}))
            is_gone = isinstance(reply, Declined) and reply.error.ontap_code == NOT_FOUND
            return Accepted() if is_gone else reply

        return dict(zip(uuids, await side_by_side(ask, uuids), strict=True))

    async def look(self, uuids: Sequence[str]) -> Mapping[str, Declined | bool]:
        query = {"uuid": "|".join(uuids), **self._request.listed}
        there = {each.required("uuid", str) for each in await self._transport.get_records(self.path, ("uuid",), query)}
        return {uuid: uuid not in there for uuid in uuids}
