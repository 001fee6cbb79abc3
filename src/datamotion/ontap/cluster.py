"""An ONTAP cluster, as the engine knows one: look at aspects of it, ask for changes, follow its jobs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from datamotion.engine.concurrently import side_by_side
from datamotion.errors import ClusterError
from datamotion.model.view import Aspect, ClusterView
from datamotion.ontap.destinations import list_legs
from datamotion.ontap.errors import MalformedRecord, told
from datamotion.ontap.jobs import follow_jobs
from datamotion.ontap.policies import list_policies
from datamotion.ontap.rows import Listing
from datamotion.ontap.snapmirror import list_relationships
from datamotion.ontap.svms import list_svm_peers, list_svms
from datamotion.ontap.volumes import list_volumes

if TYPE_CHECKING:
    from datamotion.clock import Clock
    from datamotion.engine.ports import Delay, Reply
    from datamotion.model.acts import Act
    from datamotion.model.item_records import FileName, FilesIn
    from datamotion.model.volume_records import Snapshot
    from datamotion.ontap.changes import Changes
    from datamotion.ontap.transport import Transport
    from datamotion.policy.validation import Question

_OF_CLUSTER: Mapping[Aspect, Callable[[Transport], Awaitable[Listing]]] = {
    Aspect.SVMS: list_svms,
    Aspect.SVM_PEERS: list_svm_peers,
    Aspect.POLICIES: list_policies,
}
_OF_SVMS: Mapping[Aspect, Callable[[Transport, Collection[str]], Awaitable[object]]] = {
    Aspect.VOLUMES: list_volumes,
    Aspect.RELATIONSHIPS: list_relationships,
    Aspect.LEGS: list_legs,
}
"""Those that `status` looks at. The others are in `aspects`, which is imported once one of them is looked at."""

_NONE_WITHOUT: Mapping[Aspect, Aspect] = {
    Aspect.LUN_MAPS: Aspect.LUNS,
    Aspect.CIFS_SHARES: Aspect.CIFS_SERVERS,
    Aspect.CIFS_SESSIONS: Aspect.CIFS_SERVERS,
}
"""There is none of the former where there is none of the latter."""
_IDLE_WITHOUT: Mapping[Aspect, Aspect] = {Aspect.IGROUPS: Aspect.LUNS}
"""Of the former there may be, and nothing is done with them."""

_log = logging.getLogger(__name__)


class OntapCluster:
    """Fulfils the engine's port `Cluster`."""

    def __init__(self, transport: Transport, clock: Clock, passphrases: Mapping[str, str] | None = None) -> None:
        """`passphrases` are those by which clusters become peers, by name."""
        self._passphrases = passphrases or {}
        self._transport = transport
        self._clock = clock

    @property
    def unanswered(self) -> Delay | None:
        """The request that has waited longest for an answer; None where none is under way."""
        return self._transport.unanswered

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> ClusterView:
        """One collection GET an aspect, side by side; access takes two. One that was silent is tried again.

        Maps, igroups and shares are asked for behind the others, where those show that there is a use for them.
        Raises: ClusterRefused, ClusterSilent.
        """
        self._transport.forget()
        began_at = self._clock.now()
        behind = {**_NONE_WITHOUT, **_IDLE_WITHOUT}
        asked = set(aspects)
        last = {aspect for aspect in asked if behind.get(aspect) in asked}
        found: dict[Aspect, object] = {}
        with self._transport.looking() as transport:

            async def look(aspect: Aspect) -> object:
                try:
                    return await _look(transport, aspect, svms, files)
                except ClusterError as failure:
                    # Not raised at once: that would cut the others off in the middle of a handshake.
                    return failure
                except Exception as error:  # noqa: BLE001  # whatever a cluster sends, it stops no other one
                    _log.debug("%s: %s", transport.name, aspect, exc_info=True)
                    return MalformedRecord(transport.name, f"of its {aspect}", f"{type(error).__name__}: {told(error)}")

            async def look_at(aspects: Collection[Aspect]) -> None:
                asked = sorted(aspects)
                found.update(zip(asked, await side_by_side(look, asked), strict=True))
                for failure in found.values():
                    if isinstance(failure, ClusterError):
                        raise failure

            await look_at(asked - last)
            of_use = {aspect for aspect in last if not _is_none(found[behind[aspect]])}
            found |= dict.fromkeys((last - of_use) & _NONE_WITHOUT.keys(), ())
            await look_at(of_use)
        # An aspect's name is that of the part of the view that it fills.
        parts: dict[str, Any] = {
            aspect.name.lower(): each.records if isinstance(each, Listing) else each for aspect, each in found.items()
        }
        listings = (found[aspect] for aspect in sorted(found))
        unreadable = tuple(each for listing in listings if isinstance(listing, Listing) for each in listing.unreadable)
        looked_at = dict.fromkeys(found, began_at)
        return ClusterView(looked_at=looked_at, clock=transport.clock, unreadable=unreadable, **parts)

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        """Changes of relationships and of what volumes have, and removals go in batches; all else side by side.

        Never raises a ClusterError.
        Raises: InternalError when the acts are of several kinds; in a group, when one changes what was never observed.
        """
        return await self._changes.ask(acts)

    @cached_property
    def _changes(self) -> Changes:
        from datamotion.ontap.changes import Changes  # noqa: PLC0415  # most of it all; who only looks does without it

        return Changes(self._transport, self._passphrases)

    async def validate(self, questions: Sequence[Question]) -> Sequence[Reply]:
        """One request each, side by side."""
        return await self._changes.validate(questions)

    async def measure(self, snapshots: Sequence[Snapshot]) -> Mapping[str, int]:
        """As the port says."""
        from datamotion.ontap.snapshots import measure  # noqa: PLC0415  # as with `aspects`

        try:
            return await measure(self._transport, snapshots)
        except ClusterError:
            return {}

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        """Sets no time limit: a job that stays queued is followed until the caller gives up."""
        return await follow_jobs(self._transport, self._clock, jobs)


def _is_none(found: object) -> bool:
    """Told, and there is none; not where some cannot be read."""
    return not (found.records or found.unreadable) if isinstance(found, Listing) else found == ()


async def _look(
    transport: Transport, aspect: Aspect, svms: Collection[str], files: Collection[FileName | FilesIn]
) -> object:
    if aspect in _OF_CLUSTER:
        return await _OF_CLUSTER[aspect](transport)
    if aspect in _OF_SVMS:
        # Without an SVM the query would be empty, and ONTAP would answer with everything.
        return await _OF_SVMS[aspect](transport, svms) if svms else ()
    from datamotion.ontap.aspects import look  # noqa: PLC0415  # all that does not tell how groups stand

    return await look(transport, aspect, svms, files)
