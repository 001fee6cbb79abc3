"""The judge of what goes over the wire finds what NetApp's schemas do not know, wherever it is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.contract.resources import CLIENTS, ROUTES, collection_of, route_of
from tests.contract.wire import Exchange

# The client declares some fields in a way that its own library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning")


def judged(told: Mapping[str, object], route: str = "/storage/volumes") -> list[str]:
    return Exchange(method="GET", route=route, status=200, told=told).complaints()


@pytest.mark.parametrize(
    "told",
    [
        {"records": [{"uuid": "u", "colour": "red"}]},
        {"records": [{"nas": {"colour": "red"}}]},
        {"records": [{"aggregates": [{"name": "a"}, {"nome": "a"}]}]},
        {"records": [{"type": "tape"}]},
        {"records": [{"autosize": {"mode": "sideways"}}]},
        {"records": [{"create_time": "yesterday"}]},
        {"uuid": "u", "svm": {"colour": "red"}},
        {"records": [], "total": 0},
        {"records": [{"nas": {"security_style": "loose"}}]},
        {"job": {"uuid": "u", "state": "success"}},
        {"jobs": [{"uuid": "u", "href": "/"}]},
        {"error": {"message": "no", "code": "4", "reason": "none"}},
        {"num_records": 0, "errors": [{"arguments": [{"text": "none"}]}]},
    ],
    ids=str,
)
def test_what_is_wrong_anywhere_is_complained_of(told: Mapping[str, object]) -> None:
    assert judged(told)


def test_what_is_right_is_not() -> None:
    record = {"uuid": "u", "type": "dp", "nas": {"path": "/x"}, "aggregates": [{"name": "a"}]}
    assert judged({**record, "_links": {"self": {"href": "/"}}}) == []
    assert judged({"records": [record], "num_records": 1, "_links": {"next": {"href": "/"}}}) == []
    assert judged({"error": {"message": "no", "code": "4", "target": "uuid", "arguments": []}}) == []
    assert judged({}) == []


def test_every_route_is_told_from_the_others() -> None:
    for route in ROUTES:
        example = "/api" + "/".join("x%2Fy" if part.startswith("{") else part for part in route[1:].split("/"))
        assert route_of(example.replace("/api", "/api/", 1)) == route
        assert collection_of(route) in CLIENTS
