"""NetApp's client writes lists of objects with one request, follows jobs later, and asks as another would."""

from __future__ import annotations

import pytest

from tests.contract.clients import MIB, SVMS, Clients, fresh
from tests.contract.resources import Snapshot, Volume

pytestmark = [
    # The client declares some fields in a way that its own library is about to drop.
    pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning"),
]


def test_a_list_is_created_changed_and_removed(netapp: Clients) -> None:
    volume = netapp.volume()
    with netapp.paris:
        wanted = [Snapshot(name="one"), Snapshot(name="two")]
        created = Snapshot.post_collection(wanted, volume.uuid, hydrate=True, return_records=True)
        assert [(each.name, each.volume.name) for each in created] == [("one", volume.name), ("two", volume.name)]
        for each in created:
            each.comment = f"changed {each.name}"
        Snapshot.patch_collection({}, volume.uuid, records=created)
        found = Snapshot.get_collection(volume.uuid, fields="comment", order_by="name")
        assert [each.comment for each in found] == ["changed one", "changed two"]
        Snapshot.delete_collection(volume.uuid, records=created[:1])
        assert [each.name for each in Snapshot.get_collection(volume.uuid)] == ["two"]


def test_volumes_of_one_list_have_different_msids(netapp: Clients) -> None:
    name = fresh("listed")
    with netapp.paris:
        places = {"svm": {"name": SVMS["paris"]}, "aggregates": [{"name": "aggr1_paris"}], "size": 100 * MIB}
        Volume.post_collection([Volume(name=f"{name}_{number}", **places) for number in range(3)])
        assert len({each.msid for each in Volume.get_collection(name=f"{name}*", fields="msid")}) == 3


def test_a_job_is_followed_later_or_waited_for_by_the_cluster(netapp: Clients) -> None:
    places = {"svm": {"name": SVMS["paris"]}, "aggregates": [{"name": "aggr1_paris"}], "size": 100 * MIB}
    with netapp.paris:
        later = Volume(name=fresh("later"), **places)
        assert later.post(poll=False).is_job
        later.poll(hydrate=True)
        assert later.state == "online"
        waited = Volume(name=fresh("waited"), **places)
        assert waited.post(poll=False, return_timeout=30).http_response.status_code == 201
        waited.get(fields="state")
        assert waited.state == "online"


def test_raw_records_are_promoted(netapp: Clients) -> None:
    made = netapp.volume()
    with netapp.paris:
        (raw,) = Volume.fast_get_collection(name=made.name, fields="size")
        volume = raw.promote()
        volume.comment = "promoted"
        volume.patch()
        assert Volume.count_collection(comment="promoted", uuid=made.uuid) == 1


def test_a_client_that_speaks_for_an_svm_need_not_name_it(netapp: Clients) -> None:
    with netapp.connect("paris", headers={"X-Dot-SVM-Name": SVMS["paris"]}):
        volume = Volume(name=fresh("tunnelled"), aggregates=[{"name": "aggr1_paris"}], size=100 * MIB)
        volume.post(hydrate=True)
        assert volume.svm.name == SVMS["paris"]
