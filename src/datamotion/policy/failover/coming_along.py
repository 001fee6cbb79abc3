"""Which volumes come along when who serves them is asked to carry all over first, and which are left where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from datamotion.model.claim import Claim
from datamotion.model.plan import Gate, Refusal
from datamotion.model.standing import Copy
from datamotion.model.units import count_text
from datamotion.policy.epochs import held
from datamotion.policy.failover.decision import Decision
from datamotion.policy.failover.planned import Carrying
from datamotion.policy.failover.served_copies import is_served
from datamotion.policy.situation import Situation


def carrying_over(situation: Situation, decision: Decision, moving: Sequence[Copy], claim: Claim) -> Carrying | None:
    """What has to be carried over first, where who serves is asked for it."""
    if not decision.is_planned:
        return None
    is_decided = held(situation.now, claim) is not None
    return Carrying(
        situation=situation,
        copies=moving,
        sources=decision.given_up_at,
        epoch=claim.epoch,
        pace=decision.pace,
        is_decided=is_decided,
        gate=Gate.REST if decision.best_effort or (is_decided and claim.partial) else Gate.ALL,
    )


def left_behind(situation: Situation, decision: Decision, claim: Claim) -> Sequence[Refusal]:
    """Why which volumes stay where they are served, where that keeps no other volume from going."""
    usable = decision.candidate.usable
    moving = [copy for copy in usable if not is_served(situation.now, copy, claim)]
    carrying = carrying_over(situation, decision, moving, claim)
    if carrying is None or not (decision.best_effort or carrying.is_decided):
        return ()
    return carrying.left_behind()


def where_they_were(situation: Situation, decision: Decision, left: Sequence[Refusal]) -> Iterator[Refusal]:
    """The same of what serves them, where this run has asked for anything there already."""
    asked = {(act.volume, act.backend) for act in situation.accepted}
    for each in left:
        if each.volume is not None and (each.volume, at := decision.given_up_at[each.volume]) in asked:
            yield replace(each, backend=at)


def none_is_moved(decision: Decision, group: str, refusals: Sequence[Refusal]) -> Refusal:
    """Of a planned failover all volumes come along, or none."""
    more = f" (and {count_text(len(refusals) - 1, 'other')} cannot)" if len(refusals) > 1 else ""
    command = f"datamotion failover {group} --to {decision.candidate.name}"
    others = len(decision.candidate.usable) > len(refusals) and not (decision.best_effort or decision.gathers)
    ways = [*filter(None, [refusals[0].hint]), *([f"{command} --best-effort moves the others"] if others else [])]
    unplanned = f"if {decision.sources} is lost: {command} --unplanned gives up what it lacks"
    return Refusal(text=f"no volume is moved, because {refusals[0].text}{more}", hint="; or ".join([*ways, unplanned]))
