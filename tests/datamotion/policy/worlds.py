"""Groups as they may stand after anything: takeovers, then marks lost, volumes renamed, sites out of sight.

Beside what clusters show there is what only an oracle knows: when each write was made, and which copies hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from datamotion.model.claim import Claim
from datamotion.model.group import Backend
from datamotion.model.mirror_records import Relationship
from datamotion.model.standing import FENCE
from datamotion.model.view import ClusterView, Unseen
from datamotion.model.volume_records import Volume
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from tests.datamotion.building import (
    BACKENDS,
    HOME,
    NOON,
    a_claim,
    a_cluster_view,
    a_mark,
    a_mirror,
    a_peer,
    a_transfer,
    a_volume,
)

NAMES = ("vol_1", "vol_2")
TICK = timedelta(hours=1)
Writes = frozenset[int]
"""Writes by when they were made, in ticks since the beginning. Two back ends never make one at the same time."""
_OTHERS = {backend: tuple(each for each in BACKENDS if each is not backend) for backend in BACKENDS}


@dataclass(slots=True)
class Held:
    """A copy: what it holds; whose mirror it is, since which state; whether it was broken off, fenced."""

    writes: Writes
    source: Backend | None = None
    exported: tuple[int, Writes] | None = None
    is_broken: bool = False
    is_fenced: bool = False
    epoch: int | None = None

    @property
    def is_writable(self) -> bool:
        return self.source is None or self.is_broken


@dataclass(slots=True)
class World:
    """`claims` are what each back end was told. `serving` is who really serves each volume."""

    now: int = 1
    copies: dict[tuple[Backend, str], Held] = field(default_factory=dict)
    claims: dict[Backend, list[Claim]] = field(default_factory=lambda: {each: [] for each in BACKENDS})
    serving: dict[str, Backend] = field(default_factory=dict)

    def protect(self) -> None:
        """The home serves and is mirrored to both others; everybody knows."""
        for name in NAMES:
            self.serving[name] = HOME
            self.copies[HOME, name] = Held(writes=frozenset({0}))
            for target in _OTHERS[HOME]:
                self.copies[target, name] = Held(frozenset({0}), source=HOME, exported=(0, frozenset({0})))
        self.tell(a_claim(since=NOON), BACKENDS)

    def tell(self, claim: Claim, sites: tuple[Backend, ...]) -> None:
        for site in sites:
            self.claims[site].append(claim)

    def write(self) -> None:
        for name, backend in self.serving.items():
            self.copies[backend, name].writes |= {self.now}
        self.now += 1

    def update(self, target: Backend, name: str) -> None:
        """A transfer, whoever the source is: it carries what that holds."""
        copy = self.copies[target, name]
        if copy.source is not None and not copy.is_broken:
            source = self.copies[copy.source, name]
            held = source.writes if source.is_writable else (source.exported or (0, frozenset()))[1]
            when = self.now if source.is_writable else (source.exported or (0, held))[0]
            copy.writes, copy.exported = held, (when, held)

    def take_over(self, to: Backend, names: tuple[str, ...], sites: tuple[Backend, ...]) -> None:
        """A failover of these volumes that came to its end, and that these sites were told of."""
        epoch = max(each.epoch for told in self.claims.values() for each in told) + 1
        partial = names != NAMES
        claim = a_claim(to, epoch, since=self.instant(self.now), partial=partial)
        self.tell(claim, tuple(dict.fromkeys((to, *sites))))
        for name in names:
            before = self.copies[self.serving[name], name]
            if self.serving[name] in sites and self.serving[name] is not to:
                before.is_fenced = True
            self.serving[name] = to
            copy = self.copies[to, name]
            copy.is_broken, copy.is_fenced, copy.epoch = copy.source is not None, False, epoch if partial else None
        self.now += 1

    def instant(self, tick: int) -> datetime:
        """Moved to where its distance from noon is its age, once it is shown."""
        return NOON + tick * TICK

    def lost_by(self, backend: Backend, name: str) -> Writes:
        """What serving this copy gives up of what the one that serves holds."""
        return self.copies[self.serving[name], name].writes - self.copies[backend, name].writes

    def age(self, writes: Writes) -> timedelta:
        return (self.now - min(writes)) * TICK

    # -- what clusters show

    def show(self) -> dict[str, ClusterView]:
        shift = NOON - (NOON + self.now * TICK)
        view = {}
        for backend in BACKENDS:
            names = [name for name in NAMES if (backend, name) in self.copies]
            claims = [
                replace(each, since=each.since + shift, served=each.served and each.since + shift)
                for each in self.claims[backend]
            ]
            view[backend.cluster] = a_cluster_view(
                backend,
                [self._volume(backend, name) for name in names],
                [each for name in names if (each := self._mirror(backend, name))],
                peers=[a_peer(backend, each, name=f"{each.svm}.{each.cluster}") for each in _OTHERS[backend]],
                claims=claims,
            )
        return view

    def _volume(self, backend: Backend, name: str) -> Volume:
        copy = self.copies[backend, name]
        return a_volume(
            name,
            backend,
            type=VolumeType.RW if copy.is_writable else VolumeType.DP,
            path=None if copy.is_fenced or not copy.is_writable else f"/{name}",
            export=FENCE if copy.is_fenced else "default",
            comment=a_mark(name, epoch=copy.epoch),
        )

    def _mirror(self, backend: Backend, name: str) -> Relationship | None:
        copy = self.copies[backend, name]
        if copy.source is None:
            return None
        mirror = a_mirror(
            name,
            backend,
            source=copy.source,
            state=MirrorState.BROKEN_OFF if copy.is_broken else MirrorState.SNAPMIRRORED,
            lag=(self.now - copy.exported[0]) * TICK if copy.exported else None,
            exported_snapshot=f"snap.{copy.exported[0]}" if copy.exported else None,
        )
        return replace(mirror, source=replace(mirror.source, svm=f"{copy.source.svm}.{copy.source.cluster}"))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Writes, transfers, takeovers of all or a part, told to some; mirrors turned to another source."""
    world = World()
    world.protect()
    for _ in range(draw(st.integers(min_value=0, max_value=8))):
        world.write()
        what = draw(st.sampled_from(["write", "update", "take over", "turn"]))
        backend, name = draw(st.sampled_from(BACKENDS)), draw(st.sampled_from(NAMES))
        if what == "update":
            world.update(backend, name)
        elif what == "take over":
            names = draw(st.sampled_from([NAMES, NAMES, (name,)]))
            if all(world.serving[each] is not backend for each in names):
                world.take_over(backend, names, tuple(draw(st.sets(st.sampled_from(BACKENDS), min_size=1))))
        elif what == "turn":
            copy, source = world.copies[backend, name], draw(st.sampled_from(_OTHERS[backend]))
            if world.serving[name] is source and world.serving[name] is not backend and copy.source is not None:
                copy.source, copy.is_broken, copy.is_fenced = source, False, False
                world.update(backend, name)
    world.write()
    return world


