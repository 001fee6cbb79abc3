"""Answers that do not come: what is said of it, and what is sent again."""

from __future__ import annotations

import httpx
import pytest

from datamotion.errors import ClusterRefused, ClusterSilent
from tests.datamotion.ontap.wire import (
    QuickClock,
    a_transport,
    always,
    an_error,
    in_turn,
    read,
    records,
    run_on,
    write,
)

REQUEST = httpx.Request("GET", "https://paris.test")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            httpx.ConnectTimeout("", request=REQUEST),
            "paris (https://paris.test) did not accept a connection within 3 s",
        ),
        (httpx.ConnectError("no route", request=REQUEST), "paris (https://paris.test) cannot be reached: no route"),
        (httpx.ReadTimeout("", request=REQUEST), "paris (https://paris.test) did not answer within 30 s"),
        (httpx.WriteTimeout("", request=REQUEST), "paris (https://paris.test) did not answer within 30 s"),
        (httpx.ReadError("reset", request=REQUEST), "closed the connection before it answered"),
        (httpx.RemoteProtocolError("gone", request=REQUEST), "closed the connection before it answered"),
    ],
)
def test_silence_says_what_happened(backend: str, error: Exception, said: str) -> None:
    with pytest.raises(ClusterSilent) as caught:
        read(backend, always(error))
    assert said in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_status == 4


@pytest.mark.parametrize(
    "passing",
    [
        an_error("1", "too many requests", status=429),
        an_error("1", "starting", status=503),
        httpx.RemoteProtocolError("dropped while idle", request=REQUEST),
        httpx.ReadError("reset", request=REQUEST),
    ],
)
def test_a_read_is_sent_again_twice_at_most(backend: str, passing: httpx.Response | Exception) -> None:
    clock = QuickClock()
    assert read(backend, in_turn(passing, passing, records({"name": "a"})), clock) == [{"name": "a"}]
    assert clock.slept_s == [0.2, 1.0]
    given_up = always(passing)
    with pytest.raises((ClusterRefused, ClusterSilent)):
        read(backend, given_up)
    assert len(given_up.sent) == 3


@pytest.mark.parametrize(
    ("passing", "error"),
    [
        (an_error("1", "starting", status=503), ClusterRefused),
        (httpx.RemoteProtocolError("dropped", request=REQUEST), ClusterSilent),
        (httpx.ReadTimeout("", request=REQUEST), ClusterSilent),
    ],
)
def test_a_write_is_never_sent_again(backend: str, passing: httpx.Response | Exception, error: type[Exception]) -> None:
    wire = always(passing)
    with pytest.raises(error):
        write(backend, wire)
    assert len(wire.sent) == 1


def test_a_read_that_timed_out_is_not_sent_again(backend: str) -> None:
    wire = always(httpx.ReadTimeout("", request=REQUEST))
    with pytest.raises(ClusterSilent):
        read(backend, wire)
    assert len(wire.sent) == 1


def test_a_cluster_without_connection_is_asked_once_until_forgotten(backend: str) -> None:
    wire = in_turn(httpx.ConnectTimeout("", request=REQUEST), records(), records())

    async def go() -> None:
        async with a_transport(wire) as transport:
            for _ in range(3):
                with pytest.raises(ClusterSilent, match="within 3 s"):
                    await transport.get_records("/svm/svms", ("name",))
            assert len(wire.sent) == 1
            transport.forget()
            assert await transport.get_records("/svm/svms", ("name",)) == []

    run_on(backend, go)
    assert len(wire.sent) == 2


def test_a_cluster_that_did_not_answer_in_time_is_asked_again(backend: str) -> None:
    wire = in_turn(httpx.ReadTimeout("", request=REQUEST), records())

    async def go() -> None:
        async with a_transport(wire) as transport:
            with pytest.raises(ClusterSilent):
                await transport.get_records("/svm/svms", ("name",))
            await transport.get_records("/svm/svms", ("name",))

    run_on(backend, go)
