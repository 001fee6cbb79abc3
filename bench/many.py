"""`status` of 10,000 relationships: 5,000 volumes with two targets, on clusters that are processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from bench.figure import Figure
from bench.ours import Cost, run
from bench.pair import lab
from datamotion.model.mark import Mark
from ontaplab.clock import SystemClock
from ontaplab.folder import ClusterFolder
from ontaplab.resources.aggregates.state import Aggregate
from ontaplab.resources.relationships.state import Endpoint, ListedDestination, Relationship, State
from ontaplab.resources.snapmirror_policies.state import Policy
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.state import Volume
from ontaplab.site import Site
from ontaplab.store import Store

RELATIONSHIPS = 10_000
_HOME, _TARGETS = "paris", ("lyon", "nantes")
_SPACE = UUID("3f0a3c0e-31f7-44c5-8f3e-7b0f1ddf8a55")
_RUNS = 3


def measure(count: int = RELATIONSHIPS) -> Sequence[Figure]:
    """The median of three."""
    volumes = count // len(_TARGETS)
    with lab(_HOME, *_TARGETS) as site:
        for name in site.clusters:
            site.stop(name)
        _fill(site, volumes)
        for name in site.clusters:
            site.start(name)
        configuration = site.folder / "datamotion.yaml"
        run(configuration, "settle", "gold", "--keep", f"gold-{_HOME}", "--yes")
        figures: list[Figure] = []
        for form in ("text", "json"):
            costs = [run(configuration, "status", "-o", form) for _ in range(_RUNS)]
            figures += _figures(f"`status -o {form}` of {count} relationships", costs)
        return figures


def _figures(what: str, costs: Sequence[Cost]) -> Sequence[Figure]:
    middle = sorted(costs, key=lambda cost: cost.seconds)[len(costs) // 2]
    return (
        Figure(what, middle.seconds, "s", at_most=3),
        Figure("the same, its own time of the CPU", middle.cpu_s, "s"),
        Figure("the same, peak of its memory", middle.peak_mib, "MiB", at_most=250),
    )


def _fill(site: Site, count: int) -> None:
    """The clusters, which are stopped, have volumes and mirrors in their records, as `listing` makes them."""
    svms = {name: _svm(site, name) for name in site.clusters}
    for name in site.clusters:
        store = Store(ClusterFolder(site.folder / name).root / "cluster.db")
        (aggregate,) = store.table("aggregate", Aggregate)
        policy = next(each for each in store.table("policy", Policy) if each.name == "Asynchronous")
        volumes, relationships = store.table("volume", Volume), store.table("relationship", Relationship)
        listed = store.table("listed_destination", ListedDestination)
        now, svm, home = SystemClock().now(), svms[name], svms[_HOME]
        with store.together():
            for number in range(1, count + 1):
                exported = None if name == _HOME else f"snapmirror.{home.uuid}_{number}.2026-03-01_120500"
                volume = Volume(
                    uuid=_uuid(name, number),
                    name=f"vol_{number}",
                    svm=svm.uuid,
                    aggregate=aggregate.uuid,
                    size_bytes=1024**3,
                    created=now,
                    comment=Mark(group="gold", volume=f"vol_{number}", origin=_uuid(_HOME, number)).text,
                    type="rw" if name == _HOME else "dp",
                    exported_snapshot=exported,
                )
                volumes.put(volume)
                if exported is not None:
                    relationships.put(
                        Relationship(
                            uuid=_uuid(f"{name}/relationship", number),
                            source=_end(home, _HOME, number, peer=_uuid("peer", 0)),
                            destination=_end(svm, name, number),
                            policy=policy.uuid,
                            state=State.SNAPMIRRORED,
                            exported_snapshot=exported,
                            exported_created=now - timedelta(minutes=number % 60),
                        )
                    )
                for target in _TARGETS if name == _HOME else ():
                    listed.put(
                        ListedDestination(
                            uuid=_uuid(f"{target}/relationship", number),
                            source=_end(svm, name, number),
                            destination=_end(svms[target], target, number, peer=_uuid("peer", 0)),
                            policy=policy.name,
                            state=State.SNAPMIRRORED,
                        )
                    )
        store.close()


def _svm(site: Site, name: str) -> Svm:
    store = Store(ClusterFolder(site.folder / name).root / "cluster.db")
    (svm,) = store.table("svm", Svm)
    store.close()
    return svm


def _end(svm: Svm, cluster: str, number: int, *, peer: str | None = None) -> Endpoint:
    return Endpoint(
        svm=svm.name,
        svm_uuid=svm.uuid,
        volume=f"vol_{number}",
        volume_uuid=_uuid(cluster, number),
        cluster_peer=peer,
    )


def _uuid(kind: str, number: int) -> str:
    return str(uuid5(_SPACE, f"{kind}/{number}"))
