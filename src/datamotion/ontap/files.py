"""Files in volumes: what a look at some tells, renaming, copying and deleting one."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from datetime import datetime
from typing import assert_never
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from datamotion.engine.concurrently import side_by_side
from datamotion.errors import ClusterError, ClusterRefused
from datamotion.model.item_acts import CloneFile, CopyFile, DeleteFile, MakeFolder, RenameFile
from datamotion.model.records import CopyJob, FileName, PlacedFile
from datamotion.ontap.answer import Answer
from datamotion.ontap.errors import NOT_FOUND
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Row, at, get_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Instant, Name, Uuid
from datamotion.ontap.volumes import PATH as VOLUMES

_NO_SUCH_FILE = frozenset({NOT_FOUND, "6684674"})
_IS_THERE = frozenset({"6488118"})
_IS_OFFLINE = "917752"
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_FIELDS = ("type", "size", "bytes_used", "modified_time")


class _Volume(Row):
    uuid: Uuid = at("uuid")
    name: Name = at("name")
    svm: Name = at("svm.name")


class _Job(Row):
    uuid: Uuid = at("uuid")
    state: Name = at("state")
    ended_at: Instant | None = at("end_time", default=None)


async def list_files(transport: Transport, files: Collection[FileName]) -> tuple[PlacedFile, ...]:
    """Those of these that are there; of a volume that is not online none are told.

    Raises: ClusterRefused, ClusterSilent.
    """
    if not files:
        return ()
    svms, volumes = ("|".join(sorted({each[part] for each in files})) for part in (0, 1))
    query = {"svm.name": svms, "name": volumes}
    rows = await get_rows(transport, VOLUMES, _Volume, query)
    uuids = {(row.svm, row.name): row.uuid for row in rows}

    async def look(name: FileName) -> PlacedFile | ClusterError | None:
        uuid = uuids.get((name.svm, name.volume))
        try:
            return None if uuid is None else await _file(transport, uuid, name)
        except ClusterError as failure:
            return failure  # not raised at once: that would cut the others off

    found = await side_by_side(look, files)
    for each in found:
        if isinstance(each, ClusterError):
            raise each
    return tuple(each for each in found if isinstance(each, PlacedFile))


async def _file(transport: Transport, volume_uuid: str, name: FileName) -> PlacedFile | None:
    try:
        record = await transport.get(_path(volume_uuid, name.path), _FIELDS, {"return_metadata": "true"})
    except ClusterRefused as error:
        if error.ontap_code in _NO_SUCH_FILE | {_IS_OFFLINE}:
            return None
        raise
    return PlacedFile(
        name=name,
        kind=record.required("type", str),
        size_bytes=record.required("size", int),
        used_bytes=record.optional("bytes_used", int) or 0,
        modified_at=_instant(record, "modified_time"),
    )


def _instant(record: Record, field: str) -> datetime:
    try:
        return _INSTANT.validate_python(record.required(field, str))
    except ValidationError as invalid:
        raise record.malformed(f"`{field}` is no instant: {invalid.errors()[0]['msg']}") from None


async def list_copy_jobs(transport: Transport) -> tuple[CopyJob, ...]:
    """Those that copy files, and did, as far as the cluster remembers."""
    rows = await get_rows(transport, "/cluster/jobs", _Job, {"description": "*file/copy*"})
    return tuple(CopyJob(uuid=row.uuid, state=row.state, ended_at=row.ended_at) for row in rows)


FileChange = RenameFile | CloneFile | MakeFolder | CopyFile | DeleteFile


async def change_file(transport: Transport, change: FileChange) -> Answer:
    """A file that is gone already is as wanted where it was to go, and so is a folder that somebody else has made."""
    match change:
        case RenameFile():
            path = _path(change.volume_uuid, change.name.path)
            return await transport.patch(path, {"path": _encoded(change.to_path)})
        case CloneFile():
            body = {
                "volume": {"uuid": change.volume_uuid, "name": change.source.volume},
                "source_path": change.source.path,
                "destination_path": change.to_path,
            }
            return await transport.post("/storage/file/clone", body, AT_ONCE)
        case MakeFolder():
            folder = transport.post(_path(change.volume_uuid, change.name.path), {"type": "directory"})
            return await _unless(folder, _IS_THERE)
        case CopyFile():
            ends = {"source": change.source, "destination": change.destination}
            pair = {
                end: {"svm": {"name": of.svm}, "volume": {"name": of.volume}, "path": of.path}
                for end, of in ends.items()
            }
            return await transport.post("/storage/file/copy", {"files_to_copy": [pair]}, AT_ONCE)
        case DeleteFile():
            return await _unless(transport.delete(_path(change.volume_uuid, change.name.path)), _NO_SUCH_FILE)
        case _:
            assert_never(change)


async def _unless(request: Awaitable[Answer], as_wanted: frozenset[str]) -> Answer:
    """What it was answered; a refusal of one of these codes says that it is so already."""
    try:
        return await request
    except ClusterRefused as error:
        if error.ontap_code in as_wanted:
            return Answer(request=error.request, body={}, jobs=())
        raise


def _path(volume_uuid: str, path: str) -> str:
    return f"{VOLUMES}/{volume_uuid}/files/{_encoded(path)}"


def _encoded(path: str) -> str:
    """As one segment of a URL, and as Cinder's driver sends paths in bodies too."""
    return quote(path, safe="").replace(".", "%2E")
