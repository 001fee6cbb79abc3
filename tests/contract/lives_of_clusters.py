"""Objects that clusters share their work by: made, changed and removed, one at a time and by query."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from netapp_ontap.error import NetAppRestError

from tests.contract.clients import SVMS, Clients, fresh, two_gone
from tests.contract.resources import (
    ClientClass,
    ClusterPeer,
    Job,
    Schedule,
    Svm,
    SvmPeer,
    SvmPeerPermission,
)


def code_of(error: pytest.ExceptionInfo[NetAppRestError]) -> str:
    body = error.value.response_body
    assert body is not None
    code: str = body["error"]["code"]
    return code


def schedules_live(netapp: Clients) -> None:
    name = fresh("schedule")
    with netapp.paris:
        one, two = (Schedule(name=f"{name}_{end}", cron={"minutes": [5]}) for end in "ab")
        one.post(hydrate=True)
        two.post()
        one.cron = {"minutes": [10, 40], "hours": [3]}
        one.patch(hydrate=True)
        assert (one.cron.minutes, one.cron.hours) == ([10, 40], [3])
        Schedule.patch_collection({"cron": {"minutes": [7]}}, name=f"{name}*")
        assert [each.cron.minutes for each in Schedule.get_collection(name=f"{name}*", fields="cron")] == [[7], [7]]
        two_gone(Schedule, name, one, two)


def cluster_peers_live(netapp: Clients) -> None:
    name = fresh("peer")
    with netapp.paris:
        one, two = (ClusterPeer(name=f"{name}_{end}", authentication={"expiry_time": "P1D"}) for end in "ab")
        one.post()
        two.post()
        one.get()
        assert (one.status.state, one.authentication.in_use) == ("unidentified", "absent")
        one.initial_allowed_svms = [{"name": SVMS["paris"]}]
        one.patch(hydrate=True)
        assert [svm.name for svm in one.initial_allowed_svms] == [SVMS["paris"]]
        ClusterPeer.patch_collection({"initial_allowed_svms": [{"name": "*"}]}, name=f"{name}*")
        two_gone(ClusterPeer, name, one, two)


def svms_live(netapp: Clients) -> None:
    name = fresh("svm")
    with netapp.paris:
        one, two = (Svm(name=f"{name}_{end}", aggregates=[{"name": "aggr1_paris"}]) for end in "ab")
        one.post(hydrate=True)
        two.post()
        assert (one.state, one.subtype) == ("running", "default")
        one.comment, one.state = "ours", "stopped"
        one.patch(hydrate=True)
        assert (one.comment, one.state) == ("ours", "stopped")
        Svm.patch_collection({"state": "running"}, name=f"{name}*")
        assert {each.state for each in Svm.get_collection(name=f"{name}*", fields="state")} == {"running"}
        two_gone(Svm, name, one, two)


def svm_peers_live(netapp: Clients) -> None:
    name = fresh("peered")
    for connection, ends in ((netapp.lyon, "abc"), (netapp.paris, "x")):
        with connection:
            for end in ends:
                Svm(name=f"{name}_{end}").post()
    with netapp.lyon:
        peers = [
            SvmPeer(
                svm={"name": f"{name}_{end}"},
                peer={"svm": {"name": f"{name}_x"}, "cluster": {"name": "paris"}},
                applications=["snapmirror"],
            )
            for end in "abc"
        ]
        for peer in peers:
            peer.post(hydrate=True)
            assert peer.state == "initiated"
    with netapp.paris:
        SvmPeer.patch_collection({"state": "peered"}, **{"svm.name": f"{name}_x"})
    with netapp.lyon:
        one, two, _ = peers
        one.get()
        assert one.state == "peered"
        one.state = "suspended"
        one.patch()
        SvmPeer.patch_collection({"state": "suspended"}, **{"svm.name": f"{name}_b"})
        listed = SvmPeer.get_collection(fields="svm,state", name=f"{name}*")
        assert {each.svm.name[-1]: each.state for each in listed} == {"a": "suspended", "b": "suspended", "c": "peered"}
        two.delete()
        SvmPeer.delete_collection(name=f"{name}*")
    for connection in (netapp.lyon, netapp.paris):
        with connection:
            assert SvmPeer.count_collection(**{"svm.name": f"{name}*"}) == 0


def svm_peer_permissions_live(netapp: Clients) -> None:
    name = fresh("permitted")
    with netapp.paris:
        for end in "ab":
            Svm(name=f"{name}_{end}").post()
        one, two = (
            SvmPeerPermission(svm={"name": f"{name}_{end}"}, cluster_peer={"name": "lyon"}, applications=["snapmirror"])
            for end in "ab"
        )
        one.post(hydrate=True)
        two.post()
        one.applications = ["snapmirror", "flexcache"]
        one.patch(hydrate=True)
        assert one.applications == ["snapmirror", "flexcache"]
        ours = {"svm.name": f"{name}*"}
        SvmPeerPermission.patch_collection({"applications": ["flexcache"]}, **ours)
        listed = SvmPeerPermission.get_collection(fields="*", **ours)
        assert [each.applications for each in listed] == [["flexcache"], ["flexcache"]]
        two.delete()
        SvmPeerPermission.delete_collection(**ours)
        assert SvmPeerPermission.count_collection(**ours) == 0
        Svm.delete_collection(name=f"{name}*")


def jobs_live(netapp: Clients) -> None:
    netapp.volume()
    with netapp.paris:
        job = next(iter(Job.get_collection(description="POST /api/storage/volumes", state="success", fields="*")))
        job.get()
        assert (job.state, job.code) == ("success", 0)
        with pytest.raises(NetAppRestError) as over:
            job.patch(action="cancel")
        assert code_of(over) == "458762"
        with pytest.raises(NetAppRestError) as all_over:
            Job.patch_collection({}, uuid=job.uuid, action="cancel")
        assert code_of(all_over) == "458762"


LIVES_OF_CLUSTERS: Mapping[ClientClass, Callable[[Clients], None]] = {
    ClusterPeer: cluster_peers_live,
    Job: jobs_live,
    Schedule: schedules_live,
    Svm: svms_live,
    SvmPeer: svm_peers_live,
    SvmPeerPermission: svm_peer_permissions_live,
}
