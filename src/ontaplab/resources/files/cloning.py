"""`POST /storage/file/clone`: a file of a volume, or one of its snapshots' files, as another file of it.

Assumption: it is done when it is answered, and takes the file's whole size of the volume's room.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ontaplab.cluster import Cluster
from ontaplab.disk.content import copy_content
from ontaplab.doors.writing import Writes
from ontaplab.errors import missing_field
from ontaplab.resources.files.errors import exists, not_found
from ontaplab.resources.files.handlers import file_at
from ontaplab.resources.volumes.errors import not_found as volume_not_found
from ontaplab.resources.volumes.places import directory_of
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.access import Caller
from ontaplab.wire.app import Extra, hal
from ontaplab.wire.body import Body, Reference, parse, read_object


class FileCloneBody(Body):
    volume: Reference | None = None
    source_path: str | None = None
    destination_path: str | None = None
    overwrite_destination: bool = False
    is_backup: bool = False


def clone_routes(cluster: Cluster, writes: Writes) -> list[Extra]:
    async def clone(http: HttpRequest) -> Response:
        body = parse(FileCloneBody, await read_object(http))
        if body.source_path is None or body.destination_path is None:
            raise missing_field("source_path" if body.source_path is None else "destination_path")
        volume = _volume(cluster, http, body.volume)
        async with writes.mirrored(volume.uuid), cluster.volume_lock(volume.uuid):
            source = file_at(cluster, volume.uuid, body.source_path)
            target = file_at(cluster, volume.uuid, body.destination_path)
            target.check_writable()
            if not source.place.is_file() or source.place.is_symlink():
                raise not_found(body.source_path)
            if target.place.is_dir() or (target.place.exists() and not body.overwrite_destination):
                raise exists(body.destination_path)
            if not target.place.parent.is_dir():
                raise not_found(body.destination_path)
            writes.make_room(volume.uuid, target.growth(source.place.stat().st_size))
            unfinished = directory_of(cluster, volume.uuid).root / "unfinished" / "file-clone"
            await cluster.offload(partial(copy_whole, source.place, target.place, unfinished))
        return hal({}, 201)

    return [Extra("/storage/file/clone", ("POST",), clone)]


def copy_whole(source: Path, target: Path, unfinished: Path) -> None:
    """The target appears at once, whole, with the permissions of the source."""
    status = source.stat()
    with source.open("rb") as read, unfinished.open("wb") as write:
        copy_content(read.fileno(), write.fileno(), status.st_size)
    unfinished.chmod(status.st_mode & 0o777)
    unfinished.replace(target)


def _volume(cluster: Cluster, http: HttpRequest, meant: Reference | None) -> Volume:
    """Raises: OntapError 918235; 262245 where none is named."""
    if meant is None or not (meant.name or meant.uuid):
        raise missing_field("volume")
    caller: Caller = http.state.caller
    tunnel = caller.tunnel
    for volume in cluster.volumes.where(lambda each: meant.means(each.name, each.uuid)):
        svm = cluster.svms[volume.svm]
        if tunnel is None or (tunnel.name in (None, svm.name) and tunnel.uuid in (None, svm.uuid)):
            return volume
    raise volume_not_found(meant.name or meant.uuid or "")
