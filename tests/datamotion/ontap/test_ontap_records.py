"""Reading a cluster's records: what they need not tell, newer words, and what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from datamotion.model.mirror_records import Transfer
from datamotion.model.view import EVERYTHING, Aspect
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from tests.datamotion.ontap.served import CLUSTER, RELATIONSHIP, VOLUME, a_wire, look
from tests.datamotion.ontap.wire import always


def test_a_relationship_without_schedule_has_its_policys(backend: str) -> None:
    bare = {key: value for key, value in RELATIONSHIP.items() if key != "transfer_schedule"}
    wire = a_wire(relationships=[bare])
    view = look(backend, wire, EVERYTHING)
    assert view.schedule_of(view.relationships[0]) == "hourly"
    assert view.relationships[0].schedule is None


def test_the_policy_of_the_svm_comes_before_the_clusters(backend: str) -> None:
    bare = {key: value for key, value in RELATIONSHIP.items() if key != "transfer_schedule"}
    policies = [
        {"uuid": "p-1", "name": "Asynchronous", "type": "async", "transfer_schedule": {"name": "hourly"}},
        {
            "uuid": "p-2",
            "name": "Asynchronous",
            "type": "async",
            "svm": {"name": "svm_dr"},
            "transfer_schedule": {"name": "5min"},
        },
    ]
    view = look(backend, a_wire(relationships=[bare], policies=policies), EVERYTHING)
    assert view.schedule_of(view.relationships[0]) == "5min"


def test_what_a_relationship_does_not_tell_is_none(backend: str) -> None:
    least = {key: RELATIONSHIP[key] for key in ("uuid", "source", "destination", "state", "healthy")}
    least["source"] = {"path": "svm_gold:vol_1"}
    (found,) = look(backend, a_wire(relationships=[least]), {Aspect.RELATIONSHIPS}).relationships
    assert (found.source_cluster, found.lag, found.exported_snapshot, found.transfer) == (None,) * 4
    assert (found.schedule, found.unhealthy_reason) == (None, None)


def test_the_end_of_a_transfer_is_in_utc(backend: str) -> None:
    ended = {"transfer": {"state": "success", "end_time": "2026-03-01T14:45:11+02:00"}}
    (found,) = look(backend, a_wire(relationships=[RELATIONSHIP | ended]), {Aspect.RELATIONSHIPS}).relationships
    assert found.transfer == Transfer(
        uuid=None,
        state=TransferState.SUCCESS,
        bytes_transferred=None,
        ended_at=datetime(2026, 3, 1, 12, 45, 11, tzinfo=UTC),
    )
    assert str(found.transfer.ended_at) == "2026-03-01 12:45:11+00:00"


def test_words_of_a_newer_release_read_as_unknown(backend: str) -> None:
    wire = a_wire(
        volumes=[VOLUME | {"type": "xp", "state": "dreaming"}],
        relationships=[RELATIONSHIP | {"state": "levitating", "transfer": {"state": "beaming"}}],
    )
    view = look(backend, wire, {Aspect.VOLUMES, Aspect.RELATIONSHIPS})
    assert (view.volumes[0].type, view.volumes[0].state) == (VolumeType.UNKNOWN, VolumeState.UNKNOWN)
    assert view.relationships[0].state is MirrorState.UNKNOWN
    assert view.relationships[0].transfer
    assert view.relationships[0].transfer.state is TransferState.UNKNOWN


def test_an_offline_volume_need_not_tell_its_sizes(backend: str) -> None:
    offline = {key: value for key, value in VOLUME.items() if key not in ("size", "space", "nas", "aggregates")}
    (found,) = look(backend, a_wire(volumes=[offline | {"state": "offline"}]), {Aspect.VOLUMES}).volumes
    assert (found.size_bytes, found.used_bytes, found.path, found.aggregates) == (0, 0, None, ())


def test_an_unmounted_volume_has_no_path(backend: str) -> None:
    (found,) = look(backend, a_wire(volumes=[VOLUME | {"nas": {"path": ""}}]), {Aspect.VOLUMES}).volumes
    assert found.path is None


@pytest.mark.parametrize("field", ["uuid", "name", "svm", "type", "state", "style", "size", "space"])
def test_a_volume_without_a_required_field_is_unreadable_and_no_other(backend: str, field: str) -> None:
    broken = {key: value for key, value in VOLUME.items() if key != field}
    view = look(backend, a_wire(volumes=[broken, VOLUME | {"uuid": "v-2"}]), {Aspect.VOLUMES})
    assert [volume.uuid for volume in view.volumes] == ["v-2"]
    (found,) = view.unreadable
    assert f"has no `{field}" in found.reason
    assert found.reason.startswith("paris answered GET /api/storage/volumes in a way that cannot be read: ")
    told = (found.svm, found.volume, found.uuid, found.comment)
    known = {"svm": "svm_gold", "name": "vol_1", "uuid": "v-1", "comment": "trees"}
    assert told == tuple(None if key == field else value for key, value in known.items())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lag_time": "yesterday"}, "`lag_time` of record r-1 is 'yesterday', which should be a valid timedelta"),
        ({"healthy": "perhaps"}, "`healthy` of record r-1 is 'perhaps', which should be a valid boolean"),
        ({"unhealthy_reason": "text"}, "`unhealthy_reason` of record r-1"),
        (
            {"unhealthy_reason": ["text"]},
            "`unhealthy_reason.0` of record r-1 is 'text', which should be a valid dictionary",
        ),
        ({"source": "svm_gold:vol_1"}, "record r-1 has no `source.path`"),
        ({"transfer": {"state": "success", "end_time": "2026-03-01T14:45:11"}}, "which should have timezone info"),
    ],
)
def test_a_relationship_that_cannot_be_read_is_told_apart(backend: str, changed: Mapping[str, Any], said: str) -> None:
    view = look(backend, a_wire(relationships=[{**RELATIONSHIP, **changed}, RELATIONSHIP]), {Aspect.RELATIONSHIPS})
    assert len(view.relationships) == 1
    (found,) = view.unreadable
    assert said in found.reason
    assert (found.svm, found.volume, found.is_relationship) == ("svm_dr", "vol_1", True)


BAD_TEXTS = ["a\x1b[8m", "a\nb", "a\x00", "a\u009b", "a\u202e", "a\ud800", "a\u2028b"]


@pytest.mark.parametrize("bad", BAD_TEXTS)
@pytest.mark.parametrize("field", ["name", "style", "uuid"])
def test_names_and_uuids_hold_no_control_characters(backend: str, field: str, bad: str) -> None:
    (found,) = look(backend, a_wire(volumes=[VOLUME | {field: bad}]), {Aspect.VOLUMES}).unreadable
    assert f"`{field}` of record" in found.reason
    assert bad not in found.reason
    (found,) = look(backend, a_wire(volumes=[VOLUME | {"nas": {"path": f"/{bad}"}}]), {Aspect.VOLUMES}).unreadable
    assert "`nas.path` of record v-1" in found.reason


def test_a_comment_may_hold_whatever_people_write(backend: str) -> None:
    (found,) = look(backend, a_wire(volumes=[VOLUME | {"comment": "a\x1b\n\u202e"}]), {Aspect.VOLUMES}).volumes
    assert found.comment == "a\x1b\n\u202e"


@pytest.mark.parametrize("bad", ["", "a b", "a|b", "*", "../x", "a/b", "a..b", "!a", "%2e", {"a": 1}, 5])
def test_a_uuid_is_one_segment_of_a_url_and_no_operator_of_a_query(backend: str, bad: object) -> None:
    peer = {"uuid": bad, "name": "a", "svm": {"name": "a"}, "peer": {"svm": {"name": "b"}, "cluster": {"name": "c"}}}
    (found,) = look(backend, a_wire(peers=[peer | {"state": "peered"}]), {Aspect.SVM_PEERS}).unreadable
    assert "`uuid` of record" in found.reason
    session = {"node": {"uuid": bad}, "svm": {"uuid": "s-1"}, "identifier": 1, "connection_id": 1}
    session["volumes"] = [{"uuid": "v-1"}, {"uuid": "v-2"}]
    unreadable = look(backend, a_wire(sessions=[session]), {Aspect.CIFS_SESSIONS}).unreadable
    assert [(each.uuid, "`node.uuid` of" in each.reason) for each in unreadable] == [("v-1", True), ("v-2", True)]
    assert look(backend, a_wire(volumes=[VOLUME | {"uuid": bad}]), {Aspect.VOLUMES}).unreadable


@pytest.mark.parametrize("bad", [10**400, "9" * 5000, -1, 2**63, "NaN", 1e308, 1.5])
def test_numbers_are_within_reach(backend: str, bad: object) -> None:
    (found,) = look(backend, a_wire(volumes=[VOLUME | {"size": bad}]), {Aspect.VOLUMES}).unreadable
    assert "`size` of record v-1" in found.reason


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "9" * 400, "9" * 5000, "1e999", "[[[[1]]]]"])
def test_numbers_that_no_machine_holds_are_told_with_their_field(backend: str, written: str) -> None:
    text = json.dumps({"records": [VOLUME | {"size": "HERE"}, VOLUME | {"uuid": "v-2"}]}).replace('"HERE"', written)
    view = look(backend, always(httpx.Response(200, text=text)), {Aspect.VOLUMES})
    assert [volume.uuid for volume in view.volumes] == ["v-2"]
    assert "`size` of record v-1" in view.unreadable[0].reason


@pytest.mark.parametrize("bad", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "1969-12-31T23:59:59+00:00"])
def test_instants_are_within_reach(backend: str, bad: str) -> None:
    ended = RELATIONSHIP | {"transfer": {"state": "success", "end_time": bad}}
    (found,) = look(backend, a_wire(relationships=[ended]), {Aspect.RELATIONSHIPS}).unreadable
    assert "`transfer.end_time` of record r-1" in found.reason
    assert "should be an instant between 1970 and 2200" in found.reason


@pytest.mark.parametrize("lag", ["-PT1S", "-P3D", "P40000D", "P999999999D"])
def test_an_age_that_cannot_be_is_not_known(backend: str, lag: str) -> None:
    view = look(backend, a_wire(relationships=[RELATIONSHIP | {"lag_time": lag}]), {Aspect.RELATIONSHIPS})
    assert [(each.lag, each.lag_problem) for each in view.relationships] == [(None, "tells an age that cannot be")]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"aggregates": [{}]}, "has no `aggregates.0.name`"),
        ({"aggregates": [None]}, "has no `aggregates.0`"),
        ({"nas": {"path": "vol_1"}}, "which should be a path"),
        ({"uuid": None}, "has no `uuid`"),
        ({"nas": "none"}, "`nas` of record v-1 is 'none', which should be"),
        ({"nas": {"path": "/vol_1", "export_policy": []}}, "`nas.export_policy` of record v-1 is []"),
    ],
)
def test_what_lists_and_links_hold_is_read_too(backend: str, changed: Mapping[str, Any], said: str) -> None:
    (found,) = look(backend, a_wire(volumes=[{**VOLUME, **changed}]), {Aspect.VOLUMES}).unreadable
    assert said in found.reason


@pytest.mark.parametrize("bad", [None, 5, "text", [], {}])
def test_a_record_that_is_no_object_is_told_by_its_number(backend: str, bad: object) -> None:
    view = look(backend, a_wire(volumes=[VOLUME, bad]), {Aspect.VOLUMES})
    assert len(view.volumes) == 1
    assert "record number 2" in view.unreadable[0].reason


def test_what_a_field_is_in_is_an_object(backend: str) -> None:
    (found,) = look(backend, a_wire(aggregates=[{"name": "aggr1", "space": "large"}]), {Aspect.AGGREGATES}).unreadable
    assert "`space` of record aggr1 is 'large', not an object" in found.reason
    assert found.name == "aggr1"


def test_peers_that_list_no_names_cannot_be_read(backend: str) -> None:
    peer = {"uuid": "p", "name": "a", "svm": {"name": "a"}, "peer": {"svm": {"name": "b"}, "cluster": {"name": "c"}}}
    peers = [peer | {"state": "peered", "applications": [{}]}]
    (found,) = look(backend, a_wire(peers=peers), {Aspect.SVM_PEERS}).unreadable
    assert "`applications` of record p is not a list of names" in found.reason


@pytest.mark.parametrize(
    ("aspect", "bad", "told"),
    [
        (Aspect.POLICIES, {"uuid": "p-9", "name": "x", "svm": {"name": "s"}, "comment": "c"}, ("x", "s", "p-9", "c")),
        (Aspect.POLICIES, "text", (None, None, None, None)),
        (Aspect.SVMS, {"uuid": "s-9", "name": "svm_x"}, ("svm_x", None, "s-9", None)),
        (Aspect.SVM_PEERS, {"name": 5, "svm": {"name": "svm_dr"}}, (None, "svm_dr", None, None)),
        (Aspect.CLUSTER_PEERS, None, (None, None, None, None)),
        (Aspect.SCHEDULES, {"name": []}, (None, None, None, None)),
        (Aspect.LICENSES, {"name": "snapmirror", "state": {}}, ("snapmirror", None, None, None)),
        (Aspect.AGGREGATES, {}, (None, None, None, None)),
        (Aspect.EXPORT_POLICIES, {"name": "p", "svm": {"name": "s"}, "rules": [5]}, ("p", "s", None, None)),
        (Aspect.QTREES, {"volume": {"uuid": "v-1"}, "id": -1}, (None, None, "v-1", None)),
        (Aspect.QTREES, {"id": 3}, (None, None, None, None)),
        (Aspect.CIFS_SESSIONS, {"volumes": [5]}, (None, None, None, None)),
    ],
)
def test_a_record_that_cannot_be_read_leaves_the_others_of_its_kind(
    backend: str, aspect: Aspect, bad: object, told: tuple[str | None, ...]
) -> None:
    """And tells of itself what can be read: a session or a qtree, its volume."""
    wire = a_wire()
    whole = look(backend, wire, {aspect})
    path = wire.sent[0].path
    view = look(backend, a_wire(**{path.rpartition("/")[2]: [*CLUSTER[path], bad]}), {aspect})
    (found,) = view.unreadable
    assert (found.aspect, found.name, found.svm, found.uuid, found.comment) == (aspect, *told)
    assert f"GET {path} in a way that cannot be read" in found.reason
    assert replace(view, unreadable=()) == whole
