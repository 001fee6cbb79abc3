"""What the rules allow, done: by a job, at the destination."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import no_entry
from ontaplab.resources.relationships.dependence import settle_owners
from ontaplab.resources.relationships.errors import failed, no_common_snapshot
from ontaplab.resources.relationships.rules import Move, Outcome, Refusal, Wait, Word, decide
from ontaplab.resources.relationships.state import Relationship
from ontaplab.resources.snapshots.lifecycle import drop_snapshot, snapshots_of
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.sources import source_at
from ontaplab.resources.volumes.lifecycle import become_mirror, become_writable, present

QUIESCE_S = 600
"""How long a quiesce waits for the running transfer. Assumption: no source gives the time."""


async def carry_out(cluster: Cluster, engine: Engine, uuid: str, word: Word) -> None:
    """What was asked for is done, or, where that is a transfer, has begun.

    Raises: OntapError if the state does not allow it (any more), or if it failed.
    """
    outcome = await _settled(cluster, engine, uuid, word)
    if isinstance(outcome, Refusal):
        raise outcome.error()
    assert isinstance(outcome, Move), "deleting is not a transition"
    with _modifying(engine, uuid):
        if word is Word.RESYNC:
            await _make_mirror_again(cluster, engine, _known(cluster, uuid))
        elif word is Word.BREAK:
            await _break(cluster, _known(cluster, uuid))
    moved = cluster.relationships.put(replace(_known(cluster, uuid), state=outcome.to))
    if outcome.transfer is not None:
        engine.start(moved, outcome.transfer)


async def _settled(cluster: Cluster, engine: Engine, uuid: str, word: Word) -> Outcome:
    """What the rules say once there is nothing to wait for. Raises: OntapError 13303823 if that takes too long."""
    with cluster.clock.limit(QUIESCE_S):
        while isinstance(outcome := decide(engine.situation(_known(cluster, uuid)), word), Wait):
            await engine.wait_idle(uuid)
        return outcome
    raise failed("13303823", "The running transfer has not ended.")


async def _make_mirror_again(cluster: Cluster, engine: Engine, relationship: Relationship) -> None:
    """The destination is read-only and is what it was at the newest common snapshot; what is newer is gone.

    Raises: OntapError 13303810 if there is no common snapshot: nothing has changed then.
    """
    source = source_at(cluster, engine.local, relationship.source.cluster_peer)
    volume = relationship.destination.volume_uuid
    held = snapshots_of(cluster, volume)
    versions = tuple(snapshot.version_uuid for snapshot in held)
    common = await source.newest_common(relationship.uuid, versions)
    if common not in versions:
        raise no_common_snapshot()
    index = versions.index(common)
    async with cluster.volume_lock(volume):
        await become_mirror(cluster, volume, held[index].name)
        with cluster.together():
            cluster.relationships.put(
                replace(
                    _known(cluster, relationship.uuid),
                    exported_snapshot=held[index].name,
                    exported_created=held[index].created,
                    base=common,
                )
            )
            settle_owners(cluster, volume)
        for newer in held[index + 1 :]:
            await drop_snapshot(cluster, newer)


async def _break(cluster: Cluster, relationship: Relationship) -> None:
    """The destination is writable and holds what it exported. It is mounted where it was, or not at all."""
    volume = relationship.destination.volume_uuid
    async with cluster.volume_lock(volume):
        if present(cluster, volume).is_mirror:
            await become_writable(cluster, volume, relationship.exported_snapshot)


@contextmanager
def _modifying(engine: Engine, uuid: str) -> Iterator[None]:
    """Nothing else may be asked of the relationship meanwhile."""
    engine.modifying.add(uuid)
    try:
        yield
    finally:
        engine.modifying.discard(uuid)


def _known(cluster: Cluster, uuid: str) -> Relationship:
    relationship = cluster.relationships.get(uuid)
    if relationship is None:
        raise no_entry("uuid")
    return relationship
