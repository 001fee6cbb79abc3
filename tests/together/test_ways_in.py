"""LUN maps and SMB shares go to the site that serves: as they were where that can be, else told by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datamotion.policy.drills import DrillChoice
from datamotion.service import drills, mirrors
from datamotion.service.reports import RunReport, Verdict
from tests.ontaplab.doors.hosts import refused
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


async def with_luns(story: Story) -> None:
    """vol_1 of paris has two LUNs that hosts see as 3 and 7; all is protected."""
    await create_volumes(story.place.lab["paris"], ["vol_1"])
    await an_igroup(story, "paris", "hosts")
    for name, number in (("disk", 3), ("log", 7)):
        await a_lun(story, "paris", f"vol_1/{name}")
        await mapped(story, "paris", f"vol_1/{name}", "hosts", number)
    assert (await story.apply()).verdict is Verdict.DONE


async def with_shares(story: Story) -> None:
    """Two shares lead into vol_1 of paris, one elsewhere; lyon serves SMB too."""
    await create_volumes(story.place.lab["paris"], ["vol_1"])
    (story.place.tree("paris", "vol_1") / "to read").mkdir()
    for cluster in ("paris", "lyon"):
        await a_cifs_server(story, cluster)
    await a_share(story, "paris", "data", "/vol_1")
    more: dict[str, Any] = {"comment": "to read, only: all", "acls": ACLS, "oplocks": False, "offline_files": "none"}
    await a_share(story, "paris", "read only", "/vol_1/to read", **more)
    await create_volumes(story.place.lab["paris"], ["other"])
    await a_share(story, "paris", "beside", "/other")
    assert (await story.apply()).verdict is Verdict.DONE


async def writes(story: Story, cluster: str, lun: str = "disk") -> None:
    await story.place.lab[cluster].doors.block(IQN).lun(f"/vol/vol_1/{lun}").write(BLOCK)


async def reprotect(story: Story, *discard: str) -> RunReport:
    group = story.place.session.group(GROUP)
    return await story.place.run(mirrors.reprotect(group, discard=[f"gold-{each}" for each in discard], keep=False))


async def planned(story: Story) -> RunReport:
    return await story.failover("lyon", is_planned=True)


def differences(report: RunReport) -> list[str]:
    return [note for note in report.notes if " differs: " in note]


def test_with_the_home_lost_hosts_find_luns_as_they_had_them_and_have_them_still_once_home_again(
    quick_path: Path,
) -> None:
    async def main(story: Story) -> None:
        story = renamed(story)
        await with_luns(story)
        await an_igroup(story, "lyon", "hosts_dr")
        assert await maps(story, "lyon") == {}, "before its turn nothing is mapped"
        story.place.lose("paris")
        report = await story.failover("lyon")
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        assert await maps(story, "lyon") == {"vol_1/disk": ("hosts_dr", 3), "vol_1/log": ("hosts_dr", 7)}
        await writes(story, "lyon")
        story.place.regain("paris")
        await story.apply()
        assert (await reprotect(story, "paris")).verdict is Verdict.DONE
        await a_lun(story, "lyon", "vol_1/new")
        await mapped(story, "lyon", "vol_1/new", "hosts_dr", 5)
        report = await story.failover("paris", is_planned=True)
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        assert await maps(story, "paris") == {
            "vol_1/disk": ("hosts", 3),
            "vol_1/log": ("hosts", 7),
            "vol_1/new": ("hosts", 5),
        }
        await writes(story, "paris", "new")

    play(quick_path, main, schedule=None)


def test_as_planned_luns_are_mapped_as_they_are_then_and_not_as_they_were_noted(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_luns(story)
        await an_igroup(story, "lyon", "hosts")
        for each in await story.at["paris"].get("/protocols/san/lun-maps"):
            if each["lun"]["name"].endswith("log"):
                await story.at["paris"].delete(
                    f"/protocols/san/lun-maps/{each['lun']['uuid']}/{each['igroup']['uuid']}"
                )
        await a_lun(story, "paris", "vol_1/new")
        await mapped(story, "paris", "vol_1/new", "hosts", 5)
        report = await planned(story)
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        assert await maps(story, "lyon") == {"vol_1/disk": ("hosts", 3), "vol_1/new": ("hosts", 5)}
        assert await story.at["paris"].get("/protocols/san/lun-maps"), "the fenced site keeps its maps"
        assert not (await story.plan_failover("lyon")).steps

    play(quick_path, main, schedule=None)


def test_what_cannot_be_mapped_alike_is_told_by_name_and_not_forgotten(quick_path: Path) -> None:
    """Lyon has no igroup `backup`; in its `hosts` something else is number 3 to the same host."""

    async def main(story: Story) -> None:
        await with_luns(story)
        await an_igroup(story, "paris", "backup", "iqn.2026-01.com.example:backup")
        await mapped(story, "paris", "vol_1/disk", "backup", 0)
        await story.apply()
        await an_igroup(story, "lyon", "hosts")
        await an_igroup(story, "lyon", "others")
        await create_volumes(story.place.lab["lyon"], ["other"])
        await a_lun(story, "lyon", "other/lun")
        await mapped(story, "lyon", "other/lun", "others", 3)
        story.place.lose("paris")
        report = await story.failover("lyon")
        assert report.verdict is Verdict.DONE, told(report)
        assert differences(report) == [
            "gold-lyon differs: LUN vol_1/disk: not mapped to igroup backup: svm_gold_dr has none of that name.",
            "gold-lyon differs: LUN vol_1/disk: mapped to igroup hosts as 0 where it was 3.",
        ]
        assert await maps(story, "lyon") == {
            "other/lun": ("others", 3),
            "vol_1/disk": ("hosts", 0),
            "vol_1/log": ("hosts", 7),
        }
        await writes(story, "lyon")
        story.place.regain("paris")
        await story.apply()
        comment = (await story.volume("lyon", "vol_1", "comment"))["comment"]
        assert "disk:0:backup" in comment, "it comes back with the home"

    play(quick_path, main, schedule=None)


def test_a_third_site_that_takes_over_from_the_second_has_the_maps_too(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = renamed(story).configured(
            lambda tree: [each.update(policy="MirrorAllSnapshots") for each in tree["groups"][GROUP]["targets"]]
        )
        await with_luns(story)
        await an_igroup(story, "lyon", "hosts_dr")
        await an_igroup(story, "oslo", "hosts")
        assert (await planned(story)).verdict is Verdict.DONE
        assert (await reprotect(story)).verdict is Verdict.DONE
        story.place.lose("lyon")
        report = await story.failover("oslo", is_planned=False)
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        assert await maps(story, "oslo") == {"vol_1/disk": ("hosts", 3), "vol_1/log": ("hosts", 7)}
        await writes(story, "oslo")

    play(quick_path, main, schedule=None, targets=("lyon", "oslo"))


def test_maps_that_a_comment_has_no_room_for_are_counted_and_what_people_wrote_stays(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        await story.change("paris", "vol_1", {"comment": "what people wrote " * 20})
        await an_igroup(story, "paris", "hosts")
        await an_igroup(story, "lyon", "hosts")
        for number in range(20):
            name = f"vol_1/volume-5e1f0c6a-{number:04}"
            await a_lun(story, "paris", name)
            await mapped(story, "paris", name, "hosts", number)
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert any(note.startswith("vol_1: not all LUN maps") for note in report.notes), told(report)
        story.place.lose("paris")
        report = await story.failover("lyon")
        (note,) = differences(report)
        kept = len(await maps(story, "lyon"))
        assert kept > 3
        assert note == f"gold-lyon differs: vol_1: {20 - kept} maps of its LUNs had no room in its comment."
        assert (await story.volume("lyon", "vol_1", "comment"))["comment"].startswith("what people wrote " * 20)

    play(quick_path, main, schedule=None)


def test_with_the_home_lost_shares_are_made_as_they_were_and_home_again_they_are_there_still(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_shares(story)
        had = await shares(story, "paris")
        story.place.lose("paris")
        report = await story.failover("lyon")
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        del had["beside"]
        assert await shares(story, "lyon") == had, "what leads elsewhere is none of its own"
        tree = await story.place.lab["lyon"].doors.smb("10.0.0.9").connect(SVMS["lyon"], "data")
        await tree.write(b"by a host", "written")
        story.place.regain("paris")
        await story.apply()
        assert (await reprotect(story, "paris")).verdict is Verdict.DONE
        await a_share(story, "lyon", "new", "/vol_1/to read")
        report = await story.failover("paris", is_planned=True)
        assert (report.verdict, differences(report)) == (Verdict.DONE, []), told(report)
        assert (await shares(story, "paris")).keys() == {"beside", "data", "read only", "new"}
        assert (await shares(story, "lyon")).keys() == {"data", "read only", "new"}, "shares of the fenced site stay"

    play(quick_path, main, schedule=None)


def test_shares_that_cannot_be_made_alike_are_told_by_name_and_what_is_there_stays(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_shares(story)
        await create_volumes(story.place.lab["lyon"], ["other"])
        await a_share(story, "lyon", "DATA", "/other")
        report = await planned(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert differences(report) == [
            "gold-lyon differs: SMB share data: it leads to /other there, and /vol_1 is where it led."
        ]
        assert (await shares(story, "lyon"))["DATA"]["path"] == "/other"
        assert (await reprotect(story)).verdict is Verdict.DONE
        found = await story.at["paris"].one("/protocols/cifs/shares", name="read only")
        await story.at["paris"].patch(f"/protocols/cifs/shares/{found['svm']['uuid']}/read only", {"comment": "ours"})
        report = await story.failover("paris", is_planned=True)
        assert differences(report) == [
            "gold-paris differs: SMB share read only: it is there with another comment than it had."
        ]

    play(quick_path, main, schedule=None)


def test_without_a_cifs_server_volumes_are_served_and_the_shares_are_told(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        await a_cifs_server(story, "paris")
        await a_share(story, "paris", "data", "/vol_1")
        await story.apply()
        report = await story.failover("lyon", is_planned=False)
        assert (report.verdict, story.served("lyon")) == (Verdict.DONE, {"vol_1"}), told(report)
        assert differences(report) == [
            "gold-lyon differs: SMB share data: not made for /vol_1: svm_gold_dr has no CIFS server."
        ]

    play(quick_path, main, schedule=None)


def test_a_share_whose_folder_was_not_carried_is_refused_and_told_and_its_volume_is_served(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_shares(story)
        (story.place.tree("paris", "vol_1") / "late").mkdir()
        await a_share(story, "paris", "late", "/vol_1/late")
        await story.apply()
        report = await story.failover("lyon", is_planned=False)
        assert (report.verdict, story.served("lyon")) == (Verdict.DONE, {"vol_1"}), told(report)
        (note,) = differences(report)
        assert note.startswith("gold-lyon differs: vol_1: SMB share late for /vol_1/late where clients had it"), note

    play(quick_path, main, schedule=None)


def test_a_drill_maps_nothing_and_makes_no_share(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await with_luns(story)
        await an_igroup(story, "lyon", "hosts")
        for cluster in ("paris", "lyon"):
            await a_cifs_server(story, cluster)
        await a_share(story, "paris", "data", "/vol_1")
        await story.apply()
        report = await story.place.run(drills.start(story.place.session.group(GROUP), DrillChoice()))
        assert report.verdict is Verdict.DONE, told(report)
        assert [each["name"] for each in await story.at["lyon"].get("/storage/luns", name="*drill*")], "it has LUNs"
        assert (await maps(story, "lyon"), await shares(story, "lyon")) == ({}, {})

    play(quick_path, main, schedule=None)


@pytest.mark.slow
@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.parametrize("is_lost", [False, True])
def test_killed_anywhere_and_run_again_hosts_come_in_as_they_did(
    quick_path: Path, is_carried_out: bool, is_lost: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 4
    over: list[int] = []

    async def again(story: Story) -> RunReport:
        return await story.failover("lyon", is_planned=not is_lost)

    async def main(story: Story) -> None:
        await with_luns(story)
        await an_igroup(story, "lyon", "hosts")
        for cluster in ("paris", "lyon"):
            await a_cifs_server(story, cluster)
        await a_share(story, "paris", "data", "/vol_1")
        await story.apply()
        if is_lost:
            story.place.lose("paris")
        if not await dies(again, story, Life(calls, is_carried_out)):
            over.append(calls)
        report = await again(story)
        assert report.verdict is Verdict.DONE, (calls, told(report))
        assert await maps(story, "lyon") == {"vol_1/disk": ("hosts", 3), "vol_1/log": ("hosts", 7)}, calls
        assert (await shares(story, "lyon"))["data"]["path"] == "/vol_1", calls
        await writes(story, "lyon")
        if not is_lost:
            assert await refused(story.place.lab["paris"].doors.block(IQN).lun("/vol/vol_1/disk").write(BLOCK))

    while not over:
        play(quick_path / str(calls), main, schedule=None)
        calls += every
