"""Planning to pause, resume and abort: which mirrors, what is noted of it, what is waited for and how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datamotion.model.acts import ActId
from datamotion.model.mark import LONGEST_COMMENT, read_mark
from datamotion.model.mirror_acts import AbortTransfer, AwaitIdle, Pause, Resume
from datamotion.model.paused import Paused, paused_of
from datamotion.model.plan import Plan
from datamotion.model.view import EVERYTHING, ClusterView, View
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState, TransferState
from datamotion.policy.mirrors.abort import abort_planner
from datamotion.policy.mirrors.pause import pause_planner, resume_planner
from datamotion.policy.mirrors.update import update_planner
from datamotion.policy.selection import Selection
from datamotion.policy.situation import Planner, Situation
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_cluster_view,
    a_mark,
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
    protect,
    refusals,
    refused,
    seen,
)

ALL = Selection()
AT_LYON = Selection(at="gold-lyon")
TEN_MINUTES = timedelta(minutes=10)
UUID = "gold-lyon/vol_1/mirror"
RUNNING = a_transfer(TransferState.TRANSFERRING, moved=7)
QUEUED = replace(a_transfer(TransferState.QUEUED), uuid=None)
BY_ANN = Paused("2031-05-04T09:00:00Z", "ann@ops, process 7", "new shelf")
NOTED = a_mark(paused=BY_ANN.at, paused_by=BY_ANN.by or "", reason=BY_ANN.reason or "")


def pausing(selection: Selection = AT_LYON, reason: str | None = "new shelf") -> Planner:
    return pause_planner(BOTH, selection, reason=reason, timeout=TEN_MINUTES)


def plan_of(planner: Planner, view: View) -> Plan:
    return planned(planner, standing_of(view, BOTH))


def lyon(comment: str | None = None, **mirror: Any) -> ClusterView:
    """Lyon's mirror of vol_1, like this."""
    volume = a_volume(backend=LYON, **({} if comment is None else {"comment": comment}))
    return a_cluster_view(LYON, [volume], [a_mirror(**mirror)])


def by_ann(comment: str = "", **mirror: Any) -> ClusterView:
    """Lyon's mirror, which Ann paused."""
    return lyon(comment + NOTED, **{"state": MirrorState.PAUSED, **mirror})


def later(view: ClusterView, minutes: float) -> ClusterView:
    return replace(view, looked_at=dict.fromkeys(EVERYTHING, NOON + timedelta(minutes=minutes)))


def once_asked(minutes: float, **now: Any) -> Plan:
    """After the cluster said yes to pausing, while a transfer ran; `minutes` after the run began."""
    noted = NOTED
    first = standing_of(seen(lyon=lyon(noted, transfer=RUNNING)), BOTH)
    shown = standing_of(seen(lyon=later(lyon(noted, **now), minutes)), BOTH)
    asked = ActId("lyon", "gold-lyon", "vol_1", Pause)
    return pausing()(Situation(now=shown, first=first, by="tests", accepted={asked: first}))


# -- pausing


def test_who_pauses_it_when_and_why_is_noted_before_it_is_paused() -> None:
    plan = plan_of(pausing(), seen(lyon=lyon("trees " + a_mark())))
    note, pause = changes(plan)
    assert isinstance(note, ModifyVolume)
    assert (note.uuid, pause) == ("gold-lyon/vol_1", Pause(uuid=UUID))
    assert (note.comment or "").startswith("trees [datamotion ")
    assert paused_of(read_mark(note.comment or "")) == Paused("2031-05-04T12:00:00Z", "tests", "new shelf")


def test_without_a_place_every_mirror_is_paused_and_what_serves_is_not() -> None:
    plan = plan_of(pausing(ALL), seen("vol_1", "vol_2"))
    paused = {(act.backend, act.volume) for act in acts(plan) if isinstance(act.change, Pause)}
    assert paused == {(backend, volume) for backend in ("gold-lyon", "gold-nice") for volume in ("vol_1", "vol_2")}
    assert plan.refusals == ()


def test_only_the_named_volumes_are_paused() -> None:
    plan = plan_of(pausing(Selection(volumes=("vol_2",), at="gold-nice")), seen("vol_1", "vol_2"))
    assert {(act.backend, act.volume) for act in acts(plan)} == {("gold-nice", "vol_2")}


def test_one_that_was_paused_by_hand_is_only_noted_and_one_that_pause_paused_holds_as_it_is() -> None:
    plan = plan_of(pausing(), seen(lyon=lyon(state=MirrorState.PAUSED)))
    assert (kinds(plan), plan.holds) == (["ModifyVolume"], frozenset())
    plan = plan_of(pausing(reason="another"), seen(lyon=by_ann()))
    assert (plan.steps, plan.holds) == ((), frozenset({("gold-lyon", "vol_1")}))
    assert notes_of(plan) == (
        "gold-lyon: vol_1: left as it is, paused by ann@ops, process 7, at 2031-05-04 09:00 UTC (new shelf)."
        " datamotion resume gold ends that.",
    )


