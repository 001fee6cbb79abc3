"""The failover that is decided on: to which back end, at what price, and whether it still stands later in the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from datamotion.config.durations import format_duration
from datamotion.model.claim import key_epoch, key_of
from datamotion.model.plan import Refusal
from datamotion.model.standing import Doubt, DoubtKind, Standing
from datamotion.model.units import count_text, duration_text
from datamotion.policy.copies.target import Candidate, Terms, assess, best_of
from datamotion.policy.failover.choice import FailoverChoice, given_up_at, is_for_lost, is_planned_for
from datamotion.policy.failover.goal import goal_of, is_more
from datamotion.policy.failover.refusals import cannot_take_over, hint_for
from datamotion.policy.mirrors.last_transfers import Pace
from datamotion.policy.needs import names_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a failover goes, in which epoch, and which volumes move there from where.

    `gathers`: to a back end that took a part of the group over before, so that now all come, or none. `is_served`: it
    was seen to serve by that epoch, and nothing goes there. `is_for_lost`: what those serve who work stays there, for
    it was not asked for.
    """

    candidate: Candidate
    epoch: int
    given_up_at: Mapping[str, str]
    terms: Terms
    others: Sequence[Candidate] = ()
    is_planned: bool = False
    best_effort: bool = False
    gathers: bool = False
    is_served: bool = False
    reprotects: bool = False
    is_for_lost: bool = False
    pace: Pace = Pace()  # noqa: RUF009  # immutable

    @property
    def sources(self) -> str:
        return " and ".join(sorted(set(self.given_up_at.values())))


def decide(standing: Standing, choice: FailoverChoice, agreed: str | None = None) -> Decision | Refusal:
    """Where to, as the first look shows it, or why nowhere. Where it is open, to the one that was `agreed` to."""
    goal = goal_of(standing, choice)
    if isinstance(goal, Refusal):
        return goal
    moving = given_up_at(standing, goal.to, choice)
    group = standing.group
    is_planned = is_planned_for(standing, choice, moving, goal.to)
    if isinstance(is_planned, Refusal):
        return is_planned
    order = [target.backend.name for target in group.targets] + [group.home.name]
    others = [name for name in order if name not in moving.values() or name == goal.to]
    has_more = is_more(standing, goal, moving)
    gathers = has_more and is_planned
    if has_more:  # the epoch of the part was served: of two who go on from there only one is given the next
        goal = replace(goal, epoch=standing.next_epoch)
    is_begun = goal.epoch != standing.next_epoch
    confirmed = {(each.backend, each.epoch) for each in standing.contenders if each.served}
    # what was ruled came about: what became of its copies since is another question
    is_ruled = choice.overrule is not None and (goal.to, goal.epoch) not in confirmed
    begun = next((it.claim for it in standing.claims if (it.backend, it.epoch) == (goal.to, goal.epoch)), None)
    earlier = choice.earlier.decided(standing, begun) if choice.earlier is not None else None
    terms = Terms(is_ruled=is_ruled, earlier=earlier, is_begun=is_begun)
    candidates = [assess(standing, name, moving, terms) for name in others]
    if goal.to is not None:
        candidate = next(each for each in candidates if each.name == goal.to)
        chosen = _judge(standing, choice, candidate, is_planned=is_planned, gathers=gathers)
    else:
        chosen = best_of(candidates, agreed) or _nothing_complete(
            standing, choice, candidates, agreed, is_planned=is_planned
        )
    if isinstance(chosen, Refusal):
        return chosen
    if not (choice.allow_partial or is_begun) and (unmarked := unmarked_parts(standing, chosen.name)):
        return _with_parts_unmarked(standing, choice, chosen, unmarked)
    if not (is_planned or is_begun or terms.is_ruled) and (refusal := _too_old(standing, choice, chosen)):
        return refusal
    return Decision(
        candidate=chosen,
        epoch=goal.epoch,
        given_up_at=moving,
        terms=replace(terms, is_begun=True),
        others=[each for each in candidates if each.name != chosen.name],
        is_planned=is_planned,
        best_effort=choice.best_effort and is_planned and not gathers,
        gathers=gathers,
        is_served=is_begun and (chosen.name, goal.epoch) in confirmed,
        reprotects=choice.reprotects,
        is_for_lost=is_for_lost(standing, goal.to, choice),
        pace=choice.pace,
    )


def keep_to(decision: Decision, first: Standing, now: Standing) -> Decision | Refusal:
    """The decision that the run began with, as things are seen now. What became of single volumes is theirs alone.

    A claim of anybody else's that was not there at first ends it, whatever its epoch: who took it may have seen less.
    So does one that its back end seems to contradict: within a run that was looked at before the claim was.
    """
    name, known = decision.candidate.name, {each.claim.key for each in first.claims} | first.newest
    for each in now.claims:
        if each.backend != name and each.claim.key not in known:
            return Refusal(
                text=f"{each.backend} was claimed in epoch {each.epoch} by {each.claim.by}, at"
                f" {each.claim.since:%H:%M:%S} UTC: this failover to {name}, epoch {decision.epoch}, withdraws",
                hint=f"datamotion status {now.group.name} shows who serves",
            )
    svm = decision.candidate.site.svm
    if others := {key for key in now.newest - known if svm is None or key != key_of(key_epoch(key), svm.uuid)}:
        return Refusal(
            text=f"epoch {max(map(key_epoch, others))} was taken for another back end meanwhile: this failover to"
            f" {name}, epoch {decision.epoch}, withdraws",
            hint=f"datamotion status {now.group.name} shows who serves",
        )
    if unreadable := now.unreadable - first.unreadable:
        return Refusal(
            text=f"epoch {max(unreadable)} was claimed meanwhile, and by whom cannot be read: this failover to {name},"
            f" epoch {decision.epoch}, withdraws",
            hint=f"datamotion status {now.group.name} shows who serves",
        )
    moving = {volume: backend for volume, backend in decision.given_up_at.items() if volume in now.active}
    candidate = assess(now, name, moving, decision.terms)
    if candidate.unseen or candidate.broken:
        return cannot_take_over(now, candidate)
    return replace(decision, candidate=candidate)


