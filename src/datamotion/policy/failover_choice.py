"""What a failover goes to: the back end that was asked for, the one whose epoch was begun, or the best there is.

    the newest claim            without --to            --to that back end     --to another one
    served, by the home         the best of the others  nothing to do          if it can take over
    served, elsewhere, seen     finish or nothing       finish or nothing      --overrule only: it works
    served, elsewhere, unseen   the best of the others  nothing to ask there   if it can take over
    served, of a part           as served               the others come too    as served
    never confirmed             go on with it           go on with it          --overrule only: it may go on still
    two of one turn             settled first, or --overrule names the other one
    none that can be told       settled first, or --overrule names the one that served last

Only what the first look of a run shows decides: a rival that turns fresher must not lead to breaking a second leg.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from datamotion.config.durations import format_duration
from datamotion.model.claim import key_epoch, key_of
from datamotion.model.plan import Refusal
from datamotion.model.standing import CopyId, DoubtKind, HeldClaim, Standing
from datamotion.model.units import count_text, duration_text
from datamotion.policy.failover_refusals import (
    cannot_take_over,
    contested,
    hint_for,
    it_works,
    nobody_known,
    perhaps_served,
    serves_already,
    serves_newer,
    was_begun,
)
from datamotion.policy.needs import names_text
from datamotion.policy.planned import Pace
from datamotion.policy.recovery import Earlier
from datamotion.policy.target import Candidate, Terms, assess, best_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverChoice:
    """What the operator asked for. `overrule`: a back end whose claim does not count any more, at its stated price.

    `is_planned`: who serves is frozen first and all that it holds carried over; None: where it answers. `max_loss` is
    how much may be lost of a volume, None: however much. `earlier` is what it goes back to, which no planned one does.
    `best_effort`: what cannot follow a planned one stays where it is, and keeps no other volume from it. `reprotects`:
    all other back ends are made to mirror what is served then, in the same command.
    """

    to: str | None = None
    allow_partial: bool = False
    overrule: str | None = None
    is_planned: bool | None = False
    max_loss: timedelta | None = None
    earlier: Earlier | None = None
    best_effort: bool = False
    reprotects: bool = False
    pace: Pace = Pace()  # noqa: RUF009  # immutable

    @property
    def may_be_planned(self) -> bool:
        return self.is_planned is not False and self.overrule is None and self.earlier is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a failover goes, in which epoch, and which volumes move there from where.

    `gathers`: to a back end that took a part of the group over before, so that now all come, or none.
    """

    candidate: Candidate
    epoch: int
    given_up_at: Mapping[str, str]
    terms: Terms
    others: Sequence[Candidate] = ()
    is_planned: bool = False
    best_effort: bool = False
    gathers: bool = False
    reprotects: bool = False
    pace: Pace = Pace()  # noqa: RUF009  # immutable

    @property
    def sources(self) -> str:
        return " and ".join(sorted(set(self.given_up_at.values())))


@dataclass(frozen=True, slots=True)
class _Goal:
    """The back end to go to, None for the best one; the epoch."""

    to: str | None
    epoch: int


def decide(standing: Standing, choice: FailoverChoice, agreed: str | None = None) -> Decision | Refusal:
    """Where to, as the first look shows it, or why nowhere. Where it is open, to the one that was `agreed` to."""
    goal = _goal(standing, choice)
    if isinstance(goal, Refusal):
        return goal
    moving = given_up_at(standing, goal.to, choice)
    group = standing.group
    is_planned = _is_planned(standing, choice, moving, goal.to)
    if isinstance(is_planned, Refusal):
        return is_planned
    order = [target.backend.name for target in group.targets] + [group.home.name]
    others = [name for name in order if name not in moving.values() or name == goal.to]
    is_more = _is_more(standing, goal, moving)
    gathers = is_more and is_planned
    if gathers:
        goal = replace(goal, epoch=standing.next_epoch)
    is_begun = goal.epoch != standing.next_epoch and not is_more
    terms = Terms(is_ruled=choice.overrule is not None, earlier=choice.earlier, is_begun=is_begun)
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
        reprotects=choice.reprotects,
        pace=choice.pace,
    )


