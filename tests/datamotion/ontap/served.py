"""A whole cluster as ONTAP tells of it, and a look at it through the client."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import httpx

from datamotion.model.view import Aspect, ClusterView
from tests.datamotion.ontap.wire import Sent, Wire, a_cluster, records, run_on

VOLUME = {
    "uuid": "v-1",
    "name": "vol_1",
    "svm": {"name": "svm_gold"},
    "type": "rw",
    "state": "online",
    "style": "flexvol",
    "size": 1073741824,
    "space": {"used": "4096"},
    "aggregates": [{"name": "aggr1"}],
    "nas": {"path": "/vol_1", "export_policy": {"name": "default"}},
    "comment": "trees",
    "language": "c.utf_8",
    "guarantee": {"type": "none"},
    "snapshot_policy": {"name": "daily"},
    "qos": {"policy": {"name": "fast"}},
    "clone": {"is_flexclone": "true"},
    "encryption": {"enabled": True},
    "constituents": [{"name": "vol_1__0001"}, {"name": "vol_1__0002"}],
}
RELATIONSHIP = {
    "uuid": "r-1",
    "source": {"path": "svm_gold:vol_1", "cluster": {"name": "paris", "uuid": "c-p"}, "svm": {"uuid": "s-g"}},
    "destination": {"path": "svm_dr:vol_1"},
    "state": "snapmirrored",
    "healthy": False,
    "unhealthy_reason": [{"code": "6621444", "message": "Transfer failed."}, {"message": "Peer is down."}],
    "policy": {"name": "Asynchronous"},
    "transfer_schedule": {"name": "daily"},
    "throttle": "512",
    "lag_time": "P1DT2H3M4S",
    "exported_snapshot": "snapmirror.1",
    "transfer": {"uuid": "t-1", "state": "transferring", "bytes_transferred": "3352"},
}
CLUSTER: Mapping[str, list[Any]] = {
    "/api/cluster/peers": [
        {
            "uuid": "cp-1",
            "name": "lyon",
            "remote": {"name": "cluster-l", "ip_addresses": ["192.0.2.9"]},
            "status": {"state": "available"},
        },
        {"uuid": "cp-2", "name": "nice", "status": {"state": "unavailable"}},
    ],
    "/api/cluster/schedules": [
        {"name": "hourly", "cron": {"minutes": [5]}},
        {"name": "daily", "cron": {"minutes": [10], "hours": ["0"], "days": None}},
    ],
    "/api/svm/svms": [{"uuid": "s-1", "name": "svm_gold", "state": "running"}],
    "/api/svm/peers": [
        {
            "uuid": "sp-1",
            "name": "svm_gold_1",
            "svm": {"name": "svm_dr"},
            "peer": {"svm": {"name": "svm_gold", "uuid": "s-g"}, "cluster": {"name": "paris", "uuid": "c-p"}},
            "state": "peered",
            "applications": ["snapmirror"],
        }
    ],
    "/api/storage/aggregates": [
        {"name": "aggr1", "space": {"block_storage": {"available": 10}}},
        {"name": "aggr2"},
    ],
    "/api/snapmirror/policies": [
        {
            "uuid": "p-1",
            "name": "Asynchronous",
            "type": "async",
            "transfer_schedule": {"name": "hourly"},
            "retention": [
                {"label": "sm_created", "count": "1", "preserve": "false", "warn": "0"},
                {"label": "daily", "count": "7", "period": "P30D"},
            ],
        },
        {
            "uuid": "p-2",
            "name": "Mine",
            "svm": {"name": "svm_dr"},
            "type": "async",
            "comment": "ours",
            "copy_all_source_snapshots": True,
        },
        {"uuid": "p-3", "name": "XDPDefault", "type": "async", "create_snapshot_on_source": False},
        {"uuid": "p-4", "name": "Sync", "type": "sync", "create_snapshot_on_source": False},
    ],
    "/api/protocols/nfs/export-policies": [
        {"name": "default", "svm": {"name": "svm_gold"}, "rules": [{"index": 1}, {"index": 2}]},
        {"name": "closed", "svm": {"name": "svm_gold"}},
    ],
    "/api/protocols/cifs/sessions": [
        {
            "node": {"uuid": "n-1"},
            "svm": {"uuid": "s-g"},
            "identifier": 11,
            "connection_id": 12,
            "volumes": [{"uuid": "v-1", "name": "vol_1"}, {"uuid": "v-2", "name": "vol_2"}],
        },
        {"node": {"uuid": "n-1"}, "svm": {"uuid": "s-g"}, "identifier": 13, "connection_id": 14},
    ],
    "/api/storage/qtrees": [
        {"volume": {"uuid": "v-1"}, "id": 0, "name": "", "export_policy": {"name": "default"}},
        {"volume": {"uuid": "v-1"}, "id": 1, "name": "q_own", "export_policy": {"name": "guests"}},
        {"volume": {"uuid": "v-1"}, "id": 2, "name": "q_same", "export_policy": {"name": "default"}},
        {"volume": {"uuid": "v-1"}, "id": 3, "name": "q_untold"},
        {"volume": {"uuid": "v-2"}, "id": 1, "name": "q_alone", "export_policy": {"name": "default"}},
    ],
    "/api/storage/luns": [
        {
            "uuid": "l-1",
            "name": "/vol/vol_1/disk",
            "location": {"volume": {"uuid": "v-1", "name": "vol_1"}},
            "enabled": True,
        }
    ],
    "/api/protocols/san/lun-maps": [
        {
            "svm": {"name": "svm_gold"},
            "lun": {"uuid": "l-1", "name": "/vol/vol_1/disk"},
            "igroup": {"uuid": "i-1", "name": "hosts"},
            "logical_unit_number": 3,
        }
    ],
    "/api/protocols/san/igroups": [
        {"name": "hosts", "svm": {"name": "svm_gold"}, "initiators": [{"name": "IQN.2026-01.com.example:one"}]},
        {"name": "empty", "svm": {"name": "svm_gold"}},
    ],
    "/api/protocols/cifs/shares": [
        {
            "svm": {"name": "svm_gold"},
            "name": "data",
            "path": "/vol_1/docs",
            "comment": "to read",
            "acls": [{"user_or_group": "alice", "permission": "read", "type": "windows"}],
            "oplocks": False,
            "offline_files": "none",
        },
        {"svm": {"name": "svm_gold"}, "name": "bare", "path": "/"},
    ],
    "/api/protocols/cifs/services": [{"svm": {"name": "svm_gold"}, "name": "FILES"}],
    "/api/cluster/licensing/licenses": [
        {"name": "nfs", "state": "compliant"},
        {"name": "snapmirror", "state": "noncompliant"},
        {"name": "base"},
    ],
    "/api/cluster/nodes": [{"name": "p-01", "state": "up"}, {"name": "p-02", "state": "down"}],
    "/api/network/ip/interfaces": [
        {"name": "ic1", "state": "up", "location": {"node": {"name": "p-01"}}, "ip": {"address": "192.0.2.7"}},
        {"name": "ic2", "state": "down", "location": {"node": {"name": "p-02"}}},
    ],
    "/api/security/accounts": [{"name": "admin", "scope": "cluster", "role": {"name": "ops"}}],
    "/api/security/roles": [
        {"name": "ops", "scope": "svm", "privileges": [{"path": "/api", "access": "all"}]},
        {
            "name": "ops",
            "scope": "cluster",
            "privileges": [
                {"path": "/api", "access": "readonly"},
                {"path": "/api/svm/peers", "access": "all"},
            ],
        },
    ],
    "/api/storage/volumes": [VOLUME],
    "/api/storage/volumes/*/snapshots": [
        {
            "uuid": "n-1",
            "volume": {"uuid": "v-1"},
            "name": "datamotion_common_1",
            "version_uuid": "ve-1",
            "create_time": "2031-05-04T12:00:00+00:00",
            "snapmirror_label": "datamotion",
        },
    ],
    "/api/snapmirror/relationships": [RELATIONSHIP],
}


def a_wire(**changed: list[Any]) -> Wire:
    """The cluster above, with the named collections ("volumes") holding other records."""

    def answer(sent: Sent) -> httpx.Response:
        if sent.path == "/api/cluster":
            version = {"generation": 9, "major": 15, "minor": 1}
            return httpx.Response(200, json={"name": "cluster-p", "uuid": "c-1", "version": version})
        return records(*changed.get(sent.path.rpartition("/")[2], CLUSTER[sent.path]))

    return Wire(answer)


def look(
    backend: str, wire: Wire, aspects: Collection[Aspect], svms: Collection[str] = ("svm_dr", "svm_gold")
) -> ClusterView:
    views: list[ClusterView] = []

    async def go() -> None:
        async with a_cluster(wire) as cluster:
            views.append(await cluster.observe(aspects, svms))

    run_on(backend, go)
    return views[0]
