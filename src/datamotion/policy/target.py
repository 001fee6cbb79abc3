"""Which target to fail over to: it holds every volume, usable; among those the least worst lag wins.

What is not counted against a target is the health that ONTAP reports of its relationships: with the source gone every
update fails, so every mirror is soon unhealthy, and the freshest copy may well be the one that tried last. What counts
is whether the copy can be served and how old it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from datamotion.model.group import Group, Target
from datamotion.model.units import count_text, duration_text
from datamotion.model.view import ClusterView, Unseen, View, look_up
from datamotion.model.words import MirrorState
from datamotion.policy.mirrors import Mirror, mirrors_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A target as a place to fail over to. `unusable` says why for each volume that it cannot serve."""

    target: Target
    unseen: Unseen | None
    broken: str | None
    mirrors: Mapping[str, Mirror]
    unusable: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.target.backend.name

    @property
    def usable(self) -> tuple[Mirror, ...]:
        return tuple(mirror for volume, mirror in self.mirrors.items() if volume not in self.unusable)

    @property
    def is_broken_off(self) -> bool:
        """Whether a mirror there that could be served is broken off: somebody began to fail over to it."""
        return any(mirror.relationship.state is MirrorState.BROKEN_OFF for mirror in self.usable)

    @property
    def is_complete(self) -> bool:
        return self.why_not is None and not self.unusable

    @property
    def why_not(self) -> str | None:
        """Why nothing at all can be failed over to it; None if something can."""
        if self.unseen is not None:
            return self.unseen.reason
        if self.broken:
            return self.broken
        if not self.usable:
            return "it holds no mirror of the group" if not self.mirrors else self.shortfall
        return None

    @property
    def shortfall(self) -> str:
        named = "; ".join(f"{volume}: {why}" for volume, why in self.unusable.items())
        return f"{count_text(len(self.unusable), 'volume')} cannot be served ({named})"

    @property
    def worst_lag(self) -> timedelta | None:
        """None where the age of a copy is not known."""
        lags = [mirror.relationship.lag for mirror in self.usable]
        known = [lag for lag in lags if lag is not None]
        return max(known) if known and len(known) == len(lags) else None

    @property
    def staleness(self) -> tuple[bool, timedelta]:
        """What targets are compared by: a copy of unknown age counts as older than any other."""
        return self.worst_lag is None, self.worst_lag or timedelta()

    @property
    def lag_text(self) -> str:
        if self.worst_lag is None:
            return "the age of its copies is not known"
        return f"its oldest copy is {duration_text(self.worst_lag)} old"


def assess_targets(group: Group, view: View) -> tuple[Candidate, ...]:
    """Every target of the group, judged against all volumes that any reachable target mirrors."""
    seen = {
        target.backend.name: mirrors_at(group, target, cluster)
        for target in group.targets
        if isinstance(cluster := view.get(target.backend.cluster), ClusterView)
    }
    everything = sorted({volume for mirrors in seen.values() for volume in mirrors})
    return tuple(_assess(target, view, seen.get(target.backend.name, {}), everything) for target in group.targets)


def _assess(target: Target, view: View, mirrors: Mapping[str, Mirror], everything: list[str]) -> Candidate:
    cluster = look_up(view, target.backend.cluster)
    unseen = broken = None
    if isinstance(cluster, Unseen):
        unseen = cluster
    elif (svm := cluster.svm(target.backend.svm)) is None:
        broken = f"SVM {target.backend.svm} is not on {target.backend.cluster}"
    elif svm.state != "running":
        broken = f"SVM {svm.name} is {svm.state}"
    unusable = {
        volume: why
        for volume in everything
        if (why := mirrors[volume].unusable_because if volume in mirrors else "it has no mirror there")
    }
    return Candidate(target=target, unseen=unseen, broken=broken, mirrors=mirrors, unusable=unusable)


def best_of(candidates: tuple[Candidate, ...]) -> Candidate | None:
    """The complete candidate with the least worst lag; the order of the configuration decides ties."""
    complete = [each for each in candidates if each.is_complete]
    return min(complete, key=lambda each: each.staleness, default=None)
