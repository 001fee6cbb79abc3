"""Answers that do not come: what is said of it, and what is sent again."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import httpx
import pytest

from datamotion.clock import SystemClock
from datamotion.engine.ports import Unanswered
from datamotion.errors import ClusterRefused, ClusterSilent
from datamotion.model.view import EVERYTHING
from datamotion.model.volume_acts import ModifyVolume
from datamotion.ontap.transport import Transport
from tests.datamotion.ontap.served import a_wire
from tests.datamotion.ontap.wire import (
    QuickClock,
    Sent,
    Wire,
    a_cluster,
    a_transport,
    act,
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


def refused() -> httpx.ConnectError:
    """As httpx tells of a connection that the other end turned away."""
    error = httpx.ConnectError("All connection attempts failed", request=REQUEST)
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    return error


@pytest.mark.parametrize("request_of", [read, write])
def test_a_request_whose_connection_was_refused_is_sent_again(
    backend: str, request_of: Callable[[str, Wire], object]
) -> None:
    wire = in_turn(refused(), records())
    request_of(backend, wire)
    assert len(wire.sent) == 2


def test_a_cluster_that_refuses_everything_is_tried_twice(backend: str) -> None:
    clock, wire = QuickClock(), always(refused())

    async def go() -> None:
        async with a_transport(wire, clock=clock) as transport:
            for _ in range(3):
                with pytest.raises(ClusterSilent, match="refused the connection"):
                    await transport.get_records("/svm/svms", ("name",))

    run_on(backend, go)
    assert len(wire.sent) == 2, "and then it is silent"
    assert clock.slept_s == [0.2]


def test_a_cluster_that_answers_others_is_full_and_not_silent() -> None:
    """It has room for one at a time, and takes a while for each."""
    under_way, wrote = 0, 0

    class Full(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal under_way, wrote
            if under_way:
                raise refused()
            under_way += 1
            await anyio.sleep(0.1)
            under_way -= 1
            wrote += request.method == "PATCH"
            return records()

    async def go() -> None:
        async with (
            a_transport(Full(), clock=SystemClock(), limit=8) as transport,
            anyio.create_task_group() as tasks,
        ):
            for number in range(3):
                tasks.start_soon(transport.get_records, "/svm/svms", ("name",))
                tasks.start_soon(transport.patch, f"/storage/volumes/v{number}", {"comment": "x"})

    run_on("trio", go)
    assert wrote == 3


def test_one_that_finds_no_room_does_not_make_the_cluster_silent(backend: str) -> None:
    def answer(sent: Sent) -> httpx.Response:
        if sent.method == "PATCH":
            raise refused()
        return records()

    clock, wire = QuickClock(), Wire(answer)

    async def go() -> None:
        async with a_transport(wire, clock=clock) as transport:
            await transport.get_records("/svm/svms", ("name",))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(give_up, transport)
                while wire.sent[-1].method != "PATCH":
                    await anyio.lowlevel.checkpoint()
                await transport.get_records("/svm/svms", ("name",))
            await transport.get_records("/svm/svms", ("name",))

    async def give_up(transport: Transport) -> None:
        with pytest.raises(ClusterSilent, match="refused the connection"):
            await transport.patch("/storage/volumes/v1", {"comment": "x"})

    run_on(backend, go)
    assert clock.slept_s == [0.2, 0.5, 1.0, 2.0]
    assert [sent.method for sent in wire.sent].count("PATCH") == 5


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectTimeout("", request=REQUEST),
        httpx.ConnectError("no route", request=REQUEST),
        refused(),
    ],
)
def test_what_is_said_of_a_request_that_was_not_sent_is_about_this_request(backend: str, error: Exception) -> None:
    with pytest.raises(ClusterSilent) as caught:
        read(backend, always(error))
    assert str(caught.value.hint).startswith("This request was not sent. ")


def test_a_look_asks_a_cluster_again_that_could_not_be_reached(backend: str) -> None:
    whole = a_wire().answer
    reachable = False

    def answer(sent: Sent) -> httpx.Response:
        if not reachable:
            raise httpx.ConnectTimeout("", request=REQUEST)
        return whole(sent)

    wire = Wire(answer)

    async def go() -> None:
        nonlocal reachable
        async with a_cluster(wire, limit=1) as cluster:
            for looks in (1, 2):
                with pytest.raises(ClusterSilent):
                    await cluster.observe(EVERYTHING, ["svm_gold"])
                assert len(wire.sent) == looks, "the time-out is paid once a look"
            (reply,) = await cluster.ask([act(ModifyVolume(uuid="v-1", comment="x"))])
            assert isinstance(reply, Unanswered)
            assert len(wire.sent) == 2, "a change does not pay it again"
            reachable = True
            assert len((await cluster.observe(EVERYTHING, ["svm_gold"])).volumes) == 1

    run_on(backend, go)
