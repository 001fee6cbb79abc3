"""When one request is sent again: reads that may do better in a moment, and whatever was certainly not sent."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from datamotion.ontap.answer import TOO_BUSY, Request, Response
from datamotion.ontap.silence import was_refused

Outcome = Response | httpx.RequestError
"""Of one attempt: what came back, or what went wrong instead."""

_READ_PAUSES_S = (0.2, 1.0)  # before a read is sent for the second and the third time
_REFUSED_PAUSES_S = (0.2, 0.5, 1.0, 2.0)  # before a connection that was refused is tried again


class Tries:
    """Of one request. `answers_before` is how many the cluster had given to all when this one was sent first."""

    def __init__(self, request: Request) -> None:
        self.answers_before: int | None = None
        self._after_answer: Iterator[float] = iter(_READ_PAUSES_S if request.only_reads else ())
        self._after_refusal = iter(_REFUSED_PAUSES_S)
        self._was_refused = False

    def pause_s(self, outcome: Outcome, *, is_heard: bool) -> float | None:
        """How long to wait before the request is sent again; None: it is not.

        A cluster that refuses connections is tried once more. Only one that `is_heard`, so that it answers others, is
        full rather than gone, and worth more patience.
        """
        if isinstance(outcome, httpx.RequestError) and was_refused(outcome):
            again = is_heard or not self._was_refused
            self._was_refused = True
            return next(self._after_refusal, None) if again else None
        return next(self._after_answer, None) if _may_pass(outcome) else None


def _may_pass(outcome: Outcome) -> bool:
    """Whether the same request may do better in a moment: too much at once, or a connection dropped while idle."""
    if isinstance(outcome, Response):
        return outcome.status in TOO_BUSY
    dropped = isinstance(outcome, httpx.NetworkError | httpx.RemoteProtocolError)
    return dropped and not isinstance(outcome, httpx.ConnectError)
