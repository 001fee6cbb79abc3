"""What the clients of a volume need and its mirror does not carry: junction path, policies, autosize, efficiency.

It stands in the marks of all copies, so that it is known with the served copy gone. A copy that is served is given what
its SVM can give. The last two follow a mirror's own rules: ONTAP lets one grow and shrink, and switches efficiency off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from datamotion.model.acts import ModifyVolume
from datamotion.model.mark import Mark
from datamotion.model.names import counted
from datamotion.model.plan import Gate
from datamotion.model.records import ExportPolicy, NamedPolicy, Volume
from datamotion.model.standing import FENCE, Copy, Site, Standing
from datamotion.model.view import ClusterView
from datamotion.policy.steps import Phase, StepList

GIVE = "Give them what clients had"  # what reports tell by that it was not given
_GIVE = Phase(rank=95, title=GIVE, because="no mirror carries it, and nobody waits for it", gate=Gate.BESIDE)


class Served(NamedTuple):
    """Where clients find a volume; None: it was mounted nowhere. `is_assumed`: no mark that was seen tells."""

    path: str | None
    is_assumed: bool = False


def mark_of(standing: Standing, volume: str) -> Mark | None:
    """A mark of the volume: the active copy's, else that of any other copy."""
    active = standing.active[volume]
    served = standing.copies.get(active) if active is not None else None
    if served is not None and served.mark is not None:
        return served.mark
    return next((copy.mark for copy in standing.copies_of(volume) if copy.mark is not None), None)


def path_of(standing: Standing, volume: str) -> Served:
    """The junction path that a volume is served at: the noted one, else where it is mounted, else that of its name."""
    mark, active = mark_of(standing, volume), standing.active[volume]
    if mark is not None:
        return Served(mark.path)
    copy = standing.copies.get(active) if active is not None else None
    return Served(copy.volume.path) if copy and copy.volume.path else Served(f"/{volume}", is_assumed=True)


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
EXPORT = Need("export policy", "export", frozenset({"default", FENCE}), may_be_chosen=True)
SNAPSHOTS = Need("snapshot policy", "snapshots", frozenset({"none", None}))
QOS = Need("QoS policy", "qos", frozenset({None}), may_be_chosen=True)
AUTOSIZE = Need("autosize mode", "autosize", frozenset({"grow_shrink", None}), frozenset({"off", "grow"}))
EFFICIENCY = Need("efficiency", "efficiency", frozenset({None}), _ON)
NEEDS = (EXPORT, SNAPSHOTS, QOS, AUTOSIZE, EFFICIENCY)


class Difference(NamedTuple):
    """What clients had, and a copy has instead. `why` it stays; None: it is set when the copy is served."""

    need: Need
    had: str
    has: str | None
    why: str | None


def differences_of(standing: Standing, copy: Copy) -> Iterator[Difference]:
    """Where a copy has not what its mark says that clients need."""
    mark = copy.mark or mark_of(standing, copy.id.volume)
    for need in NEEDS if mark is not None else ():
        had, has = getattr(mark, need.note), getattr(copy.volume, need.note)
        if had is not None and not need.is_met(had, has):
            yield Difference(need, had, has, _why_not(standing.sites[copy.id.backend], need, had, has))


def _why_not(site: Site, need: Need, had: str, has: str | None) -> str | None:
    """Why a difference stays; None: it need not."""
    svm = site.backend.svm
    if need.known is not None:
        return None if set(had.split(",")) <= need.known else "no such thing is known"
    if need is EXPORT and has is None:
        return f"{svm} serves no NFS"
    policies = _policies(site, need)
    if policies is None:
        return f"{site.backend.cluster} does not tell which there are"
    if not any(each.name == had and each.svm in (None, svm) for each in policies):
        return f"{svm} has none of that name"
    return f"{has} was chosen there" if need.may_be_chosen and has not in need.bare else None


def _policies(site: Site, need: Need) -> Sequence[NamedPolicy | ExportPolicy] | None:
    assert isinstance(site.seen, ClusterView)
    if need is EXPORT:
        return site.seen.export_policies
    return site.seen.snapshot_policies if need is SNAPSHOTS else site.seen.qos_policies


def export_to_give(standing: Standing, copy: Copy) -> str | None:
    """The export policy that a copy is served with from now on; None: the one that it has."""
    for each in differences_of(standing, copy):
        if each.need is EXPORT and each.why is None:
            return each.had
    return "default" if copy.volume.export == FENCE else None


def give(due: StepList, standing: Standing, copy: Copy) -> None:
    """What clients had and need not wait for, once they are let in."""
    wanted = {each.need: each.had for each in differences_of(standing, copy) if each.why is None}
    wanted.pop(EXPORT, None)  # without it they are not let in: that is given when it is served
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


def differences(standing: Standing, copies: Sequence[Copy]) -> list[str]:
    """What clients had and these copies go on without, by name, and why; the same of many volumes once."""
    found: dict[str, list[str]] = {}
    for copy in copies:
        for need, had, has, why in differences_of(standing, copy):
            if why is not None:
                instead = "default" if has == FENCE else has or "none"
                found.setdefault(f"{need.what} {instead} where clients had {had}: {why}", []).append(copy.id.volume)
    return [f"{names_text(volumes)}: {text}" for text, volumes in sorted(found.items(), key=lambda each: -len(each[1]))]


def names_text(volumes: Sequence[str]) -> str:
    """The first of them by name, and how many more."""
    shown = sorted(volumes, key=counted)[:4]
    more = f" and {len(volumes) - len(shown)} more" if len(volumes) > len(shown) else ""
    return ", ".join(shown) + more
