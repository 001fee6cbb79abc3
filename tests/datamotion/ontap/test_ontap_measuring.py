"""How much was written since a snapshot: told by one request for many volumes, by one for each, or not told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from datamotion.model.volume_records import Snapshot
from tests.datamotion.building import a_snapshot
from tests.datamotion.ontap.wire import Sent, Wire, a_cluster, an_error, records, run_on

TWO = [replace(a_snapshot(f"s{n}", f"vol_{n}"), uuid=f"s-{n}", volume_uuid=f"v-{n}") for n in (1, 2)]
ALL = "/api/storage/volumes/*/snapshots"


def measure(backend: str, answer: Callable[[Sent], httpx.Response]) -> tuple[Mapping[str, int], list[Sent]]:
    wire, found = Wire(answer), dict[str, int]()

    async def go() -> None:
        async with a_cluster(wire) as cluster:
            found.update(await cluster.measure(TWO))

    run_on(backend, go)
    return found, wire.sent


def delta(snapshot: Snapshot, **told: Any) -> dict[str, Any]:
    return {"uuid": snapshot.uuid, "volume": {"uuid": snapshot.volume_uuid}, "name": snapshot.name, **told}


def test_all_are_told_by_one_request(backend: str) -> None:
    rows = [delta(each, delta={"size_consumed": size}) for each, size in zip(TWO, (0, 4096), strict=True)]
    found, sent = measure(backend, lambda _: records(*rows))
    assert found == {TWO[0].uuid: 0, TWO[1].uuid: 4096}
    (only,) = sent
    assert only.path == ALL
    assert only.query["uuid"] == f"{TWO[0].uuid}|{TWO[1].uuid}"
    assert "delta.size_consumed" in only.query["fields"]


def test_what_one_request_does_not_tell_is_asked_for_by_name(backend: str) -> None:
    def answer(sent: Sent) -> httpx.Response:
        if sent.path == ALL:
            return an_error("262197", "not across volumes", 400)
        one = next(each for each in TWO if each.volume_uuid in sent.path)
        assert sent.query["name"] == one.name
        return records(delta(one, delta={"size_consumed": 8192}))

    assert measure(backend, answer)[0] == {each.uuid: 8192 for each in TWO}


@pytest.mark.parametrize("untold", [{}, {"delta": {}}, {"delta": {"size_consumed": -1}}])
def test_what_is_not_told_is_never_nothing(backend: str, untold: dict[str, Any]) -> None:
    assert measure(backend, lambda _: records(*(delta(each, **untold) for each in TWO)))[0] == {}


def test_a_cluster_that_does_not_know_the_field_is_asked_twice_and_no_more(backend: str) -> None:
    found, sent = measure(backend, lambda _: an_error("262197", "unknown field", 400))
    assert (found, len(sent)) == ({}, 2)


def test_one_of_another_volume_is_not_taken_for_it(backend: str) -> None:
    rows = [delta(each, delta={"size_consumed": 1}) | {"volume": {"uuid": "another"}} for each in TWO]
    assert measure(backend, lambda _: records(*rows))[0] == {}
