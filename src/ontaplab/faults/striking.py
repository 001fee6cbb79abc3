"""The application of a cluster with its faults in front of it."""

from __future__ import annotations

from typing import Never
from urllib.parse import unquote

import anyio
import httpx
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ontaplab.clock import Clock
from ontaplab.errors import OntapError
from ontaplab.faults.fault import Fault
from ontaplab.faults.faults import Faults
from ontaplab.faults.operation import Operation

FROM_CLUSTER = "X-Ontaplab-Cluster"
"""The header by which a request between clusters tells who sends it: name and intercluster address."""

_RETRY_AFTER_S = 1
_BUSY = (429, 503)


class Cut(httpx.RemoteProtocolError):
    """Raised to whoever runs the application: the connection ends without an answer."""

    def __init__(self) -> None:
        super().__init__("Server disconnected without sending a response.")


class Refused(httpx.ConnectError):
    """Raised to whoever runs the application: the connection never came about."""

    def __init__(self) -> None:
        super().__init__("All connection attempts failed")


class Hostile:
    """`app`, as far as the faults let it answer. Whoever runs it meets Cut and Refused; httpx raises them to callers.

    The lab's own requests, below `/lab`, are never struck.
    """

    def __init__(self, app: ASGIApp, faults: Faults, clock: Clock) -> None:
        self._app = app
        self._faults = faults
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not len(self._faults.records) or scope["path"].startswith("/lab/"):
            await self._app(scope, receive, send)
            return
        operation = _operation(scope)
        if operation.path.startswith("/intercluster") and self._faults.is_cut_from(*_sender(scope)):
            raise Refused
        waits_s = self._faults.latency_s(operation)
        if waits_s:
            await self._clock.sleep(waits_s)
        fault = self._faults.on_request(operation)
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._strike(fault, scope, receive, send)

    async def _strike(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case "refuse":
                raise Refused
            case "status":
                await _status(fault)(scope, receive, send)
            case "hang":
                await self._hang(fault, receive)
            case "lost_answer":
                await self._app(scope, receive, _discard)
                raise Cut
            case "duplicate":
                await self._twice(scope, receive, send)
            case "kill":
                await self._kill(fault, scope, receive)
            case _:
                raise Cut

    async def _hang(self, fault: Fault, receive: Receive) -> Never:
        """No answer until the client has gone or the fault was removed."""
        async with anyio.create_task_group() as tasks:

            async def until_gone() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(until_gone)
            await self._faults.wait_removed(fault.uuid)
            tasks.cancel_scope.cancel()
        raise Cut

    async def _twice(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        await self._app(scope, _Again(body, receive), _discard)
        await self._app(scope, _Again(body, receive), send)

    async def _kill(self, fault: Fault, scope: Scope, receive: Receive) -> Never:
        assert self._faults.kill is not None, "such a fault is not taken where nothing can be killed"
        if fault.when == "after":
            await self._app(scope, receive, _discard)
        self._faults.kill()
        raise Cut


class _Again:
    """Delivers a body that was read before, then what still comes."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _operation(scope: Scope) -> Operation:
    path = scope["path"].rstrip("/").removeprefix("/api")
    return Operation(scope["method"], path or "/", unquote(scope["query_string"].decode()))


def _sender(scope: Scope) -> list[str]:
    names = [value.decode() for name, value in scope["headers"] if name == FROM_CLUSTER.lower().encode()]
    return names[0].split() if names else []


def _status(fault: Fault) -> Response:
    """Assumption: no source shows the body of such answers; they are taken to be shaped like all other errors."""
    message = fault.message or "The cluster cannot answer this request now."
    error = OntapError(fault.status, fault.code or "1", message)
    retry_after_s = fault.retry_after_s
    if retry_after_s is None and fault.status in _BUSY:
        retry_after_s = _RETRY_AFTER_S
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return Response(to_json({"error": error.body()}), fault.status, headers, media_type="application/hal+json")


async def _body(receive: Receive) -> bytes:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body


async def _discard(message: Message) -> None:
    """To nobody."""
