"""`POST /storage/file/copy`: files of volumes, as other files of others in the same cluster.

As with ONTAP clients use a copy before all of it is carried: here its bytes are there at once, as the source held them
when the job began, and what takes its time is the job. Assumptions: its pace is that of a volume's move; meanwhile
`bytes_used` of the copy tells what is carried; a file that is there already is not copied over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import anyio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ontaplab.cluster import Cluster
from ontaplab.doors.writing import Writes
from ontaplab.errors import invalid_value, missing_field
from ontaplab.resources.files.cloning import copy_whole
from ontaplab.resources.files.errors import (
    exists,
    flexgroup,
    mirrored_at_once,
    no_peer_for_copies,
    not_found,
    read_only_destination,
)
from ontaplab.resources.files.handlers import File, file_at
from ontaplab.resources.files.state import FilePassage
from ontaplab.resources.luns.carrying import changing, check_room_for_more
from ontaplab.resources.relationships.state import SYNCHRONOUS
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.effort import effort_for
from ontaplab.resources.volumes.errors import not_found as volume_not_found
from ontaplab.resources.volumes.places import directory_of
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.access import Caller
from ontaplab.wire.app import Extra, hal
from ontaplab.wire.body import Body, Reference, parse, read_object

_LONGEST_WAIT_S = 120


class FileBody(Body):
    svm: Reference | None = None
    volume: Reference | None = None
    path: str | None = None


class CopyPair(Body):
    source: FileBody | None = None
    destination: FileBody | None = None


class FileCopyBody(Body):
    files_to_copy: tuple[CopyPair, ...] = ()
    max_throughput: int | None = None
    cutover_time: int | None = None
    hold_quiescence: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """One file of one request; `path` of the destination may name a directory."""

    source: Volume
    source_path: str
    target: Volume
    target_path: str


def copy_routes(cluster: Cluster, writes: Writes) -> list[Extra]:
    async def copy(http: HttpRequest) -> Response:
        body = parse(FileCopyBody, await read_object(http))
        if not body.files_to_copy:
            raise missing_field("files_to_copy")
        wait_s = _wait_s(http)
        copies = [_meant(cluster, http, pair) for pair in body.files_to_copy]
        check_room_for_more(cluster, len(copies))
        for each in copies:
            _files(cluster, each)
        job = cluster.start_job("POST /api/storage/file/copy", partial(_work, cluster, writes, copies))
        with anyio.move_on_after(0) if not wait_s else cluster.clock.limit(wait_s):
            await job.wait()
        if job.error is not None:
            raise job.error
        link = {"uuid": job.uuid, "_links": {"self": {"href": f"/api/cluster/jobs/{job.uuid}"}}}
        return hal({"job": link}, 201 if job.ended else 202)

    return [Extra("/storage/file/copy", ("POST",), copy)]


async def _work(cluster: Cluster, writes: Writes, copies: Sequence[_Copy]) -> None:
    noted: list[FilePassage] = []
    try:
        for index, each in enumerate(copies):
            async with changing(cluster, writes, each.source.uuid, each.target.uuid):
                source, target = _files(cluster, each)
                size = source.place.stat().st_size
                writes.make_room(each.target.uuid, target.growth(size))
                unfinished = directory_of(cluster, each.target.uuid).root / "unfinished" / "file-copy"
                await cluster.offload(partial(copy_whole, source.place, target.place, unfinished))
            now = cluster.clock.now()
            uuid = cluster.new_uuid("file_copy", f"{each.target.uuid}/{target.path}/{index}")
            passage = FilePassage(uuid=uuid, volume=each.target.uuid, path=target.path, effort=effort_for(size, now))
            noted.append(cluster.file_passages.put(passage))
        await cluster.clock.sleep(max(each.effort.left_s(cluster.clock.now()) for each in noted))
    finally:
        for passage in noted:
            cluster.file_passages.remove(passage.uuid)


def _meant(cluster: Cluster, http: HttpRequest, pair: CopyPair) -> _Copy:
    """Raises: OntapError for what is not named, not there, no FlexVol, or of two SVMs that may not copy files."""
    caller: Caller = http.state.caller
    sides: list[tuple[Svm, Volume, str]] = []
    for name, side in (("source", pair.source), ("destination", pair.destination)):
        if side is None or side.path is None or side.volume is None:
            what = "path" if side is not None and side.path is None else "volume"
            raise missing_field(f"files_to_copy.{name}.{what}")
        svm = svm_of(cluster, side.svm, caller.tunnel)
        volume = _volume(cluster, svm, side.volume)
        if volume.flexgroup is not None:
            raise flexgroup(volume.name)
        sides.append((svm, volume, side.path))
    (source_svm, source, source_path), (target_svm, target, target_path) = sides
    if source_svm.uuid != target_svm.uuid:
        _check_peers(cluster, source_svm, target_svm)
    if target.is_mirror:
        raise read_only_destination(target.name)
    if any(each.kind in SYNCHRONOUS for each in cluster.listed_destinations_by_volume[target.uuid]):
        raise mirrored_at_once(target.name)
    return _Copy(source=source, source_path=source_path, target=target, target_path=target_path)


def _volume(cluster: Cluster, svm: Svm, meant: Reference) -> Volume:
    """Raises: OntapError 918235."""
    found = cluster.volumes.first(lambda each: each.svm == svm.uuid and meant.means(each.name, each.uuid))
    if found is None:
        raise volume_not_found(meant.name or meant.uuid or "")
    return found


def _check_peers(cluster: Cluster, source: Svm, target: Svm) -> None:
    """Raises: OntapError 7013360."""
    for peer in cluster.svm_peers.where(lambda each: each.svm == target.uuid and each.cluster_peer is None):
        if peer.peer_svm_uuid == source.uuid and peer.state == "peered" and "file_copy" in peer.applications:
            return
    raise no_peer_for_copies(source.name, target.name)


def _files(cluster: Cluster, copy: _Copy) -> tuple[File, File]:
    """Raises: OntapError where there is no such file, or one where it is to be copied to."""
    source = file_at(cluster, copy.source.uuid, copy.source_path)
    if not source.place.is_file() or source.place.is_symlink():
        raise not_found(copy.source_path)
    target = file_at(cluster, copy.target.uuid, copy.target_path)
    if target.is_directory():
        target = file_at(cluster, copy.target.uuid, f"{target.path}/{source.path.rpartition('/')[2]}")
    target.check_writable()
    if target.place.exists() or target.place.is_symlink():
        raise exists(target.path)
    if not target.place.parent.is_dir():
        raise not_found(target.path)
    return source, target


def _wait_s(http: HttpRequest) -> int:
    """`return_timeout`, in seconds."""
    written = http.query_params.get("return_timeout", "0")
    if not written.isdecimal() or int(written) > _LONGEST_WAIT_S:
        raise invalid_value(written, "return_timeout")
    return int(written)
