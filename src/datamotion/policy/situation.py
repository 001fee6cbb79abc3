"""All that a planner is given besides the group: what is seen, what was seen first, what was accepted since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from datamotion.model.acts import Change
from datamotion.model.group import Backend
from datamotion.model.plan import Plan
from datamotion.model.view import ClusterView, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`first` is what was observed when the run began.

    `accepted` holds each change that a cluster has said yes to since, with the view from which it was planned.
    """

    now: View
    first: View
    accepted: Mapping[Change, View] = field(default_factory=dict)

    @classmethod
    def at_first_sight(cls, view: View) -> Situation:
        return cls(now=view, first=view)


def since(situation: Situation, backend: Backend) -> datetime | None:
    """When this run first looked: the instant that marks are given, the same each time it plans again."""
    first = situation.first.get(backend.cluster)
    return first.observed_at if isinstance(first, ClusterView) else None


Planner = Callable[[Situation], Plan]
"""Pure. Called again after every stage with a new observation: what is already so is not in the new plan."""
