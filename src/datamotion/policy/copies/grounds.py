"""What every two targets share: from that alone the one can follow the other after a failover, without a new baseline.

A target follows a new source from the newest snapshot that both hold. What each got from the source that served before
is decided by its policy: all snapshots, those with certain labels, or none but those made for its own relationship.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import combinations

from datamotion.model.common import taken_at
from datamotion.model.group import Target
from datamotion.model.mirror_records import Policy
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, Site, Standing
from datamotion.model.units import count_text, duration_text, size_text
from datamotion.model.view import ClusterView
from datamotion.policy.epochs import seen_at

_OF_EACH_LEG = "sm_created"  # labels the snapshots that a relationship makes for itself


class Sharing(StrEnum):
    """What two targets have in common by their policies."""

    ALL = "all"
    LABELLED = "labelled"  # a snapshot of ours, at least
    UNSURE = "unsure"  # what others make and label, if they do
    NONE = "none"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What two targets share. `text` goes on from their names; `is_there`: what both hold was seen, or is sure."""

    one: str
    other: str
    sharing: Sharing
    text: str
    is_there: bool = False
    hint: str | None = None


def carries(policy: Policy | None, label: str) -> bool:
    """Whether a mirror with this policy receives what its source has under a label."""
    return policy is not None and (policy.copies_all or label in policy.labels)


def policy_of(standing: Standing, target: Target) -> Policy | None:
    """The policy that a target's mirrors are to have; None where it is not there, or was not seen."""
    seen = standing.sites[target.backend.name].seen
    return seen.policy(target.policy, target.backend.svm) if isinstance(seen, ClusterView) else None


def newest_common(group: str, *held: frozenset[str]) -> tuple[datetime, str] | None:
    """The newest snapshot of ours that all of these hold, by their names."""
    common = frozenset.intersection(*held)
    return max(((at, name) for name in common if (at := taken_at(group, name))), default=None)


def names_held(site: Site, copy: Copy | None) -> frozenset[str]:
    """The names of the snapshots of ours that a copy has."""
    held = (site.common_snapshots or {}).get(copy.volume.uuid, ()) if copy is not None else ()
    return frozenset(each.name for each in held)


def grounds(standing: Standing) -> list[Ground]:
    """For each pair of targets that do not serve."""
    serving = standing.serving.backend if standing.serving else standing.group.home.name
    legs = [each for each in standing.group.targets if each.backend.name != serving]
    return [_ground(standing, one, other) for one, other in combinations(legs, 2)]


def ground_notes(standing: Standing) -> Iterator[Remark]:
    """The same as sentences."""
    for each in grounds(standing):
        yield Remark(f"{each.one} and {each.other} {each.text}.", each.hint)


def _ground(standing: Standing, one: Target, other: Target) -> Ground:
    ground = partial(Ground, one=one.backend.name, other=other.backend.name)
    policies = [policy_of(standing, each) for each in (one, other)]
    label = standing.group.common_label
    for target, policy in zip((one, other), policies, strict=True):
        site = standing.sites[target.backend.name]
        why = site.unseen.reason if site.unseen else f"policy {target.policy} is not there"
        if policy is None:
            text = f"share nobody can tell what: {target.backend.name}: {why}"
            return ground(sharing=Sharing.UNTOLD, text=text)
    known = [each for each in policies if each is not None]
    if all(each.copies_all for each in known):
        return ground(sharing=Sharing.ALL, is_there=True, text=_all_text(standing, one, other))
    if all(carries(each, label) for each in known):
        return _labelled(standing, one, other)
    shared = frozenset.intersection(*(each.labels for each in known if not each.copies_all)) - {_OF_EACH_LEG}
    again = f"a failover to one of them costs the other {_again_text(standing)}"
    hint = (
        f"Set `policy` of both to one that copies all snapshots, as MirrorAllSnapshots, or to one with a rule labelled"
        f" {label} that keeps two or more, for which apply takes snapshots"
    )
    if shared:
        labels = ", ".join(sorted(shared))
        text = (
            f"share at most snapshots labelled {labels}, if any are made and both still hold one; without one {again}"
        )
        return ground(sharing=Sharing.UNSURE, text=text, hint=hint)
    return ground(sharing=Sharing.NONE, text=f"share no snapshot: {again}", hint=hint)


def _all_text(standing: Standing, one: Target, other: Target) -> str:
    backends = {one.backend.name, other.backend.name}
    lags = [each.lag for each in standing.copies.values() if each.id.backend in backends and each.lag is not None]
    age = f", {duration_text(max(lags))} old at most" if lags else ""
    return (
        f"share all snapshots that both received, the newest that of the older one{age}: a failover to one of them"
        " costs the other what was written since"
    )


def _labelled(standing: Standing, one: Target, other: Target) -> Ground:
    """What is seen of the snapshots that `apply` keeps."""
    ground = partial(Ground, one=one.backend.name, other=other.backend.name)
    sites = [standing.sites[each.backend.name] for each in (one, other)]
    if any(site.common_snapshots is None for site in sites):
        text = f"share snapshots labelled {standing.group.common_label}: which, their clusters do not tell"
        return ground(sharing=Sharing.UNTOLD, text=text)
    missing, oldest = [], None
    for volume in standing.volumes:
        held = [names_held(site, standing.copy(site.backend.name, volume)) for site in sites]
        newest = newest_common(standing.group.name, *held)
        if newest is None:
            missing.append(volume)
        elif oldest is None or newest[0] < oldest:
            oldest = newest[0]
    if missing:
        text = (
            f"share no snapshot yet of {count_text(len(missing), 'volume')}: a failover to one of them costs the other"
            f" {_again_text(standing, missing)}"
        )
        hint = f"datamotion apply {standing.group.name} keeps one, and the next update carries it to both"
        return ground(sharing=Sharing.LABELLED, text=text, hint=hint)
    now = seen_at(standing, one.backend.name)
    age = f", {duration_text(now - oldest)} old" if now and oldest else ""
    text = f"share a snapshot of every volume{age}: a failover to one of them costs the other what was written since"
    return ground(sharing=Sharing.LABELLED, text=text, is_there=True)


def _again_text(standing: Standing, volumes: Sequence[str] | None = None) -> str:
    """What would have to be carried anew."""
    wanted = standing.volumes if volumes is None else volumes
    served = [copy for each in wanted if (active := standing.active[each]) and (copy := standing.copies.get(active))]
    size = size_text(sum(copy.volume.used_bytes for copy in served))
    return f"all of it again: {size} of {count_text(len(served), 'volume')}"
