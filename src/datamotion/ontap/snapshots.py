"""Snapshots of volumes: what a look at them tells, and taking one."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.acts import TakeSnapshot
from datamotion.model.records import Snapshot
from datamotion.ontap.answer import Answer
from datamotion.ontap.rows import Row, at, get_legible_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Instant, Name, Uuid

_PATH = "/storage/volumes/{volume}/snapshots"
_ALL = "*"


class _Snapshot(Row):
    uuid: Uuid = at("uuid")
    volume_uuid: Uuid = at("volume.uuid")
    name: Name = at("name")
    version: Uuid | None = at("version_uuid", default=None)
    created_at: Instant = at("create_time")
    label: Name | None = at("snapmirror_label", default=None)


async def list_snapshots(transport: Transport, svms: Collection[str]) -> tuple[Snapshot, ...]:
    """Those of all volumes of these SVMs; one that cannot be read is as one that is not there: nothing rests on it."""
    query = {"svm.name": "|".join(sorted(svms))}
    rows, _ = await get_legible_rows(transport, _PATH.format(volume=_ALL), _Snapshot, query)
    return tuple(
        Snapshot(
            uuid=row.uuid,
            volume_uuid=row.volume_uuid,
            name=row.name,
            version=row.version,
            created_at=row.created_at,
            label=row.label or None,
        )
        for row in rows
    )


async def take_snapshot(transport: Transport, change: TakeSnapshot) -> Answer:
    label = {"snapmirror_label": change.label} if change.label else {}
    return await transport.post(_PATH.format(volume=change.volume_uuid), {"name": change.name, **label}, AT_ONCE)