def _is_more(standing: Standing, goal: _Goal, moving: Mapping[str, str]) -> bool:
    """Whether volumes come to a back end that serves a part of the group since an epoch that is over."""
    took = next((each for each in standing.claims if (each.backend, each.epoch) == (goal.to, goal.epoch)), None)
    if took is None or took.served is None or not took.claim.partial:
        return False
    return any(standing.active[volume] != CopyId(took.backend, volume) for volume in moving)


def _is_planned(
    standing: Standing, choice: FailoverChoice, moving: Mapping[str, str], to: str | None
) -> bool | Refusal:
    """Whether nothing is to be lost: all who serve what moves can be asked, and were not told otherwise.

    One that is silent is taken for lost where nobody said. One that says no, or was not asked, may serve on meanwhile.
    """
    serving = sorted({name for name in moving.values() if name != to})
    if not choice.may_be_planned or not serving:
        return False
    silent = next((name for name in serving if not _works(standing, name)), None)
    if silent is None:
        return True
    is_there = all(active is not None and active.backend == to for active in map(standing.active.get, moving))
    unseen, group = standing.sites[silent].unseen, standing.group.name
    is_alive = unseen is not None and unseen.refused
    if is_there or (choice.is_planned is None and not is_alive):  # who served before is asked for nothing any more
        return False
    hint = f"if it is lost: datamotion failover {group} --unplanned gives up the writes since the last transfers"
    if unseen is not None and unseen.refused and unseen.hint is not None:
        # It answers, or what is missing is here: that is to be mended, and no reason to give anything up.
        hint = unseen.hint if unseen.not_asked else f"{unseen.hint}; {hint}"
    return Refusal(
        text=f"{silent}, which serves {group}, cannot be frozen: {unseen.reason if unseen else 'its SVM does not run'}",
        hint=hint,
        unseen=unseen,
    )


def given_up_at(standing: Standing, to: str | None, choice: FailoverChoice) -> Mapping[str, str]:
    """For each volume that is to move, who served it last.

    A volume that another site serves, in sight, stays there; but for the home, which a failover is away from, for who
    serves the group where it is planned, and for whom the operator overrules. A failover of the whole group that was
    begun takes all that it has not taken yet, and so does one to a back end that serves a part, where it was named and
    no part is enough.
    """
    held = next((each for each in standing.claims[:1] if each.backend == to), None)
    is_begun = held is not None and held.served is None
    earlier = standing.claims[1:] if is_begun else standing.claims
    newest = earlier[0].backend if earlier else standing.group.home.name
    is_left = newest == standing.group.home.name or choice.may_be_planned
    left = {choice.overrule, newest if is_left else None}
    takes_all = held is not None and _takes_all(held, choice)
    moving = {}
    for volume, active in standing.active.items():
        if active is None:
            moving[volume] = choice.overrule or newest
        elif active.backend == to:
            moving[volume] = _before(standing, active)
        elif takes_all or active.backend in left or not _works(standing, active.backend):
            moving[volume] = active.backend
    return moving


def _takes_all(held: HeldClaim, choice: FailoverChoice) -> bool:
    """Whether all volumes come to the back end of the newest claim, wherever they are served."""
    if held.served is None:
        return not held.claim.partial
    return held.claim.partial and choice.to == held.backend and not choice.allow_partial


def _before(standing: Standing, active: CopyId) -> str:
    """Who served before the back end that does now: what was given up when it took over."""
    return next((each.backend for each in standing.claims if each.backend != active.backend), active.backend)


def _works(standing: Standing, backend: str) -> bool:
    svm = standing.sites[backend].svm
    return svm is not None and svm.state == "running"


def _goal(standing: Standing, choice: FailoverChoice) -> _Goal | Refusal:
    """What the claims leave to choose."""
    newest = standing.contenders
    doubt = next(
        (each for each in standing.doubts if each.kind in (DoubtKind.UNCLAIMED, DoubtKind.UNREADABLE_CLAIM)), None
    )
    if choice.overrule is not None and (newest or doubt):
        return _overruling(standing, choice, () if doubt else newest)
    if doubt is not None or not newest:
        return nobody_known(standing, doubt)
    if len(newest) > 1:
        return contested(standing, newest)
    holder = newest[0]
    if holder.served and (refusal := _serves_on(standing, choice, holder)):
        return refusal
    if choice.to == holder.backend:
        return _Goal(holder.backend, holder.epoch)
    return _beside_served(standing, choice, holder) if holder.served else _beside_begun(standing, choice, holder)


