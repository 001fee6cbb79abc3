"""Making one back end serve a group, from what the ones that are left report.

Where it is not a planned one, whoever served last is not asked for anything, not even for a name: it may be gone.
First the epoch is taken at every site that was seen, copies in sight that it overtakes are fenced; then for each
volume: abort the transfer that runs, pause, break, serve. Only the chosen leg is broken. Last, the claim is confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from datamotion.model.claim import Claim
from datamotion.model.plan import Gate, Loss, Plan, RecoveryPoint, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, Standing
from datamotion.model.words import Operation
from datamotion.policy.clients.fence import Occasion, fence
from datamotion.policy.clients.giving import Giving
from datamotion.policy.clients.letting_in import name_epoch, serve
from datamotion.policy.clients.provision import give, offered
from datamotion.policy.copies.ages import age_of
from datamotion.policy.copies.common import Common
from datamotion.policy.copies.losses import recovery_point, worst_first
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.copies.target import assess
from datamotion.policy.epochs import confirm, held, new_claim, take
from datamotion.policy.failover.coming_along import carrying_over, left_behind, none_is_moved, where_they_were
from datamotion.policy.failover.decision import Decision, unmarked_parts
from datamotion.policy.failover.hooks import Moves, add_hooks
from datamotion.policy.failover.notes import failover_notes, kept_notes, late_notes, of_staying, what_follows
from datamotion.policy.failover.planned import Carrying
from datamotion.policy.failover.refusals import breaks_off, nothing_is_kept
from datamotion.policy.failover.served_copies import comes, fenced_beside, is_served, to_be_fenced, was_served
from datamotion.policy.mirrors.breaking import break_off, landing_until
from datamotion.policy.mirrors.keeping import Keeping
from datamotion.policy.needs import export_policies, path_of
from datamotion.policy.situation import Situation
from datamotion.policy.steps import StepList

_KEEP = 39  # the rank of the first of the three phases of `keeping`: behind the pause, before the break
_TAKE_BECAUSE = "every site that can be reached learns who serves, and of two failovers at once only one comes through"


class Takeover:
    """What is left to do until the decided back end serves, and all that is said beside it."""

    def __init__(self, situation: Situation, decision: Decision) -> None:
        standing, chosen, claim = situation.now, decision.candidate, _claim(situation, decision)
        self._left = left_behind(situation, decision, claim)
        if self._left:
            staying = {each.volume: each.text for each in self._left if each.volume is not None}
            chosen, claim = replace(chosen, unusable={**chosen.unusable, **staying}), replace(claim, partial=True)
        self._situation, self._standing = situation, standing
        self._decision = decision
        self._chosen = chosen
        self._claim = claim
        self._moving = [copy for copy in chosen.usable if not is_served(standing, copy, claim)]
        self._served = [copy for copy in chosen.usable if is_served(standing, copy, claim)]
        self._carrying = carrying_over(situation, decision, self._moving, claim)
        self._ways = Giving(standing, chosen.site, is_carried=self._carrying is not None)
        self._due = StepList()
        self._refusals = [
            Refusal(
                volume=volume,
                backend=chosen.name,
                text=f"{volume} cannot be served: {why}",
                hint=_what_helps(standing, decision, volume),
            )
            for volume, why in decision.candidate.unusable.items()
        ]
        self._refusals += [
            Refusal(volume=each.volume, backend=chosen.name, text=each.text, hint=each.hint)
            for each in unmarked_parts(standing, chosen.name)
        ]

    def plan(self) -> Refusal | None:
        """Adds the steps; why nothing at all is done, where that is so."""
        self._refusals += [*self._left, *where_they_were(self._situation, self._decision, self._left)]
        if refusal := self._carry_over() or self._keep_newer():
            return refusal
        known = held(self._standing, self._claim)
        if known is not None and self._claim.partial and not known.claim.partial:
            name_epoch(self._due, self._standing, self._claim)
        if self._chosen.usable:
            self._take()
        self._serve()
        is_rest = self._carrying is not None and self._carrying.gate is Gate.REST
        if self._chosen.usable:  # else nothing is served by it
            confirm(self._due, self._situation, self._claim, Gate.END_OF_REST if is_rest else Gate.END)
        add_hooks(
            self._due, self._situation, _moves(self._decision, self._claim), is_planned=self._carrying is not None
        )
        return None

    def _carry_over(self) -> Refusal | None:
        carrying, comes_along = self._carrying, comes(self._standing, self._chosen.usable)
        if carrying is None:
            return None
        carrying.plan(self._due)
        lost = [] if carrying.gate is Gate.REST else self._unusable_since()
        if not carrying.is_decided and (lost or carrying.refusals or (self._left and not comes_along)):
            return none_is_moved(self._decision, self._standing.group.name, lost or carrying.refusals or self._left)
        self._refusals += carrying.refusals
        return None

    def _unusable_since(self) -> Sequence[Refusal]:
        """What could be served when that was agreed to, and cannot any more."""
        decision, now = self._decision, self._decision.candidate.unusable
        if not now:
            return []
        first = assess(self._situation.first, self._chosen.name, decision.given_up_at, decision.terms).unusable
        return [each for each in self._refusals if each.volume in now.keys() - first.keys()]

    def _keep_newer(self) -> Refusal | None:
        keeping = _keep_newer(self._due, self._standing, self._decision, self._moving)
        if keeping and held(self._standing, self._claim) is None:
            return nothing_is_kept(keeping)
        self._refusals += keeping
        unkept = {each.volume for each in keeping}
        self._moving = [copy for copy in self._moving if copy.id.volume not in unkept]
        return None

    def _take(self) -> None:
        """The epoch, and the copies that it overtakes are fenced.

        A copy that could be written before serves from the moment of the claim: its rivals are fenced all the same.
        """
        take(self._due, self._standing, self._claim, because=_TAKE_BECAUSE, gate=Gate.ALL)
        frozen = self._carrying.names if self._carrying else {}
        overtaken = to_be_fenced(self._standing, self._decision, self._chosen.usable)
        rivals = [each for each in overtaken if each.id not in frozen]
        because = f"{self._chosen.name} serves from here on: two must not serve the same volume"
        self._refusals += fence(self._due, self._standing, rivals, Occasion(because, gate=Gate.ALL))

    def _serve(self) -> None:
        """Clients find what they had; what was never a mirror has what it was given, and is not given anything."""
        _serve_all(self._due, self._situation, self._decision, self._moving, self._claim, self._carrying)
        if self._decision.terms.is_kept:
            return
        given = [copy for copy in self._chosen.usable if copy.edge is not None]
        offers = offered(self._chosen.site)
        for copy in given:
            give(self._due, self._standing, copy, offers)
        self._ways.plan(self._due, given)

    def told(self, operation: Operation, title: str) -> Plan:
        """The plan, with what it gives up and what is to be known beside its steps."""
        standing, decision, chosen, carrying = self._standing, self._decision, self._chosen, self._carrying
        steps = self._due.steps()
        notes: list[Remark] = []
        if steps:
            rivals = to_be_fenced(standing, decision, self._moving)
            notes += failover_notes(standing, decision, self._moving, rivals)
        notes += kept_notes(self._moving, steps)
        losses = self._losses()
        late = [copy.id.volume for copy in chosen.usable if carrying.is_late(copy)] if carrying is not None else []
        if carrying is not None and not decision.is_served:
            title += ", as planned" if losses or late else ", as planned: no write is lost"
        staying_notes, staying_refusals = of_staying(standing, decision, steps)
        return Plan(
            operation=operation,
            group=standing.group.name,
            title=title,
            steps=steps,
            losses=worst_first(losses),
            refusals=(*self._refusals, *staying_refusals),
            then=(what_follows(decision),) if decision.reprotects and steps else (),
            notes=(*notes, *staying_notes),
            late=late_notes(standing, decision, late),
            differences=tuple(f"{chosen.name} differs: {each}." for each in self._ways.differences()),
            recovery_points=tuple(
                _recovery_point(self._situation, copy, carrying, decision.terms.earlier)
                for copy in chosen.usable
                if not (decision.terms.is_kept or was_served(self._situation.first, copy))
            ),
            holds=frozenset(copy.id for copy in (*self._served, *fenced_beside(standing, self._served))),
            backend=chosen.name,
            epoch=self._claim.epoch,
            claim=replace(self._claim, code=""),
        )

    def _losses(self) -> Sequence[Loss]:
        """Of what comes from elsewhere and is not carried over."""
        losing = {
            copy.id.volume
            for copy in self._moving
            if self._standing.active[copy.id.volume] != copy.id
            and not (self._carrying is not None and self._carrying.covers(copy))
        }
        return [loss for loss in self._chosen.losses if loss.volume in losing and loss.given_up_at != self._chosen.name]


def _what_helps(standing: Standing, decision: Decision, volume: str) -> str | None:
    copy = decision.candidate.copies.get(volume)
    if copy is not None and decision.terms.is_kept:
        return breaks_off(standing, copy)
    return decision.candidate.hints.get(volume)


def _moves(decision: Decision, claim: Claim) -> Moves:
    sources = tuple(sorted({name for name in decision.given_up_at.values() if name != claim.backend}))
    volumes = tuple(copy.id.volume for copy in decision.candidate.usable)
    return Moves(to=claim.backend, sources=sources, volumes=volumes, epoch=claim.epoch)


def _serve_all(
    due: StepList,
    situation: Situation,
    decision: Decision,
    moving: Sequence[Copy],
    claim: Claim,
    carrying: Carrying | None,
) -> None:
    """What is left to do until these can be written, and clients find them."""
    standing, earlier = situation.now, decision.terms.earlier
    known, gate = export_policies(decision.candidate.site), carrying.gate if carrying is not None else Gate.ALL
    paths = {path.casefold() for copy in moving if (path := path_of(standing, copy.id.volume).path)}
    for copy in moving:
        if not copy.is_writable:
            lands_until = landing_until(situation, copy, decision.pace.grace)
            at = earlier.of(standing, copy) if earlier is not None else None
            break_off(due, standing, copy, with_all=carrying is not None, lands_until=lands_until, at=at)
        serve(due, standing, copy, claim, known, paths, gate)


def _keep_newer(due: StepList, standing: Standing, decision: Decision, moving: Sequence[Copy]) -> list[Refusal]:
    """What is newer than what mirrors go back to is cloned first; what stands in the way of that comes back."""
    earlier, refusals = decision.terms.earlier, list[Refusal]()
    if earlier is None or not earlier.keeps_newer:
        return refusals
    give_up = "with --no-keep-newer it is given up"
    keeping = Keeping(decision.candidate.site, decision.epoch, due, _KEEP, give_up)
    for copy in moving:
        if copy.is_writable or not (newer := earlier.newer(standing, copy)):
            continue
        if obstacle := keeping.keep(copy, Common(newer[-1], ())):
            text = f"what {copy.id.volume} holds from {newer[0].name} on cannot be kept: {obstacle[0]}"
            refusals.append(Refusal(volume=copy.id.volume, backend=copy.id.backend, text=text, hint=obstacle[1]))
    return refusals


def _recovery_point(
    situation: Situation, copy: Copy, carrying: Carrying | None, earlier: Earlier | None
) -> RecoveryPoint:
    was = situation.first.copies.get(copy.id)
    if earlier is not None and was is not None and not was.is_writable and (at := earlier.of(situation.first, was)):
        return RecoveryPoint(volume=copy.id.volume, snapshot=at.name, age=age_of(situation.first, was, at))
    point = recovery_point(situation, copy)
    if carrying is None or not carrying.covers(copy):
        return point
    return replace(point, age=timedelta())  # nothing was written since


def _claim(situation: Situation, decision: Decision) -> Claim:
    """The claim that was begun, else a new one. Of one that was served, every site is told the same.

    It is partial where volumes are left behind: those that the candidate cannot serve, or that are served elsewhere;
    and where another run to the same back end has made it so.
    """
    candidate = decision.candidate
    unmarked = unmarked_parts(situation.first, candidate.name)
    left = (
        decision.best_effort
        or candidate.unusable
        or unmarked
        or decision.given_up_at.keys() != set(situation.first.volumes)
    )
    earlier = decision.terms.earlier
    at, keep = str(earlier or ""), bool(earlier and earlier.keeps_newer)
    claim = new_claim(situation, candidate.name, decision.epoch, partial=bool(left), at=at, keep=keep)
    known = held(situation.first, claim)
    told = held(situation.now, claim) or known
    if told is None:
        return claim
    is_part = told.claim.partial or (told.served is None and claim.partial)
    return replace(known.claim if known is not None else claim, partial=is_part)
