"""The transfers of one cluster: started, queued, run, aborted, gone on with after a restart."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import anyio

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import remove_tree
from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.source import LocalSource
from ontaplab.resources.aggregates.space import check_not_filled
from ontaplab.resources.relationships.decisions import Event, Move, Situation
from ontaplab.resources.relationships.dependence import settle_owners
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.relationships.state import Reason, Relationship, State, TransferType
from ontaplab.resources.transfers.pull import Pull, Restore
from ontaplab.resources.transfers.receiving import Progress
from ontaplab.resources.transfers.sources import source_of
from ontaplab.resources.transfers.state import Aborted, Transfer
from ontaplab.resources.volumes.places import directory_of

MOST_AT_ONCE = 100
"""Transfers that run at the same time; the others are queued."""
_MIRRORS = (State.SNAPMIRRORED, State.PAUSED, State.IN_SYNC, State.OUT_OF_SYNC)
_ABORTED = Reason(code="6620046", message="Transfer aborted")


class _Running:
    """A transfer in this process. It begins when the former one of its relationship is over."""

    def __init__(self, transfer: Transfer, former: _Running | None) -> None:
        self.transfer = transfer
        self.former = former
        self.progress = Progress(transfer.uuid)
        self.scope = anyio.CancelScope()
        self.over = anyio.Event()


class Engine:
    """Carries out the transfers of the relationships that end at this cluster."""

    def __init__(self, cluster: Cluster, local: LocalSource) -> None:
        self.local = local
        self.modifying: set[str] = set()
        """uuids of relationships whose destination is just being broken off or made a mirror again"""
        self._cluster = cluster
        self._slots = anyio.CapacityLimiter(MOST_AT_ONCE)
        self._running: dict[str, _Running] = {}
        self._locks: dict[str, anyio.Lock] = {}
        self._ended: list[Callable[[Relationship], None]] = []
        self._history: defaultdict[str, deque[str]] = defaultdict(deque)
        for transfer in cluster.transfers:
            self._history[transfer.relationship].append(transfer.uuid)

    def when_ended(self, call: Callable[[Relationship], None]) -> None:
        """`call` is called with the relationship of each transfer that succeeds."""
        self._ended.append(call)

    def lock(self, relationship: str) -> anyio.Lock:
        """Held by whoever changes what the relationship is, and while a synchronous one is brought up to date."""
        return self._locks.setdefault(relationship, anyio.Lock())

    def situation(self, relationship: Relationship, *, forced: bool = False) -> Situation:
        """What the rules want to know of the relationship, and of how it is asked."""
        return Situation(
            state=relationship.state,
            kind=relationship.kind,
            forced=forced,
            transferring=self.is_transferring(relationship),
            initialized=relationship.is_initialized,
            modifying=relationship.uuid in self.modifying,
        )

    def is_transferring(self, relationship: Relationship) -> bool:
        """Whether a transfer is queued or runs."""
        transfer = self._cluster.transfers.get(relationship.transfer)
        return transfer is not None and transfer.is_active

    def transfers_of(self, relationship: str) -> list[Transfer]:
        """Those that are listed, the oldest first."""
        now = self._cluster.clock.now()
        known = (self._cluster.transfers.get(uuid) for uuid in self._history.get(relationship, ()))
        return [transfer for transfer in known if transfer and transfer.state != "queued" and transfer.is_listed(now)]

    def received_bytes(self, transfer: Transfer) -> int:
        """What it has brought up to now."""
        running = self._running.get(transfer.relationship)
        if running is not None and running.transfer.uuid == transfer.uuid and transfer.is_active:
            return running.progress.received
        return transfer.bytes_transferred

    def start(
        self,
        relationship: Relationship,
        kind: TransferType,
        source_snapshot: str | None = None,
        throttle: int = 0,
        *,
        scheduled: bool = False,
    ) -> Transfer:
        """A transfer runs, or is queued. That it is allowed was decided by the rules."""
        cluster, now = self._cluster, self._cluster.clock.now()
        transfer = Transfer(
            uuid=cluster.new_uuid("transfer", relationship.uuid),
            relationship=relationship.uuid,
            type=kind,
            state="queued",
            started=now,
            updated=now,
            source_snapshot=source_snapshot,
            throttle=throttle,
            scheduled=scheduled,
        )
        with cluster.together():
            self._forget_old(relationship.uuid, now)
            cluster.transfers.put(transfer)
            cluster.relationships.put(replace(relationship, transfer=transfer.uuid))
        self._history[relationship.uuid].append(transfer.uuid)
        self._spawn(transfer)
        return transfer

    def abort(self, transfer: Transfer, state: Aborted) -> Transfer:
        """The transfer stops at once. Its checkpoint is kept, or discarded by a hard abort.

        Assumption: the relationship stays as healthy as it was, an abort being somebody's wish.
        """
        cluster = self._cluster
        aborted = transfer.finished(state, cluster.clock.now(), _ABORTED)
        if state == "hard_aborted":
            aborted = replace(aborted, checkpoint_bytes=0)
        with cluster.together():
            cluster.transfers.put(aborted)
            relationship = self._after_failure(cluster.relationships[transfer.relationship])
            checkpoint = None if state == "hard_aborted" else relationship.checkpoint
            cluster.relationships.put(replace(relationship, checkpoint=checkpoint))
        self._running[transfer.relationship].scope.cancel()
        return aborted

    async def wait_idle(self, relationship: str) -> None:
        """Return when no transfer of it runs."""
        while (running := self._running.get(relationship)) is not None:
            await running.over.wait()

    async def discard_received(self, relationship: Relationship) -> None:
        """What was received and is no snapshot yet is removed. Only while no transfer runs."""
        incoming = directory_of(self._cluster, relationship.destination.volume_uuid).incoming
        with suppress(FileNotFoundError):  # the volume itself is gone
            await self._cluster.offload(lambda: remove_tree(incoming(relationship.uuid)))

    def forget(self, relationship: Relationship) -> None:
        """No transfer of the relationship is known any more."""
        self._locks.pop(relationship.uuid, None)
        for uuid in self._history.pop(relationship.uuid, ()):
            self._cluster.transfers.remove(uuid)

    def _forget_old(self, relationship: str, now: datetime) -> None:
        history = self._history[relationship]
        while history and not self._cluster.transfers[history[0]].is_listed(now):
            self._cluster.transfers.remove(history.popleft())

    def _spawn(self, transfer: Transfer) -> None:
        running = _Running(transfer, self._running.get(transfer.relationship))
        self._running[transfer.relationship] = running

        async def task() -> None:
            await self._run(running)

        self._cluster.start_task(task)

    async def _run(self, running: _Running) -> None:
        relationship = running.transfer.relationship
        try:
            with running.scope:
                if running.former is not None:
                    await running.former.over.wait()
                async with self._slots:
                    await self._attempt(running)
            known = self._cluster.relationships.get(relationship)
            if running.scope.cancelled_caught and known is not None and known.checkpoint is None:
                await self.discard_received(known)
        finally:
            running.former = None
            running.over.set()
            if self._running.get(relationship) is running:
                del self._running[relationship]

    async def _attempt(self, running: _Running) -> None:
        cluster = self._cluster
        transfer = cluster.transfers[running.transfer.uuid]
        if not transfer.is_active:  # aborted in the moment in which its turn came
            return
        cluster.transfers.put(replace(transfer, state="transferring", updated=cluster.clock.now()))
        relationship = cluster.relationships[transfer.relationship]
        try:
            cluster.faults.check_transfer(relationship.uuid)
            check_not_filled(cluster, relationship.destination.volume_uuid)
            source = source_of(cluster, self.local, relationship)
            if transfer.type == "restore":
                await Restore(cluster, source, transfer, running.progress).run()
                self._restored(relationship)
                await source.release(relationship.uuid, keep_snapshots=True)
            else:
                await Pull(cluster, source, transfer, running.progress).run()
                for call in self._ended:
                    call(cluster.relationships[relationship.uuid])
        except OntapError as refused:
            self._fail(transfer.uuid, refused.code, refused.message)
        except OSError as broken:
            self._fail(transfer.uuid, "917536", broken.strerror or str(broken))

    def _restored(self, relationship: Relationship) -> None:
        """A restore that succeeded leaves no relationship."""
        with self._cluster.together():
            self.forget(relationship)
            self._cluster.relationships.remove(relationship.uuid)
            settle_owners(self._cluster, relationship.destination.volume_uuid)

    def _after_failure(self, relationship: Relationship) -> Relationship:
        """It is in the state that a failed transfer leaves it in."""
        outcome = decide(self.situation(relationship), Event.TRANSFER_FAILS)
        return replace(relationship, state=outcome.to) if isinstance(outcome, Move) else relationship

    def _fail(self, uuid: str, code: str, cause: str) -> None:
        """The destination keeps what it exported; the relationship tells why it is unhealthy."""
        cluster = self._cluster
        transfer = cluster.transfers.get(uuid)
        if transfer is None:  # a restore that has succeeded, whose source did not hear it
            return
        relationship = self._after_failure(cluster.relationships[transfer.relationship])
        where = relationship.source.path
        if (peer := cluster.cluster_peers.get(relationship.source.cluster_peer)) is not None:
            where += f" on cluster {peer.remote_name or peer.name}"
        reason = Reason(code=code, message=f"Transfer from {where} failed: {cause}")
        with cluster.together():
            cluster.transfers.put(transfer.finished("failed", cluster.clock.now(), reason))
            failed = cluster.relationships.put(replace(relationship, unhealthy=reason))
        for call in self._ended:
            call(failed)

    def kept_trees(self) -> dict[str, str]:
        """By destination volume, the name of the tree that holds what was received up to the checkpoint."""
        return {each.destination.volume_uuid: each.uuid for each in self._cluster.relationships if each.checkpoint}

    def go_on(self) -> None:
        """To be called at each start, when the files follow the records: what was running goes on."""
        cluster = self._cluster
        for relationship in cluster.relationships:
            volume = cluster.volumes.get(relationship.destination.volume_uuid)
            mirrored = relationship.state in _MIRRORS and relationship.is_initialized
            if volume is not None and not volume.is_mirror and mirrored:  # a break was cut off half way
                cluster.relationships.put(replace(relationship, state=State.BROKEN_OFF))
            elif self.is_transferring(relationship):
                self._spawn(cluster.transfers[relationship.transfer or ""])
