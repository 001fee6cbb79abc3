"""Making the copies at one back end mirrors of those that serve, whatever they followed before.

The order never drops the newest snapshot that two copies have in common: relationships that are in the way are deleted
at their destinations alone, their sources forget them and keep what was made for them, the new one is made, and only
then the copy goes back to the common snapshot and follows. What is so already is not done again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from datamotion.model.group import Target
from datamotion.model.plan import Loss, Refusal
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, Role, VolumeState
from datamotion.policy.copies.common import Common, common, newest_kept, snapshots_of
from datamotion.policy.copies.divergence import Sizes, changed_behind_fence, divergence, is_held
from datamotion.policy.mirrors.defined_policies import keep_policy
from datamotion.policy.mirrors.keeping import Keeping
from datamotion.policy.mirrors.listings import Entry
from datamotion.policy.mirrors.peering import Peering
from datamotion.policy.obstacles import Obstacle, copy_obstacle, site_obstacle
from datamotion.policy.placement import no_place, places_for, unknown_aggregate
from datamotion.policy.protect.new_mirrors import name_taken
from datamotion.policy.reprotect.turned_mirrors import TurnedMirrors, follows, is_severed
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_KEEP = 50  # the rank of the first of the three phases of `keeping`
_ASIDE = Phase(
    rank=39, title="Set copies aside", because="they cannot become mirrors; what they hold is kept under another name"
)
_GIVE_UP = "--no-keep-divergent gives it up without keeping it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`discard` are the back ends of which what only they hold may be given up; `keep`: a clone of it is made first."""

    discard: frozenset[str] = frozenset()
    keep: bool = True

    @property
    def options(self) -> tuple[str, ...]:
        """Those of the command that says so."""
        named = tuple(f"--discard-divergent {name}" for name in sorted(self.discard))
        return named if self.keep else (*named, "--no-keep-divergent")


