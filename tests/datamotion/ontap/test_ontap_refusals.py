"""Answers that say no, and answers that are not ONTAP's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from datamotion.errors import ClusterRefused, ClusterSilent
from datamotion.ontap.errors import MalformedRecord
from tests.datamotion.ontap.wire import (
    always,
    an_error,
    read,
    write,
)


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


@pytest.mark.parametrize("body", [{}, {"records": 5}])
def test_a_collection_without_records_is_malformed(backend: str, body: Any) -> None:
    with pytest.raises(MalformedRecord, match="GET /api/svm/svms"):
        read(backend, always(httpx.Response(200, json=body)))
