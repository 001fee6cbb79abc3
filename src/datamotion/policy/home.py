"""The home as a target: once it mirrors what another back end serves, it is one like any other."""

from __future__ import annotations

from datamotion.model.group import Group, Target
from datamotion.model.kept import read_kept
from datamotion.model.standing import Standing
from datamotion.model.words import Role


def home_as_target(standing: Standing) -> Target | None:
    """How mirrors are made at the home; None while it serves.

    The configuration says nothing of that: policy, schedule and throttle are those of the target that serves now,
    aggregates those on which the home's copies are; where none is left, what was kept of some.
    """
    group, serving = standing.group, standing.serving
    like = group.target(serving.backend) if serving is not None else None
    if like is None:
        return None
    copies = [copy.volume for copy in standing.copies.values() if copy.id.backend == group.home.name]
    kept = [each for each in standing.sites[group.home.name].volumes.values() if read_kept(each.comment)]
    aggregates = sorted({each for volume in copies or kept for each in volume.aggregates})
    return Target(
        backend=group.home,
        aggregates={"*": tuple(aggregates)},
        policy=like.policy,
        schedule=like.schedule,
        throttle=like.throttle,
        definition=like.definition,
        transfers_at_once=like.transfers_at_once,
    )


def targets_of(standing: Standing) -> tuple[Target, ...]:
    """Where mirrors are kept: at the targets of the configuration, and at the home once a mirror ends there."""
    group = standing.group
    at_home = (copy for copy in standing.copies.values() if copy.id.backend == group.home.name)
    mirrors = any(copy.role is Role.MIRROR or (copy.role is Role.DETACHED and copy.edge) for copy in at_home)
    home = home_as_target(standing) if mirrors else None
    return (*group.targets, home) if home is not None else group.targets


def takes_up(group: str) -> str:
    """What makes a copy whose relationship is gone a mirror again, anywhere: `apply` leaves one that may hold more."""
    return f"datamotion reprotect {group} takes it up again, and says first what that gives up"


def first_copy_there(standing: Standing) -> str | None:
    """What brings a first copy to the home, where another back end serves and the home is seen to hold none.

    No command does by itself: on which aggregates it goes there is said of targets alone.
    """
    group, serving = standing.group, standing.serving
    home = group.home.name
    if serving is None or serving.backend == home or standing.sites[home].svm is None:
        return None
    if any(each.backend == home for each in (*standing.copies, *standing.hidden)):
        return None
    return (
        f"name {serving.backend} as the home of {group.name} in the configuration, and {home} as a target, with"
        f" aggregates: datamotion apply {group.name} makes mirrors there then"
    )


def as_new_home(group: Group, name: str) -> str:
    """What a person changes in the configuration once another back end is the home of a group for good."""
    named = f"name {name} as the home of {group.name} in the configuration"
    if group.target(name) is not None:
        named += " and no more as a target"
    if all(each.backend.name == name for each in group.targets):
        return f"{named}, and as its target a back end that is to mirror it"
    return f"{named}, and {group.home.name} no more"
