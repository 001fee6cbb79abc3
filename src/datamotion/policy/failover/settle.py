"""Saying who serves, where nobody can tell: one back end keeps its copies, in a new epoch, and the others are fenced.

What the others hold and it does not is given up, at the price that the plan states. Nothing is resynced, and nothing is
broken off: only copies that can be written already are kept.
"""

from __future__ import annotations

from datamotion.model.group import Group
from datamotion.model.plan import Refusal
from datamotion.model.standing import DoubtKind, Standing
from datamotion.model.words import Operation
from datamotion.policy.copies.target import Terms, assess
from datamotion.policy.failover.decision import Decision
from datamotion.policy.failover.failover import serving_planner
from datamotion.policy.failover.refusals import breaks_off
from datamotion.policy.situation import Planner

_TERMS = Terms(is_ruled=True, is_kept=True)


def settle_planner(group: Group, keep: str) -> Planner:
    """The planner for `datamotion settle`."""

    def title(decision: Decision | None) -> str:
        epoch = f", epoch {decision.epoch}" if decision else ""
        return f"Settle that {keep} serves {group.name}{epoch}"

    return serving_planner(group, Operation.SETTLE, lambda situation: _decide(situation.first, keep), title)


def _decide(standing: Standing, keep: str) -> Decision | Refusal:
    site = standing.sites[keep]
    if site.svm is None:
        why = site.unseen.reason if site.unseen else f"SVM {site.backend.svm} is not on {site.backend.cluster}"
        return Refusal(text=f"{keep} cannot be settled on: {why}", unseen=site.unseen)
    given_up_at, terms = {volume: _rival(standing, keep, volume) for volume in standing.volumes}, _TERMS
    candidate = assess(standing, keep, given_up_at, terms)
    group = standing.group.name
    is_written = any(copy.is_writable for copy in candidate.copies.values())
    elsewhere = next((each for each in standing.doubts if each.kind is DoubtKind.TAKEN_ELSEWHERE), None)
    if not is_written and elsewhere is not None:
        return Refusal(text=elsewhere.text, hint=elsewhere.hint)
    if not is_written:
        overrule = "" if standing.claims else " --overrule BACKEND, the one that served last"
        hint = f"to serve from its mirrors: datamotion failover {group} --to {keep}{overrule}"
        resynced = [candidate.copies[volume] for volume in _resynced(standing, keep) if volume in candidate.copies]
        return Refusal(
            text=f"{keep} holds no copy of {group} that can be written: there is nothing to keep",
            hint=next(filter(None, (breaks_off(standing, copy) for copy in resynced)), hint),
        )
    if candidate.why_not:
        return Refusal(text=f"{keep} cannot be settled on: {candidate.why_not}", hint=f"datamotion status {group}")
    last = max(standing.epochs, default=0)
    is_begun = [(each.backend, each.epoch) for each in standing.contenders] == [(keep, last)]
    epoch = last if is_begun and last not in standing.unreadable else standing.next_epoch
    return Decision(candidate=candidate, epoch=epoch, given_up_at=given_up_at, terms=terms)


def _resynced(standing: Standing, keep: str) -> list[str]:
    """What that back end serves by its claim, and receives: no failover goes there as long as that is not settled."""
    doubts = (each for each in standing.doubts if each.kind is DoubtKind.SERVES_AND_RECEIVES)
    return [each.volume for each in doubts if each.backend == keep and each.volume is not None]


def _rival(standing: Standing, keep: str, volume: str) -> str:
    """Who else may have served a volume: the newest claim that is not the kept one's, else who could be written."""
    active = standing.active[volume]
    if active is not None and active.backend != keep:
        return active.backend
    claimed = [each.backend for each in standing.claims]
    written = [copy.id.backend for copy in standing.copies_of(volume) if copy.is_writable]
    return next((backend for backend in (*claimed, *written) if backend != keep), keep)
