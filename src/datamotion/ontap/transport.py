"""One cluster's REST API over one pool of connections: requests in, records or one of our errors out.

    status >= 400 with ONTAP's error body   ClusterRefused, with ONTAP's code and message
    an answer that is not ONTAP's           ClusterRefused; after a write that may have passed, ClusterSilent
    no connection, no answer, cut off       ClusterSilent

What is sent again, and when, is told in `connection`; how much may come back, in `limits`.

A certificate that cannot be verified is ClusterSilent although it is certain that nothing was sent: whoever answered is
not known to be the cluster, so the cluster itself has said nothing.
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import anyio
import httpx
from pydantic import TypeAdapter

from datamotion.clock import Clock
from datamotion.engine.ports import Delay
from datamotion.errors import ConfigError
from datamotion.model.view import ClusterClock
from datamotion.ontap.answer import Answer, Asked, Body, Query, Request, overrun_error
from datamotion.ontap.connection import Connection
from datamotion.ontap.limits import Budget, Limits, Overrun
from datamotion.ontap.record import Record

AT_ONCE: Query = {"return_timeout": "0"}
"""A change that takes time is answered by its job, not waited for by the cluster."""
IN_A_MOMENT: Query = {"return_timeout": "2"}
"""A change that takes none is answered when it is done: no job to ask about while clients wait."""

# Compressed bytes would be bounded only once they are unfolded: none are asked for, and none are taken.
_HEADERS = {"Accept": "application/hal+json", "Accept-Encoding": "identity", "X-Dot-Client-App": "datamotion"}
_PAGE_RECORDS = "10000"  # what OpenStack's NetApp drivers ask of every collection
_KEEP_ALIVE_S = 60.0


class Transport:
    """Made by `open_transport`. What is read with one that `looking` gives shares the limits of one look."""

    def __init__(self, connection: Connection, budget: Budget | None = None) -> None:
        self.name = connection.asked.name
        self._connection = connection
        self._budget = budget

    @property
    def user(self) -> str:
        """The account that asks."""
        return self._connection.asked.user

    @property
    def unanswered(self) -> Delay | None:
        """The request that has waited longest for an answer; None where none is under way."""
        return self._connection.unanswered

    @property
    def limits(self) -> Limits:
        return self._connection.limits

    @property
    def clock(self) -> ClusterClock:
        """The cluster's, as far as the answers to this look tell. Of one that `looking` gave."""
        assert self._budget is not None
        return self._budget.dates.clock(timedelta(seconds=self.limits.clock_s))

    def forget(self) -> None:
        """A cluster that could not be reached is tried again by the next request."""
        self._connection.forget()

    @contextmanager
    def looking(self) -> Iterator[Transport]:
        """For one look: all that is asked for in it, and however many pages that is, has one deadline and one budget.

        Raises: ClusterSilent when the deadline has passed; ClusterRefused, where it was too busy up to then.
        """
        budget = Budget(self._connection.limits)
        with anyio.move_on_after(budget.limits.look_s) as scope:
            yield Transport(self._connection, budget)
        if scope.cancelled_caught:
            raise self._connection.overdue_look(budget)

    async def get(self, path: str, fields: Sequence[str], query: Query | None = None) -> Record:
        """The one object at this path."""
        request = Request("GET", _url(path, {**(query or {}), "fields": ",".join(fields)}))
        answer = await self._connection.send(request, self._budget or Budget(self._connection.limits))
        return Record(self.name, answer.request, answer.body)

    async def get_records(self, path: str, fields: Sequence[str], query: Query | None = None) -> list[Record]:
        """All records of a collection that match the query, whatever the number of pages."""
        found: list[Record] = []
        for answer in await self.get_pages(path, fields, query):
            page = Record(self.name, answer.request, answer.body)
            for number, values in enumerate(page.required("records", list), start=1):
                is_object = isinstance(values, Mapping)  # else it has no field that is needed
                found.append(Record(self.name, answer.request, values if is_object else {}, number))
        return found

    async def get_pages(
        self, path: str, fields: Sequence[str], query: Query | None = None, shape: TypeAdapter[Any] | None = None
    ) -> list[Answer]:
        """As `get_records`, each page read as `shape`, which tells its `next`; one that cannot be has its body."""
        asked = {**(query or {}), "fields": ",".join(fields), "max_records": _PAGE_RECORDS}
        found: list[Answer] = []
        if self._budget is not None:
            await self._turn_pages(_url(path, asked), shape, self._budget, found)
            return found
        with self.looking() as look:
            assert look._budget is not None
            await look._turn_pages(_url(path, asked), shape, look._budget, found)
        return found

    async def _turn_pages(
        self, first: str, shape: TypeAdapter[Any] | None, budget: Budget, found: list[Answer]
    ) -> None:
        url: str | None = first
        seen = {first}
        while url is not None:
            request = Request("GET", url, page=shape)
            try:
                budget.turn_page()
            except Overrun as overrun:
                raise overrun_error(self._connection.asked, request, overrun) from None
            answer = await self._connection.send(request, budget)
            found.append(answer)
            url = self._next_page(answer, first, seen)

    def _next_page(self, answer: Answer, first: str, seen: set[str]) -> str | None:
        """Where the records go on, exactly as the cluster says. Never another host: the password would go with it.

        Nor another collection, nor a page that was seen before: records would come twice, or for ever.
        """
        page = Record(self.name, answer.request, answer.body)
        following = answer.page.next if answer.page is not None else page.optional("_links.next.href", str)
        if following is None:
            if answer.page is None and page.optional("_links.next", dict) is not None:
                raise page.malformed("it does not say where its next page is")
            return None
        if following in seen:
            raise page.malformed(f"its next page is one that was read before, {following!r:.200}")
        if not _is_page_of(following, first):
            raise page.malformed(f"its next page is {following!r:.200}, which is no page of it")
        seen.add(following)
        return following

    async def post(self, path: str, body: Body, query: Query | None = None) -> Answer:
        return await self._change(Request("POST", _url(path, query), body))

    async def patch(self, path: str, body: Body, query: Query | None = None) -> Answer:
        return await self._change(Request("PATCH", _url(path, query), body))

    async def delete(self, path: str, query: Query | None = None) -> Answer:
        return await self._change(Request("DELETE", _url(path, query)))

    async def _change(self, request: Request) -> Answer:
        return await self._connection.send(request, Budget(self._connection.limits))


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
    limits: Limits,
    clock: Clock,
    http_transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Transport]:
    """A transport whose connections are closed at the end. Nothing is contacted before the first request.

    `http_transport` answers instead of the network, as a lab in this process does; the CA file is not read then.
    Proxies and credentials that the environment names are not used.
    Raises: ConfigError when the CA file cannot be read.
    """
    asked = Asked(name=name, url=str(httpx.URL(url)).rstrip("/"), user=user)
    http = http_transport or httpx.AsyncHTTPTransport(
        verify=_trust(name, ca_file),
        trust_env=False,
        limits=httpx.Limits(max_connections=limit, max_keepalive_connections=limit, keepalive_expiry=_KEEP_ALIVE_S),
    )
    async with http:
        connection = Connection(
            asked,
            http,
            clock,
            headers={**_HEADERS, "Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"},
            timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s, pool=None),
            limit=limit,
            limits=limits,
            ca_file=ca_file,
        )
        yield Transport(connection)


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


def _is_page_of(following: str, first: str) -> bool:
    """Whether a link leads to more of the same collection."""
    try:
        url = httpx.URL(following)
    except httpx.InvalidURL:
        return False
    return url.is_relative_url and following.partition("?")[0] == first.partition("?")[0]


def _url(path: str, query: Query | None) -> str:
    return _written(path, None if query is None else tuple(query.items()))


@lru_cache(maxsize=4096)
def _written(path: str, query: tuple[tuple[str, str], ...] | None) -> str:
    return str(httpx.URL(f"/api{path}", params=query))
