"""LUN maps and SMB shares go to the site that serves: as they were where that can be, else told by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datamotion.policy.drills.drills import DrillChoice
from datamotion.service import drills, mirrors
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.datamotion.building import notes_of
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.world import GROUP, SVMS, create_volumes

IQN = "iqn.2026-01.com.example:host1"
BLOCK = b"x" * 4096
ACLS = [
    {"user_or_group": "EXAMPLE\\writers: all", "permission": "change", "type": "windows"},
    {"user_or_group": "root", "permission": "read", "type": "unix_user"},
]


async def an_igroup(story: Story, cluster: str, name: str, initiator: str = IQN) -> None:
    body = {"name": name, "os_type": "linux", "initiators": [{"name": initiator}], "svm.name": SVMS[cluster]}
    await story.at[cluster].post("/protocols/san/igroups", body)


async def a_lun(story: Story, cluster: str, path: str) -> None:
    body = {"name": f"/vol/{path}", "os_type": "linux", "space.size": 2**20, "svm.name": SVMS[cluster]}
    await story.at[cluster].post("/storage/luns", body)


async def mapped(story: Story, cluster: str, path: str, igroup: str, number: int) -> None:
    body = {"lun.name": f"/vol/{path}", "igroup.name": igroup, "svm.name": SVMS[cluster]}
    await story.at[cluster].post("/protocols/san/lun-maps", {**body, "logical_unit_number": number})


async def a_cifs_server(story: Story, cluster: str) -> None:
    body = {"name": f"SMB{cluster}", "workgroup": "EXAMPLE", "svm.name": SVMS[cluster]}
    await story.at[cluster].post("/protocols/cifs/services", body)


async def a_share(story: Story, cluster: str, name: str, path: str, **more: Any) -> None:
    await story.at[cluster].post(
        "/protocols/cifs/shares", {"name": name, "path": path, "svm.name": SVMS[cluster], **more}
    )


async def maps(story: Story, cluster: str) -> dict[str, tuple[str, int]]:
    """By the LUN's path: igroup and number."""
    fields = "lun.name,igroup.name,logical_unit_number"
    found = await story.at[cluster].get("/protocols/san/lun-maps", fields=fields)
    return {
        each["lun"]["name"].removeprefix("/vol/"): (each["igroup"]["name"], each["logical_unit_number"])
        for each in found
    }


async def shares(story: Story, cluster: str) -> dict[str, dict[str, Any]]:
    found = await story.at[cluster].get("/protocols/cifs/shares", fields="*")
    return {each["name"]: {key: each[key] for key in each if key not in ("svm", "_links", "volume")} for each in found}


def renamed(story: Story) -> Story:
    """As one sees it whose igroup of the home is called otherwise at lyon."""
    return story.configured(lambda tree: tree["groups"][GROUP]["targets"][0].update(igroups={"hosts": "hosts_dr"}))


async def with_ways_in(story: Story, igroup: str = "hosts") -> None:
    """vol_1 of paris has two LUNs that hosts see as 3 and 7, and two shares; one more leads elsewhere.

    All is protected. Lyon has the igroup, and serves SMB.
    """
    await create_volumes(story.place.lab["paris"], ["vol_1", "other"])
    (story.place.tree("paris", "vol_1") / "to read").mkdir()
    await an_igroup(story, "paris", "hosts")
    await an_igroup(story, "lyon", igroup)
    for name, number in (("disk", 3), ("log", 7)):
        await a_lun(story, "paris", f"vol_1/{name}")
        await mapped(story, "paris", f"vol_1/{name}", "hosts", number)
    for cluster in ("paris", "lyon"):
        await a_cifs_server(story, cluster)
    await a_share(story, "paris", "data", "/vol_1")
    more: dict[str, Any] = {"comment": "to read, only: all", "acls": ACLS, "oplocks": False, "offline_files": "none"}
    await a_share(story, "paris", "read only", "/vol_1/to read", **more)
    await a_share(story, "paris", "elsewhere", "/other")
    assert (await story.apply()).verdict is Verdict.DONE


async def writes(story: Story, cluster: str, lun: str = "disk") -> None:
    await story.place.lab[cluster].doors.block(IQN).lun(f"/vol/vol_1/{lun}").write(BLOCK)


async def reprotect(story: Story, *discard: str) -> RunReport:
    group = story.place.session.group(GROUP)
    return await story.place.run(mirrors.reprotect(group, discard=[f"gold-{each}" for each in discard], keep=False))


def differences(report: RunReport) -> list[str]:
    return [note for note in notes_of(report) if " differs: " in note]


