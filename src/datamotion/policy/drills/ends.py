"""How drills end: what is left to do until their clones are gone, because somebody says so or their time is over."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from datamotion.model.drilled import Drilled
from datamotion.model.group import Group
from datamotion.model.names import counted
from datamotion.model.plan import Plan, Refusal
from datamotion.model.standing import Site, Standing
from datamotion.model.units import moment_text
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import DeleteVolume
from datamotion.model.volume_records import Volume
from datamotion.model.words import Operation
from datamotion.policy.drills.clones import drills_at
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

REMOVE = Phase(
    rank=90, title="Remove clones of drills", because="unmounted and deleted: nothing else was changed for them"
)


def stop_planner(group: Group) -> Planner:
    """The planner for `datamotion drill stop`: every clone of the group's drills in sight goes."""

    def plan(situation: Situation) -> Plan:
        due = StepList()
        _remove(due, situation.now, lambda drilled, _: drilled.group == group.name)
        sites = situation.now.sites.values()
        return Plan(
            operation=Operation.DRILL_STOP,
            group=group.name,
            title=f"Stop the drills of {group.name}",
            steps=due.steps(),
            refusals=tuple(
                Refusal(
                    backend=site.backend.name,
                    text=f"whether a drill is left there nobody can tell: {site.unseen.reason}",
                    hint=site.unseen.hint or f"when it answers: datamotion drill stop {group.name}",
                    unseen=site.unseen,
                )
                for site in sites
                if site.unseen is not None
            ),
            holds=_removed(situation, lambda drilled, _: drilled.group == group.name),
        )

    return plan


def sweeping(planner: Planner, group: Group, *, known: Collection[str] | None = None, whole: bool = False) -> Planner:
    """A planner that also removes clones of the group's drills that are over their time; `whole`: all of them, first.

    `known` are all groups of the configuration: those of no such group go too.
    """

    def goes(drilled: Drilled, now: datetime) -> bool:
        if drilled.group == group.name:
            return whole or drilled.until <= now
        return known is not None and drilled.group not in known

    def plan(situation: Situation) -> Plan:
        planned = planner(situation)
        if planned.refused is not None:
            return planned
        due = StepList()
        _remove(due, situation.now, goes)
        swept = due.steps()
        steps = (*swept, *planned.steps) if whole else (*planned.steps, *swept)
        return replace(planned, steps=steps, holds=planned.holds | _removed(situation, goes))

    return plan


def _remove(due: StepList, standing: Standing, goes: Callable[[Drilled, datetime], bool]) -> None:
    for site in standing.sites.values():
        for volume, drilled in _going(site, goes):
            text = f"{volume.name}: of the drill of {drilled.group} until {moment_text(drilled.until)}, by {drilled.by}"
            due.add(REMOVE, site.backend, volume.name, DeleteVolume(uuid=volume.uuid), text)


def _going(site: Site, goes: Callable[[Drilled, datetime], bool]) -> list[tuple[Volume, Drilled]]:
    if not isinstance(site.seen, ClusterView):
        return []
    due = (each for each in drills_at(site) if goes(each[1], site.seen.observed_at))
    return sorted(due, key=lambda each: counted(each[0].name))


def _removed(situation: Situation, goes: Callable[[Drilled, datetime], bool]) -> frozenset[tuple[str, str | None]]:
    """The clones that were there at first and are gone."""
    return frozenset(
        (name, volume.name)
        for name, site in situation.first.sites.items()
        if situation.now.sites[name].unseen is None
        for volume, _ in _going(site, goes)
        if volume.name not in situation.now.sites[name].volumes
    )
