"""A reply of stretches of files, which the server sends without reading them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ontaplab.bulk import ZERO_COPY, OpenFile
from ontaplab.cluster import Offload
from ontaplab.disk.stream import Stretch


class StretchesResponse(Response):
    """For a connection that knows ASGI's extension for zero copies."""

    def __init__(self, stretches: Iterator[bytes | Stretch], offload: Offload, headers: Mapping[str, str]) -> None:
        super().__init__(status_code=206, headers=headers, media_type="application/octet-stream")
        self._stretches = stretches
        self._offload = offload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while (stretch := await self._offload(partial(next, self._stretches, None))) is not None:
            if isinstance(stretch, bytes):
                await send({"type": "http.response.body", "body": stretch, "more_body": True})
            else:
                file, offset, count = OpenFile(stretch.descriptor), stretch.offset, stretch.length
                await send({"type": ZERO_COPY, "file": file, "offset": offset, "count": count, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
