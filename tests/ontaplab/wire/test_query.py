"""The query language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ontaplab.wire.query import compile_query

NOON = datetime(2026, 3, 1, 12, 0, 0, 999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "matching", "other"),
    [
        ("vol_1", ["vol_1"], ["vol_2", "vol_10", None, ""]),
        ("vol_*", ["vol_1", "vol_"], ["my_vol_1", None]),
        ("*:*", ["svm:vol"], ["svm"]),
        ("*", ["x", None, 3], []),
        ("a|b", ["a", "b"], ["c", "a|b"]),
        ("a,b|c", ["a", "b", "c"], ["d"]),
        ("!a", ["b", None], ["a"]),
        ("!a,!b", ["c"], ["a", "b"]),
        ("v*|!vol_1", ["vol_2"], ["vol_1", "x"]),
        ("null", [None], ["x", 0, False]),
        ("!null", ["x", 0, False], [None]),
        ("svm1:/cg/cg1", ["svm1:/cg/cg1"], ["svm1:/cg/cg2"]),
        ('"a,b"', ["a,b"], ["a", "b"]),
        ('"a*"', ["a*"], ["ab"]),
        ("a.b", ["a.b"], ["axb"]),
        (">100", [101, 1000, 100.5], [100, 99, None]),
        ("<=100", [100, 20], [101]),
        ("9..100", [9, 10, 100], [8, 101]),
        ("20", [20], [21, "2"]),
        ("True", [True, "True"], [False, None]),
        ("false", [False], [True]),
        ("!true", [False], [True]),
        ("2026-03-01T12:00:00+00:00", [NOON], [NOON + timedelta(seconds=1)]),
        ("2026-03-01T13:00:00+01:00", [NOON], []),
        (">2026-03-01T11:59:59Z", [NOON], [NOON - timedelta(hours=1)]),
        (">PT1H", [timedelta(hours=2), timedelta(days=1)], [timedelta(minutes=61) - timedelta(minutes=1)]),
        ("<P1DT1H", [timedelta(hours=9)], [timedelta(days=2)]),
        ("PT9M..PT10M", [timedelta(minutes=10)], [timedelta(minutes=11), timedelta(minutes=1)]),
        ("nfs", [("nfs", "cifs"), ["nfs"]], [(), ("cifs",)]),
        ("!nfs", [("cifs",), ()], [("nfs", "cifs")]),
        ("null", [()], [("a",)]),
    ],
)
def test_a_query_matches_what_it_says_and_nothing_else(query: str, matching: list[object], other: list[object]) -> None:
    matches = compile_query(query)
    assert [value for value in matching if not matches(value)] == []
    assert [value for value in other if matches(value)] == []
