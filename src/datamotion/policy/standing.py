"""From what was seen of the clusters to how a group stands. Pure; one pass, with indexes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from datamotion.model.group import Group
from datamotion.model.mark import read_mark
from datamotion.model.migration import is_migration
from datamotion.model.names import counted
from datamotion.model.records import CifsSession, Lun, LunMap, Qtree, Relationship, Share, Snapshot, Volume
from datamotion.model.standing import Copy, CopyId, Doors, Doubt, DoubtKind, Edge, Foreign, HeldClaim, Site, Standing
from datamotion.model.view import ClusterView, View, look_up
from datamotion.model.words import Role
from datamotion.policy.claims import Claims, read_claims
from datamotion.policy.clocks import with_true_age
from datamotion.policy.evidence import borne_out
from datamotion.policy.gaps import gap_doubts, why_unseen
from datamotion.policy.membership import Membership
from datamotion.policy.needs import paths_above
from datamotion.policy.serving import Seen, SeenAt, Verdict, claim_doubts, judge, role
from datamotion.policy.unreadable import Hidden, without_unreadable

_NO_DOORS = Doors()


def stand(group: Group, view: View) -> Standing:
    """The group's picture. What was not seen is not in it, and never counts as not there."""
    sites = _sites(group, view)
    claims = read_claims(group, sites)
    svms = {**claims.svms, **_peered(group, sites, claims.svms)}
    members = Membership(group=group, sites=sites, svms=svms, serving=_selecting(group, sites, claims))
    hidden = Hidden(members)
    is_fresh = not claims.epochs and not members.marks and not hidden.is_marked
    seen = _seen(members)
    claims = borne_out(group.name, claims, sites, seen)
    volumes = sorted(members.origins, key=counted)
    verdicts = {} if is_fresh else judge(group.name, volumes, claims.held, sites, seen)
    for volume in hidden.volumes & verdicts.keys():
        verdicts |= judge(group.name, [volume], claims.held, hidden.as_unseen(sites, volume), seen)
    verdicts |= _new(members, volumes, verdicts, seen)
    by_backend = {backend: _copies(backend, of_backend, verdicts, claims) for backend, of_backend in seen.items()}
    copies = {copy.id: copy for at_backend in by_backend.values() for copy in at_backend.values()}
    doubts = [
        *claims.doubts,
        *claim_doubts(group.name, claims.held),
        *(doubt for verdict in verdicts.values() for doubt in verdict.doubts),
        *members.doubts,
        *hidden.doubts,
        *gap_doubts(sites.values()),
        *_unclaimed(group, is_fresh, claims, verdicts),
        *_copy_doubts(group, copies.values(), claims.held),
        *_strangers(group, sites, members),
        *_selects_nothing(sites, () if is_migration(group.name) else _selecting(group, sites, claims)),
    ]
    return Standing(
        group=group,
        sites=sites,
        volumes=tuple(volumes),
        copies=copies,
        by_volume={
            volume: tuple(at_backend[volume] for at_backend in by_backend.values() if volume in at_backend)
            for volume in volumes
        },
        active={volume: verdict.active for volume, verdict in verdicts.items()},
        claims=claims.held,
        doubts=tuple(doubts),
        is_fresh=is_fresh,
        epochs=claims.epochs,
        newest=claims.newest,
        hidden=hidden.copies,
        unreadable=claims.unreadable,
    )


def _sites(group: Group, view: View) -> Mapping[str, Site]:
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


