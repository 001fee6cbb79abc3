"""Asking beforehand: `validate_only` goes with every request, and only where ONTAP documents it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship

from datamotion.engine.ports import Accepted, Declined, Reply
from datamotion.errors import InternalError
from datamotion.model.acts import Act, Change
from datamotion.model.mirror_acts import CreateRelationship, Initialize, ModifyRelationship, Resume
from datamotion.model.mirror_records import Endpoint
from datamotion.model.volume_acts import ModifyVolume
from datamotion.policy.validation import Question
from tests.datamotion.ontap.schemas import assert_fits
from tests.datamotion.ontap.wire import Wire, a_cluster, an_error, run_on

MIRRORS = "/api/snapmirror/relationships"
PATHS = {"source": {"path": "svm_gold:vol_1"}, "destination": {"path": "svm_dr:vol_1"}}
CREATE = CreateRelationship(
    source=Endpoint("svm_gold", "vol_1"), destination=Endpoint("svm_dr", "vol_1"), policy="Asynchronous", schedule=None
)


def question(change: Change, *, creates: bool = False) -> Question:
    act = Act(cluster="paris", backend="gold", volume="vol_1", change=change, title="", text="")
    return Question(act, creates)


def validate(backend: str, wire: Wire, *questions: Question) -> Sequence[Reply]:
    found: list[Reply] = []

    async def go() -> None:
        async with a_cluster(wire) as cluster:
            found.extend(await cluster.validate(questions))

    run_on(backend, go)
    return found


@pytest.mark.parametrize(
    ("asked", "line", "body"),
    [
        (question(CREATE), f"POST {MIRRORS}", {**PATHS, "policy": {"name": "Asynchronous"}}),
        (
            question(CREATE, creates=True),
            f"POST {MIRRORS}",
            {**PATHS, "policy": {"name": "Asynchronous"}, "create_destination": {"enabled": True}},
        ),
        (
            question(ModifyRelationship(uuid="r-1", policy=None, schedule="daily")),
            f"PATCH {MIRRORS}/r-1",
            {"transfer_schedule": {"name": "daily"}},
        ),
        (question(Initialize(uuid="r-1")), f"PATCH {MIRRORS}/r-1", {"state": "snapmirrored"}),
        (question(Resume(uuid="r-1")), f"PATCH {MIRRORS}/r-1", {"state": "snapmirrored"}),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_each_is_one_request_that_is_validated_only(
    backend: str, asked: Question, line: str, body: Mapping[str, Any]
) -> None:
    wire = Wire(lambda _: httpx.Response(200, json={}))
    assert validate(backend, wire, asked) == [Accepted()]
    (sent,) = wire.sent
    assert (sent.line, sent.query, sent.body) == (line, {"validate_only": "true", "return_timeout": "0"}, body)
    assert_fits(SnapmirrorRelationship, line.partition(" ")[0], body)


def test_an_objection_is_a_no_in_the_cluster_s_words_and_keeps_no_other_from_being_asked(backend: str) -> None:
    wire = Wire(
        lambda sent: an_error("13303886", "no peers") if sent.line.startswith("POST") else httpx.Response(200, json={})
    )
    no, yes = validate(backend, wire, question(CREATE), question(Resume(uuid="r-1")))
    assert isinstance(no, Declined)
    assert "no peers" in no.error.message
    assert yes == Accepted()


def test_a_change_that_would_be_carried_out_all_the_same_is_never_sent(backend: str) -> None:
    wire = Wire(lambda _: httpx.Response(202, json={}))
    with pytest.raises(BaseException) as raised:  # noqa: PT011  # a group or the error itself, as the backend has it
        validate(backend, wire, question(ModifyVolume(uuid="v-1", comment="x")))
    assert isinstance(raised.value, InternalError) or raised.group_contains(InternalError)
    assert wire.sent == []
