"""Saying who serves, where nobody can tell: one back end keeps its copies, in a new epoch, and the others are fenced.

What the others hold and it does not is given up, at the price that the plan states. Nothing is resynced, and nothing is
broken off: only copies that can be written already are kept.
"""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.group import Group
from datamotion.model.plan import Refusal
from datamotion.model.standing import Standing
from datamotion.model.words import Operation
from datamotion.policy.failover import serving_planner
from datamotion.policy.failover_choice import Decision
from datamotion.policy.situation import Planner
from datamotion.policy.target import assess


def settle_planner(group: Group, keep: str) -> Planner:
    """The planner for `datamotion settle`."""

    def title(decision: Decision | None) -> str:
        epoch = f", epoch {decision.epoch}" if decision else ""
        return f"Settle that {keep} serves {group.name}{epoch}"

    return serving_planner(group, Operation.SETTLE, lambda standing: _decide(standing, keep), title)


def _decide(standing: Standing, keep: str) -> Decision | Refusal:
    site = standing.sites[keep]
    if site.svm is None:
        why = site.unseen.reason if site.unseen else f"SVM {site.backend.svm} is not on {site.backend.cluster}"
        return Refusal(text=f"{keep} cannot be settled on: {why}", unseen=site.unseen)
    given_up_at = {volume: _rival(standing, keep, volume) for volume in standing.volumes}
    candidate = assess(standing, keep, given_up_at)
    writable = {volume for volume, copy in candidate.copies.items() if copy.is_writable}
    if not writable:
        return Refusal(
            text=f"{keep} holds no copy of {standing.group.name} that can be written: there is nothing to keep",
            hint=f"to serve from its mirrors: datamotion failover {standing.group.name} --to {keep}",
        )
    unusable = {
        volume: "it cannot be written there; what it is now stays" for volume in given_up_at if volume not in writable
    }
    newest = [each for each in standing.claims if each.epoch == max(standing.epochs, default=0)]
    is_begun = [each.backend for each in newest] == [keep] and not standing.has_unreadable_claim
    return Decision(
        candidate=replace(candidate, unusable=unusable),
        epoch=newest[0].epoch if is_begun else standing.next_epoch,
        given_up_at=given_up_at,
    )


def _rival(standing: Standing, keep: str, volume: str) -> str:
    """Who else may have served a volume: the newest claim that is not the kept one's."""
    active = standing.active[volume]
    if active is not None and active.backend != keep:
        return active.backend
    return next((each.backend for each in standing.claims if each.backend != keep), keep)