def _peered(group: Group, sites: Mapping[str, Site], svms: Mapping[str, str]) -> Mapping[str, str]:
    """By its uuid, the SVM of a back end that was not seen and that no claim tells, as after all claims were deleted.

    It is the only one of that name that the others are peered with, at a cluster that was not seen either.
    """
    here = {svm.uuid for site in sites.values() if isinstance(site.seen, ClusterView) for svm in site.seen.svms}
    peers: dict[str, set[str]] = {}
    for site in sites.values():
        if isinstance(site.seen, ClusterView) and site.svm is not None:
            for each in site.seen.svm_peers:
                if each.svm == site.svm.name and each.peer_svm_uuid and each.peer_svm_uuid not in here | svms.keys():
                    peers.setdefault(each.peer_svm, set()).add(each.peer_svm_uuid)
    missing: dict[str, list[str]] = {}
    for backend in group.backends:
        if sites[backend.name].svm is None and backend.name not in svms.values():
            missing.setdefault(backend.svm, []).append(backend.name)
    return {
        next(iter(peers[svm])): backends[0]
        for svm, backends in missing.items()
        if len(backends) == len(peers.get(svm, ())) == 1
    }


def _selecting(group: Group, sites: Mapping[str, Site], claims: Claims) -> tuple[str, ...]:
    """The back ends whose patterns select members: where the group is served, as claims tell; its home at first."""
    if not claims.epochs:
        return (group.home.name,) if sites[group.home.name].svm else ()
    found: list[str] = []
    for each in claims.held:
        if each.backend not in found:
            found.append(each.backend)
        if each.served is not None and not each.claim.partial:
            break
    return tuple(name for name in found if sites[name].svm is not None)


def _seen(members: Membership) -> SeenAt:
    seen: dict[str, dict[str, Seen]] = {backend: {} for backend in members.sites}
    for copy_id, volume in members.copies.items():
        relationship = members.sites[copy_id.backend].relationships.get(volume.name)
        edge = None
        if relationship is not None:
            whence = members.source_backend(copy_id.backend, relationship)
            site, source = members.sites[copy_id.backend], members.sites[whence] if whence else None
            edge = Edge(with_true_age(relationship, site, source), members.source_of(copy_id, relationship))
        doors = members.sites[copy_id.backend].doors.get(volume.uuid, _NO_DOORS)
        seen[copy_id.backend][copy_id.volume] = Seen(copy_id, volume, members.marks.get(copy_id), edge, doors)
    return seen


def _new(
    members: Membership, volumes: Iterable[str], verdicts: Mapping[str, Verdict], seen: SeenAt
) -> dict[str, Verdict]:
    """Volumes that no mark knows, served where a pattern selects them: at the home of a group that nobody claimed yet.

    Or at a back end that took a part of the group over, where an earlier claim would have them elsewhere, and they are
    not there.
    """
    found = {}
    for volume in volumes:
        backend, verdict = members.selected.get(volume), verdicts.get(volume)
        if backend is None or (verdict and not any(each.kind is DoubtKind.VANISHED for each in verdict.doubts)):
            continue
        copy = seen[backend].get(volume)
        found[volume] = Verdict(copy.id if copy is not None and copy.is_writable else None)
    return found


def _copies(backend: str, seen: Mapping[str, Seen], verdicts: Mapping[str, Verdict], claims: Claims) -> dict[str, Copy]:
    """Those at one back end by the group's volumes, in their order."""
    own = [each for each in claims.held if each.backend == backend]
    return {
        volume: Copy(*each, role=role(each, verdict, own))
        for volume, verdict in verdicts.items()
        if (each := seen.get(volume)) is not None
    }


def _unclaimed(group: Group, is_fresh: bool, claims: Claims, verdicts: Mapping[str, Verdict]) -> Iterator[Doubt]:
    if verdicts and not is_fresh and not claims.held:
        yield Doubt(
            kind=DoubtKind.UNCLAIMED,
            text=f"volumes are marked as members of {group.name}, and no claim that was seen says who serves it",
            hint=f"datamotion settle {group.name} --keep BACKEND says who does",
        )


def _copy_doubts(group: Group, copies: Iterable[Copy], claims: Sequence[HeldClaim]) -> Iterator[Doubt]:
    for copy in copies:
        if copy.mark is not None and copy.edge is not None and isinstance(copy.edge.source, Foreign):
            yield _foreign_source(copy, copy.edge.source)
        if copy.role is Role.ACTIVE:
            yield from _active_doubts(group, copy, claims)


