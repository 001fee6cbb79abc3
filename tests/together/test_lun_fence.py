"""Hosts of LUNs: kept away like all other clients, with their maps left, and none of their writes lost."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from datamotion.service import failing_over, migrations
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from ontaplab.doors.errors import DoorError
from tests.ontaplab.doors.hosts import refused
from tests.profile import thinned
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.world import GROUP, SVMS, create_volumes

IQN = "iqn.2026-01.com.example:host1"
BLOCK = 4096


async def with_luns(story: Story) -> None:
    """vol_1 of paris has two LUNs that are mapped to a host, and one of them is off; it is mirrored with them."""
    await create_volumes(story.place.lab["paris"], ["vol_1"])
    svm = {"svm.name": SVMS["paris"]}
    paris = story.at["paris"]
    await paris.post(
        "/protocols/san/igroups", {"name": "hosts", "os_type": "linux", "initiators": [{"name": IQN}], **svm}
    )
    for name in ("disk", "spare"):
        path = f"/vol/vol_1/{name}"
        await paris.post("/storage/luns", {"name": path, "os_type": "linux", "space.size": 2**24, **svm})
        await paris.post("/protocols/san/lun-maps", {"lun.name": path, "igroup.name": "hosts", **svm})
    await set_enabled(story, "paris", "spare", is_enabled=False)
    assert (await story.apply()).verdict is Verdict.DONE


async def set_enabled(story: Story, cluster: str, name: str, *, is_enabled: bool) -> None:
    lun = await story.at[cluster].one("/storage/luns", name=f"/vol/vol_1/{name}")
    await story.at[cluster].patch(f"/storage/luns/{lun['uuid']}", {"enabled": is_enabled})


async def enabled(story: Story, cluster: str) -> dict[str, bool]:
    found = await story.at[cluster].get("/storage/luns", fields="name,enabled", **{"svm.name": SVMS[cluster]})
    return {each["name"].rpartition("/")[2]: each["enabled"] for each in found}


async def write_all_the_time(story: Story, acknowledged: list[int]) -> None:
    """Until it is not let in any more."""
    blocks = story.place.lab["paris"].doors.block(IQN).lun("/vol/vol_1/disk")
    for number in range(1000):
        try:
            await blocks.write(bytes([number % 256]) * BLOCK, offset=number * BLOCK)
        except DoorError:
            return
        acknowledged.append(number)
        await trio.sleep(0.001)


def disk(story: Story, cluster: str) -> bytes:
    return (story.place.tree(cluster, "vol_1") / "disk").read_bytes()


def assert_holds(held: bytes, acknowledged: list[int]) -> None:
    assert len(acknowledged) > 50, "it wrote while the mirror was brought up to date"
    for number in acknowledged:
        assert held[number * BLOCK : (number + 1) * BLOCK] == bytes([number % 256]) * BLOCK, number


async def planned(story: Story) -> RunReport:
    return await story.failover("lyon", is_planned=True)


def test_a_planned_failover_loses_no_block_that_was_acknowledged_and_what_was_off_stays_off(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_luns(story)
        acknowledged: list[int] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write_all_the_time, story, acknowledged)
            await trio.sleep(0.1)
            report = await planned(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert_holds(disk(story, "lyon"), acknowledged)
        assert await enabled(story, "paris") == {"disk": False, "spare": False}
        assert (await enabled(story, "lyon"))["disk"] is True
        assert await story.at["paris"].get("/protocols/san/lun-maps"), "maps are left as they are"

    play(quick_path, main, schedule=None)


@pytest.mark.slow
@pytest.mark.parametrize("is_carried_out", thinned([False, True], 2))
@pytest.mark.sweep
def test_killed_anywhere_and_aborted_hosts_have_exactly_what_they_had(
    quick_path: Path, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 4

    async def main(story: Story) -> None:
        await with_luns(story)
        if not await dies(planned, story, Life(calls, is_carried_out)):
            over.append(calls)
            return
        report = await story.place.run(failing_over.thaw(story.place.session.group(GROUP)))
        is_decided = (await story.group()).serving == "gold-lyon"
        if report.verdict is Verdict.REFUSED or is_decided:
            assert (await planned(story)).verdict is Verdict.DONE
            assert (await enabled(story, "lyon"))["disk"] is True
            return
        assert report.verdict is Verdict.DONE, (calls, told(report))
        undone.append(calls)
        assert await enabled(story, "paris") == {"disk": True, "spare": False}, calls
        await story.place.lab["paris"].doors.block(IQN).lun("/vol/vol_1/disk").write(b"x" * BLOCK)

    over: list[int] = []
    undone: list[int] = []
    while not over:
        play(quick_path / str(calls), main, schedule=None)
        calls += every
    assert undone


def test_a_home_that_comes_back_is_fenced_from_its_hosts_too(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_luns(story)
        story.place.lose("paris")
        assert (await story.failover()).verdict is Verdict.DONE
        story.place.regain("paris")
        blocks = story.place.lab["paris"].doors.block(IQN).lun("/vol/vol_1/disk")
        await blocks.write(b"late" * 1024)
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert await refused(blocks.write(b"late" * 1024)) == "ENXIO"
        assert not (await story.plan()).steps

    play(quick_path, main, schedule=None)


def test_a_migrated_volume_has_its_luns_and_their_hosts(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["free"])
        svm = {"svm.name": SVMS["paris"]}
        await story.at["paris"].post(
            "/storage/luns", {"name": "/vol/free/disk", "os_type": "linux", "space.size": 2**24, **svm}
        )
        for cluster in ("paris", "lyon"):
            await story.at[cluster].post(
                "/protocols/san/igroups",
                {"name": "hosts", "os_type": "linux", "initiators": [{"name": IQN}], "svm.name": SVMS[cluster]},
            )
        mapped = {"lun.name": "/vol/free/disk", "igroup.name": "hosts", "logical_unit_number": 5, **svm}
        await story.at["paris"].post("/protocols/san/lun-maps", mapped)
        found = migrations.migration_of(story.place.session, "gold-paris:free", to="gold-lyon")
        report = await story.place.run(migrations.migrate(found))
        assert report.verdict is Verdict.DONE, told(report)
        assert await enabled(story, "lyon") == {"disk": True}
        (seen,) = await story.place.lab["lyon"].doors.block(IQN).luns()
        assert (seen.number, seen.name) == (5, "/vol/free/disk")

    play(quick_path, main)
