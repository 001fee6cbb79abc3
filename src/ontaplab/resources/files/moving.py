"""`/storage/file/moves`: files of volumes that go to other volumes of their SVM.

Clients use a file at its old place until all is carried; then it is at the new one, and nowhere else. Assumptions: the
pace is that of a volume's move; a file that is there is not replaced; moves that have ended are listed until the
cluster ends; a reference file, and constituents of a FlexGroup, are not simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.doors.writing import Writes
from ontaplab.errors import OntapError, missing_field
from ontaplab.resources.files.cloning import copy_whole
from ontaplab.resources.files.ends import Ends, FileBody, ends_of, files_at
from ontaplab.resources.files.errors import other_svm, unsupported
from ontaplab.resources.files.state import FileMove
from ontaplab.resources.luns.carrying import changing, check_room_for_more
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.effort import effort_for
from ontaplab.resources.volumes.places import directory_of
from ontaplab.wire.body import Body
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Reply, Request, Resource, Started


class FilesToMove(Body):
    sources: tuple[FileBody, ...] = ()
    destinations: tuple[FileBody, ...] = ()


class FileMoveBody(Body):
    files_to_move: FilesToMove = FilesToMove()
    max_throughput: int | None = None
    max_cutover_time: int = 10
    reference: FileBody | None = None


def moves_resource(cluster: Cluster, writes: Writes) -> Resource[FileMove]:
    def volume_name(uuid: str) -> str | None:
        volume = cluster.volumes.get(uuid)
        return volume.name if volume is not None else None

    def percent(move: FileMove) -> int:
        return 100 if move.is_there else min(99, move.effort.percent(cluster.clock.now()))

    def elapsed(move: FileMove) -> int:
        return int(move.effort.needs_s - move.effort.left_s(cluster.clock.now()))

    fields: Fields[FileMove] = Fields(
        {
            "node.uuid": Field(lambda move: cluster.node.uuid, Level.KEY),
            "node.name": Field(lambda move: cluster.node.name, Level.DEFAULT),
            "uuid": Field(lambda move: move.job, Level.KEY),
            "index": Field(lambda move: move.index, Level.KEY),
            "svm.uuid": Field(lambda move: move.svm),
            "svm.name": Field(lambda move: svm_name(cluster, move.svm)),
            "volume.uuid": Field(lambda move: move.source),
            "volume.name": Field(lambda move: volume_name(move.source)),
            "source.volume.uuid": Field(lambda move: move.source, Level.DEFAULT),
            "source.volume.name": Field(lambda move: volume_name(move.source), Level.DEFAULT),
            "source.svm.uuid": Field(lambda move: move.svm, Level.DEFAULT),
            "source.svm.name": Field(lambda move: svm_name(cluster, move.svm), Level.DEFAULT),
            "source.path": Field(lambda move: move.source_path, Level.DEFAULT),
            "destination.volume.uuid": Field(lambda move: move.target, Level.DEFAULT),
            "destination.volume.name": Field(lambda move: volume_name(move.target), Level.DEFAULT),
            "destination.svm.uuid": Field(lambda move: move.svm, Level.DEFAULT),
            "destination.svm.name": Field(lambda move: svm_name(cluster, move.svm), Level.DEFAULT),
            "destination.path": Field(lambda move: move.target_path, Level.DEFAULT),
            "is_destination_ready": Field(lambda move: move.is_there),
            "is_flexgroup": Field(lambda move: False),
            "is_snapshot_fenced": Field(lambda move: False),
            "max_cutover_time": Field(lambda move: move.max_cutover_s),
            "elapsed_time": Field(elapsed),
            "scanner.state": Field(lambda move: move.state),
            "scanner.percent": Field(percent),
            "scanner.progress": Field(lambda move: move.size_bytes * percent(move) // 100),
            "scanner.total": Field(lambda move: move.size_bytes),
            "failure.code": Field(lambda move: move.error.code if move.error else None),
            "failure.message": Field(lambda move: move.error.message if move.error else None),
        }
    )
    return Resource(
        path="/storage/file/moves",
        fields=fields,
        rows=lambda request: cluster.file_moves,
        keys=("node.uuid", "uuid", "index"),
        links=False,
        create=Create(FileMoveBody, partial(_create, cluster, writes)),
        flags=frozenset({"automatic", "force", "disruptive"}),
    )


def _create(cluster: Cluster, writes: Writes, request: Request, body: FileMoveBody) -> Reply[FileMove]:
    if request.flag("automatic") or body.reference is not None:
        raise unsupported('"automatic"' if request.flag("automatic") else '"reference"')
    all_ends = _ends(cluster, request, body.files_to_move)
    check_room_for_more(cluster, len(all_ends))
    moves: list[FileMove] = []
    job = cluster.start_job("POST /api/storage/file/moves", lambda: _work(cluster, writes, all_ends, moves))
    for index, each in enumerate(all_ends):
        source, target = files_at(cluster, each)
        size = source.place.stat().st_size
        move = FileMove(
            uuid=f"{job.uuid}/{index}",
            job=job.uuid,
            index=index,
            svm=each.source_svm.uuid,
            source=each.source.uuid,
            source_path=source.path,
            target=each.target.uuid,
            target_path=target.path,
            size_bytes=size,
            effort=effort_for(size, cluster.clock.now()),
            max_cutover_s=body.max_cutover_time,
        )
        moves.append(cluster.file_moves.put(move))
    return Started(job)


def _ends(cluster: Cluster, request: Request, body: FilesToMove) -> list[Ends]:
    """Raises: OntapError for what cannot be moved. One destination, a directory, may be that of all sources."""
    if not body.sources:
        raise missing_field("files_to_move.sources")
    destinations = body.destinations * len(body.sources) if len(body.destinations) == 1 else body.destinations
    if len(destinations) != len(body.sources):
        raise missing_field("files_to_move.destinations")
    found = []
    for source, destination in zip(body.sources, destinations, strict=True):
        ends = ends_of(cluster, request.tunnel, source, destination, "files_to_move.{}s")
        if ends.source_svm.uuid != ends.target_svm.uuid:
            raise other_svm(ends.source_svm.name, ends.target_svm.name)
        files_at(cluster, ends)
        found.append(ends)
    return found


async def _work(cluster: Cluster, writes: Writes, all_ends: Sequence[Ends], moves: Sequence[FileMove]) -> None:
    for ends, move in zip(all_ends, moves, strict=True):
        await cluster.clock.sleep(move.effort.left_s(cluster.clock.now()))
        try:
            await _cut_over(cluster, writes, ends)
        except OntapError as error:
            cluster.file_moves.put(replace(move, error=error))
            raise
        cluster.file_moves.put(replace(move, is_there=True))


async def _cut_over(cluster: Cluster, writes: Writes, ends: Ends) -> None:
    """The file is at its new place, and not at the old one any more."""
    async with changing(cluster, writes, ends.source.uuid, ends.target.uuid):
        source, target = files_at(cluster, ends)
        source.check_writable()
        writes.make_room(ends.target.uuid, target.growth(source.place.stat().st_size))
        unfinished = directory_of(cluster, ends.target.uuid).root / "unfinished" / "file-move"
        await cluster.offload(partial(copy_whole, source.place, target.place, unfinished))
        await cluster.offload(partial(source.delete, recurse=False))
