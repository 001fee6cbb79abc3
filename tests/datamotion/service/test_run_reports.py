"""What a run's report says: what was seen at its end, the worst first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.engine.result import Outcome
from datamotion.model.mirror_acts import AwaitTransfer, Break, StartTransfer
from datamotion.model.plan import Refusal
from datamotion.model.words import TransferState
from datamotion.policy.mirrors.update import update_planner
from datamotion.service.reports import RunReport
from datamotion.service.run_reports import run_report
from datamotion.service.verdict import Verdict
from tests.datamotion.building import a_transfer, notes_of
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import (
    ALL,
    GROUP,
    TARGETS,
    Ended,
    carry_out,
    failover,
    mirrored,
    protect,
    transferring,
    unprotected,
)
from tests.datamotion.engine.scripts import act, plan_of, script, step


def told(ended: Ended) -> RunReport:
    return run_report(ended.result, run=1, went_on_from=None, seconds=1.0, calls=1)


def aged(world: World, **ages: timedelta) -> World:
    """The targets' mirrors, each that old."""
    for name in TARGETS:
        seen = world.views[name]
        mirrors = tuple(replace(each, lag=ages.get(each.source.volume, each.lag)) for each in seen.relationships)
        world.views[name] = replace(seen, relationships=mirrors)
    return world


def test_a_failover_tells_who_serves_and_the_oldest_state_first() -> None:
    names = ("vol_1", "vol_2", "vol_10")
    report = told(failover(aged(mirrored(*names), vol_2=timedelta(hours=2))))
    assert (report.verdict, report.serving, report.epoch) == (Verdict.DONE, "gold-lyon", 2)
    assert [(each.volume, each.recovery_age_s) for each in report.volumes] == [
        ("vol_2", 7200.0),
        ("vol_1", 1800.0),
        ("vol_10", 1800.0),
    ]


def test_a_failover_that_broke_nothing_says_that_the_home_serves_as_far_as_was_seen() -> None:
    world = transferring()
    for volume in ("vol_1", "vol_2"):
        world.always["Break", volume] = Fate.DECLINED
    report = told(failover(world))
    assert report.verdict is Verdict.FAILED
    assert (report.serving, report.epoch) == ("gold-paris", 1)
    for each in report.volumes:
        assert (each.outcome, each.detail, each.recovery_point) == (Outcome.FAILED, "lyon says no", None)
        assert each.came_about == ("Abort running transfers", "Pause mirrors")
        assert each.uncertain == ()


@pytest.mark.parametrize("transfer_s", [0, 60])
def test_a_transfer_that_failed_is_told_by_its_failure_and_never_as_come_about(transfer_s: float) -> None:
    """Whether it was seen to run before or not."""
    world = unprotected()
    world.transfer_s, world.transfers_end_as = transfer_s, TransferState.FAILED
    for each in told(protect(world)).volumes:
        if each.backend != "gold-paris":
            assert "failed" in (each.detail or "")
            assert each.came_about == ("Create destination volumes", "Create relationships")
            assert each.uncertain == ()


def test_a_transfer_that_came_to_its_end_has_come_about_whatever_failed_behind_it() -> None:
    world = mirrored()
    world.transfer_s = 60
    world.always["Break", "vol_1"] = Fate.DECLINED
    mirror = world.views["lyon"].relationships[0]
    uuid, exported, last = mirror.uuid, mirror.exported_snapshot, mirror.transfer
    steps = (
        step(act(StartTransfer(uuid=uuid, exported=exported, ended_at=last.ended_at if last else None))),
        step(act(AwaitTransfer(uuid=uuid, exported=exported))),
        step(act(Break(uuid=uuid))),
    )
    (failed,) = told(carry_out(world, script(*steps), ALL)).volumes
    assert (failed.detail, failed.came_about, failed.uncertain) == ("lyon says no", ("StartTransfer",), ())


def test_a_copy_that_clients_can_write_beside_what_serves_is_told_until_it_is_fenced() -> None:
    world = mirrored()
    assert not any("overtaken" in each for each in notes_of(told(failover(world)))), "paris was not asked"
    note = (
        "gold-paris is overtaken and not fenced yet, clients may still write there: vol_1, vol_2."
        " `datamotion apply gold` fences it."
    )
    assert notes_of(told(carry_out(world, update_planner(GROUP), ALL)))[0] == note
    assert note not in notes_of(told(protect(world)))
    assert note not in notes_of(told(carry_out(world, update_planner(GROUP), ALL)))


def test_failures_come_before_what_was_done() -> None:
    world = transferring("vol_1", "vol_2", "vol_3")
    world.always["Break", "vol_3"] = Fate.DECLINED
    report = told(failover(world))
    assert report.verdict is Verdict.PARTLY
    assert [(each.volume, each.outcome) for each in report.volumes] == [
        ("vol_3", Outcome.FAILED),
        ("vol_1", Outcome.DONE),
        ("vol_2", Outcome.DONE),
    ]
    assert {each.backend for each in report.refusals} == {"gold-lyon", "gold-nice"}  # their claims are not confirmed


def test_what_was_sent_before_the_silence_is_told_and_what_is_unknown() -> None:
    world = transferring()
    world.shows_after_s = 1
    world.silent["lyon"] = (4.5, float("inf"))
    report = told(failover(world))
    assert report.verdict is Verdict.SILENT
    for each in report.volumes:
        assert each.outcome is Outcome.UNKNOWN
        assert each.uncertain == ("Break mirrors off",)
        assert each.recovery_point is None
        assert "Nothing was sent" not in (each.hint or "")
    assert len({each.detail for each in report.volumes}) == 1, "a lost cluster is told of once"


def test_a_second_run_that_has_nothing_to_do_changes_nothing_and_says_so() -> None:
    world = unprotected()
    protect(world)
    report = told(protect(world))
    assert report.verdict is Verdict.DONE
    assert {each.outcome for each in report.volumes} == {Outcome.UNCHANGED}


def test_who_overtook_the_run_is_the_first_thing_that_its_notes_say() -> None:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    world.transfer_s = 100
    awaiting = act(AwaitTransfer(uuid="gold-lyon/vol_1/mirror", exported="snap.1"))
    report = told(carry_out(world, script(step(awaiting)), ALL, others=[(10, float("inf"))]))
    assert report.verdict is Verdict.FAILED
    assert "process 8 on host, which runs failover" in notes_of(report)[0]


def test_a_volume_that_only_a_refusal_speaks_of_is_in_the_report() -> None:
    world = mirrored()
    breaking = act(Break(uuid="gold-lyon/vol_1/mirror"))
    no = Refusal(volume="vol_2", backend="gold-lyon", text="it has no copy there")
    planner = script(step(breaking))
    ended = carry_out(world, lambda now: replace(planner(now), refusals=(no,)), ALL)
    report = told(ended)
    assert report.verdict is Verdict.PARTLY
    assert [(each.volume, each.outcome, each.detail) for each in report.volumes] == [
        ("vol_2", Outcome.FAILED, "it has no copy there"),
        ("vol_1", Outcome.DONE, None),
    ]


def test_a_plan_that_holds_nothing_is_no_success() -> None:
    world = mirrored()
    breaking = act(Break(uuid="gold-lyon/vol_1/mirror"))
    planner = script(step(breaking))
    ended = carry_out(world, lambda now: plan_of(*planner(now).steps), ALL)
    assert [each.outcome for each in told(ended).volumes] == [Outcome.FAILED]
