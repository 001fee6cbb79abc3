"""What is told afterwards of what was done: who, what, why, how long each step took, how it ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import trio

from datamotion.cli.runs import render_runs
from datamotion.errors import ConfigError, Refused, StoreFailed
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.mirrors.last_transfers import Pace
from datamotion.runs.phases import Phase
from datamotion.service import failing_over, intents, preparing, protecting
from datamotion.service.history import history, past_run
from datamotion.service.open_runs import open_runs
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from datamotion.store.lock import hold_group, this_process
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.world import GROUP, Quiet, succeed


async def failed_over(story: Story) -> None:
    """Protected, then failed over for a reason."""
    await story.protected("vol_1", "vol_2")
    intent = failing_over.failover(story.place.session.group(GROUP), FailoverChoice(to="gold-lyon", is_planned=None))
    report = await story.place.run(replace(intent, reason="storm at paris"))
    assert report.run == 2, told(report)


def test_the_last_runs_are_told_the_newest_first(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        session = story.place.session
        assert history(session).runs == ()
        await failed_over(story)
        told = history(session)
        assert [(each.run, each.operation, each.why) for each in told.runs] == [
            (2, "failover", "storm at paris"),
            (1, "protect", None),
        ]
        assert {(each.who, each.group, each.phase) for each in told.runs} == {(this_process(), GROUP, "done")}
        assert told.is_all
        last = history(session, GROUP, most=1)
        assert ([each.run for each in last.runs], last.is_all) == ([2], False)
        with pytest.raises(ConfigError, match="silver"):
            history(session, "silver")

    play(quick_path, story)


def test_all_of_one_run_is_told_its_plan_its_outcome_and_how_long_each_step_took(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await failed_over(story)
        found = past_run(story.place.session, 2)
        assert (found.epoch, found.run.why) == (2, "storm at paris")
        assert [step.title for step in found.plan.steps][-3:] == [
            "Confirm the epoch",
            "Confirm the epoch",
            "Give them what clients had",
        ]
        assert found.outcome is not None
        assert (found.outcome.run, found.outcome.verdict, found.outcome.serving) == (2, "done", "gold-lyon")
        points = {each.volume: each.recovery_point for each in found.outcome.volumes if each.backend == "gold-lyon"}
        assert points.keys() == {"vol_1", "vol_2"}
        assert None not in points.values()
        steps = {step.title: step for step in found.steps}
        assert steps["Freeze"].asked_s is not None
        assert steps["Serve"].asked_s is not None
        assert 0 <= steps["Freeze"].asked_s < steps["Serve"].asked_s <= steps["Serve"].until_s
        assert steps["Wait for the last snapshot"].asked_s is None, "it was awaited, nobody was asked for it"
        assert found.run.seconds is not None
        assert max(step.until_s for step in found.steps) <= found.run.seconds
        assert {line.note for line in found.journal} == {"intended", "answered", "reached"}
        assert ("Serve", ("vol_1", "vol_2")) in {(line.step, line.volumes) for line in found.journal}

    play(quick_path, story)


def test_a_run_that_does_not_exist_is_told_with_the_newest_that_does(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        with pytest.raises(ConfigError) as none_yet:
            past_run(story.place.session, 1)
        assert "it holds no run yet" in (none_yet.value.hint or "")
        await failed_over(story)
        with pytest.raises(ConfigError, match="the store knows no run 7") as unknown:
            past_run(story.place.session, 7)
        assert "the newest is run 2" in (unknown.value.hint or "")

    play(quick_path, story)


def test_a_run_that_was_cut_off_has_no_outcome_and_the_next_one_says_so(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        assert await dies(lambda mortal: mortal.failover("lyon"), story, Life(4, is_carried_out=True))
        found = past_run(story.place.session, 2)
        assert (found.outcome, found.run.phase, found.run.seconds) == (None, Phase.ACTING, None)
        assert found.journal
        await story.failover("lyon")
        assert [each.phase for each in history(story.place.session).runs] == [Phase.DONE, Phase.CUT_OFF, Phase.DONE]

    play(quick_path, story)


def test_a_run_of_a_group_that_is_not_configured_says_what_comes_before_its_command(
    quick_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        assert await dies(lambda mortal: mortal.failover("lyon"), story, Life(4, is_carried_out=True))
        (left,) = open_runs(story.place.session).runs
        assert left.needs is None
        without = story.configured(lambda tree: tree["groups"].update(other=tree["groups"].pop(GROUP)))
        (left,) = open_runs(without.place.session).runs
        assert left.needs == "gold is not in the configuration: put it back, or name with --config the one that has it"
        capsys.readouterr()
        render_runs(open_runs(without.place.session))
        shown = " ".join(capsys.readouterr().out.split())
        assert f"run 2: {left.needs}; then {left.goes_on} goes on with it" in shown

    play(quick_path, story)


def test_a_failover_that_moved_nothing_is_recorded_as_failed_and_one_of_a_part_as_partly_done(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        mirror = await story.mirror("lyon", "vol_1")
        async with story.place.lab["lyon"].client() as client:
            fault = {"kind": "transfer_failure", "relationship": mirror["uuid"]}
            await succeed(client.post("/lab/faults", json=fault))
        report = await story.failover("lyon", is_planned=None)
        assert (report.verdict, story.served("paris")) == (Verdict.FAILED, {"vol_1", "vol_2"}), told(report)
        assert history(story.place.session).runs[0].phase == "failed"
        report = await story.failover("lyon", is_planned=None, best_effort=True)
        assert (report.verdict, story.served("lyon")) == (Verdict.PARTLY, {"vol_2"}), told(report)
        assert history(story.place.session).runs[0].phase == "partly done"
        assert {each.state for each in open_runs(story.place.session).runs} == {"left undone"}, (
            "each can be gone on with"
        )

    play(quick_path, story, schedule=None)


def test_a_report_that_another_release_wrote_is_told_as_that(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await failed_over(story)
        session = story.place.session
        with session.world.open_store(session.store_url) as store, store._engine.begin() as connection:
            connection.exec_driver_sql("UPDATE runs SET report = '{}' WHERE id = 2")
        with pytest.raises(StoreFailed, match="run 2 cannot be read"):
            past_run(session, 2)

    play(quick_path, story)


def test_a_run_that_was_interrupted_ended_then_and_only_the_same_command_goes_on_from_it(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        gate = story.place.lab["lyon"].cluster.transfer_gate
        gate.hold()
        with trio.move_on_after(7):
            await story.update()
        gate.release()
        await trio.sleep(3600)
        cut_off = history(story.place.session).runs[0]
        assert (cut_off.operation, cut_off.phase) == ("update", "cut off")
        assert cut_off.seconds == pytest.approx(7, abs=1)
        other = await story.apply()
        assert other.went_on_from is None, "it had nothing to do with that"
        with trio.move_on_after(7):
            gate.hold()
            await story.update()
        gate.release()
        again = await story.update()
        assert again.went_on_from == history(story.place.session).runs[1].run, told(again)

    play(quick_path, story, schedule=None)


def test_runs_that_go_on_and_that_were_cut_off_are_told_with_what_goes_on_with_them(quick_path: Path) -> None:
    async def fail_over(story: Story) -> RunReport:
        choice = {"is_planned": None, "max_loss": timedelta(hours=2), "best_effort": True, "pace": Pace(near=2**20)}
        return await story.failover("lyon", **choice)

    async def story(story: Story) -> None:
        session = story.place.session
        await story.protected("vol_1")
        assert (open_runs(session).runs, open_runs(session).exit_status) == ((), 0)
        gate = story.place.lab["lyon"].cluster.transfer_gate
        gate.hold()
        with trio.move_on_after(9):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(story.update)
                await trio.sleep(5)
                (told,) = open_runs(session).runs
                assert (told.run.operation, told.state, open_runs(session).exit_status) == ("update", "waits", 0)
        gate.release()
        (told,) = open_runs(session).runs
        assert (told.state, told.goes_on) == ("cut off", "datamotion update gold")
        assert open_runs(session).exit_status == 1
        await story.update()
        assert await dies(fail_over, story, Life(3, is_carried_out=True))
        (told,) = open_runs(session).runs
        command = "datamotion failover gold --to gold-lyon --best-effort --no-reprotect --freeze-below 1048576"
        assert (told.state, told.goes_on) == ("cut off", command)
        with hold_group(session.lock_folder, GROUP, "failover", session.world.clock.now()):
            assert [each.state for each in open_runs(session).runs] == ["under way"]
        await fail_over(story)
        assert open_runs(session).runs == ()

    play(quick_path, story, schedule=None)


def test_a_run_that_was_cut_off_at_its_very_end_is_told_no_more_once_nothing_is_left_to_do(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        session = story.place.session
        await story.protected("vol_1")
        calls = 0
        while await dies(lambda mortal: mortal.failover("lyon"), story, Life(calls, is_carried_out=True)):
            calls += 1
            async with preparing.prepare(session, [_failover(story)]) as (prepared,):
                if not prepared.plan.steps:
                    break
        (told,) = open_runs(session).runs
        assert told.state == "cut off"
        for _ in range(2):
            async with preparing.prepare(session, [_failover(story)]) as (prepared,):
                prepared.record_nothing_left()
        assert open_runs(session).runs == ()
        newest, before = history(session).runs[:2]
        assert (newest.operation, newest.phase, before.phase) == ("failover", "done", "cut off")
        assert past_run(session, newest.run).journal == ()

    play(quick_path, story, schedule=None)


def _failover(story: Story) -> intents.Intent:
    return failing_over.failover(story.place.session.group(GROUP), FailoverChoice(to="gold-lyon"))


def test_who_serves_falls_silent_behind_the_plan_and_nothing_is_done_by_an_older_epoch(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        session = story.place.session
        await story.protected("vol_1")
        story.place.lose("paris")
        assert (await story.failover("lyon")).verdict is Verdict.DONE
        story.place.regain("paris")
        async with preparing.prepare(session, [protecting.protect(session.group(GROUP))]) as (prepared,):
            assert prepared.plan.steps
            story.place.lose("lyon")
            with pytest.raises(Refused, match="gold-lyon, which took gold over in epoch 2, cannot be seen any more"):
                await prepared.carry_out(Quiet())
        assert history(session).runs[0].operation == "failover"

    play(quick_path, story, schedule=None)
