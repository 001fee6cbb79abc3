"""Every field of every record is one that NetApp's client knows, with a value that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from netapp_ontap.resources.account import Account
from netapp_ontap.resources.aggregate import Aggregate
from netapp_ontap.resources.cluster import Cluster
from netapp_ontap.resources.cluster_peer import ClusterPeer
from netapp_ontap.resources.counter_row import CounterRow
from netapp_ontap.resources.counter_table import CounterTable
from netapp_ontap.resources.ems_event import EmsEvent
from netapp_ontap.resources.export_policy import ExportPolicy
from netapp_ontap.resources.export_rule import ExportRule
from netapp_ontap.resources.file_info import FileInfo
from netapp_ontap.resources.ip_interface import IpInterface
from netapp_ontap.resources.job import Job
from netapp_ontap.resources.license_package import LicensePackage
from netapp_ontap.resources.node import Node
from netapp_ontap.resources.qos_policy import QosPolicy
from netapp_ontap.resources.role import Role
from netapp_ontap.resources.role_privilege import RolePrivilege
from netapp_ontap.resources.schedule import Schedule
from netapp_ontap.resources.snapmirror_policy import SnapmirrorPolicy
from netapp_ontap.resources.snapshot import Snapshot
from netapp_ontap.resources.snapshot_policy import SnapshotPolicy
from netapp_ontap.resources.snapshot_policy_schedule import SnapshotPolicySchedule
from netapp_ontap.resources.split_status import SplitStatus
from netapp_ontap.resources.svm import Svm
from netapp_ontap.resources.svm_peer import SvmPeer
from netapp_ontap.resources.volume import Volume

from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.oracle import complaints

# The client declares some fields in a way that its own library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning")

COLLECTIONS = {
    "/cluster/nodes": Node,
    "/cluster/counter/tables": CounterTable,
    "/cluster/counter/tables/*/rows": CounterRow,
    "/cluster/jobs": Job,
    "/cluster/licensing/licenses": LicensePackage,
    "/security/accounts": Account,
    "/security/roles": Role,
    "/support/ems/events": EmsEvent,
    "/cluster/schedules": Schedule,
    "/cluster/peers": ClusterPeer,
    "/svm/svms": Svm,
    "/svm/peers": SvmPeer,
    "/storage/aggregates": Aggregate,
    "/network/ip/interfaces": IpInterface,
    "/storage/snapshot-policies": SnapshotPolicy,
    "/storage/snapshot-policies/*/schedules": SnapshotPolicySchedule,
    "/storage/qos/policies": QosPolicy,
    "/protocols/nfs/export-policies": ExportPolicy,
    "/protocols/nfs/export-policies/*/rules": ExportRule,
    "/storage/file/clone/split-status": SplitStatus,
    "/storage/volumes": Volume,
    "/storage/volumes/*/snapshots": Snapshot,
    "/snapmirror/policies": SnapmirrorPolicy,
}


async def furnish(paris: Asker, lyon: Asker) -> None:
    """Something of everything is at paris, failed jobs and open offers among it."""
    await paris.svm("svm2")
    await paris.post("/svm/peers", {"svm.name": "svm1", "peer.svm.name": "svm2", "applications": ["snapmirror"]})
    offer = {"svm.name": "svm1", "peer.svm.name": "svm1", "peer.cluster.name": "lyon", "applications": ["snapmirror"]}
    await paris.post("/svm/peers", {**offer, "name": "svm1_lyon"})
    await paris.http.post("/api/cluster/peers", json={"initial_allowed_svms": [{"name": "svm1"}]})
    await paris.post("/storage/qos/policies", {"name": "fast", "svm.name": "svm1", "fixed": {"max_throughput_iops": 9}})
    log = {"computer_name": "c", "event_source": "s", "app_version": "1", "event_id": 1, "category": "c"}
    log |= {"event_description": "d", "severity": "error", "autosupport_required": False}
    await paris.http.post("/api/support/ems/application-logs", json=log)
    await paris.post(
        "/security/roles", {"name": "r", "privileges": [{"path": "volume", "access": "all", "query": "x"}]}
    )
    rule = {"clients": [{"match": "10.0.0.0/8"}], "ro_rule": ["sys"], "rw_rule": ["sys"]}
    await paris.post("/protocols/nfs/export-policies", {"name": "lan", "svm.name": "svm1", "rules": [rule]})
    volume = await paris.volume(
        "vol_1",
        properties={
            "nas.path": "/vol_1",
            "qos.policy.name": "fast",
            "autosize.maximum": "2GB",
            "autosize.grow_threshold": "90",
            "tiering.min_cooling_days": 5,
            "efficiency": {"compression": "background", "policy": {"name": "auto"}},
        },
    )
    await paris.volume("vol_2", {"type": "dp"})
    await paris.refusal("PATCH", "/storage/volumes", {"nas.path": "/vol_2"}, name="vol_2")
    path = f"/storage/volumes/{volume['uuid']}"
    await paris.post(f"{path}/snapshots", {"name": "s", "snapmirror_label": "daily", "comment": "c"})
    (paris.seen("/vol_1") / "file").write_text("x")
    (paris.seen("/vol_1") / "link").symlink_to("file")
    await paris.post("/cluster/schedules", {"name": "yearly", "cron": {"minutes": [1], "months": [1], "weekdays": [0]}})
    await paris.post(
        "/snapmirror/policies",
        {"name": "p", "retention": [{"label": "d", "count": "7", "creation_schedule": "daily", "prefix": "x"}]},
    )


@pytest.mark.slow
def test_every_field_of_every_collection_is_known_to_the_client(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await furnish(paris, lyon)
        found = set()
        for path, resource in COLLECTIONS.items():
            records = await paris.get(path, fields="**")
            assert records, f"{path} should hold something to judge"
            found |= {f"{path}: {complaint}" for record in records for complaint in complaints(record, resource)}
        assert found == set()

    in_lab(tmp_path, claim)


def test_a_roles_privileges_are_known_to_the_client(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await furnish(paris, lyon)
        role = await paris.one("/security/roles", name="r")
        (privilege,) = await paris.get(f"/security/roles/{role['owner']['uuid']}/r/privileges", fields="**")
        assert complaints(privilege, RolePrivilege) == []

    in_lab(tmp_path, claim)


def test_the_cluster_itself_and_file_entries_are_known_to_the_client(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await furnish(paris, lyon)
        cluster = (await paris.http.get("/api/cluster?fields=**")).json()
        assert complaints(cluster, Cluster) == []
        volume = await paris.one("/storage/volumes", name="vol_1")
        entries = await paris.get(f"/storage/volumes/{volume['uuid']}/files", fields="**")
        assert {entry["name"] for entry in entries} == {".", "..", ".snapshot", "file", "link"}
        assert [complaints(entry, FileInfo) for entry in entries] == [[]] * len(entries)

    in_lab(tmp_path, claim)


def test_the_judge_complains_of_unknown_names_and_values() -> None:
    record = {"uuid": "u", "nas": {"path": "/x", "colour": "red"}, "type": "tape", "aggregates": [{"nome": "a"}]}
    assert len(complaints(record, Volume)) == 3
