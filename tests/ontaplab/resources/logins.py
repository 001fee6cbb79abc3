"""Accounts for the tests: made, and asking in their own name."""

from __future__ import annotations

from typing import Any

import httpx

from tests.ontaplab.resources.labs import Asker

ACCOUNTS, ROLES = "/security/accounts", "/security/roles"
PASSWORD = "fishy-4711"
HTTP = [{"application": "http", "authentication_methods": ["password"]}]


def as_account(asker: Asker, name: str, password: str = PASSWORD, **headers: str) -> Asker:
    """The same cluster, asked by that account."""
    client = httpx.AsyncClient(
        transport=asker.http._transport, base_url=asker.http.base_url, auth=(name, password), headers=headers
    )
    other = Asker.__new__(Asker)
    other.cluster, other.http = asker.cluster, client
    return other


async def make(paris: Asker, name: str, role: str, svm: str | None = None, **more: Any) -> Asker:
    """A new account of the cluster, or of an SVM, and the cluster as asked by it."""
    body = {"name": name, "role": role, "applications": HTTP, "password": PASSWORD, **more}
    await paris.post(ACCOUNTS, body | ({"owner.name": svm} if svm else {}))
    return as_account(paris, name)


async def status(asker: Asker, method: str, path: str, **options: Any) -> tuple[int, str]:
    """The HTTP status, and ONTAP's code if it refused."""
    answer = await asker.http.request(method, f"/api{path}", **options)
    return answer.status_code, answer.json().get("error", {}).get("code", "") if answer.content else ""
