"""What goes for good goes with few requests, and at clusters that take no lists with one each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import pytest

from datamotion.engine.ports import Accepted, Declined, Unanswered
from datamotion.model.acts import Change
from datamotion.model.mirror_acts import DeleteRelationship, ReleaseRelationship
from datamotion.model.serving_acts import DeleteClaim
from datamotion.model.volume_acts import DeleteVolume
from tests.datamotion.ontap.test_ontap_bulk import ANSWERED, REFUSALS
from tests.datamotion.ontap.wire import Sent, Wire, an_error, ask, jobs_started, records

RELATIONSHIPS, VOLUMES = "/api/snapmirror/relationships", "/api/storage/volumes"
KINDS: list[tuple[Callable[[str], Change], str, Mapping[str, str], Mapping[str, str]]] = [
    (lambda uuid: DeleteRelationship(uuid=uuid), RELATIONSHIPS, {"destination_only": "true"}, {}),
    (
        lambda uuid: ReleaseRelationship(uuid=uuid),
        RELATIONSHIPS,
        {"source_only": "true"},
        {"list_destinations_only": "true"},
    ),
    (lambda uuid: DeleteVolume(uuid=uuid), VOLUMES, {}, {}),
    (lambda uuid: DeleteClaim(uuid=uuid), "/api/snapmirror/policies", {}, {}),
]
"""What is asked for, the collection, and with which words in a DELETE and in a GET of it."""


@pytest.mark.parametrize(("change", "path", "flags", "_"), KINDS)
def test_many_go_with_few_requests(
    backend: str, change: Callable[[str], Change], path: str, flags: Mapping[str, str], _: Mapping[str, str]
) -> None:
    wire = Wire(lambda sent: jobs_started(*(f"job-of-{uuid}" for uuid in sent.query["uuid"].split("|"))))
    uuids = [f"u-{number}" for number in range(120)]
    replies = ask(backend, wire, [change(uuid) for uuid in uuids])
    assert len(wire.sent) <= 3
    assert sorted(uuid for sent in wire.sent for uuid in sent.query["uuid"].split("|")) == sorted(uuids)
    for sent in wire.sent:
        assert (sent.line, sent.body) == (f"DELETE {path}", None)
        flags = {"continue_on_failure": "true", "return_timeout": "0", **flags}
        assert sent.query == {"uuid": sent.query["uuid"], **flags}
    last = wire.sent[-1].query["uuid"].split("|")
    assert replies[uuids.index(last[0])] == Accepted(tuple(f"job-of-{uuid}" for uuid in last))


@pytest.mark.parametrize("answer", REFUSALS, ids=ANSWERED)
@pytest.mark.parametrize(("change", "path", "flags", "listed"), KINDS)
def test_a_cluster_that_takes_no_list_is_asked_for_each(
    backend: str,
    change: Callable[[str], Change],
    path: str,
    flags: Mapping[str, str],
    listed: Mapping[str, str],
    answer: httpx.Response,
) -> None:
    def answered(sent: Sent) -> httpx.Response:
        if sent.method == "GET":
            assert sent.query.items() >= listed.items()
            return records(*({"uuid": uuid} for uuid in sent.query["uuid"].split("|")))
        return answer if sent.path == path else jobs_started(f"job-of-{sent.path.rpartition('/')[2]}")

    wire = Wire(answered)
    replies = ask(backend, wire, [change("u-1"), change("u-2")])
    assert replies == [Accepted(("job-of-u-1",)), Accepted(("job-of-u-2",))]
    singles = [sent for sent in wire.sent if sent.method == "DELETE" and sent.path != path]
    assert sorted(sent.path for sent in singles) == [f"{path}/u-1", f"{path}/u-2"]
    assert all(sent.query == {"return_timeout": "0", **flags} for sent in singles)


def test_of_a_list_that_was_taken_in_part_the_rest_is_asked_for_alone(backend: str) -> None:
    """Of three, one had gone before, one goes, and the third is refused."""

    def answered(sent: Sent) -> httpx.Response:
        if sent.method == "GET":
            return records({"uuid": "u-3"})
        if sent.path == VOLUMES:
            return httpx.Response(202, json={"num_records": 1, "jobs": [{"uuid": "j"}], "errors": [{"code": "917536"}]})
        return an_error("917536", "it has a clone")

    wire = Wire(answered)
    gone, going, refused = ask(backend, wire, [DeleteVolume(uuid=f"u-{number}") for number in (1, 2, 3)])
    assert (gone, going) == (Accepted(("j",)), Accepted(("j",)))
    assert isinstance(refused, Declined)
    assert "it has a clone" in refused.error.message


def test_a_list_that_was_not_answered_is_not_asked_for_again(backend: str) -> None:
    def fail(_: Sent) -> httpx.Response:
        raise httpx.ReadTimeout("no answer")

    wire = Wire(fail)
    replies = ask(backend, wire, [DeleteVolume(uuid="u-1"), DeleteVolume(uuid="u-2")])
    assert [type(reply) for reply in replies] == [Unanswered, Unanswered]
    assert [sent.path for sent in wire.sent] == [VOLUMES]
