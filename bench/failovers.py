"""What a failover takes of the CPU: against clusters that answer at once, so that all of it is datamotion's own.

A group with two targets whose home is dead. A failover is planned and carried out, with a store and a lock; it looks at
everything twice before it begins, as the command does.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import anyio

from bench.quiet import Quiet
from bench.stub import Dead, StubCluster
from datamotion.cli.main import collect_seldom
from datamotion.clock import SystemClock
from datamotion.config.models import Configuration
from datamotion.model.claim import Claim
from datamotion.model.mark import Mark
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.service import operations
from datamotion.service.reports import Verdict
from datamotion.service.session import Session, World

HOME, TARGETS = "paris", ("lyon", "nantes")
_SINCE = datetime(2031, 5, 4, 12, tzinfo=UTC)
_TIMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """What one took. `used_s` is the CPU's time without the stub's, `stub_s` the stub's."""

    calls: int
    seconds: float
    used_s: float
    stub_s: float


def measure(sizes: Sequence[int] = (10, 200, 1000, 3000)) -> None:
    """Prints the tables that docs/bench.md records, each figure the median of three."""
    collect_seldom()
    print("| volumes | calls | seconds | of the CPU | a volume | the stub's own |", flush=True)
    print("|---|---|---|---|---|---|", flush=True)
    for volumes in sizes:
        runs = [fail_over(volumes) for _ in range(_TIMES)]
        seconds, used_s, stub_s = (
            statistics.median(getattr(run, name) for run in runs) for name in ("seconds", "used_s", "stub_s")
        )
        print(
            f"| {volumes} | {runs[0].calls} | {seconds:.2f} s | {used_s:.2f} s | {used_s / volumes * 1000:.2f} ms"
            f" | {stub_s:.2f} s |",
            flush=True,
        )


def fail_over(volumes: int) -> Failover:
    """One failover of a new group."""
    clusters = {name: _target(name, volumes) for name in TARGETS}
    with tempfile.TemporaryDirectory(prefix="datamotion-bench-") as folder:
        session = _session(Path(folder), clusters)
        began_s, used_s = time.perf_counter(), time.process_time()
        anyio.run(_fail_over, session)
        seconds, used_s = time.perf_counter() - began_s, time.process_time() - used_s
    stub_s = sum(each.used_s for each in clusters.values())
    return Failover(
        calls=sum(each.calls for each in clusters.values()), seconds=seconds, used_s=used_s - stub_s, stub_s=stub_s
    )


async def _fail_over(session: Session) -> None:
    async with operations.prepare(session, [operations.failover(session.group("gold"), FailoverChoice())]) as (plan,):
        report = await plan.carry_out(Quiet())
    assert report.verdict is Verdict.DONE, report


def _session(folder: Path, clusters: Mapping[str, StubCluster]) -> Session:
    configured = {
        name: {"url": f"https://{name}.example", "user": "admin", "password": {"env": "PASSWORD"}}
        for name in (HOME, *TARGETS)
    }
    configuration = Configuration.model_validate(
        {
            "clusters": configured,
            "backends": {
                f"gold-{name}": {"cluster": name, "svm": f"svm_{name}", "volumes": ["vol_*"]} for name in configured
            },
            "groups": {
                "gold": {
                    "home": f"gold-{HOME}",
                    "rpo": "2h",
                    "targets": [{"backend": f"gold-{name}", "aggregates": ["aggr1"]} for name in TARGETS],
                }
            },
            "store": str(folder / "datamotion.db"),
        },
        context={"folder": folder},
    )
    wires = {HOME: Dead(), **clusters}
    world = World(clock=SystemClock(), environ={"PASSWORD": "secret"}, wires=wires)
    return Session(configuration=configuration, folder=folder, world=world)


def _target(cluster: str, volumes: int) -> StubCluster:
    """A target with a mirror of each volume, as they are while the home serves."""
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
            "/api/protocols/nfs/export-policies": [{"id": 1, "name": "default", "svm": svm, "rules": [{"index": 1}]}],
            "/api/storage/qtrees": [
                {
                    "volume": {"name": name, "uuid": _uuid(cluster + name)},
                    "id": 0,
                    "name": "",
                    "svm": svm,
                    "export_policy": {"name": "default"},
                }
                for name in names
            ],
            "/api/storage/volumes": [_mirror(cluster, svm, name) for name in names],
            "/api/snapmirror/relationships": [_relationship(cluster, svm, name) for name in names],
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


def _mirror(cluster: str, svm: Mapping[str, str], name: str) -> Mapping[str, Any]:
    uuid = _uuid(cluster + name)
    mark = Mark(
        group="gold", volume=name, origin=_uuid(HOME + name), path=f"/{name}", export="default", snapshots="none"
    )
    return {
        "uuid": uuid,
        "name": name,
        "svm": svm,
        "type": "dp",
        "state": "online",
        "style": "flexvol",
        "size": 100 * 2**30,
        "space": {"used": 20 * 2**30},
        "aggregates": [{"name": "aggr1", "uuid": _uuid(f"{cluster} aggr1")}],
        "nas": {"export_policy": {"name": "default"}},
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
