"""Policies and schedules of many relationships are changed with few requests."""

from __future__ import annotations

import httpx
import pytest
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship

from datamotion.engine.ports import Accepted, Declined
from datamotion.model.mirror_acts import ModifyRelationship
from tests.datamotion.ontap.schemas import assert_fits
from tests.datamotion.ontap.test_ontap_bulk import ANSWERED, REFUSALS
from tests.datamotion.ontap.wire import Sent, Wire, an_error, ask, jobs_started, records

RELATIONSHIPS = "/api/snapmirror/relationships"


def daily(uuid: str) -> ModifyRelationship:
    return ModifyRelationship(uuid=uuid, policy="Asynchronous", schedule="daily")


def test_equal_changes_are_one_request_and_another_one_goes_alone(backend: str) -> None:
    wire = Wire(lambda sent: jobs_started("alone") if sent.path != RELATIONSHIPS else jobs_started("one", "two"))
    other = ModifyRelationship(uuid="r-3", policy=None, schedule="")
    replies = ask(backend, wire, [daily("r-1"), other, daily("r-2")])
    assert replies == [Accepted(("one", "two")), Accepted(("alone",)), Accepted(("one", "two"))]
    together, alone = sorted(wire.sent, key=lambda sent: sent.path)
    assert together.line == f"PATCH {RELATIONSHIPS}"
    assert together.query == {"uuid": "r-1|r-2", "continue_on_failure": "true", "return_timeout": "0"}
    assert together.body == {"policy": {"name": "Asynchronous"}, "transfer_schedule": {"name": "daily"}}
    assert (alone.line, alone.body) == (f"PATCH {RELATIONSHIPS}/r-3", {"transfer_schedule": None})
    assert_fits(SnapmirrorRelationship, "PATCH", together.body)


@pytest.mark.parametrize("answer", REFUSALS, ids=ANSWERED)
def test_a_cluster_that_takes_no_list_is_asked_for_each(backend: str, answer: httpx.Response) -> None:
    def answered(sent: Sent) -> httpx.Response:
        if sent.method == "GET":
            return records(*({"uuid": uuid, "policy": {"name": "MirrorLatest"}} for uuid in ("r-1", "r-2")))
        return answer if sent.path == RELATIONSHIPS else jobs_started(f"job-of-{sent.path.rpartition('/')[2]}")

    replies = ask(backend, Wire(answered), [daily("r-1"), daily("r-2")])
    assert replies == [Accepted(("job-of-r-1",)), Accepted(("job-of-r-2",))]


def test_those_that_were_not_taken_are_told_by_what_they_have(backend: str) -> None:
    """Of three, one has what is wanted by now, one is refused, one is gone."""

    def answered(sent: Sent) -> httpx.Response:
        if sent.method == "GET":
            has = {"policy": {"name": "Asynchronous"}, "transfer_schedule": {"name": "daily"}}
            return records({"uuid": "r-1", **has}, {"uuid": "r-2", **has, "transfer_schedule": {"name": "hourly"}})
        if sent.path == RELATIONSHIPS:
            return httpx.Response(202, json={"num_records": 1, "jobs": [{"uuid": "j"}], "errors": [{"code": "1"}]})
        return an_error("13303817", "not now")

    taken, refused, gone = ask(backend, Wire(answered), [daily("r-1"), daily("r-2"), daily("r-3")])
    assert taken == Accepted(("j",))
    assert isinstance(refused, Declined)
    assert "not now" in refused.error.message
    assert isinstance(gone, Declined)
    assert "relationship r-3 does not exist" in gone.error.message
