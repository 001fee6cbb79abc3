"""Volumes migrated between lab clusters: every byte comes along, whenever the process ends, and nothing else goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from datamotion.errors import ConfigError
from datamotion.model.acts import Act
from datamotion.model.serving_acts import ConfirmClaim
from datamotion.model.standing import FENCE
from datamotion.policy.drills.drills import DrillChoice
from datamotion.policy.failover.planned import FREEZE
from datamotion.service import drills, failing_over, migrations, mirrors, protecting, under_way
from datamotion.service.open_runs import open_runs
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.status import status
from datamotion.service.verdict import Verdict
from ontaplab.doors.errors import DoorError
from tests.ontaplab.doors.hosts import ALL, HOST
from tests.profile import thinned
from tests.together.mortal import Died, Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_check import calls
from tests.together.world import Quiet, create_volumes


def migration(story: Story, volumes: str = "vol_*", **more: Any) -> Any:
    return migrations.migration_of(story.place.session, f"gold-paris:{volumes}", **more)


async def migrate(story: Story, volumes: str = "vol_*", to: str | None = "gold-lyon", **more: Any) -> RunReport:
    return await story.place.run(migrations.migrate(migration(story, volumes, to=to, **more)))


async def abort(story: Story, volumes: str = "vol_*", to: str | None = "gold-lyon", **more: Any) -> RunReport:
    return await story.place.run(migrations.abort(migration(story, volumes, to=to, **more)))


async def plan(story: Story, volumes: str = "vol_*", **more: Any) -> PlanReport:
    return await story.planned(migrations.migrate(migration(story, volumes, **more)))


async def volumes_at(story: Story, cluster: str) -> dict[str, Any]:
    found = await story.at[cluster].http.get(
        "/api/storage/volumes", params={"is_svm_root": "false", "fields": "type,nas,comment,aggregates"}
    )
    return {each["name"]: each for each in found.json()["records"]}


async def served_with_a_file(story: Story, *volumes: str) -> None:
    await create_volumes(story.place.lab["paris"], volumes)
    for volume in volumes:
        story.write("paris", volume, "kept")


def test_a_volume_goes_to_another_cluster_with_all_its_snapshots_and_the_old_one_goes(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        old = await story.volume("paris", "vol_1", "uuid")
        await story.at["paris"].post(f"/storage/volumes/{old['uuid']}/snapshots", {"name": "monday"})
        story.write("paris", "vol_1", "later")
        shown = await plan(story, to="gold-lyon")
        taken = {each.mechanism: each.is_taken for each in shown.mechanisms}
        assert taken == {"volume move": False, "SnapMirror and cut-over": True, "copy through this host": False}
        report = await migrate(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert await volumes_at(story, "paris") == {}
        new = (await volumes_at(story, "lyon"))["vol_1"]
        assert (new["type"], new["nas"]["path"], new.get("comment", "")) == ("rw", "/vol_1", "")
        assert story.files("lyon") == {"kept", "later"}
        assert "monday" in await snapshots(story, "lyon")
        assert not await relationships(story)
        assert (await migrate(story)).verdict is Verdict.DONE

    play(quick_path, main)


def test_of_one_that_was_cut_off_behind_its_first_transfer_no_more_is_told_to_be_carried_than_there_is(
    quick_path: Path,
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        volume = await story.volume("paris", "vol_1", "uuid")
        story.write("paris", "vol_1", "gone since, and kept in a snapshot")
        await story.at["paris"].post(f"/storage/volumes/{volume['uuid']}/snapshots", {"name": "monday"})
        (story.place.tree("paris", "vol_1") / "gone since, and kept in a snapshot").unlink()
        for _ in range(12):

            async def cut_off(story: Story) -> None:
                await migrate(story)

            assert await dies(cut_off, story, Life(2, is_carried_out=True))
            for listed in (await under_way.migrations(story.place.session)).migrations:
                assert listed.total is None or listed.moved is None or listed.moved <= listed.total
                if listed.state == "snapmirrored":
                    assert listed.total is None, "how much its update carries is not told"
                    return
        raise AssertionError("it was never seen to be mirrored")

    play(quick_path, main)


def test_of_one_that_was_cut_off_before_its_new_volume_was_mirrored_it_is_not_told_that_it_is_served(
    quick_path: Path,
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        states = []
        while (await volumes_at(story, "lyon")).get("vol_1", {"type": "dp"})["type"] == "dp":
            assert await dies(migrate, story, Life(1, is_carried_out=True))
            states += [each.state for each in (await under_way.migrations(story.place.session)).migrations]
        assert list(dict.fromkeys(states))[:2] == ["to be mirrored", "made there, to be mirrored"]
        assert "served there, to be finished" not in states

    play(quick_path, main)


async def snapshots(story: Story, cluster: str) -> set[str]:
    volume = await story.volume(cluster, "vol_1", "uuid")
    found = await story.at[cluster].http.get(f"/api/storage/volumes/{volume['uuid']}/snapshots")
    return {each["name"] for each in found.json()["records"]}


async def relationships(story: Story) -> list[Any]:
    found: list[Any] = []
    for cluster in ("paris", "lyon"):
        for listed in ("false", "true"):
            answer = await story.at[cluster].http.get(
                "/api/snapmirror/relationships", params={"list_destinations_only": listed}
            )
            found += answer.json()["records"]
    return found


@pytest.mark.parametrize("keeps_source", [False, True])
def test_a_client_that_writes_all_the_time_loses_nothing_that_was_acknowledged(
    quick_path: Path, keeps_source: bool
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        lab = story.place.lab
        for cluster, svm in (("paris", "svm_gold"), ("lyon", "svm_gold_dr")):
            policy = await story.at[cluster].one("/protocols/nfs/export-policies", name="default", **{"svm.name": svm})
            await story.at[cluster].post(f"/protocols/nfs/export-policies/{policy['id']}/rules", ALL)
        acknowledged: list[str] = []

        async def write() -> None:
            mounted = await lab["paris"].doors.nfs(HOST).open("svm_gold", "/vol_1")
            for number in range(10_000):
                try:
                    await mounted.write(b"x" * 512, f"file {number}")
                except DoorError:
                    return
                acknowledged.append(f"file {number}")
                await trio.sleep(0.001)

        reports: list[RunReport] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            await trio.sleep(0.1)
            reports.append(await migrate(story, keeps_source=keeps_source))
        assert reports[0].verdict is Verdict.DONE, told(reports[0])
        assert len(acknowledged) > 100, "it wrote while the volume was mirrored"
        assert story.files("lyon") == {"kept", *acknowledged}
        assert [each.frozen_s is not None for each in reports[0].volumes if each.backend == "gold-lyon"] == [True]
        mounted = await lab["lyon"].doors.nfs(HOST).open("svm_gold_dr", "/vol_1")
        await mounted.write(b"x", "served")
        left = await volumes_at(story, "paris")
        assert left.keys() == ({"vol_1"} if keeps_source else set())
        if keeps_source:
            assert story.files("paris") == {"kept", *acknowledged}
            assert left["vol_1"]["nas"]["export_policy"]["name"] == FENCE
            assert not left["vol_1"].get("comment")

    play(quick_path, main)


def test_it_is_undone_without_a_word_about_aggregates(quick_path: Path) -> None:
    """No group of the configuration says on which one the volumes were made."""

    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        assert await dies(migrate, story, Life(12, is_carried_out=True))
        alone = story.configured(lambda tree: tree.pop("groups"))
        with pytest.raises(ConfigError, match="on which aggregate"):
            migration(alone, to="gold-lyon")
        report = await abort(alone, is_undone=True)
        assert report.verdict is Verdict.DONE, told(report)
        assert await volumes_at(story, "lyon") == {}

    play(quick_path, main)


def test_undone_while_the_place_where_it_went_is_silent_it_is_told_that_something_may_be_left(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        assert await dies(migrate, story, Life(12, is_carried_out=True))
        assert await volumes_at(story, "lyon") != {}
        story.place.lose("lyon")
        report = await abort(story)
        assert "whether anything that was made at gold-lyon is left cannot be seen" in told(report)
        assert report.verdict is Verdict.PARTLY, told(report)
        assert (await abort(story)).verdict is Verdict.SILENT
        (left,) = open_runs(story.place.session).runs
        assert (left.goes_on or "").endswith("--abort"), left
        story.place.regain("lyon")
        assert story.served("paris") == {"vol_1"}
        report = await abort(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert await volumes_at(story, "lyon") == {}
        assert open_runs(story.place.session).runs == ()

    play(quick_path, main)


def test_volumes_that_are_protected_are_not_taken_from_their_group(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        writes = await calls(story, "writes")
        shown = await plan(story, "vol_1", to="gold-lyon")
        assert shown.verdict is Verdict.REFUSED
        assert "vol_1 is a member of gold" in told(shown)
        assert "datamotion unprotect gold --volume vol_1" in told(shown)
        assert await calls(story, "writes") == writes

    play(quick_path, main)


SEVERAL = ("vol_1", "vol_2", "vol_3")


async def assert_migrated(story: Story, *volumes: str, keeps_source: bool = False) -> None:
    old = await volumes_at(story, "paris")
    assert {name: (each["nas"].get("path"), each.get("comment") or None) for name, each in old.items()} == {
        name: (None, None) for name in volumes if keeps_source
    }
    new = await volumes_at(story, "lyon")
    assert {name: (each["type"], each["nas"].get("path")) for name, each in new.items()} == {
        name: ("rw", f"/{name}") for name in volumes
    }
    assert not [each for each in new.values() if each.get("comment")]
    for name in volumes:
        assert story.files("lyon", name) == {"kept"}
        assert (story.place.tree("lyon", name) / "kept").read_text() == f"{name} kept\n" * 100
    assert not await relationships(story)
    for cluster in ("paris", "lyon"):
        found = await story.at[cluster].http.get("/api/snapmirror/policies", params={"name": "datamotion_*"})
        assert not found.json()["records"]


class EndsOnceConfirmed(Quiet):
    """With it a process ends as soon as both sites tell that the new volumes serve."""

    def __init__(self) -> None:
        self._confirmed = 0

    def reached(self, acts: Sequence[Act]) -> None:
        self._confirmed += sum(isinstance(act.change, ConfirmClaim) for act in acts)
        if self._confirmed == 2:
            raise Died


def test_a_new_volume_that_somebody_made_a_mirror_again_is_named_and_its_old_one_stays(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, *SEVERAL)
        with pytest.raises(Died):
            await story.place.run(migrations.migrate(migration(story, to="gold-lyon")), EndsOnceConfirmed())
        story.write("lyon", "vol_1", "new")
        await story.change("lyon", "vol_2", {"nas": {"path": ""}})
        await story.change_mirror("lyon", {"state": "snapmirrored"}, "vol_2")
        await trio.sleep(60)
        report = await migrate(story)
        assert report.verdict is Verdict.PARTLY, told(report)
        assert "the old vol_2 is left as it is: the new one is not seen to serve" in told(report), told(report)
        assert (await volumes_at(story, "paris")).keys() == {"vol_2"}
        assert await story.at["lyon"].get("/snapmirror/policies", name="datamotion_*")  # so it is known what is left
        assert story.files("lyon") == {"kept", "new"}

    play(quick_path, main)


def test_what_an_earlier_command_began_between_the_same_two_goes_along_only_where_it_is_named(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1", "vol_2")
        assert await dies(partial(migrate, volumes="vol_1"), story, Life(12, is_carried_out=True))
        writes = await calls(story, "writes")
        for act in (migrations.migrate, migrations.abort):
            shown = await story.planned(act(migration(story, "vol_2", to="gold-lyon")))
            assert [(each.text, each.hint) for each in shown.refusals] == [
                (
                    "vol_1: on its way from gold-paris to gold-lyon by an earlier command, and not named here",
                    "`datamotion migrate gold-paris:vol_1 --to gold-lyon` goes on with that, with --abort back",
                )
            ]
        assert await calls(story, "writes") == writes
        report = await migrate(story, "vol_1")
        assert report.verdict is Verdict.DONE, told(report)
        assert (set(await volumes_at(story, "paris")), set(await volumes_at(story, "lyon"))) == ({"vol_2"}, {"vol_1"})
        assert (await migrate(story, "vol_2")).verdict is Verdict.DONE

    play(quick_path, main)


@pytest.mark.parametrize("calls", [12, 24])
def test_by_its_uuid_or_another_name_it_is_the_same_volume_that_goes_on(quick_path: Path, calls: int) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        uuid = (await story.volume("paris", "vol_1", "uuid"))["uuid"]
        assert await dies(partial(migrate, volumes=uuid), story, Life(calls, is_carried_out=True))
        report = await migrate(story, uuid)
        assert report.verdict is Verdict.DONE, told(report)
        assert (set(await volumes_at(story, "paris")), set(await volumes_at(story, "lyon"))) == (set(), {"vol_1"})

    play(quick_path, main)


def test_a_volume_that_is_on_its_way_is_not_taken_elsewhere(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        assert await dies(partial(migrate, volumes="vol_1"), story, Life(12, is_carried_out=True))
        writes = await calls(story, "writes")
        shown = await plan(story, "vol_1", to="gold-oslo", aggregates=("aggr1",))
        assert [(each.text, each.hint) for each in shown.refusals] == [
            (
                "vol_1 is on its way to gold-lyon already",
                "datamotion migrations tells how far it is; the command that began it goes on, with --abort back",
            )
        ]
        assert await calls(story, "writes") == writes

    play(quick_path, main, targets=("lyon", "oslo"))


def test_a_new_volume_that_was_renamed_meanwhile_is_told_by_its_name(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1", "vol_2")
        with pytest.raises(Died):
            await story.place.run(migrations.migrate(migration(story, to="gold-lyon")), EndsOnceConfirmed())
        await story.change("lyon", "vol_1", {"name": "renamed"})
        report = await migrate(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert (await volumes_at(story, "lyon")).keys() == {"renamed", "vol_2"}
        notes = [each.text for each in report.notes if "is called" in each.text]
        assert notes == ["vol_1 is called renamed at gold-lyon."]

    play(quick_path, main)


@pytest.mark.slow
@pytest.mark.parametrize(("is_carried_out", "keeps_source"), thinned([(False, False), (True, True)], 2))
@pytest.mark.sweep
def test_killed_at_any_call_it_goes_on_where_it_was(
    quick_path: Path, is_carried_out: bool, keeps_source: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 15

    async def go(story: Story) -> RunReport:
        return await migrate(story, keeps_source=keeps_source)

    async def main(story: Story) -> None:
        await served_with_a_file(story, *SEVERAL)
        was_cut_off = await dies(go, story, Life(calls, is_carried_out))
        report = await go(story)
        ended = not was_cut_off or report.verdict is Verdict.REFUSED  # killed behind its last call, nothing is left
        assert ended or report.verdict is Verdict.DONE, (calls, told(report))
        await assert_migrated(story, *SEVERAL, keeps_source=keeps_source)
        if not was_cut_off:
            over.append(calls)

    over: list[int] = []
    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert over[0] > 20


@pytest.mark.slow
@pytest.mark.parametrize("is_carried_out", thinned([False, True], 2))
@pytest.mark.sweep
def test_killed_at_any_call_and_aborted_the_old_ones_serve_or_it_only_goes_on(
    quick_path: Path, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 15

    async def main(story: Story) -> None:
        await served_with_a_file(story, *SEVERAL)
        was_cut_off = await dies(migrate, story, Life(calls, is_carried_out))
        if not was_cut_off:
            over.append(calls)
            return
        report = await abort(story)
        if report.verdict is Verdict.REFUSED:
            report = await migrate(story)
            assert report.verdict in (Verdict.DONE, Verdict.REFUSED), (calls, told(report))
            if calls > 0 or is_carried_out:
                await assert_migrated(story, *SEVERAL)
            return
        assert report.verdict is Verdict.DONE, (calls, told(report))
        undone.append(calls)
        old = await volumes_at(story, "paris")
        assert {name: (each["type"], each["nas"]["path"]) for name, each in old.items()} == {
            name: ("rw", f"/{name}") for name in SEVERAL
        }
        assert {each["nas"]["export_policy"]["name"] for each in old.values()} == {"default"}
        for name in SEVERAL:
            assert (story.place.tree("paris", name) / "kept").read_text() == f"{name} kept\n" * 100
        assert await volumes_at(story, "lyon") == {}
        assert not await relationships(story)

    over: list[int] = []
    undone: list[int] = []
    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert undone


def test_a_volume_that_is_mounted_nowhere_is_served_where_it_went(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        await story.change("paris", "vol_1", {"nas": {"path": ""}})
        report = await migrate(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert (await story.volume("lyon", "vol_1", "type"))["type"] == "rw"
        assert story.files("lyon", "vol_1") == {"kept"}
        assert not await story.at["paris"].get("/storage/volumes", name="vol_1")
        for meant, said in (
            ("vol_1", "vol_1: at gold-lyon, and at gold-paris no more"),
            ("vol_*", "No volume at gold-paris matches vol_*, and gold-lyon has some that do."),
        ):
            again = await story.planned(migrations.migrate(migration(story, meant, to="gold-lyon")))
            assert (again.verdict, again.steps) == (Verdict.DONE, ()), told(again)
            assert said in told(again)
        for other in ("lun_*", "!vol_2"):
            unknown = await story.planned(migrations.migrate(migration(story, other, to="gold-lyon")))
            assert f"no volume at gold-paris matches {other}" in told(unknown)

    play(quick_path, main)


def test_what_was_left_at_its_source_on_purpose_is_never_told_to_be_opened_again(quick_path: Path) -> None:
    """Clients that were let in to it would write to what nobody carries over any more."""

    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1", "vol_2")
        assert (await migrate(story, keeps_source=True)).verdict is Verdict.DONE
        again = await plan(story, "vol_1", to="gold-lyon", keeps_source=True)
        assert (again.verdict, again.changes) == (Verdict.DONE, 0), told(again)
        await create_volumes(story.place.lab["paris"], ["vol_3"])
        for meant, keeps_source in (("vol_1", False), ("vol_*", False), ("vol_*", True)):
            shown = await plan(story, meant, to="gold-lyon", keeps_source=keeps_source)
            assert (shown.verdict, shown.changes) == (Verdict.REFUSED, 0), told(shown)
            assert (
                "vol_1 is fenced at gold-paris, and gold-lyon serves a volume vol_1, with a snapshot in common"
                in told(shown)
            )
            assert "where it was migrated with --keep-source, nothing is left to do for it" in told(shown)
            assert "POLICY" not in told(shown)
        only_new = await plan(story, "vol_*,!vol_1,!vol_2", to="gold-lyon", keeps_source=True)
        assert only_new.verdict is Verdict.DONE, told(only_new)
        assert only_new.changes

    play(quick_path, main)


def test_of_one_that_was_cut_off_at_its_very_end_the_command_is_told_and_ends_it(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        session = story.place.session
        told_at_end = []
        while await dies(migrate, story, Life(1, is_carried_out=True)):
            (left,) = open_runs(session).runs
            if await volumes_at(story, "paris") == {}:
                told_at_end.append(left.goes_on)
        assert set(told_at_end) == {"datamotion migrate 'gold-paris:vol_*' --to gold-lyon"}, (
            "the configuration says on which aggregate"
        )
        assert open_runs(session).runs == ()

    play(quick_path, main)


# -- to another aggregate of the same SVM


BOTH = ("aggr1", "aggr2")


async def movement(story: Story, volume: str = "vol_1") -> tuple[str | None, list[str]]:
    """The state of its move, and where it is."""
    found = await story.volume("paris", volume, "movement.state,aggregates.name")
    return found.get("movement", {}).get("state"), [each["name"] for each in found["aggregates"]]


async def move(story: Story, volumes: str = "vol_*", **more: Any) -> RunReport:
    return await migrate(story, volumes, None, **{"aggregates": ("aggr2",), **more})


@pytest.mark.parametrize("calls", range(3))
@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.sweep
def test_volumes_move_to_another_aggregate_wherever_the_process_ends(
    quick_path: Path, calls: int, is_carried_out: bool
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1", "vol_2")
        before = {name: await story.volume("paris", name, "uuid") for name in ("vol_1", "vol_2")}
        shown = await plan(story, aggregates=("aggr2",))
        assert [each.mechanism for each in shown.mechanisms if each.is_taken] == ["volume move"]
        assert not shown.losses
        assert await dies(move, story, Life(calls, is_carried_out)) == (calls < 2)
        report = await move(story)
        assert report.verdict is Verdict.DONE, told(report)
        for name, old in before.items():
            assert (await movement(story, name))[1] == ["aggr2"]
            assert (await story.volume("paris", name, "uuid"))["uuid"] == old["uuid"]
            assert story.files("paris", name) == {"kept"}
        assert not (await plan(story, aggregates=("aggr2",))).steps

    play(quick_path, main, aggregates=BOTH)


@pytest.mark.parametrize("calls", range(2))
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_moves_that_were_cut_off_are_aborted_and_the_volumes_are_served_where_they_were(
    quick_path: Path, calls: int, is_carried_out: bool
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1", "vol_2")
        assert await dies(move, story, Life(calls, is_carried_out))
        report = await abort(story, to=None, aggregates=("aggr2",))
        begun = calls > 0 or is_carried_out
        assert report.verdict is (Verdict.DONE if begun else Verdict.REFUSED), told(report)
        for name in ("vol_1", "vol_2"):
            assert (await movement(story, name))[1] == ["aggr1"]
            assert story.files("paris", name) == {"kept"}
        assert story.served("paris") == {"vol_1", "vol_2"}

    play(quick_path, main, aggregates=BOTH)


def test_a_move_is_aborted_without_a_word_about_where_it_goes(quick_path: Path) -> None:
    """A volume can be on its way to one aggregate alone."""

    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        assert await dies(move, story, Life(0, is_carried_out=True))
        undone = partial(migration, story, "vol_1", is_undone=True)
        report = await story.place.run(migrations.abort(undone()))
        assert report.verdict is Verdict.DONE, told(report)
        assert (await movement(story))[1] == ["aggr1"]
        assert not (await under_way.migrations(story.place.session)).migrations
        for was_begun in (False, True):  # of one that has arrived nobody knows that it was to come there
            assert (await move(story)).verdict is Verdict.DONE
            shown = await story.planned(migrations.abort(undone(), was_begun=was_begun))
            assert "no such migration is under way" in told(shown)

    play(quick_path, main, aggregates=BOTH)


async def renamed_once_it_moves(story: Story) -> None:
    while (await movement(story))[0] is None:
        await trio.sleep(0.1)
    await story.change("paris", "vol_1", {"name": "renamed"})


def test_a_volume_that_is_renamed_while_it_moves_is_followed_by_its_uuid(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        reports: list[RunReport] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(renamed_once_it_moves, story)
            reports.append(await move(story, "vol_1"))
        assert reports[0].verdict is Verdict.DONE, told(reports[0])
        assert "vol_1 is called renamed by now." in told(reports[0])
        assert await movement(story, "renamed") == ("success", ["aggr2"])

    play(quick_path, main, aggregates=BOTH)


def test_another_run_names_what_is_moved_where_its_volume_is_not_there_under_its_name(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1", "vol_2")
        assert await dies(partial(move, volumes="vol_1"), story, Life(0, is_carried_out=True))
        await renamed_once_it_moves(story)
        undone = migrations.abort(migration(story, "vol_1", aggregates=("aggr2",)), was_begun=True)
        for is_over in (False, True):
            hint = f"renamed {'was' if is_over else 'is'} moved to aggr2: name it so, if one of these was renamed since"
            assert hint in told(await plan(story, "vol_1", aggregates=("aggr2",)))
            shown = told(await story.planned(undone))
            assert hint in shown
            assert "Nothing of it is seen to have come about" not in shown
            assert (await move(story, "renamed")).verdict is Verdict.DONE

    play(quick_path, main, aggregates=BOTH)


def test_the_cut_over_waits_for_its_time_and_a_move_is_aborted_while_it_does(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        clock = story.place.session.world.clock
        at = clock.now() + timedelta(hours=3)
        with trio.move_on_after(3600):
            await move(story, cutover_at=at)
        assert await movement(story) == ("cutover_pending", ["aggr1"])
        (listed,) = (await under_way.migrations(story.place.session)).migrations
        assert (listed.volume, listed.state) == ("vol_1", "cutover_pending")
        elsewhere = await plan(story, "vol_1", to="gold-lyon", aggregates=("aggr1",))
        (refusal,) = elsewhere.refusals
        assert (refusal.text, elsewhere.changes) == ("vol_1 is being moved to aggr2 already", 0)
        assert "`datamotion migrate gold-paris:vol_1 --abort`" in (refusal.hint or "")
        report = await abort(story, to=None, aggregates=("aggr2",))
        assert report.verdict is Verdict.DONE, told(report)
        assert await movement(story) == ("aborted", ["aggr1"])
        report = await move(story, cutover_at=at)
        assert report.verdict is Verdict.DONE, told(report)
        assert clock.now() >= at
        assert await movement(story) == ("success", ["aggr2"])
        assert not (await under_way.migrations(story.place.session)).migrations

    play(quick_path, main, aggregates=BOTH)


def test_what_cannot_be_moved_is_refused_with_what_to_do(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        writes = await calls(story, "writes")
        for aggregate, said in (("aggr7", "paris has no aggregate aggr7"), ("aggr1", "")):
            shown = await plan(story, aggregates=(aggregate,))
            assert said in told(shown)
            assert not shown.steps
        for to in (None, "gold-lyon"):
            shown = await plan(story, to=to, aggregates=("aggr7",))
            assert [(each.text, each.hint) for each in shown.refusals] == [
                (f"{'lyon' if to else 'paris'} has no aggregate aggr7", "it has aggr1, aggr2")
            ]
        unknown = await plan(story, "vol_9", aggregates=("aggr2",))
        assert (unknown.verdict, "its volumes: vol_1" in told(unknown)) == (Verdict.REFUSED, True)
        for wrong, text in (
            ({}, "where vol_1 is to go is not said"),
            ({"to": "gold-paris"}, "vol_1 of gold-paris is there already"),
            ({"to": "gold-lyon", "cutover_at": story.place.session.world.clock.now()}, "--cutover-at"),
            ({"to": "gold-rome"}, "no back end 'gold-rome'"),
        ):
            with pytest.raises(ConfigError, match=text):
                migration(story, "vol_1", **wrong)
        for what, text in (
            ("gold-paris:", "^'gold-paris:' names no volume"),
            ("nope", "'nope' is no group"),
        ):
            with pytest.raises(ConfigError, match=text) as raised:
                migrations.migration_of(story.place.session, what, to="gold-lyon")
            assert "or a group as a whole" in str(raised.value.hint)
        assert await calls(story, "writes") == writes

    play(quick_path, main, aggregates=BOTH)


def test_a_move_that_somebody_else_has_begun_elsewhere_is_left(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        body = {"movement.destination_aggregate.name": "aggr2", "movement.state": "cutover_wait"}
        await story.change("paris", "vol_1", body)
        shown = await plan(story, aggregates=("aggr1",))
        assert "it is being moved to aggr2 already" in told(shown)

    play(quick_path, main, aggregates=BOTH)


def test_a_source_of_mirrors_is_moved_and_its_mirrors_go_on_after_an_update(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        shown = await plan(story, aggregates=("aggr2",))
        assert "datamotion update gold" in told(shown)
        assert (await move(story)).verdict is Verdict.DONE
        story.write("paris", "vol_1", "since the move")
        assert (await story.update()).verdict is Verdict.DONE
        assert story.files("lyon") == {"kept", "since the move"}

    play(quick_path, main, aggregates=BOTH)


def test_what_keeps_mirrors_is_refused_for_a_migration_whose_name_status_takes(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        group = story.place.session.group("migrate.gold-paris.gold-lyon")
        for ask in (protecting.protect, mirrors.reprotect, lambda group: drills.start(group, DrillChoice())):
            with pytest.raises(ConfigError, match="is a migration: nothing is to stay mirrored"):
                ask(group)
        assert (await status(story.place.session, [group.name])).groups[0].volumes == ()

    play(quick_path, story)


@pytest.mark.parametrize("overwritten", thinned([("paris",), ("paris", "lyon")], 2))
def test_what_bears_no_mark_any_more_is_neither_undone_nor_forgotten_unsaid(
    quick_path: Path, overwritten: Sequence[str]
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(migrate, story)
            while (await story.volume("paris", "vol_1", "nas"))["nas"]["export_policy"]["name"] != FENCE:
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
        for cluster in overwritten:
            await story.change(cluster, "vol_1", {"comment": "mine"})
        for undone in (abort, migrate):
            report = await undone(story)
            assert report.verdict is not Verdict.DONE, told(report)
        report = await abort(story)
        assert report.verdict is not Verdict.DONE, told(report)
        assert "vol_1 is fenced at gold-paris, and its mark was overwritten" in told(report)
        nas = {"path": "/vol_1", "export_policy": {"name": "default"}}
        await story.change("paris", "vol_1", {"nas": nas, "comment": ""})
        if await story.at["lyon"].get("/snapmirror/relationships"):
            assert len(overwritten) == 1 or "whether this migration made it nobody can tell" in told(report)
            await story.delete_mirror("lyon")
            copy = await story.volume("lyon", "vol_1", "uuid")
            await story.at["lyon"].delete(f"/storage/volumes/{copy['uuid']}")
        assert (await abort(story)).verdict is Verdict.DONE
        assert (await migrate(story)).verdict is Verdict.DONE
        assert story.files("lyon") == {"kept"}

    play(quick_path, main)


class Once(Quiet):
    """Tells when a step has come about: that clients are kept away, say."""

    def __init__(self, title: str = FREEZE) -> None:
        self._title = title
        self.is_reached = trio.Event()

    def reached(self, acts: Sequence[Act]) -> None:
        if any(each.title == self._title for each in acts):
            self.is_reached.set()


class LostOnce(Once):
    """A cluster, as a rule where it goes, cannot be reached any more once a step has come about."""

    def __init__(self, title: str, story: Story, cluster: str = "lyon") -> None:
        super().__init__(title)
        self._story = story
        self._cluster = cluster

    def reached(self, acts: Sequence[Act]) -> None:
        was_reached = self.is_reached.is_set()
        super().reached(acts)
        if self.is_reached.is_set() and not was_reached:
            self._story.place.lose(self._cluster)


def test_where_its_goal_is_lost_in_the_freeze_clients_are_let_in_and_told_to_be(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1", "vol_2")
        bring = migrations.migrate(migration(story, to="gold-lyon"))
        report = await story.place.run(bring, LostOnce(FREEZE, story))
        assert report.verdict is Verdict.SILENT, told(report)
        assert "clients write at gold-paris again: vol_1, vol_2." in told(report)
        assert "gold-lyon cannot take over the volumes: lyon" in told(report)
        assert "is frozen" not in told(report)
        assert FREEZE not in [title for each in report.volumes for title in each.came_about]
        assert story.served("paris") == {"vol_1", "vol_2"}

    play(quick_path, main)


def test_undone_while_its_goal_was_silent_it_is_begun_again_by_the_same_command(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        assert await dies(migrate, story, Life(5, is_carried_out=True))
        assert await dies(migrate, story, Life(5, is_carried_out=True))
        story.place.lose("lyon")
        assert (await abort(story)).verdict is Verdict.PARTLY
        assert story.served("paris") == {"vol_1"}
        story.place.regain("lyon")
        report = await migrate(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert story.files("lyon") == {"kept"}

    play(quick_path, main)


def test_what_is_undone_while_its_home_is_silent_says_what_goes_on(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        assert await dies(migrate, story, Life(5, is_carried_out=True))
        story.place.lose("paris")
        report = await abort(story)
        assert (report.verdict, "--delete-copies" in told(report)) == (Verdict.SILENT, False), told(report)
        assert "once it is, the same command again goes on" in told(report)

    play(quick_path, main)


async def take_the_path(story: Story, once: Once) -> None:
    """Somebody mounts another volume where vol_1 is to be served."""
    await once.is_reached.wait()
    body = {"name": "other", "svm.name": "svm_gold_dr", "aggregates": [{"name": "aggr1"}], "nas.path": "/vol_1"}
    await story.at["lyon"].post("/storage/volumes", {**body, "size": 100 * 2**20})


@pytest.mark.parametrize("volumes", [("vol_1",), ("vol_1", "vol_2")])
def test_where_a_path_is_taken_in_the_freeze_none_goes_and_the_same_command_goes_on_once_it_is_free(
    quick_path: Path, volumes: tuple[str, ...]
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, *volumes)
        once = Once()
        async with trio.open_nursery() as both:
            both.start_soon(take_the_path, story, once)
            report = await story.place.run(migrations.migrate(migration(story, to="gold-lyon")), once)
        assert report.verdict is Verdict.FAILED, told(report)
        assert "vol_1 cannot be served: its junction path /vol_1 is taken by volume other" in told(report)
        assert "with --abort it is undone" in told(report)
        assert (story.served("paris"), story.served("lyon")) == (set(volumes), set()), "all of them, or none"
        again = await migrate(story)
        assert "taken by volume other" in told(again)
        assert "datamotion apply" not in told(again)
        await story.change("lyon", "other", {"nas": {"path": ""}})
        assert (await migrate(story)).verdict is Verdict.DONE
        assert story.served("lyon") == set(volumes)
        assert set(await volumes_at(story, "paris")) == set()

    play(quick_path, main)


def test_a_path_that_is_taken_where_it_goes_is_told_before_anything_is_begun(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        body = {"name": "other", "svm.name": "svm_gold_dr", "aggregates": [{"name": "aggr1"}], "nas.path": "/VOL_1"}
        await story.at["lyon"].post("/storage/volumes", {**body, "size": 100 * 2**20})
        writes = await calls(story, "writes")
        shown = await plan(story, to="gold-lyon")
        assert shown.verdict is Verdict.REFUSED
        assert any("taken by volume other at gold-lyon" in (each.why_not or "") for each in shown.mechanisms), told(
            shown
        )
        assert await calls(story, "writes") == writes

    play(quick_path, main)


@pytest.mark.parametrize("volumes", [("vol_1",), ("vol_1", "vol_2")])
def test_where_it_is_taken_behind_the_epoch_nothing_old_is_deleted_before_all_have_followed(
    quick_path: Path, volumes: tuple[str, ...]
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, *volumes)
        once = Once("Take epoch 2")
        async with trio.open_nursery() as both:
            both.start_soon(take_the_path, story, once)
            report = await story.place.run(migrations.migrate(migration(story, to="gold-lyon")), once)
        assert report.verdict is Verdict.PARTLY, told(report)
        assert set(await volumes_at(story, "paris")) == set(volumes)
        for name in story.served("paris"):
            story.write("paris", name, "since")
        again = await migrate(story)
        assert "taken by volume other" in told(again)
        assert "--abort" not in told(again), "there is only the way forward"
        left = story.served("paris")
        await story.change("lyon", "other", {"nas": {"path": ""}})
        report = await migrate(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert (story.served("lyon"), set(await volumes_at(story, "paris"))) == (set(volumes), set())
        assert [name for name in left if "since" not in story.files("lyon", name)] == []

    play(quick_path, main)


@pytest.mark.parametrize("step", ["Mark the active copies", "Initialize", "Bring mirrors up to date"])
def test_what_is_changed_at_its_source_meanwhile_is_so_where_it_goes(quick_path: Path, step: str) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        once = Once(step)

        async def change() -> None:
            await once.is_reached.wait()
            await story.change("paris", "vol_1", {"nas": {"path": "/elsewhere"}, "size": 200 * 2**20})

        async with trio.open_nursery() as both:
            both.start_soon(change)
            report = await story.place.run(migrations.migrate(migration(story, to="gold-lyon")), once)
        assert report.verdict is Verdict.DONE, told(report)
        moved = await story.volume("lyon", "vol_1", "nas.path,size")
        assert (moved["nas"]["path"], moved["size"]) == ("/elsewhere", 200 * 2**20)

    play(quick_path, main)


def test_where_its_goal_is_lost_behind_the_epoch_it_is_told_what_lets_clients_in_again(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        bring = migration(story, to="gold-lyon")
        report = await story.place.run(migrations.migrate(bring), LostOnce("Take epoch 2", story))
        settles = "datamotion settle migrate.gold-paris.gold-lyon --keep gold-paris lets clients in at gold-paris again"
        assert f"if it is lost: {settles}" in told(report)
        concerns = (await status(story.place.session, [bring.name])).groups[0].concerns
        (unfinished,) = (each.hint or "" for each in concerns if each.kind == "unfinished claim")
        assert f"if it is lost: {settles}" in unfinished
        for said in (told(report), unfinished):
            assert "datamotion failover" not in said, "that refuses a migration"
        settled = await story.place.run(failing_over.settle(bring.group, "gold-paris"))
        assert settled.verdict is Verdict.DONE, told(settled)
        assert story.served("paris") == {"vol_1"}
        story.place.regain("lyon")
        assert (await abort(story)).verdict is Verdict.DONE
        assert await volumes_at(story, "lyon") == {}

    play(quick_path, main)
