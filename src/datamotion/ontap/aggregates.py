"""Data aggregates and the room in them."""

from __future__ import annotations

from datamotion.model.records import Aggregate
from datamotion.ontap.transport import Transport

_FIELDS = ("name", "space.block_storage.available")


async def list_aggregates(transport: Transport) -> tuple[Aggregate, ...]:
    """An aggregate that does not tell its space, as when it is offline, has none available."""
    return tuple(
        Aggregate(
            name=record.required("name", str),
            available_bytes=record.optional("space.block_storage.available", int) or 0,
        )
        for record in await transport.get_records("/storage/aggregates", _FIELDS)
    )
