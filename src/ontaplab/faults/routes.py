"""`/lab/faults`, `/lab/latency` and `/lab/pace`: outside `/api`, for whoever sets up an experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StrictBool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ontaplab.errors import OntapError, missing_field, no_entry, unexpected_argument
from ontaplab.faults import faults as faults_of
from ontaplab.faults import pace as pace_of
from ontaplab.faults.fault import KINDS, Direction, Fault, Kind, When
from ontaplab.faults.faults import Faults
from ontaplab.faults.operation import check_route
from ontaplab.faults.pace import Pace, Rule
from ontaplab.faults.standing import Standing
from ontaplab.store import Record
from ontaplab.wire.body import Body, parse, read_object

_LATENCY = "latency"
R = TypeVar("R", bound=Record)

Positive = Annotated[int, Field(ge=1)]
_LONG_S = 10 * 365 * 86_400
Seconds = Annotated[float, Field(ge=-_LONG_S, le=_LONG_S)]
NotNegative = Annotated[float, Field(ge=0, le=_LONG_S)]


class FaultBody(Body):
    """Which fields a kind takes is in `KINDS`."""

    kind: Kind
    route: str | None = None
    relationship: str | None = None
    count: Positive | None = None
    skip: Annotated[int, Field(ge=0)] = 0
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: int = 0
    seconds: Seconds = 0.0
    spread_s: NotNegative = 0.0
    status: Literal[0, 429, 500, 503] = 0
    retry_after_s: Annotated[int, Field(ge=0)] | None = None
    code: Annotated[str, Field(pattern=r"^\d+$")] | None = None
    message: str | None = None
    when: When = "before"
    bytes_per_second: Annotated[int, Field(ge=0)] = 0
    peer: str | None = None
    direction: Direction = "both"
    aggregate: str | None = None


class RuleBody(Body):
    """The jobs of a route, or the transfers of a relationship: `*` for all."""

    route: str | None = None
    relationship: str | None = None
    held: StrictBool = False
    after_s: NotNegative = 0.0


class LatencyBody(Body):
    seconds: Annotated[float, Field(ge=0, le=_LONG_S, strict=True)]


def fault_routes(faults: Faults, pace: Pace) -> list[Route]:
    """All of them."""

    async def latency(request: Request) -> Response:
        seconds = parse(LatencyBody, await read_object(request)).seconds
        faults.remove(_LATENCY)
        if seconds:
            faults.add(Fault(uuid=_LATENCY, kind="latency", seconds=seconds))
        return JSONResponse({"seconds": seconds})

    return [
        *_routes("/lab/faults", faults, faults_of.told, lambda raw: _fault(faults, parse(FaultBody, raw))),
        *_routes("/lab/pace", pace, pace_of.told, lambda raw: _rule(pace, parse(RuleBody, raw))),
        Route("/lab/latency", latency, methods=["PUT"]),
    ]


def _routes(
    path: str,
    standing: Standing[R],
    told: Callable[[R], Mapping[str, object]],
    checked: Callable[[Mapping[str, Any]], R],
) -> list[Route]:
    """All that stand, to see and to clear; new ones; and one by its number."""

    async def collection(request: Request) -> Response:
        if request.method == "POST":
            return JSONResponse(told(standing.add(checked(await read_object(request)))), 201)
        if request.method == "DELETE":
            standing.clear()
        return JSONResponse(
            {"records": [told(each) for each in standing.records], "num_records": len(standing.records)}
        )

    async def one(request: Request) -> Response:
        record = standing.records.get(request.path_params["id"])
        if record is None:
            raise no_entry("id")
        if request.method == "DELETE":
            standing.remove(record.uuid)
        return JSONResponse(told(record))

    return [
        Route(path, collection, methods=["GET", "POST", "DELETE"]),
        Route(f"{path}/{{id}}", one, methods=["GET", "DELETE"]),
    ]


def _fault(faults: Faults, body: FaultBody) -> Fault:
    """Raises: OntapError for what its kind does not take, or lacks."""
    takes, given = KINDS[body.kind], body.model_fields_set - {"kind"}
    if unknown := sorted(given - takes.needs - takes.may):
        raise unexpected_argument(", ".join(unknown))
    for field in sorted(takes.needs):
        if not getattr(body, field):
            raise missing_field(field)
    if body.kind == "kill" and faults.kill is None:
        raise OntapError(400, "262197", "This cluster is no process of its own: nothing can be killed.", target="kind")
    if body.kind == "latency" and body.seconds < 0:
        raise OntapError(400, "262197", "A latency is 0 seconds or more.", target="seconds")
    check_route(body.route)
    return Fault(uuid=faults.next_number(), **dict(body))


def _rule(pace: Pace, body: RuleBody) -> Rule:
    """Raises: OntapError for a rule about nothing, or about two things, or of two paces."""
    if (body.route is None) == (body.relationship is None):
        raise OntapError(400, "262245", 'A pace is that of a "route" or of a "relationship".', target="route")
    if body.held and body.after_s:
        raise OntapError(400, "262245", 'An operation is "held" or goes on "after_s", not both.', target="held")
    check_route(body.route)
    return Rule(uuid=pace.next_number(), **dict(body))