def test_a_pause_that_was_cut_off_goes_on_with_its_first_note() -> None:
    assert changes(plan_of(pausing(), seen(lyon=by_ann(state=MirrorState.SNAPMIRRORED)))) == [Pause(uuid=UUID)]


def test_a_mirror_without_a_mark_is_given_one() -> None:
    note = changes(plan_of(pausing(), seen(lyon=lyon("trees"))))[0]
    assert isinstance(note, ModifyVolume)
    mark = read_mark(note.comment or "")
    assert (mark and (mark.volume, mark.origin), (note.comment or "")[:6]) == (("vol_1", "gold-paris/vol_1"), "trees ")


def test_a_persons_text_is_never_cut_to_make_room_for_the_reason() -> None:
    room = LONGEST_COMMENT - len(" " + a_mark())
    plan = plan_of(pausing(), seen(lyon=lyon("x" * room + " " + a_mark())))
    assert (plan.steps, refusals(plan)) == ((), [("vol_1", "gold-lyon")])
    assert "leaves no room for who paused it and why" in plan.refusals[0].text
    assert "a shorter --reason" in (plan.refusals[0].hint or "")


def test_a_transfer_that_runs_is_waited_for_after_the_pause_was_asked_for() -> None:
    plan = plan_of(pausing(), seen(lyon=lyon(transfer=RUNNING)))
    assert kinds(plan) == ["ModifyVolume", "Pause", "AwaitIdle"]
    assert "after 10 min they are aborted" in plan.steps[-1].because
    until = NOON + TEN_MINUTES
    asked = once_asked(9, transfer=RUNNING)
    assert changes(asked) == [AwaitIdle(uuid=UUID, until=until), Pause(uuid=UUID, during="transfer")]


def test_after_that_time_it_is_aborted_and_once_it_has_ended_the_cluster_is_asked_again() -> None:
    abort = AbortTransfer(relationship_uuid=UUID, transfer_uuid="transfer")
    assert changes(once_asked(10, transfer=RUNNING)) == [abort, Pause(uuid=UUID, during="transfer")]
    assert changes(once_asked(11, transfer=a_transfer(TransferState.ABORTED))) == [Pause(uuid=UUID)]


def test_a_transfer_that_is_queued_still_after_that_time_is_refused() -> None:
    plan = once_asked(10, transfer=QUEUED)
    assert (plan.steps, refusals(plan)) == ((), [("vol_1", "gold-lyon")])
    assert "has not ended for 10 min" in plan.refusals[0].text


# -- what cannot be


def test_what_is_no_mirror_is_refused_where_it_was_asked_for_and_passed_over_beside_mirrors() -> None:
    broken = a_cluster_view(LYON, [a_served(path=None)], [a_broken()])
    plan = plan_of(pausing(), seen(lyon=broken))
    (refusal,) = plan.refusals
    assert (plan.steps, refusal.text) == ((), "vol_1 at gold-lyon: it is broken off, and no mirror")
    assert "datamotion resync gold --at gold-lyon" in (refusal.hint or "")
    plan = plan_of(pausing(ALL), seen(lyon=broken))
    assert {act.backend for act in acts(plan)} == {"gold-nice"}
    assert "gold-lyon: vol_1: passed over, it is broken off, and no mirror." in notes_of(plan)


@pytest.mark.parametrize("planner", [pausing, lambda it: resume_planner(BOTH, it), lambda it: abort_planner(BOTH, it)])
def test_what_serves_is_no_mirror_and_what_is_no_member_is_said(planner: Any) -> None:
    (refusal,) = plan_of(planner(Selection(at="gold-paris")), seen()).refusals
    assert (refusal.volume, refusal.text) == ("vol_1", "gold-paris serves vol_1: its copy there is no mirror")
    assert "vol_9 is no member of gold" in refused(plan_of(planner(Selection(volumes=("vol_9", "vol_1"))), seen())).text


def test_an_unseen_place_is_no_answer_and_holds_up_no_other() -> None:
    plan = plan_of(pausing(), seen(lyon=LOST))
    assert plan.steps == ()
    assert [(each.backend, each.because_silent) for each in plan.refusals] == [("gold-lyon", True)]
    plan = plan_of(pausing(ALL), seen(lyon=LOST))
    assert {act.backend for act in acts(plan)} == {"gold-nice"}
    assert [(each.backend, each.because_silent) for each in plan.refusals] == [("gold-lyon", True)]


def test_a_state_that_is_not_known_here_is_left_alone() -> None:
    plan = plan_of(pausing(), seen(lyon=lyon(state=MirrorState.UNKNOWN)))
    assert (plan.steps, refusals(plan)) == ((), [("vol_1", "gold-lyon")])


def test_mirrors_of_a_copy_that_does_not_serve_can_be_paused_too() -> None:
    plan = plan_of(pausing(Selection(at="gold-nice")), failed_over())
    assert Pause in {type(each) for each in changes(plan)}


