"""The last part of a migration by a mirror: the new volumes serve, and what is left of the old ones goes.

An old volume is deleted only while the new one is seen to serve and to hold the last snapshot of it, by its version.
The claims go last: up to then any run finds by them that the new volumes serve, and by the marks what is left to do.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from datamotion.model.acts import Subject
from datamotion.model.claim import read_claim
from datamotion.model.mark import read_mark, without_mark
from datamotion.model.migration import is_migration
from datamotion.model.mirror_acts import DeleteRelationship
from datamotion.model.mirror_records import Listed
from datamotion.model.plan import Gate, Refusal, Step
from datamotion.model.serving_acts import DeleteClaim
from datamotion.model.standing import FENCE, Copy, Site, Standing
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import DeleteVolume, RemoveMark
from datamotion.model.volume_records import Volume
from datamotion.model.words import VolumeState, VolumeType
from datamotion.policy.copies.frozen import is_carried
from datamotion.policy.epochs import tell_served
from datamotion.policy.mirrors.listings import Entry, entries, release
from datamotion.policy.movers.offer import Leaving
from datamotion.policy.movers.unmarked import unmarked_mirrors
from datamotion.policy.needs import mark_of
from datamotion.policy.removal.ending import Ending
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_RELATIONSHIP = Phase(
    rank=101, title="Delete the relationship", because="the new volumes serve, nothing is mirrored", gate=Gate.ALL
)
_RELEASE = Phase(
    rank=102, title="Release at the source", because="until then no old volume can be deleted", gate=Gate.ALL
)
_DELETE = Phase(
    rank=103,
    title="Delete the old volumes",
    because="the new ones serve, and hold the last snapshot of these",
    gate=Gate.ALL,
)
_UNMARK = Phase(rank=104, title="Remove the marks", because="nothing is left to do for these volumes", gate=Gate.ALL)
_CLAIM = Phase(rank=106, title="Delete claims", because="the migration is over: nothing is told by them any more")


class Finish:
    """What is left to do, as `steps`. `moved`: the new volumes' uuids, by the names that the migration knows."""

    def __init__(self, migration: Leaving, situation: Situation, moved: Mapping[str, str]) -> None:
        self._migration = migration
        self._now = situation.now
        self._situation = situation
        self._moved = moved
        self._source = situation.now.sites[migration.source.name]
        self._to = situation.now.sites[migration.to.name]
        self._due = StepList()
        self._turned: Ending | None = None
        self.refusals: list[Refusal] = []

    def plan(self) -> None:
        if (unseen := self._to.unseen) is not None:
            backend = self._to.backend.name
            text = f"whether the new ones serve at {backend} cannot be seen: {unseen.reason}"
            self.refusals.append(Refusal(backend=backend, text=text, hint=unseen.hint, unseen=unseen))
            return
        by_uuid = {each.uuid: each for each in self._to.volumes.values()}
        listed: dict[str, list[Entry]] = {}
        for entry in entries(self._now):
            listed.setdefault(entry.source.id.volume, []).append(entry)
        for volume, uuid in self._moved.items():
            new = by_uuid.get(uuid)
            if why := _not_serving(new):
                self.refusals.append(
                    Refusal(
                        volume=volume,
                        text=f"the old {volume} is left as it is: the new one is not seen to serve, {why}",
                        hint=f"look at {volume} at {self._to.backend.name}, then run the same command again",
                    )
                )
            elif (copy := self._now.copy(self._to.backend.name, volume)) is not None:
                self._part_from_old(copy, listed.get(volume, ()))
        self.refusals += unmarked_mirrors(self._migration, self._now)
        self._part_from_mirrors()
        if self.refusals:
            return
        tell_served(self._due, self._now, [each.name for each in self._migration.left])
        # The new ones are told by their marks up to the end.
        for number, site in enumerate(self._now.sites[each.name] for each in self._migration.left):
            _unmark(self._due, replace(_UNMARK, rank=_UNMARK.rank + number), self._migration.name, site, self._moved)
            delete_claims(self._due, self._migration.name, site)

    def steps(self) -> tuple[Step, ...]:
        return (*(self._turned.due.steps() if self._turned is not None else ()), *self._due.steps())

    def renamed(self) -> tuple[str, ...]:
        """The new volumes that are called otherwise than the old ones were."""
        names = {each.uuid: each.name for each in self._to.volumes.values()}
        called = ((volume, names.get(uuid, volume)) for volume, uuid in self._moved.items())
        return tuple(f"{old} is called {new} at {self._to.backend.name}." for old, new in called if old != new)

    def holds(self) -> frozenset[Subject]:
        """The volumes that are served where they were to go, with nothing left to do for them."""
        is_open = {act.subject for step in self.steps() for act in step.acts}
        refused = {each.volume for each in self.refusals}
        of_new = {(self._to.backend.name, volume) for volume in self._moved}
        of_old = {(self._source.backend.name, volume) for volume in self._moved}
        return frozenset(each for each in of_new | of_old if each not in is_open and each[1] not in refused)

    def _part_from_old(self, new: Copy, listed: Sequence[Entry]) -> None:
        volume, old = new.id.volume, self._now.copy(self._source.backend.name, new.id.volume)
        if new.edge is not None:
            change = DeleteRelationship(uuid=new.edge.relationship.uuid)
            text = f"{volume}: {new.volume.name} was a mirror of {new.edge.relationship.source}"
            self._due.add(_RELATIONSHIP, self._to.backend, volume, change, text)
        for entry in listed:
            if entry.at == self._to.backend.name:
                release(self._due, self._now, _RELEASE, entry, keeps_snapshots=self._migration.keeps_source)
        if old is None or self._migration.keeps_source or old.volume.type is VolumeType.DP:
            return
        if not is_carried(self._now, new, old):
            self.refusals.append(
                Refusal(
                    volume=volume,
                    text=f"the old {volume} is not deleted: the new one is not seen to hold its last snapshot",
                    hint="compare the two; --keep-source ends the migration and leaves the old volume",
                )
            )
            return
        others = [each.listed for each in listed if each.source.id == old.id and each.at is None]
        if others:
            self.refusals.append(self._mirrored_elsewhere(old, others[0]))
            return
        text = f"{volume}: {old.volume.name} at {self._source.backend.name}, {size_text(old.volume.used_bytes)} used"
        self._due.add(_DELETE, self._source.backend, volume, DeleteVolume(uuid=old.volume.uuid), text)

    def _mirrored_elsewhere(self, old: Copy, listed: Listed) -> Refusal:
        """ONTAP deletes no volume that it lists as the source of a mirror. Whose that is its place alone tells."""
        group, at = self._migration.name, old.id.backend
        what = f"{at}:{old.volume.name}" if is_migration(group) else group
        return Refusal(
            volume=old.id.volume,
            text=f"the old {old.id.volume} is not deleted: {at} lists {listed.destination} as a mirror of it,"
            " at a place that this migration is not about",
            hint="where somebody brings it elsewhere, as `datamotion migrations` tells: datamotion migrate"
            f" {what} --to BACKEND --abort undoes that, then the same command again; else end that mirror first",
        )

    def _part_from_mirrors(self) -> None:
        """What mirrors the new volumes from where the old ones were, as after a failover and `reprotect`, ends."""
        source = self._source.backend.name
        volumes = [each for each in self._moved if is_turned(self._migration, self._now, each)]
        ending = Ending(
            self._situation,
            volumes,
            delete_copies=not self._migration.keeps_source,
            at={source},
            because=f"the group leaves {source}; --keep-source leaves them",
        )
        ending.plan()
        self._turned = ending
        ends = {act.volume for step in ending.due.steps() for act in step.acts}
        self.refusals += ending.refusals
        self.refusals += [
            Refusal(
                volume=volume,
                text=f"the old {volume} is left as it is: it is no mirror of the new one, nor what served before",
                hint=f"datamotion reprotect {self._migration.name} says what it is, then the same command again",
            )
            for volume in volumes
            if volume not in ends and not self._migration.keeps_source and self._now.copy(source, volume) is not None
        ]


