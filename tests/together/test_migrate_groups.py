"""A protected group brought to another home with its mirrors, in one command: they follow it, with no new baseline."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import trio

from datamotion.errors import ConfigError, DataMotionError
from datamotion.model.acts import Act
from datamotion.model.mirror_acts import Break, Initialize
from datamotion.model.volume_acts import DeleteVolume, TakeSnapshot
from datamotion.service import migrations, mirrors, under_way
from datamotion.service.explain import explain
from datamotion.service.open_runs import open_runs
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.verdict import Verdict
from tests.profile import IS_SOAK, thinned
from tests.together.histories.clients import Clients
from tests.together.mortal import Died, Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_check import calls
from tests.together.test_explain import shown
from tests.together.test_migrate import EndsOnceConfirmed
from tests.together.test_migrate import plan as plan_of_a_volume
from tests.together.world import GROUP, Quiet, digests

MIB = 2**20
THREE = ("lyon", "oslo")


def with_targets(story: Story, home: str, *targets: str, **more: Any) -> Story:
    """The same clusters, of which these are the group's."""

    def change(tree: dict[str, Any]) -> None:
        group = tree["groups"][GROUP]
        group["home"] = f"gold-{home}"
        mirrored = {"aggregates": ["aggr1"], "policy": "MirrorAllSnapshots", **more}
        group["targets"] = [{"backend": f"gold-{name}", **mirrored} for name in targets]

    return story.configured(change)


def bring(story: Story, to: str = "gold-oslo", **more: Any) -> Any:
    session = story.place.session
    is_target = session.group(GROUP).target(to) is not None
    return migrations.migration_of(session, GROUP, to=to, aggregates=() if is_target else ("aggr1",), **more)


async def migrate(story: Story, **more: Any) -> RunReport:
    return await story.place.run(migrations.migrate(bring(story, **more)))


async def abort(story: Story) -> RunReport:
    return await story.place.run(migrations.abort(bring(story, is_undone=True)))


async def plan(story: Story, **more: Any) -> PlanReport:
    return await story.planned(migrations.migrate(bring(story, **more)))


async def carried(story: Story, cluster: str) -> tuple[str, int]:
    """What its mirror follows, and how many bytes its last transfer carried."""
    mirror = await story.mirror(cluster)
    return mirror["source"]["path"], mirror["transfer"]["bytes_transferred"]


async def named(story: Story, cluster: str, path: str, pattern: str) -> list[str]:
    found = await story.at[cluster].http.get(f"/api{path}", params={"name": pattern, "fields": "name"})
    return [each["name"] for each in found.json()["records"]]


