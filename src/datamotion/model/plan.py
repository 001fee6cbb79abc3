"""A plan: what will be done, in order, each step with its reason and what data it would discard; or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from datamotion.model.acts import Act
from datamotion.model.view import Unseen
from datamotion.model.words import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Acts of one kind at one cluster, done together. Steps of one `stage` go side by side, stages in order."""

    stage: int
    cluster: str
    title: str
    because: str
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What carrying out the plan gives up for one volume. `age` is that of the state kept; None when unknown."""

    volume: str
    text: str
    age: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing is done, with the evidence and what would override it.

    For one volume, for one target (`backend`), or, where both are None, for the group as a whole. `unseen` is the
    cluster that would have to be seen, where that is the reason.
    """

    text: str
    volume: str | None = None
    backend: str | None = None
    hint: str | None = None
    unseen: Unseen | None = None

    @property
    def because_silent(self) -> bool:
        """Whether what is missing is an answer: neither a rule nor a cluster said no."""
        return self.unseen is not None and not self.unseen.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPoint:
    """The state that a volume is recovered to: the exported snapshot and its age when it was observed."""

    volume: str
    snapshot: str | None
    age: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is left to do for one group, from one observation. No steps and no refusal: all is as wanted."""

    operation: Operation
    group: str
    title: str
    steps: tuple[Step, ...] = ()
    losses: tuple[Loss, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    recovery_points: tuple[RecoveryPoint, ...] = ()
    backend: str | None = None  # the one that serves afterwards, where the operation changes that
    epoch: int | None = None

    @property
    def refused(self) -> Refusal | None:
        """The refusal of the group as a whole, if there is one; then there are no steps."""
        return next((each for each in self.refusals if each.volume is None and each.backend is None), None)
