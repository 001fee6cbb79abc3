"""All that a planner is given: how the group stands now and stood at first, who runs, what was accepted since."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from datamotion.model.acts import ActId, Subject
from datamotion.model.plan import Plan
from datamotion.model.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """What operations beside this one take of a cluster: transfers that run, by uuid, and so many first ones more."""

    transfers: frozenset[str] = frozenset()
    planned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`first` is how the group stood when the run began. `by` is who runs it, as claims tell people.

    `given_up` is what this run does not go on with. `agreed` is the back end that the plan went to which was agreed to:
    where others are as good by now, it stays that one.

    `accepted` holds each act that a cluster has said yes to since, with the standing from which it was planned.

    `beside` is what is done for other groups at the same time, by cluster.
    """

    now: Standing
    first: Standing
    by: str = ""
    accepted: Mapping[ActId, Standing] = field(default_factory=dict)
    given_up: Collection[Subject] = frozenset()
    agreed: str | None = None
    beside: Mapping[str, Busy] = field(default_factory=dict)

    @classmethod
    def at_first_sight(cls, standing: Standing, by: str = "", agreed: str | None = None) -> Situation:
        return cls(now=standing, first=standing, by=by, agreed=agreed)


Planner = Callable[[Situation], Plan]
"""Pure. Called again after every look: what is already so is not in the new plan."""