@st.composite
def broken_worlds(draw: st.DrawFn) -> World:
    """Any of these, with legs that were broken off by themselves, and written to; some relationships are new."""
    world = draw(worlds())
    for (backend, name), copy in world.copies.items():
        if copy.source is None or world.serving[name] is backend or not draw(_MOSTLY):
            continue
        copy.is_broken, copy.is_fenced = draw(_MOSTLY), copy.is_fenced and draw(st.booleans())
        if copy.source is not world.serving[name] and copy.is_broken and draw(st.booleans()):
            copy.source, copy.exported = world.serving[name], None  # made anew, and nothing was carried
        if copy.is_broken and draw(st.booleans()):
            copy.writes |= {world.now}
            world.now += 1
    world.write()
    return world


@st.composite
def spoiled(draw: st.DrawFn, of: st.SearchStrategy[World] | None = None) -> Mapping[str, ClusterView | Unseen]:
    """What a world shows, with anything done to it by hand."""
    shown = draw(worlds() if of is None else of).show()
    view: dict[str, ClusterView | Unseen] = {}
    for backend in BACKENDS:
        seen = shown[backend.cluster]
        volumes = [draw(_volumes(each)) for each in seen.volumes]
        mirrors = [draw(_mirrors(each)) for each in seen.relationships]
        claims = [each for each in seen.policies if each.svm is None or draw(_MOSTLY)]
        claims = [replace(each, comment="") if each.svm and draw(_RARELY) else each for each in claims]
        new = replace(
            seen,
            volumes=tuple(each for each in volumes if each),
            relationships=tuple(each for each in mirrors if each),
            policies=tuple(claims),
        )
        view[backend.cluster] = Unseen(reason="no route to host") if draw(_RARELY) else new
    return view


_MOSTLY = st.sampled_from([True] * 9 + [False])
_RARELY = st.sampled_from([False] * 9 + [True])
_RUNNING = (None, a_transfer(TransferState.TRANSFERRING), a_transfer(TransferState.FAILED))


def _volumes(volume: Volume) -> st.SearchStrategy[Volume | None]:
    spoilt: list[Volume | None] = [
        None,
        replace(volume, comment=""),
        replace(volume, name=f"{volume.name}_renamed"),
        replace(volume, name=f"{volume.name}_renamed", comment="somebody's"),
        replace(volume, state=VolumeState.OFFLINE, path=None),
        replace(volume, path="/elsewhere"),
        replace(volume, uuid=f"{volume.uuid} anew", comment=""),
        replace(volume, is_clone=True),
        replace(volume, comment="x" * 1000),
        replace(volume, export=None),
    ]
    return st.sampled_from([volume] * 12 + spoilt)


def _mirrors(mirror: Relationship) -> st.SearchStrategy[Relationship | None]:
    spoilt = [None, *(replace(mirror, state=state) for state in MirrorState)]
    spoilt += [replace(mirror, transfer=each) for each in _RUNNING]
    spoilt += [replace(mirror, exported_snapshot=None, lag=None), replace(mirror, source_svm_uuid=None)]
    return st.sampled_from([mirror] * 15 + spoilt)
