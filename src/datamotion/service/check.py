"""A verdict before the first `apply`: whether all that the configuration wants can be done, and what is in the way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from datamotion.engine.looking import Lookout
from datamotion.errors import ConfigError
from datamotion.model.group import Backend, Group, Target
from datamotion.model.standing import Standing
from datamotion.model.units import count_text
from datamotion.model.view import CHECKING, Aspect, Unseen, View, look_up
from datamotion.policy.home import targets_of
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.situation import Situation
from datamotion.policy.standing.standing import stand
from datamotion.service.check_clusters import cluster_lines
from datamotion.service.check_grounds import ground_lines
from datamotion.service.check_mirrors import fan_out_line, mirrors_lines
from datamotion.service.check_reports import CheckKind, CheckLine, CheckReport, Finding
from datamotion.service.check_targets import pair_lines, target_lines
from datamotion.service.concerns import concern_reports
from datamotion.service.findings import checked, noted, unlooked
from datamotion.service.intents import glances_of, together
from datamotion.service.remembered import with_memory
from datamotion.service.session import Session
from datamotion.service.status_reports import Severity
from datamotion.service.store_check import store_lines
from datamotion.service.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Which mirrors are meant: those from one back end, to one; None: from all, to all."""

    source: str | None = None
    target: str | None = None

    def targets(self, group: Group) -> list[Target]:
        return [
            each for each in group.targets if self.target in (None, each.backend.name) and self.sources(group, each)
        ]

    def sources(self, group: Group, target: Target) -> list[Backend]:
        """Every back end may come to serve, so a target may have to follow each of the others."""
        others = (each for each in group.backends if each != target.backend)
        return [each for each in others if self.source in (None, each.name)]

    def backends(self, group: Group) -> list[Backend]:
        """Both ends of all that is meant, in the order of the configuration."""
        meant = self.targets(group)
        ends = {each.backend.name for each in meant} | {end.name for each in meant for end in self.sources(group, each)}
        return [each for each in group.backends if each.name in ends]


EVERY_WAY = Ways()


async def check(session: Session, names: Collection[str] = (), ways: Ways = EVERY_WAY) -> CheckReport:
    """Look at everything that these groups need, and try the store and their locks out. Changes nothing.

    Raises: ConfigError for a group or a back end that there is not, and where no group mirrors such a way.
    """
    for name in filter(None, (ways.source, ways.target)):
        session.configuration.backend(name)
    groups = session.groups(names)
    meant = [each for each in groups if ways.targets(each)]
    if groups and not meant:
        known = "; ".join(
            f"{each.name}: {', '.join(target.backend.name for target in each.targets)}" for each in groups
        )
        raise ConfigError(f"no group mirrors {_way(ways)}", hint=f"what is mirrored to: {known}")
    glances = together(glances_of(each, CHECKING) for each in meant)
    async with session.clusters(glances.keys()) as clusters:
        view = await Lookout(clusters, glances).whole()
    meant = [with_memory(session, each, view) for each in meant]
    return check_report(meant, view, store_lines(session, meant), ways)


def _way(ways: Ways) -> str:
    return " ".join(filter(None, (ways.source and f"from {ways.source}", ways.target and f"to {ways.target}")))


def check_report(
    groups: Iterable[Group], view: View, others: Iterable[CheckLine] = (), ways: Ways = EVERY_WAY
) -> CheckReport:
    """What a view says of these groups, and behind it what was found elsewhere."""
    groups = tuple(groups)
    lines = (*_lines(groups, view, ways), *others)
    is_ready = all(line.finding in (Finding.PASSED, Finding.NOTE) for line in lines)
    needed = {backend.cluster for group in groups for backend in ways.backends(group)}
    seen = [look_up(view, name) for name in needed]
    is_silent = any(isinstance(each, Unseen) and not each.refused for each in seen)
    verdict = Verdict.DONE if is_ready else Verdict.SILENT if is_silent else Verdict.FAILED
    return CheckReport(ready=is_ready, lines=lines, verdict=verdict)


def _lines(groups: tuple[Group, ...], view: View, ways: Ways) -> Iterator[CheckLine]:
    backends = {each.name: each for group in groups for each in ways.backends(group)}
    peered = _peered(groups, ways)
    for name in dict.fromkeys(each.cluster for each in backends.values()):
        yield from cluster_lines(name, look_up(view, name), is_peered=name in peered)
    for backend in backends.values():
        yield _svm_line(backend, view)
    for group in groups:
        standing = stand(group, view)
        yield from _members_lines(standing)
        yield fan_out_line(standing)
        plan = protect_planner(group)(Situation.at_first_sight(standing))
        at_home = (each for each in targets_of(standing) if each.backend == group.home)
        mirrored = [each for each in at_home if ways.target in (None, each.backend.name)]
        for target in (*ways.targets(group), *mirrored):
            for source in ways.sources(group, target):
                is_needed = source.name in (group.home.name, ways.source)
                yield from pair_lines(standing, target, source, is_needed=is_needed)
            yield from target_lines(standing, target)
            yield from mirrors_lines(standing, target, plan)
        yield from ground_lines(standing)


def _peered(groups: Iterable[Group], ways: Ways) -> set[str]:
    """The clusters that mirrors come to from others, or go to others from."""
    pairs = {
        frozenset({source.cluster, target.backend.cluster})
        for group in groups
        for target in ways.targets(group)
        for source in ways.sources(group, target)
    }
    return {name for pair in pairs if len(pair) > 1 for name in pair}


def _svm_line(backend: Backend, view: View) -> CheckLine:
    what = f"SVM {backend.svm} is running on {backend.cluster}"
    seen = look_up(view, backend.cluster)
    if isinstance(seen, Unseen):
        return unlooked(CheckKind.SVM, backend.name, what, seen.reason)
    svm = seen.svm(backend.svm)
    if svm is None and (gap := seen.gap(Aspect.SVMS, backend.svm)):
        return unlooked(CheckKind.SVM, backend.name, what, gap)
    if svm is None:
        missing, hint = "there is no such SVM", "correct `svm` in the configuration"
        return checked(CheckKind.SVM, backend.name, what, missing, hint)
    problem = None if svm.state == "running" else f"it is {svm.state}"
    hint = f"at {backend.cluster}: vserver start -vserver {backend.svm}"
    return checked(CheckKind.SVM, backend.name, what, problem, hint)


def _members_lines(standing: Standing) -> Iterator[CheckLine]:
    """Which volumes belong to a group, and every doubt about it."""
    group, kind = standing.group, CheckKind.MEMBERS
    unseen = [site.backend.name for site in standing.sites.values() if site.svm is None]
    doubts = concern_reports((), standing.doubts)
    for doubt in doubts:
        make = noted if doubt.severity is Severity.NOTE else checked
        yield make(kind, group.name, f"its picture: {doubt.kind}", doubt.text, doubt.hint)
    what = "its picture holds no doubt"
    if unseen:
        yield unlooked(kind, group.name, what, f"{', '.join(unseen)} cannot be seen")
    elif not doubts:
        yield checked(kind, group.name, f"{what} ({count_text(len(standing.volumes), 'volume')})", None)
