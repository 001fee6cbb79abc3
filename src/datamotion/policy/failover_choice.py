"""What a failover goes to: the target that was asked for, the one that serves already, or the best there is.

Refused is what cannot be served, what holds only a part of the group where that was not agreed to, and every other
target once one serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datamotion.model.group import Group
from datamotion.model.plan import Refusal
from datamotion.model.units import count_text
from datamotion.model.view import Unseen, View
from datamotion.policy.serving import Serving, serving_target
from datamotion.policy.target import Candidate, assess_targets, best_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverChoice:
    """What the operator asked for: a certain target, or a target that holds only a part of the group."""

    to: str | None = None
    allow_partial: bool = False


def choose(group: Group, choice: FailoverChoice, view: View) -> Candidate | Refusal:
    """The target to fail over to as the view shows them, or why there is none."""
    candidates = assess_targets(group, view)
    by_name = {each.name: each for each in candidates}
    serving = serving_target(group, view)
    if serving and choice.to not in (None, serving.backend):
        return _served_elsewhere(group, serving, choice.to)
    if serving:
        return by_name[serving.backend]
    if choice.to is not None:
        return _judge(group, choice, by_name[choice.to])
    if begun := next((each for each in candidates if each.is_broken_off), None):
        # A failover that was cut short before it served anything: to break a second leg would help nobody.
        return _judge(group, choice, begun)
    return best_of(candidates) or _nothing_complete(group, choice, candidates)


def keep_to(group: Group, name: str, now: View, candidates: Sequence[Candidate]) -> Candidate | Refusal:
    """The target that the run began with, as it is seen now; what has become of single volumes is theirs alone."""
    chosen = next(each for each in candidates if each.name == name)
    serving = serving_target(group, now)
    if serving and serving.backend != name:
        return _served_elsewhere(group, serving, name)
    if chosen.unseen or chosen.broken:
        return _cannot_take_over(group, chosen)
    return chosen


def _judge(group: Group, choice: FailoverChoice, candidate: Candidate) -> Candidate | Refusal:
    if candidate.why_not:
        return _cannot_take_over(group, candidate)
    if candidate.unusable and not choice.allow_partial:
        return Refusal(
            text=f"{candidate.name} holds only a part of {group.name}: {candidate.shortfall}",
            hint=f"datamotion failover {group.name} --to {candidate.name} --allow-partial fails over the other"
            f" {count_text(len(candidate.usable), 'volume')} and leaves these where they are",
        )
    return candidate


def _nothing_complete(group: Group, choice: FailoverChoice, candidates: Sequence[Candidate]) -> Candidate | Refusal:
    partial = [each for each in candidates if each.why_not is None]
    if partial:
        fullest = min(partial, key=lambda each: (len(each.unusable), each.staleness))
        return _judge(group, choice, fullest)
    reasons = "; ".join(f"{each.name}: {each.why_not}" for each in candidates)
    unseen = next((each.unseen for each in candidates if each.unseen), None)
    return Refusal(text=f"no target can take over {group.name}: {reasons}", hint=_hint(group, unseen), unseen=unseen)


def _served_elsewhere(group: Group, serving: Serving, wanted: str | None) -> Refusal:
    return Refusal(
        text=f"{serving.backend} serves {group.name} already, since epoch {serving.epoch};"
        f" {wanted} holds what {group.home.name} had before that",
        hint=f"finish it there: datamotion failover {group.name} --to {serving.backend}",
    )


def _cannot_take_over(group: Group, candidate: Candidate) -> Refusal:
    return Refusal(
        text=f"{candidate.name} cannot take over {group.name}: {candidate.why_not}",
        hint=_hint(group, candidate.unseen),
        unseen=candidate.unseen,
    )


def _hint(group: Group, unseen: Unseen | None) -> str:
    return (unseen and unseen.hint) or f"datamotion status {group.name} shows every copy"
