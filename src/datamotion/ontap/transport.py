"""One cluster's REST API over one pool of connections: requests in, records or one of our errors out.

    status >= 400 with ONTAP's error body   ClusterRefused, with ONTAP's code and message
    an answer that is not ONTAP's           ClusterRefused; after a write that may have passed, ClusterSilent
    no connection, no answer, cut off       ClusterSilent

Reads that met 429, 503 or a dropped connection are sent again, twice at most. Writes never are: nobody knows what
became of the first. Either is tried again when its connection was refused, for then it was certainly not sent: once,
and a few times more, with growing pauses, where the cluster answered something since `forget`, so that it may only be
full. A cluster that gives no connection, and meanwhile no answer to anything else, is silent until `forget`: its
connect time-out is paid once.

A certificate that cannot be verified is ClusterSilent although it is certain that nothing was sent: whoever answered is
not known to be the cluster, so the cluster itself has said nothing.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
from pydantic import TypeAdapter

from datamotion.clock import Clock
from datamotion.errors import ClusterSilent, ConfigError
from datamotion.ontap.answer import Answer, Asked, Body, Query, Request, read_answer
from datamotion.ontap.record import Record
from datamotion.ontap.silence import Silence, why_silent
from datamotion.ontap.tries import Outcome, Tries

AT_ONCE: Query = {"return_timeout": "0"}
"""A change that takes time is answered by its job, not waited for by the cluster."""

_log = logging.getLogger(__name__)

_HEADERS = {"Accept": "application/hal+json", "X-Dot-Client-App": "datamotion"}
_PAGE_RECORDS = "10000"  # what OpenStack's NetApp drivers ask of every collection
_KEEP_ALIVE_S = 60.0


class Transport:
    """Made by `open_transport`. Any number of tasks may use it; at most `limit` requests are under way at once."""

    def __init__(
        self,
        name: str,
        http: httpx.AsyncClient,
        limit: int,
        clock: Clock,
        *,
        user: str = "",
        ca_file: Path | None = None,
    ) -> None:
        self.name = name
        self._http = http
        self._limiter = anyio.CapacityLimiter(limit)
        self._clock = clock
        self._asked = Asked(name=name, url=str(http.base_url).rstrip("/"), user=user)
        self._ca_file = ca_file
        self._unreachable: Silence | None = None
        self._answers = 0
        self._answers_before = 0
        self._pausing = 0
        self.calls = 0
        """How many requests have been sent."""

    def forget(self) -> None:
        """A cluster that could not be reached is tried again by the next request."""
        self._unreachable = None
        self._answers_before = self._answers

    async def get(self, path: str, fields: Sequence[str]) -> Record:
        """The one object at this path."""
        answer = await self._send(Request("GET", _url(path, {"fields": ",".join(fields)})))
        return Record(self.name, answer.request, answer.body)

    async def get_records(self, path: str, fields: Sequence[str], query: Query | None = None) -> list[Record]:
        """All records of a collection that match the query, whatever the number of pages."""
        found: list[Record] = []
        for answer in await self.get_pages(path, fields, query):
            page = Record(self.name, answer.request, answer.body)
            page.required("records", list)
            found.extend(page.objects("records"))
        return found

    async def get_pages(
        self, path: str, fields: Sequence[str], query: Query | None = None, shape: TypeAdapter[Any] | None = None
    ) -> list[Answer]:
        """As `get_records`, each page read as `shape`, which tells its `next`; one that cannot be has its body."""
        asked = {**(query or {}), "fields": ",".join(fields), "max_records": _PAGE_RECORDS}
        found: list[Answer] = []
        url: str | None = _url(path, asked)
        while url is not None:
            answer = await self._send(Request("GET", url, page=shape))
            found.append(answer)
            url = self._next_page(answer, url)
        return found

    def _next_page(self, answer: Answer, url: str) -> str | None:
        """Where the records go on, exactly as the cluster says. Never another host: the password would go with it."""
        page = Record(self.name, answer.request, answer.body)
        following = answer.page.next if answer.page is not None else page.optional("_links.next.href", str)
        if following is not None and (following == url or not following.startswith("/api/")):
            raise page.malformed(f"its next page is {following!r}")
        return following

    async def post(self, path: str, body: Body, query: Query | None = None) -> Answer:
        return await self._send(Request("POST", _url(path, query), body))

    async def patch(self, path: str, body: Body, query: Query | None = None) -> Answer:
        return await self._send(Request("PATCH", _url(path, query), body))

    async def delete(self, path: str) -> Answer:
        return await self._send(Request("DELETE", _url(path, None)))

    async def _send(self, request: Request) -> Answer:
        tries = Tries(request)
        # A request keeps its place while it pauses: a cluster that has too much to do is asked for less.
        async with self._limiter:
            while True:
                outcome = await self._exchange(request, tries)
                pause_s = tries.pause_s(outcome, is_heard=self._answers > self._answers_before)
                if pause_s is None:
                    return self._judge(request, outcome, tries)
                await self._pause(pause_s)

    async def _pause(self, seconds: float) -> None:
        """Longer when others pause as well, so that they do not all come back at once."""
        seconds *= 1 + self._pausing / 4
        self._pausing += 1
        try:
            await self._clock.sleep(seconds)
        finally:
            self._pausing -= 1

    async def _exchange(self, request: Request, tries: Tries) -> Outcome:
        """One attempt."""
        if self._unreachable is not None:
            raise self._silent(request, self._unreachable)
        self.calls += 1
        if tries.answers_before is None:
            tries.answers_before = self._answers
        began_s = self._clock.monotonic_s()
        try:
            response = await self._http.request(request.method, request.url, json=request.body)
        except httpx.RequestError as error:
            _log.debug("%s %s: %s", self.name, request, type(error).__name__)
            return error
        self._answers += 1
        took_ms = (self._clock.monotonic_s() - began_s) * 1000
        _log.debug("%s %s: %d in %.0f ms", self.name, request, response.status_code, took_ms)
        return response

    def _judge(self, request: Request, outcome: Outcome, tries: Tries) -> Answer:
        if isinstance(outcome, httpx.RequestError):
            why = self._why(outcome)
            without_connection = isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout)
            if without_connection and self._answers == tries.answers_before:
                self._unreachable = why
            raise self._silent(request, why) from outcome
        return read_answer(self._asked, request, outcome)

    def _silent(self, request: Request, why: Silence) -> ClusterSilent:
        return ClusterSilent(self.name, f"{self._asked} {why.message}", request=str(request), hint=why.hint)

    def _why(self, error: httpx.RequestError) -> Silence:
        return why_silent(error, timeout=self._http.timeout, ca_file=self._ca_file)


@asynccontextmanager
async def open_transport(
    name: str,
    *,
    url: str,
    user: str,
    password: str,
    ca_file: Path | None,
    connect_timeout_s: float,
    read_timeout_s: float,
    limit: int,
    clock: Clock,
    http_transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Transport]:
    """A transport whose connections are closed at the end. Nothing is contacted before the first request.

    `http_transport` answers instead of the network, as a lab in this process does; the CA file is not read then.
    Proxies and credentials that the environment names are not used.
    Raises: ConfigError when the CA file cannot be read.
    """
    async with httpx.AsyncClient(
        base_url=url,
        auth=httpx.BasicAuth(user, password),
        headers=_HEADERS,
        timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s, pool=None),
        limits=httpx.Limits(max_connections=limit, max_keepalive_connections=limit, keepalive_expiry=_KEEP_ALIVE_S),
        verify=_trust(name, ca_file) if http_transport is None else True,
        transport=http_transport,
        trust_env=False,
    ) as http:
        yield Transport(name, http, limit, clock, user=user, ca_file=ca_file)


def _trust(name: str, ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise ConfigError(
            f"clusters.{name}.ca_file: {ca_file} holds no certificate in PEM form",
            hint="It has to hold the CA's certificate, from BEGIN CERTIFICATE to END CERTIFICATE.",
        ) from error
    except OSError as error:
        raise ConfigError(
            f"clusters.{name}.ca_file: {ca_file} cannot be read: {error.strerror}",
            hint="Name the file that holds the certificate of the CA that signed the cluster's.",
        ) from error


def _url(path: str, query: Query | None) -> str:
    return str(httpx.URL(f"/api{path}", params=query))
