"""Pictures of the group `gold` at its three clusters, and plans for it: little is told, the rest is as it should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from datamotion.model.claim import Claim
from datamotion.model.group import Backend, Group
from datamotion.model.mirror_records import Relationship
from datamotion.model.plan import Plan, Refusal
from datamotion.model.standing import Doubt, Standing
from datamotion.model.view import ClusterView, Unseen, View
from datamotion.model.volume_records import Volume
from datamotion.model.words import MirrorState, VolumeType
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.failover.settle import settle_planner
from datamotion.policy.protect.protect import protect_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_claim,
    a_cluster_view,
    a_group,
    a_mirror,
    a_target_view,
    a_volume,
    planned,
    standing_of,
)

BOTH = a_group(LYON, NICE, rpo=timedelta(hours=2))
HOUR = timedelta(hours=1)
LOST = Unseen(reason="no route to host")
LYON_TOOK_OVER = (a_claim(since=NOON - timedelta(days=9)), a_claim(LYON, 2))


def seen(
    *names: str,
    paris: ClusterView | Unseen | None = None,
    lyon: ClusterView | Unseen | None = None,
    nice: ClusterView | Unseen | None = None,
) -> dict[str, ClusterView | Unseen]:
    """All three clusters: `names` (vol_1, if none) served by the home and mirrored to both, but for what is told."""
    names = names or ("vol_1",)
    return {
        "paris": paris or a_cluster_view(HOME, [a_volume(name) for name in names]),
        "lyon": lyon or a_target_view(LYON, *names),
        "nice": nice or a_target_view(NICE, *names),
    }


def a_served(name: str = "vol_1", backend: Backend = LYON, **changes: object) -> Volume:
    """A copy at a target, writable and mounted."""
    return a_volume(name, backend, **{"type": VolumeType.RW, "path": f"/{name}", **changes})


def a_broken(name: str = "vol_1", backend: Backend = LYON, **changes: object) -> Relationship:
    """Its relationship, broken off."""
    return a_mirror(name, backend, **{"state": MirrorState.BROKEN_OFF, **changes})  # type: ignore[arg-type]


def served_at(backend: Backend, *names: str, claims: Iterable[Claim] = LYON_TOOK_OVER) -> ClusterView:
    """A target that serves these volumes."""
    volumes, mirrors = [a_served(name, backend) for name in names], [a_broken(name, backend) for name in names]
    return a_cluster_view(backend, volumes, mirrors, claims=claims)


def failed_over(*names: str, claims: Iterable[Claim] = LYON_TOOK_OVER, **clusters: ClusterView | Unseen) -> View:
    """Lyon serves, everybody knows, and the home came back with its old copies mounted; but for what is told."""
    names, claims = names or ("vol_1",), tuple(claims)
    told: dict[str, ClusterView | Unseen] = {
        "paris": a_cluster_view(HOME, [a_volume(name) for name in names], claims=claims),
        "lyon": served_at(LYON, *names, claims=claims),
        "nice": knowing(a_target_view(NICE, *names), NICE, *claims),
    }
    return told | clusters


def knowing(view: ClusterView, backend: Backend, *claims: Claim) -> ClusterView:
    """This cluster, holding these claims and no others."""
    return replace(view, policies=a_cluster_view(backend, claims=claims).policies)


def doubts(standing: Standing) -> list[tuple[str, str | None, str | None]]:
    """What every doubt is, and what it is about."""
    return [(doubt.kind.value, doubt.backend, doubt.volume) for doubt in standing.doubts]


def only_doubt(view: View, group: Group | None = None) -> Doubt:
    (doubt,) = standing_of(view, group).doubts
    return doubt


def protect(view: View, group: Group = BOTH) -> Plan:
    return planned(protect_planner(group), standing_of(view, group))


def failover(view: View, to: str | None = None, **asked: Any) -> Plan:
    choice = FailoverChoice(to=to, **asked)
    return planned(failover_planner(BOTH, choice), standing_of(view, BOTH))


def settle(view: View, keep: str) -> Plan:
    return planned(settle_planner(BOTH, keep), standing_of(view, BOTH))


def refused(plan: Plan) -> Refusal:
    """Why nothing at all is planned."""
    assert plan.steps == ()
    assert plan.refused is not None
    return plan.refused


def refusals(plan: Plan) -> list[tuple[str | None, str | None]]:
    """What is refused: the volume and the back end of each."""
    return [(each.volume, each.backend) for each in plan.refusals]
