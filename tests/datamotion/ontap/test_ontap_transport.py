"""Requests, pages, retries, and the tree of errors."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from datamotion.errors import ClusterRefused, ClusterSilent, ConfigError
from datamotion.ontap.errors import MalformedRecord
from tests.datamotion.ontap.wire import QuickClock, Sent, Wire, a_transport, an_error, records, run_on


def always(response: httpx.Response | Exception) -> Wire:
    def answer(_: Sent) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    return Wire(answer)


def in_turn(*responses: httpx.Response | Exception) -> Wire:
    left = list(responses)

    def answer(_: Sent) -> httpx.Response:
        response = left.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    return Wire(answer)


def read(backend: str, wire: Wire, clock: QuickClock | None = None) -> list[Any]:
    """The values of all records of /svm/svms."""
    found: list[Any] = []

    async def go() -> None:
        async with a_transport(wire, clock=clock) as transport:
            found.extend(record.values for record in await transport.get_records("/svm/svms", ("name",)))

    run_on(backend, go)
    return found


def write(backend: str, wire: Wire) -> None:
    async def go() -> None:
        async with a_transport(wire) as transport:
            await transport.patch("/storage/volumes/v1", {"comment": "x"})

    run_on(backend, go)


def test_a_request_says_who_asks_and_as_whom(backend: str) -> None:
    wire = always(records())
    read(backend, wire)
    (sent,) = wire.sent
    assert sent.line == "GET /api/svm/svms"
    assert sent.query == {"fields": "name", "max_records": "10000"}
    assert sent.headers["accept"] == "application/hal+json"
    assert sent.headers["x-dot-client-app"] == "datamotion"
    assert sent.headers["authorization"] == "Basic " + b64encode(b"admin:s3cret").decode()


def test_pages_are_followed_verbatim_to_the_end(backend: str) -> None:
    following = "/api/svm/svms?start.uuid=u%2F2&fields=name&max_records=2"
    wire = in_turn(records({"name": "a"}, {"name": "b"}, following=following), records({"name": "c"}))
    assert read(backend, wire) == [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    assert wire.sent[1].query == {"start.uuid": "u/2", "fields": "name", "max_records": "2"}


@pytest.mark.parametrize("following", ["https://elsewhere.test/api/svm/svms", "//elsewhere.test/api", "nowhere"])
def test_a_next_page_elsewhere_is_never_asked_for(backend: str, following: str) -> None:
    wire = always(records(following=following))
    with pytest.raises(MalformedRecord, match="next page"):
        read(backend, wire)
    assert len(wire.sent) == 1


def test_a_page_that_leads_to_itself_ends_in_an_error(backend: str) -> None:
    with pytest.raises(MalformedRecord, match="next page"):
        read(backend, always(records(following="/api/svm/svms?fields=name&max_records=10000")))


def test_a_refusal_carries_code_message_status_and_request(backend: str) -> None:
    with pytest.raises(ClusterRefused) as caught:
        write(backend, always(an_error("917628", "not for this type of volume", status=400)))
    refusal = caught.value
    assert refusal.message == ("paris refused PATCH /api/storage/volumes/v1: not for this type of volume (code 917628)")
    assert (refusal.cluster, refusal.status, refusal.ontap_code) == ("paris", 400, "917628")
    assert refusal.request == "PATCH /api/storage/volumes/v1"
    assert not refusal.transient


@pytest.mark.parametrize("code", ["13303816", "13304159", "6619715", "6619720"])
def test_a_refusal_that_passes_by_itself_says_so(backend: str, code: str) -> None:
    with pytest.raises(ClusterRefused) as caught:
        write(backend, always(an_error(code, "try again")))
    assert caught.value.transient
    assert "in a minute" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("reason", "transient"), [("Another transfer is in progress.", True), ("the source is offline", False)]
)
def test_a_failed_transfer_is_transient_only_when_another_runs(backend: str, reason: str, transient: bool) -> None:
    with pytest.raises(ClusterRefused) as caught:
        write(backend, always(an_error("13303844", f"Update failed: {reason}")))
    assert caught.value.transient is transient


@pytest.mark.parametrize(("status", "transient"), [(429, True), (503, True), (500, False)])
def test_a_cluster_that_has_too_much_to_do_is_a_transient_refusal(backend: str, status: int, transient: bool) -> None:
    with pytest.raises(ClusterRefused) as caught:
        write(backend, always(an_error("1", "not now", status=status)))
    assert caught.value.transient is transient


@pytest.mark.parametrize("body", [b"", b'{"error":{"code":"6","message":"User is not authorized."}}', b"<html>401"])
def test_a_wrong_password_is_a_refusal_naming_user_and_cluster_but_not_the_password(backend: str, body: bytes) -> None:
    with pytest.raises(ClusterRefused) as caught:
        read(backend, always(httpx.Response(401, content=body)))
    assert caught.value.status == 401
    assert "paris" in str(caught.value.hint)
    assert "'admin'" in str(caught.value.hint)
    assert "s3cret" not in f"{caught.value!r} {caught.value.message} {caught.value.hint}"


def test_a_role_that_forbids_is_explained(backend: str) -> None:
    with pytest.raises(ClusterRefused) as caught:
        read(backend, always(an_error("6", "not authorized for that command", status=403)))
    assert caught.value.hint == "The role of user 'admin' at paris does not allow this request."


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, html="<html>welcome</html>"),
        httpx.Response(200, json=["not", "an", "object"]),
        httpx.Response(302, headers={"location": "https://login.test/"}),
        httpx.Response(404, html="<html>nginx</html>"),
        httpx.Response(502, html="<html>bad gateway</html>"),
        httpx.Response(500, json={"detail": "somebody else's error"}),
    ],
)
def test_an_answer_to_a_read_that_is_not_ontaps_is_a_refusal(backend: str, response: httpx.Response) -> None:
    with pytest.raises(ClusterRefused, match="as ONTAP does") as caught:
        read(backend, always(response))
    assert caught.value.ontap_code == ""
    assert "proxy" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("status", "error"), [(200, ClusterSilent), (502, ClusterSilent), (504, ClusterSilent), (404, ClusterRefused)]
)
def test_what_a_proxy_says_of_a_write_is_silence_unless_it_was_not_passed_on(
    backend: str, status: int, error: type[Exception]
) -> None:
    wire = always(httpx.Response(status, html="<html>proxy</html>"))
    with pytest.raises(error, match=f"status {status}, text/html"):
        write(backend, wire)
    assert len(wire.sent) == 1


def test_an_empty_yes_is_a_yes(backend: str) -> None:
    write(backend, always(httpx.Response(201)))


@pytest.mark.parametrize("body", [{}, {"records": 5}, {"records": ["text"]}])
def test_a_collection_without_records_is_malformed(backend: str, body: Any) -> None:
    with pytest.raises(MalformedRecord, match="GET /api/svm/svms"):
        read(backend, always(httpx.Response(200, json=body)))


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


def test_no_more_requests_than_the_limit_are_under_way(backend: str) -> None:
    under_way, most = 0, 0

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            under_way -= 1
            return records()

    async def go() -> None:
        async with a_transport(Slow(), limit=3) as transport, anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(transport.get_records, "/svm/svms", ("name",))

    run_on(backend, go)
    assert most == 3


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read: No such file"), ("garbled", "holds no certificate in PEM form")]
)
def test_a_ca_file_that_cannot_be_used_is_a_mistake_in_the_configuration(
    backend: str, tmp_path: Path, content: str | None, said: str
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)

    async def go() -> None:
        async with a_transport(None, ca_file=ca_file):
            pass

    with pytest.raises(ConfigError, match=said) as caught:
        run_on(backend, go)
    assert caught.value.message.startswith(f"clusters.paris.ca_file: {ca_file} ")
