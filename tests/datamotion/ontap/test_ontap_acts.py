"""Acts that are one request each: its method, path, query and body, and what the replies tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from netapp_ontap.resource import Resource
from netapp_ontap.resources.cluster_peer import ClusterPeer
from netapp_ontap.resources.export_policy import ExportPolicy
from netapp_ontap.resources.lun import Lun
from netapp_ontap.resources.qtree import Qtree
from netapp_ontap.resources.snapmirror_policy import SnapmirrorPolicy
from netapp_ontap.resources.snapmirror_relationship import SnapmirrorRelationship
from netapp_ontap.resources.snapmirror_transfer import SnapmirrorTransfer
from netapp_ontap.resources.snapshot import Snapshot
from netapp_ontap.resources.svm_peer import SvmPeer
from netapp_ontap.resources.volume import Volume

from datamotion.engine.ports import Accepted, Declined, Unanswered
from datamotion.errors import InternalError
from datamotion.model.acts import Change
from datamotion.model.claim import Claim
from datamotion.model.definition import PolicyDefinition, Rule
from datamotion.model.mirror_acts import (
    AbortTransfer,
    AwaitIdle,
    AwaitTransfer,
    CreatePolicy,
    CreateRelationship,
    DeleteRelationship,
    ModifyPolicy,
    ModifyRelationship,
    Pause,
    ReleaseRelationship,
    StartTransfer,
)
from datamotion.model.mirror_records import Endpoint
from datamotion.model.peering_acts import AcceptSvmPeer, AllowApplications, PeerClusters, PeerSvms
from datamotion.model.serving_acts import (
    CloseSessions,
    ConfirmClaim,
    CreateExportPolicy,
    DeleteClaim,
    ModifyLun,
    ModifyQtree,
    TakeEpoch,
)
from datamotion.model.volume_acts import (
    CloneVolume,
    CreateVolume,
    DeleteVolume,
    ModifyVolume,
    RemoveMark,
    SetAside,
    SplitClone,
    TakeSnapshot,
)
from tests.datamotion.ontap.schemas import assert_fits
from tests.datamotion.ontap.wire import PASSPHRASE, START, Sent, Wire, an_error, ask


def a_volume(**changed: Any) -> CreateVolume:
    asked: dict[str, Any] = {
        "volume": "vol_1",
        "svm": "svm_dr",
        "aggregates": ("aggr1", "aggr2"),
        "size_bytes": 20971520,
        "style": "flexvol",
        "language": "c.utf_8",
        "guarantee": "none",
        "comment": "[datamotion]",
    }
    return CreateVolume(**(asked | changed))


AT_ONCE = {"return_timeout": "0"}
IN_A_MOMENT = {"return_timeout": "2"}
VOLUME_BODY = {
    "name": "vol_1",
    "svm": {"name": "svm_dr"},
    "aggregates": [{"name": "aggr1"}, {"name": "aggr2"}],
    "type": "dp",
    "style": "flexvol",
    "size": 20971520,
    "comment": "[datamotion]",
}
PATHS = {"source": {"path": "svm_gold:vol_1"}, "destination": {"path": "svm_dr:vol_1"}}
SOURCE, DESTINATION = Endpoint("svm_gold", "vol_1"), Endpoint("svm_dr", "vol_1")
RELATIONSHIPS = "/api/snapmirror/relationships"
RULES = (Rule(label="weekly", count=3),)
CLAIM = Claim(group="gold", epoch=2, backend="gold-lyon", svm="s-d", since=START, by="ops@host")

REQUESTS: list[tuple[Change, str, Mapping[str, str], Mapping[str, Any], type[Resource]]] = [
    (
        PeerClusters(peer="paris", addresses=("192.0.2.1", "192.0.2.2"), secret_of="lyon"),
        "POST /api/cluster/peers",
        {},
        {
            "remote": {"ip_addresses": ["192.0.2.1", "192.0.2.2"]},
            "authentication": {"passphrase": PASSPHRASE},
            "encryption": {"proposed": "tls_psk"},
            "peer_applications": ["snapmirror"],
        },
        ClusterPeer,
    ),
    (
        PeerSvms(svm="svm_dr", name="svm_gold_paris", peer_svm="svm_gold", peer_svm_uuid="s-g", peer_cluster="paris"),
        "POST /api/svm/peers",
        AT_ONCE,
        {
            "svm": {"name": "svm_dr"},
            "name": "svm_gold_paris",
            "peer": {"svm": {"name": "svm_gold"}, "cluster": {"name": "paris"}},
            "applications": ["snapmirror"],
        },
        SvmPeer,
    ),
    (
        AcceptSvmPeer(uuid="sp-1", svm="svm_gold", peer_svm_uuid="s-d"),
        "PATCH /api/svm/peers/sp-1",
        AT_ONCE,
        {"state": "peered"},
        SvmPeer,
    ),
    (
        AllowApplications(
            uuid="sp-1", svm="svm_dr", peer_svm_uuid="s-g", applications=frozenset({"flexcache", "snapmirror"})
        ),
        "PATCH /api/svm/peers/sp-1",
        AT_ONCE,
        {"applications": ["flexcache", "snapmirror"]},
        SvmPeer,
    ),
    (
        CreateExportPolicy(svm="svm_gold", name="closed"),
        "POST /api/protocols/nfs/export-policies",
        {},
        {"name": "closed", "svm": {"name": "svm_gold"}},
        ExportPolicy,
    ),
    (
        ModifyQtree(volume_uuid="v-1", id=3, export="closed"),
        "PATCH /api/storage/qtrees/v-1/3",
        AT_ONCE,
        {"export_policy": {"name": "closed"}},
        Qtree,
    ),
    (
        ModifyLun(uuid="l-1", is_enabled=False),
        "PATCH /api/storage/luns/l-1",
        AT_ONCE,
        {"enabled": False},
        Lun,
    ),
    (
        CreatePolicy(svm="svm_dr", definition=PolicyDefinition(name="kept", rules=RULES, schedule="daily")),
        "POST /api/snapmirror/policies",
        IN_A_MOMENT,
        {
            "name": "kept",
            "svm": {"name": "svm_dr"},
            "type": "async",
            "retention": [{"label": "weekly", "count": "3"}],
            "transfer_schedule": {"name": "daily"},
        },
        SnapmirrorPolicy,
    ),
    (
        CreatePolicy(svm="svm_dr", definition=PolicyDefinition(name="all", copies_all=True)),
        "POST /api/snapmirror/policies",
        IN_A_MOMENT,
        {"name": "all", "svm": {"name": "svm_dr"}, "type": "async", "copy_all_source_snapshots": True},
        SnapmirrorPolicy,
    ),
    (
        CreatePolicy(svm="svm_dr", definition=PolicyDefinition(name="last", copies_latest=True)),
        "POST /api/snapmirror/policies",
        IN_A_MOMENT,
        {"name": "last", "svm": {"name": "svm_dr"}, "type": "async", "copy_latest_source_snapshot": True},
        SnapmirrorPolicy,
    ),
    (
        CreatePolicy(svm="svm_dr", definition=PolicyDefinition(name="vault", rules=RULES, takes_snapshots=False)),
        "POST /api/snapmirror/policies",
        IN_A_MOMENT,
        {
            "name": "vault",
            "svm": {"name": "svm_dr"},
            "type": "async",
            "retention": [{"label": "weekly", "count": "3"}],
            "create_snapshot_on_source": False,
        },
        SnapmirrorPolicy,
    ),
    (
        ModifyPolicy(uuid="p-1", rules=RULES, schedule=None),
        "PATCH /api/snapmirror/policies/p-1",
        IN_A_MOMENT,
        {"retention": [{"label": "weekly", "count": "3"}]},
        SnapmirrorPolicy,
    ),
    (
        ModifyPolicy(uuid="p-1", rules=None, schedule=""),
        "PATCH /api/snapmirror/policies/p-1",
        IN_A_MOMENT,
        {"transfer_schedule": {"uuid": None, "name": None}},
        SnapmirrorPolicy,
    ),
    (
        TakeEpoch(svm="svm_dr", claim=CLAIM),
        "POST /api/snapmirror/policies",
        IN_A_MOMENT,
        {
            "name": "datamotion_gold_2",
            "svm": {"name": "svm_dr"},
            "type": "async",
            "copy_all_source_snapshots": True,
            "comment": CLAIM.comment,
        },
        SnapmirrorPolicy,
    ),
    (
        ConfirmClaim(uuid="p-1", claim=replace(CLAIM, served=START)),
        "PATCH /api/snapmirror/policies/p-1",
        IN_A_MOMENT,
        {"comment": f"{CLAIM.comment[:-1]} served={quote(START.isoformat())}]"},
        SnapmirrorPolicy,
    ),
    (
        a_volume(style="flexgroup", constituents_per_aggregate=4),
        "POST /api/storage/volumes",
        AT_ONCE,
        VOLUME_BODY
        | {"style": "flexgroup", "constituents_per_aggregate": 4}
        | {"language": "c.utf_8", "guarantee": {"type": "none"}},
        Volume,
    ),
    (
        a_volume(),
        "POST /api/storage/volumes",
        AT_ONCE,
        VOLUME_BODY | {"language": "c.utf_8", "guarantee": {"type": "none"}},
        Volume,
    ),
    (
        a_volume(
            language=None,
            guarantee=None,
            snapshot_reserve=20,
            is_encrypted=True,
            efficiency=(("dedupe", "background"), ("compression", "inline")),
        ),
        "POST /api/storage/volumes",
        AT_ONCE,
        VOLUME_BODY
        | {
            "space": {"snapshot": {"reserve_percent": 20}},
            "encryption": {"enabled": True},
            "efficiency": {"dedupe": "background", "compression": "inline"},
        },
        Volume,
    ),
    (a_volume(language=None, guarantee=None), "POST /api/storage/volumes", AT_ONCE, VOLUME_BODY, Volume),
    (
        CreateRelationship(source=SOURCE, destination=DESTINATION, policy="Asynchronous", schedule="hourly"),
        f"POST {RELATIONSHIPS}",
        AT_ONCE,
        PATHS | {"policy": {"name": "Asynchronous"}, "transfer_schedule": {"name": "hourly"}},
        SnapmirrorRelationship,
    ),
    (
        CreateRelationship(source=SOURCE, destination=DESTINATION, policy="Asynchronous", schedule=None, throttle=512),
        f"POST {RELATIONSHIPS}",
        AT_ONCE,
        PATHS | {"policy": {"name": "Asynchronous"}, "throttle": 512},
        SnapmirrorRelationship,
    ),
    (
        ModifyRelationship(uuid="r-1", policy=None, schedule=None, throttle=0),
        f"PATCH {RELATIONSHIPS}/r-1",
        AT_ONCE,
        {"throttle": 0},
        SnapmirrorRelationship,
    ),
    (
        ModifyRelationship(uuid="r-1", policy=None, schedule="daily"),
        f"PATCH {RELATIONSHIPS}/r-1",
        AT_ONCE,
        {"transfer_schedule": {"name": "daily"}},
        SnapmirrorRelationship,
    ),
    (
        ModifyRelationship(uuid="r-1", policy="MirrorLatest", schedule=None),
        f"PATCH {RELATIONSHIPS}/r-1",
        AT_ONCE,
        {"policy": {"name": "MirrorLatest"}},
        SnapmirrorRelationship,
    ),
    (
        StartTransfer(uuid="r-1", exported=None, ended_at=None),
        f"POST {RELATIONSHIPS}/r-1/transfers",
        {},
        {},
        SnapmirrorTransfer,
    ),
    (
        AbortTransfer(relationship_uuid="r-1", transfer_uuid="t-1"),
        f"PATCH {RELATIONSHIPS}/r-1/transfers/t-1",
        {},
        {"state": "aborted"},
        SnapmirrorTransfer,
    ),
    (
        TakeSnapshot(volume_uuid="v-1", name="kept", label="mirrored"),
        "POST /api/storage/volumes/v-1/snapshots",
        AT_ONCE,
        {"name": "kept", "snapmirror_label": "mirrored"},
        Snapshot,
    ),
    (
        TakeSnapshot(volume_uuid="v-1", name="kept"),
        "POST /api/storage/volumes/v-1/snapshots",
        AT_ONCE,
        {"name": "kept"},
        Snapshot,
    ),
    (
        CloneVolume(volume="vol_1_kept", svm="svm_gold", parent_uuid="v-1", snapshot="kept", comment="what it held"),
        "POST /api/storage/volumes",
        AT_ONCE,
        {
            "name": "vol_1_kept",
            "svm": {"name": "svm_gold"},
            "comment": "what it held",
            "clone": {"is_flexclone": True, "parent_volume": {"uuid": "v-1"}, "parent_snapshot": {"name": "kept"}},
        },
        Volume,
    ),
    (
        SetAside(uuid="v-2", name="vol_1_kept_e2", comment="kept"),
        "PATCH /api/storage/volumes/v-2",
        AT_ONCE,
        {"name": "vol_1_kept_e2", "comment": "kept"},
        Volume,
    ),
    (
        SetAside(uuid="v-2", name="vol_1_kept_e2", comment="kept", is_mounted=True),
        "PATCH /api/storage/volumes/v-2",
        AT_ONCE,
        {"name": "vol_1_kept_e2", "comment": "kept", "nas": {"path": ""}},
        Volume,
    ),
    (
        SplitClone(uuid="v-2"),
        "PATCH /api/storage/volumes/v-2",
        AT_ONCE,
        {"clone": {"split_initiated": True}},
        Volume,
    ),
    (
        ModifyVolume(uuid="v-1", path="/vol_1", export="guests", comment="[datamotion]", size_bytes=1),
        "PATCH /api/storage/volumes/v-1",
        AT_ONCE,
        {"nas": {"path": "/vol_1", "export_policy": {"name": "guests"}}, "comment": "[datamotion]", "size": 1},
        Volume,
    ),
    (
        ModifyVolume(uuid="v-1", path=""),
        "PATCH /api/storage/volumes/v-1",
        AT_ONCE,
        {"nas": {"path": ""}},
        Volume,
    ),
]


@pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning")
@pytest.mark.parametrize(("change", "line", "query", "body", "resource"), REQUESTS)
def test_an_act_is_one_request_that_netapps_schema_takes(
    backend: str,
    change: Change,
    line: str,
    query: Mapping[str, str],
    body: Mapping[str, Any],
    resource: type[Resource],
) -> None:
    wire = Wire(lambda _: httpx.Response(202, json={"job": {"uuid": "j-1"}}))
    assert ask(backend, wire, [change]) == [Accepted(("j-1",))]
    (sent,) = wire.sent
    assert (sent.line, sent.query, sent.body) == (line, query, body)
    assert_fits(resource, sent.method, sent.body)


REMOVALS: list[tuple[Change, str, Mapping[str, str]]] = [
    (DeleteRelationship(uuid="r-1"), f"DELETE {RELATIONSHIPS}/r-1", AT_ONCE | {"destination_only": "true"}),
    (
        ReleaseRelationship(uuid="r-1", keeps_snapshots=True),
        f"DELETE {RELATIONSHIPS}/r-1",
        AT_ONCE | {"source_info_only": "true"},
    ),
    (ReleaseRelationship(uuid="r-1"), f"DELETE {RELATIONSHIPS}/r-1", AT_ONCE | {"source_only": "true"}),
    (DeleteVolume(uuid="v-1"), "DELETE /api/storage/volumes/v-1", AT_ONCE),
    (DeleteClaim(uuid="p-1"), "DELETE /api/snapmirror/policies/p-1", AT_ONCE),
]


@pytest.mark.parametrize(("change", "line", "query"), REMOVALS)
def test_what_goes_is_one_request_and_what_is_gone_already_is_as_wanted(
    backend: str, change: Change, line: str, query: Mapping[str, str]
) -> None:
    wire = Wire(lambda _: httpx.Response(202, json={"job": {"uuid": "j-1"}}))
    assert ask(backend, wire, [change]) == [Accepted(("j-1",))]
    (sent,) = wire.sent
    assert (sent.line, sent.query, sent.body) == (line, query, None)
    assert ask(backend, Wire(lambda _: an_error("4", "not there", status=404)), [change]) == [Accepted()]
    (reply,) = ask(backend, Wire(lambda _: an_error("13303822", "release failed", status=409)), [change])
    assert isinstance(reply, Declined)


def test_a_mark_is_removed_by_a_change_of_the_comment(backend: str) -> None:
    wire = Wire(lambda _: httpx.Response(202, json={"job": {"uuid": "j-1"}}))
    assert ask(backend, wire, [RemoveMark(uuid="v-1", comment="kept")]) == [Accepted(("j-1",))]
    (sent,) = wire.sent
    assert (sent.line, sent.body) == ("PATCH /api/storage/volumes/v-1", {"comment": "kept"})


def test_waiting_asks_for_nothing(backend: str) -> None:
    wire = Wire(lambda _: httpx.Response(500))
    assert ask(backend, wire, [AwaitTransfer(uuid="r-1", exported=None)]) == [Accepted()]
    assert ask(backend, wire, [AwaitIdle(uuid="r-1")]) == [Accepted()]
    assert wire.sent == []


def test_nothing_to_ask_is_nothing_asked(backend: str) -> None:
    assert ask(backend, Wire(lambda _: httpx.Response(500)), []) == []


@pytest.mark.parametrize("code", ["4", "13303849"])
def test_aborting_a_transfer_that_has_ended_is_done(backend: str, code: str) -> None:
    wire = Wire(lambda _: an_error(code, "it is over", status=404))
    assert ask(backend, wire, [AbortTransfer(relationship_uuid="r-1", transfer_uuid="t-1")]) == [Accepted()]


def test_an_abort_that_is_refused_for_another_reason_is_declined(backend: str) -> None:
    wire = Wire(lambda _: an_error("13303848", "not for synchronous relationships"))
    (reply,) = ask(backend, wire, [AbortTransfer(relationship_uuid="r-1", transfer_uuid="t-1")])
    assert isinstance(reply, Declined)
    assert reply.error.ontap_code == "13303848"


def test_an_acts_failure_is_its_own(backend: str) -> None:
    def answer(sent: Sent) -> httpx.Response:
        match sent.path.split("/")[-2]:
            case "r-1":
                return an_error("13303844", "the source is offline")
            case "r-2":
                raise httpx.ReadTimeout("slow")
            case uuid:
                return httpx.Response(202, json={"job": {"uuid": f"job-of-{uuid}"}})

    changes = [StartTransfer(uuid=f"r-{n}", exported=None, ended_at=None) for n in range(4)]
    first, refused, silent, last = ask(backend, Wire(answer), changes)
    assert (first, last) == (Accepted(("job-of-r-0",)), Accepted(("job-of-r-3",)))
    assert isinstance(refused, Declined)
    assert refused.error.ontap_code == "13303844"
    assert isinstance(silent, Unanswered)


def test_an_act_whose_object_was_never_observed_is_our_mistake(backend: str) -> None:
    wire = Wire(lambda _: httpx.Response(200))
    with pytest.raises(ExceptionGroup) as caught:
        ask(backend, wire, [AcceptSvmPeer(uuid=None, svm="svm_gold", peer_svm_uuid="s-d")])
    assert caught.group_contains(InternalError)
    with pytest.raises(InternalError):
        ask(backend, wire, [ModifyVolume(uuid=None, comment="x")])
    assert wire.sent == []


def test_sessions_are_closed_one_by_one_and_one_that_has_ended_is_as_wanted(backend: str) -> None:
    def answer(sent: Sent) -> httpx.Response:
        return an_error("4", "it is over", status=404) if sent.path.endswith("/2/2") else httpx.Response(200, json={})

    close = CloseSessions(volume_uuid="v-1", sessions=("n/s/1/1", "n/s/2/2"))
    wire = Wire(answer)
    assert ask(backend, wire, [close]) == [Accepted()]
    assert sorted(sent.line for sent in wire.sent) == [
        "DELETE /api/protocols/cifs/sessions/n/s/1/1",
        "DELETE /api/protocols/cifs/sessions/n/s/2/2",
    ]
    (reply,) = ask(backend, Wire(lambda _: an_error("655503", "not allowed")), [close])
    assert isinstance(reply, Declined)
    (reply,) = ask(backend, Wire(_hangs), [close])
    assert isinstance(reply, Unanswered)


def _hangs(_: Sent) -> httpx.Response:
    raise httpx.ReadTimeout("slow")


def test_a_claim_whose_name_is_taken_is_declined(backend: str) -> None:
    wire = Wire(lambda _: an_error("6621060", "exists already", status=409))
    (reply,) = ask(backend, wire, [TakeEpoch(svm="svm_dr", claim=CLAIM)])
    assert isinstance(reply, Declined)
    assert (reply.error.ontap_code, len(wire.sent)) == ("6621060", 1)


def test_acts_of_several_kinds_at_once_are_our_mistake(backend: str) -> None:
    wire = Wire(lambda _: httpx.Response(200))
    with pytest.raises(InternalError):
        ask(backend, wire, [StartTransfer(uuid="r-1", exported=None, ended_at=None), Pause(uuid="r-1")])
    assert wire.sent == []


def test_a_passphrase_is_in_no_reply_whatever_the_cluster_says(backend: str) -> None:
    change = PeerClusters(peer="paris", addresses=("192.0.2.1",), secret_of="lyon")
    (refused,) = ask(backend, Wire(lambda _: an_error("4653236", f"{PASSPHRASE} is too short")), [change])
    assert isinstance(refused, Declined)
    assert refused.error.ontap_code == "4653236"
    assert PASSPHRASE not in f"{refused.error.message} {refused.error!r} {refused.error.__cause__}"
    told = httpx.Response(201, json={"records": [{"authentication": {"passphrase": PASSPHRASE}}]})
    assert ask(backend, Wire(lambda _: told), [change]) == [Accepted()]


def test_without_a_passphrase_nothing_is_sent_and_the_reply_says_where_to_name_one(backend: str) -> None:
    wire = Wire(lambda _: httpx.Response(201, json={}))
    (refused,) = ask(backend, wire, [PeerClusters(peer="paris", addresses=("192.0.2.1",), secret_of="nice")])
    assert isinstance(refused, Declined)
    assert "nice" in refused.error.message
    assert "peer_passphrase" in str(refused.error.hint)
    assert wire.sent == []
