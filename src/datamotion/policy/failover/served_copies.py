"""Which copies are served, and what becomes of the others of their volumes when a back end takes over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from datamotion.model.claim import Claim
from datamotion.model.standing import FENCE, Copy, Standing
from datamotion.model.words import Role
from datamotion.policy.needs import path_of

if TYPE_CHECKING:
    from datamotion.policy.failover.decision import Decision

_COMES_TO = frozenset({Role.ACTIVE, Role.OVERTAKEN, Role.UNCLEAR})


def is_served(standing: Standing, copy: Copy, claim: Claim) -> bool:
    """Whether clients find this copy where they should, under this claim, and nothing marks it as frozen still."""
    path = path_of(standing, copy.id.volume).path
    mounted = path is None or (copy.volume.path or "").casefold() == path.casefold()
    told = not claim.partial or (copy.mark is not None and copy.mark.epoch == claim.epoch)
    is_open = copy.volume.export != FENCE and not (copy.mark is not None and copy.mark.frozen)
    return standing.active[copy.id.volume] == copy.id and mounted and told and is_open


def was_served(first: Standing, copy: Copy) -> bool:
    """Whether a copy served before this failover, which adds more to the part that its back end took over."""
    served = first.active.get(copy.id.volume) == copy.id
    parts = (each for each in first.claims if each.served is not None and each.claim.partial)
    return served and any(each.backend == copy.id.backend for each in parts)


def comes(standing: Standing, copies: Sequence[Copy]) -> bool:
    """Whether any of these is of a volume that is served elsewhere yet."""
    return any(standing.active[copy.id.volume] != copy.id for copy in copies)


def to_be_fenced(standing: Standing, decision: Decision, served: Sequence[Copy]) -> list[Copy]:
    """What clients can come to, in sight, of the volumes that these copies are about to serve."""
    return [
        copy
        for each in served
        for copy in standing.copies_of(each.id.volume)
        if copy.id != each.id and _comes_to(copy, decision) and not copy.is_fenced
    ]


def fenced_beside(standing: Standing, served: Sequence[Copy]) -> list[Copy]:
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
