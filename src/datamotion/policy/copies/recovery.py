"""Going back to an older recovery point than the newest: the newest ones hold what somebody encrypted, say.

Which one that is, is told by its name or by a time: then it is the newest snapshot that was taken by it. Every copy is
broken off at its own; what is newer there goes, unless it is kept as a clone first.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from datamotion.model.claim import Claim
from datamotion.model.plan import Loss
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, Standing
from datamotion.model.units import age_text, count_text, moment_text
from datamotion.model.volume_records import Snapshot
from datamotion.policy.copies.ages import age_of, misjudged, taken_at
from datamotion.policy.copies.common import snapshot_named, snapshots_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """One of `snapshot` and `taken_by` is given. `keeps_newer`: what is newer is cloned, and split off, first;
    None: where a failover goes on for which that was said.

    `clocks` is how the group stood when it was decided which snapshots are meant: what clocks differ by is told a bit
    otherwise in every look, and a run keeps to what it began with.
    """

    snapshot: str | None = None
    taken_by: datetime | None = None
    keeps_newer: bool | None = None
    clocks: Standing | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return self.snapshot or f"{self.taken_by:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def options(self) -> str:
        """Those of a command that ask for it."""
        keeps = {True: " --keep-newer", False: " --no-keep-newer", None: ""}[self.keeps_newer]
        return f"--at {shlex.quote(str(self))}{keeps}"

    def decided(self, standing: Standing, goes_on_from: Claim | None) -> Earlier:
        """The same, judged by what clocks are seen to differ by now, and as it was begun where nothing else is said."""
        keeps = bool(goes_on_from and goes_on_from.keep) if self.keeps_newer is None else self.keeps_newer
        return replace(self, clocks=standing, keeps_newer=keeps)

    def of(self, standing: Standing, copy: Copy) -> Snapshot | None:
        """The snapshot of a copy that is meant; None where it holds none, or by their times nobody can tell."""
        if self.taken_by is None:
            return snapshot_named(standing, copy, self.snapshot)
        for each in reversed(snapshots_of(standing, copy)):
            at = taken_at(self.clocks or standing, copy, each)
            if at is None:
                return None  # it may be the one that is meant
            if at <= self.taken_by:
                return each
        return None

    def is_served_by(self, standing: Standing, copy: Copy) -> bool:
        """Whether a copy that can be written was broken off at it."""
        point, edge = self.of(standing, copy), copy.edge
        return point is not None and edge is not None and edge.relationship.exported_snapshot == point.name

    def why_not(self, standing: Standing, copy: Copy) -> str | None:
        """Why a mirror could not go back to it; None if it could."""
        if copy.volume.constituents is not None:
            return "it is a FlexGroup, and ONTAP goes back to an older snapshot of a FlexVol alone"
        if self.of(standing, copy) is not None:
            return None
        if not (held := snapshots_of(standing, copy)):
            return "it holds no snapshot to go back to"
        if self.taken_by is None:
            return f"it holds no snapshot {self.snapshot}; its newest is {held[-1].name}"
        times = {each.name: taken_at(self.clocks or standing, copy, each) for each in held}
        if untold := next((each for each in reversed(held) if times[each.name] is None), None):
            why = misjudged(self.clocks or standing, copy, untold)
            return f"when {untold.name} was taken nobody can tell: {why}; --at with a snapshot's name goes back to that"
        oldest = times[held[0].name] or held[0].created_at
        return f"its oldest snapshot, {held[0].name}, was taken later, at {moment_text(oldest, to_seconds=True)}"

    def notes(self, standing: Standing, copies: Iterable[Copy]) -> Iterator[Remark]:
        """That clocks differ by which these copies' snapshots have their times."""
        told = (misjudged(standing, copy, point) for copy in copies if (point := self.of(standing, copy)) is not None)
        for each in dict.fromkeys(filter(None, told)):
            yield Remark(f"T{each[1:]}, which is taken out of the times of snapshots where it is believed.")

    def newer(self, standing: Standing, copy: Copy) -> Sequence[Snapshot]:
        """What a copy holds beyond it, the oldest first."""
        held, point = snapshots_of(standing, copy), self.of(standing, copy)
        return held[held.index(point) + 1 :] if point is not None else ()

    def loss(self, standing: Standing, copy: Copy, given_up_at: str) -> Loss:
        """What goes with everything that was written after it."""
        backend, point, newer = copy.id.backend, self.of(standing, copy), self.newer(standing, copy)
        assert point is not None
        age = age_of(standing, copy, point)
        old = f", {age_text(age)} ago" if age is not None else ""
        text = f"all writes since {point.name}{old}, as asked for"
        if newer and not self.keeps_newer:
            text += f"; {count_text(len(newer), 'newer snapshot')} at {backend}, up to {newer[-1].name}, go with that"
        return Loss(
            volume=copy.id.volume, backend=backend, given_up_at=given_up_at, kept=point.name, age=age, text=text
        )
