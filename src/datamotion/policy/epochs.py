"""Taking an epoch: the same claim at every site that was seen, one site after the other, before anything is served.

All who claim go in the same order, by the SVMs' uuids: so of two that meet at any site one comes through, and the other
is told who won. `docs/design/epochs.md` says why that is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from datamotion.model.claim import Claim, read_claim
from datamotion.model.mirror_records import Policy
from datamotion.model.plan import Gate
from datamotion.model.serving_acts import ConfirmClaim, TakeEpoch
from datamotion.model.standing import HeldClaim, Site, Standing
from datamotion.model.view import Aspect, ClusterView
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_TAKE = Phase(rank=10, title="Take epoch", because="every site that can be reached learns who serves")
_CONFIRM = Phase(
    rank=90,
    title="Confirm the epoch",
    because="every volume is served by then: who finds this claim need not ask whether it was cut short",
    gate=Gate.END,
)


def seen_at(standing: Standing, backend: str) -> datetime | None:
    """When a back end was looked at; None where it was not seen."""
    seen = standing.sites[backend].seen
    return seen.observed_at if isinstance(seen, ClusterView) else None


def mirrors_seen_at(standing: Standing, backend: str) -> datetime:
    """When the relationships of a back end that was seen were looked at."""
    seen = standing.sites[backend].seen
    assert isinstance(seen, ClusterView)
    return seen.looked_at[Aspect.RELATIONSHIPS]


def new_claim(
    situation: Situation,
    backend: str,
    epoch: int,
    *,
    partial: bool = False,
    served: bool = False,
    at: str = "",
    keep: bool = False,
) -> Claim:
    """The claim that a run makes: the same each time that it plans again."""
    since = seen_at(situation.first, backend)
    svm = situation.now.sites[backend].svm
    assert since is not None
    assert svm is not None
    return Claim(
        group=situation.now.group.name,
        epoch=epoch,
        backend=backend,
        svm=svm.uuid,
        since=since,
        by=situation.by,
        partial=partial,
        served=since if served else None,
        after=situation.first.newest,
        at=at,
        keep=keep,
    )


def held(standing: Standing, claim: Claim) -> HeldClaim | None:
    """This claim as it was seen, at whatever sites."""
    wanted = (claim.epoch, claim.backend)
    return next((each for each in standing.claims if (each.epoch, each.backend) == wanted), None)


def untold(standing: Standing, claim: Claim) -> set[str]:
    """Back ends that are still to hold a claim.

    Once it was served that is none where another one of its epoch came first: the name is taken there, and who took it
    lost. Whoever finds that alone is told no more by it than that somebody may serve elsewhere.
    """
    known = held(standing, claim)
    at, is_served = (known.at, known.served is not None) if known else ({}, False)
    return {
        name
        for name, site in standing.sites.items()
        if name not in at and not (is_served and any(each.name == claim.policy for each in _policies(site)))
    }


def take(due: StepList, standing: Standing, claim: Claim, *, because: str, gate: Gate) -> None:
    """Every site that was seen and is still to hold the claim is asked to."""
    missing, sealed = untold(standing, claim), claim.sealed(standing.group.seal)
    for number, site in enumerate(_in_order(standing.sites.values())):
        if site.backend.name not in missing or site.svm is None:
            continue
        title = f"{_TAKE.title} {claim.epoch}"
        phase = replace(_TAKE, rank=_TAKE.rank + number, title=title, because=because, gate=gate)
        text = f"{site.backend.name}: epoch {claim.epoch} of {claim.group} is that of {claim.backend}"
        due.add(phase, site.backend, None, TakeEpoch(svm=site.svm.name, claim=sealed), text)


def confirm(due: StepList, situation: Situation, claim: Claim, gate: Gate) -> None:
    """Every site that holds the claim, or is about to, learns that it was served: once all is that `gate` waits for."""
    known = held(situation.now, claim)
    if known is not None and known.served is not None:
        return
    served = replace(claim, served=seen_at(situation.first, claim.backend)).sealed(situation.now.group.seal)
    for site in _in_order(situation.now.sites.values()):
        if site.svm is not None:
            uuid = known.at.get(site.backend.name) if known else None
            change = ConfirmClaim(uuid=uuid or "", claim=served)
            due.add(
                replace(_CONFIRM, gate=gate),
                site.backend,
                None,
                change,
                f"{site.backend.name}: {claim.backend} serves {claim.group}",
            )


def tell_served(due: StepList, standing: Standing, but: Iterable[str]) -> None:
    """Sites that hold the newest claim, and have not been told yet what another one was, that it was served, are told.

    `but` are sites of which the claims go: what they alone were told would go with them.
    """
    newest, left = next(iter(standing.claims), None), frozenset(but)
    if newest is None or newest.served is None:
        return
    for name in sorted(newest.at.keys() - left):
        site, uuid = standing.sites[name], newest.at[name]
        if any(each.uuid == uuid and not _is_served(newest, each) for each in _policies(site)):
            change = ConfirmClaim(uuid=uuid, claim=newest.claim.sealed(standing.group.seal))
            text = f"{name}: {newest.backend} serves {standing.group.name}"
            due.add(replace(_CONFIRM, gate=Gate.ALL), site.backend, None, change, text)


def _policies(site: Site) -> tuple[Policy, ...]:
    policies = site.seen.policies if isinstance(site.seen, ClusterView) and site.svm is not None else ()
    return tuple(each for each in policies if site.svm is not None and each.svm == site.svm.name)


def _is_served(held: HeldClaim, policy: Policy) -> bool:
    claim = read_claim(held.claim.group, policy.name, policy.comment)
    return claim is not None and claim.served is not None


def _in_order(sites: Iterable[Site]) -> list[Site]:
    return sorted((each for each in sites if each.svm is not None), key=lambda each: each.svm.uuid if each.svm else "")
