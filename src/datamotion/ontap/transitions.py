"""Moving many relationships from one state to another with one request: PATCH of the collection, over a list of uuids.

`state: snapmirrored` has three meanings on the wire. From `uninitialized` it initializes, from `paused` it resumes,
from `broken_off` it resyncs, which throws away what was written at the destination. Nothing here may resync but what
was asked to. So each of them carries the state it starts from in the query, next to the uuids: the cluster itself
leaves out a relationship that was broken off since it was observed.

A cluster that refuses such a query gets a PATCH of each relationship, which can carry no such guard. Their states are
then read with one GET just before: only what is in the state that the guard wants is asked for. What another hand
breaks off in the moment between the two is not kept from a resync there.

Relationships with a synchronous policy take `in_sync` instead of `snapmirrored`; the cluster refuses those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered
from datamotion.errors import ClusterRefused, ClusterSilent
from datamotion.model.mirror_acts import Break, Initialize, Pause, Resume, Resync
from datamotion.model.words import MirrorState
from datamotion.ontap.answer import Answer
from datamotion.ontap.bulk import Bulk, Way, gone
from datamotion.ontap.replies import known, reply_of
from datamotion.ontap.snapmirror import PATH
from datamotion.ontap.transport import AT_ONCE, Transport

StateChange = Initialize | Resume | Resync | Pause | Break


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transition:
    """`only_from` None leaves it to the cluster from which states the change is possible."""

    to: MirrorState
    only_from: MirrorState | None = None

    def allows(self, state: MirrorState) -> bool:
        """Whether a relationship that is in this state now can have been taken."""
        return self.only_from is None or state in (self.only_from, self.to)


_TRANSITIONS: Mapping[type[StateChange], _Transition] = {
    Initialize: _Transition(to=MirrorState.SNAPMIRRORED, only_from=MirrorState.UNINITIALIZED),
    Resume: _Transition(to=MirrorState.SNAPMIRRORED, only_from=MirrorState.PAUSED),
    Resync: _Transition(to=MirrorState.SNAPMIRRORED, only_from=MirrorState.BROKEN_OFF),
    Pause: _Transition(to=MirrorState.PAUSED),
    Break: _Transition(to=MirrorState.BROKEN_OFF),
}


async def change_states(transport: Transport, bulk: Bulk, changes: Sequence[StateChange]) -> list[Reply]:
    """Replies in the order of the changes, which are all of one kind."""
    alike: dict[str | None, list[str]] = {}  # by the snapshot that a break goes back to
    for change in changes:
        alike.setdefault(_goes_back_to(change), []).append(known(change.uuid))

    async def ask(snapshot: str | None) -> Mapping[str, Reply]:
        many = _Relationships(transport, _TRANSITIONS[type(changes[0])], snapshot)
        return await bulk.ask(many, list(dict.fromkeys(alike[snapshot])))

    replies = dict(zip(alike, await side_by_side(ask, alike), strict=True))
    return [replies[_goes_back_to(change)][known(change.uuid)] for change in changes]


def _goes_back_to(change: StateChange) -> str | None:
    return change.restore_to if isinstance(change, Break) else None


class _Relationships:
    """Fulfils `Many`. Not repeatable: a transition that has begun is refused or begins another one."""

    way = Way.RELATIONSHIPS_BY_QUERY
    method = "PATCH"
    path = PATH
    what = "relationship"
    repeatable = False

    def __init__(self, transport: Transport, transition: _Transition, snapshot: str | None) -> None:
        self._transport = transport
        self._transition = transition
        self._body = {"state": transition.to} | ({} if snapshot is None else {"restore_to_snapshot": snapshot})

    async def together(self, uuids: Sequence[str]) -> Answer:
        query = {"uuid": "|".join(uuids), "continue_on_failure": "true", **AT_ONCE}
        if self._transition.only_from is not None:
            query["state"] = self._transition.only_from
        return await self._transport.patch(PATH, self._body, query)

    async def singly(self, uuids: Sequence[str]) -> Mapping[str, Reply]:
        """Each that is in a state from which it may go; those that are in the wanted one already are Accepted."""
        replies: dict[str, Reply] = {}
        try:
            seen = await self.look(uuids)
        except ClusterRefused as error:
            return dict.fromkeys(uuids, Declined(error))
        except ClusterSilent as error:
            return dict.fromkeys(uuids, Unanswered(error))

        async def ask(uuid: str) -> None:
            found = seen[uuid]
            if isinstance(found, Declined):
                replies[uuid] = found
            elif found:
                replies[uuid] = Accepted()
            else:
                replies[uuid] = await reply_of(self._transport.patch(f"{PATH}/{uuid}", self._body, AT_ONCE))

        await side_by_side(ask, uuids)
        return replies

    async def look(self, uuids: Sequence[str]) -> Mapping[str, Declined | bool]:
        records = await self._transport.get_records(PATH, ("uuid", "state"), {"uuid": "|".join(uuids)})
        states = {record.required("uuid", str): record.required("state", MirrorState) for record in records}
        return {uuid: self._seen(uuid, states.get(uuid)) for uuid in uuids}

    def _seen(self, uuid: str, state: MirrorState | None) -> Declined | bool:
        if state is None:
            return gone(self._transport.name, self, uuid)
        if not self._transition.allows(state):
            return Declined(self._left_out(uuid, state))
        return state is self._transition.to

    def _left_out(self, uuid: str, state: MirrorState) -> ClusterRefused:
        cluster = self._transport.name
        hint = "Making it a mirror again would discard what was written at its destination since it was broken off."
        return ClusterRefused(
            cluster,
            f"{cluster} left relationship {uuid} as it is: it is {state}, not {self._transition.only_from}",
            request=f"PATCH /api{PATH}",
            status=200,
            ontap_code="",
            hint=hint if state is MirrorState.BROKEN_OFF else "Run the command again to go on from what is there now.",
        )
