"""The use cases that change something: plan, show, agree, carry out. Every face calls these."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datamotion.engine.looking import Glance, Lookout
from datamotion.engine.ports import Watcher
from datamotion.engine.run import Run, RunResult
from datamotion.errors import ConfigError, Refused
from datamotion.model.group import Group
from datamotion.model.plan import Plan
from datamotion.model.view import EVERYTHING, SERVING, View
from datamotion.model.words import Operation
from datamotion.ontap.cluster import OntapCluster
from datamotion.policy.failover import failover_planner
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.policy.protect import protect_planner
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.update import update_planner
from datamotion.runs.phases import Event, Phase
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.run_reports import plan_report, run_report
from datamotion.service.session import Session
from datamotion.store.lock import hold_group

if TYPE_CHECKING:
    from datamotion.store.journal import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One operation on one group: what plans it, and what has to be looked at for that."""

    operation: Operation
    group: Group
    planner: Planner
    glances: Mapping[str, Glance]


def protect(group: Group) -> Intent:
    """Mirror every volume of the group's home to every target, as configured."""
    return Intent(
        operation=Operation.PROTECT,
        group=group,
        planner=protect_planner(group),
        glances={name: Glance(aspects=EVERYTHING, svms=svms) for name, svms in _svms(group, with_home=True).items()},
    )


def update(group: Group) -> Intent:
    """Carry what the home holds now to every target."""
    return Intent(
        operation=Operation.UPDATE,
        group=group,
        planner=update_planner(group),
        glances={name: Glance(aspects=SERVING, svms=svms) for name, svms in _svms(group, with_home=False).items()},
    )


def failover(group: Group, choice: FailoverChoice) -> Intent:
    """Serve the group from a target; its home is not looked at.

    Raises: ConfigError where `choice.to` is the group's home or none of its targets.
    """
    targets = [target.backend.name for target in group.targets]
    if choice.to == group.home.name:
        raise ConfigError(
            f"{choice.to} is the home of {group.name}: a failover goes to one of its targets",
            hint=f"its targets: {', '.join(targets)}",
        )
    if choice.to is not None and choice.to not in targets:
        raise ConfigError(f"{choice.to} is no target of {group.name}", hint=f"its targets: {', '.join(targets)}")
    return Intent(
        operation=Operation.FAILOVER,
        group=group,
        planner=failover_planner(group, choice),
        glances={name: Glance(aspects=SERVING, svms=svms) for name, svms in _svms(group, with_home=False).items()},
    )


def _svms(group: Group, *, with_home: bool) -> Mapping[str, frozenset[str]]:
    """The SVMs to look at, by cluster."""
    backends = [target.backend for target in group.targets] + ([group.home] if with_home else [])
    clusters = {backend.cluster for backend in backends}
    return {name: frozenset(each.svm for each in backends if each.cluster == name) for name in clusters}


class Prepared:
    """An intent with its first observation and its plan: shown by `report`, carried out by `carry_out`."""

    def __init__(self, session: Session, intent: Intent, clusters: Mapping[str, OntapCluster], view: View) -> None:
        self._session = session
        self._intent = intent
        self._clusters = {name: clusters[name] for name in intent.glances}
        self.plan = intent.planner(Situation.at_first_sight(view))

    @property
    def report(self) -> PlanReport:
        return plan_report(self.plan)

    def close_cut_off(self) -> None:
        """Runs of the group that were cut off are recorded as that: nothing of what they wanted is left to do.

        Raises: as `carry_out`.
        """
        session, now = self._session, self._session.world.clock.now()
        with (
            hold_group(session.lock_folder, self._intent.group.name, self._intent.operation, now),
            session.world.open_store(session.store_url) as store,
        ):
            _close_cut_off(store, self._intent.group.name, session)

    async def carry_out(self, watcher: Watcher) -> RunReport:
        """Does what the plan says, under the group's lock, with a journal.

        Between the plan and the lock time has passed, perhaps at a prompt: it looks and plans again first.
        Raises: Refused where another operation holds the group, or where the group would now be served from elsewhere
        than was agreed to; ConfigError where the store cannot be opened; StoreFailed.
        """
        session, clock = self._session, self._session.world.clock
        group = self._intent.group.name
        began_s, calls_before = clock.monotonic_s(), self._calls()
        with (
            hold_group(session.lock_folder, group, self._intent.operation, clock.now()) as holder,
            session.world.open_store(session.store_url) as store,
        ):
            lookout = Lookout(self._clusters, self._intent.glances)
            view = await lookout.whole()
            plan = self._planned_again(view)
            cut_off = _close_cut_off(store, group, session)
            journal = store.begin(plan, clock.now(), holder.who)
            run = Run(
                planner=self._intent.planner,
                lookout=lookout,
                clusters=self._clusters,
                clock=clock,
                journal=journal,
                watcher=watcher,
            )
            result = await run.carry_out(view, plan, agreed=self.plan.losses)
            store.end(journal.run_id, _event(result), clock.now())
        return run_report(
            self.plan,
            result,
            run=journal.run_id,
            went_on_from=cut_off,
            seconds=clock.monotonic_s() - began_s,
            calls=self._calls() - calls_before,
        )

    def _calls(self) -> int:
        return sum(cluster.calls for cluster in self._clusters.values())

    def _planned_again(self, view: View) -> Plan:
        plan = self._intent.planner(Situation.at_first_sight(view))
        if not plan.refused and (plan.backend, plan.epoch) != (self.plan.backend, self.plan.epoch):
            raise Refused(
                f"things have changed since the plan was shown: it would now be: {plan.title}",
                hint="nothing was changed; run the same command again to see the new plan",
            )
        return plan


@asynccontextmanager
async def prepare(session: Session, intents: Sequence[Intent]) -> AsyncIterator[tuple[Prepared, ...]]:
    """Plan each of these, from one look at all their clusters, which stay open so that the plans can be carried out."""
    glances = _together(intent.glances for intent in intents)
    async with session.clusters(glances.keys()) as clusters:
        view = await Lookout(clusters, glances).whole()
        yield tuple(
            Prepared(session, intent, clusters, {name: view[name] for name in intent.glances}) for intent in intents
        )


def _together(all_glances: Iterable[Mapping[str, Glance]]) -> Mapping[str, Glance]:
    """What all of them look at."""
    union: dict[str, Glance] = {}
    for glances in all_glances:
        for name, glance in glances.items():
            known = union.get(name, Glance(aspects=(), svms=()))
            union[name] = Glance(
                aspects=frozenset(known.aspects) | frozenset(glance.aspects),
                svms=frozenset(known.svms) | frozenset(glance.svms),
            )
    return union


def _close_cut_off(store: Store, group: str, session: Session) -> int | None:
    """Runs of the group that nobody carries out any more are recorded as cut off; returns the last of them."""
    cut_off = None
    for run in store.runs(group):
        if run.phase is Phase.ACTING:
            store.end(run.id, Event.FOUND_DEAD, session.world.clock.now())
            cut_off = run.id
    return cut_off


def _event(result: RunResult) -> Event:
    if not result.given_up:
        return Event.ALL_REACHED
    return Event.SILENCE if all(each.silent for each in result.given_up.values()) else Event.SOME_GIVEN_UP
