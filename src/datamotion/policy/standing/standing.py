"""From what was seen of the clusters to how a group stands. Pure; one pass, with indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from datamotion.model.migration import is_migration
from datamotion.model.names import counted
from datamotion.model.standing import Copy, Doors, DoubtKind, Edge, Site, Standing
from datamotion.model.view import ClusterView, View
from datamotion.policy.gaps import gap_doubts
from datamotion.policy.standing.claims import Claims, read_claims, with_remembered
from datamotion.policy.standing.clocks import with_true_age
from datamotion.policy.standing.doubts import copy_doubts, selects_nothing, strangers, unclaimed
from datamotion.policy.standing.evidence import borne_out
from datamotion.policy.standing.membership import Membership
from datamotion.policy.standing.serving import Seen, SeenAt, Verdict, claim_doubts, judge, role
from datamotion.policy.standing.sites import sites_of
from datamotion.policy.standing.unreadable import Hidden

if TYPE_CHECKING:
    from datamotion.model.group import Group

_NO_DOORS = Doors()


def stand(group: Group, view: View) -> Standing:
    """The group's picture. What was not seen is not in it, and never counts as not there."""
    sites = sites_of(group, view)
    claims = read_claims(group, sites)
    peered = peered_svms(group, sites, claims.svms)
    claims = with_remembered(group, claims, sites, peered)
    svms = {**peered, **claims.svms}
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
    served = {each.backend for each in claims.held} or {group.home.name}
    doubts = [
        *claims.doubts,
        *claim_doubts(group.name, claims.held, [name for name, site in sites.items() if site.unseen is not None]),
        *(
            doubt
            for verdict in verdicts.values()
            for doubt in verdict.doubts
            if not (claims.elsewhere and doubt.kind is DoubtKind.VANISHED)
        ),
        *members.doubts,
        *hidden.doubts,
        *gap_doubts(sites.values()),
        *unclaimed(group, is_fresh, claims, verdicts),
        *copy_doubts(group, copies.values(), claims, members),
        *(() if is_migration(group.name) else strangers(group, sites, members, served)),
        *selects_nothing(group.name, sites, () if is_migration(group.name) or claims.elsewhere else members.serving),
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


def peered_svms(group: Group, sites: Mapping[str, Site], svms: Mapping[str, str]) -> Mapping[str, str]:
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
