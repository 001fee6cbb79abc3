"""Plans for the group `gold` from what its clusters show: little is told of each, the rest is as it should be."""

from __future__ import annotations

from datetime import timedelta

from datamotion.model.group import Backend, Group
from datamotion.model.plan import Plan, Refusal
from datamotion.model.records import Volume
from datamotion.model.view import ClusterView, Unseen, View
from datamotion.model.words import MirrorState, Role, VolumeType
from datamotion.policy.failover import failover_planner
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.policy.protect import protect_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_volume,
    planned,
)

BOTH = a_group(LYON, NICE, rpo=timedelta(hours=2))
HOUR = timedelta(hours=1)
UNMARKED = a_volume(comment="")


def protect(view: View, group: Group | None = None) -> Plan:
    """The plan to protect the group, by lyon alone if not told."""
    return planned(protect_planner(group or a_group()), view)


def seen(lyon: ClusterView | Unseen, *volumes: Volume, **home: object) -> View:
    """Lyon as it is given, and a home with these volumes, or with one."""
    return {"paris": a_cluster_view(HOME, volumes or [a_volume()], **home), "lyon": lyon}  # type: ignore[arg-type]


def one_mirror(destination: Volume | None = None, **mirror: object) -> ClusterView:
    """Lyon with one mirror."""
    return a_cluster_view(LYON, [destination or a_volume(backend=LYON)], [a_mirror(**mirror)])  # type: ignore[arg-type]


def only_refusal(plan: Plan) -> Refusal:
    """The one thing that a plan without steps says."""
    assert plan.steps == ()
    (refusal,) = plan.refusals
    return refusal


def failover(view: View, to: str | None = None, *, allow_partial: bool = False) -> Plan:
    return planned(failover_planner(BOTH, FailoverChoice(to=to, allow_partial=allow_partial)), view)


def both(lyon: ClusterView | Unseen, nice: ClusterView | Unseen) -> View:
    """What a failover looks at: the targets, never the home's cluster."""
    return {"lyon": lyon, "nice": nice}


def served(backend: Backend, *volumes: str, epoch: int = 2, claimed: tuple[str, ...] | None = None) -> ClusterView:
    """A target that was failed over to; of `volumes` only the `claimed` ones (all, if not told) are served yet."""
    claimed = volumes if claimed is None else claimed
    copies = [
        a_volume(name, backend, type=VolumeType.RW, path=f"/{name}", comment=a_mark(Role.ACTIVE, epoch, f"/{name}"))
        if name in claimed
        else a_volume(name, backend)
        for name in volumes
    ]
    states = {True: MirrorState.BROKEN_OFF, False: MirrorState.PAUSED}
    return a_cluster_view(backend, copies, [a_mirror(name, backend, state=states[name in claimed]) for name in volumes])


def group_refusal(plan: Plan) -> Refusal:
    """Why nothing at all is planned."""
    assert plan.steps == ()
    assert plan.refused is not None
    return plan.refused
