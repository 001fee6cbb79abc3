"""How a cluster's clock differs from ours, from the `Date` of its answers alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from datamotion.model.view import STANDING, Aspect, ClusterClock
from tests.datamotion.ontap.served import look
from tests.datamotion.ontap.wire import START, QuickClock, Sent, Wire, a_cluster, records, run_on

MINUTE = timedelta(minutes=1)


def told(*dates: str | datetime | None) -> Wire:
    """One of these with each answer; the last again and again."""

    def headers() -> Iterator[dict[str, str]]:
        for date in (*dates, *(dates[-1:] * 100)):
            yield {} if date is None else {"Date": format_datetime(date, True) if isinstance(date, datetime) else date}

    following = headers()

    def answer(sent: Sent) -> httpx.Response:
        response = records()
        response.headers.update(next(following))
        return response

    return Wire(answer)


@pytest.mark.parametrize(
    ("difference", "ahead"),
    [
        (timedelta(), timedelta()),
        (-timedelta(seconds=1), timedelta()),  # the second that it tells may have been over
        (timedelta(seconds=3), timedelta(seconds=3)),
        (-timedelta(seconds=3), -timedelta(seconds=2)),
        (7 * MINUTE, 7 * MINUTE),
    ],
)
def test_it_is_what_the_second_told_leaves_at_least(backend: str, difference: timedelta, ahead: timedelta) -> None:
    assert look(backend, told(START + difference), STANDING).clock.ahead == ahead


def test_a_slow_answer_is_no_difference(backend: str) -> None:
    """Nor is it known when on its way the time was told; a quicker answer knows better."""

    def answer(sent: Sent) -> httpx.Response:
        slow = sent.path.endswith("svms")
        clock.slept_s.append(8 if slow else 0)
        response = records()
        response.headers["Date"] = format_datetime(clock.now() + 2 * MINUTE, usegmt=True)
        return response

    clock = QuickClock()
    found: list[ClusterClock] = []

    async def go() -> None:
        async with a_cluster(Wire(answer), clock=clock) as cluster:
            found.append((await cluster.observe({Aspect.SVMS}, ())).clock)
            found.append((await cluster.observe({Aspect.POLICIES}, ())).clock)

    run_on(backend, go)
    assert [each.ahead for each in found] == [2 * MINUTE, 2 * MINUTE]


@pytest.mark.parametrize(
    "dates",
    [
        [None],
        ["yesterday"],
        ["Sun, 01 Mar 99999 12:00:00 GMT"],
        ["Fri, 31 Dec 9999 23:59:59 -2359"],
        [START, START + 2 * MINUTE],  # it was set meanwhile
        [START, "yesterday"],
    ],
)
def test_one_that_does_not_tell_is_not_known(backend: str, dates: list[str | datetime | None]) -> None:
    clock = look(backend, told(*dates), STANDING).clock
    assert clock.ahead is None
    assert not clock.is_believed
    assert str(clock) == "cannot be read"


@pytest.mark.parametrize(
    ("difference", "is_believed"), [(5 * MINUTE, True), (-5 * MINUTE - timedelta(seconds=2), False)]
)
def test_it_is_believed_within_its_limit(backend: str, difference: timedelta, is_believed: bool) -> None:
    assert look(backend, told(START + difference), STANDING).clock.is_believed is is_believed
