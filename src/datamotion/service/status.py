"""Who serves, how old every copy is, and what is wrong: from one look at all clusters concerned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from datamotion.engine.looking import Glance, Lookout
from datamotion.model.group import Group, Target
from datamotion.model.records import Volume
from datamotion.model.view import SERVING, ClusterView, Unseen, View
from datamotion.model.words import MirrorState, Role, VolumeState
from datamotion.policy.mirrors import Mirror, mirrors_at
from datamotion.policy.serving import Serving, home_volumes, mark_of, mirrored_epoch, served_volumes, serving_target
from datamotion.service.reports import (
    ClusterReport,
    CopyReport,
    GroupReport,
    ProtectedVolumeReport,
    StatusReport,
    Verdict,
)
from datamotion.service.session import Session

NO_COPY = "no mirror"


async def status(session: Session, group: str | None = None) -> StatusReport:
    """The status of one group or of all. Only reads; a cluster that does not answer is part of the report."""
    groups = session.groups(group)
    glances = glances_of(groups)
    async with session.clusters(glances.keys()) as clusters:
        view = await Lookout(clusters, glances).whole()
    return status_report(groups, view, session.world.clock.now())


def glances_of(groups: Iterable[Group]) -> Mapping[str, Glance]:
    """All clusters of these groups, each with the SVMs of their back ends."""
    svms: dict[str, set[str]] = {}
    for group in groups:
        for backend in group.backends:
            svms.setdefault(backend.cluster, set()).add(backend.svm)
    return {name: Glance(aspects=SERVING, svms=frozenset(each)) for name, each in svms.items()}


def status_report(groups: Iterable[Group], view: View, at: datetime) -> StatusReport:
    """What a view says of these groups."""
    clusters = tuple(
        ClusterReport(name=name, answers=isinstance(seen, ClusterView) or seen.refused, detail=_why_unseen(seen))
        for name, seen in view.items()
    )
    return StatusReport(
        at=at,
        clusters=clusters,
        groups=tuple(_group_report(group, view) for group in groups),
        verdict=_verdict(clusters),
    )


def _verdict(clusters: Iterable[ClusterReport]) -> Verdict:
    if not all(each.answers for each in clusters):
        return Verdict.SILENT
    return Verdict.DONE if all(each.detail is None for each in clusters) else Verdict.FAILED


def _why_unseen(seen: ClusterView | Unseen) -> str | None:
    return seen.reason if isinstance(seen, Unseen) else None


def _group_report(group: Group, view: View) -> GroupReport:
    serving = serving_target(group, view)
    home = view.get(group.home.cluster)
    at_home = {each.name: each for each in home_volumes(group, home)} if isinstance(home, ClusterView) else {}
    overtaken = _overtaken(group, view, serving, at_home.values())
    at_targets = {
        target.backend.name: mirrors_at(group, target, seen)
        for target in group.targets
        if isinstance(seen := view.get(target.backend.cluster), ClusterView)
    }
    names = sorted({*at_home, *(name for mirrors in at_targets.values() for name in mirrors)})
    volumes = []
    for name in names:
        copies = [_home_copy(group, at_home[name], serving, name in overtaken)] if name in at_home else []
        copies += [
            _mirror_copy(group, target, at_targets[target.backend.name].get(name), serving)
            for target in group.targets
            if target.backend.name in at_targets
        ]
        mirrors = [found[name].destination for found in at_targets.values() if name in found]
        size = next((each.size_bytes for each in (at_home.get(name), *mirrors) if each is not None), None)
        volumes.append(ProtectedVolumeReport(volume=name, size_bytes=size, copies=tuple(copies)))
    return GroupReport(
        name=group.name,
        home=group.home.name,
        backends=tuple(backend.name for backend in group.backends),
        serving=_serving_backend(group, home, serving),
        epoch=serving.epoch if serving else mirrored_epoch(group, view),
        rpo_s=group.rpo.total_seconds() if group.rpo is not None else None,
        volumes=tuple(volumes),
        troubles=tuple(_troubles(group, view, serving, bool(overtaken))),
    )


def _serving_backend(group: Group, home: ClusterView | Unseen | None, serving: Serving | None) -> str | None:
    """The target that took over, else the home, where that is seen and not fenced."""
    if serving is not None:
        return serving.backend
    if not isinstance(home, ClusterView):
        return None
    roles = {mark.role if (mark := mark_of(group, volume)) else None for volume in home_volumes(group, home)}
    return None if roles == {Role.FENCED} else group.home.name


def _overtaken(group: Group, view: View, serving: Serving | None, at_home: Collection[Volume]) -> frozenset[str]:
    """The home's volumes that a target serves instead and that are not fenced yet: those that `apply` would fence."""
    target = next((each for each in group.targets if serving and each.backend.name == serving.backend), None)
    seen = view.get(target.backend.cluster) if target else None
    if serving is None or target is None or not isinstance(seen, ClusterView):
        return frozenset()
    marks = {volume.name: mark_of(group, volume) for volume in at_home}
    newer = {name for name, mark in marks.items() if mark and mark.epoch > serving.epoch}
    fenced = {
        volume.name
        for volume in at_home
        if not volume.path and (mark := marks[volume.name]) and mark.role is Role.FENCED
    }
    return served_volumes(group, target, seen) & marks.keys() - newer - fenced


