"""What a cluster's HTTP response says: a yes with its jobs, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import TypeAdapter, ValidationError

from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from datamotion.ontap.errors import DENIED, explain

Query = Mapping[str, str]
Body = Mapping[str, object]

TOO_BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Request:
    """`url` is a path below the cluster's URL, with its query. `page` is what a yes is read as, where it can be."""

    method: str
    url: str
    body: Body | None = None
    page: TypeAdapter[Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.url.partition('?')[0]}"

    @property
    def only_reads(self) -> bool:
        return self.method == "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A yes. `jobs` are the uuids of the jobs that carry the change out; empty where it is done.

    `page` is what was read instead of the body, straight from the JSON. None: that was not asked for, or cannot be.
    """

    request: str
    body: Body
    jobs: tuple[str, ...]
    page: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who was asked, and as whom: for messages."""

    name: str
    url: str
    user: str

    def __str__(self) -> str:
        return f"{self.name} ({self.url})"


def read_answer(asked: Asked, request: Request, response: httpx.Response) -> Answer:
    """The yes in this response.

    Raises: ClusterRefused for a no, and for what ONTAP cannot have said. When that came after a write which may have
    been passed on to the cluster all the same, ClusterSilent.
    """
    page = _page(request, response)
    if page is not None:
        return Answer(request=str(request), body={}, jobs=(), page=page)
    body = _json_object(response)
    if response.status_code >= 400:
        raise _refusal(asked, request, response.status_code, body or {}) or _foreign(asked, request, response)
    if body is None or response.status_code >= 300:
        raise _foreign(asked, request, response)
    return Answer(request=str(request), body=body, jobs=_job_uuids(body))


def _page(request: Request, response: httpx.Response) -> object:
    if request.page is None or not response.is_success:
        return None
    try:
        return request.page.validate_json(response.content)
    except ValidationError:
        return None


def _json_object(response: httpx.Response) -> Body | None:
    """The body; empty when there is none; None when it is not a JSON object."""
    if not response.content:
        return {}
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _job_uuids(body: Body) -> tuple[str, ...]:
    several = body.get("jobs")
    jobs = [body.get("job"), *(several if isinstance(several, list) else ())]
    return tuple(dict.fromkeys(str(job["uuid"]) for job in jobs if isinstance(job, Mapping) and "uuid" in job))


def _refusal(asked: Asked, request: Request, status: int, body: Body) -> ClusterRefused | None:
    """The cluster's no; None when the body is not one of ONTAP's."""
    error = body.get("error")
    if isinstance(error, Mapping) and "message" in error:
        ontap_code, message = str(error.get("code", "")), str(error["message"])
    elif status == 401:
        ontap_code, message = "", "the account was not accepted"
    else:
        return None
    return refused(
        asked.name,
        str(request),
        message,
        status=status,
        ontap_code=ontap_code,
        hint=_account_hint(asked, status, ontap_code),
    )


def refused(
    cluster: str, request: str, message: str, *, status: int, ontap_code: str, hint: str | None = None
) -> ClusterRefused:
    """ClusterRefused in the cluster's own words, with what is known of the code."""
    code = f" (code {ontap_code})" if ontap_code else ""
    known = explain(ontap_code, message)
    return ClusterRefused(
        cluster,
        f"{cluster} refused {request}: {message}{code}",
        request=request,
        status=status,
        ontap_code=ontap_code,
        hint=hint or (known.hint if known else None),
        transient=status in TOO_BUSY or (known is not None and known.transient),
    )


def _account_hint(asked: Asked, status: int, ontap_code: str) -> str | None:
    if status == 401:
        return f"{asked.name} does not accept user {asked.user!r} with this password; check both in the configuration."
    if ontap_code == DENIED:
        return f"The role of user {asked.user!r} at {asked.name} does not allow this request."
    return None


def _foreign(asked: Asked, request: Request, response: httpx.Response) -> ClusterError:
    """Something else answered, a proxy perhaps. It cannot tell what became of a write that it passed on."""
    kind = response.headers.get("content-type", "no content type")
    message = f"{asked} did not answer {request} as ONTAP does: status {response.status_code}, {kind}"
    hint = "Does the URL lead to the cluster itself, without a proxy in between?"
    if not request.only_reads and not 400 <= response.status_code < 500:
        return ClusterSilent(asked.name, message, request=str(request), hint=hint)
    return ClusterRefused(
        asked.name,
        message,
        request=str(request),
        status=response.status_code,
        ontap_code="",
        hint=hint,
        transient=response.status_code in TOO_BUSY,
    )
