"""Which acts are due next, and which never will be, from a plan and what was given up of it."""

from __future__ import annotations

from datamotion.engine.failures import Failure
from datamotion.engine.turn import GivenUp, next_acts, shut_out
from datamotion.model.acts import Act
from datamotion.model.mirror_acts import Break, Pause
from datamotion.model.plan import Gate
from datamotion.model.serving_acts import CreateExportPolicy, ModifyQtree
from datamotion.model.volume_acts import ModifyVolume
from tests.datamotion.building import LYON, NICE
from tests.datamotion.engine.scripts import act, plan_of, step

NO = Failure(text="lyon says no")


def pause(volume: str = "vol_1") -> Act:
    return act(Pause(uuid=volume), volume)


def break_off(volume: str = "vol_1") -> Act:
    return act(Break(uuid=volume), volume)


def for_all(backend: object = LYON) -> Act:
    assert backend in (LYON, NICE)
    return act(CreateExportPolicy(svm="svm", name="fence"), None, LYON if backend is LYON else NICE)


def test_every_volume_goes_on_alone() -> None:
    plan = plan_of(step(pause()), step(break_off(), break_off("vol_2")))
    assert next_acts(plan, {}) == [pause(), break_off("vol_2")]


def test_all_acts_of_a_volume_in_one_step_are_due_together() -> None:
    qtrees = [act(ModifyQtree(volume_uuid="1", id=number, export="fence"), about=str(number)) for number in (1, 2)]
    volume = act(ModifyVolume(uuid="1", export="fence"))
    assert next_acts(plan_of(step(*qtrees, volume), step(break_off())), {}) == [*qtrees, volume]


def test_behind_a_gate_nobody_begins_before_every_act_of_it_has_come_about() -> None:
    plan = plan_of(step(pause("vol_1"), gate=Gate.ALL), step(break_off("vol_1"), break_off("vol_2")))
    assert next_acts(plan, {}) == [pause("vol_1")]
    assert next_acts(plan_of(*plan.steps[1:]), {}) == [break_off("vol_1"), break_off("vol_2")]


def test_before_a_gate_others_go_on() -> None:
    plan = plan_of(step(pause("vol_1")), step(break_off("vol_1"), break_off("vol_2"), gate=Gate.ALL))
    assert next_acts(plan, {}) == [pause("vol_1"), break_off("vol_2")]


def test_what_all_volumes_of_a_back_end_need_holds_up_those_volumes_alone() -> None:
    there = act(Pause(uuid="nice"), "vol_1", NICE)
    plan = plan_of(step(for_all()), step(pause(), there))
    assert next_acts(plan, {}) == [for_all(), there]


def test_what_concerns_a_whole_back_end_comes_after_its_volumes_where_the_plan_says_so() -> None:
    plan = plan_of(step(pause()), step(for_all(), for_all(NICE)))
    assert next_acts(plan, {}) == [pause(), for_all(NICE)]


def test_at_the_end_nobody_begins_before_all_volumes_of_all_back_ends_have_come_about() -> None:
    plan = plan_of(step(pause()), step(break_off("vol_2")), step(for_all(), for_all(NICE), gate=Gate.END))
    assert next_acts(plan, {}) == [pause(), break_off("vol_2")]
    assert next_acts(plan_of(*plan.steps[1:]), {}) == [break_off("vol_2")]
    assert next_acts(plan_of(*plan.steps[2:]), {}) == [for_all(), for_all(NICE)]


def test_what_failed_anywhere_shuts_the_end_unless_it_is_that_of_the_rest() -> None:
    failed: GivenUp = {("gold-lyon", "vol_1"): NO}
    for gate, shut in ((Gate.END, {"gold-lyon", "gold-nice"}), (Gate.END_OF_REST, set())):
        plan = plan_of(step(pause()), step(for_all(), for_all(NICE), gate=gate))
        assert {each.backend for each, _ in shut_out(plan, failed) if each.volume is None} == shut
        assert (next_acts(plan, failed) == [for_all(), for_all(NICE)]) or gate is Gate.END


def test_what_was_given_up_is_not_due() -> None:
    plan = plan_of(step(pause("vol_1"), pause("vol_2")))
    assert next_acts(plan, {("gold-lyon", "vol_1"): NO}) == [pause("vol_2")]


