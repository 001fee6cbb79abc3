"""NetApp's client lists, counts, finds and gets every resource of the lab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pytest

from tests.contract.clients import MIB, SVMS, Clients, fresh
from tests.contract.lives_of_hosts import HOST, a_server
from tests.contract.lives_of_rules import log_an_event
from tests.contract.resources import (
    CLIENTS,
    COLLECTIONS,
    RESOURCES,
    SINGLE,
    CifsShare,
    ClientObject,
    Cluster,
    EmsApplicationLog,
    ExportPolicy,
    FileClone,
    FileCopy,
    FileInfo,
    FileMove,
    Igroup,
    IpInterface,
    Lun,
    LunMap,
    NfsClients,
    Role,
    SnapmirrorPolicy,
    SnapshotPolicy,
    SvmPeerPermission,
    own_keys,
)

pytestmark = [
    # The client declares some fields in a way that its own library is about to drop.
    pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning"),
]


KEYED = [path for path in COLLECTIONS if CLIENTS[path] is FileInfo or own_keys(CLIENTS[path])]
"""Those whose objects the client gets one by one."""


@dataclass(frozen=True)
class Furnished:
    """lyon with something of every resource."""

    clients: Clients
    volume: str
    above: Mapping[str, object]
    """What collections are below of, by its place in their paths."""

    def parents(self, collection: str) -> Sequence[object]:
        """What a collection is below of."""
        return [key for place, key in self.above.items() if place in collection]

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
        uuid = CLIENTS["/storage/volumes"].find(name=volume).uuid
        above = {"{volume.uuid}": uuid, "{relationship.uuid}": mirror.uuid, **_more_above()}
        with a_server("lyon"):
            share = _used_by_hosts(netapp, uuid)
            above |= {"{svm.uuid}": share.svm.uuid, "{cifs_share.share}": share.name}
            above["{igroup.uuid}"] = _used_by_block_hosts(netapp)
            _moved_file(netapp)
            above["{counter_table.name}"] = "system:constituent"
            yield Furnished(netapp, uuid, above)


def _used_by_hosts(netapp: Clients, uuid: str) -> ClientObject:
    """By NFS and by SMB. Returns the share."""
    policy = next(iter(ExportPolicy.get_collection(name="exports*")))
    mirror = CLIENTS["/storage/volumes"](uuid=uuid)
    mirror.nas = {"path": "/used", "export_policy": {"name": policy.name}}
    mirror.patch()
    share = CifsShare(name="used", svm={"name": SVMS["lyon"]}, path="/used")
    share.post(hydrate=True)
    with netapp.site.doors("lyon") as doors:
        doors.nfs(HOST).open(SVMS["lyon"], "/used")
        doors.smb(HOST).connect(SVMS["lyon"], "used")
    return share


def _used_by_block_hosts(netapp: Clients) -> str:
    """A LUN that is mapped. Returns the group's uuid."""
    svm = {"name": SVMS["lyon"]}
    initiators = [{"name": "iqn.2026-01.com.example:lyon"}]
    group = Igroup(name=fresh("hosts"), svm=svm, os_type="linux", initiators=initiators)
    group.post(hydrate=True)
    name = f"/vol/{netapp.volume('lyon').name}/lun"
    Lun(name=name, svm=svm, os_type="linux", space={"size": MIB}).post()
    LunMap(svm=svm, lun={"name": name}, igroup={"name": group.name}).post()
    uuid: str = group.uuid
    return uuid


def _moved_file(netapp: Clients) -> None:
    volume, other = netapp.volume("lyon"), netapp.volume("lyon")
    FileInfo(volume.uuid, "file").post(data="bytes")
    source = {"svm": {"name": SVMS["lyon"]}, "volume": {"name": volume.name}, "path": "file"}
    ends = {"sources": [source], "destinations": [{**source, "volume": {"name": other.name}}]}
    FileMove(files_to_move=ends).post(poll=False)


