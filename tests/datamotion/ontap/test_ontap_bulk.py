"""What many volumes have is changed with few requests, and clusters that refuse such requests get single ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship
from netapp_ontap.resources.volume import Volume

from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered
from datamotion.errors import InternalError
from datamotion.model.acts import Change
from datamotion.model.mirror_acts import Break, Initialize, Pause, Resume
from datamotion.model.volume_acts import ModifyVolume
from datamotion.ontap.transitions import StateChange
from tests.datamotion.ontap.schemas import assert_fits
from tests.datamotion.ontap.wire import (
    Sent,
    Wire,
    a_cluster,
    act,
    an_error,
    ask,
    jobs_started,
    records,
    run_on,
)

VOLUMES = "/api/storage/volumes"
RELATIONSHIPS = "/api/snapmirror/relationships"
REFUSALS = [
    an_error("262245", "A query is not supported here."),
    an_error("262197", "Unexpected argument."),
    an_error("3", "API not found", status=404),
    an_error("5", "Method not allowed", status=405),
    an_error("1", "internal error", status=500),
    httpx.Response(405, html="<html>no</html>"),
    httpx.Response(200, json={"num_records": 0}),
    an_error("4", "entry doesn't exist", status=404),
]
"""In whatever words."""
ANSWERED = ["no query", "argument", "no API", "no method", "internal", "foreign", "none counted", "none found"]


def alike(count: int) -> list[ModifyVolume]:
    return [ModifyVolume(uuid=f"v-{n}", export="closed", path="") for n in range(count)]


def differing(count: int) -> list[ModifyVolume]:
    return [ModifyVolume(uuid=f"v-{n}", comment=f"comment {n}") for n in range(count)]


def is_bulk(sent: Sent) -> bool:
    return sent.line in (f"PATCH {VOLUMES}", f"PATCH {RELATIONSHIPS}")


def bulk_uuids(sent: Sent) -> list[str]:
    return sent.query["uuid"].split("|") if "uuid" in sent.query else [each["uuid"] for each in sent.body["records"]]


class ACluster:
    """Keeps what is patched, one object at a time, and answers the PATCH of a collection by a function."""

    def __init__(self, bulk: Callable[[Sent], httpx.Response], objects: Mapping[str, Mapping[str, Any]]) -> None:
        self.bulk = bulk
        self.objects = {uuid: dict(each) for uuid, each in objects.items()}
        self.refused: dict[str, httpx.Response] = {}
        self.wire = Wire(self.answer)

    def answer(self, sent: Sent) -> httpx.Response:
        if sent.method == "GET":
            asked = sent.query["uuid"].split("|")
            return records(*({"uuid": uuid, **self.objects[uuid]} for uuid in asked if uuid in self.objects))
        return self.bulk(sent) if is_bulk(sent) else self.patch(sent.path.rpartition("/")[2], sent.body)

    def patch(self, uuid: str, body: Mapping[str, Any]) -> httpx.Response:
        if uuid in self.refused:
            return self.refused[uuid]
        if uuid not in self.objects:
            return an_error("4", "entry doesn't exist", status=404)
        self.objects[uuid] |= body
        return httpx.Response(202, json={"job": {"uuid": f"job-of-{uuid}"}})

    @property
    def lines(self) -> Counter[str]:
        return Counter(sent.line if is_bulk(sent) or sent.method == "GET" else "single" for sent in self.wire.sent)


def volumes(count: int) -> dict[str, dict[str, Any]]:
    return {f"v-{n}": {"nas": {"path": "/x", "export_policy": {"name": "default"}}} for n in range(count)}


def ask_in_turn(backend: str, wire: Wire, *rounds: Sequence[Change]) -> list[Sequence[Reply]]:
    """The replies of one cluster that is asked several times."""
    replies: list[Sequence[Reply]] = []

    async def go() -> None:
        async with a_cluster(wire) as cluster:
            replies.extend([await cluster.ask([act(change) for change in changes]) for changes in rounds])

    run_on(backend, go)
    return replies


def test_equal_changes_of_volumes_are_one_request_for_a_hundred(backend: str) -> None:
    wire = Wire(lambda sent: jobs_started(*(f"job-of-{uuid}" for uuid in bulk_uuids(sent))))
    replies = ask(backend, wire, alike(120))
    assert sorted(len(bulk_uuids(sent)) for sent in wire.sent) == [20, 100]
    for sent in wire.sent:
        assert sent.line == f"PATCH {VOLUMES}"
        assert sent.query == {
            "uuid": "|".join(bulk_uuids(sent)),
            "continue_on_failure": "true",
            "return_timeout": "0",
        }
        assert sent.body == {"nas": {"path": "", "export_policy": {"name": "closed"}}}
        assert_fits(Volume, "PATCH", sent.body)
    assert replies[119] == Accepted(tuple(f"job-of-v-{n}" for n in range(100, 120)))


def test_differing_changes_of_volumes_are_one_request_with_records(backend: str) -> None:
    wire = Wire(lambda sent: jobs_started(*(f"job-of-{uuid}" for uuid in bulk_uuids(sent))))
    replies = ask(backend, wire, differing(51)[:50])
    (sent,) = wire.sent
    assert (sent.line, sent.query) == (f"PATCH {VOLUMES}", {"continue_on_failure": "true", "return_timeout": "0"})
    assert sent.body == {"records": [{"uuid": f"v-{n}", "comment": f"comment {n}"} for n in range(50)]}
    for each in sent.body["records"]:
        assert_fits(Volume, "PATCH", {name: value for name, value in each.items() if name != "uuid"})
    assert replies == [Accepted(tuple(f"job-of-v-{n}" for n in range(50)))] * 50


def test_equal_and_differing_changes_go_their_own_ways(backend: str) -> None:
    wire = Wire(lambda sent: jobs_started("j", num_records=len(bulk_uuids(sent)) if is_bulk(sent) else 1))
    changes = [*alike(3), *(ModifyVolume(uuid=f"w-{n}", comment=str(n)) for n in range(2))]
    assert ask(backend, wire, changes) == [Accepted(("j",))] * 5
    assert sorted(bulk_uuids(sent) for sent in wire.sent) == [["v-0", "v-1", "v-2"], ["w-0", "w-1"]]


@pytest.mark.parametrize("refusal", REFUSALS, ids=ANSWERED)
@pytest.mark.parametrize("changes", [alike(60), differing(60)], ids=["by query", "by records"])
def test_a_cluster_that_refuses_many_volumes_at_once_gets_single_requests_from_then_on(
    backend: str, refusal: httpx.Response, changes: Sequence[ModifyVolume]
) -> None:
    cluster = ACluster(lambda _: refusal, volumes(60))
    first, second = ask_in_turn(backend, cluster.wire, changes, changes)
    assert first == second == [Accepted((f"job-of-v-{n}",)) for n in range(60)]
    assert (cluster.lines[f"PATCH {VOLUMES}"], cluster.lines["single"]) == (1, 120)


@pytest.mark.parametrize("refusal", REFUSALS, ids=ANSWERED)
@pytest.mark.parametrize(
    ("kind", "state", "wanted"),
    [
        (Initialize, "uninitialized", "snapmirrored"),
        (Resume, "paused", "snapmirrored"),
        (Pause, "snapmirrored", "paused"),
        (Break, "paused", "broken_off"),
    ],
)
def test_a_cluster_that_refuses_many_relationships_at_once_gets_single_requests_from_then_on(
    backend: str, refusal: httpx.Response, kind: type[StateChange], state: str, wanted: str
) -> None:
    cluster = ACluster(lambda _: refusal, {f"r-{n}": {"state": state} for n in range(60)})
    changes = [kind(uuid=f"r-{n}") for n in range(60)]
    first, second = ask_in_turn(backend, cluster.wire, changes, changes)
    assert first == [Accepted((f"job-of-r-{n}",)) for n in range(60)]
    assert second == [Accepted()] * 60, "they are in the wanted state already"
    assert (cluster.lines[f"PATCH {RELATIONSHIPS}"], cluster.lines["single"]) == (1, 60)
    (body,) = {str(sent.body) for sent in cluster.wire.sent if sent.method == "PATCH" and not is_bulk(sent)}
    assert body == str({"state": wanted})
    assert_fits(SnapmirrorRelationship, "PATCH", {"state": wanted})


def test_each_way_is_found_out_for_itself(backend: str) -> None:
    def bulk(sent: Sent) -> httpx.Response:
        if "records" in sent.body:
            return an_error("262197", "Unexpected argument.")
        return jobs_started("j", num_records=len(bulk_uuids(sent)))

    cluster = ACluster(bulk, volumes(4) | {"r-0": {"state": "snapmirrored"}})
    ask_in_turn(backend, cluster.wire, differing(4), alike(4), [Pause(uuid="r-0")], differing(4), alike(4))
    assert [("records" in sent.body, len(bulk_uuids(sent))) for sent in cluster.wire.sent if is_bulk(sent)] == [
        (True, 4),
        (False, 4),
        (False, 1),
        (False, 4),
    ]


@pytest.mark.parametrize("kind", [Initialize, Resume])
def test_single_requests_never_resync_what_was_broken_off(backend: str, kind: type[StateChange]) -> None:
    state = "uninitialized" if kind is Initialize else "paused"
    states = {"r-0": {"state": state}, "r-1": {"state": "broken_off"}, "r-2": {"state": "snapmirrored"}}
    cluster = ACluster(lambda _: REFUSALS[0], states)
    taken, left, already, vanished = ask(backend, cluster.wire, [kind(uuid=f"r-{n}") for n in range(4)])
    assert (taken, already) == (Accepted(("job-of-r-0",)), Accepted())
    assert isinstance(left, Declined)
    assert "it is broken_off, not" in left.error.message
    assert isinstance(vanished, Declined)
    assert "relationship r-3 does not exist" in vanished.error.message
    assert [sent.path for sent in cluster.wire.sent if sent.method == "PATCH" and not is_bulk(sent)] == [
        f"{RELATIONSHIPS}/r-0"
    ]
    assert cluster.objects["r-1"] == {"state": "broken_off"}


def test_a_refusal_that_an_object_meets_alone_is_the_objects(backend: str) -> None:
    refusal = an_error("917536", "the volume is offline")
    cluster = ACluster(lambda _: refusal, volumes(3))
    cluster.refused["v-1"] = refusal
    first, second = ask_in_turn(backend, cluster.wire, alike(3), alike(3))
    assert [type(reply) for reply in first] == [type(reply) for reply in second] == [Accepted, Declined, Accepted]
    assert cluster.lines == {f"PATCH {VOLUMES}": 2, "single": 6}


@pytest.mark.parametrize(
    "refusal",
    [
        an_error("6", "not authorized", status=403),
        an_error("6691623", "wrong password", status=401),
        an_error("1", "too many requests", status=429),
        an_error("1", "starting", status=503),
    ],
)
@pytest.mark.parametrize("changes", [alike(2), differing(2), [Pause(uuid="r-0"), Pause(uuid="r-1")]])
def test_a_refusal_that_single_requests_would_meet_too_is_final(
    backend: str, refusal: httpx.Response, changes: Sequence[Change]
) -> None:
    cluster = ACluster(lambda _: refusal, volumes(2))
    replies = ask(backend, cluster.wire, changes)
    assert [type(reply) for reply in replies] == [Declined, Declined]
    assert len(cluster.wire.sent) == 1


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("dropped")])
@pytest.mark.parametrize("changes", [alike(120), differing(120)], ids=["by query", "by records"])
def test_an_unanswered_batch_is_never_asked_for_singly(
    backend: str, failure: Exception, changes: Sequence[ModifyVolume]
) -> None:
    def fail(_: Sent) -> httpx.Response:
        raise failure

    wire = Wire(fail)
    replies = ask(backend, wire, changes)
    assert {type(reply) for reply in replies} == {Unanswered}
    assert [is_bulk(sent) for sent in wire.sent] == [True, True]


def test_volumes_that_were_not_taken_are_told_one_by_one(backend: str) -> None:
    """Of four, one is taken, one is refused, one is gone, one is still to come when it is looked at."""

    def bulk(_: Sent) -> httpx.Response:
        cluster.patch("v-0", alike_body)
        errors = [{"code": "917536", "message": "offline"}]
        return httpx.Response(202, json={"num_records": 2, "jobs": [{"uuid": "j"}], "errors": errors})

    alike_body = {"nas": {"path": "", "export_policy": {"name": "closed"}}}
    cluster = ACluster(bulk, volumes(4))
    cluster.refused["v-1"] = an_error("917536", "offline")
    del cluster.objects["v-2"]
    taken, offline, gone, late = ask(backend, cluster.wire, alike(4))
    assert (taken, late) == (Accepted(("j",)), Accepted(("job-of-v-3",)))
    assert isinstance(offline, Declined)
    assert offline.error.ontap_code == "917536"
    assert isinstance(gone, Declined)
    assert "volume v-2 does not exist" in gone.error.message
    look = cluster.wire.sent[1]
    assert look.query["fields"] == (
        "uuid,nas.path,nas.export_policy.name,comment,size,snapshot_policy.name,qos.policy.name,autosize.mode,"
        "efficiency.dedupe,efficiency.compression"
    )
    assert cluster.lines == {f"PATCH {VOLUMES}": 1, f"GET {VOLUMES}": 1, "single": 2}


def test_a_batch_whose_count_cannot_be_checked_is_unanswered(backend: str) -> None:
    def answer(sent: Sent) -> httpx.Response:
        return httpx.Response(202, json={}) if is_bulk(sent) else an_error("1", "out of order", status=500)

    wire = Wire(answer)
    replies = ask(backend, wire, alike(2))
    assert [type(reply) for reply in replies] == [Unanswered, Unanswered]
    assert isinstance(replies[0], Unanswered)
    assert "took 0 of 2 volumes without saying which" in replies[0].error.message


def test_a_volume_that_is_changed_in_two_ways_at_once_is_our_mistake(backend: str) -> None:
    wire = Wire(lambda _: httpx.Response(200))
    with pytest.raises(InternalError):
        ask(backend, wire, [ModifyVolume(uuid="v-1", comment="a"), ModifyVolume(uuid="v-1", comment="b")])
    assert wire.sent == []