def test_a_group_goes_to_another_back_end_and_its_mirrors_follow_without_a_baseline(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        await own.protected("vol_1")
        (own.place.tree("paris", "vol_1") / "large").write_bytes(bytes(range(256)) * (8 * MIB // 256))
        assert (await own.update()).verdict is Verdict.DONE
        own.write("paris", "vol_1", "late")
        shown = await plan(own)
        said = told(shown) + "\n".join(shown.then)
        assert shown.verdict is Verdict.DONE, said
        assert [each.mechanism for each in shown.mechanisms if each.is_taken] == [
            "SnapMirror, cut-over, and its mirrors follow"
        ]
        assert "gold-lyon is told to mirror gold-oslo, with no new baseline" in said
        assert [(each.volume, each.backend) for each in shown.losses] == [("vol_1", "gold-paris")]
        report = await migrate(own)
        assert report.verdict is Verdict.DONE, told(report)
        left = "name gold-oslo as the home of gold in the configuration, and gold-paris no more."
        assert f"When it is done, {left}" in [each.text for each in report.notes]
        over = await plan(own)
        assert (over.verdict, over.changes) == (Verdict.DONE, 0)
        assert [each.text for each in over.notes] == [f"gold is served by gold-oslo: {left}"]
        assert "no such migration is under way" in told(await abort(own))
        follows, bytes_carried = await carried(own, "lyon")
        # as lyon calls oslo's SVM, which has the name of that of paris
        assert (follows, bytes_carried < MIB) == ("svm_gold_oslo:vol_1", True), "no new baseline"
        moved = with_targets(story, "oslo", "lyon")
        await assert_moved(moved, "kept", "large", "late")

    play(quick_path, main, targets=THREE)


async def assert_moved(moved: Story, *files: str, keeps_source: bool = False) -> None:
    """The group lives at oslo and is mirrored to lyon; nothing of it is left at paris."""
    assert await named(moved, "paris", "/storage/volumes", "vol_*") == (["vol_1"] if keeps_source else [])
    assert await named(moved, "paris", "/snapmirror/policies", "datamotion_*") == []
    assert moved.served("oslo") == {"vol_1"}
    assert {each.exit_status for each in (await moved.concerns()).values()} <= {0}, await moved.concerns()
    assert (await moved.group()).serving == "gold-oslo"
    moved.write("oslo", "vol_1", "since")
    assert (await moved.update()).verdict is Verdict.DONE
    assert_alike(moved, "lyon", "oslo", *files, "since")
    assert (moved.place.tree("oslo", "vol_1") / "kept").read_text() == "vol_1 kept\n" * 100


@pytest.mark.parametrize("keeps_source", [False, True])
def test_the_only_target_is_no_new_home_and_what_is_told_instead_keeps_a_mirror(
    quick_path: Path, keeps_source: bool
) -> None:
    """What would be deleted last is the one other copy, before a failover as after one."""

    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        assert "nothing of gold is protected yet" in told(await plan(own, to="gold-lyon"))
        await own.protected("vol_1")
        writes = await calls(story, "writes")
        shown = await plan(own, to="gold-lyon", keeps_source=keeps_source)
        assert (shown.verdict, shown.changes) == (Verdict.REFUSED, 0)
        assert "once that is parted from nothing mirrors what gold-lyon serves" in told(shown)
        assert "from then on: datamotion swap gold --to gold-lyon; to leave gold-paris: name another" in told(shown)
        assert await calls(story, "writes") == writes
        assert (await own.failover("lyon", is_planned=True)).verdict is Verdict.DONE  # swap is this, and
        then = await plan(own, to="gold-lyon", keeps_source=keeps_source)
        assert (then.verdict, any(each.is_taken for each in then.mechanisms)) == (Verdict.REFUSED, False)
        assert (
            "datamotion reprotect gold, then name gold-lyon as the home of gold, and gold-paris as its target"
            in told(then)
        )
        assert (await own.place.run(mirrors.reprotect(own.place.session.group(GROUP)))).verdict is Verdict.DONE
        swapped = with_targets(story, "lyon", "paris")
        assert {each.exit_status for each in (await swapped.concerns()).values()} <= {0}, await swapped.concerns()

    play(quick_path, main, targets=THREE)


def test_where_the_home_holds_nothing_all_name_what_mirrors_it_there(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon", "oslo")
        await own.protected("vol_1")
        report = await own.place.run(migrations.migrate(bring(own, to="gold-lyon")))
        assert report.verdict is Verdict.DONE, told(report)
        left = (
            "name gold-lyon as the home of gold in the configuration and no more as a target, and gold-paris no more."
        )
        assert f"When it is done, {left}" in told(report)
        moved = with_targets(story, "lyon", "oslo")
        assert {each.exit_status for each in (await moved.concerns()).values()} <= {0}, await moved.concerns()
        # As somebody has it who took the other target out instead of the old home.
        former = with_targets(story, "paris", "lyon")
        way = "name gold-lyon as the home of gold in the configuration, and gold-paris as a target, with aggregates:"
        again = await former.planned(mirrors.reprotect(former.place.session.group(GROUP)))
        assert [way in said for said in (told(again), told(await former.plan()))] == [True, True]
        concerns = await former.concerns()
        assert way in str(concerns["unprotected"].hint), concerns
        named = with_targets(story, "lyon", "paris")
        assert (await named.apply()).verdict is Verdict.DONE
        assert (await named.mirror("paris"))["source"]["path"].endswith(":vol_1")

    play(quick_path, main, targets=THREE)


def test_what_has_no_snapshot_in_common_is_carried_anew_and_told_before(quick_path: Path) -> None:
    """Two mirrors by MirrorLatest hold a snapshot each that the other one has not."""

    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon", "oslo", policy="MirrorLatest")
        await own.protected("vol_1")
        (own.place.tree("paris", "vol_1") / "large").write_bytes(bytes(range(256)) * (8 * MIB // 256))
        for _ in range(2):
            assert (await own.update()).verdict is Verdict.DONE
        shown = await plan(own)
        anew = next(each for each in shown.losses if each.backend == "gold-lyon")
        assert "until 8 MiB are carried there anew" in anew.text, anew.text
        assert "what has no snapshot in common is carried there anew" in "\n".join(shown.then)
        report = await migrate(own)
        assert report.verdict is Verdict.DONE, told(report)
        follows, bytes_carried = await carried(own, "lyon")
        assert (follows, bytes_carried >= 8 * MIB) == ("svm_gold_oslo:vol_1", True)
        await assert_moved(with_targets(story, "oslo", "lyon", policy="MirrorLatest"), "kept", "large")

    play(quick_path, main, targets=THREE)


def test_until_it_is_configured_every_face_says_that_the_new_home_is_to_be_named(quick_path: Path) -> None:
    """Nothing that was seen is another volume's, and no `settle` takes a back end that is none of the group."""

    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        await own.protected("vol_1")
        assert (await migrate(own)).verdict is Verdict.DONE
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert listed.state == "done, but for the configuration: name gold-oslo as the home of gold"
        left = "name gold-oslo as the home of gold in the configuration, and gold-paris no more"
        concerns = await own.concerns()
        assert {each.hint for each in concerns.values() if each.exit_status} == {left}, concerns
        assert [each.kind for each in concerns.values() if each.exit_status] == ["taken elsewhere"]
        settled = await own.settle("lyon")
        plans = (await own.plan(), await own.plan_failover("lyon"), await own.plan_failover("lyon", is_planned=True))
        for said in (*map(told, plans), told(settled)):
            assert left in said
            assert "datamotion settle" not in said
        report = await explain(own.place.session, GROUP)
        assert (report.verdict, "notice nothing" in shown(report)) == (Verdict.ATTENTION, False), shown(report)
        story.place.lose("paris")
        hint = (await own.concerns())["taken elsewhere"].hint
        assert hint == (
            f"if datamotion migrate brought it there: {left}; else name gold-oslo among its targets in the"
            " configuration, as whoever took it has it"
        )

    play(quick_path, main, targets=THREE)


def test_the_old_home_goes_only_once_every_mirror_follows(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        await own.protected("vol_1")
        with pytest.raises(Died):
            await own.place.run(migrations.migrate(bring(own)), EndsOnceConfirmed())
        (left,) = open_runs(own.place.session).runs
        command = "datamotion migrate gold --to gold-oslo --aggregate aggr1"
        assert (left.goes_on, left.run.operation) == (command, "migrate")
        await only_paris_was_told(story)
        # A configuration that does not know where it is served takes it nowhere else.
        report = await own.failover("lyon")
        assert report.verdict is Verdict.REFUSED, told(report)
        assert "which is no back end of gold here" in told(report)
        assert "datamotion migrate gold --to gold-oslo goes on with it" in told(report)
        assert "datamotion settle" not in told(report)
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert (listed.volume, listed.source, listed.to) == ("vol_1", "gold-paris", "gold-oslo")
        assert "for the configuration" not in listed.state
        story.place.lose("lyon")
        report = await migrate(own)
        assert report.verdict is Verdict.SILENT, told(report)
        assert await named(story, "paris", "/storage/volumes", "vol_*") == ["vol_1"]
        story.place.regain("lyon")
        with pytest.raises(Died):
            await own.place.run(migrations.migrate(bring(own)), EndsOnceDeleted())
        assert await named(story, "paris", "/storage/volumes", "vol_*") == []
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert listed.state == "served there, to be finished"
        assert (await migrate(own)).verdict is Verdict.DONE
        await assert_moved(with_targets(story, "oslo", "lyon"), "kept")

    play(quick_path, main, targets=THREE)


@pytest.mark.parametrize("is_target", [True, False])
def test_cut_off_behind_its_epoch_and_its_old_home_lost_every_face_names_what_lets_clients_in(
    quick_path: Path, is_target: bool
) -> None:
    async def main(story: Story) -> None:
        await with_targets(story, "paris", "lyon").protected("vol_1")
        own = own_of(story, is_target=is_target)
        with pytest.raises(Died):
            await own.place.run(migrations.migrate(bring(own)), EndsOnceBrokenOff())
        assert (own.served("paris"), own.served("oslo")) == (set(), set())
        report = await explain(own.place.session, GROUP)
        assert (report.shut_out, report.verdict) == (("vol_1",), Verdict.ATTENTION)
        assert "notice nothing" not in shown(report)
        assert "If gold-lyon went now: clients cannot come to 1 volume as it is" in shown(report)
        own.place.lose("paris")
        added = "" if is_target else "name gold-oslo among the targets of gold in the configuration, and "
        way = f"if gold-paris is lost: {added}datamotion failover gold --to gold-oslo"
        shown_plan = await plan(own)
        assert shown_plan.verdict is Verdict.SILENT
        assert f"{way}; once it answers, the same command again" in told(shown_plan)
        (left,) = open_runs(own.place.session).runs
        assert left.if_lost == way
        taken = await own_of(story, is_target=True).failover("oslo")
        assert taken.verdict is Verdict.DONE, told(taken)
        assert (own.served("oslo"), own.files("oslo")) == ({"vol_1"}, {"kept"})

    play(quick_path, main, targets=THREE)


def test_of_one_that_is_not_decided_and_its_home_lost_it_names_a_failover(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_targets(story, "paris", "lyon").protected("vol_1")
        story.place.lose("paris")
        hint = "if gold-paris is lost: datamotion failover gold shows what that gives up, and asks"
        assert hint in told(await plan(with_targets(story, "paris", "lyon")))

    play(quick_path, main, targets=THREE)


@pytest.mark.parametrize("keeps_source", [False, True])
def test_the_command_that_goes_on_names_all_that_it_takes_and_needs_no_aggregate_once_all_is_made(
    quick_path: Path, keeps_source: bool
) -> None:
    async def main(story: Story) -> None:
        await with_targets(story, "paris", "lyon").protected("vol_1")
        own = with_targets(story, "paris", "lyon")
        unnamed = migrations.migration_of(own.place.session, GROUP, to="gold-oslo", keeps_source=keeps_source)
        for watcher in (EndsAtOnce(), EndsOnceFrozen(), EndsOnceBrokenOff()):
            if not isinstance(watcher, EndsOnceBrokenOff):
                shown = await own.planned(migrations.migrate(unnamed))
                assert (shown.verdict, shown.changes) == (Verdict.REFUSED, 0)
                assert "--aggregate names one of oslo" in told(shown)
            with pytest.raises(Died):
                await own.place.run(migrations.migrate(bring(own, keeps_source=keeps_source)), watcher)
            (left,) = open_runs(own.place.session).runs
            kept = " --keep-source" if keeps_source else ""
            assert left.goes_on == f"datamotion migrate gold --to gold-oslo --aggregate aggr1{kept}"
        report = await own.place.run(migrations.migrate(unnamed))
        assert report.verdict is Verdict.DONE, told(report)
        assert open_runs(own.place.session).runs == ()
        await assert_moved(with_targets(story, "oslo", "lyon"), "kept", keeps_source=keeps_source)

    play(quick_path, main, targets=THREE)


def test_the_command_that_goes_on_is_the_one_that_is_typed_once_the_place_is_a_target(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_targets(story, "paris", "lyon").protected("vol_1")
        own = with_targets(story, "paris", "lyon")
        with pytest.raises(Died):
            await own.place.run(migrations.migrate(bring(own, keeps_source=True)), EndsOnceBrokenOff())
        for now, said in ((own, " --aggregate aggr1"), (with_targets(story, "paris", "lyon", "oslo"), "")):
            (left,) = open_runs(now.place.session).runs
            assert left.goes_on == f"datamotion migrate gold --to gold-oslo{said} --keep-source"
        assert (await migrate(now, keeps_source=True)).verdict is Verdict.DONE

    play(quick_path, main, targets=THREE)


def test_an_undoing_that_was_cut_off_goes_on_as_one(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_targets(story, "paris", "lyon").protected("vol_1")
        own = with_targets(story, "paris", "lyon")
        with pytest.raises(Died):
            await own.place.run(migrations.migrate(bring(own)), EndsOnceFrozen())
        for watcher in (EndsAtOnce(), EndsAtOnce()):  # letting clients in, then what was made at oslo
            with pytest.raises(Died):
                await own.place.run(migrations.abort(bring(own, is_undone=True)), watcher)
            (left,) = open_runs(own.place.session).runs
            assert left.goes_on == "datamotion migrate gold --to gold-oslo --abort"
        assert (await abort(own)).verdict is Verdict.DONE
        assert open_runs(own.place.session).runs == ()

    play(quick_path, main, targets=THREE)


@pytest.mark.parametrize("since", ["failed over", "turned round", "home again"])
@pytest.mark.parametrize("is_frozen", [False, True])
def test_it_is_undone_after_somebody_failed_the_group_over(quick_path: Path, is_frozen: bool, since: str) -> None:
    """What it made is a mirror of what does not serve any more, and nothing else tells of it."""

    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        await own.protected("vol_1", "vol_2")
        with pytest.raises(Died):
            await own.place.run(migrations.migrate(bring(own)), EndsOnceFrozen() if is_frozen else EndsOnceMirrored())
        await trio.sleep(60)
        assert (await own.failover("lyon", is_planned=True)).verdict is Verdict.DONE
        serving = "lyon"
        if since != "failed over":
            await own.place.run(mirrors.reprotect(own.place.session.group(GROUP)))
        if since == "home again":
            assert (await own.failover("paris", is_planned=True)).verdict is Verdict.DONE
            serving = "paris"
        listed = (await under_way.migrations(own.place.session)).migrations
        left = "left behind, gold-lyon serves gold: datamotion migrate gold --to gold-oslo --abort undoes it"
        assert {each.state for each in listed} == {"snapmirrored" if serving == "paris" else left}
        report = await abort(own)
        assert report.verdict is Verdict.DONE, told(report)
        assert await named(own, "oslo", "/storage/volumes", "vol_*") == []
        assert await named(own, "oslo", "/snapmirror/policies", "datamotion_*") == []
        assert own.served(serving) == {"vol_1", "vol_2"}
        assert (await under_way.migrations(own.place.session)).migrations == ()
        assert open_runs(own.place.session).runs == ()

    play(quick_path, main, targets=THREE)


def test_what_it_made_stays_with_its_marks_where_it_may_hold_more_than_what_serves(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        await own.protected("vol_1")
        own.write("paris", "vol_1", "in no other copy")
        with pytest.raises(Died):
            await own.place.run(migrations.migrate(bring(own)), EndsOnceMirrored())
        await trio.sleep(60)
        own.place.lose("paris")
        assert (await own.failover("lyon")).verdict is Verdict.DONE
        own.place.regain("paris")
        await own.apply()
        await own.place.run(mirrors.reprotect(own.place.session.group(GROUP), discard=["gold-paris"]))
        writes = await calls(own, "writes")
        for _ in range(2):
            report = await abort(own)
            assert report.verdict is Verdict.REFUSED
            assert "vol_1 at gold-oslo is not deleted, and keeps its mark: mirrors of what does not serve" in told(
                report
            )
        assert await calls(own, "writes") == writes
        assert "in no other copy" in own.files("oslo")
        assert "in no other copy" not in own.files("lyon")
        await own.delete_mirror("oslo")
        copy = await own.volume("oslo", "vol_1", "uuid")
        await own.at["oslo"].delete(f"/storage/volumes/{copy['uuid']}")
        assert (await abort(own)).verdict is Verdict.DONE
        assert (await under_way.migrations(own.place.session)).migrations == ()

    play(quick_path, main, targets=THREE)


class EndsOnceMirrored(Quiet):
    """With it a process ends as soon as mirrors were told to carry."""

    def reached(self, acts: Sequence[Act]) -> None:
        if any(isinstance(act.change, Initialize) for act in acts):
            raise Died


class EndsAtOnce(Quiet):
    """With it a process ends as soon as anything has come about."""

    def reached(self, acts: Sequence[Act]) -> None:
        raise Died


class EndsOnceFrozen(Quiet):
    """With it a process ends with clients kept away and the last snapshot taken."""

    def reached(self, acts: Sequence[Act]) -> None:
        if any(isinstance(act.change, TakeSnapshot) for act in acts):
            raise Died


class EndsOnceBrokenOff(Quiet):
    """With it a process ends behind the new epoch, and before any client is let in."""

    def reached(self, acts: Sequence[Act]) -> None:
        if any(isinstance(act.change, Break) for act in acts):
            raise Died


class EndsOnceDeleted(Quiet):
    """With it a process ends when the old volumes are gone, and the claims beside them are not."""

    def reached(self, acts: Sequence[Act]) -> None:
        if any(isinstance(act.change, DeleteVolume) for act in acts):
            raise Died


async def only_paris_was_told(story: Story) -> None:
    """That the newest epoch was served stands in the claim at the old home alone, as where a run ends between two."""
    comments = {}
    for cluster in ("paris", *THREE):
        claim = await story.at[cluster].one("/snapmirror/policies", name=f"datamotion_{GROUP}_2", fields="comment")
        comments[cluster] = (claim["uuid"], claim["comment"])
    served = next(comment for _, comment in comments.values() if " served=" in comment)
    unserved = re.sub(r" served=\S+?(?=[ \]])", "", served)
    assert " served=" not in unserved
    for cluster, (uuid, _) in comments.items():
        comment = served if cluster == "paris" else unserved
        await story.at[cluster].patch(f"/snapmirror/policies/{uuid}", {"comment": comment})


def test_clones_that_keep_what_was_given_up_are_left_alone_wherever_patterns_select_them(quick_path: Path) -> None:
    """They are fenced as what they were cloned from, and bear no mark that a migration could have lost."""

    async def clone(story: Story) -> tuple[str, str, str]:
        found = await story.volume("paris", "vol_1_kept_e2", "uuid,comment,nas")
        return found["uuid"], found["comment"], found["nas"]["export_policy"]["name"]

    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon", "oslo")
        await own.protected("vol_1")
        own.write("paris", "vol_1", "not carried")
        own.place.lose("paris")
        assert (await own.failover("lyon")).verdict is Verdict.DONE
        own.place.regain("paris")
        await own.apply()
        given_up = await own.place.run(mirrors.reprotect(own.place.session.group(GROUP), discard=["gold-paris"]))
        assert given_up.verdict is Verdict.DONE, told(given_up)
        assert (await own.failover("paris", is_planned=True)).verdict is Verdict.DONE
        await own.place.run(mirrors.reprotect(own.place.session.group(GROUP)))
        kept = await clone(own)
        assert kept[2] == "datamotion_fence"
        report = await migrate(own)
        assert report.verdict is Verdict.DONE, told(report)
        assert await clone(own) == kept
        assert await named(own, "paris", "/storage/volumes", "vol_*") == ["vol_1_kept_e2"]
        assert own.files("oslo") == {"kept"}
        shown = await plan_of_a_volume(own, "vol_1_kept_e2", to="gold-lyon", aggregates=("aggr1",))
        assert "vol_1_kept_e2 at gold-paris: clones that keep what was given up, or serve a drill" in told(shown)

    play(quick_path, main, targets=THREE)


def test_what_would_not_follow_is_refused_before_anything_is_changed(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        assert "nothing of gold is protected yet" in told(await plan(own))
        await own.protected("vol_1")
        writes = await calls(story, "writes")
        shown = await plan_of_a_volume(own, "vol_1", to="gold-oslo", aggregates=("aggr1",))
        assert "`datamotion migrate gold --to gold-oslo` brings the whole group there" in told(shown)
        nowhere = migrations.migration_of(own.place.session, GROUP, to="gold-oslo", aggregates=("aggr7",))
        (refusal,) = (await own.planned(migrations.migrate(nowhere))).refusals
        assert (refusal.text, refusal.hint) == ("oslo has no aggregate aggr7", "it has aggr1")
        for wrong, text in (("gold-paris", "is the home of gold"), ("gold-lyon", "says on which aggregates")):
            with pytest.raises(ConfigError, match=text):
                migrations.migration_of(own.place.session, GROUP, to=wrong, aggregates=("aggr1",))
        assert await calls(story, "writes") == writes
        await story.change_mirror("lyon", {"state": "broken_off"})
        assert "the copy of vol_1 at gold-lyon is broken off, and would not follow" in told(await plan(own))
        story.place.lose("lyon")
        assert (await plan(own)).verdict is Verdict.SILENT

    play(quick_path, main, targets=THREE)


def own_of(story: Story, *, is_target: bool) -> Story:
    """The group as its operator has it: where it goes may be one of its targets already."""
    return with_targets(story, "paris", "lyon", *(["oslo"] if is_target else []))


def points() -> Iterator[int]:
    """The calls behind which a process is killed: all, in `make soak`; else one, another one from run to run."""
    return count(0) if IS_SOAK else iter((int(os.environ["TESTS_OFFSET"]) % 31,))


GONE_ON_WITH = [(False, False, False), (True, True, False), (True, False, True)]
UNDONE = [(False, None, False), (True, None, False), (False, None, True), (True, None, True)]


@pytest.mark.slow
@pytest.mark.parametrize(("is_carried_out", "keeps_source", "is_target"), thinned([*GONE_ON_WITH, *UNDONE], 7))
@pytest.mark.sweep
def test_killed_at_any_call_it_goes_on_where_it_was_or_goes_back(
    quick_path: Path, is_carried_out: bool, keeps_source: bool | None, is_target: bool
) -> None:
    """It goes back where nothing is said of what becomes of the old volumes; else on."""

    async def go(story: Story) -> RunReport:
        return await migrate(story, keeps_source=bool(keeps_source))

    async def main(story: Story) -> None:
        await with_targets(story, "paris", "lyon").protected("vol_1")
        own = own_of(story, is_target=is_target)
        was_cut_off = await dies(go, own, Life(number, is_carried_out))
        if keeps_source is None and was_cut_off:
            undone.append(await goes_back(own, is_target=is_target))
        if not (undone and undone[-1]):
            report = await go(own)
            assert report.verdict is Verdict.DONE, (number, told(report))
            moved = with_targets(story, "oslo", "lyon")
            await assert_moved(moved, "kept", keeps_source=bool(keeps_source))
            await assert_fails_over(moved, 3)
        if not was_cut_off:
            over.append(number)

    over: list[int] = []
    undone: list[bool] = []
    for number in points():
        play(quick_path / str(number), main, targets=THREE)
        if over:
            break
    assert not IS_SOAK or over[0] > 25
    assert not IS_SOAK or keeps_source is not None or (True in undone and False in undone)


async def goes_back(own: Story, *, is_target: bool) -> bool:
    """Whether it does: from the epoch on there is only the way forward."""
    report = await abort(own)
    if "there is only the way forward" in told(report):
        assert "the same command without --abort goes on with it" in told(report)
        return False
    is_nothing = "no such migration is under way" in told(report)
    if is_nothing and own.served("oslo") == {"vol_1"}:  # killed behind its last call, all was done
        return False
    assert report.verdict is (Verdict.REFUSED if is_nothing else Verdict.DONE), told(report)
    assert own.served("paris") == {"vol_1"}
    assert (await own.volume("paris", "vol_1", "nas"))["nas"]["export_policy"]["name"] == "default"
    if not is_target:
        assert await named(own, "oslo", "/storage/volumes", "vol_*") == []
        assert await named(own, "oslo", "/snapmirror/policies", "datamotion_*") == []
        listed = {"list_destinations_only": "true", "fields": "destination.path"}
        found = await own.at["paris"].http.get("/api/snapmirror/relationships", params=listed)
        assert [each["destination"]["path"] for each in found.json()["records"]] == ["svm_gold_dr:vol_1"]
    as_before = with_targets(own, "paris", "lyon")
    as_before.write("paris", "vol_1", "since")
    assert (await as_before.update()).verdict is Verdict.DONE
    assert_alike(own, "lyon", "paris", "kept", "since")
    await assert_fails_over(as_before, 2)
    return True


def assert_alike(story: Story, one: str, other: str, *files: str) -> None:
    """Byte by byte."""
    found = digests(story.place.tree(one, "vol_1"))
    assert found == digests(story.place.tree(other, "vol_1"))
    assert set(found) == set(files)


async def assert_fails_over(story: Story, epoch: int) -> None:
    report = await story.failover("lyon", is_planned=True)
    assert (report.verdict, report.epoch) == (Verdict.DONE, epoch), told(report)
    assert story.served("lyon") == {"vol_1"}


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.3, 0.5])
def test_of_two_operators_who_bring_it_to_two_places_neither_loses_what_was_acknowledged(
    quick_path: Path, after_s: float
) -> None:
    """Who withdraws knows nothing of the back end that the other one brings it to, and lets no client in behind it."""

    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        elsewhere = quick_path / "elsewhere"
        elsewhere.mkdir()
        other = own.configured(lambda tree: tree.update(store=str(elsewhere / "store.db")))
        await own.protected("vol_1")
        clients = Clients(own.place, ("vol_1",))
        await clients.let_in()

        async def withdraws() -> None:
            await trio.sleep(after_s)
            with suppress(DataMotionError):
                await own.failover("lyon", is_planned=True)

        async with trio.open_nursery() as writing:
            writing.start_soon(clients.write_on)
            async with trio.open_nursery() as both:
                both.start_soon(withdraws)
                report = await migrate(other, to="gold-oslo")
            writing.cancel_scope.cancel()
        assert report.verdict is Verdict.DONE, told(report)
        assert await clients.write() == {"vol_1": ["oslo"]}
        written = {name for names in clients.acknowledged.values() for name in names}
        assert written - clients.files("oslo", "vol_1") == set()

    play(quick_path, main, targets=THREE)


def test_one_that_is_brought_to_a_target_is_told_as_on_its_way_and_who_comes_second_what_to_configure(
    quick_path: Path,
) -> None:
    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon", "oslo")
        await own.protected("vol_1")
        told_of: list[str] = []
        for spent in range(3, 40, 3):
            is_cut_off = await dies(
                lambda mortal: migrate(mortal, to="gold-lyon"), own, Life(spent, is_carried_out=True)
            )
            listed = (await under_way.migrations(own.place.session)).migrations
            told_of += [each.state for each in listed]
            assert {(each.volume, each.source, each.to) for each in listed} <= {("vol_1", "gold-paris", "gold-lyon")}
            assert bool(listed) is is_cut_off
            if not is_cut_off:
                break
        assert "snapmirrored, clients are kept away from gold-paris" in told_of
        late = await plan(own, to="gold-oslo")
        assert late.verdict is Verdict.REFUSED
        assert "gold-lyon serves gold, not its home gold-paris" in told(late)
        assert "name gold-lyon as the home of gold in the configuration" in told(late)
        assert "failback" not in told(late)

    play(quick_path, main, targets=THREE)