# -- what others make of it


def test_apply_leaves_it_paused_and_says_by_whom_but_resumes_one_that_was_paused_by_hand() -> None:
    plan = protect(seen(lyon=by_ann()))
    assert Resume not in {type(each) for each in changes(plan, backend=LYON)}
    assert ("gold-lyon", "vol_1") in plan.holds
    assert any("vol_1: left as it is, paused by ann@ops" in note for note in notes_of(plan))
    assert kinds(protect(seen(lyon=lyon(state=MirrorState.PAUSED))), backend=LYON) == ["Resume"]


def test_apply_keeps_the_note_while_it_is_paused_or_about_to_be_and_clears_it_else() -> None:
    moved = a_volume(path="/elsewhere")
    for view, is_kept in (
        (by_ann(), True),
        (by_ann(state=MirrorState.SNAPMIRRORED, transfer=RUNNING), True),
        (by_ann(state=MirrorState.SNAPMIRRORED), False),
    ):
        (change,) = changes(protect(seen(lyon=view, paris=a_cluster_view(HOME, [moved]))), backend=LYON)
        assert isinstance(change, ModifyVolume)
        mark = read_mark(change.comment or "")
        assert mark is not None
        assert (mark.path, paused_of(mark)) == ("/elsewhere", BY_ANN if is_kept else None)


def test_an_update_says_who_paused_it() -> None:
    plan = plan_of(update_planner(BOTH), seen(lyon=by_ann()))
    (refusal,) = plan.refusals
    assert "is paused by ann@ops, process 7, at 2031-05-04 09:00 UTC (new shelf): it takes no update" in refusal.text
    assert refusal.hint == "datamotion resume gold --at gold-lyon resumes it"


# -- resuming


def resume(view: View, selection: Selection = AT_LYON) -> Plan:
    return plan_of(resume_planner(BOTH, selection), view)


def test_resuming_clears_the_note_afterwards_and_keeps_the_rest_of_the_mark() -> None:
    resumed, cleared = changes(resume(seen(lyon=by_ann("trees "))))
    assert resumed == Resume(uuid=UUID)
    assert cleared == ModifyVolume(uuid="gold-lyon/vol_1", comment="trees " + a_mark())


def test_one_that_was_paused_by_hand_is_resumed_and_a_note_that_was_left_is_cleared() -> None:
    assert kinds(resume(seen(lyon=lyon(state=MirrorState.PAUSED)))) == ["Resume"]
    assert kinds(resume(seen(lyon=by_ann(state=MirrorState.SNAPMIRRORED)))) == ["ModifyVolume"]
    plan = resume(seen())
    assert (plan.steps, plan.holds) == ((), frozenset({("gold-lyon", "vol_1")}))


def test_what_was_broken_off_is_not_resumed() -> None:
    plan = resume(seen(lyon=a_cluster_view(LYON, [a_served()], [a_broken()])))
    assert (plan.steps, refusals(plan)) == ((), [("vol_1", "gold-lyon")])


# -- aborting


def abort(view: View, selection: Selection = ALL) -> Plan:
    return plan_of(abort_planner(BOTH, selection), view)


def test_transfers_that_run_are_aborted_and_idle_mirrors_hold() -> None:
    view = seen("vol_1", "vol_2", lyon=a_target_view(LYON, "vol_1", "vol_2", transfer=RUNNING))
    plan = abort(view)
    assert {act.subject for act in acts(plan)} == {("gold-lyon", "vol_1"), ("gold-lyon", "vol_2")}
    assert {type(act.change) for act in acts(plan)} == {AbortTransfer}
    assert plan.holds == {("gold-nice", "vol_1"), ("gold-nice", "vol_2")}


def test_a_transfer_that_begins_later_is_not_aborted() -> None:
    first = standing_of(seen(lyon=lyon(transfer=RUNNING)), BOTH)
    now = standing_of(seen(lyon=lyon(transfer=replace(RUNNING, uuid="the next one"))), BOTH)
    plan = abort_planner(BOTH, AT_LYON)(Situation(now=now, first=first))
    assert (plan.steps, plan.holds) == ((), frozenset({("gold-lyon", "vol_1")}))


def test_a_transfer_that_has_no_name_yet_cannot_be_aborted() -> None:
    plan = abort(seen(lyon=lyon(transfer=QUEUED)), AT_LYON)
    assert (plan.steps, refusals(plan), plan.holds) == ((), [("vol_1", "gold-lyon")], frozenset())


def test_the_transfer_of_a_resync_is_aborted_too() -> None:
    mirror = a_mirror(state=MirrorState.BROKEN_OFF, transfer=RUNNING)
    view = seen(lyon=a_cluster_view(LYON, [a_volume(backend=LYON)], [mirror]), nice=a_target_view(NICE))
    assert kinds(abort(view, AT_LYON)) == ["AbortTransfer"]
