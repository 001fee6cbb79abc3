"""`/storage/volumes/{volume.uuid}/files/{path}`.

No collection like the others: the same path lists a directory, describes a file, and holds its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Literal
from urllib.parse import quote, unquote

from pydantic import StringConstraints
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import PERMISSIONS
from ontaplab.doors.writing import Writes
from ontaplab.errors import OntapError, invalid_value, missing_field
from ontaplab.resources.files.errors import unsupported
from ontaplab.resources.files.handlers import File, file_at
from ontaplab.resources.files.state import FileEntry
from ontaplab.wire.app import Extra, hal, query_of, understand
from ontaplab.wire.body import Body, OctalDigits, parse, read_object
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.reading import render_collection, render_instance
from ontaplab.wire.resource import Request, Resource

MOST_BYTES = 1024**2
"""How much one request reads."""
_FARTHEST = 2**63 - 1
"""Byte of a file."""
_BOUNDARY = "ontaplab-file-content"
_PATHS = ("/storage/volumes/{volume.uuid}/files", "/storage/volumes/{volume.uuid}/files/{path:path}")
_FLAGS = frozenset({"return_metadata", "byte_offset", "length", "overwrite", "recurse", "stream_name"})


class FileBody(Body):
    """What a request without content may say."""

    type: Literal["directory", "file", "symlink"] | None = None
    unix_permissions: OctalDigits = 755
    target: Annotated[str, StringConstraints(pattern=r"^[^\x00]+$")] | None = None
    path: str | None = None


def _fields(cluster: Cluster) -> Fields[FileEntry]:
    """What is told of a file. One that is being copied takes as much room as is carried of it."""

    def used(entry: FileEntry) -> int:
        all_of_it = entry.status.st_blocks * 512
        passage = cluster.file_passages.first(lambda each: (each.volume, each.path) == (entry.volume, entry.full_path))
        return all_of_it if passage is None else all_of_it * passage.effort.percent(cluster.clock.now()) // 100

    return Fields(
        {
            "volume.uuid": Field(lambda entry: entry.volume, Level.CHEAP),
            "path": Field(lambda entry: entry.path, Level.KEY),
            "name": Field(lambda entry: entry.name, Level.KEY),
            "type": Field(lambda entry: entry.type, Level.DEFAULT),
            "size": Field(lambda entry: entry.status.st_size),
            "bytes_used": Field(used),
            "modified_time": Field(lambda entry: entry.modified),
            "owner_id": Field(lambda entry: entry.status.st_uid),
            "group_id": Field(lambda entry: entry.status.st_gid),
            "unix_permissions": Field(lambda entry: entry.unix_permissions),
            "inode_number": Field(lambda entry: entry.status.st_ino),
            "hard_links_count": Field(lambda entry: entry.status.st_nlink),
            "target": Field(lambda entry: entry.target),
        }
    )


@dataclass(frozen=True, kw_only=True)
class _Directory(Resource[FileEntry]):
    """The entries of one directory, each with a link to itself below the volume."""

    def href(self, request: Request, record: FileEntry) -> str:
        return f"/api/storage/volumes/{record.volume}/files/{quote(record.full_path, safe='')}"


def file_routes(cluster: Cluster, writes: Writes) -> Sequence[Extra]:
    fields = _fields(cluster)

    async def endpoint(http: HttpRequest) -> Response:
        volume, path = http.path_params["volume__uuid"], http.path_params.get("path", "")
        file = file_at(cluster, volume, path)
        if http.method == "GET":
            return _get(fields, file, http)
        async with writes.mirrored(volume):
            return await write(file, http)

    async def write(file: File, http: HttpRequest) -> Response:
        match http.method:
            case "POST":
                return await _post(cluster, writes, file, http)
            case "PATCH":
                return await _patch(cluster, writes, file, http)
        recurse = _flag(http.query_params, "recurse")
        await cluster.offload(partial(file.delete, recurse=recurse))
        return hal({})

    return [
        Extra(_PATHS[0], ("GET",), endpoint),
        Extra(_PATHS[1], ("GET", "POST", "PATCH", "DELETE"), endpoint),
    ]


def _get(fields: Fields[FileEntry], file: File, http: HttpRequest) -> Response:
    if _flag(http.query_params, "return_metadata"):
        listing = _listing(fields, file, [])
        request, parameters = understand(listing, http)
        return hal(render_instance(listing, request, file.entry(), parameters))
    if not file.is_directory() and "multipart" in http.headers.get("accept", ""):
        return _content(file, http)
    listing = _listing(fields, file, file.entries() if file.is_directory() else [file.entry()])
    request, parameters = understand(listing, http)
    return hal(render_collection(listing, replace(request, path={}), parameters, query_of(http)))


def _listing(fields: Fields[FileEntry], file: File, entries: Sequence[FileEntry]) -> Resource[FileEntry]:
    return _Directory(
        path=f"/storage/volumes/{file.volume}/files/{quote(file.path, safe='')}".rstrip("/"),
        fields=fields,
        rows=lambda request: entries,
        keys=("name",),
        flags=_FLAGS,
        tunnel=None,
    )


def _content(file: File, http: HttpRequest) -> Response:
    """Bytes of the file as the one part of a multipart body."""
    offset, length = _number(http.query_params, "byte_offset", 0), _number(http.query_params, "length", MOST_BYTES)
    content = file.read(offset, min(length, MOST_BYTES))
    head = (
        f"--{_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"\r\n'
        "Content-Type: application/octet-stream\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return Response(body, media_type=f"multipart/form-data; boundary={_BOUNDARY}")


async def _post(cluster: Cluster, writes: Writes, file: File, http: HttpRequest) -> Response:
    content = await _uploaded(http)
    if content is not None:
        overwrite = _flag(http.query_params, "overwrite")
        writes.make_room(file.volume, file.growth(len(content)))
        await cluster.offload(partial(file.create, content, overwrite=overwrite))
        return hal({}, 201)
    body = parse(FileBody, await read_object(http))
    if body.target is not None:
        await cluster.offload(partial(file.make_symlink, body.target))
    elif body.type == "directory":
        await cluster.offload(partial(file.make_directory, _mode(body.unix_permissions)))
    else:
        raise missing_field("type")
    return hal({}, 201)


async def _patch(cluster: Cluster, writes: Writes, file: File, http: HttpRequest) -> Response:
    content = await _uploaded(http)
    if content is not None:
        offset = _number(http.query_params, "byte_offset", 0, least=-1)
        writes.make_room(file.volume, file.growth(len(content), offset))
        await cluster.offload(partial(file.write, content, offset))
        return hal({})
    body = parse(FileBody, await read_object(http))
    if body.path is None:
        raise missing_field("path")
    # one client encodes the path in the body as it does the one in the URL
    other = file_at(cluster, file.volume, unquote(body.path))
    await cluster.offload(partial(file.rename, other))
    return hal({})


async def _uploaded(http: HttpRequest) -> bytes | None:
    """The content of a multipart request; None if it is none."""
    if not http.headers.get("content-type", "").startswith("multipart/form-data"):
        return None
    if "stream_name" in http.query_params:
        raise unsupported("A named stream")
    try:
        async with http.form() as form:
            for part in form.values():
                return await part.read() if isinstance(part, UploadFile) else part.encode()
    except MultiPartException as broken:
        raise OntapError(400, "262245", f"The request's body is not multipart: {broken.message}") from None
    return b""


def _mode(digits: int) -> int:
    """Assumption: set-user-ID, set-group-ID and sticky bits, a fourth digit, are taken and not kept."""
    return int(str(digits), 8) & PERMISSIONS


def _flag(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "false").lower() == "true"


def _number(query: Mapping[str, str], name: str, default: int, least: int = 0) -> int:
    try:
        number = int(query.get(name, default))
    except ValueError:
        number = least - 1
    if not least <= number <= _FARTHEST:
        raise invalid_value(query[name], name)
    return number
