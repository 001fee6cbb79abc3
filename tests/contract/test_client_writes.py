"""NetApp's client uses every method of every resource that can be written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netapp_ontap.error import NetAppRestError

from tests.contract.clients import MIB, SVMS, Clients, fresh
from tests.contract.lives_of_rules import LIVES_OF_RULES
from tests.contract.resources import (
    RESOURCES,
    ClientClass,
    ClusterPeer,
    FileInfo,
    Job,
    Schedule,
    SnapmirrorPolicy,
    SnapmirrorRelationship,
    SnapmirrorTransfer,
    Snapshot,
    Svm,
    SvmPeer,
    SvmPeerPermission,
    Volume,
    offered,
    path_of,
)

pytestmark = [
    pytest.mark.xdist_group("contract"),
    # The client declares some fields in a way that its own library is about to drop.
    pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning"),
]

Life = Callable[[Clients], None]
LIVES: dict[str, Life] = {path_of(resource): life for resource, life in LIVES_OF_RULES.items()}
"""By the path of a collection: objects of it are made, changed and removed, one at a time and by query."""

NEVER_TAKEN = {("PATCH", path) for path in ("/cluster/jobs", "/cluster/jobs/{uuid}")}
"""What the lab always refuses: none of its jobs can be stopped."""

WRITTEN = [path for path in RESOURCES if {method for method, _ in offered(path)} != {"GET"}]


@pytest.mark.parametrize("collection", WRITTEN)
def test_the_client_uses_every_method(netapp: Clients, collection: str) -> None:
    begun = len(netapp.wire.exchanges)
    LIVES[collection](netapp)
    exchanges = netapp.wire.exchanges[begun:]
    taken = {(each.method, each.route) for each in exchanges if each.succeeded}
    refused = {(each.method, each.route) for each in exchanges if not each.succeeded}
    assert offered(collection) - NEVER_TAKEN <= taken
    assert offered(collection) & NEVER_TAKEN <= refused - taken


def life_of(resource: ClientClass) -> Callable[[Life], Life]:
    def register(life: Life) -> Life:
        LIVES[path_of(resource)] = life
        return life

    return register


def names(resource: ClientClass, like: str) -> list[str]:
    return sorted(each.name for each in resource.get_collection(name=f"{like}*"))


def code_of(error: pytest.ExceptionInfo[NetAppRestError]) -> str:
    body = error.value.response_body
    assert body is not None
    code: str = body["error"]["code"]
    return code


@life_of(Schedule)
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
        two.delete()
        assert names(Schedule, name) == [one.name]
        Schedule.delete_collection(name=f"{name}*")
        assert names(Schedule, name) == []


@life_of(ClusterPeer)
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
        two.delete()
        assert names(ClusterPeer, name) == [one.name]
        ClusterPeer.delete_collection(name=f"{name}*")
        assert names(ClusterPeer, name) == []


@life_of(SnapmirrorPolicy)
def policies_live(netapp: Clients) -> None:
    name = fresh("policy")
    with netapp.lyon:
        one = SnapmirrorPolicy(name=f"{name}_a", type="async", copy_all_source_snapshots=True)
        two = SnapmirrorPolicy(
            name=f"{name}_b",
            type="async",
            create_snapshot_on_source=False,
            retention=[{"label": "daily", "count": 7}],
        )
        one.post(hydrate=True)
        two.post(hydrate=True)
        assert [(rule.label, int(rule.count)) for rule in two.retention] == [("daily", 7)]
        one.comment = "ours"
        one.patch(hydrate=True)
        assert one.comment == "ours"
        SnapmirrorPolicy.patch_collection({"throttle": 1000}, name=f"{name}*")
        assert {each.throttle for each in SnapmirrorPolicy.get_collection(name=f"{name}*", fields="*")} == {1000}
        two.delete()
        assert names(SnapmirrorPolicy, name) == [one.name]
        SnapmirrorPolicy.delete_collection(name=f"{name}*")
        assert names(SnapmirrorPolicy, name) == []


@life_of(Svm)
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
        two.delete()
        assert names(Svm, name) == [one.name]
        Svm.delete_collection(name=f"{name}*")
        assert names(Svm, name) == []


@life_of(SvmPeer)
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


@life_of(SvmPeerPermission)
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


@life_of(Volume)
def volumes_live(netapp: Clients) -> None:
    with netapp.paris:
        one = netapp.volume(comment="ours")
        two = netapp.volume(nas={"path": f"/{fresh('path')}"}, guarantee={"type": "none"}, snapshot_policy="none")
        assert (one.type, one.state, one.style, one.size) == ("rw", "online", "flexvol", 100 * MIB)
        one.nas = {"path": f"/{one.name}"}
        one.size = 200 * MIB
        one.patch(hydrate=True)
        one.get(fields="nas,size")
        assert (one.nas.path, one.size) == (f"/{one.name}", 200 * MIB)
        Volume.patch_collection({"comment": "both"}, uuid=f"{one.uuid}|{two.uuid}")
        assert Volume.count_collection(comment="both") == 2
        two.delete()
        assert Volume.count_collection(comment="both") == 1
        Volume.delete_collection(comment="both")
        assert Volume.count_collection(comment="both") == 0


@life_of(Snapshot)
def snapshots_live(netapp: Clients) -> None:
    volume = netapp.volume()
    with netapp.paris:
        one, two = (Snapshot(volume.uuid, name=name, snapmirror_label="daily") for name in ("a1", "a2"))
        one.post(hydrate=True)
        two.post()
        assert (one.volume.name, one.snapmirror_label) == (volume.name, "daily")
        one.name, one.comment = "a3", "ours"
        one.patch(hydrate=True)
        assert (one.name, one.comment) == ("a3", "ours")
        Snapshot.patch_collection({"snapmirror_label": "weekly"}, volume.uuid, name="a*")
        found = Snapshot.get_collection(volume.uuid, fields="*")
        assert {(each.name, each.snapmirror_label) for each in found} == {("a2", "weekly"), ("a3", "weekly")}
        two.delete()
        assert Snapshot.count_collection(volume.uuid) == 1
        Snapshot.delete_collection(volume.uuid, name="a*")
        assert Snapshot.count_collection(volume.uuid) == 0


@life_of(FileInfo)
def files_live(netapp: Clients) -> None:
    volume = netapp.volume()
    with netapp.paris:
        FileInfo(volume.uuid, "folder", type="directory", unix_permissions=700).post()
        file = FileInfo(volume.uuid, "folder/plain.txt")
        file.post(data="some text")
        file.patch(data="more", byte_offset=5)
        assert netapp.read("paris", volume, "folder/plain.txt") == b"some more"
        file.path = "folder/moved.txt"
        file.patch()
        entries = [each.name for each in FileInfo.get_collection(volume.uuid, "folder")]
        assert sorted(entries) == [".", "..", "moved.txt"]
        assert "folder" in {each.name for each in FileInfo.get_collection(volume.uuid)}
        FileInfo(volume.uuid, "folder/moved.txt").delete()
        FileInfo(volume.uuid, "folder").delete(recurse=True)
        assert "folder" not in {each.name for each in FileInfo.get_collection(volume.uuid)}


@life_of(Job)
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


@life_of(SnapmirrorRelationship)
def relationships_live(netapp: Clients) -> None:
    with netapp.lyon:
        one, two = (netapp.mirror(netapp.volume(), transfer_schedule={"name": "weekly"}) for _ in range(2))
        assert (one.state, one.policy.name, one.transfer_schedule.name) == (
            "uninitialized",
            "MirrorAllSnapshots",
            "weekly",
        )
        one.policy = {"name": "Asynchronous"}
        one.transfer_schedule = None
        one.patch(hydrate=True)
        assert one.policy.name == "Asynchronous"
        assert not hasattr(one, "transfer_schedule")
        both = f"{one.uuid}|{two.uuid}"
        SnapmirrorRelationship.patch_collection({"state": "snapmirrored"}, uuid=both)
        for each in (one, two):
            netapp.settle(each, "snapmirrored")
        two.delete()
        SnapmirrorRelationship.delete_collection(uuid=both)
        assert SnapmirrorRelationship.count_collection(uuid=both) == 0
    with netapp.paris:
        assert SnapmirrorRelationship.count_collection(uuid=both, list_destinations_only=True) == 0


@life_of(SnapmirrorTransfer)
def transfers_live(netapp: Clients) -> None:
    with netapp.lyon:
        mirror = netapp.mirror(netapp.volume())
        for by_query in (False, True):
            with netapp.transfers_held():
                transfer = SnapmirrorTransfer(mirror.uuid)
                transfer.post(hydrate=True)
                assert transfer.state in ("queued", "transferring")
                if by_query:
                    running = {"state": "queued|transferring"}
                    SnapmirrorTransfer.patch_collection({"state": "aborted"}, mirror.uuid, **running)
                else:
                    transfer.state = "aborted"
                    transfer.patch()
            netapp.settle(mirror, "uninitialized")
            transfer.get()
            assert transfer.state == "aborted"
        netapp.initialize(mirror)
        last = netapp.update(mirror)
        assert last.uuid in {each.uuid for each in SnapmirrorTransfer.get_collection(mirror.uuid, state="success")}
