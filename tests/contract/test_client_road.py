"""The main road with NetApp's client alone: from a volume to its copy, which serves."""

from __future__ import annotations

import pytest
from netapp_ontap.error import NetAppRestError

from tests.contract.clients import Clients
from tests.contract.resources import Cluster, FileInfo, SnapmirrorRelationship, Snapshot, Volume

pytestmark = [
    # The client declares some fields in a way that its own library is about to drop.
    pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning"),
]


def test_a_volume_is_mirrored_updated_broken_off_and_served_from_the_other_site(netapp: Clients) -> None:
    source = netapp.volume()
    netapp.write(source, "file", "first")
    with netapp.paris:
        Snapshot(source.uuid, name="ours").post()
    mirror = netapp.mirror(source)
    netapp.initialize(mirror)
    with netapp.lyon:
        copy = Volume.find(name=mirror.destination.path.partition(":")[2])
    assert netapp.read("lyon", copy, "file") == b"first"
    with netapp.lyon:
        assert {snapshot.name for snapshot in Snapshot.get_collection(copy.uuid)} >= {"ours"}

    with netapp.paris:
        FileInfo(source.uuid, "file").patch(data="second", byte_offset=0)
    assert netapp.read("lyon", copy, "file") == b"first"
    transfer = netapp.update(mirror)
    assert transfer.bytes_transferred > 0
    assert netapp.read("lyon", copy, "file") == b"second"

    mirror.state = "paused"
    mirror.patch()
    mirror.state = "broken_off"
    mirror.patch()
    netapp.settle(mirror, "broken_off")
    with netapp.lyon:
        copy.nas = {"path": f"/{copy.name}"}
        copy.patch()
        copy.get(fields="type,nas.path")
        assert (copy.type, copy.nas.path) == ("rw", f"/{copy.name}")
        FileInfo(copy.uuid, "file").patch(data="!", byte_offset=-1)
    assert netapp.read("lyon", copy, "file") == b"second!"
    assert netapp.read("paris", source, "file") == b"second"


def test_the_source_lists_its_destination(netapp: Clients) -> None:
    mirror = netapp.mirror(netapp.volume())
    with netapp.paris:
        listed = SnapmirrorRelationship.find(uuid=mirror.uuid, list_destinations_only=True)
    assert listed.destination.path == mirror.destination.path
    with netapp.paris:
        assert SnapmirrorRelationship.find(uuid=mirror.uuid) is None


def test_a_client_without_the_labs_ca_does_not_talk_to_it(netapp: Clients) -> None:
    cluster = Cluster()
    cluster.set_connection(netapp.connect("paris", verify=True))
    with pytest.raises(NetAppRestError, match="CERTIFICATE_VERIFY_FAILED"):
        cluster.get()
