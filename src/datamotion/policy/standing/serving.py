"""Which copy serves each volume, and what every other copy is to it.

The newest claim whose back end holds a writable copy of the volume serves it. What that needs, and what leaves it open:

    its back end was not seen     it serves, if its claim says that it once did; else nobody can tell
    its copy receives, or is gone nobody can tell, if the claim says that it served; else the claim before it counts
    two claims of one turn        nobody can tell, once both hold a writable copy, or may
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from datamotion.model.mark import Mark
from datamotion.model.migration import is_migration
from datamotion.model.standing import FENCE, CopyId, Doors, Doubt, DoubtKind, Edge, HeldClaim, Site, is_fence
from datamotion.model.units import moment_text
from datamotion.model.volume_records import Volume
from datamotion.model.words import Role, VolumeType


class Seen(NamedTuple):
    """A copy before it is known what it is to its group."""

    id: CopyId
    volume: Volume
    mark: Mark | None
    edge: Edge | None
    doors: Doors

    @property
    def is_writable(self) -> bool:
        return self.volume.type is VolumeType.RW and (self.edge is None or self.edge.leaves_writable)


SeenAt = Mapping[str, Mapping[str, Seen]]
"""By back end, and by what the group calls the volume."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The copy that serves, None where that is open; the doubts that make it so.

    `turn` is the one in which the volume was seen to be served last: what was served in an earlier one is overtaken.
    """

    active: CopyId | None
    doubts: tuple[Doubt, ...] = ()
    turn: int = 0


def judge(
    group: str, volumes: Iterable[str], claims: Sequence[HeldClaim], sites: Mapping[str, Site], copies: SeenAt
) -> dict[str, Verdict]:
    """Who serves each of these volumes, by claims from the newest on."""
    turns = [list(of_turn) for _, of_turn in groupby(claims, key=lambda each: each.turn)]
    return {volume: _judge_volume(group, volume, turns, sites, copies) for volume in volumes}


def _judge_volume(
    group: str, volume: str, turns: Sequence[Sequence[HeldClaim]], sites: Mapping[str, Site], copies: SeenAt
) -> Verdict:
    for of_turn in turns:
        serving = [each for each in of_turn if _serves(each, volume, copies) or _is_believed(each, sites)]
        if len(serving) > 1:
            return Verdict(None, (_two_serve(group, volume, serving, sites),), of_turn[0].turn)
        if serving:
            return Verdict(CopyId(serving[0].backend, volume), turn=serving[0].turn)
        for claim in of_turn:
            verdict = _judge_unserved(group, volume, claim, sites, copies)
            if verdict is not None:
                return verdict
    return Verdict(None)


def _serves(claim: HeldClaim, volume: str, copies: SeenAt) -> bool:
    copy = copies[claim.backend].get(volume)
    return copy is not None and copy.is_writable and _covers(claim, copy)


def _is_believed(claim: HeldClaim, sites: Mapping[str, Site]) -> bool:
    """Whether a back end that was not seen is taken to serve all that its claim is about."""
    return sites[claim.backend].svm is None and claim.served is not None and not claim.claim.partial


def _covers(claim: HeldClaim, copy: Seen) -> bool:
    """Whether a claim is about this copy: a partial one is about those whose marks name its epoch."""
    return not claim.claim.partial or (copy.mark is not None and copy.mark.epoch == claim.epoch)


def _judge_unserved(
    group: str, volume: str, claim: HeldClaim, sites: Mapping[str, Site], copies: SeenAt
) -> Verdict | None:
    """What a claim says of a volume that it is not seen to serve; None where the one before it counts."""
    if sites[claim.backend].svm is None:
        return Verdict(None, (_may_serve(group, volume, claim, sites[claim.backend]),) if claim.served else ())
    copy = copies[claim.backend].get(volume)
    is_about_it = not claim.claim.partial if copy is None else _covers(claim, copy)
    if claim.served is None or not is_about_it:
        return None
    return Verdict(None, (_serves_no_more(group, volume, claim, copy),))


def _may_serve(group: str, volume: str, claim: HeldClaim, site: Site) -> Doubt:
    why = site.unseen.reason if site.unseen else f"it has no SVM {site.backend.svm}"
    return Doubt(
        kind=DoubtKind.UNSEEN_CLAIM,
        backend=claim.backend,
        volume=volume,
        text=f"{claim.backend} took a part of the group over in epoch {claim.epoch}, and cannot be seen ({why}):"
        f" whether it serves {volume} nobody can tell",
        hint=f"if it is lost: datamotion failover {group} --dry-run shows what another one would serve, and what that"
        " gives up",
    )


def _serves_no_more(group: str, volume: str, claim: HeldClaim, copy: Seen | None) -> Doubt:
    what = "has no copy of it" if copy is None else f"has a copy that cannot be written ({_state(copy)})"
    return Doubt(
        kind=DoubtKind.VANISHED if copy is None else DoubtKind.SERVES_AND_RECEIVES,
        backend=claim.backend,
        volume=volume,
        text=f"{claim.backend} serves {group} since {moment_text(claim.claim.since)} (epoch {claim.epoch}) and"
        f" {what}: nobody can tell who serves {volume}",
        hint=f"datamotion settle {group} --keep BACKEND says who does, and what that gives up",
    )


def _state(copy: Seen) -> str:
    return f"its relationship is {copy.edge.relationship.state}" if copy.edge else f"it is of type {copy.volume.type}"


def _two_serve(group: str, volume: str, serving: Sequence[HeldClaim], sites: Mapping[str, Site]) -> Doubt:
    sides = [
        f"{each.backend}, since {moment_text(each.claim.since, to_seconds=True)},"
        f" {'holds a copy that can be written' if sites[each.backend].svm else 'served when it was last seen'}"
        for each in serving
    ]
    return Doubt(
        kind=DoubtKind.TWO_SERVE,
        volume=volume,
        text=f"{volume} is served twice in {_epochs_text(serving)}: {'; '.join(sides)}; neither overtook the other",
        hint=f"datamotion settle {group} --keep BACKEND says which one stays, and what that gives up",
    )


def taken_twice(group: str, claims: Sequence[HeldClaim]) -> str:
    """That these claims are rivals, in words."""
    sides = " and for ".join(f"{each.backend} (epoch {each.epoch}, by {each.claim.by})" for each in claims)
    return f"{group} was taken over for {sides}, at sites that did not see each other"


def _epochs_text(claims: Sequence[HeldClaim]) -> str:
    epochs = sorted({each.epoch for each in claims})
    return f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {' and '.join(map(str, epochs))}"


def role(copy: Seen, verdict: Verdict, claims: Iterable[HeldClaim]) -> Role:
    """What a copy is, next to the one that serves. `claims` are those of its back end, the newest first."""
    if verdict.active == copy.id:
        return Role.ACTIVE
    if not copy.is_writable:
        return Role.MIRROR if copy.edge is not None and not copy.edge.is_broken_off else Role.DETACHED
    turn = next((each.turn for each in claims if _covers(each, copy)), int(_is_origin(copy)))
    if (turn or copy.volume.export == FENCE) and is_fence(copy.volume, copy.doors):
        return Role.FENCED
    if 0 < turn < verdict.turn:
        return Role.OVERTAKEN
    return Role.UNCLEAR if verdict.active is None else Role.BROKEN


def _is_origin(copy: Seen) -> bool:
    """Whether the volume was protected as this copy: it served first, whether or not a claim is left that says so."""
    return copy.mark is not None and copy.mark.origin == copy.volume.uuid


def claim_doubts(group: str, claims: Sequence[HeldClaim], unseen: Collection[str]) -> Iterator[Doubt]:
    """The newest epoch, where it was taken twice, or nobody has confirmed that it was served. `unseen`: back ends."""
    of_newest = [each for each in claims if each.turn == claims[0].turn]
    if len(of_newest) > 1:
        yield Doubt(
            kind=DoubtKind.TWO_SERVE,
            backend=of_newest[0].backend,
            text=taken_twice(group, of_newest),
            hint=f"datamotion settle {group} --keep BACKEND says which one stays, and what that gives up",
        )
    for each in of_newest:
        if each.served is None and not any(other.served for other in of_newest):
            goes_on = "datamotion migrate, as it was begun," if is_migration(group) else each.claim.command
            yield Doubt(
                kind=DoubtKind.UNFINISHED_CLAIM,
                backend=each.backend,
                text=f"{each.backend} was claimed in epoch {each.epoch} by {each.claim.by}, at"
                f" {moment_text(each.claim.since, to_seconds=True)}, and was never seen to be served: that run goes on,"
                " or was cut short",
                hint=f"{goes_on} goes on with it{_if_lost(group, claims, each, unseen)}",
            )


def _if_lost(group: str, claims: Sequence[HeldClaim], of: HeldClaim, unseen: Collection[str]) -> str:
    """How clients are let in again where they were, should the back end of a claim that was never served be lost."""
    earlier = (each.backend for each in claims if each.epoch < of.epoch and each.served is not None)
    former = next(earlier, None)
    if of.backend not in unseen or former is None or former in unseen:
        return ""
    back = f"datamotion failover {group} --to {former} --overrule {of.backend}"
    if is_migration(group):
        back = f"datamotion settle {group} --keep {former}"
    return f" once {of.backend} answers; if it is lost: {back} lets clients in at {former} again"
