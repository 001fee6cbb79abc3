"""What a failover goes to: the back end that was asked for, the one whose epoch was begun, or the best there is.

    the newest claim            without --to            --to that back end     --to another one
    served, by the home         the best of the others  nothing to do          if it can take over
    served, elsewhere, seen     finish or nothing       finish or nothing      --overrule only: it works
    served, elsewhere, unseen   the best of the others  nothing to ask there   if it can take over
    served, of a part           as served               the others come too*   as served
      while others are lost     it, or the best*        those come too*        if it can take those over
    never confirmed             go on with it           go on with it          --overrule only: it may go on still
      at an older state       with that --at only     with that --at only    as never confirmed
    two of one turn             settled first, or --overrule names the other one
    none that can be told       settled first, or --overrule names the one that served last
    * in the next epoch: one that was served is over

Only what the first look of a run shows decides: a rival that turns fresher must not lead to breaking a second leg.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datamotion.model.plan import Refusal
from datamotion.model.standing import CopyId, DoubtKind, HeldClaim, Standing
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.failover.choice import FailoverChoice, lost_volumes, works
from datamotion.policy.failover.refusals import (
    contested,
    it_works,
    nobody_known,
    perhaps_served,
    serves_already,
    serves_newer,
    serves_still,
    was_begun,
    was_begun_at,
)

_NOBODY_KNOWN = frozenset({DoubtKind.UNCLAIMED, DoubtKind.UNREADABLE_CLAIM, DoubtKind.TAKEN_ELSEWHERE})


@dataclass(frozen=True, slots=True)
class Goal:
    """The back end to go to, None for the best one; the epoch."""

    to: str | None
    epoch: int


def goal_of(standing: Standing, choice: FailoverChoice) -> Goal | Refusal:
    """What the claims leave to choose."""
    newest = standing.contenders
    doubt = next((each for each in standing.doubts if each.kind in _NOBODY_KNOWN), None)
    if choice.overrule is not None and (newest or doubt):
        return _overruling(standing, choice, () if doubt else newest)
    if doubt is not None or not newest:
        return nobody_known(standing, doubt)
    if len(newest) > 1:
        return contested(standing, newest)
    holder = newest[0]
    if refusal := _not_otherwise(standing, choice, holder):
        return refusal
    if choice.to == holder.backend:
        return Goal(holder.backend, holder.epoch)
    return _beside_served(standing, choice, holder) if holder.served else _beside_begun(standing, choice, holder)


def _is_as_begun(holder: HeldClaim, choice: FailoverChoice) -> bool:
    """Whether the state that is asked for is the one that its epoch was taken for."""
    return not holder.claim.at or holder.claim.at == str(choice.earlier)


def is_more(standing: Standing, goal: Goal, moving: Mapping[str, str]) -> bool:
    """Whether volumes come to a back end that serves a part of the group since an epoch that is over."""
    took = next((each for each in standing.claims if (each.backend, each.epoch) == (goal.to, goal.epoch)), None)
    if took is None or took.served is None or not took.claim.partial:
        return False
    return any(standing.active[volume] != CopyId(took.backend, volume) for volume in moving)


def _not_otherwise(standing: Standing, choice: FailoverChoice, holder: HeldClaim) -> Refusal | None:
    """Why who serves, or is about to, is not asked to serve otherwise."""
    if holder.served is None:
        is_other = choice.to in (None, holder.backend) and not _is_as_begun(holder, choice)
        return was_begun_at(standing, holder, choice) if is_other else None
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
    if not holder.claim.at:  # it went to the newest one, however few snapshots were taken since
        return False
    served = [copy for copy in standing.copies.values() if standing.active[copy.id.volume] == copy.id]
    return all(earlier.is_served_by(standing, copy) for copy in served if copy.id.backend == holder.backend)


def _beside_served(standing: Standing, choice: FailoverChoice, holder: HeldClaim) -> Goal | Refusal:
    is_home = holder.backend == standing.group.home.name
    is_wished = choice.may_be_planned and choice.to is not None
    if is_home or is_wished or not works(standing, holder.backend):
        return Goal(choice.to, standing.next_epoch)
    lost = () if choice.is_planned is True else lost_volumes(standing, holder.backend)
    if lost and (choice.to is not None or not all(_mirrors(standing, holder.backend, each) for each in lost)):
        return Goal(choice.to, standing.next_epoch)
    if choice.to is None:
        return Goal(holder.backend, holder.epoch)
    return it_works(standing, holder, choice, choice.to)


def _mirrors(standing: Standing, backend: str, volume: str) -> bool:
    copy = standing.copies.get(CopyId(backend, volume))
    return copy is not None and copy.edge is not None and copy.edge.holds_copy


def _beside_begun(standing: Standing, choice: FailoverChoice, holder: HeldClaim) -> Goal | Refusal:
    """A claim that nobody confirmed: its run may go on this moment, or have died."""
    site = standing.sites[holder.backend]
    if choice.to is None and site.svm is not None:
        return Goal(holder.backend, holder.epoch)
    return perhaps_served(standing, holder, choice) if site.svm is None else was_begun(standing, holder, choice)


def _overruling(standing: Standing, choice: FailoverChoice, newest: Sequence[HeldClaim]) -> Goal | Refusal:
    group = standing.group.name
    rivals = [each.backend for each in newest if each.backend != choice.to]
    if choice.to is None:
        return Refusal(text="--overrule needs --to: which back end is to serve instead", hint="name it with --to")
    if not newest:  # which claim is the newest nobody can tell: it is as the operator says
        return Goal(choice.to, standing.next_epoch)
    if not rivals:  # an earlier run has overruled it already, and was cut short
        return _not_otherwise(standing, choice, newest[0]) or Goal(choice.to, newest[0].epoch)
    if choice.overrule not in rivals or len(rivals) > 1:
        return Refusal(
            text=f"the newest epoch of {group} is that of {' and '.join(rivals)}, not of {choice.overrule} alone",
            hint=f"datamotion status {group} shows every claim",
        )
    served = {active.backend for active in standing.active.values() if active is not None}
    if len(newest) == 1 and choice.overrule not in served and (refusal := serves_still(standing, newest[0], choice)):
        return refusal
    return Goal(choice.to, standing.next_epoch)
