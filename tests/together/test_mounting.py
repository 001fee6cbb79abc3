"""Mirrors mounted ahead, at clusters with real bytes: what clients see of them, before, during and after a failover."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from datamotion.policy.selection import Selection
from datamotion.service import mirrors, removal
from datamotion.service.verdict import Verdict
from tests.ontaplab.doors.hosts import ALL, HOST, refused
from tests.together.stories import Story, outcomes, play, told
from tests.together.world import GROUP, SVMS, create_volumes

FENCE = "datamotion_fence"
ALL_MIRRORS, AT_LYON = Selection(), Selection(at="gold-lyon")


def mounting(when: str, **more: object) -> Callable[[dict[str, Any]], None]:
    """The same configuration, with all targets mounted so."""

    def change(tree: dict[str, Any]) -> None:
        for target in tree["groups"][GROUP]["targets"]:
            target.update(mount=when, **more)

    return change


def told_ahead(root: Path, story: Callable[[Story], Awaitable[None]], targets: Sequence[str] = ("lyon",)) -> None:
    """A story whose targets mount ahead, and whose clients may come everywhere by `default`."""

    async def begin(story_: Story) -> None:
        for asker in story_.at.values():
            for policy in await asker.get("/protocols/nfs/export-policies", name="default", fields="svm,id"):
                await asker.post(f"/protocols/nfs/export-policies/{policy['id']}/rules", ALL)
        await story(story_.configured(mounting("ahead")))

    play(root, begin, targets=targets)


async def nas(story: Story, cluster: str, volume: str = "vol_1") -> tuple[str | None, str]:
    found = (await story.volume(cluster, volume, "nas.path,nas.export_policy.name"))["nas"]
    return found.get("path"), found["export_policy"]["name"]


def test_a_mirror_mounted_ahead_lets_no_nfs_client_in_until_a_failover_does(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        assert await nas(story, "lyon") == await nas(story, "oslo") == ("/vol_1", FENCE)
        nfs = story.place.lab["lyon"].doors.nfs(HOST)
        assert await refused(nfs.open(SVMS["lyon"], "/vol_1")) == "EACCES"
        story.place.lose("paris")
        report = await story.failover("lyon")
        assert report.verdict is Verdict.DONE, told(report)
        vol_1 = await nfs.open(SVMS["lyon"], "/vol_1")
        await vol_1.write(b"at lyon", "new")
        assert (story.place.served("lyon", "vol_1") / "new").read_bytes() == b"at lyon"
        assert story.files("lyon") >= {"kept", "new"}
        assert await nas(story, "oslo", "vol_2") == ("/vol_2", FENCE), "the other leg stays as it was"

    told_ahead(quick_path, story, ("lyon", "oslo"))


def test_apply_again_does_nothing_and_status_tells_it_from_what_clients_reach(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        plan = await story.plan()
        assert plan.steps == (), told(plan)
        (copy,) = [each for each in (await story.group()).volumes[0].copies if each.backend == "gold-lyon"]
        assert (copy.role, copy.path, copy.is_shut) == ("mirror", "/vol_1", True)
        assert "mounted open" not in await story.concerns()
        await story.change("lyon", "vol_1", {"nas": {"export_policy": {"name": "default"}}})
        concern = (await story.concerns())["mounted open"]
        assert "apply gold shuts it" in (concern.hint or "")
        await story.apply()
        assert await nas(story, "lyon") == ("/vol_1", FENCE)

    told_ahead(quick_path, story)


def test_going_back_unmounts_it_visibly_and_a_failover_mounts_it(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        back = story.configured(mounting("at_failover"))
        assert "from /vol_1, export policy default where datamotion_fence was" in told(await back.plan())
        await back.apply()
        assert await nas(back, "lyon") == (None, "default")
        assert (await back.plan()).steps == ()
        back.place.lose("paris")
        await back.failover()
        assert await nas(back, "lyon") == ("/vol_1", "default")

    told_ahead(quick_path, story)


def test_what_cannot_be_mounted_ahead_is_named_and_served_all_the_same(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        paris, lyon = story.at["paris"], story.at["lyon"]
        await paris.post("/protocols/nfs/export-policies", {"name": "clients", "svm.name": SVMS["paris"]})
        await create_volumes(story.place.lab["paris"], ["vol_1", "vol_2", "vol_3"])
        await story.change("paris", "vol_2", {"nas": {"export_policy": {"name": "clients"}}})
        await create_volumes(story.place.lab["lyon"], ["other"])
        await story.change("lyon", "other", {"nas": {"path": "/vol_3"}})
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert await nas(story, "lyon", "vol_1") == ("/vol_1", FENCE)
        assert await nas(story, "lyon", "vol_2") == await nas(story, "lyon", "vol_3") == (None, "default")
        plan = told(await story.plan())
        assert f"vol_2: not mounted ahead at gold-lyon, but at a failover: {SVMS['lyon']} has no export policy" in plan
        assert "vol_3: not mounted ahead at gold-lyon, but at a failover: its junction path /vol_3 is taken" in plan
        await lyon.post("/protocols/nfs/export-policies", {"name": "clients", "svm.name": SVMS["lyon"]})
        await story.change("lyon", "other", {"nas": {"path": "/other"}})
        await story.apply()
        assert await nas(story, "lyon", "vol_2") == ("/vol_2", FENCE)
        story.place.lose("paris")
        await story.failover()
        assert await nas(story, "lyon", "vol_2") == ("/vol_2", "clients")
        assert await nas(story, "lyon", "vol_3") == ("/vol_3", "default")

    told_ahead(quick_path, story)


def test_a_configured_export_policy_lets_clients_in_whenever_it_is_mounted(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.at["lyon"].post(
            "/protocols/nfs/export-policies", {"name": "dr_clients", "svm.name": SVMS["lyon"], "rules": [ALL]}
        )
        ahead = story.configured(mounting("ahead", export_policy="dr_clients"))
        later = story.configured(mounting("at_failover", export_policy="dr_clients"))
        await ahead.protected("vol_1", "vol_2")
        await later.apply()
        await later.change("lyon", "vol_2", {"nas": {"export_policy": {"name": "default"}}})
        later.place.lose("paris")
        report = await later.failover()
        assert report.verdict is Verdict.DONE, told(report)
        assert await nas(later, "lyon", "vol_1") == ("/vol_1", "dr_clients")
        assert await nas(later, "lyon", "vol_2") == ("/vol_2", "dr_clients")

    told_ahead(quick_path, story)


@pytest.mark.parametrize("before", ["at_failover", "ahead"])
@pytest.mark.parametrize("own", ["default", "guests"])
def test_a_qtree_with_a_policy_of_its_own_keeps_its_volume_from_being_mounted(
    quick_path: Path, own: str, before: str
) -> None:
    """Also one of the name that its volume's has, which no field tells before that one is another."""

    async def story(story: Story) -> None:
        lyon, first = story.at["lyon"], story.configured(mounting(before))
        await lyon.post("/protocols/nfs/export-policies", {"name": "guests", "svm.name": SVMS["lyon"], "rules": [ALL]})
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        await first.apply()
        assert await nas(story, "lyon") == (("/vol_1", FENCE) if before == "ahead" else (None, "default"))
        group = story.place.session.group(GROUP)
        await first.place.run(mirrors.break_off(group, AT_LYON))
        qtree = {"svm.name": SVMS["lyon"], "volume.name": "vol_1", "name": "own", "export_policy.name": own}
        await lyon.post("/storage/qtrees", qtree)  # the lab does not carry qtrees, nor takes them back
        await first.place.run(mirrors.resync(group, AT_LYON, discard="gold-lyon"))
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert (await nas(story, "lyon"))[0] is None
        plan = await story.plan()
        assert plan.steps == ()
        assert "qtree own has an export policy of its own" in told(plan)

    told_ahead(quick_path, story)


