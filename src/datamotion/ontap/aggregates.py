"""Data aggregates and the room in them."""

from __future__ import annotations

from datamotion.model.cluster_records import Aggregate
from datamotion.model.view import Aspect
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, get_listing
from datamotion.ontap.transport import Transport

_FIELDS = ("name", "space.block_storage.available")


async def list_aggregates(transport: Transport) -> Listing:
    """An aggregate that does not tell its space, as when it is offline, has none available."""
    return await get_listing(transport, Aspect.AGGREGATES, "/storage/aggregates", _FIELDS, _aggregate)


def _aggregate(record: Record) -> Aggregate:
    available = record.optional("space.block_storage.available", int)
    return Aggregate(name=record.required("name", str), available_bytes=available or 0)
