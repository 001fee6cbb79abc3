"""The home as a target: once it mirrors what another back end serves, it is one like any other."""

from __future__ import annotations

from datamotion.model.group import Target
from datamotion.model.standing import Standing
from datamotion.model.words import Role


def home_as_target(standing: Standing) -> Target | None:
    """How mirrors are made at the home; None while it serves.

    The configuration says nothing of that: policy, schedule and throttle are those of the target that serves now,
    aggregates those on which the home's copies are.
    """
    group, serving = standing.group, standing.serving
    like = group.target(serving.backend) if serving is not None else None
    if like is None:
        return None
    volumes = (copy.volume for copy in standing.copies.values() if copy.id.backend == group.home.name)
    aggregates = sorted({each for volume in volumes for each in volume.aggregates})
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