def _serves_on(standing: Standing, choice: FailoverChoice, holder: HeldClaim) -> Refusal | None:
    """Why who serves is not asked to serve otherwise."""
    if choice.earlier is not None and not _has_gone_back(standing, choice, holder, choice.earlier):
        return serves_newer(standing, holder, choice.earlier)
    if choice.to == holder.backend and standing.sites[holder.backend].svm is None:
        return serves_already(standing, holder)
    return None


def _has_gone_back(standing: Standing, choice: FailoverChoice, holder: HeldClaim, earlier: Earlier) -> bool:
    """Whether who serves is no obstacle to going back: it is left for another one, or was broken off at that state."""
    is_left = choice.to is None and holder.backend == standing.group.home.name
    if is_left or choice.to not in (None, holder.backend) or standing.sites[holder.backend].svm is None:
        return True
    served = [copy for copy in standing.copies.values() if standing.active[copy.id.volume] == copy.id]
    return all(earlier.is_served_by(standing, copy) for copy in served if copy.id.backend == holder.backend)


def _beside_served(standing: Standing, choice: FailoverChoice, holder: HeldClaim) -> _Goal | Refusal:
    is_home = holder.backend == standing.group.home.name
    is_wished = choice.may_be_planned and choice.to is not None
    if is_home or is_wished or not _works(standing, holder.backend):
        return _Goal(choice.to, standing.next_epoch)
    if choice.to is None:
        return _Goal(holder.backend, holder.epoch)
    return it_works(standing, holder, choice.to)


def _beside_begun(standing: Standing, choice: FailoverChoice, holder: HeldClaim) -> _Goal | Refusal:
    """A claim that nobody confirmed: its run may go on this moment, or have died."""
    site = standing.sites[holder.backend]
    if choice.to is None and site.svm is not None:
        return _Goal(holder.backend, holder.epoch)
    return perhaps_served(standing, holder, choice.to) if site.svm is None else was_begun(standing, holder, choice.to)


def _overruling(standing: Standing, choice: FailoverChoice, newest: Sequence[HeldClaim]) -> _Goal | Refusal:
    group = standing.group.name
    rivals = [each.backend for each in newest if each.backend != choice.to]
    if choice.to is None:
        return Refusal(text="--overrule needs --to: which back end is to serve instead", hint="name it with --to")
    if not newest:  # which claim is the newest nobody can tell: it is as the operator says
        return _Goal(choice.to, standing.next_epoch)
    if not rivals:  # an earlier run has overruled it already, and was cut short
        return _Goal(choice.to, newest[0].epoch)
    if choice.overrule not in rivals or len(rivals) > 1:
        return Refusal(
            text=f"the newest epoch of {group} is that of {' and '.join(rivals)}, not of {choice.overrule} alone",
            hint=f"datamotion status {group} shows every claim",
        )
    return _Goal(choice.to, standing.next_epoch)


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
    whose = "the group's RPO" if limit == standing.group.rpo else "--max-loss"
    return Refusal(
        text=f"{candidate.name}: {text}, over {whose} of {duration_text(limit)}",
        hint=f"datamotion failover {standing.group.name} --to {candidate.name} --max-loss {accepted} accepts that",
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
        mends = [f"datamotion apply {group} makes what is missing, where it can"] if is_planned else []
        leaves = (
            f"datamotion failover {group} --to {candidate.name} --allow-partial fails over the other"
            f" {count_text(len(candidate.usable), 'volume')} and leaves these where they are"
        )
        return Refusal(
            text=f"{candidate.name} holds only a part of {group}: {candidate.shortfall}",
            hint="; or ".join(mends if gathers else [*mends, leaves]),
        )
    return candidate


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
            hint=f"if it is to serve all the same: datamotion failover {group} --to {broken.name}",
        )
    reasons = "; ".join(f"{each.name}: {each.why_not}" for each in candidates)
    unseen = next((each.unseen for each in candidates if each.unseen), None)
    return Refusal(text=f"no back end can take over {group}: {reasons}", hint=hint_for(standing, unseen), unseen=unseen)
