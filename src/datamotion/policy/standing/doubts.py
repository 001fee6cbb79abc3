"""What a person should know of copies that is no matter of claims: what is frozen, renamed, left out or a stranger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from datamotion.model.group import Group
from datamotion.model.migration import is_migration
from datamotion.model.standing import Copy, CopyId, Doubt, DoubtKind, Foreign, HeldClaim, Site
from datamotion.model.volume_records import Volume
from datamotion.model.words import Role
from datamotion.policy.standing.claims import Claims
from datamotion.policy.standing.membership import Membership, is_beside, other_group_of
from datamotion.policy.standing.serving import Verdict


def unclaimed(group: Group, is_fresh: bool, claims: Claims, verdicts: Mapping[str, Verdict]) -> Iterator[Doubt]:
    """Volumes have marks, and no claim says who serves them."""
    if verdicts and not is_fresh and not claims.held:
        yield Doubt(
            kind=DoubtKind.UNCLAIMED,
            text=f"volumes are marked as members of {group.name}, and no claim that was seen says who serves it",
            hint=f"datamotion settle {group.name} --keep BACKEND says who does",
        )


def copy_doubts(group: Group, copies: Iterable[Copy], claims: Claims, members: Membership) -> Iterator[Doubt]:
    """What is odd about copies that belong to the group. That one mirrors where the group was taken to is not."""
    for copy in copies:
        if copy.mark is not None and copy.edge is not None and isinstance(copy.edge.source, Foreign):
            svm = members.source_svm(copy.id.backend, copy.edge.relationship)
            yield from () if svm in claims.elsewhere else (_foreign_source(group, copy, copy.edge.source),)
        if copy.role is Role.ACTIVE:
            yield from _active_doubts(group, copy, claims.held)


def _foreign_source(group: Group, copy: Copy, source: Foreign) -> Doubt:
    """Of what the configuration names no back end for nobody can tell whose it is: it may have been the group's."""
    backend, volume = copy.id
    hint = "its data are those of another volume"
    if (source.cluster, source.endpoint.svm) not in {(each.cluster, each.svm) for each in group.backends}:
        hint = (
            f"if a back end was taken out of the configuration that held it, put it back: then datamotion reprotect"
            f" {group.name} makes the mirror follow what serves; else {hint}"
        )
    return Doubt(
        kind=DoubtKind.FOREIGN_SOURCE,
        backend=backend,
        volume=volume,
        text=f"{copy.volume.name} at {backend} is marked as a copy of {volume}, and is a mirror of {source}, which is"
        " no copy of it that is known here",
        hint=f"{hint}: look at it before anything is served from it",
    )


def _frozen_text(copy: Copy) -> str:
    if copy.is_fenced:
        return "is frozen, its clients cannot write"
    return "is noted as frozen and clients can come to it, since nothing kept them away yet or somebody let them in"


def _active_doubts(group: Group, copy: Copy, claims: Sequence[HeldClaim]) -> Iterator[Doubt]:
    backend, volume = copy.id
    if copy.mark is not None and copy.mark.frozen:
        hint = "the command that began it goes on with it (datamotion runs names it, where it was given); datamotion"
        hint += f" failover {group.name} --abort lets clients in again"
        if is_migration(group.name):
            hint = "datamotion migrate, as it was begun, goes on with it; with --abort it lets clients in again"
        elif claims and claims[0].backend != backend:  # from the epoch on there is no way back
            hint = f"{claims[0].claim.command} goes on with it; with --best-effort what cannot follow stays, and its"
            hint += " clients come in again"
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
    place = group.backend(backend)
    if not (is_migration(group.name) or place.selects(copy.volume.name, copy.volume.uuid)):
        yield Doubt(
            kind=DoubtKind.LEFT_OUT,
            backend=backend,
            volume=volume,
            text=f"{volume} is a member of {group.name}, and `volumes` of {place.said_at} does not select it any more",
            hint=f"it stays protected: rename it back, or add its name to `volumes` of {place.said_at};"
            f" to take it out, datamotion unprotect {group.name} --volume {volume}",
        )


def strangers(group: Group, sites: Mapping[str, Site], members: Membership, served: Set[str]) -> Iterator[Doubt]:
    """Mirrors of volumes at the group's back ends that no group protects. `served`: the back ends that served it."""
    for backend, site in sites.items():
        for name, relationship in site.relationships.items():
            volume = site.volumes.get(name)
            if members.copy_at(backend, name) is not None or volume is None or other_group_of(volume, group.name):
                continue
            source = members.source_backend(backend, relationship)
            if source is None:
                continue
            member = members.copy_at(source, relationship.source.volume)
            copy = members.copies.get(CopyId(backend, member.volume)) if member else None
            if source in served and sites[source].unseen and group.backend(source).selects(relationship.source.volume):
                yield _perhaps_a_copy(group, site, volume, relationship.source.volume, source)
                continue
            mirror_of = f"{relationship.source.volume} at {source}, which is no member of {group.name}"
            what = f"another mirror of {member.volume}, beside {copy.name} there" if member and copy else None
            text = f"{name} at {backend} is {what or f'a mirror of {mirror_of}'}"
            yield Doubt(kind=DoubtKind.NOT_A_MEMBER, backend=backend, text=text)


def _perhaps_a_copy(group: Group, site: Site, volume: Volume, name: str, source: str) -> Doubt:
    """Its own mark is lost, and that of what it mirrors is out of sight."""
    here = site.backend
    return Doubt(
        kind=DoubtKind.UNMARKED,
        backend=here.name,
        volume=name,
        text=f"{volume.name} at {here.name} is a mirror of {name} at {source}, which cannot be seen, with no mark that"
        f" can be read: whether it is a copy of what {group.name} protects nobody can tell",
        hint=f"when {source} answers: datamotion apply {group.name} marks it again; if that is lost, and it is to be"
        f" served, at {here.cluster}: snapmirror break -destination-path {here.svm}:{volume.name}, and volume mount;"
        f" then datamotion settle {group.name} --keep {here.name}",
    )


def selects_nothing(group: str, sites: Mapping[str, Site], selecting: Sequence[str]) -> Iterator[Doubt]:
    """Back ends whose patterns select members, and match none, or none but what other groups have, or what is kept."""
    for name in selecting:
        site = sites[name]
        patterns = ", ".join(site.backend.volumes)
        selected = [volume for volume in site.volumes.values() if site.backend.selects(volume.name, volume.uuid)]
        others = [other for volume in selected if (other := other_group_of(volume, group))]
        if len(others) < sum(not is_beside(volume) for volume in selected):
            continue
        hint = f"correct `volumes` of {site.backend.said_at} in the configuration"
        if others:
            hint += f"; if {group} was called {others[0]} before, it has to keep that name"
        yield Doubt(
            kind=DoubtKind.NOTHING_SELECTED,
            backend=name,
            text=f"no volume at {name} matches {patterns}" + (" but those of other groups" if others else ""),
            hint=hint,
        )
