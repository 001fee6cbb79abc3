"""Looking at a cluster: which requests there are, and that all of it is read or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import httpx
import pytest

from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from datamotion.model.cluster_records import (
    Access,
    Aggregate,
    ClusterIdentity,
    ClusterPeer,
    IpInterface,
    Node,
    Schedule,
)
from datamotion.model.definition import Rule
from datamotion.model.mirror_records import Endpoint, Listed, Policy, Relationship, Transfer
from datamotion.model.serving_records import (
    CifsServer,
    CifsSession,
    ExportPolicy,
    Igroup,
    Lun,
    LunMap,
    Permission,
    Qtree,
    Share,
)
from datamotion.model.view import EVERYTHING, STANDING, Aspect, ClusterClock, ClusterView
from datamotion.model.volume_records import NamedPolicy, Snapshot, Svm, SvmPeer, Volume
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.ontap.errors import MalformedRecord
from tests.datamotion.ontap.schemas import knows
from tests.datamotion.ontap.served import RELATIONSHIP, VOLUME, a_wire, look
from tests.datamotion.ontap.wire import START, Sent, Wire, an_error, records


def a_policy(uuid: str, name: str, **told: Any) -> Policy:
    asked: dict[str, Any] = {"svm": None, "type": "async", "schedule": None, "takes_snapshots": True, "comment": ""}
    return Policy(uuid=uuid, name=name, **(asked | told))


_BEHIND = {
    Aspect.LUN_MAPS: ("/api/protocols/san/lun-maps", "luns"),
    Aspect.IGROUPS: ("/api/protocols/san/igroups", "luns"),
    Aspect.CIFS_SHARES: ("/api/protocols/cifs/shares", "services"),
    Aspect.CIFS_SESSIONS: ("/api/protocols/cifs/sessions", "services"),
}
_WITH_BASES = {*_BEHIND, Aspect.LUNS, Aspect.CIFS_SERVERS}


def test_what_nothing_leads_to_is_not_asked_for(backend: str) -> None:
    wire = a_wire(luns=[], services=[])
    view = look(backend, wire, _WITH_BASES)
    assert {sent.path for sent in wire.sent} == {"/api/storage/luns", "/api/protocols/cifs/services"}
    assert (view.lun_maps, view.cifs_shares) == ((), ())
    assert view.looked_at.keys() == _WITH_BASES - {Aspect.IGROUPS}  # of which there may be some


@pytest.mark.parametrize("aspect", _BEHIND)
@pytest.mark.parametrize("base", [[{"uuid": "", "svm": 7}], None], ids=["unreadable", "not told"])
def test_it_is_asked_for_where_that_is_not_known(backend: str, aspect: Aspect, base: list[Any] | None) -> None:
    path, name = _BEHIND[aspect]

    def answer(sent: Sent) -> httpx.Response:
        if base is None and sent.path.endswith(f"/{name}"):
            return an_error("6", "not authorized for that command", 403)
        return told(sent)

    wire = a_wire(**{name: base or []})
    told, wire.answer = wire.answer, answer
    try:
        look(backend, wire, _WITH_BASES)
    except ClusterRefused:
        assert (name, base) == ("luns", None)  # volumes may have some, so that is a refusal to look
    else:
        assert path in {sent.path for sent in wire.sent}


def test_a_cluster_that_does_not_answer_is_not_asked_further(backend: str) -> None:
    def silent(sent: Sent) -> httpx.Response:
        raise httpx.ConnectError("nothing answers")

    wire = a_wire()
    wire.answer = silent
    with pytest.raises(ClusterSilent):
        look(backend, wire, _WITH_BASES)
    assert not {sent.path for sent in wire.sent} & {path for path, _ in _BEHIND.values()}


def test_everything_is_read_into_records(backend: str) -> None:
    view = look(backend, a_wire(), EVERYTHING)
    rules = (Rule(label="sm_created", count=1), Rule(label="daily", count=7, is_more=True))
    assert view == ClusterView(
        looked_at=dict.fromkeys(EVERYTHING, START),
        clock=ClusterClock(ahead=None),
        identity=ClusterIdentity(name="cluster-p", uuid="c-1", version=(9, 15, 1)),
        cluster_peers=(
            ClusterPeer(uuid="cp-1", name="lyon", remote="cluster-l", available=True, addresses=("192.0.2.9",)),
            ClusterPeer(uuid="cp-2", name="nice", remote="", available=False),
        ),
        svms=(Svm(uuid="s-1", name="svm_gold", state="running"),),
        svm_peers=(
            SvmPeer(
                uuid="sp-1",
                name="svm_gold_1",
                svm="svm_dr",
                peer_svm="svm_gold",
                peer_svm_uuid="s-g",
                peer_cluster="paris",
                peer_cluster_uuid="c-p",
                state="peered",
                applications=frozenset({"snapmirror"}),
            ),
        ),
        aggregates=(Aggregate(name="aggr1", available_bytes=10), Aggregate(name="aggr2", available_bytes=0)),
        policies=(
            a_policy("p-1", "Asynchronous", schedule="hourly", rules=rules),
            a_policy("p-2", "Mine", svm="svm_dr", comment="ours", copies_all=True),
            a_policy("p-3", "XDPDefault", takes_snapshots=False),
            a_policy("p-4", "Sync", type="sync"),
        ),
        export_policies=(
            ExportPolicy(name="default", svm="svm_gold", rules=2),
            ExportPolicy(name="closed", svm="svm_gold", rules=0),
        ),
        qtrees=(
            Qtree(volume_uuid="v-1", id=1, name="q_own", export="guests", is_own=True),
            Qtree(volume_uuid="v-1", id=2, name="q_same", export="default", is_own=False),
            Qtree(volume_uuid="v-2", id=1, name="q_alone", export="default", is_own=True),
        ),
        luns=(Lun(uuid="l-1", volume_uuid="v-1", path="disk", is_enabled=True),),
        lun_maps=(LunMap(lun_uuid="l-1", svm="svm_gold", igroup="hosts", number=3),),
        cifs_shares=(
            Share(
                svm="svm_gold",
                name="data",
                path="/vol_1/docs",
                comment="to read",
                properties=(("offline_files", "none"), ("oplocks", "false")),
                acl=(Permission("alice", "read"),),
            ),
            Share(svm="svm_gold", name="bare", path="/"),
        ),
        cifs_sessions=(
            CifsSession(path="n-1/s-g/11/12", volumes=frozenset({"v-1", "v-2"})),
            CifsSession(path="n-1/s-g/13/14", volumes=frozenset()),
        ),
        common_snapshots=(
            Snapshot(
                uuid="n-1",
                volume_uuid="v-1",
                name="datamotion_common_1",
                version="ve-1",
                created_at=datetime(2031, 5, 4, 12, tzinfo=UTC),
                label="datamotion",
            ),
        ),
        licenses=frozenset({"nfs"}),
        schedules={
            "hourly": Schedule(name="hourly", minutes=(5,)),
            "daily": Schedule(name="daily", minutes=(10,), hours=(0,)),
        },
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
                export="default",
                snapshots="daily",
                qos="fast",
                is_clone=True,
                is_encrypted=True,
                constituents=2,
            ),
        ),
        relationships=(
            Relationship(
                uuid="r-1",
                source=Endpoint("svm_gold", "vol_1"),
                source_cluster="paris",
                source_cluster_uuid="c-p",
                source_svm_uuid="s-g",
                destination=Endpoint("svm_dr", "vol_1"),
                state=MirrorState.SNAPMIRRORED,
                healthy=False,
                unhealthy_reason="Transfer failed.; Peer is down.",
                policy="Asynchronous",
                schedule="daily",
                throttle=512,
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
        "/api/cluster/peers": page | {"fields": "uuid,name,remote.name,remote.ip_addresses,status.state"},
        "/api/cluster/schedules": page
        | {"fields": "name,cron.minutes,cron.hours,cron.days,cron.months,cron.weekdays", "type": "cron"},
        "/api/svm/svms": page | {"fields": "uuid,name,state"},
        "/api/svm/peers": page
        | {
            "fields": "uuid,name,svm.name,peer.svm.name,peer.svm.uuid,peer.cluster.name,peer.cluster.uuid,state,"
            "applications"
        },
        "/api/storage/aggregates": page | {"fields": "name,space.block_storage.available"},
        "/api/snapmirror/policies": page
        | {
            "fields": "uuid,name,svm.name,type,transfer_schedule.name,create_snapshot_on_source,"
            "copy_all_source_snapshots,copy_latest_source_snapshot,retention.label,retention.count,"
            "retention.creation_schedule.name,retention.period,retention.preserve,retention.warn,comment"
        },
        "/api/storage/volumes/*/snapshots": page
        | {
            "fields": "uuid,volume.uuid,name,version_uuid,create_time,snapmirror_label",
            "svm.name": "svm_dr|svm_gold",
            "name": "datamotion_common_*",
        },
        "/api/protocols/nfs/export-policies": page
        | {"fields": "name,svm.name,rules.index", "svm.name": "svm_dr|svm_gold"},
        "/api/storage/qtrees": page
        | {"fields": "volume.uuid,id,name,export_policy.name", "svm.name": "svm_dr|svm_gold"},
        "/api/storage/luns": page | {"fields": "uuid,location.volume.uuid,name,enabled", "svm.name": "svm_dr|svm_gold"},
        "/api/protocols/san/lun-maps": page
        | {"fields": "lun.uuid,igroup.name,svm.name,logical_unit_number", "svm.name": "svm_dr|svm_gold"},
        "/api/protocols/cifs/shares": page
        | {
            "fields": "svm.name,name,path,comment,acls.user_or_group,acls.permission,acls.type,"
            "access_based_enumeration,change_notify,continuously_available,encryption,home_directory,"
            "offline_files,oplocks,show_snapshot,unix_symlink",
            "svm.name": "svm_dr|svm_gold",
        },
        "/api/protocols/cifs/sessions": page
        | {"fields": "node.uuid,svm.uuid,identifier,connection_id,volumes.uuid", "svm.name": "svm_dr|svm_gold"},
        "/api/cluster/licensing/licenses": page | {"fields": "name,state"},
        "/api/storage/volumes": page
        | {
            "fields": "uuid,name,svm.name,type,state,style,size,space.used,aggregates.name,nas.path,"
            "nas.export_policy.name,comment,language,guarantee.type,snapshot_policy.name,qos.policy.name,"
            "clone.is_flexclone,encryption.enabled,constituents.name,"
            "space.snapshot.reserve_percent,efficiency.dedupe,efficiency.compression,autosize.mode",
            "svm.name": "svm_dr|svm_gold",
            "is_svm_root": "false",
        },
        "/api/snapmirror/relationships": page
        | {
            "fields": "uuid,source.path,source.cluster.name,source.cluster.uuid,source.svm.uuid,destination.path,"
            "state,healthy,unhealthy_reason.message,policy.name,transfer_schedule.name,throttle,lag_time,exported_snapshot,transfer.uuid,transfer.state,"
            "transfer.bytes_transferred,transfer.end_time",
            "destination.svm.name": "svm_dr|svm_gold",
        },
    }


def test_nodes_interfaces_and_what_the_account_may_are_read_too(backend: str) -> None:
    wire = a_wire()
    seen = look(backend, wire, {Aspect.NODES, Aspect.INTERFACES, Aspect.ACCESS})
    assert seen.nodes == (Node(name="p-01", state="up"), Node(name="p-02", state="down"))
    assert seen.interfaces == (
        IpInterface(name="ic1", node="p-01", is_up=True, address="192.0.2.7"),
        IpInterface(name="ic2", node="p-02", is_up=False),
    )
    assert seen.access == Access(account="admin", role="ops", granted={"/api": "readonly", "/api/svm/peers": "all"})
    page = {"max_records": "10000"}
    assert {sent.path: dict(sent.query) for sent in wire.sent} == {
        "/api/cluster/nodes": page | {"fields": "name,state"},
        "/api/network/ip/interfaces": page
        | {"fields": "name,state,location.node.name,ip.address", "services": "intercluster_core"},
        "/api/security/accounts": page | {"fields": "name,scope,role.name", "name": "admin"},
        "/api/security/roles": page | {"fields": "name,scope,privileges.path,privileges.access", "name": "ops"},
    }


@pytest.mark.parametrize("code", ["3", "4", "6"])
def test_what_the_account_may_not_see_is_not_told_and_never_empty(backend: str, code: str) -> None:
    seen = look(backend, Wire(lambda sent: an_error(code, "no")), {Aspect.NODES, Aspect.INTERFACES, Aspect.ACCESS})
    assert (seen.nodes, seen.interfaces, seen.access) == (None, None, None)


def test_an_account_of_an_svm_is_not_taken_for_the_one_that_asks(backend: str) -> None:
    others = [{"name": "admin", "scope": "svm", "role": {"name": "vsadmin"}}]
    seen = look(backend, a_wire(accounts=others), {Aspect.ACCESS})
    assert seen.access == Access(account="admin", role=None, granted={})


LISTED = {
    "uuid": "r-1",
    "source": {"path": "svm_gold:vol_1"},
    "destination": {"path": "svm_dr:vol_1", "cluster": {"name": "lyon"}, "svm": {"uuid": "s-d"}},
}


def test_what_sources_list_is_one_get_by_the_source(backend: str) -> None:
    wire = a_wire(relationships=[LISTED])
    assert look(backend, wire, {Aspect.DESTINATIONS}).destinations == (
        Listed(
            uuid="r-1",
            source=Endpoint("svm_gold", "vol_1"),
            destination=Endpoint("svm_dr", "vol_1"),
            destination_cluster="lyon",
            destination_svm_uuid="s-d",
        ),
    )
    (sent,) = wire.sent
    assert (sent.line, sent.query) == (
        "GET /api/snapmirror/relationships",
        {
            "fields": "uuid,source.path,destination.path,destination.cluster.name,destination.svm.uuid",
            "list_destinations_only": "true",
            "source.svm.name": "svm_dr|svm_gold",
            "max_records": "10000",
        },
    )
    schema = import_module("netapp_ontap.resources").SnapmirrorRelationship._schema()
    assert all(knows(schema, name) for name in (*sent.query["fields"].split(","), "source.svm.name"))


def test_snapshots_of_all_volumes_are_one_get_and_one_that_cannot_be_read_is_none(backend: str) -> None:
    told = {
        "uuid": "sn-1",
        "name": "hourly.1",
        "version_uuid": "ve-1",
        "create_time": "2031-05-04T12:00:00+02:00",
        "snapmirror_label": "hourly",
        "volume": {"uuid": "vo-1"},
    }
    wire = a_wire(snapshots=[told, told | {"uuid": "sn-2", "create_time": "yesterday"}])
    assert look(backend, wire, {Aspect.SNAPSHOTS}).snapshots == (
        Snapshot(
            uuid="sn-1",
            volume_uuid="vo-1",
            name="hourly.1",
            version="ve-1",
            created_at=datetime(2031, 5, 4, 10, tzinfo=UTC),
            label="hourly",
        ),
    )
    (sent,) = wire.sent
    assert sent.query == {
        "fields": "uuid,volume.uuid,name,version_uuid,create_time,snapmirror_label",
        "svm.name": "svm_dr|svm_gold",
        "max_records": "10000",
    }
    schema = import_module("netapp_ontap.resources").Snapshot._schema()
    assert all(knows(schema, name) for name in (*sent.query["fields"].split(","), "svm.name"))


def test_an_entry_that_cannot_be_read_is_never_one_that_was_released(backend: str) -> None:
    with pytest.raises(ClusterRefused, match=r"destination\.path"):
        look(backend, a_wire(relationships=[LISTED, LISTED | {"destination": {}}]), {Aspect.DESTINATIONS})


def test_who_does_without_what_sources_list_sees_all_else_where_it_is_not_told_or_cannot_be_read(backend: str) -> None:
    def answered(listing: httpx.Response) -> Wire:
        others = a_wire()
        return Wire(lambda sent: listing if "list_destinations_only" in sent.query else others.answer(sent))

    for refusal in (records(LISTED, LISTED | {"destination": {}}), an_error("6", "not authorized", status=403)):
        view = look(backend, answered(refusal), STANDING | {Aspect.LEGS})
        assert (view.legs, len(view.volumes)) == (None, 1)
        assert Aspect.LEGS in view.looked_at
    (leg,) = look(backend, answered(records(LISTED)), STANDING | {Aspect.LEGS}).legs or ()
    assert leg.uuid == "r-1"
    assert look(backend, a_wire(), STANDING).legs is None


RESOURCES = {
    "/api/cluster": "Cluster",
    "/api/cluster/peers": "ClusterPeer",
    "/api/cluster/schedules": "Schedule",
    "/api/cluster/licensing/licenses": "LicensePackage",
    "/api/svm/svms": "Svm",
    "/api/svm/peers": "SvmPeer",
    "/api/storage/aggregates": "Aggregate",
    "/api/storage/volumes": "Volume",
    "/api/storage/volumes/*/snapshots": "Snapshot",
    "/api/storage/qtrees": "Qtree",
    "/api/storage/luns": "Lun",
    "/api/protocols/san/lun-maps": "LunMap",
    "/api/protocols/san/igroups": "Igroup",
    "/api/protocols/cifs/shares": "CifsShare",
    "/api/protocols/cifs/services": "CifsService",
    "/api/protocols/nfs/export-policies": "ExportPolicy",
    "/api/protocols/cifs/sessions": "CifsSession",
    "/api/snapmirror/policies": "SnapmirrorPolicy",
    "/api/snapmirror/relationships": "SnapmirrorRelationship",
}


@pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning")
def test_netapps_schemas_know_every_field_that_is_asked_for_or_by() -> None:
    wire = a_wire()
    look("trio", wire, EVERYTHING | {Aspect.IGROUPS, Aspect.CIFS_SERVERS})
    for sent in wire.sent:
        asked = {*sent.query["fields"].split(","), *sent.query} - {"fields", "max_records"}
        schema = getattr(import_module("netapp_ontap.resources"), RESOURCES[sent.path])._schema()
        assert [name for name in sorted(asked) if not knows(schema, name)] == [], sent.path


def test_igroups_and_cifs_servers_are_read_with_the_initiators_of_each(backend: str) -> None:
    view = look(backend, a_wire(), {Aspect.IGROUPS, Aspect.CIFS_SERVERS})
    assert view.igroups == (
        Igroup(name="hosts", svm="svm_gold", initiators=frozenset({"iqn.2026-01.com.example:one"})),
        Igroup(name="empty", svm="svm_gold"),
    )
    assert view.cifs_servers == (CifsServer(svm="svm_gold"),)


@pytest.mark.parametrize(
    ("collection", "aspect", "records"),
    [
        ("lun-maps", Aspect.LUN_MAPS, [{"svm": {"name": "svm_gold"}}]),
        ("shares", Aspect.CIFS_SHARES, [{"svm": {"name": "svm_gold"}, "name": "a\u202eb"}]),
    ],
)
def test_ways_in_of_which_one_cannot_be_read_are_not_told_and_stop_nothing(
    backend: str, collection: str, aspect: Aspect, records: list[dict[str, Any]]
) -> None:
    view = look(backend, a_wire(**{collection: records}), {aspect, Aspect.VOLUMES})
    assert (getattr(view, aspect.name.lower()), len(view.volumes), view.unreadable) == (None, 1, ())


@pytest.mark.parametrize("count", [1, 500])
def test_the_number_of_calls_does_not_depend_on_the_number_of_volumes(backend: str, count: int) -> None:
    wire = a_wire(
        volumes=[VOLUME | {"uuid": f"v-{n}"} for n in range(count)],
        relationships=[RELATIONSHIP | {"uuid": f"r-{n}"} for n in range(count)],
    )
    view = look(backend, wire, EVERYTHING)
    assert len(view.volumes) == len(view.relationships) == count
    assert len(wire.sent) == len(EVERYTHING)


def test_only_what_is_asked_for_is_looked_at(backend: str) -> None:
    wire = a_wire()
    view = look(backend, wire, {Aspect.SVMS})
    assert [sent.path for sent in wire.sent] == ["/api/svm/svms"]
    assert view.looked_at == {Aspect.SVMS: START}
    assert view.volumes == ()


def test_no_svm_means_no_volumes_rather_than_all(backend: str) -> None:
    wire = a_wire()
    view = look(backend, wire, {Aspect.VOLUMES, Aspect.RELATIONSHIPS, Aspect.QTREES}, svms=())
    assert wire.sent == []
    assert (view.volumes, view.relationships, view.qtrees) == ((), (), ())


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


@pytest.mark.parametrize(("status", "code"), [(403, "6"), (404, "3"), (404, "4")])
def test_licences_and_sessions_that_are_not_to_be_seen_are_not_told(backend: str, status: int, code: str) -> None:
    view = look(backend, _refusing("licenses", an_error(code, "not here", status=status)), EVERYTHING)
    assert (view.licenses, len(view.volumes)) == (None, 1)
    assert Aspect.LICENSES in view.looked_at
    view = look(backend, _refusing("sessions", an_error(code, "not here", status=status)), EVERYTHING)
    assert (view.cifs_sessions, len(view.volumes)) == (None, 1)


@pytest.mark.parametrize(("status", "code"), [(403, "6"), (404, "3"), (404, "4"), (400, "262197")])
def test_snapshots_that_a_cluster_does_not_list_for_all_volumes_are_not_told(
    backend: str, status: int, code: str
) -> None:
    view = look(backend, _refusing("snapshots", an_error(code, "not here", status=status)), EVERYTHING)
    assert (view.common_snapshots, len(view.volumes)) == (None, 1)


GIVEN = frozenset({Aspect.SNAPSHOT_POLICIES, Aspect.QOS_POLICIES})


def test_of_policies_that_volumes_are_given_each_svm_has_its_own_and_those_of_the_cluster(backend: str) -> None:
    """A QoS policy of the cluster names the cluster's own SVM."""
    told = {
        "/api/storage/snapshot-policies": records({"name": "default", "scope": "cluster"}, {"name": 7}),
        "/api/storage/qos/policies": records(
            {"name": "extreme", "scope": "cluster", "svm": {"name": "paris"}},
            {"name": "fast", "scope": "svm", "svm": {"name": "svm_gold"}},
        ),
    }
    wire = Wire(lambda sent: told[sent.path])
    view = look(backend, wire, GIVEN)
    assert view.snapshot_policies == (NamedPolicy(name="default", svm=None),)
    assert view.qos_policies == (NamedPolicy(name="extreme", svm=None), NamedPolicy(name="fast", svm="svm_gold"))
    assert [sent.query["fields"] for sent in wire.sent] == ["name,svm.name,scope"] * 2


