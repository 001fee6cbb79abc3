"""`POST /lab/nfs`, `/lab/smb` and `/lab/block`: one request of a host, for clusters that are processes.

A request says who asks (`host`), what about, and what to `do`. Of NFS it is about a `handle`, which is as the answer of
an `open` told it, or, to open, about a path of an `svm`; of SMB about a path in a `share` of an `svm`. A block host is
an `initiator`, and asks about a `lun` by its serial number or name. Bytes are in base64. What the host is refused comes
with status 200 as `error`, with the name of an error number.
"""

from __future__ import annotations

import errno
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ontaplab.doors.access import Host, Protocol
from ontaplab.doors.doors import Doors
from ontaplab.doors.errors import DoorError
from ontaplab.doors.opened import Opened
from ontaplab.errors import invalid_value, missing_field
from ontaplab.resources.export_policies.state import Flavor
from ontaplab.resources.files.state import FileHandle
from ontaplab.wire.body import Body, parse, read_object

Do = Literal["open", "read", "write", "list", "make_directory", "remove", "rename"]


class HandleBody(Body):
    volume: str
    path: str


class _Asked(Body):
    do: Do
    path: str = ""
    svm: str | None = None
    content: str = ""
    offset: int | None = None
    length: int | None = None
    new_path: str = ""


class NfsHost(Body):
    address: str
    name: str | None = None
    protocol: Protocol = "nfs3"
    flavor: Flavor = "sys"


class NfsRequest(_Asked):
    host: NfsHost
    handle: HandleBody | None = None


class SmbHost(Body):
    address: str
    user: str = "user"


class SmbRequest(_Asked):
    host: SmbHost
    share: str | None = None


class BlockRequest(Body):
    initiator: str
    do: Literal["list", "read", "write"]
    lun: str | None = None
    content: str = ""
    offset: int = 0
    length: int | None = None


def door_routes(doors: Doors) -> list[Route]:
    """All."""

    async def block(raw: dict[str, Any]) -> dict[str, object]:
        asked = parse(BlockRequest, raw)
        client = doors.block(asked.initiator)
        if asked.do == "list":
            return {"luns": [asdict(each) for each in await client.luns()]}
        if asked.lun is None:
            raise missing_field("lun")
        if asked.do == "read":
            content = await client.read(asked.lun, asked.offset, asked.length)
            return {"content": b64encode(content).decode()}
        await client.write(asked.lun, b64decode(asked.content), asked.offset)
        return {}

    async def nfs(raw: dict[str, Any]) -> dict[str, object]:
        asked = parse(NfsRequest, raw)
        client = doors.nfs(_host(asked.host))
        if asked.handle is not None:
            return await _done(client.mounted(FileHandle(asked.handle.volume, asked.handle.path)), asked)
        if asked.svm is None or asked.do != "open":
            raise missing_field("svm" if asked.svm is None else "handle")
        return {"handle": asdict((await client.open(asked.svm, asked.path)).handle)}

    async def smb(raw: dict[str, Any]) -> dict[str, object]:
        asked = parse(SmbRequest, raw)
        if asked.svm is None or asked.share is None:
            raise missing_field("svm" if asked.svm is None else "share")
        _host(NfsHost(address=asked.host.address))
        client = doors.smb(asked.host.address, asked.host.user)
        return await _done(client.connected(asked.svm, asked.share), asked)

    return [
        Route("/lab/nfs", _answering(nfs), methods=["POST"]),
        Route("/lab/block", _answering(block), methods=["POST"]),
        Route("/lab/smb", _answering(smb), methods=["POST"]),
    ]


def _host(body: NfsHost) -> Host:
    try:
        return Host(address=body.address, name=body.name, protocol=body.protocol, flavor=body.flavor)
    except ValueError:
        raise invalid_value(body.address, "host.address") from None


async def _done(opened: Opened, asked: _Asked) -> dict[str, object]:
    """What was asked of that is done; what there is to tell of it."""
    match asked.do:
        case "open":
            return {"handle": asdict((await opened.open(asked.path)).handle)}
        case "read":
            content = await opened.read(asked.path, offset=asked.offset or 0, length=asked.length)
            return {"content": b64encode(content).decode()}
        case "list":
            return {"names": await opened.list(asked.path)}
        case "write":
            await opened.write(b64decode(asked.content), asked.path, offset=asked.offset)
        case "rename":
            await opened.rename(asked.path, asked.new_path)
        case "make_directory":
            await opened.make_directory(asked.path)
        case "remove":
            await opened.remove(asked.path)
    return {}


def _answering(
    carry_out: Callable[[dict[str, Any]], Awaitable[dict[str, object]]],
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await carry_out(await read_object(request)))
        except DoorError as error:
            number = errno.errorcode.get(error.errno or 0, "EIO")
            return JSONResponse({"error": {"errno": number, "message": error.strerror, "path": error.filename}})

    return answer
