"""Snapshots of ours: what a look at them tells, taking and deleting them."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.errors import ClusterRefused
from datamotion.model.acts import DeleteSnapshot, TakeSnapshot
from datamotion.model.common import PREFIX
from datamotion.model.records import Snapshot
from datamotion.ontap.answer import Answer
from datamotion.ontap.errors import NOT_FOUND, NOT_TO_BE_SEEN
from datamotion.ontap.rows import Row, at, get_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Name, Uuid
from datamotion.ontap.volumes import PATH

SnapshotChange = TakeSnapshot | DeleteSnapshot


class _Snapshot(Row):
    uuid: Uuid = at("uuid")
    name: Name = at("name")
    volume: Uuid = at("volume.uuid")
    label: Name | None = at("snapmirror_label", default=None)


async def list_snapshots(transport: Transport, svms: Collection[str]) -> tuple[Snapshot, ...] | None:
    """Those of ours in the volumes of these SVMs. None where the cluster does not list those of all volumes at once."""
    query = {"svm.name": "|".join(sorted(svms)), "name": f"{PREFIX}*"}
    try:
        rows = await get_rows(transport, f"{PATH}/*/snapshots", _Snapshot, query)
    except ClusterRefused as error:
        # Assumption: `*` is documented from 9.15.1 on only, and in what words an older release refuses it is not known.
        if error.status in (400, 404) or error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    return tuple(Snapshot(uuid=row.uuid, name=row.name, volume_uuid=row.volume, label=row.label) for row in rows)


async def change_snapshot(transport: Transport, change: SnapshotChange) -> Answer:
    """Not many at once: a record of the bulk form is documented, and what a cluster does without it is not known."""
    path = f"{PATH}/{change.volume_uuid}/snapshots"
    if isinstance(change, TakeSnapshot):
        return await transport.post(path, {"name": change.name, "snapmirror_label": change.label}, AT_ONCE)
    try:
        return await transport.delete(f"{path}/{change.uuid}", AT_ONCE)
    except ClusterRefused as error:
        if error.ontap_code == NOT_FOUND:  # gone already, as wanted
            return Answer(request=error.request, body={}, jobs=())
        raise
