"""Planning to break mirrors off at one back end, without serving from it."""

from __future__ import annotations

from typing import Any

import pytest

from datamotion.model.mirror_acts import Break, Pause
from datamotion.model.plan import Plan
from datamotion.model.standing import FENCE
from datamotion.model.view import View
from datamotion.model.words import MirrorState, TransferState, VolumeState
from datamotion.policy.mirrors.breaking import break_planner
from datamotion.policy.selection import Selection
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_mirror,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    kinds,
    notes_of,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import (
    BOTH,
    LOST,
    a_broken,
    a_served,
    failed_over,
    knowing,
    refusals,
    refused,
    seen,
)

UUID = "gold-lyon/vol_1/mirror"


def break_off(view: View, *volumes: str, at: str = "gold-lyon") -> Plan:
    return planned(break_planner(BOTH, Selection(volumes=volumes, at=at)), standing_of(view, BOTH))


def at_lyon(volume: dict[str, Any] | None = None, **mirror: Any) -> View:
    return seen(lyon=a_cluster_view(LYON, [a_volume(backend=LYON, **(volume or {}))], [a_mirror(**mirror)]))


def test_only_the_chosen_leg_of_the_chosen_volumes_is_broken_off_and_nothing_is_served() -> None:
    plan = break_off(seen("vol_1", "vol_2"), "vol_1")
    assert changes(plan) == [Pause(uuid=UUID), Break(uuid=UUID)]
    assert {act.backend for act in acts(plan)} == {"gold-lyon"}
    assert (plan.losses, plan.backend, plan.refusals) == ((), None, ())
    assert "datamotion resync gold --at gold-lyon" in notes_of(plan)[0]


def test_without_volumes_all_of_the_leg_is() -> None:
    assert [act.volume for act in acts(break_off(seen("vol_1", "vol_2"))) if isinstance(act.change, Break)] == [
        "vol_1",
        "vol_2",
    ]


def test_a_transfer_that_runs_is_aborted_first_and_a_paused_mirror_is_not_paused_again() -> None:
    running = a_transfer(TransferState.TRANSFERRING)
    assert kinds(break_off(at_lyon(transfer=running))) == ["AbortTransfer", "Pause", "Break"]
    assert kinds(break_off(at_lyon(state=MirrorState.PAUSED))) == ["Break"]


def test_what_can_be_written_already_holds() -> None:
    plan = break_off(seen(lyon=a_cluster_view(LYON, [a_served(path=None)], [a_broken()])))
    assert (plan.steps, plan.refusals, plan.holds, notes_of(plan)) == ((), (), frozenset({("gold-lyon", "vol_1")}), ())


def test_the_copy_that_serves_is_no_mirror() -> None:
    (refusal,) = break_off(failed_over(), at="gold-lyon").refusals
    assert refusal.text == "gold-lyon serves vol_1: its copy there is no mirror"


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (at_lyon(state=MirrorState.UNINITIALIZED, exported_snapshot=None), "holds no complete copy"),
        (at_lyon({"state": VolumeState.OFFLINE}), "its volume vol_1 is offline"),
        (at_lyon(source_svm_uuid="another", source_cluster_uuid="another"), "which is no copy that is known here"),
        (seen(lyon=a_cluster_view(LYON, [a_volume(backend=LYON)])), "no relationship ends in it"),
        (seen(lyon=a_cluster_view(LYON)), "vol_1 has no mirror at gold-lyon"),
    ],
)
def test_what_could_not_be_written_afterwards_is_refused(view: View, says: str) -> None:
    plan = break_off(view)
    assert (plan.steps, refusals(plan)) == ((), [("vol_1", "gold-lyon")])
    assert says in plan.refusals[0].text


def test_where_nobody_can_tell_who_serves_no_other_copy_is_made_writable() -> None:
    unclaimed = {backend.cluster: knowing(a_target_view(backend, "vol_1"), backend) for backend in (LYON, NICE)}
    plan = break_off(seen(paris=a_cluster_view(HOME, [a_volume()], claims=()), **unclaimed))
    assert (plan.steps, refusals(plan)) == ((), [("vol_1", "gold-lyon")])
    assert "nobody can tell who serves vol_1" in plan.refusals[0].text


def test_one_that_is_mounted_lets_clients_write_and_a_fenced_one_does_not() -> None:
    assert any("is mounted at gold-lyon" in note for note in notes_of(break_off(at_lyon({"path": "/vol_1"}))))
    fenced = break_off(at_lyon({"path": "/vol_1", "export": FENCE}))
    assert not any("clients that come to it there can write" in note for note in notes_of(fenced))
    assert any("no NFS client comes in, and SMB hosts" in note for note in notes_of(fenced))


def test_a_place_that_is_not_seen_is_no_answer() -> None:
    plan = break_off(seen(lyon=LOST))
    assert [(each.backend, each.because_silent) for each in plan.refusals] == [("gold-lyon", True)]
    assert "vol_9 is no member of gold" in refused(break_off(seen(), "vol_9")).text
