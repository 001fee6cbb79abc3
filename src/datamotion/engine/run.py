"""The loop: observe, plan, act, observe again, until the plan is empty.

Each volume goes its own way through the plan: at every turn the next act of each is asked for, acts of one kind at
one cluster together. Whether an act came about is told by the next observation alone: it is reached when the new plan
no longer holds it. An answer that never came is therefore no special case. A volume whose act is declined, or does not
come about in time, is given up; the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from datamotion.clock import Clock
from datamotion.engine.answers import answers_text, job_uses, outcome
from datamotion.engine.concurrently import side_by_side
from datamotion.engine.looking import Lookout
from datamotion.engine.patience import Failure, Patience, Subject
from datamotion.engine.ports import Accepted, Cluster, Declined, Journal, Reply, Unanswered, Watcher
from datamotion.model.acts import AcceptSvmPeer, Act, AwaitTransfer, Change
from datamotion.model.plan import Loss, Plan, Refusal
from datamotion.model.view import ClusterView, Unseen, View, bytes_moved
from datamotion.policy.situation import Planner, Situation
from datamotion.runs.journal import Entry, Note

_JOB_PATIENCE_S = 60.0
_PAUSES_AT_SILENCE_S = (1.0, 2.0, 4.0)


@dataclass(slots=True, kw_only=True)
class RunResult:
    """How a run ended: the last plan, what was reached and what was given up, by back end and volume."""

    plan: Plan
    reached: set[Subject] = field(default_factory=set)
    given_up: dict[Subject, Failure] = field(default_factory=dict)


class Run:
    """One run of one plan. Made, carried out once, thrown away."""

    def __init__(
        self,
        *,
        planner: Planner,
        lookout: Lookout,
        clusters: Mapping[str, Cluster],
        clock: Clock,
        journal: Journal,
        watcher: Watcher,
    ) -> None:
        self._planner = planner
        self._lookout = lookout
        self._clusters = clusters
        self._clock = clock
        self._journal = journal
        self._watcher = watcher
        self._accepted: dict[Change, View] = {}
        self._unanswered: set[Change] = set()
        self._patience = Patience(clock)

    async def carry_out(self, first: View, plan: Plan, *, agreed: Sequence[Loss]) -> RunResult:
        """Acts on `plan`, which was made from `first`, and on what is left of it, until nothing is.

        A volume that would lose data beyond the losses that were agreed to is given up.

        Never raises a ClusterError: what could not be done is in the result.
        """
        self._first = first
        self._agreed = {loss.volume for loss in agreed}
        self._result = RunResult(plan=plan)
        view = first
        while turn := self._next_acts(plan):
            await self._ask(turn, view)
            view = await self._look_again(turn, view)
            plan = self._planner(Situation(now=view, first=first, accepted=self._accepted))
            self._result.plan = plan
            if not self._judge(turn, plan, view):
                self._watcher.waiting(turn, view)
                await self._patience.wait()
        return self._result

    def _next_acts(self, plan: Plan) -> list[Act]:
        """The first open act of every subject; of a back end, first what all its volumes need.

        What would lose data that was not agreed to is given up here, before anything is asked.
        """
        first: dict[Subject, Act] = {}
        for step in plan.steps:
            for act in step.acts:
                if act.subject not in self._result.given_up and (act.backend, None) not in self._result.given_up:
                    first.setdefault(act.subject, act)
        turn = [act for (backend, volume), act in first.items() if volume is None or (backend, None) not in first]
        unagreed = {loss.volume for loss in plan.losses} - self._agreed
        for act in turn:
            if act.volume in unagreed:
                self._give_up(act, Failure(text="to go on would lose data that was not agreed to; plan again"))
        return [act for act in turn if act.volume not in unagreed]

    async def _ask(self, acts: Sequence[Act], view: View) -> None:
        """Ask for those acts that are not merely awaited, all batches at once, and follow the jobs to their end."""
        batches = _batches(act for act in acts if _is_asked_for(act.change) and act.change not in self._accepted)
        for batch in batches:
            self._write(Note.INTENDED, batch)
            self._watcher.asking(batch)
        answers = await side_by_side(lambda batch: self._cluster_of(batch).ask(batch), batches)
        # Written in the order of the batches, not of arrival: the same history gives the same journal.
        for batch, replies in zip(batches, answers, strict=True):
            self._write(Note.ANSWERED, batch, jobs=tuple(sorted(job_uses(replies))), detail=answers_text(replies))
        ends = await side_by_side(self._follow, zip(batches, answers, strict=True))
        for batch, replies, jobs in zip(batches, answers, ends, strict=True):
            uses = job_uses(replies)
            for act, reply in zip(batch, replies, strict=True):
                is_shared = isinstance(reply, Accepted) and any(uses[job] > 1 for job in reply.jobs)
                self._take(act, outcome(reply, jobs), view, is_shared=is_shared)

    async def _follow(self, asked: tuple[Sequence[Act], Sequence[Reply]]) -> Mapping[str, Reply]:
        """How a batch's jobs ended; what still goes on after a while is left to the looks."""
        batch, replies = asked
        jobs = tuple(job_uses(replies))
        with anyio.move_on_after(_JOB_PATIENCE_S):
            return await self._cluster_of(batch).follow(jobs) if jobs else {}
        return {}

    def _cluster_of(self, batch: Sequence[Act]) -> Cluster:
        return self._clusters[batch[0].cluster]

    def _take(self, act: Act, reply: Reply, view: View, *, is_shared: bool) -> None:
        """Remember an answer.

        A no that a whole batch shares may be about another volume: this one is asked again. A no after a request
        without an answer may be the echo of that one ("exists already"): the next looks tell.
        """
        match reply:
            case Accepted():
                self._accepted[act.change] = view
            case Declined(error):
                failure = Failure(text=error.message, hint=error.hint)
                is_echo = act.change in self._unanswered
                self._patience.blame(act, failure, final=not (error.transient or is_shared or is_echo))
            case Unanswered(error):
                self._unanswered.add(act.change)
                failure = Failure(text=error.message, hint=error.hint, silent=True)
                self._patience.blame(act, failure, final=False)

    async def _look_again(self, acts: Sequence[Act], before: View) -> View:
        """Observe; a cluster that was seen before and is silent now is given a few more looks."""
        view = await self._lookout.after(acts, before)
        for pause_s in _PAUSES_AT_SILENCE_S:
            silent = [name for name, seen in view.items() if isinstance(seen, Unseen) and not seen.refused]
            if not any(isinstance(before.get(name), ClusterView) for name in silent):
                break
            await self._clock.sleep(pause_s)
            view = await self._lookout.after(acts, before)
        return view

    def _judge(self, acts: Sequence[Act], plan: Plan, view: View) -> bool:
        """What the new plan says of the acts that were due; returns whether any was reached or given up."""
        left = {(act.subject, type(act.change)) for step in plan.steps for act in step.acts}
        moved = bytes_moved(view)
        reached, failures = [], []
        for act in acts:
            if refusal := _refusal_of(act, plan):
                failures.append((act, Failure(text=refusal.text, hint=refusal.hint, silent=refusal.because_silent)))
            elif isinstance(seen := view.get(act.cluster), Unseen):
                failures.append((act, Failure(text=seen.reason, hint=seen.hint, silent=not seen.refused)))
            elif (act.subject, type(act.change)) not in left:
                reached.append(act)
            elif failure := self._patience.verdict(act, moved):
                failures.append((act, failure))
        self._reach(reached)
        for act, failure in failures:
            self._give_up(act, failure)
        return bool(reached or failures)

    def _reach(self, acts: Sequence[Act]) -> None:
        self._patience.reached(acts)
        self._result.reached |= {act.subject for act in acts}
        for batch in _batches(acts):
            self._write(Note.REACHED, batch)
            self._watcher.reached(batch)

    def _give_up(self, act: Act, failure: Failure) -> None:
        self._result.given_up[act.subject] = failure
        self._write(Note.GIVEN_UP, [act], detail=failure.text)
        self._watcher.given_up(act, failure.text)

    def _write(self, note: Note, acts: Sequence[Act], *, jobs: tuple[str, ...] = (), detail: str | None = None) -> None:
        self._journal.write(
            Entry(
                at=self._clock.now(),
                note=note,
                cluster=acts[0].cluster,
                change=type(acts[0].change).__name__,
                volumes=tuple(act.volume for act in acts if act.volume is not None),
                jobs=jobs,
                detail=detail,
            )
        )


def _is_asked_for(change: Change) -> bool:
    """Not what is only awaited: a transfer, or a peering that has yet to arrive at the cluster that is to accept it."""
    return not (isinstance(change, AwaitTransfer) or (isinstance(change, AcceptSvmPeer) and change.uuid is None))


def _batches(acts: Iterable[Act]) -> Sequence[Sequence[Act]]:
    """Acts of one kind at one cluster together, in the order they are given."""
    batches: dict[tuple[str, type[Change]], list[Act]] = {}
    for act in acts:
        batches.setdefault((act.cluster, type(act.change)), []).append(act)
    return list(batches.values())


def _refusal_of(act: Act, plan: Plan) -> Refusal | None:
    """What the plan says against an act: for its volume, its back end, or the whole group."""
    return next(
        (
            refusal
            for refusal in plan.refusals
            if refusal.backend in (None, act.backend) and refusal.volume in (None, act.volume)
        ),
        None,
    )
