"""One back end's mirrors of what another one serves: peering, destination volumes, relationships, first transfers.

What can be known before is checked before. What exists already is adopted, under another destination name too; what is
in the way is refused, never removed, but for mirrors that no update mends, where that was agreed to; and nothing is
resynced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datamotion.model.group import Target
from datamotion.model.mirror_records import Relationship
from datamotion.model.plan import Loss, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, CopyId
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import AwaitOnline
from datamotion.model.words import MirrorState
from datamotion.policy.copies.geometry import Geometry, changed_geometry
from datamotion.policy.copies.health import RECEIVING, ailment
from datamotion.policy.mirrors.adjustments import adjust_relationship, adjusted_volume, mirrors_mark
from datamotion.policy.mirrors.defined_policies import keep_policy
from datamotion.policy.mirrors.pause import paused_on_purpose, resume_stray
from datamotion.policy.mirrors.peering import Peering
from datamotion.policy.obstacles import Obstacle, copy_obstacle, site_obstacle
from datamotion.policy.placement import Place, no_place, places_for, unknown_aggregate
from datamotion.policy.protect.applied_updates import expand, try_again
from datamotion.policy.protect.first_transfers import FirstTransfers
from datamotion.policy.protect.left_alone import (
    broken_down,
    follows_another,
    half_resynced,
    misshapen,
    unknown_state,
    writable,
)
from datamotion.policy.protect.mounting import Mounting
from datamotion.policy.protect.new_mirrors import create_volume, name_taken, relate
from datamotion.policy.protect.recreating import Recreating, unmendable
from datamotion.policy.protect.taking_up import own_obstacle
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_ONLINE = Phase(
    rank=42,
    title="Wait for destination volumes",
    because="a mirror needs its volume online",
    awaits=(AwaitOnline,),
    way_out="bring the volume online at its cluster; `online_timeout` of the target says how long it waits",
)
_ADJUST = Phase(rank=42, title="Adjust destination volumes", because="they no longer match their sources")
_RESUME = Phase(rank=44, title="Resume", because="a paused mirror receives nothing and grows old")


class Converging:
    """Adds what one target lacks of one source's volumes to a list; refusals, losses and what holds come beside it."""

    def __init__(
        self,
        situation: Situation,
        target: Target,
        source: str,
        due: StepList,
        *,
        makes_peers: bool = False,
        recreates: bool = False,
    ) -> None:
        """`makes_peers`: the two clusters are made peers where they are none. `recreates`: mirrors that no update mends
        are deleted and made anew.
        """
        standing = situation.now
        here, there = standing.sites[target.backend.name], standing.sites[source]
        assert isinstance(here.seen, ClusterView)
        assert isinstance(there.seen, ClusterView)
        self._situation = situation
        self._makes_peers = makes_peers
        self._standing = standing
        self._target = target
        self._backend = target.backend
        self._source = there
        self._here = here
        self._seen = here.seen
        self._due = due
        self._mounting = Mounting(standing, target, there, due)
        self._recreating = Recreating(standing, target.backend, due) if recreates else None
        self._places: Mapping[str, Place] = {}
        self._alias = ""
        self._first = FirstTransfers(situation, target, due)
        self.refusals: list[Refusal] = []
        self.paused: list[Copy] = []  # by `pause`, and left so
        self.holds: set[tuple[str, str | None]] = set()

    def plan(self, copies: Sequence[Copy]) -> None:
        """`copies` are active at the source and have their marks, or will have."""
        if obstacle := site_obstacle(self._target, self._here, self._source):
            self._refuse(None, *obstacle)
            return
        name = self._backend.name
        # Of a copy that cannot be read a doubt tells; nothing is made beside it.
        copies = [copy for copy in copies if CopyId(name, copy.id.volume) not in self._standing.hidden]
        new = [copy.volume for copy in copies if self._is_to_be_made(copy)]
        if unknown := unknown_aggregate(self._target, self._seen, new):
            self._refuse(None, *unknown)
            return
        if any(self._is_to_follow(copy) for copy in copies):
            peering = Peering(self._source, self._here, makes_peers=self._makes_peers)
            if obstacle := peering.obstacle() or keep_policy(self._due, self._standing, self._target):
                self._refuse(None, *obstacle)
                return
            self._alias = peering.plan(self._due)
        self._places = places_for(self._target, self._seen, new)
        for copy in copies:
            if obstacle := copy_obstacle(copy):
                self._refuse(copy.id.volume, *obstacle)
            elif (mirror := self._standing.copy(name, copy.id.volume)) is None:
                self._make(copy)
            else:
                self._keep(copy, mirror)
        self._first.plan()

    @property
    def losses(self) -> list[Loss]:
        return self._first.losses

    def notes(self) -> list[Remark]:
        return self._mounting.notes()

    def _is_to_be_made(self, copy: Copy) -> bool:
        mirror = self._standing.copy(self._backend.name, copy.id.volume)
        return mirror is None or (self._recreating is not None and unmendable(copy, mirror) is not None)

    def _is_to_follow(self, copy: Copy) -> bool:
        """Whether a mirror of this copy is there, or to be made: what follows another one is left as it is."""
        mirror = self._standing.copy(self._backend.name, copy.id.volume)
        return mirror is None or (not mirror.is_writable and (mirror.edge is None or mirror.edge.source == copy.id))

    def _refuse(self, volume: str | None, text: str, hint: str | None) -> None:
        self.refusals.append(Refusal(volume=volume, backend=self._backend.name, text=text, hint=hint))

    def _refuse_for(self, volume: str, obstacle: Obstacle | None) -> None:
        if obstacle is not None:
            self._refuse(volume, *obstacle)

    def _keep(self, copy: Copy, mirror: Copy) -> None:
        """A copy is there: what is left to do for it to be the wanted mirror."""
        volume, edge = copy.id.volume, mirror.edge
        if mirror.is_writable:
            self._refuse(volume, *writable(self._standing, copy, mirror))
        elif not mirror.is_online and edge is None:
            text = f"{volume}: {mirror.volume.name} is {mirror.volume.state}"
            self._due.add(_ONLINE, self._backend, volume, AwaitOnline(limit_s=self._target.online_s), text)
            self._relate(copy, mirror)
        elif not mirror.is_online and (ill := ailment(mirror)):
            self._refuse(volume, *broken_down(volume, ill))
        elif geometry := unmendable(copy, mirror):
            self._mend_anew(copy, mirror, geometry)
        elif obstacle := own_obstacle(self._situation, mirror, copy):
            self._refuse(volume, *obstacle)
        elif edge is None:
            self._adjust_volume(copy, mirror)
            self._relate(copy, mirror)
            self._mounting.plan(copy, mirror)
        elif edge.source != copy.id:
            self._refuse(volume, *follows_another(self._standing, copy, mirror, edge))
        elif edge.relationship.state is MirrorState.UNKNOWN:
            self._refuse(volume, *unknown_state(volume))
        else:
            self._keep_mirror(copy, mirror, edge.relationship)

    def _keep_mirror(self, copy: Copy, mirror: Copy, relationship: Relationship) -> None:
        volume = copy.id.volume
        is_adjusted = self._adjust_volume(copy, mirror) | adjust_relationship(
            self._due, self._situation, self._target, volume, relationship
        )
        if relationship.state is not MirrorState.BROKEN_OFF:
            is_adjusted |= self._mounting.plan(copy, mirror)
        if self._mend_geometry(copy, mirror, relationship):
            return
        if relationship.state is MirrorState.UNINITIALIZED:
            self._refuse_for(volume, self._first.go_on(copy, mirror, relationship))
        elif paused_on_purpose(mirror):
            self.paused.append(mirror)
            if not is_adjusted:
                self.holds.add(mirror.id)
        elif relationship.state is MirrorState.PAUSED:
            resume_stray(self._due, _RESUME, self._backend, volume, relationship)
        elif relationship.state is MirrorState.BROKEN_OFF:
            self._refuse(volume, *half_resynced(self._standing, mirror, relationship))
        elif self._receives(mirror) and not is_adjusted and relationship.exported_snapshot is not None:
            self.holds.add((self._backend.name, volume))

    def _receives(self, mirror: Copy) -> bool:
        """Whether nothing keeps it from that; else one more transfer is due, or runs, or it is refused."""
        if try_again(self._due, self._situation, self._backend, mirror):
            return False
        if ill := ailment(mirror):
            self._refuse(mirror.id.volume, *broken_down(mirror.id.volume, ill))
        return ill is None

    def _mend_geometry(self, copy: Copy, mirror: Copy, relationship: Relationship) -> bool:
        """Whether the shape of the mirror is what is due; one that is paused is resumed first."""
        geometry = changed_geometry(copy.volume, mirror.volume)
        if geometry is None or relationship.state not in RECEIVING:
            return False
        obstacle = expand(self._due, self._situation, self._backend, mirror, geometry)
        self._refuse_for(mirror.id.volume, obstacle)
        return True

    def _mend_anew(self, copy: Copy, mirror: Copy, geometry: Geometry) -> None:
        """No update mends it: deleted and made anew where that was agreed to, and refused with its price where not."""
        volume = copy.id.volume
        if self._recreating is None:
            self._refuse(volume, *misshapen(self._standing, copy, mirror, geometry))
        elif obstacle := self._recreating.obstacle(copy, mirror):
            self._refuse(volume, *obstacle)
        elif (refusal := self._name_taken(copy, mirror)) or (place := self._places.get(copy.volume.name)) is None:
            self.refusals.append(refusal or no_place(self._target, copy.volume))
        else:
            self._recreating.take_away(mirror, geometry)
            self._first.lose_meanwhile(copy, mirror, f"{mirror.volume.name} and every snapshot in it go; ")
            self._make_at(copy, place)

    def _make(self, copy: Copy) -> None:
        """No copy is there: a volume, unless something else of its name is in the way, and its relationship."""
        if refusal := self._name_taken(copy):
            self.refusals.append(refusal)
        elif (place := self._places.get(copy.volume.name)) is None:
            self.refusals.append(no_place(self._target, copy.volume))
        else:
            if self._recreating is not None:
                self._recreating.release(copy.id.volume)
            self._make_at(copy, place)

    def _name_taken(self, copy: Copy, instead_of: Copy | None = None) -> Refusal | None:
        return name_taken(self._standing, self._target, self._alias, copy, instead_of)

    def _make_at(self, copy: Copy, place: Place) -> None:
        create_volume(self._due, self._standing, self._target, copy, place)
        self._relate(copy, None)
        self._mounting.plan(copy, None)

    def _relate(self, copy: Copy, mirror: Copy | None) -> None:
        """A relationship into the volume that is there, or will be, and its first transfer."""
        relate(self._due, self._target, self._alias, copy, mirror.volume.name if mirror else copy.volume.name)
        self._first.add(copy, mirror)

    def _adjust_volume(self, copy: Copy, mirror: Copy) -> bool:
        """Whether something about the destination volume is due."""
        mark = mirrors_mark(self._standing, copy, mirror)
        if mark != mirror.mark and not mark.fits(mirror.volume.comment):
            self._refuse(
                copy.id.volume,
                f"the comment of {mirror.volume.name} leaves no room for what has to be noted with it",
                "shorten what people wrote there: ONTAP takes 1,023 bytes",
            )
            return True
        due = adjusted_volume(copy, mirror, mark)
        if due is not None:
            self._due.add(_ADJUST, self._backend, copy.id.volume, *due)
        return due is not None
