"""One operation that is planned: shown, agreed to, carried out. Every face calls this."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import anyio

from datamotion.engine.counting import counted
from datamotion.engine.looking import Glance, Lookout
from datamotion.engine.ports import Delay, Watcher
from datamotion.engine.result import RunResult
from datamotion.engine.run import Run
from datamotion.engine.turn import planned_acts
from datamotion.errors import Refused
from datamotion.model.acts import THIS_HOST
from datamotion.model.plan import Plan
from datamotion.model.remark import Remark
from datamotion.model.standing import Standing
from datamotion.model.units import count_text
from datamotion.model.view import View
from datamotion.model.words import Operation
from datamotion.policy.consent import beyond
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.standing.on_the_way import with_own_hints
from datamotion.policy.standing.standing import stand
from datamotion.runs.phases import Event, Phase
from datamotion.service.asked import ask_about
from datamotion.service.clusters import FollowedCluster
from datamotion.service.documents import to_json
from datamotion.service.hooks import Hooks
from datamotion.service.intents import Intent
from datamotion.service.plan_reports import plan_report
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.run_reports import run_report
from datamotion.service.session import NoLock, Session
from datamotion.service.silence import unanswered
from datamotion.service.turns_taken import Turn
from datamotion.service.verdict import Verdict
from datamotion.store.lock import this_process

if TYPE_CHECKING:
    from datamotion.store.fallback import FallbackRuns
    from datamotion.store.journal import RunRecord, Store
    from datamotion.store.lock import GroupHold


_BRINGING = frozenset({Operation.FAILOVER, Operation.SETTLE})  # what is about who serves says so in its own words
_FRESH_S = 5.0  # whoever reads the plan through a pipe may take his time, even if nobody asks him


class Held(NamedTuple):
    """A group that is held, since when by the clock, and how many requests were sent for it alone since."""

    hold: GroupHold | NoLock
    began_s: float
    calls: int = 0


class Prepared:
    """An intent with its first observation and its plan: shown by `report`, carried out by `carry_out`."""

    def __init__(
        self,
        session: Session,
        intent: Intent,
        clusters: Mapping[str, FollowedCluster],
        glances: Mapping[str, Glance],
        view: View,
        standing: Standing,
        turn: Turn,
        held: Held | None = None,
    ) -> None:
        """`glances` are at all that has to be looked at, `view` is what they showed just now, and `standing` what that
        means; `clusters` may be more. `held`: since before that, as nobody is asked whether it is to be carried out.
        """
        self._session = session
        self._intent = intent
        self._clusters = {name: clusters[name] for name in glances}
        self._lookout = Lookout(self._clusters, glances)
        backends = {site.backend.cluster: site for site in standing.sites.values()}
        extra = intent.more.keys() - intent.glances.keys()
        self._silent = {name: unseen for name in extra if name in glances and (unseen := backends[name].unseen)}
        self._turn = turn
        self._view = view
        self._seen_s = session.world.clock.monotonic_s()
        self._held = held
        self._planner = turn.planner(with_own_hints(intent.planner))
        self.standing = standing
        self.plan = self._planned(standing)
        self.run: int | None = None
        """The number in the store of the run that this became; None until then."""

    @property
    def operation(self) -> Operation:
        return self._intent.operation

    @property
    def group(self) -> str:
        return self._intent.group.name

    @property
    def word(self) -> str | None:
        """What a person types to agree, where a yes is too little."""
        return self._intent.group.name if self._intent.by_name else None

    @property
    def report(self) -> PlanReport:
        return plan_report(self.plan, self.standing)

    async def validated(self) -> PlanReport:
        """The plan with what the clusters object to, asked beforehand. Changes nothing.

        Assumption: a cluster that names `validate_only` in its reference changes nothing when given it. So it is looked
        at again afterwards: a step that has come about meanwhile is told.
        """
        report = self.report
        said = await ask_about(self.plan, self._clusters)
        after = planned_acts(self._planned(stand(self._intent.group, await self._lookout.whole())))
        gone = [act for id_, act in planned_acts(self.plan).items() if id_ not in after]
        notes = report.notes
        if gone:
            text = f"While the clusters were asked, things changed: {gone[0].text} is not left to do any more."
            notes += (Remark(text),)
        verdict = report.verdict
        if said.objections and verdict is Verdict.DONE:
            verdict = Verdict.FAILED if any(each.is_answer for each in said.objections) else Verdict.SILENT
        return replace(report, clusters_say=said, notes=notes, verdict=verdict)

    def record_nothing_left(self, *, in_any_case: bool = False) -> None:
        """Where the last run of the group left something, or in any case, one with nothing to do is recorded after it.

        Runs that were cut off are recorded as that. Raises: as `carry_out`.
        """
        session, now, intent = self._session, self._session.world.clock.now(), self._intent
        with ExitStack() as stack:
            hold = self._hold(stack).hold
            store = stack.enter_context(session.open_runs(intent.operation))
            _close_cut_off(store, intent.group.name, hold)
            last = next(reversed(store.runs(intent.group.name)), None)
            is_left = last and last.operation == intent.operation and last.phase not in (Phase.DONE, Phase.ACTING)
            if is_left or in_any_case:
                journal = store.begin(self.plan, now, hold.holder.who, intent.reason)
                journal.end(_event(self.report.verdict), now)
                self.run = journal.run_id

    async def carry_out(self, watcher: Watcher) -> RunReport:
        """Does what the plan says, under the group's lock, with a journal.

        Between the plan and the lock time has passed, perhaps at a prompt: it looks and plans again first, unless the
        group was held ahead and seen a moment ago.
        Raises: Refused where another operation holds the group, where the group would now be served from elsewhere
        than was agreed to, or where more would be given up than that; except for a failover, ConfigError where the
        store cannot be opened or no lock be had, StoreFailed.
        """
        session, clock, group = self._session, self._session.world.clock, self._intent.group
        with ExitStack() as stack:
            stack.enter_context(closing(self._turn))
            calls = stack.enter_context(counted())
            hold, began_s, calls_before = self._hold(stack)
            store = stack.enter_context(session.open_runs(self._intent.operation))
            view, standing, plan = await self._as_agreed()
            cut_off = _close_cut_off(store, group.name, hold)
            journal = store.begin(plan, clock.now(), hold.holder.who, self._intent.reason)
            self.run = journal.run_id

            def a_run(planner: Planner) -> Run:
                return Run(
                    group=group,
                    planner=planner,
                    lookout=self._lookout,
                    clusters={**self._clusters, THIS_HOST: Hooks(session.world.environ, session.world.run_here)},
                    clock=clock,
                    journal=journal,
                    watcher=watcher,
                    hold=hold,
                    by=hold.holder.who,
                )

            try:
                result = await a_run(self._planner).carry_out(view, standing, plan, agreed=self.plan.losses)
                is_whole = not (result.given_up or result.plan.refusals)
                back = None if is_whole else await self._go_back(a_run, hold.holder.who)
            except anyio.get_cancelled_exc_class():
                journal.end(Event.INTERRUPTED, clock.now())
                raise
            report = run_report(
                result,
                back=back,
                run=journal.run_id,
                went_on_from=cut_off.id if cut_off and cut_off.operation == plan.operation else None,
                seconds=clock.monotonic_s() - began_s,
                calls=calls_before + calls.count,
            )
            journal.end(_event(report.verdict), clock.now(), json.loads(to_json(report)))
        return report

    async def _go_back(self, a_run: Callable[[Planner], Run], by: str) -> RunResult | None:
        """What the way back came to; None where there was none to go."""
        planner = self._intent.way_back
        if planner is None:
            return None
        view = await self._look_again()
        standing = stand(self._intent.group, view)
        plan = planner(Situation.at_first_sight(standing, by))
        return await a_run(planner).carry_out(view, standing, plan, agreed=()) if plan.steps else None

    def _hold(self, stack: ExitStack) -> Held:
        """The group is held to the end. Raises: as `Session.hold`."""
        return self._held or hold(stack, self._session, self._intent)

    async def _as_agreed(self) -> tuple[View, Standing, Plan]:
        """What is seen now, how the group stands in it, and what is done. Raises: Refused, as `carry_out`."""
        if self._held and self._session.world.clock.monotonic_s() - self._seen_s < _FRESH_S:
            return self._view, self.standing, self.plan
        view = await self._look_again()
        standing = stand(self._intent.group, view)
        return view, standing, self._planned_again(standing)

    async def _look_again(self) -> View:
        """All that has to be looked at, but for what was silent and can be done without."""
        names = [name for name in self._lookout.glances if name not in self._silent]
        return {**self._silent, **await self._lookout.whole(names)}

    def unanswered(self) -> Mapping[str, Delay]:
        """The clusters that a request waits for now, and since when."""
        return unanswered(self._clusters)

    def _planned(self, standing: Standing, agreed: str | None = None) -> Plan:
        return self._planner(Situation.at_first_sight(standing, this_process(), agreed))

    def _planned_again(self, standing: Standing) -> Plan:
        """The plan as things are now, where it still is what was agreed to."""
        plan = self._planned(standing, self.plan.backend)
        hint = "nothing was changed; run the same command again to see the new plan"
        newest = next(iter(self.standing.claims), None)
        if self.operation not in _BRINGING and newest and newest.epoch > max(standing.epochs, default=0):
            raise Refused(
                f"{newest.backend}, which took {self.group} over in epoch {newest.epoch}, cannot be seen any more",
                hint="nothing was changed; when it answers, run the same command again",
            )
        if not plan.refused and (plan.backend, plan.epoch) != (self.plan.backend, self.plan.epoch):
            raise Refused(
                f"things have changed since the plan was shown: it would now be: {plan.title}",
                hint=hint,
            )
        if grown := beyond(plan.losses, self.plan.losses):
            others = f"; and {count_text(len(grown) - 1, 'other volume')} too" if len(grown) > 1 else ""
            raise Refused(f"more would be given up by now than was agreed to: {grown[0]}{others}", hint=hint)
        return plan


def hold(stack: ExitStack | AsyncExitStack, session: Session, intent: Intent) -> Held:
    """The group of this intent is held until the stack ends. Raises: as `Session.hold`."""
    clock = session.world.clock
    began_s = clock.monotonic_s()
    return Held(stack.enter_context(session.hold(intent.group.name, intent.operation, clock.now())), began_s)


def _close_cut_off(store: Store | FallbackRuns, group: str, hold: GroupHold | NoLock) -> RunRecord | None:
    """Runs of the group that nobody carries out any more are recorded as cut off; the last run, where it was.

    They ended with what they wrote last, as far as can be told. One that merely waits, and has let the group go for
    that, goes on.
    """
    waits = hold.waiting.who if hold.waiting else None
    cut_off = None
    for run in store.runs(group):
        is_dead = run.phase is Phase.ACTING and run.holder != waits
        if is_dead:
            written = [each.at for each in store.entries(run.id)]
            store.end(run.id, Event.FOUND_DEAD, max(written, default=run.started_at))
        cut_off = run if is_dead or run.phase is Phase.CUT_OFF else None
    return cut_off


def _event(verdict: Verdict) -> Event:
    """What the run is recorded to have ended by: as it was told, so that neither sounds better than the other."""
    ends = {
        Verdict.DONE: Event.ALL_REACHED,
        Verdict.SILENT: Event.SILENCE,
        Verdict.FAILED: Event.ALL_GIVEN_UP,
        Verdict.REFUSED: Event.ALL_GIVEN_UP,
    }
    return ends.get(verdict, Event.SOME_GIVEN_UP)
