"""Who serves a group, as reports say it: back end by back end, since a failover may have taken a part only."""

from __future__ import annotations

from collections import Counter

from datamotion.model.standing import HeldClaim, Site, Standing
from datamotion.policy.copies.brought_back import is_shut
from datamotion.service.status_reports import ServedReport


def served_reports(standing: Standing) -> tuple[ServedReport, ...]:
    """What each back end serves of a group, in the order of its back ends."""
    served = Counter(active.backend for active in standing.active.values() if active is not None)
    claims = {each.backend: each for each in reversed(standing.claims)}
    return tuple(
        _served(standing.sites[backend.name], served[backend.name], claims.get(backend.name))
        for backend in standing.group.backends
        if served[backend.name]
    )


def _served(site: Site, volumes: int, held: HeldClaim | None) -> ServedReport:
    return ServedReport(
        backend=site.backend.name,
        is_seen=site.svm is not None,
        volumes=volumes,
        epoch=held.epoch if held else None,
        since=held.claim.since if held else None,
        by=held.claim.by if held else None,
    )


def shut_out(standing: Standing) -> tuple[str, ...]:
    """The volumes that no client comes to, though it is known who serves them: a run shut them, or was cut off."""
    active = {volume: standing.copies.get(each) for volume, each in standing.active.items() if each is not None}
    return tuple(volume for volume, copy in active.items() if copy is not None and is_shut(copy))


def serving_backend(standing: Standing) -> str | None:
    """The back end that serves every volume; None where they are divided, or nobody can tell of one of them."""
    backends = {active.backend if active else None for active in standing.active.values()}
    return backends.pop() if len(backends) == 1 else None
