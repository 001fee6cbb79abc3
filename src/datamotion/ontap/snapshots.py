"""Snapshots of volumes: what a look at them tells, taking and deleting them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from datamotion.engine.concurrently import side_by_side
from datamotion.errors import ClusterRefused
from datamotion.model.common import PREFIX
from datamotion.model.volume_acts import DeleteSnapshot, TakeCommonSnapshot, TakeSnapshot
from datamotion.model.volume_records import Snapshot
from datamotion.ontap.answer import Answer, Query
from datamotion.ontap.errors import NOT_FOUND, NOT_TO_BE_SEEN
from datamotion.ontap.replies import batches
from datamotion.ontap.rows import Row, at, get_legible_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Instant, Name, Uuid

_PATH = "/storage/volumes/{volume}/snapshots"
_ALL = "*"
_BATCH = 100  # uuids of 36 characters: a query line of under 4 KiB


class _Snapshot(Row):
    uuid: Uuid = at("uuid")
    volume_uuid: Uuid = at("volume.uuid")
    name: Name = at("name")
    version: Uuid | None = at("version_uuid", default=None)
    created_at: Instant = at("create_time")
    label: Name | None = at("snapmirror_label", default=None)


async def list_snapshots(transport: Transport, svms: Collection[str]) -> tuple[Snapshot, ...]:
    """Those of all volumes of these SVMs; one that cannot be read is as one that is not there: nothing rests on it."""
    return await _list(transport, {"svm.name": "|".join(sorted(svms))})


async def list_common_snapshots(transport: Transport, svms: Collection[str]) -> tuple[Snapshot, ...] | None:
    """Of those what is kept common to all copies. None where the cluster does not list all volumes' at once."""
    try:
        return await _list(transport, {"svm.name": "|".join(sorted(svms)), "name": f"{PREFIX}*"})
    except ClusterRefused as error:
        # Assumption: `*` is documented from 9.15.1 on only, and in what words an older release refuses it is not known.
        if error.status in (400, 404) or error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise


async def _list(transport: Transport, query: Query) -> tuple[Snapshot, ...]:
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


class _Delta(Row):
    uuid: Uuid = at("uuid")
    volume_uuid: Uuid = at("volume.uuid")
    consumed: int | None = at("delta.size_consumed", default=None)


async def measure(transport: Transport, snapshots: Sequence[Snapshot]) -> Mapping[str, int]:
    """By the uuids of these snapshots, by how many bytes their volumes differ from them now; one that is not told is
    not in it. Raises: ClusterSilent.

    Assumption: one request about several volumes compares each snapshot with its own volume. Documented is a request
    for each: what the first leaves out is asked so, and no more once that is refused.
    """
    found: dict[str, int] = {}
    for batch in batches(snapshots, _BATCH):
        found |= await _deltas(transport, _ALL, {"uuid": "|".join(each.uuid for each in batch)}, batch) or {}
    left = [each for each in snapshots if each.uuid not in found]

    async def ask(snapshot: Snapshot) -> Mapping[str, int] | None:
        return await _deltas(transport, snapshot.volume_uuid, {"name": snapshot.name}, [snapshot])

    if left and (first := await ask(left[0])) is not None:
        for each in (first, *await side_by_side(ask, left[1:])):
            found |= each or {}
    return found


async def _deltas(
    transport: Transport, volume: str, query: Query, wanted: Sequence[Snapshot]
) -> Mapping[str, int] | None:
    """None where the cluster does not tell, as releases that do not know the field."""
    try:
        rows, _ = await get_legible_rows(transport, _PATH.format(volume=volume), _Delta, query)
    except ClusterRefused:
        return None
    places = {(each.volume_uuid, each.uuid) for each in wanted}
    there = (row for row in rows if (row.volume_uuid, row.uuid) in places)
    return {row.uuid: row.consumed for row in there if row.consumed is not None and row.consumed >= 0}


async def change_snapshot(transport: Transport, change: TakeSnapshot | TakeCommonSnapshot | DeleteSnapshot) -> Answer:
    """One that is to go and is gone already is as wanted."""
    path = _PATH.format(volume=change.volume_uuid)
    if not isinstance(change, DeleteSnapshot):
        label = {"snapmirror_label": change.label} if change.label else {}
        return await transport.post(path, {"name": change.name, **label}, AT_ONCE)
    try:
        return await transport.delete(f"{path}/{change.uuid}", AT_ONCE)
    except ClusterRefused as error:
        if error.ontap_code == NOT_FOUND:
            return Answer(request=error.request, body={}, jobs=())
        raise
