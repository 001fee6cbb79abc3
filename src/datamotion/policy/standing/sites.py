"""The back ends of a group as their clusters show them: what is there, by name and by volume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from datamotion.model.mark import read_mark
from datamotion.model.standing import Doors, Site
from datamotion.model.view import ClusterView, View, look_up
from datamotion.policy.gaps import why_unseen
from datamotion.policy.needs import paths_above
from datamotion.policy.standing.unreadable import without_unreadable

if TYPE_CHECKING:
    from datamotion.model.group import Group
    from datamotion.model.mirror_records import Listed, Relationship
    from datamotion.model.serving_records import CifsSession, Lun, LunMap, Qtree, Share
    from datamotion.model.volume_records import Snapshot, Volume


def sites_of(group: Group, view: View) -> Mapping[str, Site]:
    """Each back end of the group, by name; what was not seen of it is not there."""
    volumes: dict[tuple[str, str], dict[str, Volume]] = {}
    relationships: dict[tuple[str, str], dict[str, Relationship]] = {}
    doors: dict[str, Mapping[str, Doors]] = {}
    snapshots: dict[str, Mapping[str, tuple[Snapshot, ...]]] = {}
    common: dict[str, Mapping[str, tuple[Snapshot, ...]] | None] = {}
    for cluster in {backend.cluster for backend in group.backends}:
        if isinstance(seen := view.get(cluster), ClusterView):
            for volume in seen.volumes:
                volumes.setdefault((cluster, volume.svm), {})[volume.name] = volume
            for each in seen.relationships:
                relationships.setdefault((cluster, each.destination.svm), {})[each.destination.volume] = each
            doors[cluster] = _doors(seen)
            snapshots[cluster] = _by_volume(seen.snapshots)
            common[cluster] = _by_volume(seen.common_snapshots) if seen.common_snapshots is not None else None
    sites = {}
    for backend in group.backends:
        seen = look_up(view, backend.cluster)
        seen = (why_unseen(group.name, backend, seen) if isinstance(seen, ClusterView) else None) or seen
        svm = seen.svm(backend.svm) if isinstance(seen, ClusterView) else None
        place = (backend.cluster, backend.svm if svm else "")
        sites[backend.name] = without_unreadable(
            Site(
                backend=backend,
                seen=seen,
                svm=svm,
                volumes=volumes.get(place, {}),
                relationships=relationships.get(place, {}),
                doors=doors.get(backend.cluster, {}),
                snapshots=snapshots.get(backend.cluster, {}),
                common_snapshots=common.get(backend.cluster),
            )
        )
    return sites


def _doors(seen: ClusterView) -> Mapping[str, Doors]:
    """By the uuid of the volume."""
    qtrees: dict[str, list[Qtree]] = {}
    for qtree in seen.qtrees:
        qtrees.setdefault(qtree.volume_uuid, []).append(qtree)
    luns: dict[str, list[Lun]] = {}
    for lun in seen.luns or ():
        luns.setdefault(lun.volume_uuid, []).append(lun)
    sessions: dict[str, list[CifsSession]] = {}
    for session in seen.cifs_sessions or ():
        for volume in session.volumes:
            sessions.setdefault(volume, []).append(session)
    volume_of = {lun.uuid: lun.volume_uuid for lun in seen.luns or ()}
    maps: dict[str, list[LunMap]] = {}
    for each in seen.lun_maps or ():
        if each.lun_uuid in volume_of:
            maps.setdefault(volume_of[each.lun_uuid], []).append(each)
    shares = _shares(seen)
    return {
        uuid: Doors(
            qtrees=tuple(qtrees.get(uuid, ())),
            sessions=tuple(sessions.get(uuid, ())),
            luns=tuple(luns.get(uuid, ())),
            maps=tuple(maps.get(uuid, ())),
            shares=tuple(shares.get(uuid, ())),
        )
        for uuid in qtrees.keys() | sessions.keys() | luns.keys() | shares.keys()
    }


def _shares(seen: ClusterView) -> Mapping[str, list[Share]]:
    """Those that lead to each volume or into it, by its uuid: where it is mounted, or was, as its mark tells."""
    if not seen.cifs_shares:
        return {}
    junctions = {(each.svm, each.path.casefold()): each.uuid for each in seen.volumes if each.path}
    for volume in seen.volumes:
        mark = read_mark(volume.comment) if volume.path is None else None
        if mark is not None and mark.path:
            junctions.setdefault((volume.svm, mark.path.casefold()), volume.uuid)
    found: dict[str, list[Share]] = {}
    for share in seen.cifs_shares:
        for path in (share.path.rstrip("/"), *paths_above(share.path)):
            if uuid := junctions.get((share.svm, path.casefold())):
                found.setdefault(uuid, []).append(share)
                break
    return found


def _by_volume(snapshots: Iterable[Snapshot]) -> Mapping[str, tuple[Snapshot, ...]]:
    """By the uuid of the volume, the oldest first."""
    found: dict[str, list[Snapshot]] = {}
    for each in sorted(snapshots, key=lambda each: each.created_at):
        found.setdefault(each.volume_uuid, []).append(each)
    return {uuid: tuple(each) for uuid, each in found.items()}


def destination_svm(site: Site, listed: Listed) -> str | None:
    """The uuid of the SVM that an entry leads to: as it tells, else whose name it is here."""
    if listed.destination_svm_uuid is not None:
        return listed.destination_svm_uuid
    assert isinstance(site.seen, ClusterView)
    assert site.svm is not None
    if listed.destination_cluster is None and (local := site.seen.svm(listed.destination.svm)):
        return local.uuid
    peers = (each for each in site.seen.svm_peers if (each.svm, each.name) == (site.svm.name, listed.destination.svm))
    return next((each.peer_svm_uuid for each in peers), None)
