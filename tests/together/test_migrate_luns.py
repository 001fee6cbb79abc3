"""LUNs brought elsewhere on lab clusters: every byte comes along, hosts find them, wherever the process ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from datamotion.errors import ConfigError
from datamotion.service import migrations, under_way
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.verdict import Verdict
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_check import calls
from tests.together.world import SVMS, create_volumes

IQN = "iqn.2026-01.com.example:host1"
MIB = 2**20
LUN = "gold-paris:vol_1/disk"


def migration(story: Story, to: str = "gold-paris:vol_2", what: str = LUN, **more: Any) -> Any:
    return migrations.migration_of(story.place.session, what, to=to, **more)


async def migrate(story: Story, to: str = "gold-paris:vol_2", **more: Any) -> RunReport:
    return await story.place.run(migrations.migrate(migration(story, to, **more)))


async def abort(story: Story, to: str = "gold-paris:vol_2", **more: Any) -> RunReport:
    return await story.place.run(migrations.abort(migration(story, to, **more)))


async def plan(story: Story, to: str = "gold-paris:vol_2", **more: Any) -> PlanReport:
    return await story.planned(migrations.migrate(migration(story, to, **more)))


def taken(shown: PlanReport) -> list[str]:
    return [each.mechanism for each in shown.mechanisms if each.is_taken]


async def with_a_lun(story: Story, size: int = 16 * MIB) -> dict[str, Any]:
    """vol_1 of paris has a LUN that is mapped to a host, which has written to it; vol_2 is empty."""
    paris, svm = story.at["paris"], {"svm.name": SVMS["paris"]}
    await create_volumes(story.place.lab["paris"], ["vol_1", "vol_2"])
    await paris.post(
        "/protocols/san/igroups", {"name": "hosts", "os_type": "linux", "initiators": [{"name": IQN}], **svm}
    )
    await paris.post("/storage/luns", {"name": "/vol/vol_1/disk", "os_type": "linux", "space.size": size, **svm})
    await paris.post("/protocols/san/lun-maps", {"lun.name": "/vol/vol_1/disk", "igroup.name": "hosts", **svm})
    lun = await told_of(story, "/vol/vol_1/disk")
    await story.place.lab["paris"].doors.block(IQN).lun(lun["serial_number"]).write(b"kept" * 1000, offset=8192)
    return lun


async def told_of(story: Story, name: str) -> dict[str, Any]:
    found = await story.at["paris"].get("/storage/luns", name=name, fields="**")
    return found[0] if found else {}


def held(story: Story, volume: str, name: str = "disk") -> bytes | None:
    path = story.place.tree("paris", volume) / name
    return path.read_bytes() if path.exists() else None


async def assert_hosts_go_on(story: Story, lun: dict[str, Any], name: str) -> None:
    """The LUN is there as what it was, and the host that knows it by its serial number reads what it wrote."""
    now = await told_of(story, name)
    assert (now["uuid"], now["serial_number"]) == (lun["uuid"], lun["serial_number"])
    assert now["lun_maps"] == lun["lun_maps"]
    blocks = story.place.lab["paris"].doors.block(IQN).lun(lun["serial_number"])
    assert await blocks.read(offset=8192, length=4000) == b"kept" * 1000


def test_a_lun_moves_to_another_volume_while_its_host_writes(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        lun = await with_a_lun(story)
        blocks = story.place.lab["paris"].doors.block(IQN).lun(lun["serial_number"])
        written: list[int] = []

        async def write() -> None:
            while True:
                await blocks.write(bytes([len(written) % 256]) * 512, offset=MIB + 512 * (len(written) % 1000))
                written.append(len(written))
                await trio.sleep(0.01)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            await trio.sleep(0.05)
            shown = await plan(story)
            assert taken(shown) == ["LUN move"]
            assert all(each.why_not for each in shown.mechanisms if not each.is_taken)
            report = await migrate(story)
            assert report.verdict is Verdict.DONE, told(report)
            nursery.cancel_scope.cancel()
        assert f"{lun['serial_number']} and 1 map (hosts) stay" in told(report)
        await assert_hosts_go_on(story, lun, "/vol/vol_2/disk")
        assert (await told_of(story, "/vol/vol_2/disk"))["movement"]["progress"]["state"] == "complete"
        assert held(story, "vol_1") is None
        now = held(story, "vol_2")
        assert now is not None
        assert len(written) > 50, "no write was refused"
        for number in written[-1000:]:
            begin = MIB + 512 * (number % 1000)
            assert now[begin : begin + 512] == bytes([number % 256]) * 512
        again = await migrate(story)
        assert (again.verdict, (await plan(story)).steps) == (Verdict.DONE, ()), told(again)

    play(quick_path, main)


def test_room_is_asked_for_all_of_a_lun_that_is_reserved_before_anything_is_begun(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        lun = await with_a_lun(story, 60 * MIB)
        body = {"name": "small", "svm.name": SVMS["paris"], "aggregates": [{"name": "aggr1"}], "size": 20 * MIB}
        await story.at["paris"].post("/storage/volumes", body)
        writes = await calls(story, "writes")
        report = await migrate(story, "gold-paris:small")
        assert report.verdict is Verdict.REFUSED
        assert "small at gold-paris has room for 20 MiB, and 60 MiB would come" in told(report)
        assert await calls(story, "writes") == writes
        with pytest.raises(AssertionError, match="No space left"):  # so the cluster counts it
            await story.at["paris"].patch(f"/storage/luns/{lun['uuid']}", {"name": "/vol/small/disk"})
        await story.change("paris", "small", {"autosize": {"mode": "grow", "maximum": 200 * MIB}})
        assert (await migrate(story, "gold-paris:small")).verdict is Verdict.DONE
        await assert_hosts_go_on(story, lun, "/vol/small/disk")

    play(quick_path, main)


@pytest.mark.parametrize("calls", range(2))
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_killed_at_any_call_the_same_command_ends_in_the_same_place(
    quick_path: Path, calls: int, is_carried_out: bool
) -> None:
    async def main(story: Story) -> None:
        lun = await with_a_lun(story)
        before = held(story, "vol_1")
        assert await dies(migrate, story, Life(calls, is_carried_out)) == (calls < 1)
        undone = await abort(story)
        assert undone.verdict is Verdict.REFUSED, "a LUN that moves is where it goes at once"
        report = await migrate(story)
        assert report.verdict is Verdict.DONE, told(report)
        await assert_hosts_go_on(story, lun, "/vol/vol_2/disk")
        assert (held(story, "vol_1"), held(story, "vol_2")) == (None, before)

    play(quick_path, main)


def test_a_lun_that_moves_is_listed_and_one_that_is_paused_is_waited_for(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        lun = await with_a_lun(story)
        await story.at["paris"].patch(f"/storage/luns/{lun['uuid']}", {"name": "/vol/vol_2/disk"})
        await story.at["paris"].patch(f"/storage/luns/{lun['uuid']}", {"movement.progress.state": "paused"})
        (listed,) = (await under_way.migrations(story.place.session)).migrations
        assert (listed.volume, listed.mechanism, listed.state) == ("vol_2/disk", "LUN move", "paused")
        elsewhere = await plan(story, "gold-paris:vol_1/other", what="gold-paris:vol_2/disk")
        assert "it is on its way elsewhere already" in told(elsewhere)
        undone = await abort(story)
        assert "datamotion migrate gold-paris:vol_2/disk --to gold-paris:vol_1/disk" in told(undone)
        with trio.move_on_after(1000) as waiting:
            await migrate(story)
        assert waiting.cancelled_caught, "what somebody has paused is not given up"
        await story.at["paris"].patch(f"/storage/luns/{lun['uuid']}", {"movement.progress.state": "replicating"})
        assert (await migrate(story)).verdict is Verdict.DONE
        assert not (await under_way.migrations(story.place.session)).migrations
        back = await migrate(story, "gold-paris:vol_1/disk", what="gold-paris:vol_2/disk")
        assert back.verdict is Verdict.DONE, told(back)
        await assert_hosts_go_on(story, lun, "/vol/vol_1/disk")

    play(quick_path, main)


def test_within_its_volume_it_is_renamed_or_cloned_where_the_old_one_is_to_stay(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        lun = await with_a_lun(story)
        before, writes = held(story, "vol_1"), await calls(story, "writes")
        nothing = await migrate(story, "gold-paris:vol_1")
        assert nothing.verdict is Verdict.DONE
        assert await calls(story, "writes") == writes, "it is there already"
        assert taken(await plan(story, "gold-paris:vol_1/twin", keeps_source=True)) == ["FlexClone of the LUN"]
        for _ in range(2):
            report = await migrate(story, "gold-paris:vol_1/twin", keeps_source=True)
            assert report.verdict is Verdict.DONE, told(report)
        assert held(story, "vol_1", "twin") == held(story, "vol_1") == before
        assert taken(await plan(story, "gold-paris:vol_1/renamed")) == ["another name"]
        report = await migrate(story, "gold-paris:vol_1/renamed")
        assert report.verdict is Verdict.DONE, told(report)
        await assert_hosts_go_on(story, lun, "/vol/vol_1/renamed")
        assert (held(story, "vol_1"), held(story, "vol_1", "renamed")) == (None, before)
        over = await plan(story, "gold-paris:vol_1/renamed")
        assert (over.verdict, over.changes) == (Verdict.DONE, 0)
        notes = [each.text for each in over.notes]
        assert notes == ["There is one at gold-paris:vol_1/renamed, and none at gold-paris:vol_1/disk."]
        kept = await plan(story, "gold-paris:vol_1/renamed", keeps_source=True)
        assert (kept.verdict, "there is no LUN or file disk" in told(kept)) == (Verdict.REFUSED, True)

    play(quick_path, main)


@pytest.mark.parametrize("keeps_source", [False, True])
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_another_name_and_a_clone_end_in_the_same_place_wherever_the_process_ends(
    quick_path: Path, is_carried_out: bool, keeps_source: bool
) -> None:
    to = "gold-paris:vol_1/other"

    async def main(story: Story) -> None:
        lun = await with_a_lun(story)
        before = held(story, "vol_1")

        async def go(mortal: Story) -> RunReport:
            return await migrate(mortal, to, keeps_source=keeps_source)

        assert await dies(go, story, Life(0, is_carried_out))
        assert (await abort(story, to, keeps_source=keeps_source)).verdict is Verdict.REFUSED, "it is one request"
        assert (await go(story)).verdict is Verdict.DONE
        await assert_hosts_go_on(story, lun, "/vol/vol_1/disk" if keeps_source else "/vol/vol_1/other")
        assert held(story, "vol_1", "other") == before
        assert held(story, "vol_1") == (before if keeps_source else None)

    play(quick_path, main)


def test_what_cannot_be_is_refused_with_what_to_do_and_nothing_is_changed(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_a_lun(story)
        svm = {"svm.name": SVMS["paris"], "os_type": "linux", "space.size": MIB}
        await story.at["paris"].post("/storage/luns", {"name": "/vol/vol_2/taken", **svm})
        await create_volumes(story.place.lab["paris"], ["empty"])
        writes = await calls(story, "writes")
        for to, what, said in (
            ("gold-paris:vol_2/taken", LUN, "there is a LUN or a file at gold-paris:vol_2/taken already"),
            ("gold-paris:vol_9", LUN, "there is no volume vol_9 at gold-paris"),
            ("gold-paris:vol_2/shelf/", LUN, "there is no qtree shelf in vol_2 at gold-paris, and a LUN goes into no"),
            ("gold-paris:vol_1/a/b/disk", LUN, "root of a volume or of a qtree, and a/b is below one"),
            ("gold-paris:vol_2", "gold-paris:vol_1/none", "its LUNs: disk; a file is named by its path from the root"),
            ("gold-paris:vol_1", "gold-paris:empty/none", "it has no LUN; a file is named by its path from the root"),
            ("gold-paris:vol_2", "gold-paris:vol_8/disk", "no volume vol_8 at gold-paris"),
        ):
            shown = await plan(story, to, what=what)
            assert (shown.verdict, shown.steps) == (Verdict.REFUSED, ()), to
            assert said in told(shown)
        for wrong, said in (
            ({"to": "gold-paris"}, "to which volume disk is to go is not said"),
            ({"to": "gold-paris:vol_2/../disk"}, "'../disk' is no path in a volume"),
            ({"what": "gold-paris:vol_1/./disk"}, "'./disk' is no path in a volume"),
            ({"what": "gold-paris:vol_1/a,vol_1/b"}, "names no LUN"),
            ({"what": "gold-paris:vol_1"}, "names a volume"),
            ({"aggregates": ("aggr1",)}, "are for whole volumes"),
            ({"to": "gold-rome:vol_1"}, "no back end 'gold-rome'"),
        ):
            with pytest.raises(ConfigError, match=said):
                migration(story, **wrong)
        assert await calls(story, "writes") == writes

    play(quick_path, main)