def _troubles(group: Group, view: View, serving: Serving | None, unfenced: bool) -> Iterable[str]:
    home = view.get(group.home.cluster)
    if isinstance(home, Unseen):
        yield f"{group.home.name} cannot be seen: {home.reason}"
        if serving is None:
            yield f"if it is lost: datamotion failover {group.name}"
    elif unfenced:
        yield f"{group.home.name} is back and not fenced: datamotion apply {group.name} fences it"
    for target in group.targets:
        seen = view.get(target.backend.cluster)
        if isinstance(seen, Unseen):
            yield f"{target.backend.name} cannot be seen: {seen.reason}"


def _home_copy(group: Group, volume: Volume, serving: Serving | None, overtaken: bool) -> CopyReport:
    mark = mark_of(group, volume)
    trouble = None if volume.state is VolumeState.ONLINE else f"the volume is {volume.state}"
    if overtaken and serving is not None:
        trouble = f"overtaken by {serving.backend} (epoch {serving.epoch}), not fenced yet"
    return CopyReport(
        backend=group.home.name,
        role="overtaken" if overtaken else (mark.role if mark else "unmarked"),
        state=f"{volume.type} {volume.state}",
        path=volume.path,
        lag_s=None,
        within_rpo=None,
        snapshot=None,
        transferring_bytes=None,
        trouble=trouble,
    )


def _mirror_copy(group: Group, target: Target, mirror: Mirror | None, serving: Serving | None) -> CopyReport:
    if mirror is None:
        what_next = (
            f"; none is made while {serving.backend} serves {group.name}"
            if serving
            else f": datamotion apply {group.name}"
        )
        return CopyReport(
            backend=target.backend.name,
            role="none",
            state=NO_COPY,
            path=None,
            lag_s=None,
            within_rpo=False,
            snapshot=None,
            transferring_bytes=None,
            trouble=f"not mirrored{what_next}",
        )
    relationship = mirror.relationship
    lag = relationship.lag
    follows = relationship.state is not MirrorState.BROKEN_OFF
    transfer = relationship.transfer
    return CopyReport(
        backend=target.backend.name,
        role=mirror.mark.role if mirror.mark else Role.MIRROR,
        state=relationship.state,
        path=mirror.destination.path if mirror.destination else None,
        lag_s=lag.total_seconds() if lag is not None and follows else None,
        within_rpo=(lag is not None and lag <= group.rpo) if group.rpo is not None and follows else None,
        snapshot=relationship.exported_snapshot,
        transferring_bytes=transfer.bytes_transferred or 0 if transfer and relationship.is_transferring else None,
        trouble=_trouble(mirror),
    )


def _trouble(mirror: Mirror) -> str | None:
    relationship = mirror.relationship
    if mirror.is_active and relationship.state is MirrorState.BROKEN_OFF:
        return mirror.unusable_because  # how its last transfer went is of the past: it receives no more
    if not relationship.healthy:
        return relationship.unhealthy_reason or "unhealthy; the cluster gives no reason"
    if relationship.state is MirrorState.BROKEN_OFF and not mirror.is_active:
        return "broken off, and not by a failover that was completed"
    return mirror.unusable_because
