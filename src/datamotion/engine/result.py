"""What a run came to, volume by volume: told by what was seen at its end, never by what was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from datamotion.engine.failures import Failure, by_refusal, by_sight
from datamotion.model.acts import Act, ActId, Subject
from datamotion.model.plan import Plan, Refusal
from datamotion.model.standing import Standing
from datamotion.policy.kinds import kind_of


class Outcome(StrEnum):
    """What became of one volume at one back end."""

    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    UNKNOWN = "unknown"  # no answer came: it may or may not have happened


@dataclass(slots=True, kw_only=True)
class Asked:
    """An act that was sent to a cluster, at `at`. `answer`: a yes, a no, none, as words tell.

    `seen_at` is when it was seen to have come about. `has_ended`: so has what it began, which goes on by itself.
    """

    act: Act
    answer: str
    declined: bool
    at: datetime
    seen_at: datetime | None = None
    has_ended: bool = False

    @property
    def seen(self) -> bool:
        return self.seen_at is not None

    @property
    def goes_on(self) -> bool:
        """Whether what it began has not come to its end, as far as was seen: a transfer may have failed since."""
        return kind_of(self.act).begins and not self.has_ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How it ended for one subject. `failure` is None where what was wanted was seen."""

    outcome: Outcome
    failure: Failure | None = None
    asked: tuple[Asked, ...] = ()

    @property
    def seen(self) -> tuple[str, ...]:
        """What was sent and has come about."""
        return tuple(dict.fromkeys(each.act.title for each in self.asked if each.seen and not each.goes_on))

    @property
    def unknown(self) -> tuple[str, ...]:
        """What was sent, and may or may not have come about. What became of a transfer its failure tells, if any."""
        is_silent = self.failure is not None and self.failure.silent
        left = (each for each in self.asked if (is_silent if each.goes_on else not each.seen) and not each.declined)
        return tuple(dict.fromkeys(each.act.title for each in left))


@dataclass(slots=True, kw_only=True)
class RunResult:
    """How a run ended: its first plan, the last one; how the group stood at the end, and when it began; what was done,
    by subject. `not_given` are acts that failed alone, beside what their volumes need.

    `others` are those who had the group while the run had let it go, in words.
    """

    first: Plan
    plan: Plan
    standing: Standing
    began: Standing
    asked: dict[Subject, dict[ActId, Asked]] = field(default_factory=dict)
    reached: set[Subject] = field(default_factory=set)
    given_up: dict[Subject, Failure] = field(default_factory=dict)
    not_given: dict[ActId, Failure] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def endings(self) -> Mapping[Subject, Ending]:
        """For every volume that a plan spoke of, and for what a whole back end needs where that failed."""
        refusals = refusals_by_subject(self.plan)
        return {
            subject: self._ending(subject, refusals)
            for subject in dict.fromkeys(self._subjects())
            if subject[1] is not None or subject in self.given_up
        }

    def _subjects(self) -> Iterator[Subject]:
        for plan in (self.first, self.plan):
            yield from (act.subject for step in plan.steps for act in step.acts)
            yield from sorted(plan.holds, key=str)
            yield from ((each.backend, each.volume) for each in plan.refusals if each.backend)
        yield from self.asked
        yield from self.given_up

    def _ending(self, subject: Subject, refusals: Mapping[Place, Refusal]) -> Ending:
        asked = tuple(self.asked.get(subject, {}).values())
        if subject in self.plan.holds:
            is_ours = subject in self.reached or not all(each.declined for each in asked)
            return Ending(outcome=Outcome.DONE if is_ours else Outcome.UNCHANGED, asked=asked)
        refusal = refusal_of(subject, refusals)
        failure = self.given_up.get(subject) or (by_refusal(refusal) if refusal else self._not_seen(subject))
        return Ending(outcome=Outcome.UNKNOWN if failure.silent else Outcome.FAILED, failure=failure, asked=asked)

    def _not_seen(self, subject: Subject) -> Failure:
        """Why nobody can say that it is as wanted, though nothing and nobody said no."""
        backend, volume = subject
        site = self.standing.sites[backend]
        if site.unseen is not None:
            return Failure(text=site.unseen.reason, hint=site.unseen.hint, silent=not site.unseen.refused)
        copy = self.standing.copy(backend, volume or "")
        if volume is not None and "/" in volume:  # a LUN or a file, of which no copy is kept
            text = f"what was wanted of {volume} at {backend} was not seen"
        elif copy is None:
            text = f"no copy of {volume} is seen at {backend} any more"
        else:
            mirror = f", its relationship {copy.edge.relationship.state}" if copy.edge else ", without a relationship"
            text = f"what was wanted was not seen: {copy.volume.name} is {copy.role} ({copy.volume.type}{mirror})"
        return by_sight(self.plan.group, text)


Place = tuple[str | None, str | None]
"""What a refusal is about: a back end and a volume, None for all of them."""


def refusals_by_subject(plan: Plan) -> Mapping[Place, Refusal]:
    """The first refusal about each back end and volume."""
    found: dict[Place, Refusal] = {}
    for each in plan.refusals:
        found.setdefault((each.backend, each.volume), each)
    return found


def refusal_of(subject: Subject, refusals: Mapping[Place, Refusal]) -> Refusal | None:
    """What a plan says against a subject: of itself, of its volume, of its back end, or of the whole group."""
    backend, volume = subject
    places: tuple[Place, ...] = ((backend, volume), (None, volume), (backend, None), (None, None))
    return next((refusals[place] for place in places if place in refusals), None)
