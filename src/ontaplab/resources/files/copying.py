"""`POST /storage/file/copy`: files of volumes, as other files of others in the same cluster.

As with ONTAP clients use a copy before all of it is carried: here its bytes are there at once, as the source held them
when the job began, and what takes its time is the job. Assumptions: its pace is that of a volume's move; meanwhile
`bytes_used` of the copy tells what is carried; a file that is there already is not copied over.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import anyio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ontaplab.cluster import Cluster
from ontaplab.doors.writing import Writes
from ontaplab.errors import invalid_value, missing_field
from ontaplab.resources.files.cloning import copy_whole
from ontaplab.resources.files.ends import Ends, FileBody, ends_of, files_at
from ontaplab.resources.files.errors import (
    no_peer_for_copies,
)
from ontaplab.resources.files.state import FilePassage
from ontaplab.resources.luns.carrying import changing, check_room_for_more
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.effort import effort_for
from ontaplab.resources.volumes.places import directory_of
from ontaplab.wire.access import Caller
from ontaplab.wire.app import Extra, hal
from ontaplab.wire.body import Body, parse, read_object

_LONGEST_WAIT_S = 120


class CopyPair(Body):
    source: FileBody | None = None
    destination: FileBody | None = None


class FileCopyBody(Body):
    files_to_copy: tuple[CopyPair, ...] = ()
    max_throughput: int | None = None
    cutover_time: int | None = None
    hold_quiescence: bool | None = None


def copy_routes(cluster: Cluster, writes: Writes) -> list[Extra]:
    async def copy(http: HttpRequest) -> Response:
        body = parse(FileCopyBody, await read_object(http))
        if not body.files_to_copy:
            raise missing_field("files_to_copy")
        wait_s = _wait_s(http)
        copies = [_copy(cluster, http.state.caller, pair) for pair in body.files_to_copy]
        check_room_for_more(cluster, len(copies))
        for each in copies:
            files_at(cluster, each)
        job = cluster.start_job("POST /api/storage/file/copy", partial(_work, cluster, writes, copies))
        with anyio.move_on_after(0) if not wait_s else cluster.clock.limit(wait_s):
            await job.wait()
        if job.error is not None:
            raise job.error
        link = {"uuid": job.uuid, "_links": {"self": {"href": f"/api/cluster/jobs/{job.uuid}"}}}
        return hal({"job": link}, 201 if job.ended else 202)

    return [Extra("/storage/file/copy", ("POST",), copy)]


async def _work(cluster: Cluster, writes: Writes, copies: Sequence[Ends]) -> None:
    noted: list[FilePassage] = []
    try:
        for index, each in enumerate(copies):
            async with changing(cluster, writes, each.source.uuid, each.target.uuid):
                source, target = files_at(cluster, each)
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


def _copy(cluster: Cluster, caller: Caller, pair: CopyPair) -> Ends:
    """Raises: OntapError, also for those of two SVMs that may not copy files."""
    ends = ends_of(cluster, caller.tunnel, pair.source, pair.destination, "files_to_copy.{}")
    if ends.source_svm.uuid != ends.target_svm.uuid:
        _check_peers(cluster, ends.source_svm, ends.target_svm)
    return ends


def _check_peers(cluster: Cluster, source: Svm, target: Svm) -> None:
    """Raises: OntapError 7013360."""
    for peer in cluster.svm_peers.where(lambda each: each.svm == target.uuid and each.cluster_peer is None):
        if peer.peer_svm_uuid == source.uuid and peer.state == "peered" and "file_copy" in peer.applications:
            return
    raise no_peer_for_copies(source.name, target.name)


def _wait_s(http: HttpRequest) -> int:
    """`return_timeout`, in seconds."""
    written = http.query_params.get("return_timeout", "0")
    if not written.isdecimal() or int(written) > _LONGEST_WAIT_S:
        raise invalid_value(written, "return_timeout")
    return int(written)
