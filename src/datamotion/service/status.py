"""Who serves, how old every copy is, and what is wrong: from one look at all clusters concerned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from datamotion.clock import Clock
from datamotion.engine.looking import Glance, Lookout
from datamotion.model.group import Group
from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import FENCE, Copy, CopyId, Edge, Foreign, Standing
from datamotion.model.view import STANDING, Aspect, ClusterView, Unseen, View
from datamotion.model.words import MirrorState, Role
from datamotion.policy.standing.on_the_way import own_hint
from datamotion.policy.standing.standing import stand
from datamotion.service.clusters import FollowedCluster
from datamotion.service.concern_rows import ROWS, Kind
from datamotion.service.concerns import Concern, concern_reports
from datamotion.service.copy_concerns import CopyConcerns
from datamotion.service.freshness import Freshness, Policies
from datamotion.service.group_concerns import GroupConcerns
from datamotion.service.remembered import with_memory
from datamotion.service.served import served_reports, serving_backend
from datamotion.service.session import Session
from datamotion.service.silence import SilenceReport, silences, unanswered
from datamotion.service.status_reports import (
    ClusterReport,
    CopyReport,
    GroupReport,
    ProtectedVolumeReport,
    Severity,
    StatusReport,
)
from datamotion.service.verdict import Verdict

NO_COPY = "none"
NOT_MIRRORED = ROWS[Kind.NOT_MIRRORED_HERE].text


async def status(session: Session, groups: Collection[str] = ()) -> StatusReport:
    """The status of these groups, of all where none is named. Only reads.

    A cluster that does not answer is part of the report.
    """
    async with looking(session, groups) as looker:
        return await looker.look()


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at groups as often as it is asked to, by the same connections. Only reads."""

    groups: Sequence[Group]
    session: Session
    clusters: Mapping[str, FollowedCluster]

    async def look(self) -> StatusReport:
        view = await Lookout(self.clusters, glances_of(self.groups)).whole()
        return status_report([with_memory(self.session, each, view) for each in self.groups], view, self.clock.now())

    @property
    def clock(self) -> Clock:
        return self.session.world.clock

    def silent(self) -> Sequence[SilenceReport]:
        """The clusters that leave a request of the look unanswered that goes on."""
        return tuple(silences(unanswered(self.clusters), self.clock.monotonic_s()))


@asynccontextmanager
async def looking(session: Session, names: Collection[str]) -> AsyncIterator[Looker]:
    """At these groups, at all where none is named. Raises: ConfigError for an unknown one."""
    groups = session.groups(names)
    async with session.clusters(glances_of(groups).keys()) as clusters:
        yield Looker(groups, session, clusters)


def glances_of(groups: Iterable[Group]) -> Mapping[str, Glance]:
    """All clusters of these groups, each with the SVMs of their back ends, and what they list of mirrors elsewhere."""
    svms: dict[str, set[str]] = {}
    for group in groups:
        for backend in group.backends:
            svms.setdefault(backend.cluster, set()).add(backend.svm)
    aspects = STANDING | {Aspect.LEGS}
    return {name: Glance(aspects=aspects, svms=frozenset(each)) for name, each in svms.items()}


def status_report(groups: Iterable[Group], view: View, at: datetime) -> StatusReport:
    """What a view says of these groups. The verdict is the worst of all that is to be said."""
    reports = tuple(_Picture.of(stand(group, view)).report() for group in groups)
    worst = max((each.exit_status for report in reports for each in report.concerns), default=0)
    return StatusReport(
        at=at,
        clusters=tuple(
            ClusterReport(name=name, answers=isinstance(seen, ClusterView) or seen.refused, detail=_why_unseen(seen))
            for name, seen in view.items()
        ),
        groups=reports,
        verdict={0: Verdict.DONE, 1: Verdict.ATTENTION, 4: Verdict.SILENT}[worst],
    )


def _why_unseen(seen: ClusterView | Unseen) -> str | None:
    return seen.reason if isinstance(seen, Unseen) else None


