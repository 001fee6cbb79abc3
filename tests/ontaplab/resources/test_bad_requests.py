"""Requests that nobody well-meaning sends: each is refused in ONTAP's shape, unread where nobody may send it."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive

from ontaplab.inprocess import ACCOUNT
from ontaplab.wire.body import DEEPEST, MOST_BYTES
from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.logins import PASSWORD, make

LAB = [
    ("GET", "/lab/calls"),
    ("DELETE", "/lab/calls"),
    ("GET", "/lab/faults"),
    ("POST", "/lab/faults"),
    ("DELETE", "/lab/faults"),
    ("GET", "/lab/faults/1"),
    ("PUT", "/lab/latency"),
    ("GET", "/lab/pace"),
    ("POST", "/lab/pace"),
    ("GET", "/lab/traits"),
    ("PUT", "/lab/traits"),
    ("GET", "/lab/transfers"),
    ("PUT", "/lab/transfers"),
    ("POST", "/lab/nfs"),
    ("POST", "/lab/smb"),
    ("GET", "/lab/nothing"),
]


async def answer_to(asker: Asker, method: str, path: str, receive: Receive, *headers: tuple[bytes, bytes]) -> int:
    """The status of the answer to a request whose body comes from `receive`."""
    transport, answered = asker.http._transport, []
    assert isinstance(transport, httpx.ASGITransport)

    async def send(message: Message) -> None:
        answered.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"paris"), *headers],
        "client": ("192.0.2.1", 1),
        "server": ("paris", None),
    }
    await transport.app(scope, receive, send)
    status: int = answered[0]["status"]
    return status


async def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, (answer.request.method, answer.request.url, answer.text)
    error = answer.json()["error"]
    assert (error["code"], isinstance(error["message"], str)) == (code, True), error


def test_the_labs_own_api_is_for_the_clusters_administrators(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await make(paris, "eve", role="readonly")
        for method, path in LAB:
            for name, password in (("", ""), (ACCOUNT[0], "wrong"), ("nobody", ACCOUNT[1])):
                await refused(await paris.http.request(method, path, auth=(name, password)), 401, "6")
            await refused(await paris.http.request(method, path, auth=("eve", PASSWORD)), 403, "6")
        assert (await paris.http.get("/lab/transfers")).json() == {"held": False, "bytes_per_second": None}

    in_lab(tmp_path, claim, peered=False)


def test_what_the_labs_own_api_has_not_is_told(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await refused(await paris.http.get("/lab/nothing"), 404, "3")
        await refused(await paris.http.patch("/lab/traits", json={}), 405, "3")
        await refused(await paris.http.put("/lab/transfers", json={"held": "yes"}), 400, "262197")
        await refused(await paris.http.put("/lab/transfers", json={"hold": True}), 400, "262179")
        await refused(await paris.http.put("/lab/transfers", json={"bytes_per_second": 0}), 400, "262197")
        skewed = {"kind": "clock_skew", "seconds": 1e300}
        await refused(await paris.http.post("/lab/faults", json=skewed), 400, "262197")

    in_lab(tmp_path, claim, peered=False)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/storage/volumes"),
        ("PATCH", "/api/svm/svms"),
        ("DELETE", "/api/storage/volumes/x"),
        ("PATCH", "/api/private/cli/volume"),
        ("POST", "/api/support/ems/application-logs"),
        ("POST", "/api/storage/volumes/x/files/y"),
        ("PUT", "/lab/traits"),
        ("PUT", "/lab/transfers"),
        ("POST", "/lab/faults"),
        ("POST", "/lab/nfs"),
        ("POST", "/intercluster/svm-peers"),
        ("PUT", "/intercluster/mirrors/x"),
        ("PUT", "/intercluster/reversals/x"),
    ],
)
def test_a_body_is_not_read_before_it_is_known_who_sends_it(tmp_path: Path, method: str, path: str) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        async def receive() -> Message:
            raise AssertionError("it was read")

        assert await answer_to(paris, method, path, receive) in (401, 403)

    in_lab(tmp_path, claim, peered=False)


BROKEN = {
    "no JSON": b"{",
    "no object": b"[]",
    "a number": b"7",
    "no UTF-8": b'{"name": "\xff"}',
    "no number": b'{"size": NaN}',
    "half of a character": b'{"name": "\\ud800"}',
    "half of a character in a name": b'{"\\udfff": 1}',
    "deep lists": b'{"records": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "rather deep objects": b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1),
}
PLACES = [
    ("POST", "/api/svm/svms"),
    ("PATCH", "/api/storage/volumes"),
    ("PATCH", "/api/private/cli/volume"),
    ("POST", "/api/support/ems/application-logs"),
    ("PUT", "/lab/traits"),
    ("PUT", "/lab/transfers"),
    ("POST", "/lab/nfs"),
    ("POST", "/intercluster/peering"),
]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_none_is_refused_everywhere(tmp_path: Path, broken: bytes) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        for method, path in PLACES:
            await refused(await paris.http.request(method, path, content=broken), 400, "262245")

    in_lab(tmp_path, claim, peered=False)


def test_a_name_that_would_be_a_deep_object_is_refused(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        deep = "a." * 5000 + "b"
        await refused(await paris.http.post("/api/svm/svms", json={deep: 1}), 400, "262179")
        await refused(await paris.http.post("/api/svm/svms", json={"name": {deep: 1}}), 400, "262179")

    in_lab(tmp_path, claim, peered=False)


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_a_body_without_end_is_refused_and_not_read_to_it(tmp_path: Path, method: str, path: str) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        part = b" " * 64 * 1024
        sent = 0

        async def receive() -> Message:
            nonlocal sent
            sent += len(part)
            assert sent < 2 * MOST_BYTES
            return {"type": "http.request", "body": part, "more_body": True}

        login = b64encode(":".join(ACCOUNT).encode())
        assert await answer_to(paris, method, path, receive, (b"authorization", b"Basic " + login)) == 413

    in_lab(tmp_path, claim, peered=False)


NAMES = ["a\0b", "x" * 5000, "../x", "/", "", "\x1b[8m", "\u202e"]
FILES = ["%00", "a%00b", "x" * 300, "%ff" * 300, "a%2f..%2fb", "x%2f" * 3000]


def test_what_cannot_be_a_path_or_a_mode_is_refused(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("v")
        here = f"/api/storage/volumes/{volume['uuid']}"
        for path in (*NAMES[:3], "/a\0b", f"/{'x' * 300}", "/a/../b", "//"):
            answer = await paris.http.patch(here, json={"nas": {"path": path}}, params={"return_timeout": "60"})
            await refused(answer, 400, "918252")
        for name in NAMES:
            answer = await paris.http.post(f"{here}/snapshots", json={"name": name}, params={"return_timeout": "60"})
            assert 400 <= answer.status_code < 500, (name, answer.text)
        for mode in (999, 800, -7, 77777):
            body = {"type": "directory", "unix_permissions": mode}
            await refused(await paris.http.post(f"{here}/files/d", json=body), 400, "262197")
            nas = {"nas": {"unix_permissions": mode}}
            await refused(await paris.http.patch(here, json=nas), 400, "262197")
        for path in FILES:
            for method, sent in (("GET", None), ("POST", {"type": "directory"}), ("DELETE", None)):
                answer = await paris.http.request(method, f"{here}/files/{path}", json=sent)
                assert 400 <= answer.status_code < 500, (method, path[:20], answer.text)
                assert answer.json()["error"]["code"]
        for target in ("", "a\0b"):
            await refused(await paris.http.post(f"{here}/files/link", json={"target": target}), 400, "262197")
        await refused(await paris.http.patch(f"{here}/files/d", json={"path": "a\0b"}), 400, "262197")
        far = {"byte_offset": str(2**63)}
        await refused(await paris.http.patch(f"{here}/files/f", files={"f": b"x"}, params=far), 400, "262197")
        form = {"content-type": "multipart/form-data"}
        await refused(await paris.http.post(f"{here}/files/f", content=b"none", headers=form), 400, "262245")
        assert await paris.one("/storage/volumes", name="v"), "it lives"

    in_lab(tmp_path, claim, peered=False)


def test_a_directory_gets_permissions_and_nothing_more(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("v", {"nas.path": "/v"})
        for name, mode in (("a", 750), ("b", 7777)):
            body = {"type": "directory", "unix_permissions": mode}
            path = f"/api/storage/volumes/{volume['uuid']}/files/{name}"
            assert (await paris.http.post(path, json=body)).status_code == 201
        modes = [paris.seen(f"/v/{name}").stat().st_mode & 0o7777 for name in ("a", "b")]
        assert modes == [0o750, 0o777]

    in_lab(tmp_path, claim, peered=False)


def test_a_directory_is_listed_whatever_its_files_are_called(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("v", {"nas.path": "/v"})
        folder = paris.seen("/v") / "d"
        folder.mkdir()
        (folder / os.fsdecode(b"latin-\xe9")).write_text("1")
        (folder / "in\ntwo").write_text("2")
        (folder / "link").symlink_to(os.fsdecode(b"\xff"))
        files = f"/api/storage/volumes/{volume['uuid']}/files"
        answer = await paris.http.get(f"{files}/d", params={"fields": "target"})
        assert answer.status_code == 200, answer.text
        listed = {each["name"]: each.get("target") for each in answer.json()["records"]}
        assert listed == {".": None, "..": None, "in\ntwo": None, "latin-\ufffd": None, "link": "\ufffd"}
        await refused(await paris.http.get(f"{files}/d%2Flatin-%E9"), 404, "6684674")

    in_lab(tmp_path, claim, peered=False)
