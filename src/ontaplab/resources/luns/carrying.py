"""LUNs that go to another volume: copied there or moved there, within their cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.doors.writing import Writes
from ontaplab.resources.luns.bodies import CopySource
from ontaplab.resources.luns.errors import no_peer_for_copies, too_many_at_once
from ontaplab.resources.luns.lookup import all_luns, lun_in, lun_name, lun_of
from ontaplab.resources.luns.passage import MOST, Passage
from ontaplab.resources.luns.state import Lun
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.effort import effort_for
from ontaplab.wire.body import Reference


def source_of_copy(cluster: Cluster, svm: Svm, body: CopySource) -> Lun:
    """The LUN that is meant, one of that SVM or of the peer that the body names.

    Raises: OntapError 5374875, 5374876, 7018877, or for a peer that may not copy LUNs.
    """
    check_room_for_more(cluster)
    meant, owner = Reference(name=body.name, uuid=body.uuid), svm.uuid
    if body.peer is not None and body.peer.given():
        owner = _peer(cluster, svm, body.peer)
    return lun_of(cluster, owner, meant)


def check_room_for_more(cluster: Cluster, count: int = 1) -> None:
    """Raises: OntapError 7018877 if so many more LUNs and files would be copied or moved than may be at a time."""
    now = cluster.clock.now()
    luns = len(cluster.lun_passages.where(lambda each: each.effort.left_s(now) > 0))
    files = len(cluster.file_passages.where(lambda each: each.effort.left_s(now) > 0))
    files += len(cluster.file_moves.where(lambda each: each.state == "data"))
    if luns + files + count > MOST:
        raise too_many_at_once(MOST)


def moved_to(lun: Lun, volume: str, path: str) -> Lun:
    """As it is in that volume, with the uuid and serial number that it has."""
    file = replace(lun.file, path=path, kept_uuid=lun.uuid, kept_in=volume)
    return replace(lun, volume=volume, file=file)


def note_passage(cluster: Cluster, kind: str, source: Lun, source_name: str, lun: Lun) -> None:
    """What is told of the copy or move begins now."""
    now = cluster.clock.now()
    cluster.lun_passages.put(
        Passage(
            uuid=lun.uuid,
            kind="move" if kind == "move" else "copy",
            source=source_name,
            source_uuid=source.uuid,
            destination=lun_name(cluster, lun),
            began=now,
            effort=effort_for(lun.used_bytes or source.used_bytes, now),
        )
    )


def keep_maps(cluster: Cluster, lun: Lun) -> None:
    """The maps of a LUN that was moved lead to where it is now."""
    for each in list(cluster.lun_maps_by_lun[lun.uuid]):
        cluster.lun_maps.put(replace(each, volume=lun.volume))


def find_moved(cluster: Cluster) -> None:
    """At each start: maps lead to where their LUNs are, also where a crash came between a LUN's move and its maps'."""
    lost = [each for each in cluster.lun_maps if lun_in(cluster, each.volume, each.lun) is None]
    if lost:
        where = {lun.uuid: lun.volume for lun in all_luns(cluster)}
        for each in lost:
            cluster.lun_maps.put(replace(each, volume=where.get(each.lun, each.volume)))


@asynccontextmanager
async def changing(cluster: Cluster, writes: Writes, *volumes: str) -> AsyncIterator[None]:
    """Nobody else changes the files of these volumes; what was changed is at their synchronous destinations then."""
    async with AsyncExitStack() as stack:
        for uuid in sorted(set(volumes)):
            await stack.enter_async_context(writes.mirrored(uuid))
        for uuid in sorted(set(volumes)):
            await stack.enter_async_context(cluster.volume_lock(uuid))
        yield


def _peer(cluster: Cluster, svm: Svm, meant: Reference) -> str:
    """The uuid of the SVM of this cluster that is meant. Raises: OntapError if it is no peer that may copy LUNs."""
    for peer in cluster.svm_peers.where(lambda each: each.svm == svm.uuid and each.cluster_peer is None):
        is_meant = meant.name in (None, peer.name, peer.peer_svm_name) and meant.uuid in (None, peer.uuid)
        if is_meant and peer.state == "peered" and "lun_copy" in peer.applications:
            return peer.peer_svm_uuid
    raise no_peer_for_copies(meant.name or meant.uuid or "")
