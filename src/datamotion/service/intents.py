"""What is wanted of one group: what plans it, and what has to be looked at for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from datamotion.engine.looking import Glance
from datamotion.errors import ConfigError
from datamotion.model.group import Group
from datamotion.model.migration import is_migration
from datamotion.model.standing import Standing
from datamotion.model.view import Aspect
from datamotion.model.volume_records import Snapshot
from datamotion.model.words import Operation
from datamotion.policy.copies.divergence import Sizes
from datamotion.policy.situation import Planner


def _nothing_more(_: Standing) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """What is measured once it is seen how the group stands, and the planner that is told."""

    wanted: Callable[[Standing], Mapping[str, Sequence[Snapshot]]]
    planner: Callable[[Sizes], Planner]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One operation on one group: what plans it, and what has to be looked at for that.

    `also` names those of `more`, by cluster, that have to be looked at too, once it is seen how the group stands: what
    is not needed is asked for nothing, not even for its secret; what does not answer `within_s` is done without.
    `by_name`: who agrees to it types the group's name.
    `way_back` is carried out after it, in the same run: it has something to do only where nothing was decided.
    `reason` is why, in the words of who wants it: kept with the run. `measuring`: its planner takes the place of
    `planner` then.
    """

    operation: Operation
    group: Group
    planner: Planner
    glances: Mapping[str, Glance]
    more: Mapping[str, Glance] = field(default_factory=dict)
    also: Callable[[Standing], frozenset[str]] = _nothing_more
    within_s: float | None = None
    by_name: bool = False
    way_back: Planner | None = None
    reason: str | None = None
    measuring: Measuring | None = None


def check_is_backend(group: Group, name: str | None) -> None:
    """Raises: ConfigError for a name that no back end of the group has."""
    known = [backend.name for backend in group.backends]
    if name is not None and name not in known:
        raise ConfigError(f"{name} is no back end of {group.name}", hint=f"its back ends: {', '.join(known)}")


def check_is_no_migration(group: Group) -> None:
    """Raises: ConfigError where it is one: nothing is to stay mirrored then."""
    if is_migration(group.name):
        raise ConfigError(
            f"{group.name} is a migration: nothing is to stay mirrored",
            hint="datamotion migrate changes it, as it was begun; datamotion migrations lists those under way",
        )


def glances_of(group: Group, aspects: frozenset[Aspect]) -> Mapping[str, Glance]:
    """All clusters of the group, each with the SVMs of its back ends there."""
    svms: dict[str, set[str]] = {}
    for backend in group.backends:
        svms.setdefault(backend.cluster, set()).add(backend.svm)
    return {name: Glance(aspects=aspects, svms=frozenset(each)) for name, each in svms.items()}


def together(all_glances: Iterable[Mapping[str, Glance]]) -> Mapping[str, Glance]:
    """What all of them look at."""
    union: dict[str, Glance] = {}
    for glances in all_glances:
        for name, glance in glances.items():
            union[name] = union[name].joined(glance) if name in union else glance
    return union