def test_with_the_home_lost_hosts_come_in_as_they_did_and_so_they_do_once_home_again(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = renamed(story)
        await with_ways_in(story, "hosts_dr")
        had = await shares(story, "paris")
        del had["elsewhere"]
        assert await maps(story, "lyon") == {}, "before its turn nothing is mapped"
        story.place.lose("paris")
        report = await story.failover("lyon")
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        assert await maps(story, "lyon") == {"vol_1/disk": ("hosts_dr", 3), "vol_1/log": ("hosts_dr", 7)}
        assert await shares(story, "lyon") == had
        await writes(story, "lyon")
        tree = await story.place.lab["lyon"].doors.smb("10.0.0.9").connect(SVMS["lyon"], "data")
        await tree.write(b"by a host", "written")
        story.place.regain("paris")
        await story.apply()
        assert (await reprotect(story, "paris")).verdict is Verdict.DONE
        await a_lun(story, "lyon", "vol_1/new")
        await mapped(story, "lyon", "vol_1/new", "hosts_dr", 5)
        await a_share(story, "lyon", "new", "/vol_1/to read")
        report = await story.failover("paris", is_planned=True)
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        at_home = {"vol_1/disk": ("hosts", 3), "vol_1/log": ("hosts", 7), "vol_1/new": ("hosts", 5)}
        assert await maps(story, "paris") == at_home
        await writes(story, "paris", "new")
        assert (await shares(story, "paris")).keys() == {"elsewhere", "data", "read only", "new"}
        assert (await shares(story, "lyon")).keys() == {"data", "read only", "new"}, "shares of the fenced site stay"

    play(quick_path, main, schedule=None)


def test_a_drill_gives_hosts_nothing_and_a_planned_failover_what_they_have_then(quick_path: Path) -> None:
    """A map was removed since it was noted, another one made; and a share of a folder that was not carried yet."""

    async def main(story: Story) -> None:
        await with_ways_in(story)
        drill = story.place.session.group(GROUP)
        report = await story.place.run(drills.start(drill, DrillChoice()))
        assert report.verdict is Verdict.DONE, told(report)
        assert [each["name"] for each in await story.at["lyon"].get("/storage/luns", name="*drill*")], "it has LUNs"
        assert (await maps(story, "lyon"), await shares(story, "lyon")) == ({}, {})
        await story.place.run(drills.stop(drill))
        log = await story.at["paris"].one("/protocols/san/lun-maps", **{"lun.name": "*log"})
        await story.at["paris"].delete(f"/protocols/san/lun-maps/{log['lun']['uuid']}/{log['igroup']['uuid']}")
        await a_lun(story, "paris", "vol_1/new")
        await mapped(story, "paris", "vol_1/new", "hosts", 5)
        (story.place.tree("paris", "vol_1") / "late").mkdir()
        await a_share(story, "paris", "late", "/vol_1/late")
        report = await story.failover("lyon", is_planned=True)
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        assert await maps(story, "lyon") == {"vol_1/disk": ("hosts", 3), "vol_1/new": ("hosts", 5)}
        assert (await shares(story, "lyon")).keys() == {"data", "read only", "late"}
        assert await story.at["paris"].get("/protocols/san/lun-maps"), "the fenced site keeps its maps"
        assert not (await story.plan_failover("lyon")).steps

    play(quick_path, main, schedule=None)


def test_what_cannot_be_alike_is_told_by_name_is_not_forgotten_and_keeps_nothing_else_out(quick_path: Path) -> None:
    """Lyon has no igroup `backup`; to the hosts something else is number 3 there, and DATA is another share. Of one
    share the folder was not carried.
    """

    async def main(story: Story) -> None:
        await with_ways_in(story)
        await an_igroup(story, "paris", "backup", "iqn.2026-01.com.example:backup")
        await mapped(story, "paris", "vol_1/disk", "backup", 0)
        (story.place.tree("paris", "vol_1") / "late").mkdir()
        await a_share(story, "paris", "late", "/vol_1/late")
        await story.apply()
        await an_igroup(story, "lyon", "others")
        await create_volumes(story.place.lab["lyon"], ["other"])
        await a_lun(story, "lyon", "other/lun")
        await mapped(story, "lyon", "other/lun", "others", 3)
        await a_share(story, "lyon", "DATA", "/other")
        story.place.lose("paris")
        report = await story.failover("lyon")
        assert (report.verdict, "vol_1" in story.served("lyon")) == (Verdict.DONE, True), told(report)
        refused, *others = differences(report)
        assert refused.startswith("gold-lyon differs: vol_1: SMB share late for /vol_1/late where clients had it")
        assert others == [
            "gold-lyon differs: LUN vol_1/disk: not mapped to igroup backup: svm_gold_dr has none of that name.",
            "gold-lyon differs: LUN vol_1/disk: mapped to igroup hosts as 0 where it was 3.",
            "gold-lyon differs: SMB share data: it leads to /other there, and /vol_1 is where it led.",
        ]
        as_mapped = {"other/lun": ("others", 3), "vol_1/disk": ("hosts", 0), "vol_1/log": ("hosts", 7)}
        assert await maps(story, "lyon") == as_mapped
        assert (await story.volume("lyon", "vol_1", "autosize.mode"))["autosize"]["mode"] == "off", (
            "what else clients had is given"
        )
        await writes(story, "lyon")
        story.place.regain("paris")
        await story.apply()
        comment = (await story.volume("lyon", "vol_1", "comment"))["comment"]
        assert "disk:0:backup" in comment, "it comes back with the home"

    play(quick_path, main, schedule=None)


@pytest.mark.slow
@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.sweep
def test_killed_anywhere_and_run_again_hosts_come_in_as_they_did(
    quick_path: Path, is_lost: bool, soaking: int | None
) -> None:
    """At every call before it and after it; in `make test` at a sample, before and after by turns."""
    over: list[int] = []

    async def failover(story: Story) -> RunReport:
        return await story.failover("lyon", is_planned=not is_lost)

    async def main(story: Story) -> None:
        await with_ways_in(story)
        if is_lost:
            story.place.lose("paris")
        if not await dies(failover, story, Life(calls, is_carried_out)):
            over.append(calls)
        report = await failover(story)
        assert report.verdict is Verdict.DONE, (calls, told(report))
        assert await maps(story, "lyon") == {"vol_1/disk": ("hosts", 3), "vol_1/log": ("hosts", 7)}, calls
        assert (await shares(story, "lyon")).keys() == {"data", "read only"}, calls
        await writes(story, "lyon")

    every, calls, is_carried_out = 1 if soaking is not None else 7, 4, False
    while not over:
        for is_carried_out in (False, True) if soaking is not None else (not is_carried_out,):  # noqa: B020
            play(quick_path / f"{calls}{is_carried_out}", main, schedule=None)
        calls += every