def _more_above() -> dict[str, object]:
    """Something to be listed of what a new cluster has nothing of, and what some collections are below of."""
    SvmPeerPermission(svm={"name": "*"}, cluster_peer={"name": "paris"}, applications=["flexcache"]).post()
    rule = {"clients": [{"match": "10.0.0.0/8"}], "ro_rule": ["sys"], "rw_rule": ["sys"]}
    exports = ExportPolicy(name=fresh("exports"), svm={"name": SVMS["lyon"]}, rules=[rule])
    exports.post(hydrate=True)
    log_an_event("notice")
    port = {"home_port": {"name": "e0c", "node": {"name": "lyon-01"}}}
    ip = {"address": "198.51.100.200", "netmask": "24"}
    IpInterface(name=fresh("lif"), svm={"name": SVMS["lyon"]}, ip=ip, location=port).post()
    role = Role.find(name="readonly")
    return {
        "{policy.id}": exports.id,
        "{snapshot_policy.uuid}": SnapshotPolicy.find(name="default").uuid,
        "{owner.uuid}": role.owner.uuid,
        "{role.name}": role.name,
    }


def test_there_is_a_class_of_the_client_for_every_resource_of_the_lab() -> None:
    assert set(RESOURCES) == set(CLIENTS)
    assert {CLIENTS[path] for path in SINGLE} == {Cluster, EmsApplicationLog, FileClone, FileCopy, NfsClients}


def test_connected_clients_are_listed_but_have_no_paths_of_their_own(lyon: Furnished) -> None:
    (client,) = NfsClients.get_collection(fields="**")
    assert (client.client_ip, client.protocol, client.volume.uuid) == (HOST, "nfs3", lyon.volume)


@pytest.mark.parametrize("fields", ["*", "**"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_collection_is_listed_and_counted(lyon: Furnished, collection: str, fields: str) -> None:
    listed = lyon.records(collection, fields)
    assert listed
    assert CLIENTS[collection].count_collection(*lyon.parents(collection)) == len(listed)


@pytest.mark.parametrize("collection", KEYED)
def test_what_is_listed_is_got_by_its_keys_with_the_same_fields(lyon: Furnished, collection: str) -> None:
    listed = lyon.records(collection)[-1]
    again = _same(listed, lyon.parents(collection))
    again.get(fields="**", **({"return_metadata": True} if isinstance(listed, FileInfo) else {}))
    assert _names(again.to_dict()) == _names(listed.to_dict())
    assert _own_keys(again) == _own_keys(listed)


@pytest.mark.parametrize("collection", KEYED)
def test_one_is_found_by_its_key_and_none_by_another(lyon: Furnished, collection: str) -> None:
    listed = lyon.records(collection)[-1]
    parents = lyon.parents(collection)
    keys = _own_keys(listed)
    found = CLIENTS[collection].find(*parents, **keys)
    assert _own_keys(found) == keys
    nobody = {list(keys)[-1]: "00000000-0000-0000-0000-000000000000"}
    assert CLIENTS[collection].find(*parents, **{**keys, **nobody}) is None


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


def _same(listed: ClientObject, parents: Sequence[object]) -> ClientObject:
    """The same object as the client knows it before it has asked."""
    if isinstance(listed, FileInfo):
        return FileInfo(*parents, listed.name)
    return type(listed)(*parents, **_own_keys(listed))


def _own_keys(resource: ClientObject) -> dict[str, Any]:
    """By their dotted names. A file is told by its name: the client knows a path, which ONTAP does not list."""
    if isinstance(resource, FileInfo):
        return {"name": resource.name}
    return {key: reduce(getattr, key.split("."), resource) for key in own_keys(type(resource))}


def _names(record: dict[str, Any], path: str = "") -> set[str]:
    """Every field's dotted name."""
    found: set[str] = set()
    for name, value in record.items():
        found |= _names(value, f"{path}{name}.") if isinstance(value, dict) else {path + name}
    return found
