"""State changes of many relationships: batches, the guard against resync, and whose reply is whose."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship

from datamotion.engine.ports import Accepted, Declined, Unanswered
from datamotion.model.mirror_acts import Break, Initialize, Pause, Resume, Resync
from datamotion.ontap.transitions import StateChange
from tests.datamotion.ontap.schemas import assert_fits
from tests.datamotion.ontap.wire import Sent, Wire, an_error, ask, jobs_started, records

PATH = "/api/snapmirror/relationships"


def a_wire(patched: httpx.Response | Exception, states: Mapping[str, str] | httpx.Response | None = None) -> Wire:
    """Answers the PATCH with `patched`, a look at states with `states`."""

    def answer(sent: Sent) -> httpx.Response:
        if sent.method == "PATCH":
            if isinstance(patched, Exception):
                raise patched
            return patched
        assert states is not None, "no second look was expected"
        if isinstance(states, httpx.Response):
            return states
        return records(*({"uuid": uuid, "state": state} for uuid, state in states.items()))

    return Wire(answer)


@pytest.mark.parametrize(
    ("kind", "state", "guard"),
    [
        (Initialize, "snapmirrored", {"state": "uninitialized"}),
        (Resume, "snapmirrored", {"state": "paused"}),
        (Resync, "snapmirrored", {"state": "broken_off"}),
        (Pause, "paused", {}),
        (Break, "broken_off", {}),
    ],
)
def test_many_relationships_change_state_with_one_request(
    backend: str, kind: type[StateChange], state: str, guard: Mapping[str, str]
) -> None:
    wire = a_wire(jobs_started("j-1", "j-2", "j-3"))
    replies = ask(backend, wire, [kind(uuid=f"r-{n}") for n in range(3)])
    (sent,) = wire.sent
    assert sent.line == f"PATCH {PATH}"
    assert sent.query == {"uuid": "r-0|r-1|r-2", "continue_on_failure": "true", "return_timeout": "0", **guard}
    assert sent.body == {"state": state}
    assert_fits(SnapmirrorRelationship, "PATCH", sent.body)
    assert replies == [Accepted(("j-1", "j-2", "j-3"))] * 3


def test_batches_are_of_a_hundred_and_share_only_their_own_jobs(backend: str) -> None:
    def answer(sent: Sent) -> httpx.Response:
        uuids = sent.query["uuid"].split("|")
        return jobs_started(*(f"job-of-{uuid}" for uuid in uuids))

    wire = Wire(answer)
    replies = ask(backend, wire, [Break(uuid=f"r-{n}") for n in range(120)])
    assert sorted(len(sent.query["uuid"].split("|")) for sent in wire.sent) == [20, 100]
    assert replies[119] == Accepted(tuple(f"job-of-r-{n}" for n in range(100, 120)))


@pytest.mark.parametrize("kind", [Initialize, Resume])
@pytest.mark.parametrize(
    "none_matched",
    [httpx.Response(200, json={"num_records": 0}), an_error("4", "entry doesn't exist", status=404)],
)
def test_a_relationship_broken_off_meanwhile_is_never_resynced(
    backend: str, kind: type[StateChange], none_matched: httpx.Response
) -> None:
    wire = a_wire(none_matched, {"r-1": "broken_off"})
    (reply,) = ask(backend, wire, [kind(uuid="r-1")])
    assert isinstance(reply, Declined)
    assert "relationship r-1 as it is: it is broken_off, not" in reply.error.message
    assert "discard" in str(reply.error.hint)
    patches = [sent for sent in wire.sent if sent.method == "PATCH"]
    assert [sent.query["state"] for sent in patches] == ["uninitialized" if kind is Initialize else "paused"]


@pytest.mark.parametrize("state", ["paused", "uninitialized"])
def test_only_what_was_broken_off_is_resynced(backend: str, state: str) -> None:
    wire = a_wire(httpx.Response(200, json={"num_records": 0}), {"r-1": state})
    (reply,) = ask(backend, wire, [Resync(uuid="r-1")])
    assert isinstance(reply, Declined)
    assert f"relationship r-1 as it is: it is {state}, not broken_off" in reply.error.message
    assert [sent.query["state"] for sent in wire.sent if sent.method == "PATCH"] == ["broken_off"]


def test_those_that_the_guard_left_out_are_told_from_those_taken(backend: str) -> None:
    states = {"r-0": "paused", "r-1": "broken_off", "r-3": "snapmirrored"}
    wire = a_wire(jobs_started("j-0", "j-3"), states)
    replies = ask(backend, wire, [Resume(uuid=f"r-{n}") for n in range(4)])
    taken = Accepted(("j-0", "j-3"))
    assert (replies[0], replies[3]) == (taken, taken)
    assert isinstance(replies[1], Declined)
    assert isinstance(replies[2], Declined)
    assert replies[2].error.ontap_code == "4"
    look = wire.sent[1]
    assert (look.line, look.query["uuid"], look.query["fields"]) == (f"GET {PATH}", "r-0|r-1|r-2|r-3", "uuid,state")


def test_a_job_that_is_told_twice_is_one_job(backend: str) -> None:
    job = {"uuid": "j-1"}
    wire = a_wire(httpx.Response(202, json={"num_records": 1, "job": job, "jobs": [job]}))
    assert ask(backend, wire, [Pause(uuid="r-0")]) == [Accepted(("j-1",))]


def test_a_relationship_that_is_gone_is_declined_and_the_others_accepted(backend: str) -> None:
    wire = a_wire(jobs_started("j-0"), {"r-0": "snapmirrored"})
    first, gone = ask(backend, wire, [Pause(uuid="r-0"), Pause(uuid="r-1")])
    assert first == Accepted(("j-0",))
    assert isinstance(gone, Declined)
    assert "r-1 does not exist" in gone.error.message


def test_one_refused_of_several_is_not_guessed(backend: str) -> None:
    errors = [{"code": "13303808", "message": "Another transfer is in progress."}]
    patched = httpx.Response(202, json={"num_records": 2, "jobs": [{"uuid": "j-1"}], "errors": errors})
    wire = a_wire(patched, {"r-0": "broken_off", "r-1": "paused", "r-2": "paused"})
    done, *unsure = ask(backend, wire, [Break(uuid=f"r-{n}") for n in range(3)])
    assert done == Accepted(("j-1",))
    for reply in unsure:
        assert isinstance(reply, Unanswered)
        assert "took 2 of 3" in reply.error.message
        assert "Another transfer is in progress" in reply.error.message


def test_one_refused_alone_is_declined_with_its_own_error(backend: str) -> None:
    errors = [{"code": 13303808, "message": "Another transfer is in progress."}]
    wire = a_wire(httpx.Response(200, json={"num_records": 0, "errors": errors}))
    (reply,) = ask(backend, wire, [Break(uuid="r-0")])
    assert isinstance(reply, Declined)
    assert (reply.error.ontap_code, reply.error.transient) == ("13303808", True)


def test_a_batch_that_is_refused_is_declined_as_a_whole(backend: str) -> None:
    wire = a_wire(an_error("6", "not authorized", status=403))
    replies = ask(backend, wire, [Pause(uuid="r-0"), Pause(uuid="r-1")])
    assert [type(reply) for reply in replies] == [Declined, Declined]


def test_a_batch_without_answer_is_unanswered_and_not_sent_again(backend: str) -> None:
    wire = a_wire(httpx.ReadTimeout("slow"))
    replies = ask(backend, wire, [Break(uuid="r-0"), Break(uuid="r-1")])
    assert [type(reply) for reply in replies] == [Unanswered, Unanswered]
    assert len(wire.sent) == 1


def test_a_count_that_cannot_be_checked_is_unanswered(backend: str) -> None:
    wire = a_wire(httpx.Response(202, json={"job": {"uuid": "j-1"}}), an_error("1", "out of order", status=500))
    (reply,) = ask(backend, wire, [Pause(uuid="r-0")])
    assert isinstance(reply, Unanswered)
    assert "out of order" in reply.error.message


@pytest.mark.parametrize("body", [{"num_records": "many", "errors": "yes"}, {"num_records": 0, "errors": ["text"]}])
def test_an_odd_answer_to_a_change_is_never_read_as_a_plain_no(backend: str, body: Mapping[str, object]) -> None:
    wire = a_wire(httpx.Response(202, json=body), {"r-0": "snapmirrored", "r-1": "snapmirrored"})
    replies = ask(backend, wire, [Pause(uuid="r-0"), Pause(uuid="r-1")])
    assert [type(reply) for reply in replies] == [Unanswered, Unanswered]
