"""What the clusters of a group hold while its home serves it: volumes, mirrors and a claim, for a StubCluster."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from bench.stub import StubCluster
from datamotion.model.claim import Claim
from datamotion.model.mark import Mark
from datamotion.model.standing import FENCE

HOME, TARGETS = "paris", ("lyon", "nantes")
_SINCE = datetime(2031, 5, 4, 12, tzinfo=UTC)


def stub_cluster(cluster: str, volumes: int, *, ahead: bool = False) -> StubCluster:
    """The cluster of the home with so many volumes, or of a target with a mirror of each, mounted `ahead` or not."""
    is_ahead = ahead and cluster != HOME
    svm = {"name": f"svm_{cluster}", "uuid": _uuid(f"svm_{cluster}")}
    claim = Claim(
        group="gold", epoch=1, backend=f"gold-{HOME}", svm=_uuid(f"svm_{HOME}"), since=_SINCE, by="bench", served=_SINCE
    )
    names = [f"vol_{number}" for number in range(1, volumes + 1)]
    return StubCluster(
        {
            "/api/svm/svms": [{**svm, "state": "running"}],
            "/api/svm/peers": [_peer(svm, other) for other in (HOME, *TARGETS) if other != cluster],
            "/api/snapmirror/policies": [
                {"uuid": _uuid("Asynchronous"), "name": "Asynchronous", "scope": "cluster", "type": "async"},
                {
                    "uuid": _uuid(claim.policy + cluster),
                    "name": claim.policy,
                    "svm": svm,
                    "scope": "svm",
                    "type": "async",
                    "comment": claim.comment,
                },
            ],
            "/api/protocols/nfs/export-policies": [
                {"id": 1, "name": "default", "svm": svm, "rules": [{"index": 1}]},
                {"id": 2, "name": FENCE, "svm": svm, "rules": []},
            ],
            "/api/storage/qtrees": [
                {
                    "volume": {"name": name, "uuid": _uuid(cluster + name)},
                    "id": 0,
                    "name": "",
                    "svm": svm,
                    "export_policy": {"name": FENCE if is_ahead else "default"},
                }
                for name in names
            ],
            "/api/storage/volumes": [_volume(cluster, svm, name, is_ahead=is_ahead) for name in names],
            "/api/snapmirror/relationships": [_relationship(cluster, svm, name) for name in names if cluster != HOME],
        }
    )


def _peer(svm: Mapping[str, str], other: str) -> Mapping[str, Any]:
    peer = {
        "svm": {"name": f"svm_{other}", "uuid": _uuid(f"svm_{other}")},
        "cluster": {"name": other, "uuid": _uuid(other)},
    }
    return {
        "uuid": _uuid(f"{svm} {other}"),
        "name": f"svm_{other}",
        "svm": svm,
        "peer": peer,
        "state": "peered",
        "applications": ["snapmirror"],
    }


def _volume(cluster: str, svm: Mapping[str, str], name: str, *, is_ahead: bool) -> Mapping[str, Any]:
    uuid = _uuid(cluster + name)
    mark = Mark(
        group="gold", volume=name, origin=_uuid(HOME + name), path=f"/{name}", export="default", snapshots="none"
    )
    return {
        "uuid": uuid,
        "name": name,
        "svm": svm,
        "type": "rw" if cluster == HOME else "dp",
        "state": "online",
        "style": "flexvol",
        "size": 100 * 2**30,
        "space": {"used": 20 * 2**30},
        "aggregates": [{"name": "aggr1", "uuid": _uuid(f"{cluster} aggr1")}],
        "nas": {
            "export_policy": {"name": FENCE if is_ahead else "default"},
            **({"path": f"/{name}"} if is_ahead or cluster == HOME else {}),
        },
        "comment": mark.write("home directories"),
        "language": "c.utf_8",
        "guarantee": {"type": "none"},
        "snapshot_policy": {"name": "none"},
        "clone": {"is_flexclone": False},
        "encryption": {"enabled": False},
        "_links": {"self": {"href": f"/api/storage/volumes/{uuid}"}},
    }


def _relationship(cluster: str, svm: Mapping[str, str], name: str) -> Mapping[str, Any]:
    uuid = _uuid(cluster + name)
    return {
        "uuid": uuid,
        "source": {
            "path": f"svm_{HOME}:{name}",
            "cluster": {"name": HOME, "uuid": _uuid(HOME)},
            "svm": {"name": f"svm_{HOME}", "uuid": _uuid(f"svm_{HOME}")},
        },
        "destination": {"path": f"{svm['name']}:{name}", "svm": svm},
        "state": "snapmirrored",
        "healthy": True,
        "policy": {"name": "Asynchronous", "type": "async"},
        "transfer_schedule": {"name": "hourly"},
        "lag_time": "PT12M40S" if cluster == TARGETS[0] else "PT52M40S",
        "exported_snapshot": f"snapmirror.{uuid}_2151.2031-05-04_120000",
        "transfer": {"state": "success", "bytes_transferred": 2**20, "end_time": "2031-05-04T12:00:20+00:00"},
        "_links": {"self": {"href": f"/api/snapmirror/relationships/{uuid}"}},
    }


def _uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_OID, name))
