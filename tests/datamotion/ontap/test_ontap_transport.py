"""Requests and pages, the limit of them, and whom they trust."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import anyio
import httpx
import pytest

from datamotion.errors import ConfigError
from datamotion.ontap.errors import MalformedRecord
from tests.datamotion.ontap.wire import (
    a_transport,
    always,
    in_turn,
    read,
    records,
    run_on,
    write,
)


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


def test_an_empty_yes_is_a_yes(backend: str) -> None:
    write(backend, always(httpx.Response(201)))


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