def is_turned(migration: Leaving, standing: Standing, volume: str) -> bool:
    """Whether what is left of a volume at its source was made a mirror, or is what is still listed of one."""
    old, new = standing.copy(migration.source.name, volume), standing.copy(migration.to.name, volume)
    if old is not None:
        return old.volume.type is VolumeType.DP
    owed = (each for each in entries(standing) if each.at == migration.source.name and each.is_owed)
    return new is not None and any(each.source.id == new.id for each in owed)


def new_volumes(migration: Leaving, standing: Standing) -> Mapping[str, str]:
    """By the names that the migration knows, the uuids of its volumes where they were to go; "" where one is not."""
    copies = {volume: standing.copy(migration.to.name, volume) for volume in standing.volumes}
    return {
        volume: copy.volume.uuid if copy is not None else ""
        for volume, copy in copies.items()
        if mark_of(standing, volume) is not None
    }


def delete_claims(due: StepList, group: str, site: Site) -> None:
    """Those of a group that is over go."""
    for policy in site.seen.policies if isinstance(site.seen, ClusterView) else ():
        if policy.svm == site.backend.svm and (claim := read_claim(group, policy.name, policy.comment)) is not None:
            text = f"{site.backend.name}: epoch {claim.epoch} of {claim.backend}"
            due.add(_CLAIM, site.backend, None, DeleteClaim(uuid=policy.uuid), text, about=policy.uuid)


def _unmark(due: StepList, phase: Phase, group: str, site: Site, volumes: Container[str]) -> None:
    """Those there that are marked as one of these volumes of a group bear no mark any more."""
    for each in site.volumes.values():
        mark = read_mark(each.comment)
        if mark is not None and mark.group == group and mark.volume in volumes:
            change = RemoveMark(uuid=each.uuid, comment=without_mark(each.comment))
            due.add(phase, site.backend, mark.volume, change, f"{mark.volume}: {each.name} at {site.backend.name}")


def _not_serving(volume: Volume | None) -> str | None:
    """Why a new volume is not seen to serve; None: it is."""
    if volume is None:
        return "it is not there"
    if volume.type is not VolumeType.RW:
        return f"it is of type {volume.type}"
    if volume.state is not VolumeState.ONLINE:
        return f"it is {volume.state}"
    if volume.export == FENCE:
        return "no client is let in"
    mark = read_mark(volume.comment)
    if mark is not None and mark.path and not volume.path:
        return f"it is not mounted at {mark.path}"
    return None
