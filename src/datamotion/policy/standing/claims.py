"""The claims of a group, as all its sites show them: who took it over, in which epoch, told at which sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from datamotion.model.claim import Claim, claim_prefix, epoch_of, read_claim
from datamotion.model.group import Group
from datamotion.model.mirror_records import Policy
from datamotion.model.standing import Doubt, DoubtKind, HeldClaim, Site
from datamotion.model.view import Aspect, ClusterView
from datamotion.policy.home import as_new_home

_MOST_MISSED = 1000
"""Epochs that may be missing between two that were seen, where claims were deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`held` are the newest first. `epochs` are all that were given, `unreadable` those of them that leave it open who
    serves: a claim that cannot be read counts until a later one was seen to be served.

    In a group with a secret what was made without it counts for nothing, and is told, once there is one made with it.
    """

    held: tuple[HeldClaim, ...]
    newest: frozenset[str]
    epochs: tuple[int, ...]
    unreadable: frozenset[int]
    doubts: tuple[Doubt, ...]
    elsewhere: frozenset[str]  # the uuids of SVMs that it was given to, and that are no back end of it here
    svms: Mapping[str, str]  # the back end that an SVM is, by the SVM's uuid: as it is seen, or as claims tell


def read_claims(group: Group, sites: Mapping[str, Site]) -> Claims:
    """Every claim at every site that was seen, joined."""
    svms = {site.svm.uuid: name for name, site in sites.items() if site.svm}
    epochs: set[int] = set()
    unreadable: list[tuple[int, Doubt]] = []
    unsigned: list[tuple[int, Doubt]] = []
    elsewhere: dict[str, int] = {}
    found: dict[tuple[int, str], HeldClaim] = {}
    doubts: list[Doubt] = []
    policies = [(name, policy, epoch) for name, site in sites.items() for policy, epoch in _policies(group, site)]
    far_ahead = _far_ahead({epoch for _, _, epoch in policies})
    for name, policy, epoch in policies:
        if epoch in far_ahead:
            doubts.append(_runs_ahead(name, policy, epoch))
        else:
            epochs.add(epoch)
            claim = read_claim(group.name, policy.name, policy.comment)
            backend = _backend_of(claim, sites, svms) if claim else None
            is_signed = claim is not None and claim.is_sealed(group.seal)
            if claim is None or backend is None or not is_signed:
                among = unreadable if is_signed or group.seal is None else unsigned
                doubt = _unreadable(group, sites, name, policy, epoch, claim, backend)
                among.append((epoch, doubt))
                if claim is not None and among is unreadable and doubt.kind is DoubtKind.TAKEN_ELSEWHERE:
                    elsewhere[claim.svm] = epoch
                continue
            svms.setdefault(claim.svm, backend)
            key = (epoch, backend)
            found[key] = _joined(found.get(key), replace(claim, backend=backend), name, policy.uuid)
    held = sorted(_in_turn(found.values()), key=lambda each: (-each.turn, -each.epoch, each.backend))
    known = max((each.epoch for each in held if each.served and not each.claim.partial), default=0)
    if held:
        doubts += [_ignored(group, sites, doubt, epoch) for epoch, doubt in unsigned if epoch >= known]
    else:
        unreadable += unsigned
    return Claims(
        held=tuple(held),
        newest=frozenset(each.claim.key for each in held if each.turn == held[0].turn),
        epochs=tuple(sorted(epochs)),
        unreadable=frozenset(epoch for epoch, _ in unreadable if epoch >= known),
        doubts=(*doubts, *(doubt for epoch, doubt in unreadable if epoch >= known)),
        elsewhere=frozenset(svm for svm, epoch in elsewhere.items() if epoch >= known),
        svms=svms,
    )


def with_remembered(group: Group, claims: Claims, sites: Mapping[str, Site], peered: Mapping[str, str]) -> Claims:
    """And the claim that was made from here, where it is newer than all that can be seen, and whose it is cannot be.

    Whoever stands at a site that missed a failover would take it to serve otherwise, where clients write elsewhere.
    `peered`: by their uuids, the SVMs that others know by their peering. One that was claimed, and is another one than
    that, was of clusters that these are not, which had a group of the same name.
    """
    ours = group.remembered
    if ours is None or ours.backend not in sites or ours.epoch <= max(claims.epochs, default=0):
        return claims
    if sites[ours.backend].svm is not None or claims.svms.get(ours.svm, ours.backend) != ours.backend:
        return claims
    if ours.backend in peered.values() and peered.get(ours.svm) != ours.backend:
        return claims
    return replace(
        claims,
        held=(HeldClaim(claim=ours, at={}, turn=ours.epoch), *claims.held),
        newest=frozenset({ours.key}),
        epochs=(*claims.epochs, ours.epoch),
        svms={**claims.svms, ours.svm: ours.backend},
    )


def _in_turn(held: Collection[HeldClaim]) -> Iterator[HeldClaim]:
    """Each claim with the turn that it counts in.

    Epochs are in the order of their numbers, but where one was given twice, at sites that did not see each other: which
    of the two the later ones are after, they tell. The other one, and what came after that, is a rival of the newest.
    """
    newest = max((each.epoch for each in held), default=0)
    given = Counter(each.epoch for each in held)
    followed = {key for each in held for key in each.claim.after}
    for each in held:
        is_rival = given[each.epoch] > 1 and each.claim.key not in followed
        yield replace(each, turn=newest) if is_rival else each


def _far_ahead(epochs: Collection[int]) -> frozenset[int]:
    """Epochs that nothing leads up to: whoever takes one takes the next, so nobody comes so far without a trace."""
    known = sorted(epochs)
    gap = next((index for index, (a, b) in enumerate(pairwise(known), start=1) if b - a > _MOST_MISSED), len(known))
    return frozenset(known[gap:])


def _policies(group: Group, site: Site) -> Iterator[tuple[Policy, int]]:
    if isinstance(site.seen, ClusterView) and site.svm is not None:
        for policy in (*site.seen.policies, *_claims_beside(site.seen, site.svm.name)):
            if policy.svm == site.svm.name and (epoch := epoch_of(group.name, policy.name)) is not None:
                yield policy, epoch


def _claims_beside(seen: ClusterView, svm: str) -> Iterator[Policy]:
    """The policies of which what a claim says can be read, and something else cannot."""
    for each in seen.unreadable:
        if each.aspect is Aspect.POLICIES and each.svm == svm and each.name and each.uuid and each.comment:
            yield Policy(
                uuid=each.uuid,
                name=each.name,
                svm=svm,
                type="",
                schedule=None,
                takes_snapshots=False,
                comment=each.comment,
            )


def _backend_of(claim: Claim, sites: Mapping[str, Site], svms: Mapping[str, str]) -> str | None:
    """The back end that a claim gives the group to: who its SVM's uuid says, else the name that it is known by.

    A name alone counts only where that back end's own SVM was not seen.
    """
    if claim.svm in svms:
        return svms[claim.svm]
    site = sites.get(claim.backend)
    return claim.backend if site is not None and site.svm is None else None


def _joined(known: HeldClaim | None, claim: Claim, site: str, policy: str) -> HeldClaim:
    """One claim at several sites: served once one of them says so, partial if any does."""
    if known is None:
        return HeldClaim(claim=claim, at={site: policy}, turn=claim.epoch)
    joined = replace(
        known.claim,
        served=known.served or claim.served,
        partial=known.claim.partial or claim.partial,
        after=known.claim.after | claim.after,
    )
    return replace(known, claim=joined, at={**known.at, site: policy})


def _runs_ahead(site: str, policy: Policy, epoch: int) -> Doubt:
    return Doubt(
        kind=DoubtKind.CONTRADICTED,
        backend=site,
        text=f"a claim at {site} (policy {policy.name}) names an epoch that nothing leads up to: it does not count",
        hint=f"nobody takes {epoch} epochs; find out who can write at {site}, and delete that policy",
    )


def _unreadable(
    group: Group,
    sites: Mapping[str, Site],
    site: str,
    policy: Policy,
    epoch: int,
    claim: Claim | None,
    backend: str | None,
) -> Doubt:
    kind, settle = DoubtKind.UNREADABLE_CLAIM, f"datamotion settle {group.name} --keep BACKEND says who serves"
    if claim is None:
        what = f"does not say who took it: {policy.comment!r:.80}"
    elif backend is None:
        what = f"gives it to {claim.backend} (SVM {claim.svm}), which is another SVM than the one that is seen there"
        if claim.backend not in sites:
            what = f"gives it to {claim.backend} (SVM {claim.svm}), which is no back end of {group.name} here"
            kind, settle = DoubtKind.TAKEN_ELSEWHERE, _where_it_went(group, sites, claim)
    elif group.seal is None:
        what = f"gives it to {backend}, and was made with a secret, which this configuration does not name"
        settle = f"set `shared_secret` of {group.name} as the others have it; if it was given up: {settle}"
    else:
        what = f"gives it to {backend}, and was not made with the secret of {group.name}"
        settle = f"datamotion settle {group.name} --keep {backend} makes it anew with the secret, if {backend} serves"
    return Doubt(
        kind=kind,
        backend=site,
        text=f"the claim of epoch {epoch} at {site} (policy {policy.name}) {what}",
        hint=settle,
    )


def _where_it_went(group: Group, sites: Mapping[str, Site], claim: Claim) -> str:
    """What is to be done about a claim for a back end that is none of the group.

    Of a migration that is over no claim is left at the old home: these go last.
    """
    home, named = sites[group.home.name], as_new_home(group, claim.backend)
    way = f"if it is being brought there: datamotion migrate {group.name} --to {claim.backend} goes on with it"
    if claim.served is not None and home.svm is None:
        way = f"if datamotion migrate brought it there: {named}"
    elif claim.served is not None and not any(_policies(group, home)):
        return named
    return f"{way}; else name {claim.backend} among its targets in the configuration, as whoever took it has it"


def _ignored(group: Group, sites: Mapping[str, Site], doubt: Doubt, epoch: int) -> Doubt:
    """Of a claim without the group's secret, beside one that has it."""
    assert doubt.backend is not None
    place = sites[doubt.backend].backend
    policy = claim_prefix(group.name) + str(epoch)
    return replace(
        doubt,
        kind=DoubtKind.UNSIGNED_CLAIM,
        text=f"{doubt.text}: it counts for nothing",
        hint=f"if it is none of yours: at {place.cluster}: snapmirror policy delete -vserver {place.svm} -policy"
        f" {policy}, and find out who can write there; if one of you made it without the secret: datamotion settle"
        f" {group.name} --keep BACKEND says who serves, with it",
    )
