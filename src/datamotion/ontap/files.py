"""Files in volumes: what a look at some tells, renaming, copying and deleting one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import assert_never
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from datamotion.engine.concurrently import side_by_side
from datamotion.errors import ClusterError, ClusterRefused
from datamotion.model.item_acts import CloneFile, CopyFile, DeleteFile, MakeFolder, RenameFile
from datamotion.model.item_records import CopyJob, FileName, FilesIn, PlacedFile
from datamotion.ontap.answer import Answer
from datamotion.ontap.errors import NOT_FOUND
from datamotion.ontap.record import Record
from datamotion.ontap.replies import unless
from datamotion.ontap.rows import Row, at, get_rows
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import Instant, Name, Text, Uuid, Whole
from datamotion.ontap.volumes import PATH as VOLUMES

_NO_SUCH_FILE = frozenset({NOT_FOUND, "6684674"})
_IS_THERE = frozenset({"6488118"})
_IS_OFFLINE = "917752"
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_FIELDS = ("type", "size", "bytes_used", "modified_time", "unix_permissions", "hard_links_count")


class _Volume(Row):
    uuid: Uuid = at("uuid")
    name: Name = at("name")
    svm: Name = at("svm.name")


class _Entry(Row):
    name: Text = at("name")  # clients call files as they like, and one such name is no reason to know of none
    kind: Name = at("type")
    size_bytes: Whole = at("size", default=0)
    used_bytes: Whole = at("bytes_used", default=0)
    modified_at: Instant = at("modified_time")


class _Job(Row):
    uuid: Uuid = at("uuid")
    state: Name = at("state")
    ended_at: Instant | None = at("end_time", default=None)


async def list_files(transport: Transport, files: Collection[FileName | FilesIn]) -> tuple[PlacedFile, ...]:
    """Those of these that are there, and all in these folders; of a volume that is not online none are told.

    Raises: ClusterRefused, ClusterSilent.
    """
    if not files:
        return ()
    names = [each.folder if isinstance(each, FilesIn) else each for each in files]
    svms, volumes = ("|".join(sorted({each[part] for each in names})) for part in (0, 1))
    query = {"svm.name": svms, "name": volumes}
    rows = await get_rows(transport, VOLUMES, _Volume, query)
    uuids = {(row.svm, row.name): row.uuid for row in rows}

    async def look(wanted: FileName | FilesIn) -> Sequence[PlacedFile] | ClusterError:
        name = wanted.folder if isinstance(wanted, FilesIn) else wanted
        uuid = uuids.get((name.svm, name.volume))
        try:
            if uuid is None:
                return ()
            return await (_in(transport, uuid, name) if isinstance(wanted, FilesIn) else _file(transport, uuid, name))
        except ClusterRefused as refused:
            return () if refused.ontap_code in _NO_SUCH_FILE | {_IS_OFFLINE} else refused
        except ClusterError as failure:
            return failure  # not raised at once: that would cut the others off

    found = await side_by_side(look, files)
    for each in found:
        if isinstance(each, ClusterError):
            raise each
    return tuple(file for each in found if not isinstance(each, ClusterError) for file in each)


async def _file(transport: Transport, volume_uuid: str, name: FileName) -> Sequence[PlacedFile]:
    record = await transport.get(_path(volume_uuid, name.path), _FIELDS, {"return_metadata": "true"})
    found = PlacedFile(
        name=name,
        kind=record.required("type", str),
        size_bytes=record.required("size", int),
        used_bytes=record.optional("bytes_used", int) or 0,
        modified_at=_instant(record, "modified_time"),
        mode=record.optional("unix_permissions", int),
        links=record.optional("hard_links_count", int) or 1,
    )
    return (found,)


async def _in(transport: Transport, volume_uuid: str, folder: FileName) -> Sequence[PlacedFile]:
    """All that is in a folder."""
    rows = await get_rows(transport, _path(volume_uuid, folder.path).rstrip("/"), _Entry, {})
    return [
        PlacedFile(
            name=folder._replace(path=f"{folder.path}/{row.name}".lstrip("/")),
            kind=row.kind,
            size_bytes=row.size_bytes,
            used_bytes=row.used_bytes,
            modified_at=row.modified_at,
        )
        for row in rows
        if row.name not in (".", "..")
    ]


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
            folder: dict[str, object] = {"type": "directory"}
            if change.mode is not None:
                folder["unix_permissions"] = change.mode
            return await unless(transport.post(_path(change.volume_uuid, change.name.path), folder), _IS_THERE)
        case CopyFile():
            ends = {"source": change.source, "destination": change.destination}
            pair = {
                end: {"svm": {"name": of.svm}, "volume": {"name": of.volume}, "path": of.path}
                for end, of in ends.items()
            }
            return await transport.post("/storage/file/copy", {"files_to_copy": [pair]}, AT_ONCE)
        case DeleteFile():
            return await unless(transport.delete(_path(change.volume_uuid, change.name.path)), _NO_SUCH_FILE)
        case _:
            assert_never(change)


def _path(volume_uuid: str, path: str) -> str:
    return f"{VOLUMES}/{volume_uuid}/files/{_encoded(path)}"


def _encoded(path: str) -> str:
    """As one segment of a URL, and as Cinder's driver sends paths in bodies too."""
    return quote(path, safe="").replace(".", "%2E")