def _foreign_source(copy: Copy, source: Foreign) -> Doubt:
    backend, volume = copy.id
    return Doubt(
        kind=DoubtKind.FOREIGN_SOURCE,
        backend=backend,
        volume=volume,
        text=f"{copy.volume.name} at {backend} is marked as a copy of {volume}, and is a mirror of {source}, which is"
        " no copy of it",
        hint="its data are those of another volume: look at it before anything is served from it",
    )


def _frozen_text(copy: Copy) -> str:
    if copy.is_fenced:
        return "is frozen, its clients cannot write"
    return "is noted as frozen and clients can come to it, since nothing kept them away yet or somebody let them in"


def _active_doubts(group: Group, copy: Copy, claims: Sequence[HeldClaim]) -> Iterator[Doubt]:
    backend, volume = copy.id
    if copy.mark is not None and copy.mark.frozen:
        newest = claims[0].backend if claims else backend
        hint = f"datamotion failover {group.name} goes on with it; datamotion failover {group.name} --abort lets"
        hint += " clients in again"
        if is_migration(group.name):
            hint = "datamotion migrate, as it was begun, goes on with it; with --abort it lets clients in again"
        elif newest != backend:  # from the epoch on there is no way back
            hint = f"datamotion failover {group.name} --to {newest} goes on with it"
        yield Doubt(
            kind=DoubtKind.FROZEN,
            backend=backend,
            volume=volume,
            text=f"{volume} at {backend} {_frozen_text(copy)}: a planned failover goes on, or was cut short before it"
            " was decided",
            hint=hint,
        )
    if copy.volume.name != volume:
        yield Doubt(
            kind=DoubtKind.RENAMED,
            backend=backend,
            volume=volume,
            text=f"{volume} is called {copy.volume.name} at {backend} now; it is the same volume by its uuid and mark",
        )
    if not (is_migration(group.name) or group.backend(backend).selects(copy.volume.name, copy.volume.uuid)):
        yield Doubt(
            kind=DoubtKind.LEFT_OUT,
            backend=backend,
            volume=volume,
            text=f"{volume} is a member of {group.name}, and `volumes` of {backend} does not select it any more",
            hint=f"it stays protected; datamotion unprotect {group.name} --volume {volume} takes it out",
        )


def _strangers(group: Group, sites: Mapping[str, Site], members: Membership) -> Iterator[Doubt]:
    """Mirrors of volumes at the group's back ends that were never protected by it."""
    for backend, site in sites.items():
        for name, relationship in site.relationships.items():
            if members.copy_at(backend, name) is not None or name not in site.volumes:
                continue
            source = members.source_backend(backend, relationship)
            if source is None:
                continue
            member = members.copy_at(source, relationship.source.volume)
            copy = members.copies.get(CopyId(backend, member.volume)) if member else None
            mirror_of = f"{relationship.source.volume} at {source}, which is no member of {group.name}"
            what = f"another mirror of {member.volume}, beside {copy.name} there" if member and copy else None
            text = f"{name} at {backend} is {what or f'a mirror of {mirror_of}'}"
            yield Doubt(kind=DoubtKind.NOT_A_MEMBER, backend=backend, text=text)


def _selects_nothing(sites: Mapping[str, Site], selecting: tuple[str, ...]) -> Iterator[Doubt]:
    for name in selecting:
        site = sites[name]
        if not any(site.backend.selects(volume.name, volume.uuid) for volume in site.volumes.values()):
            patterns = ", ".join(site.backend.volumes)
            yield Doubt(
                kind=DoubtKind.NOTHING_SELECTED,
                backend=name,
                text=f"no volume at {name} matches {patterns}",
                hint=f"correct `volumes` of {name} in the configuration",
            )