def _too_old(standing: Standing, choice: FailoverChoice, candidate: Candidate) -> Refusal | None:
    """That a candidate would give up more than may be."""
    limit = choice.max_loss
    if limit is None:
        return None
    ages = {each: each.age for each in candidate.losses if each.given_up_at != candidate.name}
    unknown = [each.volume for each, age in ages.items() if age is None]
    beyond = {each: age for each, age in ages.items() if age is not None and age > limit}
    if not unknown and not beyond:
        return None
    if unknown:
        text, accepted = f"how much of {names_text(unknown)} it would lose nobody can tell", "any"
    else:
        worst, age = max(beyond.items(), key=lambda each: each[1])
        text, accepted = f"it would lose {worst.text} ({worst.volume})", format_duration(_covering(age))
    to = choice.to_text(candidate.name)
    whose = "the group's RPO" if limit == standing.group.rpo else "--max-loss"
    return Refusal(
        text=f"{candidate.name}: {text}, over {whose} of {duration_text(limit)}",
        hint=f"datamotion failover {standing.group.name} {to} --max-loss {accepted} accepts that",
    )


def _covering(age: timedelta) -> timedelta:
    """Somewhat more, in whole minutes or hours: it grows while somebody types."""
    unit = timedelta(hours=1) if age > timedelta(hours=3) else timedelta(minutes=1)
    return unit * (age * 1.05 // unit + 1)


def _judge(
    standing: Standing, choice: FailoverChoice, candidate: Candidate, *, is_planned: bool = False, gathers: bool = False
) -> Candidate | Refusal:
    if candidate.why_not:
        return cannot_take_over(standing, candidate)
    if candidate.unusable and not choice.allow_partial:
        group = standing.group.name
        mends = list(dict.fromkeys(filter(None, candidate.hints.values())))
        if is_planned and not candidate.unusable.keys() <= candidate.hints.keys():
            mends.append(f"datamotion apply {group} makes what is missing, where it can")
        leaves = (
            f"datamotion failover {group} {choice.to_text(candidate.name)} --allow-partial fails over the other"
            f" {count_text(len(candidate.usable), 'volume')} and leaves these where they are"
        )
        return Refusal(
            text=f"{candidate.name} holds only a part of {group}: {candidate.shortfall}",
            hint="; or ".join(mends if gathers else [*mends, leaves]),
        )
    return candidate


def unmarked_parts(standing: Standing, backend: str) -> list[Doubt]:
    """What a back end holds that may be of the group, and is no copy that could be served: nobody can tell."""
    return [
        each
        for each in standing.doubts
        if each.kind is DoubtKind.UNMARKED and each.volume not in standing.volumes and each.backend == backend
    ]


def _with_parts_unmarked(
    standing: Standing, choice: FailoverChoice, candidate: Candidate, unmarked: Sequence[Doubt]
) -> Refusal:
    others = f" (and {count_text(len(unmarked) - 1, 'other')})" if len(unmarked) > 1 else ""
    to = f"datamotion failover {standing.group.name} {choice.to_text(candidate.name)}"
    return Refusal(
        text=f"{candidate.name} may hold more of {standing.group.name} than can be served: {unmarked[0].text}{others}",
        hint=f"{unmarked[0].hint}; {to} --allow-partial fails over all else",
    )


def _nothing_complete(
    standing: Standing, choice: FailoverChoice, candidates: Sequence[Candidate], agreed: str | None, *, is_planned: bool
) -> Candidate | Refusal:
    possible = [each for each in candidates if each.why_not is None]
    if partial := [each for each in possible if not each.is_broken_by_others]:
        best = min(partial, key=lambda each: (each.name != agreed, len(each.unusable), each.staleness))
        return _judge(standing, choice, best, is_planned=is_planned)
    group = standing.group.name
    if possible:
        broken = min(possible, key=lambda each: each.staleness)
        return Refusal(
            text=f"mirrors at {broken.name} are broken off, and not by a failover of {group}: somebody did it by hand",
            hint=f"if it is to serve all the same: datamotion failover {group} {choice.to_text(broken.name)}",
        )
    reasons = "; ".join(f"{each.name}: {each.why_not}" for each in candidates)
    unseen = next((each.unseen for each in candidates if each.unseen), None)
    return Refusal(text=f"no back end can take over {group}: {reasons}", hint=hint_for(standing, unseen), unseen=unseen)
