"""The loop: observe, plan, act, observe again, until nothing is left to do.

Whether an act came about is told by its proof in the next look, and by nothing else: neither by an answer nor by a plan
that no longer holds it. An answer that never came is therefore no special case. A volume whose act is declined, is
overtaken by events, or does not come about in time, is given up; the others go on.

While everything that is due is merely waited for, the run lets its group go, so that nobody is kept out meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from datamotion.clock import Clock
from datamotion.engine.answers import answer_text
from datamotion.engine.asking import Answer, Asking, Notes, batches_of
from datamotion.engine.failures import (
    UNAGREED,
    Failure,
    by_another,
    by_answer,
    by_refusal,
    by_sight,
    by_silence,
)
from datamotion.engine.looking import Lookout
from datamotion.engine.patience import Patience
from datamotion.engine.ports import Accepted, Cluster, Declined, Hold, Journal, Look, Unanswered, Watcher
from datamotion.engine.result import Asked, Place, RunResult, refusal_of, refusals_by_subject
from datamotion.engine.turn import beside, gated, next_acts, planned_acts, shut_out
from datamotion.engine.views import Views
from datamotion.model.acts import THIS_HOST, Act, ActId
from datamotion.model.group import Group
from datamotion.model.plan import Loss, Plan, Refusal
from datamotion.model.standing import Standing
from datamotion.model.view import Unseen, View
from datamotion.policy.consent import is_covered
from datamotion.policy.kinds import Holds, is_asked_for, progress, prove
from datamotion.policy.proofs.proof import NOT_YET, YES, Proof
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.standing.standing import stand
from datamotion.runs.journal import Note


class Run:
    """One run of one plan. Made, carried out once, thrown away."""

    def __init__(
        self,
        *,
        group: Group,
        planner: Planner,
        lookout: Lookout,
        clusters: Mapping[str, Cluster],
        clock: Clock,
        journal: Journal,
        watcher: Watcher,
        hold: Hold,
        by: str,
    ) -> None:
        self._group = group
        self._planner = planner
        self._lookout = lookout
        self._clock = clock
        self._watcher = watcher
        self._hold = hold
        self._by = by
        self._notes = Notes(clock=clock, journal=journal)
        self._asking = Asking(clusters=clusters, notes=self._notes, watcher=watcher)
        self._patience = Patience(clock)
        self._open: dict[ActId, Act] = {}  # accepted, and not seen to hold yet
        self._accepted: dict[ActId, Standing] = {}
        self._unanswered: dict[ActId, Standing] = {}
        self._came_about: set[ActId] = set()  # since they were last asked for
        self._is_held = True

    async def carry_out(self, view: View, standing: Standing, plan: Plan, *, agreed: Sequence[Loss]) -> RunResult:
        """Acts on `plan`, made from how the group stands in `view`, and on what is left of it, until nothing is.

        A volume that would lose data beyond the losses that were agreed to is given up.

        Never raises a ClusterError: what could not be done is in the result.
        """
        self._views = Views(self._lookout, self._clock, view)
        self._first = standing
        self._agreed: dict[str, list[Loss]] = {}
        for loss in agreed:
            self._agreed.setdefault(loss.volume, []).append(loss)
        self._result = RunResult(first=plan, plan=plan, standing=standing, began=standing)
        self._show(())
        part = plan.part
        while acts := self._due():
            if self._result.plan.part != part:
                part = self._result.plan.part
                await self._look_at_all()
                continue
            if not self._is_held and any(map(self._is_to_be_asked, acts)):
                if self._take_again():
                    await self._look_again(acts)
                    self._plan_again()
                continue
            await self._ask(act for act in acts if self._is_to_be_asked(act))
            await self._look_again(acts)
            has_moved = self._judge(acts)
            self._show(acts)
            if not has_moved:
                await self._wait(acts)
        return self._result

    def _due(self) -> list[Act]:
        """The acts to go on with. What is not to be asked for is given up here, before it is."""
        plan, given_up = self._result.plan, self._result.given_up
        if given_up:
            self._give_up(shut_out(plan, given_up))
        unagreed = {loss.volume for loss in plan.losses if not is_covered(loss, self._agreed.get(loss.volume, ()))}
        due = next_acts(plan, given_up, self._result.not_given)
        failures = [(act, failure) for act in due if (failure := self._stopped_by(act, unagreed))]
        if not failures:
            return due
        self._give_up(failures)
        self._give_up(shut_out(plan, given_up))
        return next_acts(plan, given_up, self._result.not_given)

    def _stopped_by(self, act: Act, unagreed: Collection[str]) -> Failure | None:
        if act.volume in unagreed:
            return UNAGREED
        return self._patience.worn_out(act)

    def _is_to_be_asked(self, act: Act) -> bool:
        known = self._open.get(act.id)
        is_new = known is None or known.change != act.change
        return is_asked_for(act) and (is_new or self._patience.is_undone(act))

    async def _ask(self, acts: Iterable[Act]) -> None:
        for answer in await self._asking.ask(acts):
            self._take(answer)

    def _take(self, answer: Answer) -> None:
        """Remember an answer.

        A no that a whole batch shares may be about another volume: this one is asked again. A no after a request
        without an answer may be the echo of that one ("exists already"): the next looks tell.
        """
        act, is_echo = answer.act, answer.act.id in self._unanswered
        self._came_about.discard(act.id)
        if isinstance(answer.reply, Accepted):
            self._open[act.id] = act
            self._accepted[act.id] = self._result.standing
            if answer.is_done:
                self._patience.told_done(act)
        else:
            is_final = isinstance(answer.reply, Declined) and not (
                answer.reply.error.transient or answer.is_shared or is_echo
            )
            self._patience.blame(act, by_answer(act, answer.reply), final=is_final)
        if isinstance(answer.reply, Unanswered):
            self._unanswered[act.id] = self._result.standing
        declined = isinstance(answer.reply, Declined) and not is_echo
        of_subject = self._result.asked.setdefault(act.subject, {})
        at = of_subject[act.id].at if act.id in of_subject else self._clock.now()
        of_subject[act.id] = Asked(act=act, answer=answer_text(answer.reply), declined=declined, at=at)

    async def _look_again(self, acts: Sequence[Act]) -> None:
        await self._views.look_again(acts)
        self._result.standing = stand(self._group, self._views.newest)

    async def _look_at_all(self) -> None:
        """Another part of the operation begins: it may need what the one before had no need to look at."""
        self._views.distrust()
        await self._look_again(())
        self._plan_again()

    def _plan_again(self) -> None:
        self._result.plan = self._planner(
            Situation(
                now=self._result.standing,
                first=self._first,
                by=self._by,
                accepted=self._accepted,
                given_up=self._result.given_up.keys(),
                agreed=self._result.first.backend,
            )
        )

    def _judge(self, acts: Sequence[Act]) -> bool:
        """What became of the acts that were due; returns whether anything did."""
        before = self._result.plan
        judged = {act.id: act for act in acts}
        for each in self._open.values():  # what was accepted, and comes about after something else that is due
            if each.subject not in self._result.given_up:
                judged.setdefault(each.id, each)
        proofs = {each.id: self._proof(each) for each in judged.values()}
        self._reach([each for each in judged.values() if (proof := proofs[each.id]) and proof.holds is Holds.YES])
        self._plan_again()
        refusals, left, gates = refusals_by_subject(self._result.plan), planned_acts(self._result.plan), gated(before)
        going_on = {each.subject for each in left.values()}
        failures: list[tuple[Act, Failure]] = []
        dropped: list[Act] = []
        for act in acts:
            proof = proofs[act.id]
            is_over = act.id not in left and act.subject not in going_on
            if failure := self._why_not(act, proof, is_planned=act.id in left, refusals=refusals if is_over else {}):
                failures.append((act, failure))
            elif proof is not None and proof.holds is not Holds.YES and act.id not in left:
                dropped.append(act)
        self._drop(dropped)
        text = "it was not seen to hold, and nothing is left to ask for"
        failures += [(act, by_sight(self._group.name, f"{act.text}: {text}")) for act in dropped if act.id in gates]
        self._give_up(failures)
        if failures:
            self._give_up(shut_out(before, self._result.given_up))
            self._give_up(shut_out(self._result.plan, self._result.given_up))
        is_any_reached = any((proof := proofs[act.id]) and proof.holds is Holds.YES for act in acts)
        return bool(failures or dropped or is_any_reached)

    def _proof(self, act: Act) -> Proof | None:
        """As it is seen; of what this host does itself, how it ended: it shows nowhere."""
        if act.cluster == THIS_HOST:
            return YES if act.id in self._accepted else NOT_YET
        return prove(act, self._result.standing)

    def _why_not(
        self, act: Act, proof: Proof | None, *, is_planned: bool, refusals: Mapping[Place, Refusal]
    ) -> Failure | None:
        """Why to give an act up; None where it holds, or may still come about."""
        if proof is None:
            seen = self._views.of(act.cluster)
            assert isinstance(seen, Unseen)
            return by_silence(act, seen, is_sent=act.id in self._open or act.id in self._unanswered)
        if proof.holds in (Holds.GONE, Holds.CONTRADICTED):
            return by_sight(self._group.name, proof.evidence)
        if not is_planned and (refusal := refusal_of(act.subject, refusals)):
            return by_refusal(refusal)
        if proof.holds is Holds.NOT_YET and is_planned:
            return self._patience.verdict(act, progress(act, self._result.standing))
        return None

    def _reach(self, acts: Sequence[Act]) -> None:
        """These hold. One whose answer was lost was accepted, as far as anybody can tell."""
        self._patience.reached(acts)
        for act in acts:
            self._result.reached.add(act.subject)
            of_subject = self._result.asked.get(act.subject, {})
            if asked := of_subject.get(act.id):
                asked.seen_at = self._clock.now()
            if not is_asked_for(act):  # it was waited for: what was begun before it has come to its end
                for each in of_subject.values():
                    each.has_ended = True
            if (earlier := self._unanswered.pop(act.id, None)) is not None:
                self._accepted.setdefault(act.id, earlier)
            self._open.pop(act.id, None)
            self._came_about.add(act.id)
        for batch in batches_of(acts):
            self._notes.write(Note.REACHED, batch)
            self._watcher.reached(batch)

    def _drop(self, acts: Sequence[Act]) -> None:
        for act in acts:
            self._patience.forget(act)
            self._open.pop(act.id, None)
        for batch in batches_of(acts):
            self._notes.write(Note.DROPPED, batch)

    def _give_up(self, failures: Iterable[tuple[Act, Failure]]) -> None:
        by_reason: dict[tuple[Failure, bool], list[Act]] = {}
        alone = beside(self._result.plan)
        for act, failure in failures:
            if act.subject in self._result.given_up or act.id in self._result.not_given:
                continue
            if act.id in alone and not failure.silent:
                self._result.not_given[act.id] = failure
            else:
                self._result.given_up[act.subject] = failure
            by_reason.setdefault((failure, act.id in self._came_about), []).append(act)
        for (failure, behind), acts in by_reason.items():
            for batch in batches_of(acts):
                self._notes.write(Note.GIVEN_UP, batch, detail=failure.text, behind=behind)
                self._watcher.given_up(batch, failure.text, behind=behind)

    def _show(self, acts: Sequence[Act]) -> None:
        still = self._patience.still(acts)
        self._watcher.looked(Look(due=acts, plan=self._result.plan, standing=self._result.standing, still=still))

    async def _wait(self, acts: Sequence[Act]) -> None:
        """A pause; with the group let go, where everything that is due goes on at the clusters by itself."""
        if self._is_held and not any(map(is_asked_for, acts)):
            self._let_go()
        await self._patience.wait(acts)
        if not self._is_held and self._take_again():
            self._let_go()  # nobody is there; a look needs no hold

    def _let_go(self) -> None:
        self._hold.let_go()
        self._is_held = False

    def _take_again(self) -> bool:
        """Whether the group is held again; who holds it instead ends this run."""
        other = self._hold.take_again()
        self._is_held = other is None or not other.still
        if other is not None:
            self._result.others.append(other.text)
            self._views.distrust()
        if other is not None and other.still:
            self._give_up((act, by_another(other)) for act in planned_acts(self._result.plan).values())
        return self._is_held
