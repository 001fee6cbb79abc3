"""Volumes, what is in them, and their mirrors: made, changed and removed, one at a time and by query."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from netapp_ontap.error import NetAppRestError

from tests.contract.clients import MIB, SVMS, Clients, fresh, two_gone
from tests.contract.resources import (
    ClientClass,
    FileClone,
    FileCopy,
    FileInfo,
    FileMove,
    Job,
    SnapmirrorPolicy,
    SnapmirrorRelationship,
    SnapmirrorTransfer,
    Snapshot,
    Volume,
)


def file_clones_live(netapp: Clients) -> None:
    with netapp.paris:
        volume = netapp.volume()
        netapp.write(volume, "file", "bytes")
        clone = {"volume": {"uuid": volume.uuid, "name": volume.name}, "source_path": "file"}
        FileClone(destination_path="twin", **clone).post()
        netapp.write(volume, "other", "other")
        FileClone(destination_path="other", overwrite_destination=True, **clone).post()
        assert netapp.read("paris", volume, "twin") == netapp.read("paris", volume, "other") == b"bytes"
        with pytest.raises(NetAppRestError) as refused:
            FileClone(destination_path="twin", **clone).post()
        assert refused.value.response_body
        assert refused.value.response_body["error"]["code"] == "6488118"


def file_copies_live(netapp: Clients) -> None:
    """It is asked for: its job lasts as long as the bytes take."""
    with netapp.paris:
        volume, other = netapp.volume(), netapp.volume()
        netapp.write(volume, "file", "bytes")
        source = {"svm": {"name": SVMS["paris"]}, "volume": {"name": volume.name}, "path": "file"}
        pair = {"source": source, "destination": {**source, "volume": {"name": other.name}, "path": "copy"}}
        FileCopy(files_to_copy=[pair], cutover_time=10).post(poll=False)
        assert Job.find(description="POST /api/storage/file/copy").state in ("queued", "running")
        with pytest.raises(NetAppRestError) as refused:
            FileCopy(files_to_copy=[{**pair, "source": {**source, "path": "none"}}]).post(poll=False)
        assert refused.value.response_body
        assert refused.value.response_body["error"]["code"] == "6684674"


def file_moves_live(netapp: Clients) -> None:
    """It is at its old place until its job has ended, then at the new one alone."""
    with netapp.paris:
        volume, other = netapp.volume(), netapp.volume()
        netapp.write(volume, "file", "bytes")
        source = {"svm": {"name": SVMS["paris"]}, "volume": {"name": volume.name}, "path": "file"}
        ends = {"sources": [source], "destinations": [{**source, "volume": {"name": other.name}, "path": "moved"}]}
        FileMove(files_to_move=ends).post(poll=False)
        move = FileMove.find(**{"destination.volume.name": other.name}, fields="**")
        assert (move.index, move.scanner.state, move.is_destination_ready) == (0, "data", False)
        assert netapp.read("paris", volume, "file") == b"bytes"
        netapp.write(volume, "later", "more")
        later = {**source, "path": "later"}
        FileMove(files_to_move={"sources": [later], "destinations": [{**later, "volume": {"name": other.name}}]}).post()
        move.get(fields="**")
        assert (move.scanner.state, move.scanner.percent, move.is_destination_ready) == ("complete", 100, True)
        assert netapp.read("paris", other, "moved") == b"bytes"
        with pytest.raises(NetAppRestError) as refused:
            FileMove(files_to_move=ends).post(poll=False)
        assert refused.value.response_body
        assert refused.value.response_body["error"]["code"] == "6684674"


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
        two_gone(SnapmirrorPolicy, name, one, two)


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


LIVES_OF_DATA: Mapping[ClientClass, Callable[[Clients], None]] = {
    FileClone: file_clones_live,
    FileCopy: file_copies_live,
    FileInfo: files_live,
    FileMove: file_moves_live,
    SnapmirrorPolicy: policies_live,
    SnapmirrorRelationship: relationships_live,
    SnapmirrorTransfer: transfers_live,
    Snapshot: snapshots_live,
    Volume: volumes_live,
}
