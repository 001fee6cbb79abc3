"""What mirrors at a target need: peered clusters and SVMs, a policy, a schedule that meets the RPO, aggregates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from datamotion.model.group import Backend, Target
from datamotion.model.mirror_records import Policy
from datamotion.model.standing import Standing
from datamotion.model.units import duration_text
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_records import SvmPeer
from datamotion.policy.mirrors.cluster_peering import mend_text, steps_text
from datamotion.policy.recurrence import intervals
from datamotion.service.check_clusters import release_lines
from datamotion.service.check_reports import CheckKind, CheckLine
from datamotion.service.findings import checked, noted, unlooked

_LEAST: Mapping[bool, timedelta] = {False: timedelta(minutes=5), True: timedelta(minutes=30)}
"""Between two updates, without and with a FlexGroup. Assumption: what NetApp supports; ONTAP takes shorter ones."""

_PEERINGS = {
    "initiated": ("it waits to be accepted", "datamotion apply accepts it"),
    "pending": ("it waits to be accepted", "datamotion apply accepts it"),
    "initializing": ("it is being made", None),
}
"""States of an SVM peering that pass: what it waits for, and what brings it on."""
_MENDED_BY = {"suspended": "`vserver peer resume` there", "rejected": "`vserver peer delete` there, then apply again"}


def target_lines(standing: Standing, target: Target) -> Iterator[CheckLine]:
    here = standing.sites[target.backend.name]
    name, cluster = target.backend.name, target.backend.cluster
    if not isinstance(here.seen, ClusterView):
        reason = here.unseen.reason if here.unseen else "it was not asked"
        yield unlooked(CheckKind.POLICY, name, f"its policy, schedule and aggregates on {cluster}", reason)
        return
    yield from _policy_lines(target, here.seen)
    if target.schedule is not None:
        hint = "make it, or correct `schedule` in the configuration"
        what, gap = f"schedule {target.schedule} is on {cluster}", here.seen.gap(Aspect.SCHEDULES, target.schedule)
        yield _is_there(CheckKind.SCHEDULE, name, what, hint, gap, is_seen=target.schedule in here.seen.schedules)
    yield from _pace_lines(standing, target, here.seen)
    there = {each.name for each in here.seen.aggregates}
    for aggregate in sorted({each for names in target.aggregates.values() for each in names}):
        what, gap = f"aggregate {aggregate} is on {cluster}", here.seen.gap(Aspect.AGGREGATES, aggregate)
        hint = "correct `aggregates` in the configuration"
        yield _is_there(CheckKind.AGGREGATE, name, what, hint, gap, is_seen=aggregate in there)


def _is_there(kind: CheckKind, name: str, what: str, hint: str, gap: str | None, *, is_seen: bool) -> CheckLine:
    """Whether something is, where a record that cannot be read may be it."""
    if not is_seen and gap is not None:
        return unlooked(kind, name, what, gap)
    return checked(kind, name, what, None if is_seen else "there is none", hint)


def _policy_lines(target: Target, seen: ClusterView) -> Iterator[CheckLine]:
    name, what = target.backend.name, f"policy {target.policy} is on {target.backend.cluster}"
    policy = seen.policy(target.policy, target.backend.svm)
    if policy is None:
        gap, hint = (
            seen.gap(Aspect.POLICIES, target.policy, target.backend.svm),
            "correct `policy` in the configuration",
        )
        if gap is None and target.definition is not None:
            yield noted(CheckKind.POLICY, name, what, "not yet", "datamotion apply makes it as it is defined")
            return
        yield _is_there(CheckKind.POLICY, name, what, hint, gap, is_seen=False)
        return
    yield checked(CheckKind.POLICY, name, f"{what}, of type {policy.type}", None)
    yield checked(CheckKind.POLICY, name, f"policy {policy.name} carries the newest writes", *_unfit(policy))


def _unfit(policy: Policy) -> tuple[str | None, str | None]:
    """What is wrong with a policy for a mirror that a failover serves from, and what would do."""
    if policy.type != "async":
        return f"it is of type {policy.type}: mirrors are kept asynchronously here", "name a policy of type async"
    if not policy.takes_snapshots:
        problem = "it is a vault's: it carries snapshots with its labels alone, which something else has to make"
        return problem, "name one that mirrors, as Asynchronous"
    return None, None


def _pace_lines(standing: Standing, target: Target, seen: ClusterView) -> Iterator[CheckLine]:
    """Whether what its mirrors follow fires often enough for the RPO, and seldom enough for ONTAP.

    How long a transfer takes comes on top, which nobody knows before: `status` tells how old each mirror is.
    """
    name, rpo = target.backend.name, standing.group.rpo
    policy = seen.policy(target.policy, target.backend.svm)
    wanted = target.definition or policy
    if wanted is None or _is_synchronous(policy) or target.schedule not in (None, *seen.schedules):
        return  # of that another line tells
    followed = target.schedule or wanted.schedule
    what = f"mirrors are updated often enough for an RPO of {duration_text(rpo)}" if rpo else "mirrors are updated"
    if followed is None:
        problem = "neither the target nor its policy has a schedule: nothing is carried by itself"
        hint = "name a `schedule` for the target; until then `datamotion update` carries"
        yield checked(CheckKind.RPO, name, what, problem, hint)
        return
    schedule = seen.schedules.get(followed)
    apart = intervals(schedule) if schedule else None
    if apart is None:
        why = f"when {followed} fires is not known: {'it never does' if schedule else 'it is no cron schedule'}"
        yield unlooked(CheckKind.RPO, name, what, why)
        return
    too_long = rpo is not None and apart.longest >= rpo
    slow = f"{followed} lets up to {duration_text(apart.longest)} pass between two updates" if too_long else None
    yield checked(CheckKind.RPO, name, f"{what}, by {followed}", slow, "name a `schedule` that fires more often")
    least = _LEAST[any(copy.volume.constituents for copy in standing.copies.values())]
    quick = f"{followed} fires {duration_text(apart.shortest)} apart" if apart.shortest < least else None
    what = f"mirrors are updated at most every {duration_text(least)}"
    yield checked(CheckKind.LIMITS, name, what, quick, "name a `schedule` that fires less often")


def _is_synchronous(policy: Policy | None) -> bool:
    return policy is not None and policy.type != "async"


def pair_lines(standing: Standing, target: Target, source: Backend, *, is_needed: bool) -> Iterator[CheckLine]:
    """How a target reaches a back end: where that is needed; of others it is only worth knowing."""
    here, other = standing.sites[target.backend.name], standing.sites[source.name]
    name = here.backend.name
    seen, there = here.seen, other.seen
    clusters = f"{here.backend.cluster} and {other.backend.cluster} are peered"
    svms = f"its SVM is peered with that of {other.backend.name}"
    for site in (here, other):
        if site.unseen is not None:
            yield unlooked(CheckKind.CLUSTER_PEER, name, f"{clusters}, and their SVMs", site.unseen.reason)
            return
    assert isinstance(seen, ClusterView)
    assert isinstance(there, ClusterView)
    if here.backend.cluster != other.backend.cluster:
        yield from release_lines(name, seen.identity, there.identity)
        problem = _why_not_reached(seen, there)
        gap = seen.gap(Aspect.CLUSTER_PEERS)
        if problem is not None and gap is not None:
            yield unlooked(CheckKind.CLUSTER_PEER, name, clusters, gap)
        elif problem is not None and not is_needed:
            why = f"{problem}: it could not mirror what {other.backend.name} serves"
            yield noted(CheckKind.CLUSTER_PEER, name, clusters, why)
        else:
            hint = mend_text(here, other) if there.identity is not None else steps_text(here, other)
            yield checked(CheckKind.CLUSTER_PEER, name, clusters, problem, hint)
    if here.svm is not None and other.svm is not None:
        found = (each for each in seen.svm_peers if each.svm == here.backend.svm)
        peer = next((each for each in found if each.peer_svm_uuid == other.svm.uuid), None)
        gap = seen.gap(Aspect.SVM_PEERS, svm=here.svm.name)
        if peer is None and gap is not None:
            yield unlooked(CheckKind.SVM_PEER, name, svms, gap)
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
        return noted(CheckKind.SVM_PEER, name, what, "not yet", "datamotion apply peers them where it needs it")
    if peer.state in _PEERINGS:
        waits, hint = _PEERINGS[peer.state]
        return noted(CheckKind.SVM_PEER, name, what, f"{peer.state}: {waits}", hint)
    if peer.state != "peered":
        hint = f"at {cluster}: {_MENDED_BY.get(peer.state, 'vserver peer show')}"
        return checked(CheckKind.SVM_PEER, name, what, f"the peering is {peer.state}", hint)
    if "snapmirror" not in peer.applications:
        others = ", ".join(sorted(peer.applications)) or "nothing"
        hint = "datamotion apply allows SnapMirror too"
        return noted(CheckKind.SVM_PEER, name, what, f"for {others} so far", hint)
    return checked(CheckKind.SVM_PEER, name, what, None)
