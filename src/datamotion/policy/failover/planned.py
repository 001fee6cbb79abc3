"""Carrying everything over before a break: what a planned failover does while who served last can still be asked.

Mirrors are brought up to date while clients write on; then clients are kept from what serves, a last snapshot is taken,
which therefore holds every write, and carried over; nobody breaks off before every volume has it. Which snapshot it is
stands in the mark of the frozen copy, so any run can go on, or let clients in again. That it arrived is told by its
version, never by times.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from datamotion.model.acts import ActId
from datamotion.model.plan import Gate, Refusal
from datamotion.model.serving_acts import TakeEpoch
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.units import duration_text
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState
from datamotion.policy.clients.fence import Occasion, fence
from datamotion.policy.copies.frozen import frozen_for, is_carried, last_name
from datamotion.policy.copies.health import RECEIVING
from datamotion.policy.epochs import seen_at
from datamotion.policy.mirrors.adjustments import adjusted_volume, mirrors_mark
from datamotion.policy.mirrors.last_transfers import LastTransfers, Pace
from datamotion.policy.obstacles import Obstacle, copy_obstacle
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

FREEZE = "Freeze"  # what reports tell by since when clients were kept away
_FREEZE = -9  # and the three after it
_LIKE_SOURCES = Phase(
    rank=-6, title="Adjust the mirrors", because="they are as large as what they take over, and say where clients look"
)


@dataclass(slots=True)
class Carrying:
    """What is left to do until each of these copies holds the last snapshot of who served it (`sources`, by volume).

    `refusals` say which cannot. `is_decided`: the epoch is taken, so that there is no way back any more.
    """

    situation: Situation
    copies: Sequence[Copy]
    sources: Mapping[str, str]
    epoch: int
    pace: Pace
    is_decided: bool
    gate: Gate = Gate.ALL  # `REST`: what cannot follow is left where it is
    refusals: list[Refusal] = field(default_factory=list)
    names: Mapping[CopyId, str] = field(default_factory=dict)  # of the last snapshots of those that are to be frozen

    def plan(self, due: StepList) -> None:
        pairs = [
            (copy, source)
            for copy in self.copies
            if not copy.is_writable and (source := self._source(copy)) is not None
        ]
        carried, left = list[tuple[Copy, Copy]](), list[tuple[Copy, Copy]]()
        for copy, source in pairs:
            (carried if is_carried(self.situation.now, copy, source) else left).append((copy, source))
        self.refusals += [_refusal(copy, *self._no_mirror(copy)) for copy in self.copies if self._is_stale(copy)]
        if waited := self._waited_too_long():
            self.refusals += [_refusal(copy, *waited) for copy, _ in left]
        able = []
        transfers = LastTransfers(self.situation, due, self.pace, self.gate)
        for copy, source in carried if not self.is_decided else ():
            transfers.let_land(copy, source)
        for copy, source in left:
            if obstacle := self._obstacle(copy, source):
                self.refusals.append(_refusal(copy, *obstacle))
            else:
                able.append((copy, source))
        if not (self.is_decided or any(frozen_for(source) for _, source in pairs)):
            for copy, _ in able:
                self._refuse_for(copy, transfers.bring_near(copy))
        self.names = {source.id: self._name(source) for _, source in able}
        loose = [source for _, source in able if frozen_for(source) != self.names[source.id]]
        because = "what is written after the last snapshot would be lost; they read again where it is served then"
        occasion = Occasion(because, title=FREEZE, rank=_FREEZE, gate=self.gate, frozen=self.names)
        self.refusals += fence(due, self.situation.now, loose, occasion)
        self._adjust(due, [*carried, *able])
        for copy, source in able:
            self._refuse_for(copy, transfers.carry_last(copy, source, self.names[source.id]))

    def _adjust(self, due: StepList, pairs: Iterable[tuple[Copy, Copy]]) -> None:
        """What was changed at a source since its mirror was made, or looked at by `apply`, comes along."""
        for copy, source in pairs if not self.is_decided else ():
            mark = mirrors_mark(self.situation.now, source, copy)
            if mark.fits(copy.volume.comment) and (adjusted := adjusted_volume(source, copy, mark)) is not None:
                due.add(_LIKE_SOURCES, self.situation.now.group.backend(copy.id.backend), copy.id.volume, *adjusted)

    def _refuse_for(self, copy: Copy, obstacle: Obstacle | None) -> None:
        if obstacle is not None:
            self.refusals.append(_refusal(copy, *obstacle))

    def covers(self, copy: Copy) -> bool:
        """Whether nothing of a volume is lost: all was carried over, or will be before anything is broken off."""
        source = self._source(copy)
        if source is None or copy.is_writable:
            return self._was_carried(copy)
        return True

    def is_late(self, copy: Copy) -> bool:
        """Whether a copy that is broken off lacks what was, or may have been, written to its source since."""
        source = self._source(copy)
        if not (self.is_decided and copy.is_writable) or source is None:
            return False
        return source.id != copy.id and source.is_writable and not is_carried(self.situation.now, copy, source)

    def left_behind(self) -> Sequence[Refusal]:
        """Why which of these copies do not follow, where the others go all the same.

        That is so once the epoch is taken: what cannot be carried over any more is not broken off. With gate `REST` it
        is from the beginning: what this run gave up does not follow, nor what was not carried over by that moment.
        """
        left: list[Refusal] = []
        if self.gate is Gate.REST:
            why = "it had not been carried over when the epoch was taken"
            gone = {volume for _, volume in self.situation.given_up}
            for copy in self.copies:
                if self.is_decided and not (self._serves(copy) or self._was_carried(copy)):
                    left.append(_refusal(copy, *(self._no_mirror(copy) if copy.is_writable else (why, None))))
                elif not self.is_decided and copy.id.volume in gone:
                    left.append(_refusal(copy, "a step of it failed, as its row tells"))
        staying = {each.volume for each in left}
        trial = replace(self, copies=[copy for copy in self.copies if copy.id.volume not in staying], refusals=[])
        trial.plan(StepList())
        return [*left, *(each for each in trial.refusals if each.volume is not None)]

    def _is_stale(self, copy: Copy) -> bool:
        """Whether a copy can be written, so that nothing more is carried to it, and lacks what is served."""
        return copy.is_writable and not (self.is_decided or self._serves(copy) or self._was_carried(copy))

    def _serves(self, copy: Copy) -> bool:
        return copy.is_writable and self.situation.now.active[copy.id.volume] == copy.id

    def _no_mirror(self, copy: Copy) -> Obstacle:
        group = self.situation.now.group.name
        return (
            f"its copy at {copy.id.backend} is {copy.role}, no mirror of what {self.sources[copy.id.volume]} serves",
            f"datamotion reprotect {group} says what making it one takes",
        )

    def _source(self, copy: Copy) -> Copy | None:
        return self.situation.now.copy(self.sources[copy.id.volume], copy.id.volume)

    def _was_carried(self, copy: Copy) -> bool:
        """Whether that is seen, or was when the epoch was taken: who served is fenced, whatever became of it since."""
        backend = self.situation.now.group.backend(copy.id.backend)
        taken_at = self.situation.accepted.get(ActId(backend.cluster, backend.name, None, TakeEpoch))
        for standing in (self.situation.now, taken_at):
            then = standing.copies.get(copy.id) if standing else None
            source = standing.copy(self.sources[copy.id.volume], copy.id.volume) if standing else None
            if standing and then and source and is_carried(standing, then, source):
                return True
        return False

    def _name(self, source: Copy) -> str:
        began = seen_at(self.situation.first, source.id.backend)
        assert began is not None, "what was not seen at first is not failed over as planned"
        return last_name(self.situation.now, source, self.epoch, began)

    def _obstacle(self, copy: Copy, source: Copy) -> Obstacle | None:
        """Why nothing can be carried from who serves to its mirror; None where it can."""
        return self._source_obstacle(source) or self._mirror_obstacle(copy, source)

    def _source_obstacle(self, source: Copy) -> Obstacle | None:
        if source.mark is None:
            hint = f"datamotion apply {self.situation.now.group.name} marks it"
            return f"{source.volume.name} has no mark", hint
        if not replace(source.mark, frozen=self._name(source)).fits(source.volume.comment):
            text = f"the comment of {source.volume.name} leaves no room to note its last snapshot"
            return text, "shorten what people wrote there: ONTAP takes 1,023 bytes"
        if self._was_let_in(source):
            return "its clients were let in again meanwhile, which somebody else did", None
        return copy_obstacle(source)

    def _mirror_obstacle(self, copy: Copy, source: Copy) -> Obstacle | None:
        assert copy.edge is not None
        group, state = self.situation.now.group.name, copy.edge.relationship.state
        if copy.edge.source != source.id:
            return f"its copy does not follow {source.id.backend}", f"datamotion reprotect {group} makes it"
        if state in RECEIVING:
            return None
        resumes = f"datamotion resume {group} --at {copy.id.backend} resumes it"
        return f"its mirror is {state} and takes no last transfer", resumes if state is MirrorState.PAUSED else None

    def _was_let_in(self, source: Copy) -> bool:
        """Whether this run froze a copy, and its mark says so no more: somebody has gone back, and has to be heard."""
        backend = self.situation.now.group.backend(source.id.backend)
        shut = ActId(backend.cluster, backend.name, source.id.volume, ModifyVolume)
        return (
            not self.is_decided
            and shut in self.situation.accepted
            and not (source.mark is not None and source.mark.frozen)
        )

    def _waited_too_long(self) -> Obstacle | None:
        """Why clients are not kept away any longer, where nothing is decided yet."""
        since, now = self._frozen_at(), _newest_look(self.situation.now)
        if self.is_decided or since is None or now is None or now - since <= self.pace.frozen_for:
            return None
        text = f"clients have waited for {duration_text(now - since)}, and its last snapshot has not arrived"
        return text, "run it again with a longer --frozen-for"

    def _frozen_at(self) -> datetime | None:
        """When this run began to keep clients away; where an earlier one had, when this one began."""
        backends = set(self.sources.values())
        asked = [standing for act, standing in self.situation.accepted.items() if _freezes(act, backends)]
        if any(frozen_for(copy) for copy in self.situation.first.copies.values()):
            asked.append(self.situation.first)
        return min(filter(None, map(_newest_look, asked)), default=None)


def _newest_look(standing: Standing) -> datetime | None:
    """When any cluster was last looked at, by our clock: while transfers are waited for it is only their own."""
    seen = [site.seen for site in standing.sites.values() if isinstance(site.seen, ClusterView)]
    return max((at for each in seen for at in each.looked_at.values()), default=None)


def _freezes(act: ActId, backends: Collection[str]) -> bool:
    return act.kind is ModifyVolume and act.backend in backends


def _refusal(copy: Copy, text: str, hint: str | None = None) -> Refusal:
    volume, backend = copy.id.volume, copy.id.backend
    return Refusal(volume=volume, backend=backend, text=f"{volume} cannot follow: {text}", hint=hint)
