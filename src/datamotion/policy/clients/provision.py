"""What clients had of a volume beside its data, which no mirror carries: policies, autosize, efficiency.

It stands in the marks of all copies. A copy that is served is given what its SVM can give. Autosize and efficiency
follow a mirror's own rules: ONTAP lets one grow and shrink, and switches efficiency off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from datamotion.model.mark import Mark
from datamotion.model.plan import Gate
from datamotion.model.standing import FENCE, Copy, Site, Standing
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.volume_records import NamedPolicy, Volume
from datamotion.policy.needs import DEFAULT, export_policies, mark_of, names_text, opening
from datamotion.policy.steps import Phase, StepList

GIVE = "Give them what clients had"  # what reports tell by that it was not given
_GIVE = Phase(rank=95, title=GIVE, because="no mirror carries it, and nobody waits for it", gate=Gate.BESIDE)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that clients need. `note` is its name in marks, volumes and changes.

    `bare` is what a mirror has by itself: it tells nothing of what its clients had. `known`: all that it can be; None:
    the name of a policy. `may_be_chosen`: somebody may have given a mirror one of its own, which stays.
    """

    what: str
    note: str
    bare: frozenset[str | None]
    known: frozenset[str] | None = None
    may_be_chosen: bool = False

    def noted(self, volume: Volume, mark: Mark | None, *, is_told: bool) -> str | None:
        """What a mark says of it: what this volume has, which serves, or what was noted where that tells nothing."""
        noted: str | None = getattr(mark, self.note) if mark else None
        has: str | None = getattr(volume, self.note)
        if not is_told:
            return noted
        is_taken_over = mark is not None and mark.origin != volume.uuid
        if has == FENCE or (is_taken_over and has in self.bare):
            return noted or (has if has != FENCE and self.known is None else None)
        return None if self.known and has in self.bare else has

    def is_met(self, had: str, has: str | None) -> bool:
        """Of efficiency, more than clients had is as good."""
        return set(had.split(",")) <= set((has or "").split(",")) if self is EFFICIENCY else had == has


_ON = frozenset(f"{name}:{value}" for name in ("dedupe", "compression") for value in ("background", "inline", "both"))
EXPORT = Need("export policy", "export", frozenset({DEFAULT, FENCE}), may_be_chosen=True)
SNAPSHOTS = Need("snapshot policy", "snapshots", frozenset({"none", None}))
QOS = Need("QoS policy", "qos", frozenset({None}), may_be_chosen=True)
AUTOSIZE = Need("autosize mode", "autosize", frozenset({"grow_shrink", None}), frozenset({"off", "grow"}))
EFFICIENCY = Need("efficiency", "efficiency", frozenset({None}), _ON)
NEEDS = (EXPORT, SNAPSHOTS, QOS, AUTOSIZE, EFFICIENCY)


class Difference(NamedTuple):
    """What clients had, and a copy has instead. `why` it stays; None: it is set once the copy is served."""

    need: Need
    had: str
    has: str | None
    why: str | None


Offers = Mapping[str, frozenset[str] | None]
"""By the note of a need that is a policy, the names of those that a volume of an SVM can have; None: not told."""


def offered(site: Site) -> Offers:
    """What the SVM of a back end that was seen can give."""
    assert isinstance(site.seen, ClusterView)
    svm = site.backend.svm

    def names(policies: Sequence[NamedPolicy] | None) -> frozenset[str] | None:
        return None if policies is None else frozenset(each.name for each in policies if each.svm in (None, svm))

    return {
        EXPORT.note: export_policies(site),
        SNAPSHOTS.note: names(site.seen.snapshot_policies),
        QOS.note: names(site.seen.qos_policies),
    }


def differences_of(standing: Standing, copy: Copy, offers: Offers) -> Iterator[Difference]:
    """Where a copy has not what its mark says that clients had, once it is served. Its own SVM makes these offers."""
    mark = copy.mark or mark_of(standing, copy.id.volume)
    for need in NEEDS if mark is not None else ():
        had, has = getattr(mark, need.note), getattr(copy.volume, need.note)
        if need is EXPORT:
            has = opening(standing, copy, offers[EXPORT.note] or frozenset()) or has
        if had is not None and not need.is_met(had, has):
            yield Difference(need, had, has, _why_not(standing, copy, need, had, has, offers))


def _why_not(standing: Standing, copy: Copy, need: Need, had: str, has: str | None, offers: Offers) -> str | None:
    """Why a difference stays; None: it need not."""
    backend, target = standing.group.backend(copy.id.backend), standing.group.target(copy.id.backend)
    if need.known is not None:
        return None if set(had.split(",")) <= need.known else "no such thing is known"
    if need is EXPORT and has is None:
        return f"{backend.svm} serves no NFS"
    if need is EXPORT and target is not None and has == target.export_policy:
        return "the configuration says so"
    names = offers[need.note]
    if names is None:
        return f"{backend.cluster} does not tell which there are"
    if had not in names:
        return f"{backend.svm} has none of that name"
    return f"{has} was chosen there" if need.may_be_chosen and has not in need.bare else None


def give(due: StepList, standing: Standing, copy: Copy, offers: Offers) -> None:
    """What clients had and need not wait for, once they are let in."""
    found = differences_of(standing, copy, offers)
    wanted = {each.need: each.had for each in found if each.why is None and each.need is not EXPORT}
    if not wanted:
        return
    change = ModifyVolume(
        uuid=copy.volume.uuid,
        snapshots=wanted.get(SNAPSHOTS),
        qos=wanted.get(QOS),
        autosize=wanted.get(AUTOSIZE),
        efficiency=tuple(_pair(each) for each in wanted[EFFICIENCY].split(",")) if EFFICIENCY in wanted else (),
    )
    text = f"{copy.id.volume}: {', '.join(f'{need.what} {had}' for need, had in wanted.items())}"
    due.add(_GIVE, standing.sites[copy.id.backend].backend, copy.id.volume, change, text, about="needs")


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value


def differences(standing: Standing, copies: Sequence[Copy], offers: Offers) -> list[str]:
    """What clients had and these copies go on without, by name, and why; the same of many volumes once."""
    found: dict[str, list[str]] = {}
    for copy in copies:
        for need, had, has, why in differences_of(standing, copy, offers):
            if why is not None:
                found.setdefault(f"{need.what} {has or 'none'} where clients had {had}: {why}", []).append(
                    copy.id.volume
                )
    return [f"{names_text(volumes)}: {text}" for text, volumes in sorted(found.items(), key=lambda each: -len(each[1]))]
