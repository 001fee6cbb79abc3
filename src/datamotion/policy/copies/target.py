"""What a back end could take over: which copies it could serve, what that would give up, and why not the others.

What is not counted against a copy is the health that ONTAP reports of its relationship: with the source gone every
update fails, so every mirror is soon unhealthy, and the freshest copy may well be the one that tried last. What counts
is whether it can be served, and what it would lose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from datamotion.model.group import Backend
from datamotion.model.plan import Loss
from datamotion.model.standing import Copy, CopyId, DoubtKind, Edge, Foreign, Site, Standing
from datamotion.model.units import count_text
from datamotion.model.view import Unseen
from datamotion.model.words import MirrorState, Role, VolumeState
from datamotion.policy.copies.junctions import path_clash, taken_paths
from datamotion.policy.copies.losses import loss_of, oldest_text
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.home import takes_up
from datamotion.policy.obstacles import Obstacle

_TO_BE_SETTLED = frozenset({DoubtKind.TWO_SERVE, DoubtKind.SERVES_AND_RECEIVES, DoubtKind.VANISHED})
_COMPLETE = frozenset(
    {MirrorState.SNAPMIRRORED, MirrorState.PAUSED, MirrorState.BROKEN_OFF, MirrorState.IN_SYNC, MirrorState.OUT_OF_SYNC}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what copies are judged. `is_ruled`: a person has said who serves, so that doubts about it do not count.

    `is_kept`: only what can be written already is served, and nothing is broken off. `earlier` is what mirrors go back
    to; None: the newest that they hold. `is_begun`: what can be written by now has gone back already.
    """

    is_ruled: bool = False
    is_kept: bool = False
    earlier: Earlier | None = None
    is_begun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A back end as a place to fail over to, for these volumes. `unusable` says why for each that it cannot serve.

    `hints`: by volume, what a person can do about that, where that is known.
    """

    site: Site
    broken: str | None
    copies: Mapping[str, Copy]
    unusable: Mapping[str, str]
    losses: tuple[Loss, ...]
    hints: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def backend(self) -> Backend:
        return self.site.backend

    @property
    def name(self) -> str:
        return self.site.backend.name

    @property
    def unseen(self) -> Unseen | None:
        return self.site.unseen

    @property
    def usable(self) -> tuple[Copy, ...]:
        return tuple(copy for volume, copy in self.copies.items() if volume not in self.unusable)

    @property
    def is_broken_by_others(self) -> bool:
        """Whether somebody broke one of its mirrors off without failing over to it: not ours to go on with."""
        return any(copy.role is Role.BROKEN for copy in self.usable)

    @property
    def is_complete(self) -> bool:
        return self.why_not is None and not self.unusable

    @property
    def why_not(self) -> str | None:
        """Why nothing at all can be failed over to it; None if something can."""
        if self.unseen is not None:
            return self.unseen.reason
        if self.broken:
            return self.broken
        if not self.usable:
            return "it holds no copy of the group" if not self.copies else self.shortfall
        return None

    @property
    def shortfall(self) -> str:
        named = "; ".join(f"{volume}: {why}" for volume, why in self.unusable.items())
        return f"{count_text(len(self.unusable), 'volume')} cannot be served ({named})"

    @property
    def staleness(self) -> tuple[bool, timedelta]:
        """What back ends are compared by: one that would lose nobody knows how much comes last."""
        ages = [loss.age for loss in self.losses]
        known = [age for age in ages if age is not None]
        return len(known) < len(ages), max(known, default=timedelta())

    @property
    def loss_text(self) -> str:
        return oldest_text(self.losses)


def assess(standing: Standing, name: str, given_up_at: Mapping[str, str], terms: Terms) -> Candidate:
    """A back end, judged against the volumes that are to move. `given_up_at`: who served each of them last."""
    site = standing.sites[name]
    broken = None
    if site.unseen is None and site.svm is None:
        broken = f"SVM {site.backend.svm} is not on {site.backend.cluster}"
    elif site.svm is not None and site.svm.state != "running":
        broken = f"SVM {site.svm.name} is {site.svm.state}"
    copies = {volume: copy for volume in given_up_at if (copy := standing.copy(name, volume)) is not None}
    taken, open_doubts = taken_paths(site), {} if terms.is_ruled else _open_doubts(standing)
    unusable, hints = dict[str, str](), dict[str, str | None]()
    for volume in given_up_at:
        copy = copies.get(volume)
        hidden = standing.hidden.get(CopyId(name, volume), "it has no copy there")
        why = _unusable(standing, copy, taken, terms) if copy else hidden
        if copy is not None and copy.edge is None and not copy.is_writable:
            hints[volume] = takes_up(standing.group.name)
        if copy is not None and path_clash(standing, copy, taken):
            hints[volume] = f"at {site.backend.cluster}: unmount that volume, or mount it elsewhere"
        if why is None and volume in open_doubts:
            why, hints[volume] = open_doubts[volume]
        if why:
            unusable[volume] = why
    losses = tuple(
        _loss(standing, copy, given_up_at[volume], terms)
        for volume, copy in copies.items()
        if not (volume in unusable or standing.active[volume] == copy.id)
    )
    return Candidate(site=site, broken=broken, copies=copies, unusable=unusable, losses=losses, hints=hints)


def _loss(standing: Standing, copy: Copy, given_up_at: str, terms: Terms) -> Loss:
    if terms.earlier is None or copy.is_writable:
        return loss_of(standing, copy, given_up_at)
    return terms.earlier.loss(standing, copy, given_up_at)


def _open_doubts(standing: Standing) -> Mapping[str, Obstacle]:
    """Volumes of which nobody can tell who serves them, and why that is for a person to settle.

    Nor is one served elsewhere while the copy that serves it is in sight and cannot be read: nobody could fence it.
    """
    group = standing.group.name
    hidden = {
        volume: (
            f"the copy at {active.backend} that serves it cannot be fenced: {standing.hidden[active]}",
            f"if it is to be left as it is: datamotion failover {group} --to BACKEND --overrule {active.backend}",
        )
        for volume, active in standing.active.items()
        if active is not None and active in standing.hidden
    }
    return hidden | {
        doubt.volume: (doubt.text, doubt.hint)
        for doubt in standing.doubts
        if doubt.volume is not None and doubt.kind in _TO_BE_SETTLED
    }


def best_of(candidates: Sequence[Candidate], agreed: str | None = None) -> Candidate | None:
    """The complete one that was agreed to, else that loses least; the order of the configuration decides ties."""
    complete = [each for each in candidates if each.is_complete and not each.is_broken_by_others]
    return min(complete, key=lambda each: (each.name != agreed, each.staleness), default=None)


def _unusable(standing: Standing, copy: Copy, taken: Mapping[str, str], terms: Terms) -> str | None:
    """Why a copy could not be served, None if it could: about the copy, not its freshness.

    A failed transfer leaves the copy whole, only older; what it loses tells.
    """
    if copy.volume.state is not VolumeState.ONLINE:
        return f"its volume {copy.volume.name} is {copy.volume.state}"
    if clash := path_clash(standing, copy, taken):
        return clash
    if copy.is_writable:
        is_late = terms.earlier is not None and not terms.is_begun
        return "it can be written already, and only a mirror goes back to an older snapshot" if is_late else None
    if terms.is_kept:
        return "it cannot be written there; what it is now stays"
    if copy.edge is None:
        return f"{copy.volume.name} is read-only and its relationship is gone"
    return unbreakable(copy.edge) or (terms.earlier.why_not(standing, copy) if terms.earlier is not None else None)


def unbreakable(edge: Edge) -> str | None:
    """Why the destination of a relationship could not be made writable."""
    if isinstance(edge.source, Foreign):
        return f"it is a mirror of {edge.source}, which is no copy that is known here"
    if edge.relationship.state not in _COMPLETE or not edge.holds_copy:
        return f"it is {edge.relationship.state} and holds no complete copy"
    return None