def test_pausing_breaking_and_resyncing_cope_with_it(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected()
        group = story.place.session.group(GROUP)
        await story.place.run(mirrors.pause(group, ALL_MIRRORS, timeout=timedelta(hours=1)))
        assert (await story.plan()).steps == ()
        await story.place.run(mirrors.resume(group, ALL_MIRRORS))
        broken = mirrors.break_off(group, AT_LYON)
        assert "no NFS client comes in, and SMB hosts" in told(await story.planned(broken))
        assert (await story.place.run(broken)).verdict is Verdict.DONE
        nfs = story.place.lab["lyon"].doors.nfs(HOST)
        assert await refused(nfs.open(SVMS["lyon"], "/vol_1")) == "EACCES", "writable, and still shut"
        assert (await story.group()).volumes[0].copies[1].role == "broken off"
        report = await story.place.run(mirrors.resync(group, AT_LYON, discard="gold-lyon"))
        assert outcomes(report) == {"vol_1": "done"}, told(report)
        assert await nas(story, "lyon") == ("/vol_1", FENCE)
        assert (await story.plan()).steps == ()

    told_ahead(quick_path, story)


def test_what_leaves_the_group_is_unmounted_or_deleted(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        group = story.place.session.group(GROUP)
        report = await story.place.run(removal.unprotect(group))
        assert report.verdict is Verdict.DONE, told(report)
        assert await nas(story, "lyon") == (None, FENCE)
        assert "keep export policy datamotion_fence" in told(report)

    told_ahead(quick_path, story)
