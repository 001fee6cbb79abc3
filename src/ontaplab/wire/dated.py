"""The `Date` of every answer: by the cluster's own clock, as everything else that it tells of time."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ontaplab.clock import Clock


class Dated:
    """`app`, whose answers have that header (RFC 9110)."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"date", _written(self._clock.now().replace(microsecond=0))))
            await send(message)

        await self._app(scope, receive, dated)


@lru_cache(maxsize=16)
def _written(second: datetime) -> bytes:
    return format_datetime(second, usegmt=True).encode()
