"""One cluster's pool of connections: a request in, its answer or one of our errors out, within the limits.

Reads that met 429, 503 or a dropped connection are sent again, twice at most. Writes never are: nobody knows what
became of the first. Either is tried again when its connection was refused, for then it was certainly not sent: once,
and a few times more, with growing pauses, where the cluster answered something since `forget`, so that it may only be
full. A cluster that gives no connection, and meanwhile no answer to anything else, is silent until `forget`: its
connect time-out is paid once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import lru_cache
from pathlib import Path

import anyio
import httpx

from datamotion.clock import Clock
from datamotion.engine.counting import count_call
from datamotion.engine.ports import Delay
from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from datamotion.ontap.answer import TOO_BUSY, Answer, Asked, Request, Response, overrun_error, read_answer, unreadable
from datamotion.ontap.errors import told
from datamotion.ontap.limits import Budget, Limits, Overrun
from datamotion.ontap.silence import Silence, why_silent
from datamotion.ontap.tries import Outcome, Tries

_log = logging.getLogger(__name__)


class Connection:
    """Any number of tasks may use it; at most `limit` requests are under way at once."""

    def __init__(
        self,
        asked: Asked,
        http: httpx.AsyncBaseTransport,
        clock: Clock,
        *,
        headers: Mapping[str, str],
        timeout: httpx.Timeout,
        limit: int,
        limits: Limits,
        ca_file: Path | None,
    ) -> None:
        self.asked = asked
        self.limits = limits
        # No client of httpx's: what one adds (cookies, redirects) is no part of this, and costs as much as the rest.
        self._http = http
        self._headers = httpx.Headers(headers)
        self._timeout = timeout
        self._limiter = anyio.CapacityLimiter(limit)
        self._clock = clock
        self._ca_file = ca_file
        self._unreachable: Silence | None = None
        self._answers = 0
        self._answers_before = 0
        self._pausing = 0
        self._under_way: list[float] = []  # since when, of requests without any answer yet: the oldest first

    def forget(self) -> None:
        """A cluster that could not be reached is tried again by the next request."""
        self._unreachable = None
        self._answers_before = self._answers

    @property
    def unanswered(self) -> Delay | None:
        """The request that has waited longest for an answer; None where none is under way."""
        if not self._under_way:
            return None
        return Delay(self._under_way[0], self._under_way[0] + (self._timeout.read or 0))

    async def send(self, request: Request, budget: Budget) -> Answer:
        """The answer, within the budget; to a change, within the time that one may take.

        Raises: ClusterRefused, ClusterSilent, whatever went wrong.
        """
        # A request keeps its place while it pauses: a cluster that has too much to do is asked for less.
        async with self._limiter:
            with anyio.move_on_after(float("inf") if request.only_reads else self.limits.change_s):
                try:
                    return await self._answer_to(request, budget)
                except ClusterError:
                    raise
                except Overrun as overrun:
                    raise overrun_error(self.asked, request, overrun) from None
                except Exception as error:  # whatever a cluster sends, it stops no other one
                    _log.debug("%s %s", self.asked.name, request, exc_info=True)
                    raise unreadable(self.asked, request, f"{type(error).__name__}: {told(error)}") from error
        raise self.overdue(request, self.limits.change_s, "change_timeout")

    def overdue(self, request: Request | str, limit_s: float, key: str) -> ClusterSilent:
        """No whole answer came in time, though bytes may have."""
        return ClusterSilent(
            self.asked.name,
            f"{self.asked} did not answer within {limit_s:g} s in all",
            request=str(request),
            hint=f"It may still be at work on it. `{key}` of the cluster says how long that may take.",
        )

    def overdue_look(self, budget: Budget) -> ClusterError:
        """No silence where it said to the end that it is too busy: that is an answer, however long it was asked."""
        limit_s, key = self.limits.look_s, "look_timeout"
        if not budget.is_busy:
            return self.overdue("GET", limit_s, key)
        return ClusterRefused(
            self.asked.name,
            f"{self.asked} said to the end of {limit_s:g} s that it has too much to do",
            request="GET",
            status=503,
            ontap_code="",
            hint=f"`{key}` of the cluster says how long it is asked.",
            transient=True,
        )

    async def _answer_to(self, request: Request, budget: Budget) -> Answer:
        tries = Tries(request)
        while True:
            outcome = await self._exchange(request, tries, budget)
            pause_s = tries.pause_s(outcome, is_heard=self._answers > self._answers_before)
            if pause_s is None:
                return self._judge(request, outcome, tries, budget)
            await self._pause(pause_s)

    async def _pause(self, seconds: float) -> None:
        """Longer when others pause as well, so that they do not all come back at once."""
        seconds *= 1 + self._pausing / 4
        self._pausing += 1
        try:
            await self._clock.sleep(seconds)
        finally:
            self._pausing -= 1

    async def _exchange(self, request: Request, tries: Tries, budget: Budget) -> Outcome:
        """One attempt. Raises: Overrun."""
        if self._unreachable is not None:
            raise self._no_answer(request, self._unreachable)
        count_call()
        if tries.answers_before is None:
            tries.answers_before = self._answers
        began_s, asked_at = self._clock.monotonic_s(), self._clock.now()
        try:
            async with AsyncExitStack() as stack:
                self._under_way.append(began_s)
                try:
                    response = await self._http.handle_async_request(self._written(request))
                    stack.push_async_callback(response.aclose)
                finally:
                    self._under_way.remove(began_s)
                self._answers += 1
                budget.is_busy = response.status_code in TOO_BUSY
                budget.dates.hear(response.headers.get("date"), asked_at, self._clock.now())
                content = await budget.read(response)
        except httpx.RequestError as error:
            _log.debug("%s %s: %s", self.asked.name, request, type(error).__name__)
            return error
        took_ms = (self._clock.monotonic_s() - began_s) * 1000
        _log.debug("%s %s: %d in %.0f ms", self.asked.name, request, response.status_code, took_ms)
        return Response(response.status_code, response.headers.get("content-type", ""), content)

    def _written(self, request: Request) -> httpx.Request:
        return httpx.Request(
            request.method,
            _absolute(self.asked.url, request.url),
            headers=self._headers,
            json=request.body,
            extensions={"timeout": self._timeout.as_dict()},
        )

    def _judge(self, request: Request, outcome: Outcome, tries: Tries, budget: Budget) -> Answer:
        if isinstance(outcome, httpx.RequestError):
            why = why_silent(outcome, timeout=self._timeout, ca_file=self._ca_file)
            without_connection = isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout)
            if without_connection and self._answers == tries.answers_before:
                self._unreachable = why
            raise self._no_answer(request, why) from outcome
        return read_answer(self.asked, request, outcome, budget)

    def _no_answer(self, request: Request, why: Silence) -> ClusterRefused | ClusterSilent:
        """One whose certificate is not trusted is alive as far as anybody can tell: it is no lost site."""
        message = f"{self.asked} {why.message}"
        if why.is_distrust:
            return ClusterRefused(
                self.asked.name, message, request=str(request), status=0, ontap_code="", hint=why.hint
            )
        return ClusterSilent(self.asked.name, message, request=str(request), hint=why.hint)


@lru_cache(maxsize=4096)
def _absolute(cluster: str, url: str) -> httpx.URL:
    """Looks ask the same again and again, and to take a URL apart costs as much as all else of sending it."""
    return httpx.URL(cluster + url)
