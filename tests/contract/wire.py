"""What went over the wire between NetApp's client and a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from netapp_ontap.models.job_link import JobLink
from netapp_ontap.models.returned_error import ReturnedError

from tests.contract.choices import wrong_choices
from tests.contract.resources import CLIENTS, ClientClass, collection_of, route_of
from tests.ontaplab.resources.oracle import complaints

_ENVELOPE = {"records", "num_records", "_links", "job", "jobs", "error", "errors"}
"""What an answer holds that is no record itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer. `told` is the answer's JSON; empty where it is none."""

    method: str
    route: str
    status: int
    told: Mapping[str, Any]

    @property
    def resource(self) -> ClientClass:
        return CLIENTS[collection_of(self.route)]

    @property
    def succeeded(self) -> bool:
        return self.status < 400

    def complaints(self) -> list[str]:
        """What NetApp's schemas do not know or do not take of the answer, or what their documentation excludes."""
        return [
            f"{self.method} {self.route}: {complaint}"
            for resource, record in self._records()
            for complaint in [*complaints(dict(record), resource), *wrong_choices(record, resource)]
        ]

    def _records(self) -> Iterator[tuple[ClientClass, Mapping[str, Any]]]:
        """Every object that the answer tells, with the class that has to know it."""
        told = self.told
        if told.keys() - _ENVELOPE:
            yield self.resource, told
            return
        yield from ((self.resource, record) for record in told.get("records", []))
        yield from ((JobLink, told[name]) for name in told.keys() & {"job"})
        yield from ((JobLink, job) for job in told.get("jobs", []))
        yield from ((ReturnedError, told[name]) for name in told.keys() & {"error"})
        yield from ((ReturnedError, error) for error in told.get("errors", []))


@dataclass(slots=True)
class Wire:
    """Listens to a `requests` session."""

    exchanges: list[Exchange] = field(default_factory=list)
    _judged: int = 0

    def listen(self, response: requests.Response, *_: object, **__: object) -> None:
        """The hook for responses: notes the exchange and changes nothing."""
        request = response.request
        assert request.method is not None
        is_json = response.headers.get("content-type", "").startswith("application/hal+json")
        self.exchanges.append(
            Exchange(
                method=request.method,
                route=route_of(urlsplit(str(request.url)).path),
                status=response.status_code,
                told=response.json() if is_json else {},
            )
        )

    def new_complaints(self) -> set[str]:
        """Those about what was answered since this was asked last."""
        news, self._judged = self.exchanges[self._judged :], len(self.exchanges)
        return {complaint for exchange in news for complaint in exchange.complaints()}