@pytest.mark.parametrize(
    "refusal",
    [
        an_error("6", "not authorized", status=403),
        an_error("3", "no such API", status=404),
        httpx.Response(200, json={"records": 7}),
    ],
)
def test_policies_that_are_not_to_be_seen_or_read_keep_no_failover_out(backend: str, refusal: httpx.Response) -> None:
    view = look(backend, Wire(lambda _: refusal), GIVEN)
    assert (view.snapshot_policies, view.qos_policies) == (None, None)
    assert view.looked_at.keys() == GIVEN


@pytest.mark.parametrize("refusal", [an_error("1", "broken", status=500), httpx.Response(404, html="<html>")])
def test_licences_that_cannot_be_read_are_a_failed_look(backend: str, refusal: httpx.Response) -> None:
    with pytest.raises(ClusterRefused):
        look(backend, _refusing("licenses", refusal), EVERYTHING)


def _refusing(collection: str, refusal: httpx.Response) -> Wire:
    whole = a_wire().answer
    return Wire(lambda sent: refusal if sent.path.endswith(f"/{collection}") else whole(sent))


def test_volumes_go_on_over_pages_and_one_that_cannot_be_read_is_named(backend: str) -> None:
    following = "/api/storage/volumes?start.uuid=v-1"

    def a_second_page(second: dict[str, Any]) -> Wire:
        def answer(sent: Sent) -> httpx.Response:
            return records(second) if "start.uuid" in sent.query else records(VOLUME, following=following)

        return Wire(answer)

    view = look(backend, a_second_page(VOLUME | {"uuid": "v-2"}), {Aspect.VOLUMES})
    assert [volume.uuid for volume in view.volumes] == ["v-1", "v-2"]
    view = look(backend, a_second_page(VOLUME | {"uuid": "v-2", "size": "big"}), {Aspect.VOLUMES})
    assert [volume.uuid for volume in view.volumes] == ["v-1"]
    assert "`size` of record v-2 is 'big'" in view.unreadable[0].reason
    with pytest.raises(MalformedRecord, match="next page"):
        look(backend, Wire(lambda _: records(VOLUME, following="https://elsewhere.test/api")), {Aspect.VOLUMES})