def test_behind_a_gate_that_cannot_open_everything_is_given_up_for_that_reason() -> None:
    plan = plan_of(
        step(pause("vol_3")),
        step(pause("vol_1"), pause("vol_2"), gate=Gate.ALL),
        step(break_off("vol_1"), break_off("vol_2"), act(Break(uuid="nice"), "vol_1", NICE)),
    )
    shut = shut_out(plan, {("gold-lyon", "vol_1"): NO})
    assert [each.subject for each, _ in shut] == [("gold-lyon", "vol_2"), ("gold-nice", "vol_1")]
    for _, failure in shut:
        assert all(told in failure.text for told in ("Pause", "vol_1", "gold-lyon", "lyon says no"))


def test_a_volume_that_was_given_up_before_the_gate_keeps_it_shut() -> None:
    plan = plan_of(step(pause("vol_1")), step(break_off("vol_1"), gate=Gate.ALL), step(break_off("vol_2")))
    assert [each.subject for each, _ in shut_out(plan, {("gold-lyon", "vol_1"): NO})] == [("gold-lyon", "vol_2")]


def test_what_is_beside_waits_for_a_gate_and_not_for_what_failed_at_it() -> None:
    given = [act(ModifyVolume(uuid=name, qos="fast"), name) for name in ("vol_1", "vol_2")]
    plan = plan_of(
        step(break_off("vol_1"), break_off("vol_2"), gate=Gate.ALL), step(for_all()), step(*given, gate=Gate.BESIDE)
    )
    assert next_acts(plan, {}) == [break_off("vol_1"), break_off("vol_2")]
    failed = {break_off("vol_1").subject: NO}
    assert [act for act, _ in shut_out(plan, failed)] == [for_all()]
    assert next_acts(plan_of(*plan.steps[1:]), {**failed, for_all().subject: NO}) == [given[1]]


def test_without_a_gate_nothing_else_is_given_up() -> None:
    plan = plan_of(step(pause("vol_1"), pause("vol_2")), step(break_off("vol_1"), break_off("vol_2")))
    assert shut_out(plan, {("gold-lyon", "vol_1"): NO}) == []


def test_without_what_all_its_volumes_need_a_back_end_is_given_up_for_that_very_reason() -> None:
    plan = plan_of(step(for_all()), step(pause("vol_1"), act(Pause(uuid="nice"), "vol_1", NICE)))
    assert shut_out(plan, {("gold-lyon", None): NO}) == [(pause("vol_1"), NO)]


def test_what_comes_before_it_is_not_given_up_with_what_a_whole_back_end_needs_at_last() -> None:
    plan = plan_of(step(pause("vol_1")), step(for_all()))
    assert shut_out(plan, {("gold-lyon", None): NO}) == []


# -- what a volume has done last, at every back end


def at_nice(change: Pause | Break | ModifyVolume) -> Act:
    return act(change, "vol_1", NICE)


LAST = (
    step(act(ModifyVolume(uuid="lyon"), "vol_1"), act(ModifyVolume(uuid="2"), "vol_2"), gate=Gate.VOLUME),
    step(at_nice(ModifyVolume(uuid="nice")), gate=Gate.VOLUME),
)


def test_a_last_step_waits_for_its_volume_at_every_back_end_and_for_no_other_last_step() -> None:
    plan = plan_of(step(at_nice(Pause(uuid="nice"))), *LAST)
    assert next_acts(plan, {}) == [at_nice(Pause(uuid="nice")), act(ModifyVolume(uuid="2"), "vol_2")]
    assert next_acts(plan_of(*LAST), {}) == [each for last in LAST for each in last.acts]


def test_what_failed_for_a_volume_anywhere_ends_it_before_its_last_step() -> None:
    plan = plan_of(step(at_nice(Pause(uuid="nice"))), *LAST)
    shut = shut_out(plan, {("gold-nice", "vol_1"): NO})
    assert [each.subject for each, _ in shut] == [("gold-lyon", "vol_1")]
    assert all(told in shut[0][1].text for told in ("left for last", "Pause", "gold-nice", "lyon says no"))


def test_a_volume_goes_on_to_its_last_step_though_it_failed_elsewhere() -> None:
    plan = plan_of(step(pause(), at_nice(Pause(uuid="nice"))), *LAST)
    assert shut_out(plan, {("gold-nice", "vol_1"): NO}) == []


def test_a_last_step_that_failed_holds_up_none_elsewhere() -> None:
    assert shut_out(plan_of(*LAST), {("gold-lyon", "vol_1"): NO}) == []
