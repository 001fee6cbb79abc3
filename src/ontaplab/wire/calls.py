"""The lab's own question to the API: what was called. Outside `/api`, never counted."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Calls:
    """How often each route under `/api` was called, refused calls included."""

    def __init__(self) -> None:
        self._routes: Counter[tuple[str, str]] = Counter()
        self._validations = 0

    def count(self, http: Request, route: str) -> None:
        self._routes[http.method, route] += 1
        if http.method not in _READS:
            self._validations += http.query_params.get("validate_only", "").lower() == "true"

    def report(self) -> dict[str, object]:
        """Reads, writes, writes that were to be validated only, which are none, and calls by "METHOD route"."""
        reads = sum(number for (method, _), number in self._routes.items() if method in _READS)
        return {
            "reads": reads,
            "writes": self._routes.total() - reads - self._validations,
            "validations": self._validations,
            "routes": {f"{method} {route}": number for (method, route), number in sorted(self._routes.items())},
        }

    def routes(self) -> list[Route]:
        """`GET` and `DELETE /lab/calls`."""
        return [Route("/lab/calls", self._calls, methods=["GET", "DELETE"])]

    async def _calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._routes.clear()
            self._validations = 0
        return JSONResponse(self.report())
