"""The source of a mirror: what it can be asked, and how the cluster that holds it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Protocol

from ontaplab.cluster import Cluster
from ontaplab.disk.arriving import Held, Incoming
from ontaplab.disk.difference import Compared
from ontaplab.disk.stream import Stretch
from ontaplab.intercluster.mirroring.choosing import after, called, carried, checked, is_wanted, newest_common
from ontaplab.intercluster.mirroring.differences import Differences
from ontaplab.intercluster.mirroring.messages import Landed, Registered, Registration, Step, Wanted
from ontaplab.intercluster.mirroring.registering import register
from ontaplab.resources.licenses.handlers import check_licensed
from ontaplab.resources.relationships.dependence import bases, settle_owners, snapshot_prefix
from ontaplab.resources.relationships.errors import (
    no_source_volume,
    released,
    source_was_moved,
)
from ontaplab.resources.relationships.state import OWNER, ListedDestination
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, new_snapshot, snapshots_of, take_snapshot
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.volumes.state import Volume


class Source(Protocol):
    """What the destination of a relationship may ask. The relationship's uuid says which volume is meant.

    Raises: OntapError where the source refuses or cannot be reached.
    """

    @property
    def cluster_name(self) -> str: ...

    async def register(self, registration: Registration) -> Registered:
        """The source lists the destination."""
        ...

    async def newest_common(self, relationship: str, have: tuple[str, ...]) -> str | None:
        """The newest of these snapshots that the source holds too."""
        ...

    async def constituents(self, relationship: str) -> int:
        """How many the source volume has; 0 for a FlexVol."""
        ...

    async def next_step(self, relationship: str, wanted: Wanted) -> Step | None:
        """What to carry next; None: nothing that is wanted is missing."""
        ...

    async def compare_on(self, relationship: str, base: str | None, snapshot: str, compared: int) -> Sequence[Compared]:
        """More of that difference, of which the destination knows what came of comparing so many bytes."""
        ...

    def read(
        self, relationship: str, base: str | None, snapshot: str, start: int, length: int
    ) -> AsyncIterator[Incoming]:
        """Up to `length` bytes, from byte `start`, of the stream of what turns base into snapshot."""
        ...

    async def landed(self, relationship: str, landed: Landed) -> None:
        """The source keeps that snapshot for the next transfer, and none of its earlier ones."""
        ...

    async def release(self, relationship: str, *, keep_snapshots: bool) -> None:
        """The source does not list the destination any more. Harmless if it did not."""
        ...


class LocalSource:
    """The source volumes of this cluster. It is a `Source`; who asks was checked by the caller."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._differences = Differences(cluster)
        # Assumption: a snapshot that a transfer reads is busy, as NetApp's knowledge base says of volume SnapMirror: no
        # other relationship drops it when it needs it no more, but after a later transfer of its own. A source that
        # starts again has forgotten which those are.
        self._read: dict[str, frozenset[str | None]] = {}  # by relationship
        self._named: dict[str, tuple[str, int]] = {}  # by prefix: the second of the last name, and its number there

    @property
    def cluster_name(self) -> str:
        return self._cluster.name

    async def register(self, registration: Registration, cluster_peer: str | None = None) -> Registered:
        """`cluster_peer` is the uuid of the peer that asks; None: this cluster itself."""
        return register(self._cluster, registration, cluster_peer)

    async def newest_common(self, relationship: str, have: tuple[str, ...]) -> str | None:
        return newest_common(self._held(self._listed(relationship).source.volume_uuid), have)

    async def constituents(self, relationship: str) -> int:
        return len(self._readable_volume(self._listed(relationship)).constituents)

    async def next_step(self, relationship: str, wanted: Wanted) -> Step | None:
        listed = self._listed(relationship)
        check_licensed(self._cluster, "snapmirror")
        volume = self._readable_volume(listed)
        if listed.moved and wanted.scheduled:
            raise source_was_moved(listed.source.path)
        if listed.moved:
            listed = self._cluster.listed_destinations.put(replace(listed, asked_since=True))
        if wanted.restore:
            return await self._restoring_step(listed, volume, wanted)
        target = await self._target(listed, volume, wanted)
        if target is None or target.version_uuid in wanted.have:
            return None
        held = self._held(volume.uuid)
        base = newest_common(held, wanted.have)
        self._read[relationship] = frozenset({base, target.version_uuid})
        if (
            wanted.only_changes
            and not (await self._differences.beginning(volume.uuid, base, target.version_uuid)).entries
        ):
            async with self._cluster.volume_lock(volume.uuid):
                await drop_snapshot(self._cluster, target)
            return None
        wanted_after = (each for each in after(held, base) if is_wanted(each, target, listed, wanted))
        snapshot = next(wanted_after, target)  # an older one than the base, if that was asked for by name
        return await self._step(listed, volume, snapshot, base, target)

    async def _restoring_step(self, listed: ListedDestination, volume: Volume, wanted: Wanted) -> Step:
        """Straight from the newest common snapshot to the one that is to be restored, the newest if none was named."""
        held = self._held(volume.uuid)
        if wanted.source_snapshot is not None:
            target = called(held, wanted.source_snapshot)
        elif volume.exported_snapshot is not None:
            target = called(held, volume.exported_snapshot)
        elif held:
            target = held[-1]
        else:
            raise no_source_volume(volume.name, "has no snapshot to restore")
        base = target.version_uuid if target.version_uuid in wanted.have else newest_common(held, wanted.have)
        return await self._step(listed, volume, target, base, target)

    async def _step(
        self, listed: ListedDestination, volume: Volume, snapshot: Snapshot, base: str | None, target: Snapshot
    ) -> Step:
        self._read[listed.uuid] = frozenset({base, snapshot.version_uuid})
        changes = await self._differences.beginning(volume.uuid, base, snapshot.version_uuid)
        return Step(
            snapshot=carried(snapshot),
            base=base,
            difference=await self._cluster.offload(changes.to_json),
            target=target.version_uuid,
            target_name=target.name,
            volume_name=volume.name,
            volume_size_bytes=volume.size_bytes,
            present=tuple(each.version_uuid for each in self._held(volume.uuid)),
            constituents=len(volume.constituents),
        )

    async def compare_on(self, relationship: str, base: str | None, snapshot: str, compared: int) -> Sequence[Compared]:
        volume = self._sending_volume(relationship)
        return (await self._differences.further(volume.uuid, base, snapshot, compared)).after(compared)

    async def read(
        self, relationship: str, base: str | None, snapshot: str, start: int, length: int
    ) -> AsyncIterator[Incoming]:
        async for chunk in self.chunks(relationship, base, snapshot, start, length):
            yield Held(chunk)

    async def chunks(
        self, relationship: str, base: str | None, snapshot: str, start: int, length: int
    ) -> AsyncIterator[bytes]:
        """The bytes that `read` brings."""
        volume = self._sending_volume(relationship)
        chunks = await self._differences.chunks(volume.uuid, base, snapshot, start, length)
        while length and (chunk := await self._cluster.offload(partial(next, chunks, b""))):
            yield chunk[:length]
            length -= min(length, len(chunk))

    async def stretches(
        self, relationship: str, base: str | None, snapshot: str, start: int, length: int
    ) -> Iterator[bytes | Stretch]:
        """The same bytes, as far as possible by where they are in files."""
        volume = self._sending_volume(relationship)
        return await self._differences.stretches(volume.uuid, base, snapshot, start, length)

    async def landed(self, relationship: str, landed: Landed) -> None:
        cluster = self._cluster
        listed = self._listed(relationship)
        volume = listed.source.volume_uuid
        prefix = snapshot_prefix(listed)
        async with cluster.volume_lock(volume):
            with cluster.together():
                arrived = replace(listed, base=landed.snapshot, state=landed.state, moved=False, asked_since=False)
                cluster.listed_destinations.put(arrived)
                settle_owners(cluster, volume)
            self._read.pop(relationship, None)
            needed = {landed.snapshot, *bases(cluster, volume, besides=relationship)}.union(*self._read.values())
            for snapshot in self._held(volume):
                if snapshot.name.startswith(prefix) and snapshot.version_uuid not in needed:
                    await drop_snapshot(cluster, snapshot)
        self._differences.forget(volume)

    async def release(self, relationship: str, *, keep_snapshots: bool) -> None:
        cluster = self._cluster
        listed = cluster.listed_destinations.get(relationship)
        if listed is None:
            return
        volume = listed.source.volume_uuid
        async with cluster.volume_lock(volume):
            with cluster.together():
                cluster.listed_destinations.remove(relationship)
                settle_owners(cluster, volume)
            self._read.pop(relationship, None)
            needed = bases(cluster, volume).union(*self._read.values())
            for snapshot in self._held(volume) if not keep_snapshots else ():
                if snapshot.name.startswith(snapshot_prefix(listed)) and snapshot.version_uuid not in needed:
                    await drop_snapshot(cluster, snapshot)
        self._differences.forget(volume)

    def _listed(self, relationship: str) -> ListedDestination:
        listed = self._cluster.listed_destinations.get(relationship)
        if listed is None:
            raise released(relationship)
        return listed

    def _readable_volume(self, listed: ListedDestination) -> Volume:
        return checked(self._cluster.volumes.get(listed.source.volume_uuid), listed.source.path)

    def _sending_volume(self, relationship: str) -> Volume:
        """The source volume, from which a transfer that has begun may be read on."""
        listed = self._listed(relationship)
        volume = self._readable_volume(listed)
        if listed.moved and not listed.asked_since:
            raise source_was_moved(listed.source.path)
        return volume

    async def _target(self, listed: ListedDestination, volume: Volume, wanted: Wanted) -> Snapshot | None:
        """The last snapshot to be carried, made now if it is to be a new one; None: there is none to carry."""
        held = self._held(volume.uuid)
        if wanted.target is not None:
            made_before = next((each for each in held if each.version_uuid == wanted.target), None)
            if made_before is not None:
                return made_before
        if wanted.source_snapshot is not None:
            return called(held, wanted.source_snapshot)
        if wanted.creates and volume.exported_snapshot is not None:  # a mirror that is mirrored on
            return called(held, volume.exported_snapshot)
        if wanted.creates:
            async with self._cluster.volume_lock(volume.uuid):
                name = self._new_name(listed, held)
                snapshot = new_snapshot(self._cluster, volume.uuid, name, owners=(OWNER,))
                return await take_snapshot(self._cluster, snapshot)
        newer = after(held, newest_common(held, wanted.have))
        labelled = [each for each in newer if wanted.everything or each.label in wanted.labels]
        return labelled[-1] if labelled else None

    def _new_name(self, listed: ListedDestination, held: list[Snapshot]) -> str:
        """Assumption: how a name is told apart that was given in the same second already, though it is gone by now.

        A mirror may hold what its source has dropped, and takes no other one of that name.
        """
        prefix = snapshot_prefix(listed)
        name = f"{prefix}{self._cluster.clock.now():%Y-%m-%d_%H%M%S}"
        taken = {snapshot.name for snapshot in held}
        last, given = self._named.get(prefix, ("", 0))
        numbers = count(given + 1 if last == name else 0)
        new, number = next((it, n) for n in numbers if (it := f"{name}_{n}" if n else name) not in taken)
        self._named[prefix] = (name, number)
        return new

    def _held(self, volume: str) -> list[Snapshot]:
        return snapshots_of(self._cluster, volume)
