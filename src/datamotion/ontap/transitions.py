"""Moving many relationships from one state to another with one request: PATCH of the collection, over a list of uuids.

`state: snapmirrored` has three meanings on the wire. From `uninitialized` it initializes, from `paused` it resumes,
from `broken_off` it resyncs, which throws away what was written at the destination. Nothing here may ever resync. So
what initializes or resumes carries the state it starts from in the query, next to the uuids: the cluster itself leaves
out a relationship that was broken off since it was observed.

The answer counts the relationships that it took and lists their jobs, without saying which is whose. Where the count
falls short, a second look tells most of them apart; the rest is unanswered rather than guessed. Relationships with a
synchronous policy take `in_sync` instead of `snapmirrored`; the cluster refuses those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered
from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from datamotion.model.acts import Break, Initialize, Pause, Resume
from datamotion.model.words import MirrorState
from datamotion.ontap.answer import Answer, refused
from datamotion.ontap.errors import NOT_FOUND
from datamotion.ontap.replies import batches, known
from datamotion.ontap.snapmirror import PATH
from datamotion.ontap.transport import AT_ONCE, Transport

StateChange = Initialize | Resume | Pause | Break

_BATCH = 50  # uuids of 36 characters: a query line of under 2 KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transition:
    """`only_from` None leaves it to the cluster from which states the change is possible."""

    to: MirrorState
    only_from: MirrorState | None = None

    def allows(self, state: MirrorState | None) -> bool:
        """Whether a relationship that is in this state now can have been taken. None: it does not exist."""
        return state is not None and (self.only_from is None or state in (self.only_from, self.to))


_TRANSITIONS: Mapping[type[StateChange], _Transition] = {
    Initialize: _Transition(to=MirrorState.SNAPMIRRORED, only_from=MirrorState.UNINITIALIZED),
    Resume: _Transition(to=MirrorState.SNAPMIRRORED, only_from=MirrorState.PAUSED),
    Pause: _Transition(to=MirrorState.PAUSED),
    Break: _Transition(to=MirrorState.BROKEN_OFF),
}


async def change_states(transport: Transport, changes: Sequence[StateChange]) -> list[Reply]:
    """Replies in the order of the changes, which are all of one kind. Those of one batch share its jobs."""
    transition = _TRANSITIONS[type(changes[0])]
    uuids = list(dict.fromkeys(known(change.uuid) for change in changes))
    replies: dict[str, Reply] = {}

    async def ask(batch: Sequence[str]) -> None:
        replies.update(await _ask(transport, transition, batch))

    await side_by_side(ask, batches(uuids, _BATCH))
    return [replies[known(change.uuid)] for change in changes]


async def _ask(transport: Transport, transition: _Transition, uuids: Sequence[str]) -> Mapping[str, Reply]:
    query = {"uuid": "|".join(uuids), "continue_on_failure": "true", **AT_ONCE}
    if transition.only_from is not None:
        query["state"] = transition.only_from
    try:
        taken = _Taken.of(transport.name, await transport.patch(PATH, {"state": transition.to}, query))
    except ClusterRefused as error:
        if error.ontap_code != NOT_FOUND:
            return dict.fromkeys(uuids, Declined(error))
        taken = _Taken(count=0, jobs=(), refusals=())
    except ClusterSilent as error:
        return dict.fromkeys(uuids, Unanswered(error))
    if taken.count == len(uuids) and not taken.refusals:
        return dict.fromkeys(uuids, Accepted(taken.jobs))
    if len(uuids) == 1 and taken.refusals:
        return {uuids[0]: Declined(taken.refusals[0])}
    return await _tell_apart(transport, transition, uuids, taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What the answer tells of a batch: of how many it was taken, and the refusals, without saying whose.

    Reading it raises nothing: the change was made, and what cannot be read counts as not told.
    """

    count: int
    jobs: tuple[str, ...]
    refusals: tuple[ClusterRefused, ...]

    @classmethod
    def of(cls, cluster: str, answer: Answer) -> _Taken:
        count, errors = answer.body.get("num_records"), answer.body.get("errors")
        return cls(
            count=count if isinstance(count, int) else 0,
            jobs=answer.jobs,
            refusals=tuple(_refusal(cluster, answer.request, error) for error in errors)
            if isinstance(errors, list)
            else (),
        )


def _refusal(cluster: str, request: str, error: object) -> ClusterRefused:
    told = error if isinstance(error, Mapping) else {}
    message, code = str(told.get("message", "it did not say why")), str(told.get("code", ""))
    return refused(cluster, request, message, status=200, ontap_code=code)


async def _tell_apart(
    transport: Transport, transition: _Transition, uuids: Sequence[str], taken: _Taken
) -> Mapping[str, Reply]:
    """Replies after a second look.

    Declined: is not there, or is in a state that the guard leaves out. Accepted: is in the wanted state by now; and all
    others too when, with those declined, the count is complete.
    """
    try:
        records = await transport.get_records(PATH, ("uuid", "state"), {"uuid": "|".join(uuids)})
        states = {record.required("uuid", str): record.required("state", MirrorState) for record in records}
    except ClusterError as error:
        return dict.fromkeys(uuids, _unsure(transport.name, len(uuids), taken, f"cannot be asked: {error.message}"))
    declined = {
        uuid: Declined(_left_out(transport.name, transition, uuid, states.get(uuid)))
        for uuid in uuids
        if not transition.allows(states.get(uuid))
    }
    complete = taken.count + len(declined) == len(uuids) and not taken.refusals
    unsure = _unsure(transport.name, len(uuids), taken, "the second look does not tell either")
    return {
        uuid: declined.get(uuid) or (Accepted(taken.jobs) if complete or states[uuid] is transition.to else unsure)
        for uuid in uuids
    }


def _left_out(cluster: str, transition: _Transition, uuid: str, state: MirrorState | None) -> ClusterRefused:
    request = f"PATCH /api{PATH}"
    if state is None:
        return refused(cluster, request, f"relationship {uuid} does not exist", status=404, ontap_code=NOT_FOUND)
    hint = "Making it a mirror again would discard what was written at its destination since it was broken off."
    return ClusterRefused(
        cluster,
        f"{cluster} left relationship {uuid} as it is: it is {state}, not {transition.only_from}",
        request=request,
        status=200,
        ontap_code="",
        hint=hint if state is MirrorState.BROKEN_OFF else "Run the command again to go on from what is there now.",
    )


def _unsure(cluster: str, asked: int, taken: _Taken, why: str) -> Unanswered:
    reasons = "".join(f"; {refusal.message}" for refusal in taken.refusals)
    message = f"{cluster} took {taken.count} of {asked} relationships without saying which, and {why}{reasons}"
    hint = "Run the command again to go on from what is there now."
    return Unanswered(ClusterSilent(cluster, message, request=f"PATCH /api{PATH}", hint=hint))
