"""Following jobs: one query for all, intervals that start short and back off, and every end a job can have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import anyio
import httpx
import pytest
import trio
import trio.testing

from datamotion.clock import LoopClock
from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered
from datamotion.ontap.jobs import follow_jobs
from tests.datamotion.ontap.wire import START, QuickClock, Sent, Wire, a_cluster, a_transport, an_error, records, run_on


def follow(backend: str, wire: Wire, jobs: Collection[str], clock: QuickClock | None = None) -> Mapping[str, Reply]:
    ends: dict[str, Reply] = {}

    async def go() -> None:
        async with a_cluster(wire, clock=clock) as cluster:
            ends.update(await cluster.follow(jobs))

    run_on(backend, go)
    return ends


def after_looks(looks: int, end: Mapping[str, Any]) -> Wire:
    """Jobs that run for that many looks, then end like this."""
    seen = 0

    def answer(sent: Sent) -> httpx.Response:
        nonlocal seen
        seen += 1
        state = {"state": "running"} if seen <= looks else end
        return records(*({"uuid": uuid, **state} for uuid in sent.query["uuid"].split("|")))

    return Wire(answer)


def test_all_jobs_are_asked_about_with_one_query(backend: str) -> None:
    wire = after_looks(0, {"state": "success"})
    assert follow(backend, wire, ["j-1", "j-2", "j-1"]) == {"j-1": Accepted(), "j-2": Accepted()}
    (sent,) = wire.sent
    assert sent.line == "GET /api/cluster/jobs"
    assert sent.query == {"uuid": "j-1|j-2", "fields": "uuid,state,message,code,error", "max_records": "10000"}


def test_no_jobs_are_no_queries(backend: str) -> None:
    wire = after_looks(0, {})
    assert follow(backend, wire, []) == {}
    assert wire.sent == []


def test_intervals_start_short_and_back_off_to_two_seconds(backend: str) -> None:
    clock = QuickClock()
    follow(backend, after_looks(11, {"state": "success"}), ["j-1"], clock)
    assert clock.slept_s[:3] == pytest.approx([0.05, 0.075, 0.1125])
    assert clock.slept_s[-2:] == [2.0, 2.0]
    assert len(clock.slept_s) == 12


def test_a_job_of_five_minutes_costs_some_150_queries_and_no_real_time() -> None:
    started = 0.0

    def answer(_: Sent) -> httpx.Response:
        state = "success" if anyio.current_time() - started >= 300 else "running"
        return records({"uuid": "j-1", "state": state})

    wire = Wire(answer)

    async def go() -> None:
        nonlocal started
        started = anyio.current_time()
        async with a_transport(wire) as transport:
            assert await follow_jobs(transport, LoopClock(START), ["j-1"]) == {"j-1": Accepted()}

    trio.run(go, clock=trio.testing.MockClock(autojump_threshold=0))
    assert 150 <= len(wire.sent) <= 160


def test_only_jobs_that_still_run_are_asked_about_again(backend: str) -> None:
    def answer(sent: Sent) -> httpx.Response:
        uuids = sent.query["uuid"].split("|")
        running = "j-2" if len(uuids) == 2 else None
        return records(*({"uuid": uuid, "state": "running" if uuid == running else "success"} for uuid in uuids))

    wire = Wire(answer)
    follow(backend, wire, ["j-1", "j-2"])
    assert [sent.query["uuid"] for sent in wire.sent] == ["j-1|j-2", "j-2"]


def test_a_query_names_a_hundred_jobs_at_most(backend: str) -> None:
    wire = after_looks(0, {"state": "success"})
    ends = follow(backend, wire, [f"j-{n}" for n in range(250)])
    assert len(ends) == 250
    assert sorted(len(sent.query["uuid"].split("|")) for sent in wire.sent) == [50, 100, 100]


def test_while_the_oldest_run_the_younger_are_not_asked_about(backend: str) -> None:
    wire = after_looks(3, {"state": "success"})
    assert len(follow(backend, wire, [f"j-{n}" for n in range(250)])) == 250
    assert [sent.query["uuid"].startswith("j-0|") for sent in wire.sent] == [True] * 4 + [False] * 2


def test_what_takes_long_keeps_nobody_from_seeing_how_the_younger_ended(backend: str) -> None:
    """ONTAP forgets a job 300 s after its end, and one of the oldest may run for longer."""
    clock = QuickClock()

    def answer(sent: Sent) -> httpx.Response:
        after_s = sum(clock.slept_s)
        numbers = [int(uuid[2:]) for uuid in sent.query["uuid"].split("|")]
        oldest = [{"uuid": f"j-{n}", "state": "running" if after_s < 400 else "success"} for n in numbers if n < 100]
        younger = [{"uuid": f"j-{n}", "state": "success"} for n in numbers if n >= 100 and after_s < 300]
        return records(*oldest, *younger)

    ends = follow(backend, Wire(answer), [f"j-{n}" for n in range(250)], clock)
    assert set(ends.values()) == {Accepted()}


def test_while_jobs_end_the_intervals_do_not_grow(backend: str) -> None:
    clock = QuickClock()

    def answer(sent: Sent) -> httpx.Response:
        first, *others = sent.query["uuid"].split("|")
        running = ({"uuid": uuid, "state": "running"} for uuid in others)
        return records({"uuid": first, "state": "success"}, *running)

    follow(backend, Wire(answer), [f"j-{n}" for n in range(5)], clock)
    assert clock.slept_s == [0.05] * 5


@pytest.mark.parametrize("state", ["queued", "running", "paused"])
def test_a_job_that_is_not_over_is_followed_on(backend: str, state: str) -> None:
    left = [records({"uuid": "j-1", "state": state}), records({"uuid": "j-1", "state": "success"})]
    wire = Wire(lambda _: left.pop(0))
    assert follow(backend, wire, ["j-1"]) == {"j-1": Accepted()}
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    "told",
    [
        {"error": {"code": "13303812", "message": "Another transfer is in progress."}},
        {"code": 13303812, "message": "Another transfer is in progress."},
    ],
)
def test_a_failed_job_is_declined_with_its_code(backend: str, told: Mapping[str, Any]) -> None:
    wire = after_looks(0, {"state": "failure", **told})
    reply = follow(backend, wire, ["j-1"])["j-1"]
    assert isinstance(reply, Declined)
    assert reply.error.message == "paris refused job j-1: Another transfer is in progress. (code 13303812)"
    assert (reply.error.ontap_code, reply.error.transient) == ("13303812", True)


def test_a_job_that_vanished_is_unanswered_with_the_reason(backend: str) -> None:
    wire = Wire(lambda _: records())
    reply = follow(backend, wire, ["j-1"])["j-1"]
    assert isinstance(reply, Unanswered)
    assert "ONTAP forgets a job 300 s after its end" in reply.error.message


@pytest.mark.parametrize("state", ["cancelled", "expired", "a newer word"])
def test_a_job_that_ended_otherwise_is_unanswered(backend: str, state: str) -> None:
    reply = follow(backend, after_looks(0, {"state": state}), ["j-1"])["j-1"]
    assert isinstance(reply, Unanswered)
    assert repr(state) in reply.error.message


@pytest.mark.parametrize("answer", [httpx.ReadTimeout("slow"), an_error("6", "not authorized", status=403)])
def test_jobs_that_cannot_be_asked_about_are_unanswered(backend: str, answer: httpx.Response | Exception) -> None:
    def fail(_: Sent) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    ends = follow(backend, Wire(fail), ["j-1", "j-2"])
    assert [type(reply) for reply in ends.values()] == [Unanswered, Unanswered]
