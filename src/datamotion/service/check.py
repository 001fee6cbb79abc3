"""Whether what the configuration says is there: every cluster, back end and target, looked at and named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from datamotion.engine.looking import Glance, Lookout
from datamotion.model.group import Backend, Group, Target
from datamotion.model.units import count_text
from datamotion.model.view import EVERYTHING, ClusterView, Unseen, View
from datamotion.policy.serving import home_volumes
from datamotion.service.reports import CheckLine, CheckReport, Finding, Verdict
from datamotion.service.session import Session

_OLDEST_VERSION = (9, 11, 1)


async def check(session: Session) -> CheckReport:
    """Look at everything that the configuration names. Only reads."""
    configuration = session.configuration
    svms: dict[str, set[str]] = {name: set() for name in configuration.clusters}
    for backend in configuration.backends.values():
        svms[backend.cluster].add(backend.svm)
    glances = {name: Glance(aspects=EVERYTHING, svms=frozenset(each)) for name, each in svms.items()}
    async with session.clusters(glances.keys()) as clusters:
        view = await Lookout(clusters, glances).whole()
    lines = tuple(_lines(session, view))
    return CheckReport(lines=lines, verdict=_verdict(lines, view))


def _verdict(lines: tuple[CheckLine, ...], view: View) -> Verdict:
    if any(isinstance(seen, Unseen) and not seen.refused for seen in view.values()):
        return Verdict.SILENT
    return Verdict.DONE if all(line.finding is Finding.PASSED for line in lines) else Verdict.FAILED


def _lines(session: Session, view: View) -> Iterator[CheckLine]:
    for name, seen in view.items():
        yield from _cluster_lines(name, seen)
    backends: dict[str, Backend] = {}
    for group in session.groups():
        backends |= {backend.name: backend for backend in group.backends}
    for backend in backends.values():
        yield _svm_line(backend, view)
    for group in session.groups():
        yield from _group_lines(group, view)


def _line(subject: str, what: str, problem: str | None, hint: str | None = None) -> CheckLine:
    finding = Finding.PASSED if problem is None else Finding.FAILED
    return CheckLine(subject=subject, what=what, finding=finding, detail=problem, hint=hint if problem else None)


def _cluster_lines(name: str, seen: ClusterView | Unseen) -> Iterator[CheckLine]:
    if isinstance(seen, Unseen):
        yield _line(name, "can be looked at", seen.reason)
        return
    assert seen.identity is not None
    version = ".".join(map(str, seen.identity.version))
    yield _line(name, f"answers as {seen.identity.name}, ONTAP {version}", None)
    too_old = f"ONTAP {version}" if seen.identity.version < _OLDEST_VERSION else None
    oldest = ".".join(map(str, _OLDEST_VERSION))
    yield _line(name, f"runs ONTAP {oldest} or later", too_old, hint="upgrade it; REST lacks what mirroring needs")


def _svm_line(backend: Backend, view: View) -> CheckLine:
    what = f"SVM {backend.svm} is running on {backend.cluster}"
    seen = view[backend.cluster]
    if isinstance(seen, Unseen):
        return CheckLine(subject=backend.name, what=what, finding=Finding.NOT_LOOKED, detail=seen.reason)
    svm = seen.svm(backend.svm)
    if svm is None:
        return _line(backend.name, what, "there is no such SVM", hint="correct `svm` in the configuration")
    return _line(backend.name, what, None if svm.state == "running" else f"it is {svm.state}")


def _group_lines(group: Group, view: View) -> Iterator[CheckLine]:
    home = view[group.home.cluster]
    what = f"{group.home.name} holds volumes to protect"
    if isinstance(home, Unseen):
        yield CheckLine(subject=group.name, what=what, finding=Finding.NOT_LOOKED, detail=home.reason)
    else:
        found = home_volumes(group, home)
        patterns = ", ".join(group.home.volumes)
        problem = None if found else f"no volume matches {patterns}"
        yield _line(group.name, f"{what} ({count_text(len(found), 'volume')})" if found else what, problem)
    for target in group.targets:
        if target.backend.cluster != group.home.cluster:
            yield _peering_line(group, target, view)
        seen = view[target.backend.cluster]
        for what, problem in _target_findings(target, seen).items():
            yield _line_of(target, seen, what, problem)


def _line_of(target: Target, needed: ClusterView | Unseen, what: str, problem: str | None) -> CheckLine:
    """A finding about a target is one only where the cluster that shows it was seen."""
    if isinstance(needed, Unseen):
        return CheckLine(subject=target.backend.name, what=what, finding=Finding.NOT_LOOKED, detail=needed.reason)
    return _line(target.backend.name, what, problem)


def _peering_line(group: Group, target: Target, view: View) -> CheckLine:
    """The target's cluster knows its peers by their own names, which only they can tell."""
    here, home = view[target.backend.cluster], view[group.home.cluster]
    name = home.identity.name if isinstance(home, ClusterView) and home.identity else group.home.cluster
    peered = isinstance(here, ClusterView) and any(peer.available and peer.name == name for peer in here.cluster_peers)
    what = f"{target.backend.cluster} and {name} are peered"
    needed = home if isinstance(here, ClusterView) else here
    return _line_of(target, needed, what, None if peered else "no available cluster peer")


def _target_findings(target: Target, seen: ClusterView | Unseen) -> Mapping[str, str | None]:
    """What has to be so at a target alone, and what is wrong with it (None: nothing)."""
    cluster = target.backend.cluster
    here = seen if isinstance(seen, ClusterView) else None
    findings: dict[str, str | None] = {}
    policies = {each.name for each in here.policies if each.svm in (None, target.backend.svm)} if here else set()
    findings[f"policy {target.policy} is on {cluster}"] = None if target.policy in policies else "there is none"
    if target.schedule is not None:
        known = here is not None and target.schedule in here.schedules
        findings[f"schedule {target.schedule} is on {cluster}"] = None if known else "there is none"
    there = {each.name for each in here.aggregates} if here else set()
    for name in sorted({name for names in target.aggregates.values() for name in names}):
        findings[f"aggregate {name} is on {cluster}"] = None if name in there else "there is none"
    return findings
