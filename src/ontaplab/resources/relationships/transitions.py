"""What the rules allow, done: by a job, at the destination."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ontaplab.cluster import Cluster
from ontaplab.errors import no_entry
from ontaplab.resources.relationships.decisions import Interrupt, Move, Outcome, Refusal, Wait, Word
from ontaplab.resources.relationships.dependence import settle_owners
from ontaplab.resources.relationships.errors import failed, no_common_snapshot
from ontaplab.resources.relationships.geometry import check_geometry
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.relationships.state import Relationship
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, snapshots_of
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.following import Following
from ontaplab.resources.transfers.sources import registration_of, source_of
from ontaplab.resources.volumes.lifecycle import become_mirror, become_writable, present

QUIESCE_S = 600
"""How long a quiesce waits for the running transfer. Assumption: no source gives the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A word, and how it is to be done."""

    word: Word
    forced: bool = False
    preserve: bool = False
    """A resync keeps the destination's snapshots that are newer than the common one."""
    restore_to_snapshot: str | None = None
    """A break makes the destination what it was at this snapshot."""


class Transitions:
    """Moves the relationships that end at this cluster from state to state."""

    def __init__(self, cluster: Cluster, engine: Engine, following: Following) -> None:
        self._cluster = cluster
        self._engine = engine
        self._following = following

    async def carry_out(self, uuid: str, asked: Asked) -> None:
        """What was asked for is done, or, where that is a transfer, has begun.

        Raises: OntapError if the state does not allow it (any more), or if it failed.
        """
        outcome: Outcome = Wait()
        while isinstance(outcome, Wait | Interrupt):  # again, where a transfer began while this waited for the lock
            await self._wait_until_settled(uuid, asked)
            async with self._engine.lock(uuid):
                outcome = self._outcome(uuid, asked)
                if isinstance(outcome, Refusal):
                    raise outcome.error()
                if isinstance(outcome, Move):
                    await self._move(uuid, asked, outcome)

    async def _move(self, uuid: str, asked: Asked, move: Move) -> None:
        with modifying(self._engine, uuid):
            if move.transfer is not None:
                relationship = known(self._cluster, uuid)
                await check_geometry(self._cluster, self._engine.local, relationship, asked.word)
            if asked.word is Word.RESYNC:
                await self._make_mirror_again(known(self._cluster, uuid), preserve=asked.preserve)
            elif asked.word is Word.BREAK:
                await self._break(known(self._cluster, uuid), asked.restore_to_snapshot)
        moved = self._cluster.relationships.put(replace(known(self._cluster, uuid), state=move.to))
        if move.transfer is not None:
            self._engine.start(moved, move.transfer)
        elif moved.is_synchronous:
            self._following.tell_source(moved)

    def _outcome(self, uuid: str, asked: Asked) -> Outcome:
        situation = self._engine.situation(known(self._cluster, uuid), forced=asked.forced)
        return decide(situation, asked.word)

    async def _wait_until_settled(self, uuid: str, asked: Asked) -> None:
        """There is nothing to wait for. Raises: OntapError 13303823 if that takes too long."""
        with self._cluster.clock.limit(QUIESCE_S):
            while isinstance(outcome := self._outcome(uuid, asked), Wait | Interrupt):
                if isinstance(outcome, Interrupt):
                    relationship = known(self._cluster, uuid)
                    self._engine.abort(self._cluster.transfers[relationship.transfer or ""], "aborted")
                await self._engine.wait_idle(uuid)
            return
        raise failed("13303823", "The running transfer has not ended.")

    async def _make_mirror_again(self, relationship: Relationship, *, preserve: bool) -> None:
        """The destination is read-only and is what it was at the newest common snapshot; what is newer is gone.

        A source that was released lists the destination again. With `preserve` the newer snapshots stay.
        Raises: OntapError 13303810 if there is no common snapshot: nothing has changed then.
        """
        cluster, volume = self._cluster, relationship.destination.volume_uuid
        source = source_of(cluster, self._engine.local, relationship)
        held = snapshots_of(cluster, volume)
        versions = tuple(snapshot.version_uuid for snapshot in held)
        registered = await source.register(registration_of(cluster, relationship))
        common = registered.common
        if common not in versions:
            if not registered.was_listed:
                await source.release(relationship.uuid, keep_snapshots=True)
            raise no_common_snapshot()
        index = versions.index(common)
        async with cluster.volume_lock(volume):
            await become_mirror(cluster, volume, held[index].name)
            with cluster.together():
                cluster.relationships.put(
                    replace(
                        known(cluster, relationship.uuid),
                        exported_snapshot=held[index].name,
                        exported_created=held[index].created,
                        base=common,
                        preserved=versions[index + 1 :] if preserve else (),
                    )
                )
                settle_owners(cluster, volume)
            for newer in held[index + 1 :] if not preserve else ():
                await drop_snapshot(cluster, newer)

    async def _break(self, relationship: Relationship, restore_to: str | None) -> None:
        """The destination is writable and holds what it exported. It is mounted where it was, or not at all.

        `restore_to` names the snapshot whose content it is to have instead. Assumption: newer ones are gone then, as
        after any restore of a volume.
        """
        cluster, volume = self._cluster, relationship.destination.volume_uuid
        async with cluster.volume_lock(volume):
            if restore_to is not None:
                await self._restore_to(relationship, restore_to)
            elif present(cluster, volume).is_mirror:
                await become_writable(cluster, volume, relationship.exported_snapshot)

    async def _restore_to(self, relationship: Relationship, name: str) -> None:
        cluster, volume = self._cluster, relationship.destination.volume_uuid
        held = snapshots_of(cluster, volume)
        names = [snapshot.name for snapshot in held]
        if name not in names:
            raise failed("13303808", f'Snapshot "{name}" was not found on the destination volume.')
        restored = held[names.index(name)]
        await become_writable(cluster, volume, name)
        with cluster.together():
            cluster.relationships.put(
                replace(
                    known(cluster, relationship.uuid),
                    exported_snapshot=name,
                    exported_created=restored.created,
                    base=restored.version_uuid,
                )
            )
            settle_owners(cluster, volume)
        for newer in held[names.index(name) + 1 :]:
            await drop_snapshot(cluster, newer)


@contextmanager
def modifying(engine: Engine, uuid: str) -> Iterator[None]:
    """Nothing else may be asked of the relationship meanwhile."""
    engine.modifying.add(uuid)
    try:
        yield
    finally:
        engine.modifying.discard(uuid)


def known(cluster: Cluster, uuid: str) -> Relationship:
    """The relationship as it is now. Raises: OntapError 4 if it is gone."""
    relationship = cluster.relationships.get(uuid)
    if relationship is None:
        raise no_entry("uuid")
    return relationship
