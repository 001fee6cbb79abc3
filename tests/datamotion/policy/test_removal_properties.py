"""What holds for every plan that takes something away, whatever the clusters show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from datamotion.model.acts import Act
from datamotion.model.mirror_acts import DeleteRelationship, ReleaseRelationship
from datamotion.model.mirror_records import Listed
from datamotion.model.serving_acts import DeleteClaim
from datamotion.model.view import ClusterView, Unseen
from datamotion.model.volume_acts import DeleteVolume, RemoveMark
from datamotion.model.words import VolumeType
from datamotion.policy.removal.gc import gc_planner
from datamotion.policy.removal.unprotect import unprotect_planner
from datamotion.policy.situation import Planner
from tests.datamotion.building import BACKENDS, LYON, NICE, a_group, a_listing, acts, planned, standing_of
from tests.datamotion.policy.worlds import World, spoiled, worlds
from tests.datamotion.simulation import after

View = Mapping[str, ClusterView | Unseen]
BOTH = a_group(LYON, NICE)
BY_NAME = {backend.name: backend for backend in BACKENDS}
UNPROTECT = st.sampled_from([unprotect_planner(BOTH), unprotect_planner(BOTH, delete_copies=True)])
ANY = UNPROTECT | st.just(gc_planner(BOTH, {"gold"}))


def listed_by_sources(world: World) -> dict[str, list[Listed]]:
    """What each source lists of the mirrors that there are, by its cluster."""
    found: dict[str, list[Listed]] = {backend.cluster: [] for backend in BACKENDS}
    for (backend, name), copy in world.copies.items():
        if copy.source is not None:
            found[copy.source.cluster].append(a_listing(name, backend, source=copy.source))
    return found


@st.composite
def seen(draw: st.DrawFn, world: World | None = None) -> View:
    """Anything that clusters may show, with lists at the sources of which entries were lost and left over.

    Of a world that is given all is as it was left, but for relationships that were deleted by hand.
    """
    is_spoiled = world is None
    world = world or draw(worlds())
    lists, view = (
        listed_by_sources(world),
        draw(spoiled(st.just(world)) if is_spoiled else _without_some_relationships(world)),
    )
    told: dict[str, ClusterView | Unseen] = {}
    for name, each in view.items():
        if isinstance(each, ClusterView):
            kept = [it for it in lists[name] if draw(st.integers(0, 9))]
            old = [replace(it, uuid=f"{it.uuid} old") for it in kept if not draw(st.integers(0, 4))]
            told[name] = replace(each, destinations=(*kept, *old))
        else:
            told[name] = each
    return told


@st.composite
def _without_some_relationships(draw: st.DrawFn, world: World) -> View:
    return {
        name: replace(each, relationships=tuple(it for it in each.relationships if draw(st.integers(0, 2))))
        for name, each in world.show().items()
    }


def removals(planner: Planner, view: View) -> Iterator[Act]:
    for act in acts(planned(planner, standing_of(view, BOTH))):
        if isinstance(act.change, DeleteRelationship | DeleteVolume):
            yield act


@given(st.data())
def test_no_copy_is_deleted_that_holds_a_write_which_what_serves_does_not_hold(data: st.DataObject) -> None:
    world = data.draw(worlds())
    view = data.draw(seen(world))
    for act in removals(unprotect_planner(BOTH, delete_copies=True), view):
        if isinstance(act.change, DeleteVolume):
            assert act.volume is not None
            backend = BY_NAME[act.backend]
            held, serving = world.copies[backend, act.volume], world.serving[act.volume]
            assert serving is not backend
            assert held.writes <= world.copies[serving, act.volume].writes


@given(seen(), ANY)
def test_only_mirrors_lose_their_relationship_and_only_what_cannot_be_written_is_deleted(
    view: View, planner: Planner
) -> None:
    standing = standing_of(view, BOTH)
    for act in removals(planner, view):
        copy = standing.copy(act.backend, act.volume or "")
        assert copy is not None
        assert copy.volume.type is VolumeType.DP
        assert copy.id != standing.active[copy.id.volume]
        if isinstance(act.change, DeleteRelationship):
            assert copy.edge is not None
            assert (copy.edge.source, copy.edge.is_broken_off) == (standing.active[copy.id.volume], False)


@given(seen())
def test_collecting_removes_nothing_that_may_hold_data(view: View) -> None:
    plan = planned(gc_planner(BOTH, {"gold"}), standing_of(view, BOTH))
    assert {type(each.change) for each in acts(plan)} <= {ReleaseRelationship, DeleteClaim, RemoveMark}
    assert plan.losses == ()


@given(seen())
def test_collecting_changes_nothing_of_how_a_group_stands(view: View) -> None:
    """Neither who serves, nor what any copy is, nor which epoch comes next."""
    before = standing_of(view, BOTH)
    clusters = {name: each for name, each in view.items() if isinstance(each, ClusterView)}
    for act in acts(planned(gc_planner(BOTH, {"gold"}), before)):
        clusters = dict(after(clusters, act))
    now = standing_of({**view, **clusters}, BOTH)
    if before.is_fresh or not any(copy.mark for copy in before.copies.values()):
        return
    assert (now.active, now.next_epoch) == (before.active, before.next_epoch)
    assert {each.id: each.role for each in now.copies.values()} == {
        each.id: each.role for each in before.copies.values()
    }


@given(worlds(), UNPROTECT)
def test_stopped_after_any_act_the_same_command_does_the_rest_and_nothing_else(world: World, planner: Planner) -> None:
    """After any takeovers and transfers, with all mirrors listed where they come from."""
    lists = listed_by_sources(world)
    clusters = {name: replace(each, destinations=tuple(lists[name])) for name, each in world.show().items()}
    todo = acts(planned(planner, standing_of(clusters, BOTH)))
    for number, act in enumerate(todo, start=1):
        clusters = dict(after(clusters, act))
        again = planned(planner, standing_of(clusters, BOTH))
        assert [each.change for each in acts(again)] == [each.change for each in todo[number:]]
