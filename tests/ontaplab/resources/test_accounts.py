"""Accounts: who may log in, and by what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.logins import ACCOUNTS, HTTP, PASSWORD, as_account, make, status


def test_an_account_logs_in_with_its_password_until_it_is_locked_or_gone(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        eve = await make(paris, "eve", "admin", comment="for a while")
        assert await status(eve, "GET", "/cluster") == (200, "")
        assert await status(as_account(paris, "eve", "wrong"), "GET", "/cluster") == (401, "6")
        record = await paris.one(ACCOUNTS, name="eve", fields="*")
        assert (record["scope"], record["role"]["name"], record["locked"]) == ("cluster", "admin", False)
        assert "password" not in record
        path = f"{ACCOUNTS}/{record['owner']['uuid']}/eve"
        await paris.patch(path, {"password": "other-0815"})
        assert await status(eve, "GET", "/cluster") == (401, "6")
        changed = as_account(paris, "eve", "other-0815")
        assert await status(changed, "GET", "/cluster") == (200, "")
        await paris.patch(path, {"locked": True})
        assert await status(changed, "GET", "/cluster") == (401, "6")
        await paris.patch(path, {"locked": False, "applications": [{"application": "ssh"}]})
        assert await status(changed, "GET", "/cluster") == (401, "6")
        await paris.delete(path)
        assert (await paris.refusal("GET", path))[0] == "4"

    in_lab(tmp_path, claim)


def test_the_last_administrator_stays(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("DELETE", ACCOUNTS, name="admin"))[0] == "5636098"
        assert (await paris.refusal("PATCH", ACCOUNTS, {"locked": True}, name="admin"))[0] == "7077896"
        await make(paris, "eve", "admin")
        await paris.delete(ACCOUNTS, name="admin")
        assert await status(paris, "GET", "/cluster") == (401, "6")

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "a b"}, "7077897"),
        ({"name": "autosupport"}, "5636121"),
        ({"name": "admin"}, "1"),
        ({"role": "king"}, "1261215"),
        ({"role": "vsadmin"}, "1261215"),
        ({"owner.name": "nobody"}, "2621462"),
        ({"applications": []}, "262245"),
        ({"applications": [{"application": "telepathy"}]}, "5636178"),
        ({"applications": [{"application": "http", "authentication_methods": ["publickey"]}]}, "5636176"),
        ({"applications": [{"application": "console"}], "owner.name": "svm1", "role": "vsadmin"}, "5636140"),
        ({"password": "short-1"}, "7077919"),
        ({"password": "x1" * 65}, "7077940"),
        ({"password": "onlyletters"}, "7077920"),
        ({"password": "eve-eve-1234"}, "7077918"),
        ({"password": None, "locked": True}, "7077929"),
    ],
)
def test_an_account_that_cannot_be_is_refused(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        body = {"name": "eve", "role": "admin", "applications": HTTP, "password": PASSWORD, **changes}
        body = {name: value for name, value in body.items() if value is not None}
        assert (await paris.refusal("POST", ACCOUNTS, body))[0] == code

    in_lab(tmp_path, claim)


def test_a_certificate_admits_the_account_of_its_name_if_that_logs_in_so(tmp_path: Path) -> None:
    """The certificate is where the server puts it: in ASGI's extension for TLS."""

    async def claim(paris: Asker, lyon: Asker) -> None:
        app = paris.http._transport.app  # type: ignore[attr-defined]

        async def certified(scope: Any, receive: Any, send: Any) -> None:
            tls = {"client_cert_name": "O=lab,CN=automation"}
            await app({**scope, "extensions": {"tls": tls}}, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(certified), base_url="http://paris") as client:
            assert (await client.get("/api/cluster")).status_code == 401
            by_certificate = [{"application": "http", "authentication_methods": ["certificate"]}]
            await paris.post(ACCOUNTS, {"name": "automation", "role": "readonly", "applications": by_certificate})
            assert (await client.get("/api/cluster")).status_code == 200
            assert (await client.post("/api/cluster/schedules", json={})).status_code == 403
            await paris.patch(ACCOUNTS, {"applications": HTTP}, name="automation")
            assert (await client.get("/api/cluster")).status_code == 401

    in_lab(tmp_path, claim)