@dataclass(slots=True)
class _Picture:
    standing: Standing
    freshness: Freshness
    of_copies: CopyConcerns

    @classmethod
    def of(cls, standing: Standing) -> _Picture:
        freshness = Freshness(standing)
        return cls(standing, freshness, CopyConcerns(standing, freshness, Policies(standing)))

    def report(self) -> GroupReport:
        standing, group = self.standing, self.standing.group
        concerns: list[Concern] = list(GroupConcerns(standing, self.freshness).all())
        volumes = tuple(self._volume(volume, concerns) for volume in standing.volumes)
        ages = [[each.lag_s for each in volume.copies if each.is_fresh and each.snapshot] for volume in volumes]
        newest = standing.serving
        return GroupReport(
            name=group.name,
            home=group.home.name,
            backends=tuple(backend.name for backend in group.backends),
            serving=serving_backend(standing),
            epoch=newest.epoch if newest else None,
            since=newest.claim.since if newest else None,
            by=newest.claim.by if newest else None,
            served=served_reports(standing),
            undecided=sum(active is None for active in standing.active.values()),
            rpo_s=group.rpo.total_seconds() if group.rpo is not None else None,
            count=len(volumes),
            mirrored=sum(bool(each) for each in ages),
            oldest_s=max((age for each in ages for age in each if age is not None), default=None),
            volumes=volumes,
            concerns=tuple(
                replace(each, hint=own_hint(standing, each.hint)) for each in concern_reports(concerns, standing.doubts)
            ),
        )

    def _volume(self, volume: str, concerns: list[Concern]) -> ProtectedVolumeReport:
        active = self.standing.active[volume]
        copies = self.standing.copies_of(volume)
        served = self.standing.copies.get(active) if active is not None else None
        sized = served or next(iter(copies), None)
        return ProtectedVolumeReport(
            volume=volume,
            size_bytes=sized.volume.size_bytes if sized else None,
            active=active.backend if active else None,
            copies=tuple(self._copies(volume, concerns)),
        )

    def _copies(self, volume: str, concerns: list[Concern]) -> Iterator[CopyReport]:
        for backend, site in self.standing.sites.items():
            copy = self.standing.copies.get(CopyId(backend, volume))
            if copy is not None:
                found = list(self.of_copies.of(copy))
                concerns += found
                troubles = (each.text for each in found if ROWS[each.kind].severity is not Severity.NOTE)
                yield self._copy(copy, next(troubles, None))
            elif site.svm is not None and CopyId(backend, volume) not in self.standing.hidden:
                is_wanted = self.standing.group.target(backend) is not None
                yield _missing(backend, NOT_MIRRORED if is_wanted else None)

    def _copy(self, copy: Copy, trouble: str | None) -> CopyReport:
        """One copy, with the age of what it could serve while it is a mirror, also during a transfer."""
        edge = copy.edge if copy.role is Role.MIRROR else None
        relationship = edge.relationship if edge else None
        is_fresh = self.freshness.is_fresh(copy)
        lag = relationship.lag if relationship else None
        transfer = relationship.transfer if relationship and relationship.is_transferring else None
        return CopyReport(
            backend=copy.id.backend,
            name=copy.volume.name,
            role=copy.role,
            state=relationship.state if relationship else f"{copy.volume.type} {copy.volume.state}",
            path=copy.volume.path,
            is_shut=copy.volume.export == FENCE,
            source=_source(edge) if edge else None,
            lag_s=lag.total_seconds() if lag is not None else None,
            is_fresh=is_fresh,
            within_rpo=_is_within(self.standing.group.rpo, relationship, is_fresh),
            snapshot=relationship.exported_snapshot if relationship else None,
            is_transferring=transfer is not None,
            transferring_bytes=transfer.bytes_transferred if transfer else None,
            trouble=trouble,
        )


def _is_within(rpo: timedelta | None, relationship: Relationship | None, is_fresh: bool | None) -> bool | None:
    """Whether a mirror holds all that was served longer ago than the RPO; None where nobody can tell."""
    if rpo is None or relationship is None or is_fresh is None:
        return None
    if not is_fresh or relationship.exported_snapshot is None:
        return False
    if relationship.lag is None:
        return True if relationship.state is MirrorState.IN_SYNC and not relationship.lag_problem else None
    return relationship.lag <= rpo


def _source(edge: Edge) -> str:
    return str(edge.source) if isinstance(edge.source, Foreign) else edge.source.backend


def _missing(backend: str, trouble: str | None) -> CopyReport:
    return CopyReport(
        backend=backend,
        name=None,
        role=NO_COPY,
        state=NO_COPY,
        path=None,
        is_shut=False,
        source=None,
        lag_s=None,
        is_fresh=None,
        within_rpo=None,
        snapshot=None,
        is_transferring=False,
        transferring_bytes=None,
        trouble=trouble,
    )
