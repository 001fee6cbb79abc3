"""What holds for every plan, whatever the clusters show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from datamotion.model.acts import CreateVolume, ModifyVolume, PeerSvms
from datamotion.model.group import Backend
from datamotion.model.records import Relationship, Volume
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, Role, TransferState, VolumeState, VolumeType
from datamotion.policy.failover import failover_planner
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.policy.protect import protect_planner
from datamotion.policy.situation import Planner
from datamotion.policy.update import update_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_transfer,
    a_volume,
    acts,
    planned,
)
from tests.datamotion.simulation import Clusters, after_all

BOTH = a_group(LYON, NICE)
NAMES = ("vol_1", "vol_2", "vol_3")
COMPLETE = (MirrorState.SNAPMIRRORED, MirrorState.PAUSED, MirrorState.IN_SYNC, MirrorState.OUT_OF_SYNC)
LAGS = (None, timedelta(), timedelta(hours=1), timedelta(hours=2))
TRANSFERS = (
    None,
    *(a_transfer(state) for state in (TransferState.TRANSFERRING, TransferState.FAILED, TransferState.UNKNOWN)),
)
MARKS = ("", *(a_mark(role, epoch) for role, epoch in product(Role, (1, 2))))
STATES = (VolumeState.ONLINE, VolumeState.OFFLINE, VolumeState.UNKNOWN)


def mirrors_of(name: str, backend: Backend, states: Iterable[MirrorState]) -> st.SearchStrategy[Relationship]:
    mirror = a_mirror(name, backend)
    return st.sampled_from(
        [
            replace(mirror, state=state, lag=lag, transfer=transfer)
            for state, lag, transfer in product(states, LAGS, TRANSFERS)
        ]
    )


def volumes_of(name: str, backend: Backend) -> st.SearchStrategy[Volume]:
    return st.sampled_from(
        [
            a_volume(name, backend, type=kind, state=state, path=path, comment=comment)
            for kind, state, path, comment in product(VolumeType, STATES, (None, "/vol"), MARKS)
        ]
    )


def complete_target(backend: Backend) -> st.SearchStrategy[ClusterView]:
    """A place that could take over, before anything happened to it."""
    volumes = [a_volume(name, backend) for name in NAMES]
    mirrors = st.tuples(*(mirrors_of(name, backend, COMPLETE) for name in NAMES))
    return mirrors.map(lambda each: a_cluster_view(backend, volumes, each))


def any_cluster(backend: Backend) -> st.SearchStrategy[ClusterView]:
    """Each volume there or not, mirrored or not, in whatever state."""
    volumes = st.tuples(*(st.none() | volumes_of(name, backend) for name in NAMES))
    mirrors = st.tuples(*(st.none() | mirrors_of(name, backend, MirrorState) for name in NAMES))
    return st.builds(
        lambda some, others: a_cluster_view(
            backend, [each for each in some if each], [each for each in others if each] if backend is not HOME else ()
        ),
        volumes,
        mirrors,
    )


ANYTHING = st.fixed_dictionaries({backend.cluster: any_cluster(backend) for backend in (HOME, LYON, NICE)})
PLANNERS = st.sampled_from(
    [
        protect_planner(BOTH),
        update_planner(BOTH),
        failover_planner(BOTH, FailoverChoice()),
        failover_planner(BOTH, FailoverChoice(to="gold-nice", allow_partial=True)),
    ]
)


def broken_off(clusters: Clusters) -> set[str]:
    """Everything by which an act could reach a mirror that is broken off, or its destination."""
    return {
        uuid
        for view in clusters.values()
        for mirror in view.relationships
        if mirror.state is MirrorState.BROKEN_OFF
        for uuid in (mirror.uuid, *(v.uuid for v in view.volumes if v.name == mirror.destination.volume))
    }


def uuids(change: object) -> set[str]:
    return {getattr(change, name) for name in ("uuid", "relationship_uuid") if getattr(change, name, None)}


@given(ANYTHING)
def test_protect_never_acts_on_a_mirror_that_is_broken_off(clusters: dict[str, ClusterView]) -> None:
    plan = planned(protect_planner(BOTH), clusters)
    assert not any(uuids(act.change) & broken_off(clusters) for act in acts(plan))


@given(ANYTHING)
def test_update_never_acts_on_a_mirror_that_is_broken_off(clusters: dict[str, ClusterView]) -> None:
    plan = planned(update_planner(BOTH), clusters)
    assert not any(uuids(act.change) & broken_off(clusters) for act in acts(plan))


@given(ANYTHING, PLANNERS)
def test_a_state_that_is_not_known_is_never_acted_on(clusters: dict[str, ClusterView], planner: Planner) -> None:
    unknown = {m.uuid for view in clusters.values() for m in view.relationships if m.state is MirrorState.UNKNOWN}
    assert not any(uuids(act.change) & unknown for act in acts(planned(planner, clusters)))


@given(ANYTHING, st.sampled_from([None, "gold-lyon", "gold-nice"]), st.booleans())
def test_a_failover_acts_on_one_target_only_and_never_on_the_home(
    clusters: dict[str, ClusterView], to: str | None, allow_partial: bool
) -> None:
    plan = planned(failover_planner(BOTH, FailoverChoice(to=to, allow_partial=allow_partial)), clusters)
    assert {act.backend for act in acts(plan)} <= {plan.backend}
    assert "paris" not in {act.cluster for act in acts(plan)}
    assert {act.volume for act in acts(plan)} == {loss.volume for loss in plan.losses}


@given(ANYTHING, PLANNERS)
def test_a_plan_that_is_refused_as_a_whole_has_no_steps(clusters: dict[str, ClusterView], planner: Planner) -> None:
    plan = planned(planner, clusters)
    assert plan.refused is None or not plan.steps


@given(ANYTHING, PLANNERS)
def test_the_first_act_of_each_volume_names_what_it_changes(clusters: dict[str, ClusterView], planner: Planner) -> None:
    first: dict[tuple[str, str | None], object] = {}
    for act in acts(planned(planner, clusters)):
        first.setdefault(act.subject, act.change)
    for change in first.values():
        assert isinstance(change, PeerSvms | CreateVolume) or not hasattr(change, "uuid") or uuids(change)


@given(ANYTHING)
def test_the_home_is_only_ever_unmounted_for_a_higher_epoch(clusters: dict[str, ClusterView]) -> None:
    plan = planned(protect_planner(BOTH), clusters)
    claims = [
        int(volume.comment.split("epoch=")[1].split()[0])
        for name in ("lyon", "nice")
        for volume in clusters[name].volumes
        if "role=active" in volume.comment
    ]
    for act in acts(plan):
        if act.cluster == "paris" and isinstance(act.change, ModifyVolume) and act.change.path == "":
            (volume,) = (v for v in clusters["paris"].volumes if v.uuid == act.change.uuid)
            epoch = int(volume.comment.split("epoch=")[1].split()[0]) if volume.comment else 0
            assert epoch <= max(claims)


@given(complete_target(LYON), complete_target(NICE), st.data())
def test_a_failover_cut_off_anywhere_is_finished_by_planning_again(
    lyon: ClusterView, nice: ClusterView, data: st.DataObject
) -> None:
    clusters: Clusters = {"lyon": lyon, "nice": nice}
    planner = failover_planner(BOTH, FailoverChoice())
    whole = planned(planner, clusters)
    now = clusters
    for name in NAMES:  # each volume goes its own way; within it, acts come in their order
        own = [act for act in acts(whole) if act.volume == name]
        now = after_all(now, *own[: data.draw(st.integers(min_value=0, max_value=len(own)), label=name)])
    again = planned(planner, now)
    assert (again.backend, again.epoch) == (whole.backend, whole.epoch)
    assert {act.backend for act in acts(again)} <= {whole.backend}
    finished = after_all(now, *acts(again))
    assert finished == after_all(clusters, *acts(whole))
    assert planned(planner, finished).steps == ()
    assert finished[_other(whole.backend)] == clusters[_other(whole.backend)]


def _other(backend: str | None) -> str:
    return "nice" if backend == "gold-lyon" else "lyon"
