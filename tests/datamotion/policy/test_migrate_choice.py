"""Which mechanism a migration takes: by where from, where to, and what is seen there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.cluster_records import Aggregate
from datamotion.model.migration import Migration
from datamotion.model.plan import Plan
from datamotion.model.view import ClusterView, Unseen, View
from datamotion.model.volume_records import Movement
from datamotion.model.words import MoveState, VolumeState
from datamotion.policy.migrate import abort_planner, migrate_planner
from datamotion.policy.situation import Situation
from datamotion.policy.standing.standing import stand
from tests.datamotion.building import HOME, LYON, a_cluster_view, a_mark, a_volume, changes

MOVE, MIRROR = "volume move", "SnapMirror and cut-over"
FREE = a_volume(comment="")


def paris(*volumes: Any, **changes: Any) -> ClusterView:
    view = a_cluster_view(HOME, list(volumes) or [FREE], claims=())
    aggregates = (Aggregate(name="aggr1", available_bytes=10**13), Aggregate(name="aggr2", available_bytes=10**13))
    return replace(view, **{"aggregates": aggregates, **changes})


def lyon(*volumes: Any) -> ClusterView:
    view = a_cluster_view(LYON, list(volumes), claims=())
    policies = (*view.policies, replace(view.policies[0], uuid="all", name="MirrorAllSnapshots"))
    return replace(view, policies=policies, aggregates=(Aggregate(name="aggr1", available_bytes=10**13),))


def to(where: Any = HOME, *aggregates: str) -> Migration:
    return Migration(source=HOME, volumes=("vol_1",), to=where, aggregates=aggregates)


def planned(migration: Migration, view: View) -> Plan:
    return migrate_planner(migration)(Situation.at_first_sight(stand(migration.group, view)))


def taken(plan: Plan) -> str | None:
    return plan.offer.mechanism if plan.offer else None


SILENT = Unseen(reason="lyon did not answer")


@pytest.mark.parametrize(
    ("migration", "at_paris", "at_lyon", "mechanism"),
    [
        (to(HOME, "aggr2"), paris(), None, MOVE),
        (to(HOME, "aggr2"), paris(a_volume()), None, MOVE),  # a member of a group keeps its mirrors
        (to(HOME, "aggr9"), paris(), None, None),
        (to(HOME, "aggr2"), SILENT, None, None),
        (to(LYON, "aggr1"), paris(), lyon(), MIRROR),
        (to(LYON, "aggr1"), paris(a_volume()), lyon(), None),  # a member of gold
        (to(LYON, "aggr1"), paris(), SILENT, None),
        (to(LYON, "aggr1"), SILENT, lyon(), None),
        (to(LYON, "aggr1"), paris(), replace(lyon(), svms=()), None),
    ],
)
def test_the_cheapest_that_the_two_places_allow(
    migration: Migration, at_paris: Any, at_lyon: Any, mechanism: str | None
) -> None:
    plan = planned(migration, {"paris": at_paris, **({"lyon": at_lyon} if at_lyon else {})})
    assert taken(plan) == mechanism
    shown = [MOVE, MIRROR, "copy through this host"] if at_paris is not SILENT else []  # else nobody knows how much
    assert [each.mechanism for each in plan.offers] == shown
    assert all(each.why_not for each in plan.offers if each.mechanism != mechanism)
    assert bool(plan.refused) is (mechanism is None)
    assert bool(plan.steps) is (mechanism is not None)
    if plan.refused is not None:
        assert plan.refused.hint or plan.refused.unseen


def test_where_nothing_is_selected_no_way_to_do_it_is_shown() -> None:
    plan = planned(to(HOME, "aggr2"), {"paris": paris(a_volume("other", comment=""))})
    assert plan.refused is not None
    assert (plan.refused.hint, plan.offers) == ("its volumes: other", ())


def moving(state: MoveState, aggregate: str = "aggr2") -> ClusterView:
    return paris(movements={FREE.uuid: Movement(uuid=FREE.uuid, aggregate=aggregate, state=state, percent=50)})


def acts(plan: Plan) -> list[str]:
    return [type(each).__name__ for each in changes(plan)]


@pytest.mark.parametrize(
    ("view", "asked_for"),
    [
        (paris(), ["MoveVolume", "AwaitMove"]),
        (moving(MoveState.REPLICATING), ["AwaitMove"]),
        (moving(MoveState.QUEUED), ["AwaitMove"]),
        (moving(MoveState.CUTOVER_PENDING), ["CutOver", "AwaitMove"]),  # ONTAP gave its own attempts up
        (moving(MoveState.CUTOVER_WAIT), ["CutOver", "AwaitMove"]),
        (moving(MoveState.FAILED), ["MoveVolume", "AwaitMove"]),
        (moving(MoveState.ABORTED), ["MoveVolume", "AwaitMove"]),
        (moving(MoveState.REPLICATING, "aggr3"), []),
        (paris(replace(FREE, aggregates=("aggr2",))), []),
        (paris(replace(FREE, constituents=2)), []),
        (paris(replace(FREE, state=VolumeState.OFFLINE)), []),
        (paris(replace(FREE, used_bytes=10**14)), []),
        (paris(replace(FREE, size_bytes=10**14, guarantee="none")), ["MoveVolume", "AwaitMove"]),
        (paris(replace(FREE, size_bytes=10**14, guarantee="volume")), []),
    ],
)
def test_a_move_goes_on_from_what_is_seen(view: ClusterView, asked_for: list[str]) -> None:
    plan = planned(to(HOME, "aggr2"), {"paris": view})
    assert acts(plan) == asked_for
    assert bool(plan.refusals) is (not asked_for and not plan.holds)


def test_only_a_migration_that_has_begun_is_aborted() -> None:
    def aborted(migration: Migration, view: View) -> Plan:
        return abort_planner(migration)(Situation.at_first_sight(stand(migration.group, view)))

    assert acts(aborted(to(HOME, "aggr2"), {"paris": moving(MoveState.REPLICATING)})) == ["AbortMove"]
    assert aborted(to(HOME, "aggr2"), {"paris": paris()}).refused
    assert aborted(to(LYON, "aggr1"), {"paris": paris(), "lyon": lyon()}).refused
    marked = a_volume(comment=a_mark().replace("group=gold", "group=migrate.gold-paris.gold-lyon"))
    assert not aborted(to(LYON, "aggr1"), {"paris": paris(marked), "lyon": lyon()}).refused
