"""Failing a group over to another back end, from what the ones that are left report.

Where it is not a planned one, whoever served last is not asked for anything, not even for a name: it may be gone.
First the epoch is taken at every site that was seen, copies in sight that it overtakes are fenced; then for each
volume: abort the transfer that runs, pause, break, serve. Only the chosen leg is broken. Last, the claim is confirmed.
What is so already is not in the plan, so an interrupted failover is finished by planning again: it keeps to the back
end and the epoch that were claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from datamotion.model.claim import Claim
from datamotion.model.group import Group
from datamotion.model.plan import Gate, Plan, RecoveryPoint, Refusal
from datamotion.model.standing import FENCE, Copy, Standing
from datamotion.model.units import count_text
from datamotion.model.words import Operation, Role
from datamotion.policy.breaking import break_off
from datamotion.policy.common import Common, age_of
from datamotion.policy.epochs import confirm, held, mirrors_seen_at, new_claim, take
from datamotion.policy.failover_choice import Decision, FailoverChoice, decide, keep_to
from datamotion.policy.failover_notes import failover_notes, kept_notes, of_staying, what_follows
from datamotion.policy.fence import Occasion, fence
from datamotion.policy.giving import Giving
from datamotion.policy.hooks import Moves, add_hooks
from datamotion.policy.keeping import Keeping
from datamotion.policy.letting_in import serve
from datamotion.policy.losses import recovery_point, worst_first
from datamotion.policy.needs import export_policies, names_text, path_of
from datamotion.policy.planned import Carrying
from datamotion.policy.provision import give, offered
from datamotion.policy.recovery import Earlier
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import StepList

_KEEP = 39  # the rank of the first of the three phases of `keeping`: behind the pause, before the break
_TO_MOVE = timedelta(seconds=5)  # within which a transfer that moves is seen to
_COMES_TO = frozenset({Role.ACTIVE, Role.OVERTAKEN, Role.UNCLEAR})
_TAKE_BECAUSE = "every site that can be reached learns who serves, and of two failovers at once only one comes through"


def failover_planner(group: Group, choice: FailoverChoice) -> Planner:
    """The planner for `datamotion failover`."""
    where = f" to {choice.to}" if choice.to else ""

    def title(decision: Decision | None) -> str:
        if decision is None:
            return f"Fail {group.name} over{where}"
        if decision.sources == decision.candidate.name:
            return f"Serve {group.name} from {decision.candidate.name}, which serves it already"
        goes_to = f"{decision.candidate.name}, epoch {decision.epoch}"
        return f"Fail {group.name} over from {decision.sources} to {goes_to}"

    def decided(situation: Situation) -> Decision | Refusal:
        return decide(situation.first, choice, situation.agreed)

    return serving_planner(group, Operation.FAILOVER, decided, title)


def serving_planner(
    group: Group,
    operation: Operation,
    decide: Callable[[Situation], Decision | Refusal],
    title: Callable[[Decision | None], str],
) -> Planner:
    """A planner that makes one back end serve: the one that is decided on by the first look of a run, to its end."""
    decided: list[tuple[Standing, Decision | Refusal]] = []  # the last one; it would come to the same again

    def plan(situation: Situation) -> Plan:
        if not decided or decided[0][0] is not situation.first:
            decided[:] = [(situation.first, decide(situation))]
        decision = decided[0][1]
        if isinstance(decision, Decision) and situation.now is not situation.first:
            decision = keep_to(decision, situation.first, situation.now)
        if isinstance(decision, Refusal):
            return Plan(operation=operation, group=group.name, title=title(None), refusals=(decision,))
        return _plan(situation, decision, operation, title(decision))

    return plan


def also_needed(standing: Standing) -> frozenset[str]:
    """The clusters that a failover has to look at beside the targets'.

    None while every target was seen and says that the home serves: then there is nothing that the home alone knows.
    Where a target was not seen, or another back end served last, the home knows what it was told when it was fenced.
    """
    group = standing.group
    targets_seen = all(standing.sites[target.backend.name].unseen is None for target in group.targets)
    served_last = standing.claims[0].backend if standing.claims else group.home.name
    if targets_seen and served_last == group.home.name:
        return frozenset()
    return frozenset({group.home.cluster})


def _plan(situation: Situation, decision: Decision, operation: Operation, title: str) -> Plan:
    standing, chosen = situation.now, decision.candidate
    group, due = standing.group, StepList()
    refusals = [
        Refusal(volume=volume, backend=chosen.name, text=f"{volume} cannot be served: {why}")
        for volume, why in chosen.unusable.items()
    ]
    claim = _claim(situation, decision)
    if left := _left_behind(situation, decision, claim):
        staying = {each.volume: each.text for each in left if each.volume is not None}
        chosen, claim = replace(chosen, unusable={**chosen.unusable, **staying}), replace(claim, partial=True)
        refusals += [*left, *_where_they_were(situation, decision, left)]
    moving = [copy for copy in chosen.usable if not _is_served(standing, copy, claim)]
    served = [copy for copy in chosen.usable if _is_served(standing, copy, claim)]
    carrying = _carrying(situation, decision, moving, claim)
    if carrying is not None:
        carrying.plan(due)
        if not carrying.is_decided and (carrying.refusals or (left and not _comes(standing, chosen.usable))):
            refusal = _none_is_moved(decision, group.name, carrying.refusals or left)
            return Plan(operation=operation, group=group.name, title=title, refusals=(refusal,))
        refusals += carrying.refusals
    keeping = _keep_newer(due, standing, decision, moving)
    if keeping and held(standing, claim) is None:
        return Plan(operation=operation, group=group.name, title=title, refusals=(_nothing_is_kept(keeping),))
    refusals += keeping
    unkept = {each.volume for each in keeping}
    moving = [copy for copy in moving if copy.id.volume not in unkept]
    if chosen.usable:
        take(due, standing, claim, because=_TAKE_BECAUSE, gate=Gate.ALL)
        # A copy that could be written before serves from the moment of the claim: its rivals are fenced all the same.
        frozen = carrying.names if carrying else {}
        rivals = [each for each in _to_be_fenced(standing, decision, chosen.usable) if each.id not in frozen]
        because = f"{chosen.name} serves from here on: two must not serve the same volume"
        refusals += fence(due, standing, rivals, Occasion(because, gate=Gate.ALL))
    _serve_all(due, situation, decision, moving, claim, carrying)
    offers = offered(chosen.site)
    for copy in () if decision.terms.is_kept else chosen.usable:
        if copy.edge is not None:  # what was never a mirror has what it was given
            give(due, standing, copy, offers)
    ways = Giving(standing, chosen.site, is_carried=carrying is not None)
    ways.plan(due, [copy for copy in chosen.usable if copy.edge is not None and not decision.terms.is_kept])
    confirm(due, situation, claim)
    add_hooks(due, situation, _moves(decision, claim), is_planned=carrying is not None)
    steps = due.steps()
    notes = [
        *(failover_notes(standing, decision, moving, _to_be_fenced(standing, decision, moving)) if steps else ()),
        *kept_notes(moving, steps),
    ]
    staying_notes, staying_refusals = of_staying(standing, decision, steps)
    refusals += staying_refusals
    losing = {copy.id.volume for copy in moving if standing.active[copy.id.volume] != copy.id}
    losing -= {copy.id.volume for copy in moving if carrying is not None and carrying.covers(copy)}
    losses = [loss for loss in chosen.losses if loss.volume in losing and loss.given_up_at != chosen.name]
    if carrying is not None:
        late = [copy.id.volume for copy in chosen.usable if carrying.is_late(copy)]
        title += ", as planned" if losses or late else ", as planned: no write is lost"
        if late:
            notes.append(
                f"{names_text(late)}: clients could write at {decision.sources} after the last snapshot was taken. What"
                f" they wrote since is not served; datamotion reprotect {group.name} keeps it."
            )
    return Plan(
        operation=operation,
        group=group.name,
        title=title,
        steps=steps,
        losses=worst_first(losses),
        refusals=tuple(refusals),
        then=(what_follows(decision),) if decision.reprotects and steps else (),
        notes=(*notes, *staying_notes),
        differences=tuple(f"{chosen.name} differs: {each}." for each in ways.differences()),
        recovery_points=tuple(
            _recovery_point(situation, copy, carrying, decision.terms.earlier)
            for copy in chosen.usable
            if not _was_served(situation.first, copy)
        ),
        holds=frozenset(copy.id for copy in (*served, *_fenced(standing, served))),
        backend=chosen.name,
        epoch=claim.epoch,
    )


def _moves(decision: Decision, claim: Claim) -> Moves:
    sources = tuple(sorted({name for name in decision.given_up_at.values() if name != claim.backend}))
    volumes = tuple(copy.id.volume for copy in decision.candidate.usable)
    return Moves(to=claim.backend, sources=sources, volumes=volumes, epoch=claim.epoch)


def _carrying(situation: Situation, decision: Decision, moving: Sequence[Copy], claim: Claim) -> Carrying | None:
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
            lands_until = _lands_until(situation, copy, decision.pace.grace)
            at = earlier.of(standing, copy) if earlier is not None else None
            break_off(due, standing, copy, with_all=carrying is not None, lands_until=lands_until, at=at)
        serve(due, standing, copy, claim, known, paths, gate)


def _left_behind(situation: Situation, decision: Decision, claim: Claim) -> Sequence[Refusal]:
    """Why which volumes stay where they are served, where that keeps no other volume from going."""
    usable = decision.candidate.usable
    moving = [copy for copy in usable if not _is_served(situation.now, copy, claim)]
    carrying = _carrying(situation, decision, moving, claim)
    if carrying is None or not (decision.best_effort or carrying.is_decided):
        return ()
    return carrying.left_behind()


def _was_served(first: Standing, copy: Copy) -> bool:
    """Whether a copy served before this failover, which adds more to the part that its back end took over."""
    served = first.active.get(copy.id.volume) == copy.id
    parts = (each for each in first.claims if each.served is not None and each.claim.partial)
    return served and any(each.backend == copy.id.backend for each in parts)


def _comes(standing: Standing, copies: Sequence[Copy]) -> bool:
    """Whether any of these is of a volume that is served elsewhere yet."""
    return any(standing.active[copy.id.volume] != copy.id for copy in copies)


def _where_they_were(situation: Situation, decision: Decision, left: Sequence[Refusal]) -> Iterator[Refusal]:
    """The same of what serves them, where this run has asked for anything there already."""
    asked = {(act.volume, act.backend) for act in situation.accepted}
    for each in left:
        if each.volume is not None and (each.volume, at := decision.given_up_at[each.volume]) in asked:
            yield replace(each, backend=at)


def _keep_newer(due: StepList, standing: Standing, decision: Decision, moving: Sequence[Copy]) -> list[Refusal]:
    """What is newer than what mirrors go back to is cloned first; what stands in the way of that comes back."""
    earlier, refusals = decision.terms.earlier, list[Refusal]()
    if earlier is None or not earlier.keeps_newer:
        return refusals
    give_up = "without --keep-newer it is given up"
    keeping = Keeping(decision.candidate.site, decision.epoch, due, _KEEP, give_up)
    for copy in moving:
        if copy.is_writable or not (newer := earlier.newer(standing, copy)):
            continue
        if obstacle := keeping.keep(copy, Common(newer[-1], ())):
            text = f"what {copy.id.volume} holds from {newer[0].name} on cannot be kept: {obstacle[0]}"
            refusals.append(Refusal(volume=copy.id.volume, backend=copy.id.backend, text=text, hint=obstacle[1]))
    return refusals


def _nothing_is_kept(refusals: Sequence[Refusal]) -> Refusal:
    more = f" (and {count_text(len(refusals) - 1, 'other')})" if len(refusals) > 1 else ""
    return Refusal(text=f"nothing is failed over, because {refusals[0].text}{more}", hint=refusals[0].hint)


def _lands_until(situation: Situation, copy: Copy, grace: timedelta) -> datetime | None:
    """Up to when a transfer may land that runs; None: it has no time, or has not moved for what it has had of it."""
    began, now = (mirrors_seen_at(each, copy.id.backend) for each in (situation.first, situation.now))
    has_moved = _bytes(copy) != _bytes(situation.first.copies.get(copy.id))
    return began + grace if now < began + (grace if has_moved else min(grace, _TO_MOVE)) else None


def _bytes(copy: Copy | None) -> int | None:
    transfer = copy.edge.relationship.transfer if copy is not None and copy.edge is not None else None
    return transfer.bytes_transferred if transfer is not None else None


def _recovery_point(
    situation: Situation, copy: Copy, carrying: Carrying | None, earlier: Earlier | None
) -> RecoveryPoint:
    was = situation.first.copies.get(copy.id)
    if earlier is not None and was is not None and not was.is_writable and (at := earlier.of(situation.first, was)):
        return RecoveryPoint(volume=copy.id.volume, snapshot=at.name, age=age_of(situation.first, copy.id.backend, at))
    point = recovery_point(situation, copy)
    if carrying is None or not carrying.covers(copy):
        return point
    return replace(point, age=timedelta())  # nothing was written since


def _none_is_moved(decision: Decision, group: str, refusals: Sequence[Refusal]) -> Refusal:
    """Of a planned failover all volumes come along, or none."""
    more = f" (and {count_text(len(refusals) - 1, 'other')} cannot)" if len(refusals) > 1 else ""
    command = f"datamotion failover {group} --to {decision.candidate.name}"
    others = len(decision.candidate.usable) > len(refusals) and not (decision.best_effort or decision.gathers)
    ways = [*filter(None, [refusals[0].hint]), *([f"{command} --best-effort moves the others"] if others else [])]
    unplanned = f"if {decision.sources} is lost: {command} --unplanned gives up what it lacks"
    return Refusal(text=f"no volume is moved, because {refusals[0].text}{more}", hint="; or ".join([*ways, unplanned]))


def _claim(situation: Situation, decision: Decision) -> Claim:
    """The claim that was begun, else a new one.

    It is partial where volumes are left behind: those that the candidate cannot serve, or that are served elsewhere.
    """
    candidate = decision.candidate
    left = decision.best_effort or candidate.unusable or decision.given_up_at.keys() != set(situation.first.volumes)
    claim = new_claim(situation, candidate.name, decision.epoch, partial=bool(left))
    known = held(situation.first, claim)
    return replace(known.claim, partial=known.claim.partial or claim.partial) if known else claim


def _is_served(standing: Standing, copy: Copy, claim: Claim) -> bool:
    """Whether clients find this copy where they should, under this claim."""
    path = path_of(standing, copy.id.volume).path
    mounted = path is None or (copy.volume.path or "").casefold() == path.casefold()
    told = not claim.partial or (copy.mark is not None and copy.mark.epoch == claim.epoch)
    return standing.active[copy.id.volume] == copy.id and mounted and told and copy.volume.export != FENCE


def _to_be_fenced(standing: Standing, decision: Decision, served: Sequence[Copy]) -> list[Copy]:
    """What clients can come to, in sight, of the volumes that these copies are about to serve."""
    return [
        copy
        for each in served
        for copy in standing.copies_of(each.id.volume)
        if copy.id != each.id and _comes_to(copy, decision) and not copy.is_fenced
    ]


def _fenced(standing: Standing, served: Sequence[Copy]) -> list[Copy]:
    """The other copies of these volumes that served once, and that no client can come to."""
    return [
        copy
        for each in served
        for copy in standing.copies_of(each.id.volume)
        if copy.id != each.id and copy.role is Role.FENCED
    ]


def _comes_to(copy: Copy, decision: Decision) -> bool:
    """Whether clients come to a copy. Where a kept one serves already, one whose claim was lost is broken off."""
    return copy.role in _COMES_TO or (copy.role is Role.BROKEN and decision.terms.is_kept)
