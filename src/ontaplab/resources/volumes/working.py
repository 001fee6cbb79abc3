"""What goes on with volumes by the clock: moves, splits, conversions. Their records say how far they are.

Each is driven by a task of its own that sleeps until it is due. After a restart tasks are started for what the records
say; what is paused has none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.volumes.effort import Effort
from ontaplab.resources.volumes.moving import after_effort
from ontaplab.resources.volumes.splitting import split_off
from ontaplab.resources.volumes.state import Volume


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work: what it takes now (None: nothing), and what the volume is when that is done."""

    effort: Callable[[Volume], Effort | None]
    done: Callable[[Cluster, Volume], Volume]
    job: str | None = None
    """How the job is described that carries it out; None: none is listed."""


def _movement(volume: Volume) -> Effort | None:
    return volume.movement.effort if volume.movement is not None else None


def _split(volume: Volume) -> Effort | None:
    return volume.clone.split if volume.clone is not None else None


def _conversion(volume: Volume) -> Effort | None:
    return volume.conversion.effort if volume.conversion is not None else None


def _converted(cluster: Cluster, volume: Volume) -> Volume:
    return replace(volume, conversion=None)


_KINDS = (
    Kind(_movement, after_effort),
    Kind(_split, split_off),
    Kind(_conversion, _converted, job="Encryption conversion of volume"),
)


def go_on(cluster: Cluster) -> None:
    """To be called at each start: what was going on does."""
    for volume in cluster.volumes:
        start_work(cluster, None, volume)


def start_work(cluster: Cluster, before: Volume | None, volume: Volume) -> None:
    """What the volume's record says is going on does; what it said before is done by others already."""
    for kind in _KINDS:
        effort = kind.effort(volume)
        known = None if before is None else kind.effort(before)
        if effort is None or effort.since is None or effort == known:
            continue
        work = partial(_work, cluster, volume.uuid, kind)
        if kind.job is None:
            cluster.start_task(work)
        else:
            cluster.start_job(f'{kind.job} "{volume.name}"', work, svm=volume.svm)


async def _work(cluster: Cluster, uuid: str, kind: Kind) -> None:
    """Returns when it is done, is paused, or was stopped."""
    while (volume := cluster.volumes.get(uuid)) is not None:
        effort = kind.effort(volume)
        if effort is None or effort.since is None:
            return
        left_s = effort.left_s(cluster.clock.now())
        if left_s:
            await cluster.clock.sleep(left_s)
        else:
            cluster.volumes.put(kind.done(cluster, volume))
