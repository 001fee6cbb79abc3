"""NetApp's client lists, counts, finds and gets every resource of the lab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.clients import Clients
from tests.contract.resources import (
    CLIENTS,
    COLLECTIONS,
    RESOURCES,
    SINGLE,
    ClientObject,
    Cluster,
    FileInfo,
    SnapmirrorPolicy,
)

pytestmark = [
    pytest.mark.xdist_group("contract"),
    # The client declares some fields in a way that its own library is about to drop.
    pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning"),
]


@dataclass(frozen=True)
class Furnished:
    """lyon with something of every resource."""

    clients: Clients
    volume: str
    relationship: str

    def parents(self, collection: str) -> Sequence[str]:
        """What a collection is below of."""
        keys = {"{volume.uuid}": self.volume, "{relationship.uuid}": self.relationship}
        return [uuid for key, uuid in keys.items() if key in collection]

    def records(self, collection: str, fields: str = "**") -> list[ClientObject]:
        listed = CLIENTS[collection].get_collection(*self.parents(collection), fields=fields)
        return list(listed)


@pytest.fixture(scope="module")
def lyon(netapp: Clients) -> Iterator[Furnished]:
    source = netapp.volume()
    netapp.write(source, "file", "bytes")
    mirror = netapp.mirror(source)
    netapp.initialize(mirror)
    netapp.update(mirror)
    with netapp.lyon:
        volume = mirror.destination.path.partition(":")[2]
        yield Furnished(netapp, CLIENTS["/storage/volumes"].find(name=volume).uuid, mirror.uuid)


def test_there_is_a_class_of_the_client_for_every_resource_of_the_lab() -> None:
    assert set(RESOURCES) == set(CLIENTS)
    assert {CLIENTS[path] for path in SINGLE} == {Cluster}


@pytest.mark.parametrize("fields", ["*", "**"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_collection_is_listed_and_counted(lyon: Furnished, collection: str, fields: str) -> None:
    listed = lyon.records(collection, fields)
    assert listed
    assert CLIENTS[collection].count_collection(*lyon.parents(collection)) == len(listed)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_what_is_listed_is_got_by_its_keys_with_the_same_fields(lyon: Furnished, collection: str) -> None:
    listed = lyon.records(collection)[-1]
    again = _same(listed, lyon.parents(collection))
    again.get(fields="**", **({"return_metadata": True} if isinstance(listed, FileInfo) else {}))
    assert _names(again.to_dict()) == _names(listed.to_dict())
    assert _own_key(again) == _own_key(listed)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_one_is_found_by_its_key_and_none_by_another(lyon: Furnished, collection: str) -> None:
    listed = lyon.records(collection)[-1]
    key = "name" if isinstance(listed, FileInfo) else "uuid"
    parents = lyon.parents(collection)
    found = CLIENTS[collection].find(*parents, **{key: _own_key(listed)})
    assert _own_key(found) == _own_key(listed)
    assert CLIENTS[collection].find(*parents, **{key: "00000000-0000-0000-0000-000000000000"}) is None


@pytest.mark.parametrize("fields", ["*", "**"])
def test_the_cluster_is_got(lyon: Furnished, fields: str) -> None:
    cluster = Cluster()
    cluster.get(fields=fields)
    assert cluster.name == "lyon"
    assert (cluster.version.generation, cluster.version.major) >= (9, 11)


def test_pages_are_followed(lyon: Furnished) -> None:
    begun = len(lyon.clients.wire.exchanges)
    paged = [policy.uuid for policy in SnapmirrorPolicy.get_collection(max_records=5)]
    assert len(lyon.clients.wire.exchanges) - begun == -(-len(paged) // 5) > 1
    assert paged == [policy.uuid for policy in SnapmirrorPolicy.get_collection()]


def test_a_file_is_described_and_read_where_it_was_mirrored_to(lyon: Furnished) -> None:
    file = FileInfo(lyon.volume, "file")
    file.get(return_metadata=True, fields="*")
    assert (file.name, file.type, file.size) == ("file", "file", 5)
    (volume,) = [each for each in lyon.records("/storage/volumes") if each.uuid == lyon.volume]
    assert lyon.clients.read("lyon", volume, "file") == b"bytes"


def _same(listed: ClientObject, parents: Sequence[str]) -> ClientObject:
    """The same object as the client knows it before it has asked."""
    if isinstance(listed, FileInfo):
        return FileInfo(*parents, listed.name)
    return type(listed)(*parents, uuid=listed.uuid)


def _own_key(resource: ClientObject) -> Any:
    return resource.name if isinstance(resource, FileInfo) else resource.uuid


def _names(record: dict[str, Any], path: str = "") -> set[str]:
    """Every field's dotted name."""
    found: set[str] = set()
    for name, value in record.items():
        found |= _names(value, f"{path}{name}.") if isinstance(value, dict) else {path + name}
    return found
