"""Drills with real bytes: clones of mirrors are served, updates go on beside them, and nothing is left afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import trio

from datamotion.policy.drills.drills import DrillChoice
from datamotion.service import drill_evidence, drills, preparing, removal
from datamotion.service.commands_here import CheckOutcome
from datamotion.service.drill_reports import MirrorSeen, Served, changes_of
from datamotion.service.history import history, past_run
from datamotion.service.intents import Intent
from datamotion.service.open_runs import open_runs
from datamotion.service.verdict import Verdict
from tests.together.mortal import Life, dies
from tests.together.stories import Story, outcomes, play, told
from tests.together.world import GROUP, SVMS, digests


def start(story: Story, to: str | None = None, **choice: object) -> Intent:
    wanted = DrillChoice(to=to and f"gold-{to}", **choice)  # type: ignore[arg-type]
    return drills.start(story.place.session.group(GROUP), wanted)


def stop(story: Story) -> Intent:
    return drills.stop(story.place.session.group(GROUP))


async def names(story: Story, cluster: str = "lyon") -> list[str]:
    return sorted(each["name"] for each in await story.at[cluster].get("/storage/volumes"))


async def mirrors(story: Story) -> tuple[MirrorSeen, ...]:
    async with preparing.prepare(story.place.session, [start(story)]) as (prepared,):
        return drills.mirrors_of(prepared.standing)


async def of_the_source(story: Story, name: str = "by_hand", *volumes: str) -> None:
    """A snapshot that the source made and its mirrors hold."""
    for each in volumes or ("vol_1",):
        found = await story.volume("paris", each, "uuid")
        await story.at["paris"].post(f"/storage/volumes/{found['uuid']}/snapshots", {"name": name})
    await trio.sleep(60)
    assert (await story.update()).verdict is Verdict.DONE


def mirror_all(story: Story) -> Story:
    return story.configured(
        lambda tree: [each.update(policy="MirrorAllSnapshots") for each in tree["groups"][GROUP]["targets"]]
    )


def test_clones_are_served_while_updates_go_on_and_stop_leaves_nothing(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = mirror_all(story)
        await story.protected("vol_1", "vol_2")
        await of_the_source(story, "by_hand", "vol_1", "vol_2")
        before, volumes = await mirrors(story), await names(story)
        report = await story.place.run(start(story))
        assert report.verdict is Verdict.DONE, told(report)
        seen = digests(story.place.root / "lyon" / "exports" / SVMS["lyon"] / "drill" / "vol_1")
        assert seen == digests(story.place.tree("paris", "vol_1"))
        clone = await story.volume("lyon", "vol_1_drill", "clone.parent_snapshot.name")
        assert clone["clone"]["parent_snapshot"]["name"] == "by_hand"
        (story.place.tree("lyon", "vol_1_drill") / "kept").write_text("scribbled over")
        assert changes_of(before, await mirrors(story)) == ()

        story.write("paris", "vol_1", "during")
        await trio.sleep(60)
        assert (await story.update()).verdict is Verdict.DONE
        assert story.files("lyon") == {"kept", "during"}
        assert digests(story.place.tree("lyon", "vol_1")) == digests(story.place.tree("paris", "vol_1"))
        assert [each.volume for each in (await story.group()).volumes] == ["vol_1", "vol_2"]

        report = await story.place.run(stop(story))
        assert report.verdict is Verdict.DONE, told(report)
        assert await names(story) == volumes
        assert not (await story.planned(stop(story))).changes
        assert changes_of(before, await mirrors(story)) == ()

    play(quick_path, story)


def test_a_mirror_without_another_snapshot_is_cloned_at_its_base_and_the_plan_says_what_that_may_stop(
    quick_path: Path,
) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        plan = await story.planned(start(story))
        assert "updates may stop until the drill is stopped" in told(plan)
        assert (await story.planned(start(story, snapshot="nosuch"))).verdict is Verdict.REFUSED

    play(quick_path, story)


def test_a_second_drill_is_refused_naming_the_first_and_goes_elsewhere(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        await story.place.run(start(story, "lyon"))
        again = await story.planned(start(story, "lyon"))
        assert (again.verdict, again.changes) == (Verdict.DONE, False)
        assert "which stays so" not in told(again)
        longer = await story.planned(start(story, "lyon", keep_for=timedelta(hours=5)))
        assert "It was begun to be kept for 2 h, which stays so." in told(longer)
        plan = await story.planned(start(story, "lyon", prefix="/other"))
        assert plan.verdict is Verdict.REFUSED
        assert "a drill of gold runs at gold-lyon since" in told(plan)
        assert "datamotion drill stop gold ends it" in told(plan)
        report = await story.place.run(start(story, "oslo", prefix="/other"))
        assert report.verdict is Verdict.DONE, told(report)
        await story.place.run(stop(story))
        assert (await names(story), await names(story, "oslo")) == (["vol_1"], ["vol_1"])

    play(quick_path, story, targets=("lyon", "oslo"))


def test_a_drill_at_another_snapshot_than_the_one_that_runs_is_refused_with_what_to_type(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        story = mirror_all(story)
        await story.protected()
        await of_the_source(story, "first")
        await of_the_source(story, "second")
        await story.place.run(start(story, "lyon", snapshot="first"))
        again = await story.planned(start(story, "lyon", snapshot="first"))
        assert (again.verdict, again.changes) == (Verdict.DONE, False)
        plan = await story.planned(start(story, "lyon", snapshot="second"))
        assert plan.verdict is Verdict.REFUSED
        assert "the drill of gold that runs at gold-lyon serves first (vol_1_drill), not second" in told(plan)
        assert "datamotion drill start gold --to gold-lyon --at second" in told(plan)
        async with preparing.prepare(story.place.session, [start(story, "lyon")]) as (prepared,):
            (served,) = drills.served_by(prepared.standing, "gold-lyon", {})
        assert (served.snapshot, served.age_s) == ("first", None)

    play(quick_path, story)


def test_a_drill_over_its_time_is_removed_by_the_next_apply_and_not_before(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        await story.place.run(start(story, keep_for=timedelta(hours=2)))
        await story.apply()
        assert await names(story) == ["vol_1", "vol_1_drill"]
        await trio.sleep(7300)
        assert "Remove clones of drills" in told(await story.plan())
        await story.apply()
        assert await names(story) == ["vol_1"]

    play(quick_path, story)


def test_gc_removes_drills_of_groups_that_are_gone_and_leaves_those_that_run(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        await story.place.run(start(story))
        group = story.place.session.group(GROUP)
        assert not (await story.planned(removal.gc(group, [GROUP]))).changes
        comment = (await story.volume("lyon", "vol_1_drill", "comment"))["comment"]
        await story.change("lyon", "vol_1_drill", {"comment": comment.replace("drill=gold", "drill=gone")})
        await story.place.run(removal.gc(group, [GROUP]))
        assert await names(story) == ["vol_1"]

    play(quick_path, story)


def test_a_failover_goes_on_beside_a_drill_and_unprotect_takes_its_clones_first(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        await story.place.run(start(story, "lyon"))
        report = await story.place.run(removal.unprotect(story.place.session.group(GROUP), delete_copies=True))
        assert outcomes(report, "gold-oslo")["vol_1"] == "done", told(report)
        assert await names(story) == []
        await story.apply()
        await story.place.run(start(story, "lyon"))
        story.place.lose("paris")
        assert (await story.failover("lyon")).verdict is Verdict.DONE
        assert story.served("lyon") == {"vol_1"}
        assert [each.volume for each in (await story.group()).volumes] == ["vol_1"]

    play(quick_path, story, targets=("lyon", "oslo"))


def test_what_somebody_made_of_that_name_is_left_and_what_is_gone_is_no_mistake(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.place.run(start(story))
        clone = await story.volume("lyon", "vol_1_drill", "uuid")
        await story.at["lyon"].delete(f"/storage/volumes/{clone['uuid']}")
        await story.change("lyon", "vol_2_drill", {"comment": "mine by now"})
        await story.place.run(stop(story))
        assert await names(story) == ["vol_1", "vol_2", "vol_2_drill"]

    play(quick_path, story)


def test_a_stop_that_was_cut_off_is_told_apart_from_its_start_and_goes_on_by_its_own_command(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        await story.place.run(start(story))
        assert await dies(lambda it: it.place.run(stop(it)), story, Life(0, is_carried_out=True))
        (left,) = open_runs(story.place.session).runs
        assert (left.run.operation, left.goes_on) == ("drill stop", "datamotion drill stop gold")
        assert (await story.place.run(stop(story))).went_on_from == left.run.run
        assert [each.operation for each in history(story.place.session).runs[:3]] == [
            "drill stop",
            "drill stop",
            "drill",
        ]

    play(quick_path, story)


def test_evidence_that_no_run_was_begun_for_is_kept_with_one_that_ended_as_its_plan_was_told(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.place.run(start(story))
        await story.delete_mirror("lyon", "vol_2")
        session, again = story.place.session, start(story)
        async with preparing.prepare(session, [again]) as (prepared,):
            assert (prepared.report.changes, prepared.report.verdict) == (False, Verdict.REFUSED)
        evidence = await drill_evidence.gather(session, again, prepared, None, drills.Exam(), session.world.clock.now())
        assert [each.volume for each in evidence.before] == ["vol_1"]
        runs = [(each.run, each.phase, each.drill_outcome) for each in history(session).runs]
        assert runs == [(3, "failed", "passed"), (2, "done", None), (1, "done", None)]
        assert past_run(session, 3).evidence == evidence

        too_long = drills.Exam(checks=[(["sleep", "60"], timedelta(seconds=1))])
        async with preparing.prepare(session, [again]) as (prepared,):
            pass
        evidence = await drill_evidence.gather(session, again, prepared, None, too_long, session.world.clock.now())
        assert [each.problem for each in evidence.checks] == ["did not end within 1 s"]
        assert history(session).runs[0].drill_outcome == "failed"
        assert past_run(session, 4).evidence == evidence

    play(quick_path, story)


@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.sweep
def test_killed_at_whatever_call_the_same_command_comes_to_the_same_end(is_carried_out: bool, quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2", "vol_3")
        before = await mirrors(story)
        for intent, left in ((start, ["vol_1_drill", "vol_2_drill", "vol_3_drill"]), (stop, [])):
            calls, was_cut = 0, True
            while was_cut:
                was_cut = await dies(lambda it, do=intent: it.place.run(do(it)), story, Life(calls, is_carried_out))  # type: ignore[misc]
                await story.place.run(intent(story))
                assert [each for each in await names(story) if each.endswith("_drill")] == left
                if was_cut:
                    calls += 1
                    await story.place.run(stop(story) if intent is start else start(story))
            assert calls > 0
        assert changes_of(before, await mirrors(story)) == ()

    play(quick_path, story)


def test_status_tells_of_a_drill_and_counts_nothing_against_it(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        await story.place.run(start(story))
        concerns = await story.concerns()
        assert list(concerns) == ["drill"]
        assert concerns["drill"].exit_status == 0
        assert "a drill serves 1 clone of mirrors, until" in concerns["drill"].text

    play(quick_path, story)


def test_a_check_is_told_of_the_clones_and_nothing_secret_and_ends_in_time(tmp_path: Path) -> None:
    served = [Served(volume="vol_1", clone="vol_1_drill", path="/drill/vol_1", snapshot="s", age_s=1.0)]
    environ = {"PATH": "/usr/bin:/bin", "LAB_PASSWORD": "secret"}

    def outcome(*command: str, limit: float = 20) -> CheckOutcome:
        facts = {"DATAMOTION_GROUP": "gold"}
        return trio.run(drills.check, command, facts, served, environ, timedelta(seconds=limit))

    told_all = outcome("env")
    assert told_all.passed
    assert "/drill/vol_1" in told_all.printed
    assert "DATAMOTION_GROUP=gold" in told_all.printed
    assert "secret" not in told_all.printed
    assert (outcome("false").status, outcome("false").passed) == (1, False)
    assert outcome("sleep", "60", limit=0.01).problem == "did not end within 0.01 s"
    assert (outcome("/no/such").problem or "").startswith("cannot be run")


def test_a_mirror_that_another_one_replaced_or_that_is_in_another_state_is_told() -> None:
    was = MirrorSeen(volume="vol_1", backend="lyon", uuid="1", state="snapmirrored", snapshot="a", lag_s=5.0)
    assert changes_of([was], [replace(was, snapshot="b", lag_s=1.0)]) == ()
    assert changes_of([was], []) == ("vol_1 at lyon: not seen afterwards",)
    for other in (replace(was, uuid="2"), replace(was, state="broken_off"), replace(was, snapshot=None)):
        assert len(changes_of([was], [other])) == 1
