"""What a claim needs to count beside being written: whoever has rights at one site can make one there.

A claim makes no copy writable, and what it says of its own back end can be looked at there. One that its back end's
copies contradict is set aside: it is told, it fences nobody, and nothing waits for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import takewhile

from datamotion.model.standing import CopyId, Doubt, DoubtKind, HeldClaim, Site, is_fence
from datamotion.model.units import moment_text
from datamotion.model.view import ClusterView
from datamotion.policy.standing.claims import Claims
from datamotion.policy.standing.serving import Seen, SeenAt

_APART = timedelta(minutes=10)
"""More than lies between two looks of one command, and between the clocks of those who run them."""


def borne_out(group: str, claims: Claims, sites: Mapping[str, Site], copies: SeenAt) -> Claims:
    """The claims but for those that lost, and but for the newest ones that their own back ends contradict."""
    writable = {backend for backend, held in copies.items() if any(copy.is_writable for copy in held.values())}
    return _without_contradicted(group, _without_withdrawn(claims, sites, writable), sites, copies)


def _without_withdrawn(claims: Claims, sites: Mapping[str, Site], writable: Collection[str]) -> Claims:
    """The claims but for those that lost: another one of their turn was served, and nothing was ever broken off.

    `writable` are the back ends with a copy that can be written. What was not seen may have gone on.
    """
    served = Counter(each.turn for each in claims.held if each.served)
    lost = [
        each
        for each in claims.held
        if each.served is None
        and served[each.turn] == 1
        and sites[each.backend].svm is not None
        and each.backend not in writable
    ]
    return replace(claims, held=tuple(each for each in claims.held if each not in lost)) if lost else claims


def _without_contradicted(group: str, claims: Claims, sites: Mapping[str, Site], copies: SeenAt) -> Claims:
    """The claims but for the newest ones whose back end holds nothing but mirrors of what an earlier claim serves."""
    contradicted = list(takewhile(lambda each: _is_contradicted(each, claims.held, sites, copies), claims.held))
    if not contradicted:
        return claims
    return replace(
        claims,
        held=claims.held[len(contradicted) :],
        doubts=(*claims.doubts, *(_doubt(group, each, copies[each.backend].values()) for each in contradicted)),
    )


def _is_contradicted(claim: HeldClaim, held: Iterable[HeldClaim], sites: Mapping[str, Site], copies: SeenAt) -> bool:
    if claim.served is None or claim.claim.partial or sites[claim.backend].svm is None:
        return False
    if not _was_seen_since(claim, sites[claim.backend]):
        return False
    earlier = {each.backend for each in held if each.turn < claim.turn}
    there = copies[claim.backend].values()
    return bool(there) and all(_mirrors_one_of(earlier, copy, sites, copies) for copy in there)


def _was_seen_since(claim: HeldClaim, site: Site) -> bool:
    """Whether its back end was looked at well after it is said to have served: sites are not looked at all at once.

    Where our clock and that cluster's are far apart nobody can tell which is wrong, nor how long ago that was.
    """
    assert claim.served is not None
    if not isinstance(site.seen, ClusterView) or site.seen.clock.ahead is None or not site.seen.clock.is_believed:
        return False
    return abs(site.seen.observed_at - claim.served) > _APART + abs(site.seen.clock.ahead)


def _mirrors_one_of(backends: Collection[str], copy: Seen, sites: Mapping[str, Site], copies: SeenAt) -> bool:
    """Whether a copy is a whole mirror of one at these back ends that clients can come to, or that was not seen."""
    edge = copy.edge
    if copy.is_writable or edge is None or not edge.holds_copy or not isinstance(edge.source, CopyId):
        return False
    if edge.source.backend not in backends:
        return False
    if sites[edge.source.backend].svm is None:
        return True
    source = copies[edge.source.backend].get(edge.source.volume)
    return source is not None and source.is_writable and not is_fence(source.volume, source.doors)


def _doubt(group: str, claim: HeldClaim, there: Iterable[Seen]) -> Doubt:
    sources = {copy.edge.source.backend for copy in there if copy.edge and isinstance(copy.edge.source, CopyId)}
    source = " and ".join(sorted(sources))
    return Doubt(
        kind=DoubtKind.CONTRADICTED,
        backend=claim.backend,
        text=f"a claim says that {claim.backend} serves {group} since {moment_text(claim.claim.since)} (epoch"
        f" {claim.epoch}, by {claim.claim.by}), and all that it holds are mirrors of {source}: it does not count",
        hint=f"if a failover was undone by hand, datamotion settle {group} --keep {source} closes it; if nobody of you"
        f" made that claim, find out who can write at {claim.backend}",
    )
