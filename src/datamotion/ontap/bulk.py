"""Changing many objects of a collection with one request, and telling from its answer which of them were taken.

No released client is known to change many objects with one query, so a cluster may refuse it, in whatever words. Each
object is then asked for alone, at once, and that way of asking is not tried at that cluster again, unless an object
alone meets the same refusal: then it was about the object. Until one was taken, a first batch goes ahead of the rest. A
request that was not answered is never followed by others, and neither is one that was refused because of who asks or
because the cluster has too much to do.

An answer counts what was taken and lists the jobs, without saying which is whose. Where the count falls short, a second
look tells most of them apart. The rest is asked for alone where the same change twice comes to the same as once, and is
unanswered rather than guessed where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered
from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from datamotion.ontap.answer import TOO_BUSY, Answer, refused
from datamotion.ontap.errors import DENIED, NOT_FOUND, told
from datamotion.ontap.replies import batches

_BATCH = 100  # uuids of 36 characters: a query line of under 4 KiB, as those about jobs


class Way(Enum):
    """How many changes can be asked for at once. A cluster may take one and refuse another."""

    RELATIONSHIPS_BY_QUERY = auto()
    RELATIONSHIPS_MODIFIED = auto()
    VOLUMES_BY_QUERY = auto()
    VOLUMES_BY_RECORDS = auto()
    RELATIONSHIPS_DELETED = auto()
    DESTINATIONS_RELEASED = auto()
    VOLUMES_DELETED = auto()
    POLICIES_DELETED = auto()


class Many(Protocol):
    """One change of many objects. `method` and `path` are those of the request, `what` is what messages call them.

    `repeatable`: asked for twice it comes to the same as once.
    """

    way: Way
    method: str
    path: str
    what: str
    repeatable: bool

    async def together(self, uuids: Sequence[str]) -> Answer:
        """The one request. Raises: ClusterRefused, ClusterSilent."""
        ...

    async def singly(self, uuids: Sequence[str]) -> Mapping[str, Reply]:
        """A request for each. Raises nothing."""
        ...

    async def look(self, uuids: Sequence[str]) -> Mapping[str, Declined | bool]:
        """Of each: why it cannot have been taken, else whether it is as wanted by now.

        Raises: ClusterRefused, ClusterSilent.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What the answer tells of a batch. `count` is None where it is not told or cannot be read.

    Reading it raises nothing: the change was made, and what cannot be read counts as not told.
    """

    count: int | None
    jobs: tuple[str, ...] = ()
    refusals: tuple[ClusterRefused, ...] = ()

    @classmethod
    def of(cls, cluster: str, answer: Answer) -> _Taken:
        count, errors = answer.body.get("num_records"), answer.body.get("errors")
        return cls(
            count=count if isinstance(count, int) else None,
            jobs=answer.jobs,
            refusals=tuple(_refusal(cluster, answer.request, error) for error in errors)
            if isinstance(errors, list)
            else (),
        )

    @property
    def is_nothing(self) -> bool:
        return self.count == 0 and not self.jobs and not self.refusals


def _refusal(cluster: str, request: str, error: object) -> ClusterRefused:
    said = error if isinstance(error, Mapping) else {}
    message, code = told(said.get("message", "it did not say why")), told(said.get("code", ""), 20)
    return refused(cluster, request, message, status=200, ontap_code=code)


class Bulk:
    """How one cluster is asked for many changes at once; it remembers what the cluster takes and refuses."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._taken: set[Way] = set()
        self._refused: set[Way] = set()

    async def ask(self, many: Many, uuids: Sequence[str]) -> Mapping[str, Reply]:
        """A reply for each uuid. Those of one batch share its jobs."""
        replies: dict[str, Reply] = {}

        async def ask_batch(batch: Sequence[str]) -> None:
            replies.update(await self._ask_batch(many, batch))

        waiting = batches(uuids, _BATCH)
        if many.way not in self._taken | self._refused:
            await side_by_side(ask_batch, waiting[:1])
            waiting = waiting[1:]
        await side_by_side(ask_batch, waiting)
        return replies

    async def _ask_batch(self, many: Many, uuids: Sequence[str]) -> Mapping[str, Reply]:
        if many.way in self._refused:
            return await many.singly(uuids)
        try:
            taken = _Taken.of(self._cluster, await many.together(uuids))
        except ClusterSilent as error:
            return dict.fromkeys(uuids, Unanswered(error))
        except ClusterRefused as error:
            if _is_about_asking_at_all(error):
                return dict.fromkeys(uuids, Declined(error))
            if error.ontap_code != NOT_FOUND:
                return await self._singly_instead(many, uuids, error)
            taken = _Taken(count=0)
        return await self._told(many, uuids, taken)

    async def _told(self, many: Many, uuids: Sequence[str], taken: _Taken) -> Mapping[str, Reply]:
        if taken.count:
            self._taken.add(many.way)
        if taken.count == len(uuids) and not taken.refusals:
            return dict.fromkeys(uuids, Accepted(taken.jobs))
        if len(uuids) == 1 and taken.refusals:
            return {uuids[0]: Declined(taken.refusals[0])}
        return await self._tell_apart(many, uuids, taken)

    async def _singly_instead(
        self, many: Many, uuids: Sequence[str], refusal: ClusterRefused | None
    ) -> Mapping[str, Reply]:
        """None: the cluster said that there was nothing to change, though there is."""
        replies = await many.singly(uuids)
        met_alone = {reply.error.ontap_code for reply in replies.values() if isinstance(reply, Declined)}
        is_objects = refusal is not None and (refusal.transient or refusal.ontap_code in met_alone - {""})
        if not is_objects and any(isinstance(reply, Accepted) for reply in replies.values()):
            self._refused.add(many.way)
        return replies

    async def _tell_apart(self, many: Many, uuids: Sequence[str], taken: _Taken) -> Mapping[str, Reply]:
        """Replies after a second look. If the count and those ruled out make up the batch, all others were taken."""
        try:
            seen = await many.look(uuids)
        except ClusterError as error:
            unsure = self._unsure(many, len(uuids), taken, f"cannot be asked: {error.message}")
            return dict.fromkeys(uuids, unsure)
        declined = {uuid: found for uuid, found in seen.items() if isinstance(found, Declined)}
        complete = (taken.count or 0) + len(declined) == len(uuids) and not taken.refusals
        accepted = {uuid: Accepted(taken.jobs) for uuid in seen.keys() - declined if complete or seen[uuid]}
        rest = [uuid for uuid in uuids if uuid not in declined and uuid not in accepted]
        return {**declined, **accepted, **await self._ask_rest(many, len(uuids), rest, taken)}

    async def _ask_rest(self, many: Many, asked: int, rest: Sequence[str], taken: _Taken) -> Mapping[str, Reply]:
        if rest and taken.is_nothing:
            return await self._singly_instead(many, rest, None)
        if rest and many.repeatable:
            return await many.singly(rest)
        return dict.fromkeys(rest, self._unsure(many, asked, taken, "the second look does not tell either"))

    def _unsure(self, many: Many, asked: int, taken: _Taken, why: str) -> Unanswered:
        reasons = "".join(f"; {refusal.message}" for refusal in taken.refusals)
        message = (
            f"{self._cluster} took {taken.count or 0} of {asked} {many.what}s without saying which, and {why}{reasons}"
        )
        hint = "Run the command again to go on from what is there now."
        return Unanswered(ClusterSilent(self._cluster, message, request=f"{many.method} /api{many.path}", hint=hint))


def gone(cluster: str, many: Many, uuid: str) -> Declined:
    """What is to be changed is not there any more."""
    message = f"{many.what} {uuid} does not exist"
    return Declined(refused(cluster, f"{many.method} /api{many.path}", message, status=404, ontap_code=NOT_FOUND))


def _is_about_asking_at_all(error: ClusterRefused) -> bool:
    """A single request would be refused in the same way."""
    return error.status in TOO_BUSY | {401, 403} or error.ontap_code == DENIED
