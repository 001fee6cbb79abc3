"""Whether what the configuration says is there: every cluster, back end, group and target, looked at and named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from datamotion.engine.looking import Glance, Lookout
from datamotion.model.group import Backend, Group
from datamotion.model.standing import Standing
from datamotion.model.units import count_text
from datamotion.model.view import EVERYTHING, ClusterView, Unseen, View, look_up
from datamotion.policy.home import targets_of
from datamotion.policy.standing import stand
from datamotion.service.check_targets import target_lines
from datamotion.service.concerns import concern_reports
from datamotion.service.findings import checked, noted, unlooked
from datamotion.service.reports import CheckLine, CheckReport, Finding, Severity, Verdict
from datamotion.service.session import Session
from datamotion.service.store_check import check_store

_OLDEST_VERSION = (9, 11, 1)
_LICENSE = "snapmirror"  # Assumption: what `/cluster/licensing/licenses` calls it


async def check(session: Session) -> CheckReport:
    """Look at everything that the configuration names, and try the store and the locks out. Changes nothing."""
    configuration = session.configuration
    svms: dict[str, set[str]] = {name: set() for name in configuration.clusters}
    for backend in configuration.backends.values():
        svms[backend.cluster].add(backend.svm)
    glances = {name: Glance(aspects=EVERYTHING, svms=frozenset(each)) for name, each in svms.items()}
    async with session.clusters(glances.keys()) as clusters:
        view = await Lookout(clusters, glances).whole()
    stored = [checked("this machine", each.what, each.problem, each.hint) for each in check_store(session)]
    return check_report(session.groups(), view, stored)


def check_report(groups: Iterable[Group], view: View, others: Iterable[CheckLine] = ()) -> CheckReport:
    """What a view says of these groups, and behind it what was found elsewhere."""
    lines = (*_lines(tuple(groups), view), *others)
    return CheckReport(lines=lines, verdict=_verdict(lines, view))


def _verdict(lines: Iterable[CheckLine], view: View) -> Verdict:
    if any(isinstance(seen, Unseen) and not seen.refused for seen in view.values()):
        return Verdict.SILENT
    is_well = all(line.finding in (Finding.PASSED, Finding.NOTE) for line in lines)
    return Verdict.DONE if is_well else Verdict.FAILED


def _lines(groups: tuple[Group, ...], view: View) -> Iterator[CheckLine]:
    for name, seen in view.items():
        yield from _cluster_lines(name, seen)
    for backend in {each.name: each for group in groups for each in group.backends}.values():
        yield _svm_line(backend, view)
    for group in groups:
        standing = stand(group, view)
        yield from _standing_lines(standing)
        for target in targets_of(standing):
            yield from target_lines(standing, target)


def _cluster_lines(name: str, seen: ClusterView | Unseen) -> Iterator[CheckLine]:
    if isinstance(seen, Unseen):
        yield checked(name, "can be looked at", seen.reason, seen.hint)
        return
    if seen.identity is None:
        yield unlooked(name, "its version", "it was not asked")
    else:
        version = ".".join(map(str, seen.identity.version))
        yield checked(name, f"answers as {seen.identity.name}, ONTAP {version}", None)
        too_old = f"ONTAP {version}" if seen.identity.version < _OLDEST_VERSION else None
        oldest = ".".join(map(str, _OLDEST_VERSION))
        yield checked(name, f"runs ONTAP {oldest} or later", too_old, "upgrade it; REST lacks what mirroring needs")
    yield _license_line(name, seen)


def _license_line(name: str, seen: ClusterView) -> CheckLine:
    """Some platforms have no licences, and some accounts may not see them: neither says that one is missing."""
    what = "has a SnapMirror licence"
    if seen.licenses is None:
        return noted(name, what, "it tells no licences: its account may not see them, or the platform has none")
    problem = None if _LICENSE in seen.licenses else "it tells none"
    return checked(name, what, problem, "add it: system license add")


def _svm_line(backend: Backend, view: View) -> CheckLine:
    what = f"SVM {backend.svm} is running on {backend.cluster}"
    seen = look_up(view, backend.cluster)
    if isinstance(seen, Unseen):
        return unlooked(backend.name, what, seen.reason)
    svm = seen.svm(backend.svm)
    if svm is None:
        return checked(backend.name, what, "there is no such SVM", "correct `svm` in the configuration")
    problem = None if svm.state == "running" else f"it is {svm.state}"
    return checked(backend.name, what, problem, f"at {backend.cluster}: vserver start -vserver {backend.svm}")


def _standing_lines(standing: Standing) -> Iterator[CheckLine]:
    """Which volumes belong to a group, and every doubt about it."""
    group = standing.group
    unseen = [site.backend.name for site in standing.sites.values() if site.svm is None]
    doubts = concern_reports((), standing.doubts)
    for doubt in doubts:
        make = noted if doubt.severity is Severity.NOTE else checked
        yield make(group.name, f"its picture: {doubt.kind}", doubt.text, doubt.hint)
    what = "its picture holds no doubt"
    if unseen:
        yield unlooked(group.name, what, f"{', '.join(unseen)} cannot be seen")
    elif not doubts:
        yield checked(group.name, f"{what} ({count_text(len(standing.volumes), 'volume')})", None)
