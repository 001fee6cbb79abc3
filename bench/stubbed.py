"""What the clusters of a group hold while its home serves it: volumes, mirrors and a claim, for a StubCluster.

Or before it is protected: volumes, at its home alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from bench.stub import DESTINATIONS, StubCluster
from datamotion.model.claim import Claim
from datamotion.model.mark import Mark
from datamotion.model.standing import FENCE

HOME, TARGETS = "paris", ("lyon", "nantes")
_SINCE = datetime(2031, 5, 4, 12, tzinfo=UTC)


def stub_cluster(cluster: str, volumes: int, *, is_protected: bool = True, ahead: bool = False) -> StubCluster:
    """The cluster of the home with so many volumes, or of a target with a mirror of each, mounted `ahead` or not."""
    is_ahead = ahead and cluster != HOME
    svm = {"name": f"svm_{cluster}", "uuid": _uuid(f"svm_{cluster}")}
    names = [f"vol_{number}" for number in range(1, volumes + 1)]
    here = names if is_protected or cluster == HOME else []
    mirrored = here if cluster != HOME else []
    return StubCluster(
        {
            "/api/cluster": [
                {"name": cluster, "uuid": _uuid(cluster), "version": {"generation": 9, "major": 15, "minor": 1}}
            ],
            "/api/cluster/peers": [
                {"uuid": _uuid(f"peer {other}"), "name": other, "remote": {"name": other}, "status": _AVAILABLE}
                for other in (HOME, *TARGETS)
                if other != cluster
            ],
            "/api/cluster/licensing/licenses": [{"name": "snapmirror", "state": "compliant"}],
            "/api/cluster/schedules": [{"uuid": _uuid("hourly"), "name": "hourly"}],
            "/api/storage/aggregates": [
                {"uuid": _uuid("aggr1"), "name": "aggr1", "space": {"block_storage": {"available": 2**60}}}
            ],
            DESTINATIONS: [
                _listed(target, svm, name) for target in TARGETS for name in (names if cluster == HOME else ())
            ],
            "/api/svm/svms": [{**svm, "state": "running"}],
            "/api/svm/peers": [_peer(svm, other) for other in (HOME, *TARGETS) if other != cluster],
            "/api/snapmirror/policies": [
                {"uuid": _uuid("Asynchronous"), "name": "Asynchronous", "scope": "cluster", "type": "async"},
                *([_claim(cluster, svm)] if is_protected else []),
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
                for name in here
            ],
            "/api/storage/volumes": [
                _volume(cluster, svm, name, "" if not is_protected else _mark(name), is_ahead=is_ahead) for name in here
            ],
            "/api/snapmirror/relationships": [_relationship(cluster, svm, name) for name in mirrored],
        },
        born={
            "/api/storage/volumes": lambda body: {**_volume(cluster, svm, body["name"], ""), "space": {"used": 0}},
            "/api/snapmirror/relationships": lambda body: _new_relationship(cluster, svm, body),
        },
    )


_AVAILABLE = {"state": "available"}


def _claim(cluster: str, svm: Mapping[str, str]) -> Mapping[str, Any]:
    claim = Claim(
        group="gold", epoch=1, backend=f"gold-{HOME}", svm=_uuid(f"svm_{HOME}"), since=_SINCE, by="bench", served=_SINCE
    )
    return {
        "uuid": _uuid(claim.policy + cluster),
        "name": claim.policy,
        "svm": svm,
        "scope": "svm",
        "type": "async",
        "comment": claim.comment,
    }


def _new_relationship(cluster: str, svm: Mapping[str, str], body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Nothing was carried by it yet, and it has no schedule but what was asked for."""
    made = _relationship(cluster, svm, body["destination"]["path"].partition(":")[2])
    carried = ("lag_time", "exported_snapshot", "transfer", "transfer_schedule")
    return {**{name: value for name, value in made.items() if name not in carried}, "state": "uninitialized"}


def _listed(target: str, svm: Mapping[str, str], name: str) -> Mapping[str, Any]:
    """The mirror at a target, as the home lists it."""
    there = {"name": f"svm_{target}", "uuid": _uuid(f"svm_{target}")}
    return {
        "uuid": _uuid(target + name),
        "source": {"path": f"{svm['name']}:{name}", "svm": svm},
        "destination": {"path": f"svm_{target}:{name}", "cluster": {"name": target}, "svm": there},
    }


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


def _mark(name: str) -> str:
    return Mark(
        group="gold", volume=name, origin=_uuid(HOME + name), path=f"/{name}", export="default", snapshots="none"
    ).text


def _volume(cluster: str, svm: Mapping[str, str], name: str, mark: str, *, is_ahead: bool = False) -> Mapping[str, Any]:
    uuid = _uuid(cluster + name)
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
        "comment": f"home directories {mark}",
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
