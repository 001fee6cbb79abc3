"""What mirrors at a target need: peered clusters and SVMs, a policy, a schedule, aggregates."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.group import Target
from datamotion.model.records import Policy, SvmPeer
from datamotion.model.standing import Site, Standing
from datamotion.model.view import Aspect, ClusterView
from datamotion.service.findings import checked, noted, unlooked
from datamotion.service.reports import CheckLine

_PEERINGS = {
    "initiated": "it waits to be accepted: datamotion apply accepts it",
    "pending": "it waits to be accepted: datamotion apply accepts it",
    "initializing": "it is being made",
}
"""States of an SVM peering that pass, and what comes next."""
_MENDED_BY = {"suspended": "`vserver peer resume` there", "rejected": "`vserver peer delete` there, then apply again"}


def target_lines(standing: Standing, target: Target) -> Iterator[CheckLine]:
    """Every back end may come to serve, so a target is looked at with each of the others."""
    here = standing.sites[target.backend.name]
    for other in standing.sites.values():
        if other is not here:
            yield from _pair_lines(here, other, is_needed=other.backend == standing.group.home)
    name, cluster = target.backend.name, target.backend.cluster
    if not isinstance(here.seen, ClusterView):
        reason = here.unseen.reason if here.unseen else "it was not asked"
        yield unlooked(name, f"its policy, schedule and aggregates on {cluster}", reason)
        return
    yield from _policy_lines(target, here.seen)
    if target.schedule is not None:
        hint = "make it, or correct `schedule` in the configuration"
        gap = here.seen.gap(Aspect.SCHEDULES, target.schedule)
        yield _is_there(
            name, f"schedule {target.schedule} is on {cluster}", target.schedule in here.seen.schedules, gap, hint
        )
    there = {each.name for each in here.seen.aggregates}
    for aggregate in sorted({each for names in target.aggregates.values() for each in names}):
        hint, gap = "correct `aggregates` in the configuration", here.seen.gap(Aspect.AGGREGATES, aggregate)
        yield _is_there(name, f"aggregate {aggregate} is on {cluster}", aggregate in there, gap, hint)


def _is_there(name: str, what: str, is_seen: bool, gap: str | None, hint: str) -> CheckLine:
    """Whether something is, where a record that cannot be read may be it."""
    if not is_seen and gap is not None:
        return unlooked(name, what, gap)
    return checked(name, what, None if is_seen else "there is none", hint)


def _policy_lines(target: Target, seen: ClusterView) -> Iterator[CheckLine]:
    name, what = target.backend.name, f"policy {target.policy} is on {target.backend.cluster}"
    policy = seen.policy(target.policy, target.backend.svm)
    if policy is None:
        gap = seen.gap(Aspect.POLICIES, target.policy, target.backend.svm)
        yield _is_there(name, what, False, gap, "correct `policy` in the configuration")
        return
    yield checked(name, f"{what}, of type {policy.type}", None)
    yield checked(name, f"policy {policy.name} carries the newest writes", *_unfit(policy))


def _unfit(policy: Policy) -> tuple[str | None, str | None]:
    """What is wrong with a policy for a mirror that a failover serves from, and what would do."""
    if policy.type != "async":
        return f"it is of type {policy.type}: mirrors are kept asynchronously here", "name a policy of type async"
    if not policy.takes_snapshots:
        problem = "it is a vault's: it carries snapshots with its labels alone, which something else has to make"
        return problem, "name one that mirrors, as Asynchronous"
    return None, None


def _pair_lines(here: Site, other: Site, *, is_needed: bool) -> Iterator[CheckLine]:
    """How a target reaches a back end: its home has to be, of others it is only worth knowing."""
    name = here.backend.name
    seen, there = here.seen, other.seen
    clusters = f"{here.backend.cluster} and {other.backend.cluster} are peered"
    svms = f"its SVM is peered with that of {other.backend.name}"
    for site in (here, other):
        if site.unseen is not None:
            yield unlooked(name, f"{clusters}, and their SVMs", site.unseen.reason)
            return
    assert isinstance(seen, ClusterView)
    assert isinstance(there, ClusterView)
    if here.backend.cluster != other.backend.cluster:
        problem = _why_not_reached(seen, there)
        gap = seen.gap(Aspect.CLUSTER_PEERS)
        if problem is not None and gap is not None:
            yield unlooked(name, clusters, gap)
        elif problem is not None and not is_needed:
            yield noted(name, clusters, f"{problem}: it could not mirror what {other.backend.name} serves")
        else:
            yield checked(name, clusters, problem, "peer the two clusters: cluster peer create, on both")
    if here.svm is not None and other.svm is not None:
        found = (each for each in seen.svm_peers if each.svm == here.backend.svm)
        peer = next((each for each in found if each.peer_svm_uuid == other.svm.uuid), None)
        gap = seen.gap(Aspect.SVM_PEERS, svm=here.svm.name)
        if peer is None and gap is not None:
            yield unlooked(name, svms, gap)
        else:
            yield _svm_peering_line(name, svms, peer, here.backend.cluster)


def _why_not_reached(seen: ClusterView, there: ClusterView) -> str | None:
    """A cluster peer is known by what it calls itself: what it is called here anybody may change."""
    if there.identity is None:
        return "its own name is not known"
    known = [each for each in seen.cluster_peers if each.remote == there.identity.name]
    if not known:
        return f"it has no cluster peer that calls itself {there.identity.name}"
    if not any(each.available for each in known):
        return f"cluster peer {known[0].name} is not available"
    return None


def _svm_peering_line(name: str, what: str, peer: SvmPeer | None, cluster: str) -> CheckLine:
    if peer is None:
        return noted(name, what, "not yet: datamotion apply peers them where it needs it")
    if peer.state in _PEERINGS:
        return noted(name, what, f"{peer.state}: {_PEERINGS[peer.state]}")
    if peer.state != "peered":
        hint = f"at {cluster}: {_MENDED_BY.get(peer.state, 'vserver peer show')}"
        return checked(name, what, f"the peering is {peer.state}", hint)
    if "snapmirror" not in peer.applications:
        others = ", ".join(sorted(peer.applications)) or "nothing"
        return noted(name, what, f"for {others} so far: datamotion apply allows SnapMirror too")
    return checked(name, what, None)
