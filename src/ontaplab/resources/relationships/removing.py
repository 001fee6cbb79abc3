"""DELETE: the relationship at its destination, the entry in the source's list, or both."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.resources.relationships.decisions import Refusal, Word
from ontaplab.resources.relationships.dependence import settle_owners, snapshot_prefix
from ontaplab.resources.relationships.errors import (
    flags_exclude_each_other,
    info_release_failed,
    release_failed,
    restore_is_deleted_whole,
)
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.relationships.state import Listed, ListedDestination, Relationship
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, snapshots_of
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.sources import source_at
from ontaplab.wire.resource import Done, Reply, Request, Started

_EXCLUSIVE = ("destination_only", "source_only", "source_info_only")
AT_SOURCE = ("list_destinations_only", "source_only", "source_info_only")
"""Query parameters with which the source's list of destinations is meant; the last one the relationship too."""
FLAGS = frozenset((*_EXCLUSIVE, *AT_SOURCE, "validate_only"))


def remove(cluster: Cluster, engine: Engine, request: Request, row: Listed) -> Reply[Listed]:
    if sum(request.flag(name) for name in _EXCLUSIVE) > 1:
        raise flags_exclude_each_other()
    if isinstance(row, Relationship):
        _check_may_go(engine, row)
        if row.kind == "restore" and any(request.flag(name) for name in _EXCLUSIVE):
            raise restore_is_deleted_whole()
    if request.flag("validate_only"):
        return Done(status=200)

    async def work() -> None:
        if isinstance(row, ListedDestination):
            await engine.local.release(row.uuid, keep_snapshots=request.flag("source_info_only"))
        elif request.flag("source_info_only"):
            await _release_info(cluster, engine, row)
        else:
            await _remove(cluster, engine, row, at_source_too=not request.flag("destination_only"))

    here = row.destination if isinstance(row, Relationship) else row.source
    return Started(cluster.start_job(f"DELETE /api/snapmirror/relationships/{row.uuid}", work, svm=here.svm_uuid))


async def _release_info(cluster: Cluster, engine: Engine, relationship: Relationship) -> None:
    """The source does not list the destination any more; its snapshots stay, and so does the relationship here.

    Assumption: that is what `source_info_only` does where the destination is.
    """
    try:
        source = source_at(cluster, engine.local, relationship.source.cluster_peer)
        await source.release(relationship.uuid, keep_snapshots=True)
    except OntapError as error:
        raise info_release_failed(error.message) from error


def _check_may_go(engine: Engine, relationship: Relationship) -> None:
    outcome = decide(engine.situation(relationship), Word.DELETE)
    if isinstance(outcome, Refusal):
        raise outcome.error()


async def _remove(cluster: Cluster, engine: Engine, relationship: Relationship, *, at_source_too: bool) -> None:
    """The relationship is gone, from the source's list too if wanted. Its destination stays as it is, dp or rw.

    A transfer that was started meanwhile ends first.
    Raises: OntapError 13303815 if the source could not be released: nothing has changed then.
    """
    if at_source_too:
        try:
            source = source_at(cluster, engine.local, relationship.source.cluster_peer)
            await source.release(relationship.uuid, keep_snapshots=relationship.kind == "restore")
        except OntapError as error:
            raise release_failed(error.message) from error
    await engine.wait_idle(relationship.uuid)
    async with engine.lock(relationship.uuid):
        current = cluster.relationships.get(relationship.uuid)
        if current is None:
            return
        with cluster.together():
            engine.forget(current)
            cluster.relationships.remove(current.uuid)
            settle_owners(cluster, current.destination.volume_uuid)
    await engine.discard_received(current)
    if at_source_too and current.kind != "restore":
        await _drop_common_snapshots(cluster, current)


async def _drop_common_snapshots(cluster: Cluster, relationship: Relationship) -> None:
    """Those that were made for it are gone, but for one that a mirror goes on exporting."""
    volume = cluster.volumes.get(relationship.destination.volume_uuid)
    if volume is None:
        return
    async with cluster.volume_lock(volume.uuid):
        for snapshot in snapshots_of(cluster, volume.uuid):
            made = snapshot.name.startswith(snapshot_prefix(relationship))
            if made and snapshot.name != volume.exported_snapshot and not snapshot.owners:
                await drop_snapshot(cluster, snapshot)
