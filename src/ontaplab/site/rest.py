"""The REST API of a lab's clusters and the lab's own, as far as the lab itself uses them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from ontaplab.folder import ACCOUNT, ClusterFolder
from ontaplab.site.errors import SiteError

_JOB_S = "120"
"""The longest that ONTAP lets a caller wait for a job."""


class Rest:
    """Calls to one cluster, one after another. All raise SiteError if it refuses or does not answer."""

    def __init__(self, folder: ClusterFolder) -> None:
        settings = folder.settings()
        self._name = settings.name
        self._client = httpx.Client(
            base_url=f"{settings.url}/api",
            auth=(ACCOUNT, folder.password()),
            verify=ssl.create_default_context(cafile=folder.ca_file),
            timeout=httpx.Timeout(float(_JOB_S) + 30, connect=3),
            trust_env=False,  # no proxy is between this machine and itself
        )

    def __enter__(self) -> Rest:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def records(self, path: str, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """The first page of what is there."""
        found: list[Mapping[str, Any]] = self._ask("GET", path, query, None)["records"]
        return found

    def create(self, path: str, body: Mapping[str, object]) -> str:
        """The uuid of the new record, which is there now."""
        answer = self._ask("POST", path, {"return_records": "true", "return_timeout": _JOB_S}, body)
        return str(answer["records"][0]["uuid"])

    def remove(self, path: str) -> None:
        """It is not there any more."""
        self._ask("DELETE", path, {"return_timeout": _JOB_S}, None)

    def lab(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer of the lab's own API, whose paths begin with `/lab`."""
        return self._ask(method, str(self._client.base_url.copy_with(path=path)), {}, body, f"{method} {path}")

    def _ask(
        self, method: str, path: str, query: Mapping[str, str], body: object, asked: str | None = None
    ) -> dict[str, Any]:
        """`asked` is what errors call the request."""
        asked = asked or f"{method} {path}"
        try:
            response = self._client.request(method, path, params=query, json=body)
        except httpx.TransportError as error:
            raise SiteError(
                f"{self._name} does not answer {asked}: {error}", "`lab status` says whether it runs."
            ) from error
        answer: dict[str, Any] = response.json() if response.content else {}
        if response.is_error:
            refusal = answer.get("error", {})
            raise SiteError(f"{self._name} refused {asked}: {refusal.get('message')} ({refusal.get('code')})")
        if response.status_code == httpx.codes.ACCEPTED:
            raise SiteError(f"{self._name} has not finished {asked} after {_JOB_S} s")
        return answer
