"""Every moment that the tables of the rules tell apart, brought about by what clients ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import trio

from ontaplab.resources.relationships import rules
from ontaplab.resources.relationships.rules import Condition
from ontaplab.resources.relationships.state import Kind, State
from tests.ontaplab.mirroring import asynchronous, synchronous
from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, Stalling, uninitialized, uninitialized_paused

Prepare = Callable[[Pair], Awaitable[Pair | None]]
"""Brings the moment about for that pair, or for another one, which it returns."""


def modified(prepare: Prepare, body: Mapping[str, str]) -> Prepare:
    """It was asked for something that changes the destination, which waits for the source."""

    async def stalled(pair: Pair) -> Pair:
        pair = await prepare(pair) or pair
        Stalling(pair)
        answer = await pair.lyon.http.patch(f"/api{pair.path}", json=body)
        assert answer.status_code == 202, answer.text
        await trio.sleep(1)
        return pair

    return stalled


def breaking(paused: Callable[[Pair], Awaitable[None]]) -> Prepare:
    """A break waits for the volume, whose files somebody changes."""

    async def waiting(pair: Pair) -> None:
        await paused(pair)
        await pair.lyon.cluster.volume_lock(pair.destination["uuid"]).acquire()
        await pair.lyon.http.patch(f"/api{pair.path}", json={"state": "broken_off"})
        await trio.sleep(1)

    return waiting


async def uninitialized_again(pair: Pair) -> None:
    """After a first transfer that was aborted."""
    await asynchronous.initializing(pair)
    await abort_last(pair)
    await pair.gate(held=False)


async def synchronous_again(pair: Pair) -> None:
    """After a first synchronization that failed."""
    await synchronous.initializing(pair)
    await trio.sleep(1)
    apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
    paris = apps[pair.paris.cluster.address]
    pair.cut_paris_off()
    await pair.gate(held=False)
    await pair.settle()
    apps[pair.paris.cluster.address] = paris


def flexgroups(policy: str) -> Prepare:
    """Of a FlexGroup even the first transfer asks the source for its shape; one was begun and did not end."""

    async def prepare(pair: Pair) -> Pair:
        for asker, name, kind in ((pair.paris, "many", "rw"), (pair.lyon, "many_dr", "dp")):
            await asker.volume(name, {"type": kind, "constituents_per_aggregate": 2, "style": "flexgroup"})
        ends = {"source.path": "svm1_paris:many", "destination.path": "svm1:many_dr", "policy": policy}
        (pair.live.parent / "many" / "file").write_bytes(b"one")
        many = replace(pair, uuid=(await pair.lyon.post(RELATIONSHIPS, ends))["uuid"])
        again = synchronous_again if policy == "Sync" else uninitialized_again
        await again(many)
        return many

    return prepare


async def restorable(pair: Pair) -> Pair:
    """The relationship by which `data_dr` is restored into a new volume; a transfer of it was aborted."""
    restore = await restoring(pair)
    await abort_last(restore)
    await restore.gate(held=False)
    return restore


async def restoring(pair: Pair) -> Pair:
    await asynchronous.snapmirrored(pair)
    await pair.paris.volume("again", {"type": "dp"})
    ends = {"source.path": "svm1_lyon:data_dr", "destination.path": "svm1:again", "restore": "true"}
    created = await pair.paris.post(RELATIONSHIPS, ends)
    back = replace(pair, paris=pair.lyon, lyon=pair.paris, uuid=created["uuid"])
    await back.gate(held=True)
    await back.transfer()
    return back


async def abort_last(pair: Pair) -> None:
    await pair.lyon.patch(await path_of_last(pair), {"state": "aborted"})


async def path_of_last(pair: Pair) -> str:
    """The path of the transfer that runs, or ended last."""
    await trio.sleep(1)
    transfers = await pair.lyon.get(f"{pair.path}/transfers")
    return f"{pair.path}/transfers/{transfers[0]['uuid']}"


_S = State
_MIRROR, _IN_SYNC = {"state": "snapmirrored"}, {"state": "in_sync"}
_TURN = {"source.path": "svm1:data_dr", "destination.path": "svm1_paris:data"}
MOMENTS: Mapping[tuple[Kind, State, Condition], Prepare] = {
    ("async", _S.UNINITIALIZED, rules.modifying): modified(flexgroups("MirrorAllSnapshots"), _MIRROR),
    ("async", _S.UNINITIALIZED, rules.transferring): asynchronous.initializing,
    ("async", _S.UNINITIALIZED, rules.idle): uninitialized_again,
    ("async", _S.UNINITIALIZED, rules.always): uninitialized,
    ("async", _S.SNAPMIRRORED, rules.modifying): modified(asynchronous.snapmirrored, {**_MIRROR, **_TURN}),
    ("async", _S.SNAPMIRRORED, rules.transferring): asynchronous.updating,
    ("async", _S.SNAPMIRRORED, rules.transferring_and_forced): asynchronous.updating,
    ("async", _S.SNAPMIRRORED, rules.idle): asynchronous.snapmirrored,
    ("async", _S.SNAPMIRRORED, rules.always): asynchronous.snapmirrored,
    ("async", _S.PAUSED, rules.modifying): breaking(asynchronous.paused),
    ("async", _S.PAUSED, rules.uninitialized): uninitialized_paused,
    ("async", _S.PAUSED, rules.idle): asynchronous.paused,
    ("async", _S.PAUSED, rules.always): asynchronous.paused,
    ("async", _S.BROKEN_OFF, rules.modifying): modified(asynchronous.broken_off, _MIRROR),
    ("async", _S.BROKEN_OFF, rules.transferring): asynchronous.resyncing,
    ("async", _S.BROKEN_OFF, rules.transferring_and_forced): asynchronous.resyncing,
    ("async", _S.BROKEN_OFF, rules.idle): asynchronous.broken_off,
    ("async", _S.BROKEN_OFF, rules.always): asynchronous.broken_off,
    ("sync", _S.UNINITIALIZED, rules.modifying): modified(flexgroups("Sync"), _IN_SYNC),
    ("sync", _S.UNINITIALIZED, rules.always): synchronous_again,
    ("sync", _S.SYNCHRONIZING, rules.transferring): synchronous.initializing,
    ("sync", _S.SYNCHRONIZING, rules.transferring_and_forced): synchronous.resynchronizing,
    ("sync", _S.SYNCHRONIZING, rules.uninitialized): synchronous.initializing,
    ("sync", _S.SYNCHRONIZING, rules.always): synchronous.resynchronizing,
    ("sync", _S.IN_SYNC, rules.modifying): modified(synchronous.in_sync, {**_IN_SYNC, **_TURN}),
    ("sync", _S.IN_SYNC, rules.always): synchronous.in_sync,
    ("sync", _S.OUT_OF_SYNC, rules.modifying): modified(synchronous.out_of_sync, _IN_SYNC),
    ("sync", _S.OUT_OF_SYNC, rules.always): synchronous.out_of_sync,
    ("sync", _S.PAUSED, rules.modifying): breaking(synchronous.paused),
    ("sync", _S.PAUSED, rules.uninitialized): uninitialized_paused,
    ("sync", _S.PAUSED, rules.always): synchronous.paused,
    ("sync", _S.BROKEN_OFF, rules.modifying): modified(synchronous.broken_off, _IN_SYNC),
    ("sync", _S.BROKEN_OFF, rules.always): synchronous.broken_off,
    ("restore", _S.UNINITIALIZED, rules.transferring): restoring,
    ("restore", _S.UNINITIALIZED, rules.always): restorable,
}
