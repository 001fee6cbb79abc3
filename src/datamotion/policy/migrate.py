"""Migrating volumes by the cheapest mechanism that the two places allow; one that has begun goes on."""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.migration import Migration
from datamotion.model.plan import Offer, Plan, Refusal
from datamotion.model.standing import Standing
from datamotion.model.words import Operation
from datamotion.policy.movers.host_copy import host_copy
from datamotion.policy.movers.mirror import MIRROR
from datamotion.policy.movers.offer import Mover, selected
from datamotion.policy.movers.volume_move import VOLUME_MOVE
from datamotion.policy.needs import names_text
from datamotion.policy.situation import Planner, Situation

_MOVERS = (VOLUME_MOVE, MIRROR)


def migrate_planner(migration: Migration) -> Planner:
    """The planner for `datamotion migrate`. The first look of a run decides on the mechanism."""
    planners = {mover: mover.planner(migration) for mover in _MOVERS}

    def plan(situation: Situation) -> Plan:
        offers = [*((mover, mover.offer(migration, situation.first)) for mover in _MOVERS)]
        told = (*(offer for _, offer in offers), host_copy(migration, situation.first))
        chosen = _chosen(migration, situation.first, offers)
        if isinstance(chosen, Refusal):
            return _refused(migration, chosen, told if selected(migration, situation.first) else ())
        mover, offer = chosen
        return replace(planners[mover](situation), offers=told, offer=offer)

    return plan


def abort_planner(migration: Migration) -> Planner:
    """The planner for `datamotion migrate --abort`: what has begun is undone, while nothing is decided."""
    backs = {mover: mover.way_back(migration) for mover in _MOVERS}

    def plan(situation: Situation) -> Plan:
        mover = next((each for each in _MOVERS if each.ongoing(migration, situation.first)), None)
        if mover is not None:
            return backs[mover](situation)
        hint = "datamotion migrations lists those under way"
        return _refused(migration, _unseen(migration, situation.first) or Refusal(text=_NONE, hint=hint), ())

    return plan


_NONE = "no such migration is under way"


def _chosen(
    migration: Migration, standing: Standing, offers: list[tuple[Mover, Offer]]
) -> tuple[Mover, Offer] | Refusal:
    if refusal := _unseen(migration, standing):
        return refusal
    for mover, offer in offers:
        if mover.ongoing(migration, standing):
            return mover, replace(offer, why_not=None)
    if not selected(migration, standing):
        site = standing.sites[migration.source.name]
        names = ", ".join(migration.volumes)
        if site.svm is None:
            text = f"{site.backend.cluster} has no SVM {site.backend.svm}"
            return Refusal(text=text, hint=f"correct `svm` of {migration.source.name} in the configuration")
        there = ", ".join(sorted(site.volumes)[:6]) or "none"
        hint = f"its volumes: {there}"
        if arrived := [each for each in migration.volumes if each in standing.sites[migration.to.name].volumes]:
            hint = f"{migration.to.name} has {names_text(arrived)}: `datamotion history` tells whether they went there"
        return Refusal(text=f"no volume at {migration.source.name} matches {names}", hint=hint)
    found = next(((mover, offer) for mover, offer in offers if offer.why_not is None), None)
    if found is not None:
        return found
    fitting = next(offer for mover, offer in offers if (mover is VOLUME_MOVE) is migration.is_within)
    assert fitting.why_not is not None
    return fitting.why_not


def _unseen(migration: Migration, standing: Standing) -> Refusal | None:
    for name in dict.fromkeys((migration.source.name, migration.to.name)):
        if unseen := standing.sites[name].unseen:
            return Refusal(backend=None, text=unseen.reason, hint=unseen.hint, unseen=unseen)
    return None


def _refused(migration: Migration, refusal: Refusal, offers: tuple[Offer, ...]) -> Plan:
    return Plan(
        operation=Operation.MIGRATE,
        group=migration.name,
        title=f"Migrate {', '.join(migration.volumes)} from {migration.source.name} to {migration.to.name}",
        refusals=(refusal,),
        offers=offers,
    )
