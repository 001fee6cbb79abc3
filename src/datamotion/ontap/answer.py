"""What a cluster's HTTP response says: a yes with its jobs, or why not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from datamotion.ontap.errors import DENIED, MalformedRecord, explain, told
from datamotion.ontap.limits import Budget, Overrun

Query = Mapping[str, str]
Body = Mapping[str, object]

TOO_BUSY = frozenset({429, 503})
_MOST_JOBS = 100  # of one answer: no request changes more objects than that
_LONGEST_NUMBER = 25  # digits; a longer one is kept as it was written, and is no number to whoever reads the field
_JOB = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")


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


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, read to its end."""

    status: int
    content_type: str
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def read_answer(asked: Asked, request: Request, response: Response, budget: Budget) -> Answer:
    """The yes in this response.

    Raises: ClusterRefused for a no, and for what ONTAP cannot have said. When that came after a write which may have
    been passed on to the cluster all the same, ClusterSilent.
    """
    try:
        budget.count(response.content)
        page = _page(request, response)
        if page is not None:
            return Answer(request=str(request), body={}, jobs=(), page=page)
        body = _json_object(response.content, budget)
    except Overrun as overrun:
        raise overrun_error(asked, request, overrun) from None
    if response.status >= 400:
        raise _refusal(asked, request, response.status, body or {}) or _foreign(asked, request, response)
    if body is None or not response.is_success:
        raise _foreign(asked, request, response)
    return Answer(request=str(request), body=body, jobs=_job_uuids(body))


def overrun_error(asked: Asked, request: Request, overrun: Overrun) -> ClusterError:
    """What an answer that is more than the limits allow comes to."""
    return unreadable(
        asked,
        request,
        f"the answer {overrun}",
        hint="No ONTAP cluster is known to answer so; `answer_limit` of the cluster says how much it may send.",
    )


def unreadable(asked: Asked, request: Request, problem: str, *, hint: str | None = None) -> ClusterError:
    """An answer that nothing can be made of. After a write nobody knows what became of the change."""
    if request.only_reads:
        return MalformedRecord(asked.name, str(request), problem, hint=hint)
    message = f"{asked} answered {request} in a way that cannot be read: {problem}"
    return ClusterSilent(asked.name, message, request=str(request), hint="It may have been carried out.")


def _page(request: Request, response: Response) -> object:
    if request.page is None or not response.is_success:
        return None
    try:
        return request.page.validate_json(response.content)
    except ValidationError:
        return None


def _json_object(content: bytes, budget: Budget) -> Body | None:
    """The body; empty when there is none; None when it is not a JSON object. Raises: Overrun."""
    if not content:
        return {}
    try:
        text = content.decode("utf-8-sig")
        budget.check_depth(text)
        body = json.loads(text, parse_int=_number)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _job_uuids(body: Body) -> tuple[str, ...]:
    """Those that can be asked about; a job that has no such uuid cannot be followed, and looks tell what it did."""
    several = body.get("jobs")
    jobs = [body.get("job"), *(several[:_MOST_JOBS] if isinstance(several, list) else ())]
    uuids = [job.get("uuid") for job in jobs if isinstance(job, Mapping)]
    return tuple(dict.fromkeys(uuid for uuid in uuids if isinstance(uuid, str) and _JOB.fullmatch(uuid)))


def _refusal(asked: Asked, request: Request, status: int, body: Body) -> ClusterRefused | None:
    """The cluster's no; None when the body is not one of ONTAP's."""
    error = body.get("error")
    if isinstance(error, Mapping) and "message" in error:
        ontap_code, message = told(error.get("code", ""), 20), told(error["message"])
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


def _foreign(asked: Asked, request: Request, response: Response) -> ClusterError:
    """Something else answered, a proxy perhaps. It cannot tell what became of a write that it passed on."""
    kind = told(response.content_type or "no content type", 80)
    message = f"{asked} did not answer {request} as ONTAP does: status {response.status}, {kind}"
    hint = "Does the URL lead to the cluster itself, without a proxy in between?"
    if not request.only_reads and not 400 <= response.status < 500:
        return ClusterSilent(asked.name, message, request=str(request), hint=hint)
    return ClusterRefused(
        asked.name,
        message,
        request=str(request),
        status=response.status,
        ontap_code="",
        hint=hint,
        transient=response.status in TOO_BUSY,
    )
