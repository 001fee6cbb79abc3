"""Reading a cluster's records: what they need not tell, newer words, and what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from datamotion.model.records import (
    Transfer,
)
from datamotion.model.view import EVERYTHING, Aspect
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.ontap.errors import MalformedRecord
from tests.datamotion.ontap.served import RELATIONSHIP, VOLUME, a_wire, look


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
def test_a_volume_without_a_required_field_is_malformed(backend: str, field: str) -> None:
    broken = {key: value for key, value in VOLUME.items() if key != field}
    with pytest.raises(MalformedRecord) as caught:
        look(backend, a_wire(volumes=[broken]), {Aspect.VOLUMES})
    assert f"has no `{field}" in caught.value.message
    assert caught.value.message.startswith("paris answered GET /api/storage/volumes in a way that cannot be read: ")


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
def test_a_relationship_that_cannot_be_read_is_malformed(backend: str, changed: Mapping[str, Any], said: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        look(backend, a_wire(relationships=[{**RELATIONSHIP, **changed}]), {Aspect.RELATIONSHIPS})
    assert said in caught.value.message
