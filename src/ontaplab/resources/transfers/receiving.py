"""The bytes of one snapshot, read from the source into a tree, from the checkpoint on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ontaplab.cluster import Cluster
from ontaplab.disk.receiver import Receiver
from ontaplab.intercluster.mirroring.messages import Step
from ontaplab.intercluster.mirroring.source import Source
from ontaplab.resources.relationships.errors import source_unreachable
from ontaplab.resources.relationships.state import Checkpoint
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.resources.transfers.learning import Learning
from ontaplab.resources.volumes.places import directory_of

WINDOW = 256 * 1024 * 1024
"""Bytes asked for at once."""
_CHECKPOINT = 32 * 1024 * 1024
"""A checkpoint is kept whenever so many bytes more are safe."""
_KIB = 1024


@dataclass
class Progress:
    """What a running transfer has received, over all its snapshots."""

    transfer: str | None
    """uuid; None: it has no record, and keeps no checkpoint"""
    received: int = 0


async def receive(cluster: Cluster, relationship: str, source: Source, step: Step, progress: Progress) -> None:
    """What the step brings is in the volume's incoming tree, whole. However it ends, the checkpoint is kept.

    Raises: OntapError if the source fails or sends what it did not announce; OSError for this cluster's disk.
    """
    try:
        await _Reception(cluster, relationship, source, step, progress).run()
    except ValueError as broken:
        raise source_unreachable(source.cluster_name, f"it sent what it did not announce: {broken}") from broken


class _Reception:
    def __init__(self, cluster: Cluster, relationship: str, source: Source, step: Step, progress: Progress) -> None:
        self._cluster = cluster
        self._relationship = relationship
        self._source = source
        self._step = step
        self._progress = progress
        self._learning = Learning(cluster, source, relationship, step)
        self._passage = cluster.pace.of_transfer(relationship)

    async def run(self) -> None:
        self._learning.begin()
        try:
            await self._learning.goes_past(self._begins_at())
            await self._receive(await self._cluster.offload(self._make_receiver()))
        finally:
            self._learning.end()

    async def _receive(self, receiver: Receiver) -> None:
        self._progress.received += receiver.position
        try:
            while await self._learning.goes_past(receiver.position):
                length = await self._window(receiver.position)
                receiver.learn(self._learning.known)
                await self._receive_window(receiver, length)
                self._keep(receiver.position)
            await self._wait_released()
            receiver.learn(self._learning.known)
            await self._cluster.offload(receiver.finish)
        except BaseException:  # being cut off included: what was fed is safe, and is not asked for again
            self._keep(receiver.position)
            raise

    def _begins_at(self) -> int:
        """The checkpoint's position in the stream."""
        checkpoint = self._cluster.relationships[self._relationship].checkpoint
        matches = checkpoint and (checkpoint.base, checkpoint.snapshot) == (self._step.base, self._version)
        return checkpoint.position if checkpoint and matches else 0

    def _make_receiver(self) -> Callable[[], Receiver]:
        """What makes it, for a worker thread: records are read here, where nothing changes them meanwhile."""
        volume = self._cluster.relationships[self._relationship].destination.volume_uuid
        incoming = directory_of(self._cluster, volume).incoming(self._relationship)
        make: Callable[[int], Receiver] = partial(Receiver, incoming, self._base(volume), self._learning.known)
        return partial(_begin, make, self._begins_at())

    def _base(self, volume: str) -> Path | None:
        if self._step.base is None:
            return None
        name = next(each.name for each in snapshots_of(self._cluster, volume) if each.version_uuid == self._step.base)
        return directory_of(self._cluster, volume).snapshot(name)

    @property
    def _version(self) -> str:
        return self._step.snapshot.version

    async def _window(self, position: int) -> int:
        """How many bytes to ask for next. While transfers are held, none past the middle."""
        if self._is_held:
            await self._learning.goes_past(math.inf)
        end = self._learning.known.bytes
        middle = end // 2
        if self._is_held and position >= middle:
            self._keep(position)
            await self._wait_released()
        return min(WINDOW, (middle if self._is_held and position < middle else end) - position)

    @property
    def _is_held(self) -> bool:
        return self._cluster.transfer_gate.held or self._passage.is_shut

    async def _wait_released(self) -> None:
        while self._is_held:
            await self._cluster.transfer_gate.wait_released()
            await self._passage.wait()

    async def _receive_window(self, receiver: Receiver, length: int) -> None:
        before = kept = receiver.position
        parts = self._source.read(self._relationship, self._step.base, self._version, before, length)
        async for part in parts:
            at = receiver.position
            await self._cluster.offload(partial(receiver.take, part))
            moved = receiver.position - at
            self._progress.received += moved
            if receiver.position >= kept + _CHECKPOINT:
                kept = receiver.position
                self._keep(kept)
            await self._cluster.transfer_gate.pace(moved, self._limits)
        if receiver.position == before:
            raise source_unreachable(self._source.cluster_name, "it sent less than it announced")

    @property
    def _limit(self) -> int:
        """Bytes a second that the transfer, else its relationship, else the policy allows; 0: unlimited."""
        relationship = self._cluster.relationships[self._relationship]
        transfer = self._cluster.transfers.get(self._progress.transfer)
        policy = self._cluster.policies[relationship.policy]
        return ((transfer and transfer.throttle) or relationship.throttle or policy.throttle) * _KIB

    @property
    def _limits(self) -> list[int]:
        """Bytes a second that no part of the way exceeds; none: unlimited."""
        return [each for each in (self._limit, self._cluster.faults.link_speed(self._relationship)) if each]

    def _keep(self, position: int) -> None:
        """The checkpoint is at that position, unless a hard abort discarded it or the relationship is gone."""
        relationship = self._cluster.relationships.get(self._relationship)
        transfer = self._cluster.transfers.get(self._progress.transfer)
        if relationship is None or transfer is None or transfer.state == "hard_aborted":
            return
        checkpoint = Checkpoint(base=self._step.base, snapshot=self._version, position=position)
        now = self._cluster.clock.now()
        with self._cluster.together():
            self._cluster.relationships.put(replace(relationship, checkpoint=checkpoint))
            self._cluster.transfers.put(
                replace(transfer, bytes_transferred=self._progress.received, checkpoint_bytes=position, updated=now)
            )


def _begin(make: Callable[[int], Receiver], position: int) -> Receiver:
    """Goes on from that position if what was received is there, else begins anew."""
    try:
        return make(position)
    except FileNotFoundError:
        return make(0)
