"""Collecting what is left over of a group: releases that are owed, claims that tell nothing any more, stray marks.

Nothing that may hold data goes, and nothing that is needed to tell who serves, since when, or what a copy lacks. What
cannot be told from what is in sight is left, and named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from datamotion.model.acts import Subject
from datamotion.model.claim import Claim, claim_group, read_claim
from datamotion.model.group import Group
from datamotion.model.mark import Mark, read_mark, without_mark
from datamotion.model.mirror_records import Policy
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.serving_acts import DeleteClaim
from datamotion.model.standing import FENCE, Copy, CopyId, HeldClaim, Site, Standing
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import RemoveMark
from datamotion.model.volume_records import Volume
from datamotion.model.words import Operation, Role
from datamotion.policy.epochs import untold
from datamotion.policy.mirrors.listings import Entry, entries, release
from datamotion.policy.needs import names_text
from datamotion.policy.obstacles import Obstacle
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_RELEASE = Phase(
    rank=1,
    title="Release what is owed",
    because="the relationships are gone, and their sources still keep snapshots for them",
)
_UNMARK = Phase(rank=2, title="Remove stray marks", because="they are of groups that nothing else is left of")
_CLAIMS = Phase(rank=3, title="Delete claims", because="nothing is told by them any more")


def gc_planner(group: Group, configured: Collection[str]) -> Planner:
    """The planner for `datamotion gc`. `configured` are all groups of the configuration."""

    def plan(situation: Situation) -> Plan:
        collecting = _Collecting(situation, configured)
        collecting.plan()
        return Plan(
            operation=Operation.GC,
            group=group.name,
            title=f"Collect what is left over of {group.name}",
            steps=collecting.due.steps(),
            refusals=tuple(collecting.refusals),
            notes=tuple(collecting.notes),
            holds=collecting.holds(),
            backend=collecting.left_to_serve(),
        )

    return plan


@dataclass(slots=True)
class _Collecting:
    situation: Situation
    configured: Collection[str]
    due: StepList = field(default_factory=StepList)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    @property
    def _now(self) -> Standing:
        return self.situation.now

    def plan(self) -> None:
        for site in self._now.sites.values():
            if site.unseen is not None:
                name, why = site.backend.name, site.unseen
                text = f"what is left over there, and claims anywhere, are left: it cannot be seen: {why.reason}"
                self.refusals.append(Refusal(backend=name, text=text, hint=why.hint, unseen=why))
        for entry in entries(self._now):
            if _is_owed(self._now, entry):
                release(self.due, self._now, _RELEASE, entry, keeps_snapshots=entry.copy is not None)
        self._remove_marks()
        self._delete_claims()

    def left_to_serve(self) -> str | None:
        """Whose the newest claim is that stays; None where the last one goes: then nobody remembers an earlier one."""
        claims = () if _is_nothing_marked(self._now) else self._now.claims
        return claims[0].backend if claims else None

    def holds(self) -> frozenset[Subject]:
        """What was left over at first, and is not any more."""
        first = self.situation.first
        owed = {(each.at, each.source.id.volume) for each in entries(first) if each.at and _is_owed(first, each)}
        strays = {(site.backend.name, volume.name) for site in first.sites.values() for volume, _ in self._strays(site)}
        is_open = {act.subject for step in self.due.steps() for act in step.acts}
        return frozenset(
            (backend, volume)
            for backend, volume in (owed | strays) - is_open
            if self._now.sites[backend].unseen is None
        )

    # -- marks of groups that are not configured

    def _strays(self, site: Site) -> Iterator[tuple[Volume, Mark]]:
        for volume in site.volumes.values():
            mark = read_mark(volume.comment)
            if mark is not None and mark.group not in self.configured:
                yield volume, mark

    def _remove_marks(self) -> None:
        """Of those groups that no back end in sight holds anything of but marks."""
        found = {name: list(self._strays(site)) for name, site in self._now.sites.items()}
        if not any(found.values()):
            return
        kept = self._still_there(found)
        left: dict[str, list[str]] = {}
        for backend, strays in found.items():
            for volume, mark in strays:
                if mark.group in kept:
                    left.setdefault(mark.group, []).append(volume.name)
                    continue
                change = RemoveMark(uuid=volume.uuid, comment=without_mark(volume.comment))
                text = f"{volume.name}: marked as {mark.volume} of {mark.group}, which is not in the configuration"
                self.due.add(_UNMARK, self._now.group.backend(backend), volume.name, change, text, about=volume.uuid)
        self.notes += [
            Remark(f"{names_text(names)}: marked as of {group}, which is not configured, and left: {kept[group]}.")
            for group, names in left.items()
        ]

    def _still_there(self, found: dict[str, list[tuple[Volume, Mark]]]) -> dict[str, str]:
        """Groups that somebody may have in use, and by what that is seen."""
        kept: dict[str, str] = {}
        for backend, site in self._now.sites.items():
            unseen = site.svm is None or bool(site.unreadable)
            sources = set()
            if isinstance(site.seen, ClusterView) and site.svm is not None:
                sources = {each.source.volume for each in site.seen.destinations}
                for policy in site.seen.policies:
                    if policy.svm == site.svm.name and (group := claim_group(policy.name)) is not None:
                        kept[group] = f"{backend} holds a claim of it (policy {policy.name})"
            for volume, mark in found[backend]:
                if volume.name in site.relationships or volume.name in sources:
                    kept.setdefault(mark.group, f"a mirror begins or ends at {volume.name} of {backend}")
                if volume.export == FENCE:
                    kept.setdefault(mark.group, f"{volume.name} of {backend} is fenced, and its mark says how it was")
            if unseen:
                for group in {mark.group for strays in found.values() for _, mark in strays}:
                    kept.setdefault(group, f"{backend} cannot be seen whole")
        return kept

    # -- claims

    def _delete_claims(self) -> None:
        standing = self._now
        held = [(site, each, claim) for site in standing.sites.values() for each, claim in _claims(standing, site)]
        if not held or any(site.svm is None for site in standing.sites.values()):
            return
        if _is_nothing_marked(standing):
            for site, policy, claim in held:
                why = f"no volume of {claim.group} is marked anywhere"
                self._delete(site, policy, claim, why)
            home = standing.group.home.name
            as_new = f"With its last claim the group is as new: the next apply begins at its home, {home}."
            self.notes.append(Remark(as_new))
            return
        newest = standing.claims[0] if standing.claims else None
        older = [each for each in held if newest is not None and each[2].epoch < newest.epoch]
        if newest is None or not older:
            return
        if why_not := _needed(standing, newest):
            self.notes.append(Remark(f"Claims before epoch {newest.epoch} are left: {why_not[0]}.", why_not[1]))
            return
        for site, policy, claim in older:
            why = f"overtaken by epoch {newest.epoch}, which every back end knows and {newest.backend} serves whole"
            self._delete(site, policy, claim, why)

    def _delete(self, site: Site, policy: Policy, claim: Claim, why: str) -> None:
        text = f"{site.backend.name}: epoch {claim.epoch} of {claim.backend}: {why}"
        self.due.add(_CLAIMS, site.backend, None, DeleteClaim(uuid=policy.uuid), text, about=policy.uuid)


def _is_owed(standing: Standing, entry: Entry) -> bool:
    """Whether a release is due. A copy without its relationship can be taken up again from what the source keeps.

    Both ends of what was turned round are copies still: neither needs the old direction once each serves, or is a whole
    mirror of the one that does.
    """
    if not entry.is_owed or entry.copy is None:
        return entry.is_owed
    active = standing.active[entry.copy.id.volume]
    return active is not None and all(_is_whole(each, active) for each in (entry.source, entry.copy))


def _is_whole(copy: Copy, active: CopyId) -> bool:
    """Whether a copy is the one that serves, or a mirror of it that holds a state of it."""
    if copy.id == active:
        return True
    return copy.role is Role.MIRROR and copy.edge is not None and copy.edge.source == active and copy.edge.holds_copy


def _claims(standing: Standing, site: Site) -> Iterator[tuple[Policy, Claim]]:
    """The claims of the group at a back end that can be read, and were made by one of those who share its secret."""
    if isinstance(site.seen, ClusterView) and site.svm is not None:
        for policy in site.seen.policies:
            claim = read_claim(standing.group.name, policy.name, policy.comment)
            if policy.svm == site.svm.name and claim is not None and claim.is_sealed(standing.group.seal):
                yield policy, claim


def _is_nothing_marked(standing: Standing) -> bool:
    """Whether all that is in sight can be read, and bears no mark of the group; clones of copies bear one too."""
    return all(
        not site.unreadable and not any(_is_of(standing.group.name, each) for each in site.volumes.values())
        for site in standing.sites.values()
    )


def _is_of(group: str, volume: Volume) -> bool:
    mark = read_mark(volume.comment)
    return mark is not None and mark.group == group


def _needed(standing: Standing, newest: HeldClaim) -> Obstacle | None:
    """What older claims still tell: which copies were overtaken, and since when another one lacks writes."""
    if len(standing.contenders) > 1:
        return "two back ends were taken over, and neither overtook the other", None
    if newest.served is None or newest.claim.partial:
        return f"epoch {newest.epoch} was not seen to be served whole", None
    if missing := [name for name in standing.sites if name not in newest.at]:
        names = ", ".join(missing)
        if untold(standing, newest.claim).isdisjoint(missing):
            return (
                f"{names} has another claim of epoch {newest.epoch}; a later epoch overtakes both",
                None,
            )
        return f"{names} does not know epoch {newest.epoch} yet", f"datamotion apply {standing.group.name} tells it"
    if standing.unreadable or any(site.unreadable for site in standing.sites.values()):
        return "not all that is there can be read", None
    unsettled = next(filter(None, (_unsettled(standing, newest, each) for each in standing.volumes)), None)
    return (unsettled, None) if unsettled else None


def _unsettled(standing: Standing, newest: HeldClaim, volume: str) -> str | None:
    """Which copy of a volume neither serves by the newest claim nor is a whole mirror of the one that does."""
    active = standing.active[volume]
    if active is None or active.backend != newest.backend:
        return f"{newest.backend} is not seen to serve {volume}"
    for copy in standing.copies_of(volume):
        if not _is_whole(copy, active):
            return f"{copy.volume.name} at {copy.id.backend} is {copy.role}, and they tell what it holds"
    return None
