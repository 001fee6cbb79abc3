"""An ONTAP cluster, as the engine knows one: look at aspects of it, ask for changes, follow its jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, assert_never

from datamotion.clock import Clock
from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Reply
from datamotion.errors import ClusterError, InternalError
from datamotion.model.acts import (
    AbortTransfer,
    AcceptSvmPeer,
    Act,
    AwaitTransfer,
    Break,
    Change,
    CreateRelationship,
    CreateVolume,
    Initialize,
    ModifyRelationship,
    ModifyVolume,
    Pause,
    PeerSvms,
    Resume,
    StartTransfer,
)
from datamotion.model.view import Aspect, ClusterView
from datamotion.ontap.aggregates import list_aggregates
from datamotion.ontap.clusters import get_identity, list_cluster_peers, list_schedules
from datamotion.ontap.jobs import follow_jobs
from datamotion.ontap.policies import list_policies
from datamotion.ontap.replies import reply_of
from datamotion.ontap.snapmirror import change_relationship, list_relationships
from datamotion.ontap.svms import change_svm_peer, list_svm_peers, list_svms
from datamotion.ontap.transitions import StateChange, change_states
from datamotion.ontap.transport import Transport
from datamotion.ontap.volumes import change_volume, list_volumes

_OF_CLUSTER: Mapping[Aspect, Callable[[Transport], Awaitable[object]]] = {
    Aspect.IDENTITY: get_identity,
    Aspect.CLUSTER_PEERS: list_cluster_peers,
    Aspect.SVMS: list_svms,
    Aspect.SVM_PEERS: list_svm_peers,
    Aspect.AGGREGATES: list_aggregates,
    Aspect.POLICIES: list_policies,
    Aspect.SCHEDULES: list_schedules,
}
_OF_SVMS: Mapping[Aspect, Callable[[Transport, Collection[str]], Awaitable[object]]] = {
    Aspect.VOLUMES: list_volumes,
    Aspect.RELATIONSHIPS: list_relationships,
}


class OntapCluster:
    """Fulfils the engine's port `Cluster`."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock

    @property
    def calls(self) -> int:
        """How many requests have been sent to the cluster, those sent again counted again."""
        return self._transport.calls

    async def observe(self, aspects: Collection[Aspect], svms: Collection[str]) -> ClusterView:
        """One collection GET an aspect, side by side.

        Raises: ClusterRefused, ClusterSilent.
        """
        observed_at = self._clock.now()

        async def look(aspect: Aspect) -> object:
            try:
                return await self._look(aspect, svms)
            except ClusterError as failure:
                # Not raised at once: that would cut the others off in the middle of a handshake.
                return failure

        asked = sorted(set(aspects))
        found = await side_by_side(look, asked)
        for failure in found:
            if isinstance(failure, ClusterError):
                raise failure
        # An aspect's name is that of the part of the view that it fills.
        parts: dict[str, Any] = {aspect.name.lower(): each for aspect, each in zip(asked, found, strict=True)}
        return ClusterView(observed_at=observed_at, aspects=frozenset(aspects), **parts)

    async def _look(self, aspect: Aspect, svms: Collection[str]) -> object:
        if aspect in _OF_CLUSTER:
            return await _OF_CLUSTER[aspect](self._transport)
        # Without an SVM the query would be empty, and ONTAP would answer with everything.
        return await _OF_SVMS[aspect](self._transport, svms) if svms else ()

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        """State changes of relationships go in batches, all else side by side. Never raises a ClusterError.

        Raises: InternalError when the acts are of several kinds; in a group, when one changes what was never observed.
        """
        changes = [act.change for act in acts]
        if len({type(change) for change in changes}) > 1:
            raise InternalError("acts of several kinds were asked for at once")
        state_changes = [change for change in changes if isinstance(change, StateChange)]
        if state_changes:
            return await change_states(self._transport, state_changes)
        return await side_by_side(self._ask_one, changes)

    async def _ask_one(self, change: Change) -> Reply:
        match change:
            case PeerSvms() | AcceptSvmPeer():
                return await reply_of(change_svm_peer(self._transport, change))
            case CreateVolume() | ModifyVolume():
                return await reply_of(change_volume(self._transport, change))
            case CreateRelationship() | ModifyRelationship() | StartTransfer() | AbortTransfer():
                return await reply_of(change_relationship(self._transport, change))
            case AwaitTransfer():
                return Accepted()
            case Initialize() | Resume() | Pause() | Break():
                return (await change_states(self._transport, [change]))[0]
            case _:
                assert_never(change)

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        """Sets no time limit: a job that stays queued is followed until the caller gives up."""
        return await follow_jobs(self._transport, self._clock, jobs)