class Turning:
    """Adds to a list what is left to do at one target for it to mirror one source; all else comes beside it."""

    def __init__(
        self,
        situation: Situation,
        target: Target,
        source: str,
        due: StepList,
        consent: Consent,
        listed: Mapping[str, Sequence[Entry]],
        sizes: Sizes,
    ) -> None:
        """`listed` is what sources list, by the group's volume. Both back ends were seen."""
        standing = situation.now
        self._first = situation.first
        self._standing = standing
        self._target = target
        self._backend = target.backend
        self._here, self._source = standing.sites[target.backend.name], standing.sites[source]
        self._due = due
        self._consent = consent
        self._sizes = sizes
        self._keeping = Keeping(self._here, max(standing.epochs, default=1), due, _KEEP, _GIVE_UP)
        self.refusals: list[Refusal] = []
        self._mirrors = TurnedMirrors(situation, target, due, listed, self.refusals)
        self.losses: list[Loss] = []
        self.turned: list[Copy] = []
        self.changed: dict[str, int] = {}
        self.missing: list[str] = []
        self._to_turn: list[tuple[Copy, Copy]] = []
        self._to_make: list[tuple[Copy, Copy | None]] = []
        self.made: list[str] = []

    @property
    def clones(self) -> Mapping[str, str]:
        """By volume, the name of the clone that keeps what it gives up."""
        return self._keeping.clones

    @property
    def holds(self) -> Set[tuple[str, str | None]]:
        return self._mirrors.holds

    def plan(self, copies: Sequence[Copy]) -> None:
        """`copies` serve at the source."""
        for active in copies:
            self._sort(active)
        if self._backend == self._standing.group.home and not any(self._target.aggregates.values()):
            self.missing = [active.id.volume for active, former in self._to_make if former is None]
            self._to_make = []
        if not self._to_turn and not self._to_make:
            return
        peering = Peering(self._source, self._here)
        if why_not := (
            site_obstacle(self._target, self._here, self._source)
            or peering.obstacle()
            or keep_policy(self._due, self._standing, self._target)
        ):
            self.refusals.append(Refusal(backend=self._backend.name, text=why_not[0], hint=why_not[1]))
            return
        alias = peering.plan(self._due)
        for active, mirror in self._to_turn:
            self.turned.append(mirror)
            self._mirrors.turn(active, mirror, alias)
        self._make(alias)

    def _sort(self, active: Copy) -> None:
        """What becomes of the copy here of one that serves; what follows it already goes on doing so."""
        there = CopyId(self._backend.name, active.id.volume)
        mirror = self._standing.copies.get(there)
        if mirror is None:
            if there not in self._standing.hidden:
                self._to_make.append((active, None))
        elif follows(mirror, active) and not mirror.is_writable and not is_severed(self._first, active, mirror):
            self._mirrors.follow(active, mirror)
        elif obstacle := copy_obstacle(active) or _obstacle(self._standing, mirror):
            self._refuse(mirror.id.volume, *obstacle)
        elif mirror.is_writable and common(self._standing, mirror, active).newest is None:
            if self._may_replace(active, mirror):
                self._to_make.append((active, mirror))
        elif self._may_turn(active, mirror):
            self._to_turn.append((active, mirror))

    def _make(self, alias: str) -> None:
        """A new volume for each that is to have one, beside what is set aside for it."""
        assert isinstance(self._here.seen, ClusterView)
        volumes = [active.volume for active, _ in self._to_make]
        if unknown := unknown_aggregate(self._target, self._here.seen, volumes):
            self.refusals.append(Refusal(backend=self._backend.name, text=unknown[0], hint=unknown[1]))
            return
        places = places_for(self._target, self._here.seen, volumes)
        for active, former in self._to_make:
            if obstacle := copy_obstacle(active):
                self._refuse(active.id.volume, *obstacle)
            elif refusal := name_taken(self._standing, self._target, alias, active, former):
                self.refusals.append(refusal)
            elif (place := places.get(active.volume.name)) is None:
                self.refusals.append(no_place(self._target, active.volume))
            else:
                if former is not None:
                    if loss := divergence(self._standing, former, active, self._sizes):
                        self.losses.append(loss)
                    self._mirrors.part(active, former)
                    self._keeping.set_aside(former, _ASIDE)
                self.made.append(active.id.volume)
                self._mirrors.make(active, place, alias)

    def _refuse(self, volume: str, text: str, hint: str | None, *, needs_consent: bool = False) -> None:
        self.refusals.append(
            Refusal(volume=volume, backend=self._backend.name, text=text, hint=hint, needs_consent=needs_consent)
        )

    def _may_turn(self, active: Copy, mirror: Copy) -> bool:
        """Whether nothing goes that was not agreed to; what goes is kept on the way."""
        volume, name, group = mirror.id.volume, self._backend.name, self._standing.group.name
        loss, shared = divergence(self._standing, mirror, active, self._sizes), common(self._standing, mirror, active)
        if not (mirror.is_writable or shared.newest or shared.beyond):
            return True  # nothing was ever carried there: it was made for this
        if loss is None:
            return self._may_leave(active, mirror, shared)
        if name not in self._consent.discard:
            what = "may hold writes of its own" if mirror.is_writable else "holds what was carried there only"
            if shared.newest is None:
                what = f"has no snapshot in common with {active.id.backend}: all has to be carried anew"
            held = is_held(self._standing, mirror, active)
            kept = "" if held else "; a clone of it is kept" if self._consent.keep else "; nothing of it is kept"
            hint = f"datamotion reprotect {group} --discard-divergent {name} gives that up{kept}"
            if mirror.is_writable:
                hint += (
                    f"; datamotion failover {group} --to {name} --overrule {active.id.backend} would serve it instead"
                )
            text = f"{volume} at {name} {what}; making it a mirror gives up {loss.text}"
            self._refuse(mirror.id.volume, text, hint, needs_consent=True)
            return False
        is_kept = self._consent.keep and not is_held(self._standing, mirror, active)
        if is_kept and not self._keep(mirror, shared):
            return False
        self.losses.append(loss)
        return True

    def _may_leave(self, active: Copy, mirror: Copy, shared: Common) -> bool:
        """What changed behind a fence, which ONTAP may have written itself, goes untold by nobody: or is kept."""
        if changed := changed_behind_fence(self._standing, mirror, active, self._sizes):
            if self._backend.name in self._consent.discard and self._consent.keep:
                return self._keep(mirror, shared)
            self.changed[mirror.id.volume] = changed
        return True

    def _keep(self, mirror: Copy, shared: Common) -> bool:
        """Whether a clone of it is kept, once all that is left to do for that is done.

        What an earlier run took for that holds all of it only where the copy is fenced, and no block of it has changed
        since: somebody may have lifted the fence for a time.
        """
        before = self._first.copies.get(mirror.id)
        earlier = () if before is None or self._is_kept_whole(before) else snapshots_of(self._first, before)
        if obstacle := self._keeping.keep(mirror, shared, earlier):
            text = f"what {mirror.id.volume} at {self._backend.name} gives up cannot be kept: {obstacle[0]}"
            self._refuse(mirror.id.volume, text, obstacle[1])
        return obstacle is None

    def _is_kept_whole(self, before: Copy) -> bool:
        """Whether what was taken of a copy before this run is all that it holds."""
        taken = newest_kept(before, snapshots_of(self._first, before))
        return (
            before.role is Role.FENCED and taken is not None and self._sizes.get((self._backend.name, taken.uuid)) == 0
        )

    def _may_replace(self, active: Copy, mirror: Copy) -> bool:
        """Whether it was agreed that a copy which cannot become a mirror is kept beside a new one."""
        name, group = self._backend.name, self._standing.group.name
        if name in self._consent.discard:
            return True
        text = (
            f"{mirror.id.volume} at {name} can be written and has no snapshot in common with {active.id.backend}: it"
            f" cannot become its mirror, which takes a new volume and {size_text(active.volume.used_bytes)} to carry"
        )
        hint = (
            f"datamotion reprotect {group} --discard-divergent {name} keeps it under another name, and makes that;"
            f" datamotion failover {group} --to {name} --overrule {active.id.backend} would serve it instead"
        )
        self._refuse(mirror.id.volume, text, hint, needs_consent=True)
        return False


def _obstacle(standing: Standing, mirror: Copy) -> Obstacle | None:
    """Why a copy is not touched."""
    if mirror.volume.state is not VolumeState.ONLINE:
        return f"{mirror.volume.name} at {mirror.id.backend} is {mirror.volume.state}", "bring the volume online"
    if mirror.edge is not None and not isinstance(mirror.edge.source, CopyId):
        text = (
            f"{mirror.volume.name} at {mirror.id.backend} is a mirror of {mirror.edge.source}, which is no copy that"
            " is known here"
        )
        return text, f"datamotion status {standing.group.name} shows it"
    if mirror.edge is not None and mirror.edge.relationship.state is MirrorState.UNKNOWN:
        return f"the mirror of {mirror.id.volume} is in a state that is not known here", "look at it on the cluster"
    return None
