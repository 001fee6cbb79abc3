"""LUNs brought to another SVM of their cluster: copied whole, given to their hosts, and only then removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from datamotion.service import migrations, under_way
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.verdict import Verdict
from ontaplab.doors.errors import DoorError
from tests.ontaplab.doors.hosts import refused
from tests.profile import thinned
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_check import calls
from tests.together.test_migrate_luns import IQN, LUN, MIB, held, taken, told_of, with_a_lun
from tests.together.world import SVMS

OTHER = "svm_other"
GOAL = "gold-other:vol_3"


async def with_another_svm(story: Story) -> tuple[Story, dict[str, Any]]:
    """The same, with a back end more at paris: an SVM with a volume vol_3; and the LUN of vol_1."""
    lun = await with_a_lun(story)
    await story.at["paris"].patch(f"/storage/luns/{lun['uuid']}", {"comment": "trees"})
    await story.at["paris"].post("/svm/svms", {"name": OTHER})
    volume = {"name": "vol_3", "svm.name": OTHER, "aggregates": [{"name": "aggr1"}], "size": 100 * MIB}
    await story.at["paris"].post("/storage/volumes", volume)

    def configure(tree: dict[str, Any]) -> None:
        tree["backends"]["gold-other"] = {"cluster": "paris", "svm": OTHER, "volumes": ["vol_*"]}

    return story.configured(configure), lun


def migration(story: Story, to: str = GOAL, **more: Any) -> Any:
    return migrations.migration_of(story.place.session, LUN, to=to, **more)


async def migrate(story: Story, **more: Any) -> RunReport:
    return await story.place.run(migrations.migrate(migration(story, **more)))


async def abort(story: Story) -> RunReport:
    return await story.place.run(migrations.abort(migration(story)))


async def plan(story: Story, **more: Any) -> PlanReport:
    return await story.planned(migrations.migrate(migration(story, **more)))


def copied(story: Story, name: str = "disk") -> bytes | None:
    path = story.place.root / "paris" / "by-name" / OTHER / "vol_3" / name
    return path.read_bytes() if path.exists() else None


async def assert_served_there(story: Story, before: bytes | None) -> None:
    new = await told_of(story, "/vol/vol_3/disk")
    assert (new["enabled"], new["comment"]) == (True, "trees")
    assert [(each["igroup"]["name"], each["logical_unit_number"]) for each in new["lun_maps"]] == [("hosts", 0)]
    group = await story.at["paris"].one("/protocols/san/igroups", fields="initiators", **{"svm.name": OTHER})
    assert [each["name"] for each in group["initiators"]] == [IQN]
    assert copied(story) == before
    await story.place.lab["paris"].doors.block(IQN).lun(new["serial_number"]).write(b"served", offset=0)


async def assert_as_it_was(story: Story, lun: dict[str, Any], before: bytes | None) -> None:
    old = await told_of(story, "/vol/vol_1/disk")
    changing = {"status", "space"}
    assert {**old, **dict.fromkeys(changing)} == {**lun, "comment": "trees", **dict.fromkeys(changing)}
    assert (held(story, "vol_1"), copied(story)) == (before, None)
    await story.place.lab["paris"].doors.block(IQN).lun(lun["serial_number"]).write(b"on", offset=0)


@pytest.mark.parametrize("keeps_source", [False, True])
def test_a_lun_is_copied_whole_while_its_host_is_kept_away(quick_path: Path, keeps_source: bool) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        blocks = own.place.lab["paris"].doors.block(IQN).lun(lun["serial_number"])
        written: list[int] = []

        async def write() -> None:
            while True:
                try:
                    await blocks.write(bytes([len(written) % 256]) * 512, offset=MIB + 512 * len(written))
                except DoorError:
                    return
                written.append(len(written))
                await trio.sleep(0.01)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            await trio.sleep(0.2)
            shown = await plan(own, keeps_source=keeps_source)
            assert taken(shown) == ["LUN copy"]
            gone = [] if keeps_source else ["the old LUN at gold-paris, once the new one was checked"]
            assert [each.text for each in shown.losses] == gone
            report = await migrate(own, keeps_source=keeps_source)
        assert report.verdict is Verdict.DONE, told(report)
        now = copied(own)
        assert now is not None
        assert len(written) > 10
        for number in written:
            assert now[MIB + 512 * number :][:512] == bytes([number % 256]) * 512
        assert now[8192 : 8192 + 4000] == b"kept" * 1000
        old = await told_of(own, "/vol/vol_1/disk")
        if keeps_source:
            assert (old["enabled"], old["comment"], old["lun_maps"]) == (False, "trees", lun["lun_maps"])
            assert (
                await refused(own.place.lab["paris"].doors.block(IQN).lun(lun["serial_number"]).write(b"x")) == "ENXIO"
            )
        else:
            assert old == {}
        await assert_served_there(own, now)

    play(quick_path, main)


def test_it_is_listed_from_when_its_hosts_are_kept_away_to_when_the_new_one_is_finished(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own, _ = await with_another_svm(story)
        assert await dies(migrate, own, Life(2, is_carried_out=False))
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert (listed.volume, listed.to, listed.state) == (
            "vol_1/disk",
            "gold-other:vol_3/disk",
            "to be copied, hosts are kept away",
        )
        assert await dies(migrate, own, Life(1, is_carried_out=False))
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert (listed.volume, listed.source, listed.to) == (
            "vol_3/disk",
            "gold-paris, /vol/vol_1/disk",
            "gold-other, /vol/vol_3/disk",
        )
        assert (listed.mechanism, listed.state) == ("LUN copy", "complete, to be finished")
        assert listed.moved == listed.total

        states: list[tuple[str, float | None]] = []

        async def watch() -> None:
            while True:
                found = (await under_way.migrations(own.place.session)).migrations
                states.extend((each.state, each.rate) for each in found)
                await trio.sleep(0.5)

        assert (await abort(own)).verdict is Verdict.DONE
        assert not (await under_way.migrations(own.place.session)).migrations
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            assert (await migrate(own)).verdict is Verdict.DONE
            nursery.cancel_scope.cancel()
        assert any(state == "replicating" and rate for state, rate in states), states
        assert not (await under_way.migrations(own.place.session)).migrations

    play(quick_path, main)


@pytest.mark.slow
@pytest.mark.parametrize(("keeps_source", "is_carried_out"), [(False, False), (False, True), (True, True)])
@pytest.mark.sweep
def test_killed_at_any_call_it_goes_on_where_it_was(
    quick_path: Path, keeps_source: bool, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 11
    over: list[int] = []

    async def main(story: Story) -> None:
        own, _ = await with_another_svm(story)
        before = held(own, "vol_1")

        async def cut_off(mortal: Story) -> RunReport:
            return await migrate(mortal, keeps_source=keeps_source)

        was_cut_off = await dies(cut_off, own, Life(calls, is_carried_out))
        report = await migrate(own, keeps_source=keeps_source)
        assert not was_cut_off or report.verdict in (Verdict.DONE, Verdict.REFUSED), (calls, told(report))
        await assert_served_there(own, before)
        assert held(own, "vol_1") == (before if keeps_source else None)
        if not was_cut_off:
            over.append(calls)

    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert over[0] > 5


@pytest.mark.slow
@pytest.mark.parametrize("is_carried_out", thinned([False, True], 2))
@pytest.mark.sweep
def test_killed_at_any_call_and_aborted_it_is_as_it_was_or_only_goes_on(
    quick_path: Path, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 3
    over: list[int] = []
    undone: list[int] = []

    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        before = held(own, "vol_1")
        if not await dies(migrate, own, Life(calls, is_carried_out)):
            over.append(calls)
            return
        report = await abort(own)
        if report.verdict is Verdict.REFUSED and held(own, "vol_1") is None:
            assert (await migrate(own)).verdict in (Verdict.DONE, Verdict.REFUSED)
            await assert_served_there(own, before)
            return
        assert report.verdict in (Verdict.DONE, Verdict.REFUSED), (calls, told(report))
        if report.verdict is Verdict.DONE:
            undone.append(calls)
        await assert_as_it_was(own, lun, before)

    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert undone


def test_a_lun_that_was_off_stays_off_and_one_that_hosts_came_back_to_is_not_removed(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        path = f"/storage/luns/{lun['uuid']}"
        assert await dies(migrate, own, Life(3, is_carried_out=False))
        await own.at["paris"].patch(path, {"enabled": True})
        report = await migrate(own)
        assert report.verdict is Verdict.REFUSED
        assert "what they wrote is in no copy" in told(report)
        assert (await abort(own)).verdict is Verdict.DONE
        await own.at["paris"].patch(path, {"enabled": False})
        before = held(own, "vol_1")
        assert (await migrate(own)).verdict is Verdict.DONE
        new = await told_of(own, "/vol/vol_3/disk")
        assert (new["enabled"], copied(own)) == (False, before)

    play(quick_path, main)


def test_what_the_cluster_does_not_delete_is_told_and_can_be_undone(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        assert await dies(migrate, own, Life(3, is_carried_out=False))
        await own.change("paris", "vol_1", {"state": "offline"})
        report = await migrate(own)
        assert report.verdict in (Verdict.FAILED, Verdict.PARTLY)
        assert 'Volume "vol_1" is offline' in told(report)
        await own.change("paris", "vol_1", {"state": "online"})
        before = held(own, "vol_1")
        shown = await own.planned(migrations.abort(migration(own)))
        assert [each.text for each in shown.losses] == [
            "all that hosts wrote to /vol/vol_3/disk, which is mapped to them"
        ]
        assert (await abort(own)).verdict is Verdict.DONE
        await assert_as_it_was(own, lun, before)

    play(quick_path, main)


def test_what_cannot_be_copied_is_refused_and_nothing_is_changed(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        strangers = {"name": "hosts", "os_type": "linux", "svm.name": OTHER, "initiators": [{"name": f"{IQN}9"}]}
        group = await own.at["paris"].post("/protocols/san/igroups", strangers)
        writes = await calls(own, "writes")
        shown = await plan(own)
        assert "igroup hosts of svm_other is not of the hosts" in told(shown)
        assert taken(shown) == []
        elsewhere = await plan(own, to="gold-lyon:vol_1")
        assert "datamotion migrate gold-paris:vol_1 --to" in told(elsewhere)
        assert await calls(own, "writes") == writes
        await own.at["paris"].delete(f"/protocols/san/igroups/{group['uuid']}")
        await own.at["paris"].patch(f"/storage/luns/{lun['uuid']}", {"comment": "x" * 240})
        assert "shorten the comment" in told(await plan(own))

    play(quick_path, main)


async def once_copied(story: Story, change: Callable[[], Awaitable[object]], name: str = "/vol/vol_3/disk") -> None:
    """Change something as soon as the copy is there."""
    while not await told_of(story, name):
        await trio.sleep(0.1)
    await change()


@pytest.mark.parametrize("keeps_source", [False, True])
@pytest.mark.parametrize("name", ["/vol/vol_1/renamed", "/vol/vol_2/disk"])
def test_a_lun_that_was_renamed_while_it_is_copied_is_gone_on_with(
    quick_path: Path, name: str, keeps_source: bool
) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        before = held(own, "vol_1")

        async def rename() -> None:
            await own.at["paris"].patch(f"/storage/luns/{lun['uuid']}", {"name": name})

        async with trio.open_nursery() as nursery:
            nursery.start_soon(once_copied, own, rename)
            report = await migrate(own, keeps_source=keeps_source)
        assert report.verdict is Verdict.DONE, told(report)
        await assert_served_there(own, before)
        old = await told_of(own, name)
        assert (old.get("enabled"), old.get("comment")) == ((False, "trees") if keeps_source else (None, None))

    play(quick_path, main)


def test_the_same_command_finds_a_renamed_lun_by_what_its_copy_says_and_so_does_abort(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        path, before = f"/storage/luns/{lun['uuid']}", held(own, "vol_1")
        stranger = {"name": "/vol/vol_1/disk", "os_type": "linux", "space.size": MIB, "svm.name": SVMS["paris"]}
        assert await dies(migrate, own, Life(3, is_carried_out=False))
        await own.at["paris"].patch(path, {"name": "/vol/vol_1/renamed"})
        await own.at["paris"].post("/storage/luns", stranger)
        assert (await abort(own)).verdict is Verdict.DONE
        assert (await told_of(own, "/vol/vol_1/renamed"))["enabled"]
        assert copied(own) is None
        await own.at["paris"].delete(f"/storage/luns/{(await told_of(own, '/vol/vol_1/disk'))['uuid']}")
        await own.at["paris"].patch(path, {"name": "/vol/vol_1/disk"})
        assert await dies(migrate, own, Life(2, is_carried_out=False))
        await own.at["paris"].patch(path, {"name": "/vol/vol_1/renamed"})
        await own.at["paris"].post("/storage/luns", stranger)
        shown = await plan(own)
        assert "called /vol/vol_1/renamed by now" in told(shown)
        assert (await migrate(own)).verdict is Verdict.DONE
        await assert_served_there(own, before)
        assert await told_of(own, "/vol/vol_1/renamed") == {}
        assert await told_of(own, "/vol/vol_1/disk")

    play(quick_path, main)


def test_a_lun_that_somebody_deleted_while_it_was_copied_is_not_told_as_brought_there(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        before = held(own, "vol_1")

        async def delete() -> None:
            await own.at["paris"].delete(f"/storage/luns/{lun['uuid']}", allow_delete_while_mapped="true")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(once_copied, own, delete)
            report = await migrate(own)
        await trio.sleep(600)  # the cluster copies on
        assert report.verdict is not Verdict.DONE
        assert "mapped to hosts, was deleted by somebody" in told(report)
        writes = await calls(own, "writes")
        for again in (await migrate(own), await abort(own)):
            assert again.verdict is Verdict.REFUSED
            assert "was deleted by somebody before its hosts were given its copy" in told(again)
        assert await calls(own, "writes") == writes
        assert (await told_of(own, "/vol/vol_3/disk"))["comment"] == f"trees [datamotion copy of {lun['uuid']}]"
        assert copied(own) == before
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert listed.state == "complete, and the LUN that it was made from is not seen any more"

    play(quick_path, main)


@pytest.mark.parametrize("is_cut_off", [False, True])
def test_a_lun_that_was_resized_while_it_is_copied_is_not_waited_for(quick_path: Path, is_cut_off: bool) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)

        async def resize() -> None:
            await own.at["paris"].patch(f"/storage/luns/{lun['uuid']}", {"space.size": 32 * MIB})

        if is_cut_off:
            assert await dies(migrate, own, Life(3, is_carried_out=False))
            await resize()
        async with trio.open_nursery() as nursery:
            if not is_cut_off:
                nursery.start_soon(once_copied, own, resize)
            report = await migrate(own)
        assert report.verdict is (Verdict.REFUSED if is_cut_off else Verdict.FAILED), told(report)
        assert "/vol/vol_1/disk has 32 MiB and its copy 16 MiB" in told(report)
        assert "the same command with --abort deletes the copy" in told(report)
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert listed.state == "complete, and not as large as the LUN is now: --abort, then begin again"
        assert (await abort(own)).verdict is Verdict.DONE
        before = held(own, "vol_1")
        assert before is not None
        assert len(before) == 32 * MIB
        assert (await migrate(own)).verdict is Verdict.DONE
        await assert_served_there(own, before)

    play(quick_path, main)


def test_a_copy_that_was_renamed_is_named_and_deleted_by_abort_or_gone_on_with_where_it_was(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own, lun = await with_another_svm(story)
        before = held(own, "vol_1")

        async def rename(name: str = "/vol/vol_3/renamed", of: str = "/vol/vol_3/disk") -> None:
            await own.at["paris"].patch(f"/storage/luns/{(await told_of(own, of))['uuid']}", {"name": name})

        async with trio.open_nursery() as nursery:
            nursery.start_soon(once_copied, own, rename)
            report = await migrate(own)
        assert report.verdict is Verdict.FAILED
        assert "the copy /vol/vol_3/disk is not there any more" in told(report)
        assert "datamotion migrations shows how it stands" in told(report)
        assert "datamotion status" not in told(report)
        again = await migrate(own)
        assert again.verdict is Verdict.REFUSED
        assert "its copy is called /vol/vol_3/renamed at gold-other" in told(again)
        assert (await abort(own)).verdict is Verdict.DONE
        assert copied(own, "renamed") is None
        assert not (await under_way.migrations(own.place.session)).migrations
        await assert_as_it_was(own, lun, before)
        before = held(own, "vol_1")
        assert await dies(migrate, own, Life(2, is_carried_out=False))
        await rename()
        assert (await migrate(own)).verdict is Verdict.REFUSED
        await rename("/vol/vol_3/disk", "/vol/vol_3/renamed")
        assert (await migrate(own)).verdict is Verdict.DONE
        await assert_served_there(own, before)

    play(quick_path, main)
