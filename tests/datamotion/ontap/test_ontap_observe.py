"""Looking at a cluster: which requests, which records, what happens to what cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from datamotion.model.records import (
    Aggregate,
    ClusterIdentity,
    ClusterPeer,
    Endpoint,
    Policy,
    Relationship,
    Svm,
    SvmPeer,
    Transfer,
    Volume,
)
from datamotion.model.view import EVERYTHING, Aspect, ClusterView
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.ontap.errors import MalformedRecord
from tests.datamotion.ontap.wire import START, Sent, Wire, a_cluster, an_error, records, run_on

VOLUME = {
    "uuid": "v-1",
    "name": "vol_1",
    "svm": {"name": "svm_gold"},
    "type": "rw",
    "state": "online",
    "style": "flexvol",
    "size": 1073741824,
    "space": {"used": "4096"},
    "aggregates": [{"name": "aggr1"}],
    "nas": {"path": "/vol_1"},
    "comment": "trees",
    "language": "c.utf_8",
    "guarantee": {"type": "none"},
}
RELATIONSHIP = {
    "uuid": "r-1",
    "source": {"path": "svm_gold:vol_1", "cluster": {"name": "paris"}},
    "destination": {"path": "svm_dr:vol_1"},
    "state": "snapmirrored",
    "healthy": False,
    "unhealthy_reason": [{"code": "6621444", "message": "Transfer failed."}, {"message": "Peer is down."}],
    "policy": {"name": "Asynchronous"},
    "transfer_schedule": {"name": "daily"},
    "lag_time": "P1DT2H3M4S",
    "exported_snapshot": "snapmirror.1",
    "transfer": {"uuid": "t-1", "state": "transferring", "bytes_transferred": "3352"},
}
CLUSTER: Mapping[str, list[Any]] = {
    "/api/cluster/peers": [
        {"uuid": "cp-1", "name": "lyon", "status": {"state": "available"}},
        {"uuid": "cp-2", "name": "nice", "status": {"state": "unavailable"}},
    ],
    "/api/cluster/schedules": [{"name": "hourly"}, {"name": "daily"}],
    "/api/svm/svms": [{"uuid": "s-1", "name": "svm_gold", "state": "running"}],
    "/api/svm/peers": [
        {
            "uuid": "sp-1",
            "name": "svm_gold_1",
            "svm": {"name": "svm_dr"},
            "peer": {"svm": {"name": "svm_gold"}, "cluster": {"name": "paris"}},
            "state": "peered",
            "applications": ["snapmirror"],
        }
    ],
    "/api/storage/aggregates": [
        {"name": "aggr1", "space": {"block_storage": {"available": 10}}},
        {"name": "aggr2"},
    ],
    "/api/snapmirror/policies": [
        {"name": "Asynchronous", "type": "async", "transfer_schedule": {"name": "hourly"}},
        {"name": "Mine", "svm": {"name": "svm_dr"}, "type": "async"},
    ],
    "/api/storage/volumes": [VOLUME],
    "/api/snapmirror/relationships": [RELATIONSHIP],
}


def a_wire(**changed: list[Any]) -> Wire:
    """The cluster above, with the named collections ("volumes") holding other records."""

    def answer(sent: Sent) -> httpx.Response:
        if sent.path == "/api/cluster":
            version = {"generation": 9, "major": 15, "minor": 1}
            return httpx.Response(200, json={"name": "cluster-p", "uuid": "c-1", "version": version})
        return records(*changed.get(sent.path.rpartition("/")[2], CLUSTER[sent.path]))

    return Wire(answer)


def look(
    backend: str, wire: Wire, aspects: Collection[Aspect], svms: Collection[str] = ("svm_dr", "svm_gold")
) -> ClusterView:
    views: list[ClusterView] = []

    async def go() -> None:
        async with a_cluster(wire) as cluster:
            views.append(await cluster.observe(aspects, svms))

    run_on(backend, go)
    return views[0]


def test_everything_is_read_into_records(backend: str) -> None:
    view = look(backend, a_wire(), EVERYTHING)
    assert view == ClusterView(
        observed_at=START,
        aspects=EVERYTHING,
        identity=ClusterIdentity(name="cluster-p", uuid="c-1", version=(9, 15, 1)),
        cluster_peers=(
            ClusterPeer(uuid="cp-1", name="lyon", available=True),
            ClusterPeer(uuid="cp-2", name="nice", available=False),
        ),
        svms=(Svm(uuid="s-1", name="svm_gold", state="running"),),
        svm_peers=(
            SvmPeer(
                uuid="sp-1",
                name="svm_gold_1",
                svm="svm_dr",
                peer_svm="svm_gold",
                peer_cluster="paris",
                state="peered",
                applications=frozenset({"snapmirror"}),
            ),
        ),
        aggregates=(Aggregate(name="aggr1", available_bytes=10), Aggregate(name="aggr2", available_bytes=0)),
        policies=(
            Policy(name="Asynchronous", svm=None, type="async", schedule="hourly"),
            Policy(name="Mine", svm="svm_dr", type="async", schedule=None),
        ),
        schedules=frozenset({"hourly", "daily"}),
        volumes=(
            Volume(
                uuid="v-1",
                name="vol_1",
                svm="svm_gold",
                type=VolumeType.RW,
                state=VolumeState.ONLINE,
                style="flexvol",
                size_bytes=1073741824,
                used_bytes=4096,
                aggregates=("aggr1",),
                path="/vol_1",
                comment="trees",
                language="c.utf_8",
                guarantee="none",
            ),
        ),
        relationships=(
            Relationship(
                uuid="r-1",
                source=Endpoint("svm_gold", "vol_1"),
                source_cluster="paris",
                destination=Endpoint("svm_dr", "vol_1"),
                state=MirrorState.SNAPMIRRORED,
                healthy=False,
                unhealthy_reason="Transfer failed.; Peer is down.",
                policy="Asynchronous",
                schedule="daily",
                lag=timedelta(days=1, hours=2, minutes=3, seconds=4),
                exported_snapshot="snapmirror.1",
                transfer=Transfer(uuid="t-1", state=TransferState.TRANSFERRING, bytes_transferred=3352, ended_at=None),
            ),
        ),
    )


def test_each_aspect_is_one_get_with_exactly_the_fields_needed(backend: str) -> None:
    wire = a_wire()
    look(backend, wire, EVERYTHING)
    asked = {sent.path: dict(sent.query) for sent in wire.sent}
    assert len(wire.sent) == len(asked) == len(EVERYTHING)
    assert all(sent.method == "GET" for sent in wire.sent)
    page = {"max_records": "10000"}
    assert asked == {
        "/api/cluster": {"fields": "name,uuid,version.generation,version.major,version.minor"},
        "/api/cluster/peers": page | {"fields": "uuid,name,status.state"},
        "/api/cluster/schedules": page | {"fields": "name", "type": "cron"},
        "/api/svm/svms": page | {"fields": "uuid,name,state"},
        "/api/svm/peers": page | {"fields": "uuid,name,svm.name,peer.svm.name,peer.cluster.name,state,applications"},
        "/api/storage/aggregates": page | {"fields": "name,space.block_storage.available"},
        "/api/snapmirror/policies": page | {"fields": "name,svm.name,type,transfer_schedule.name"},
        "/api/storage/volumes": page
        | {
            "fields": "uuid,name,svm.name,type,state,style,size,space.used,aggregates.name,nas.path,comment,"
            "language,guarantee.type",
            "svm.name": "svm_dr|svm_gold",
            "is_svm_root": "false",
        },
        "/api/snapmirror/relationships": page
        | {
            "fields": "uuid,source.path,source.cluster.name,destination.path,state,healthy,unhealthy_reason,"
            "policy.name,transfer_schedule.name,lag_time,exported_snapshot,transfer.uuid,transfer.state,"
            "transfer.bytes_transferred,transfer.end_time",
            "destination.svm.name": "svm_dr|svm_gold",
        },
    }


@pytest.mark.parametrize("count", [1, 500])
def test_the_number_of_calls_does_not_depend_on_the_number_of_volumes(backend: str, count: int) -> None:
    wire = a_wire(
        volumes=[VOLUME | {"uuid": f"v-{n}"} for n in range(count)],
        relationships=[RELATIONSHIP | {"uuid": f"r-{n}"} for n in range(count)],
    )
    view = look(backend, wire, EVERYTHING)
    assert len(view.volumes) == len(view.relationships) == count
    assert len(wire.sent) == 9


def test_only_what_is_asked_for_is_looked_at(backend: str) -> None:
    wire = a_wire()
    view = look(backend, wire, {Aspect.SVMS})
    assert [sent.path for sent in wire.sent] == ["/api/svm/svms"]
    assert view.aspects == {Aspect.SVMS}
    assert view.volumes == ()


def test_no_svm_means_no_volumes_rather_than_all(backend: str) -> None:
    wire = a_wire()
    view = look(backend, wire, {Aspect.VOLUMES, Aspect.RELATIONSHIPS}, svms=())
    assert wire.sent == []
    assert (view.volumes, view.relationships, view.svm_peers) == ((), (), ())


def test_a_relationship_without_schedule_has_its_policys(backend: str) -> None:
    bare = {key: value for key, value in RELATIONSHIP.items() if key != "transfer_schedule"}
    wire = a_wire(relationships=[bare])
    view = look(backend, wire, EVERYTHING)
    assert view.schedule_of(view.relationships[0]) == "hourly"
    assert view.relationships[0].schedule is None


def test_the_policy_of_the_svm_comes_before_the_clusters(backend: str) -> None:
    bare = {key: value for key, value in RELATIONSHIP.items() if key != "transfer_schedule"}
    policies = [
        {"name": "Asynchronous", "type": "async", "transfer_schedule": {"name": "hourly"}},
        {"name": "Asynchronous", "type": "async", "svm": {"name": "svm_dr"}, "transfer_schedule": {"name": "5min"}},
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
        ({"lag_time": "yesterday"}, "`lag_time` of record r-1 is 'yesterday', not a timedelta"),
        ({"healthy": "perhaps"}, "`healthy` of record r-1 is 'perhaps', not a bool"),
        ({"unhealthy_reason": "text"}, "`unhealthy_reason` of record r-1"),
        ({"unhealthy_reason": ["text"]}, "`unhealthy_reason` of record r-1 is not a list of objects"),
        ({"source": "svm_gold:vol_1"}, "record r-1 has no `source.path`"),
        ({"transfer": {"state": "success", "end_time": "2026-03-01T14:45:11"}}, "has no offset from UTC"),
    ],
)
def test_a_relationship_that_cannot_be_read_is_malformed(backend: str, changed: Mapping[str, Any], said: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        look(backend, a_wire(relationships=[{**RELATIONSHIP, **changed}]), {Aspect.RELATIONSHIPS})
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("failure", "error"),
    [(an_error("6", "no", status=403), ClusterRefused), (httpx.ReadTimeout("slow"), ClusterSilent)],
)
def test_a_view_is_whole_or_is_not_returned(
    backend: str, failure: httpx.Response | Exception, error: type[ClusterError]
) -> None:
    whole = a_wire().answer

    def answer(sent: Sent) -> httpx.Response:
        if sent.path != "/api/storage/volumes":
            return whole(sent)
        if isinstance(failure, Exception):
            raise failure
        return failure

    with pytest.raises(error):
        look(backend, Wire(answer), EVERYTHING)
