"""The root volume of an SVM: mounted at "/", where the junctions of the others are."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.lifecycle import create_volume
from ontaplab.resources.volumes.state import MIB, Volume

_BYTES = 1024 * MIB


async def create_root_volume(cluster: Cluster, svm: Svm) -> None:
    """The SVM has its root volume, on its first aggregate; none if there is no aggregate.

    Assumption: it is called after its SVM, has 1 GiB and takes no snapshots.
    """
    aggregates = svm.aggregates or tuple(aggregate.uuid for aggregate in cluster.aggregates)
    if not aggregates:
        return
    name = f"{svm.name.replace('-', '_').replace('.', '_')}_root"
    await create_volume(
        cluster,
        Volume(
            uuid=cluster.new_uuid("volume", f"{svm.uuid}/{name}"),
            name=name,
            svm=svm.uuid,
            aggregate=aggregates[0],
            size_bytes=_BYTES,
            created=cluster.clock.now(),
            is_svm_root=True,
            junction_path="/",
            language=svm.language,
            properties={"snapshot_policy.name": "none"},
        ),
    )


def root_volume(cluster: Cluster, svm: str) -> Volume | None:
    """That of the SVM of that uuid."""
    return cluster.volumes.roots_by_svm.first(svm)
