"""What ONTAP would refuse raises NetApp's error with ONTAP's code, at once or by the job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from netapp_ontap.error import NetAppRestError

from tests.contract.clients import SVMS, Clients, fresh
from tests.contract.resources import (
    CLIENTS,
    Aggregate,
    CifsSession,
    ClientClass,
    Cluster,
    ClusterPeer,
    ExportPolicy,
    ExportRule,
    FileInfo,
    Node,
    Qtree,
    RolePrivilege,
    Schedule,
    SnapmirrorPolicy,
    SnapmirrorRelationship,
    SnapmirrorTransfer,
    Snapshot,
    Svm,
    SvmPeer,
    Volume,
    own_keys,
)

pytestmark = [
    # The client declares some fields in a way that its own library is about to drop.
    pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning"),
]

NOBODY = "00000000-0000-0000-0000-000000000000"
AGGREGATE = [{"name": "aggr1_paris"}]
PARIS = {"name": SVMS["paris"]}
Call = Callable[[], object]


def codes(*calls: tuple[str, Call]) -> None:
    """Each call is refused with its code."""
    found = []
    for expected, call in calls:
        with pytest.raises(NetAppRestError) as refusal:
            call()
        body = refusal.value.response_body
        assert body is not None, refusal.value
        assert body["error"]["message"] in str(refusal.value)
        found.append((expected, body["error"]["code"]))
    assert [code for _, code in found] == [expected for expected, _ in found]


# What is there only once cannot be missing; files have codes of their own.
GOT_BY_KEYS = [resource for resource in CLIENTS.values() if resource is not FileInfo and own_keys(resource)]
COUNTED = (CifsSession, ExportPolicy, ExportRule, Qtree)
"""What is told by numbers; none of the lab's is so low."""
CHECKED = {"type": "windows", "index": 0}
"""Keys of which the client checks what they are: one of a few words, or a number."""
WITHOUT_PARENT = {Snapshot: "918235", ExportRule: "1703954", RolePrivilege: "5636129"}
"""What is said first where what a collection is below of is not there either."""


@pytest.mark.parametrize("resource", GOT_BY_KEYS, ids=lambda each: str(each.__name__))
def test_what_is_not_there(netapp: Clients, resource: ClientClass) -> None:
    with netapp.paris:
        keys = own_keys(resource)
        nobody = "1" if resource in COUNTED else NOBODY
        parents = [nobody] * (len(resource._keys) - len(keys))
        wanted = resource(*parents, **{key: CHECKED.get(key, nobody) for key in keys})
        codes((WITHOUT_PARENT.get(resource, "4"), wanted.get))


def test_what_is_not_simulated(netapp: Clients) -> None:
    with netapp.paris:
        codes(
            ("3", Aggregate(uuid=NOBODY).delete),
            ("3", Node(uuid=NOBODY).delete),
            ("3", Cluster(name="other").patch),
        )


def test_volumes(netapp: Clients) -> None:
    taken = netapp.volume()
    with netapp.paris:

        def create(**properties: object) -> Any:
            wanted = {"name": fresh("vol"), "svm": PARIS, "aggregates": AGGREGATE, "size": 2**30, **properties}
            return Volume(**wanted).post

        codes(
            ("917888", create(name="1st")),
            ("917526", create(name=taken.name)),
            ("917534", create(size=4096)),
            ("2621462", create(svm={"name": "nobody"})),
            ("918241", create(aggregates=[{"name": "none"}])),
            ("917536", create(size=2**50)),
            ("918252", create(nas={"path": "below"})),
            ("917628", create(type="dp", nas={"path": "/dp"})),
            ("4", lambda: Volume.patch_collection({"comment": "x"}, name="no_such_volume")),
        )


def test_a_mirror_that_is_not_initialized_fails_to_be_mounted_by_the_job(netapp: Clients) -> None:
    copy = netapp.volume("lyon", type="dp")
    copy.nas = {"path": f"/{copy.name}"}
    with pytest.raises(NetAppRestError, match="is not initialized"):
        copy.patch()


def test_snapshots(netapp: Clients) -> None:
    volume, copy = netapp.volume(), netapp.volume("lyon", type="dp")
    with netapp.paris:
        Snapshot(volume.uuid, name="one").post()
        codes(
            ("525059", Snapshot(volume.uuid, name="one").post),
            ("1638518", Snapshot(volume.uuid, name="a/b").post),
        )
    with netapp.lyon:
        codes(("1638461", Snapshot(copy.uuid, name="one").post))


def test_files(netapp: Clients) -> None:
    volume = netapp.volume()
    netapp.write(volume, "file", "x")
    with netapp.paris:
        FileInfo(volume.uuid, "folder", type="directory").post()
        FileInfo(volume.uuid, "folder/inner").post(data="x")
        codes(
            ("6684674", FileInfo(volume.uuid, "none").get),
            ("918235", FileInfo(NOBODY, "file").get),
            ("6488118", lambda: FileInfo(volume.uuid, "file").post(data="x")),
            ("131138", FileInfo(volume.uuid, "folder").delete),
            ("131102", lambda: FileInfo(volume.uuid, ".snapshot/new").post(data="x")),
        )


def test_svms(netapp: Clients) -> None:
    netapp.volume()
    with netapp.paris:
        codes(
            ("13434908", Svm(name=SVMS["paris"]).post),
            ("262197", Svm(name="not a name").post),
            ("2621525", Svm.find(name=SVMS["paris"]).delete),
        )


def test_svm_peers(netapp: Clients) -> None:
    with netapp.lyon:

        def offer(svm: str, cluster: str) -> Any:
            peer = {"svm": {"name": svm}, "cluster": {"name": cluster}}
            return SvmPeer(svm={"name": SVMS["lyon"]}, peer=peer, applications=["snapmirror"]).post

        peered = SvmPeer.find(**{"svm.name": SVMS["lyon"]})
        peered.state = "rejected"
        codes(
            ("1", offer(SVMS["paris"], "paris")),
            ("9895941", offer("any", "oslo")),
            ("26345578", peered.patch),
        )


def test_cluster_peers(netapp: Clients) -> None:
    with netapp.paris:
        (peer,) = ClusterPeer.get_collection(**{"status.state": "available"}, fields="*")
        remote, stranger = {"ip_addresses": list(peer.remote.ip_addresses)}, {"ip_addresses": ["192.0.2.77"]}
        codes(
            ("4653236", ClusterPeer(remote=stranger, authentication={"passphrase": "short"}).post),
            ("4653075", ClusterPeer(remote=remote, authentication={"passphrase": "long enough"}).post),
            ("4656069", ClusterPeer(authentication={"passphrase": "long enough"}).post),
            ("4653079", peer.delete),
        )


def test_schedules(netapp: Clients) -> None:
    with netapp.paris:
        hourly = Schedule.find(name="hourly")
        codes(
            ("1", Schedule(name="hourly", cron={"minutes": [1]}).post),
            ("458788", Schedule(name=fresh("never"), cron={"minutes": [0], "days": [30], "months": [2]}).post),
            ("459762", hourly.delete),
        )


def test_snapmirror_policies(netapp: Clients) -> None:
    with netapp.lyon:
        built_in = SnapmirrorPolicy.find(name="Asynchronous")
        codes(
            ("6621060", SnapmirrorPolicy(name="Asynchronous", type="async").post),
            ("13303865", built_in.delete),
            ("13304084", SnapmirrorPolicy(name=fresh("policy"), type="async", create_snapshot_on_source=False).post),
        )


def test_relationships(netapp: Clients) -> None:
    mirror = netapp.mirror(netapp.volume())
    free = netapp.volume("lyon", type="dp")
    with netapp.lyon:

        def create(source: str, destination: str, **properties: object) -> Any:
            ends = {"source": {"path": source}, "destination": {"path": destination}}
            return SnapmirrorRelationship(**ends, **properties).post

        here = f"{SVMS['lyon']}:{free.name}"
        codes(
            ("6619637", create(mirror.source.path, mirror.destination.path)),
            ("13303852", create("nothing", here)),
            ("13303886", create("stranger:vol", here)),
            ("13303821", create(mirror.source.path, here, policy={"name": "none"})),
            ("6619699", create(mirror.source.path, here, transfer_schedule={"name": "none"})),
        )
        mirror.state = "broken_off"
        codes(("13303808", mirror.patch))
        mirror.state = "in_sync"
        codes(("13303831", mirror.patch))


def test_transfers(netapp: Clients) -> None:
    mirror = netapp.mirror(netapp.volume())
    netapp.initialize(mirror)
    ended = netapp.update(mirror)
    ended.state = "aborted"
    with netapp.lyon:
        codes(("13303849", ended.patch))
        with netapp.transfers_held():
            SnapmirrorTransfer(mirror.uuid).post()
            codes(("13303844", SnapmirrorTransfer(mirror.uuid).post))
        netapp.settle(mirror, "snapmirrored")
        mirror.state = "paused"
        mirror.patch()
        codes(("13303844", SnapmirrorTransfer(mirror.uuid).post))


def test_a_wrong_password(netapp: Clients) -> None:
    with netapp.connect("paris", password="wrong"):
        codes(("6", Cluster().get))


def test_a_field_that_the_resource_does_not_have(netapp: Clients) -> None:
    with netapp.paris:
        codes(("262179", lambda: list(Volume.get_collection(colour="red"))))
