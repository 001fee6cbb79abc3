"""Who is who, and which volumes belong: what a group does not lose sight of, and what it never takes for its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datamotion.service import removal
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, outcomes, play, titles, told
from tests.together.world import GROUP, SVMS, create_volumes


def test_a_local_mirror_of_an_svm_that_is_named_like_the_homes_is_never_served(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        lyon = story.at["lyon"]
        await lyon.svm("svm_gold")
        place = {"svm.name": "svm_gold", "aggregates": [{"name": "aggr1"}], "size": "100MB"}
        await lyon.post("/storage/volumes", {"name": "vol_1", **place})
        await lyon.post("/storage/volumes", {"name": "vol_1", **place, "svm.name": "svm_gold_dr", "type": "dp"})
        await lyon.post("/svm/peers", _peers("svm_gold_dr", "svm_gold", "lyon"))
        paths = {"source": {"path": "svm_gold:vol_1"}, "destination": {"path": "svm_gold_dr:vol_1"}}
        await lyon.post("/snapmirror/relationships", paths)
        await story.change_mirror("lyon", {"state": "snapmirrored"})
        await create_volumes(story.place.lab["paris"], ["vol_1", "vol_2"])
        report = await story.apply()
        assert outcomes(report, "gold-lyon") == {"vol_1": "failed", "vol_2": "done"}, told(report)
        assert "cannot become the mirror of vol_1: it is the mirror of svm_gold:vol_1" in told(report)
        story.place.lose("paris")
        assert (await story.failover()).verdict is Verdict.DONE
        assert story.served("lyon") == {"vol_2"}
        assert (await story.mirror("lyon"))["state"] == "snapmirrored", "it is left alone"

    play(quick_path, story)


def _peers(svm: str, peer: str, cluster: str, *applications: str) -> dict[str, Any]:
    return {
        "svm.name": svm,
        "peer": {"svm": {"name": peer}, "cluster": {"name": cluster}},
        "applications": list(applications or ("snapmirror",)),
    }


async def _refusal(story: Story, to: str | None = None) -> str:
    """Why a failover is refused."""
    plan = await story.plan_failover(to)
    assert not plan.changes
    return told(plan)


@pytest.mark.parametrize("also_deleted", [False, True])
def test_a_volume_whose_mirror_was_deleted_is_named_and_takes_a_partial_failover(
    also_deleted: bool, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.delete_mirror("lyon", "vol_2")
        if also_deleted:  # then oslo is who knows of it
            volume = await story.volume("lyon", "vol_2", "uuid")
            await story.at["lyon"].delete(f"/storage/volumes/{volume['uuid']}")
        story.place.lose("paris")
        refusal = await _refusal(story, "lyon")
        assert "vol_2" in refusal
        assert "--allow-partial" in refusal
        report = await story.failover("lyon", allow_partial=True)
        assert story.served("lyon") == {"vol_1"}
        assert (report.verdict, outcomes(report)["vol_1"]) == (Verdict.PARTLY, "done")
        assert "vol_2" in told(report)
        assert (await story.status()).verdict is not Verdict.DONE

    play(quick_path, story, targets=("lyon", "oslo"))


@pytest.mark.parametrize("pattern", ["vol_1", "vool_*"])
def test_what_a_pattern_selects_no_more_is_named_and_goes_along(pattern: str, quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        narrowed = story.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=[pattern]))
        plan = await narrowed.plan()
        assert plan.verdict is not Verdict.DONE
        assert "vol_2 is a member of gold, and `volumes` of gold-paris does not select it any more" in told(plan)
        assert "vol_2" in (await narrowed.concerns())["left out"].volumes
        assert ("no volume at gold-paris matches vool_*" in told(plan)) is (pattern == "vool_*")
        story.place.lose("paris")
        assert (await narrowed.failover()).verdict is Verdict.DONE
        assert story.served("lyon") == {"vol_1", "vol_2"}

    play(quick_path, story)


def test_where_a_target_serves_the_home_s_volumes_are_named_which_count_there(quick_path: Path) -> None:
    """It has none of its own; written there, they would take the place of all that it has from the home."""

    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        assert (await story.failover("lyon", is_planned=True)).verdict is Verdict.DONE
        inheriting = story.configured(lambda tree: tree["backends"]["gold-lyon"].pop("volumes"))
        for each, whose in ((story, "gold-lyon"), (inheriting, "gold-paris")):
            refused = await each.planned(removal.unprotect(each.place.session.group(GROUP), ["vol_2"]))
            assert f"narrow `volumes` of {whose} in the configuration first" in told(refused)
        narrowed = inheriting.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=["vol_1"]))
        told_of = (await narrowed.concerns())["left out"]
        assert "`volumes` of gold-paris does not select it any more" in told_of.text
        assert "add its name to `volumes` of gold-paris" in (told_of.hint or "")
        empty = inheriting.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=["vool_*"]))
        assert "correct `volumes` of gold-paris" in ((await empty.concerns())["nothing selected"].hint or "")

    play(quick_path, story)


def test_a_cluster_peer_that_goes_by_a_local_name_is_peered_all_the_same(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        for cluster in ("paris", "lyon"):
            peer = await story.at[cluster].one("/cluster/peers")
            await story.at[cluster].patch(f"/cluster/peers/{peer['uuid']}", {"name": "somewhere"})
        await story.protected("vol_1")
        assert (await story.mirror("lyon"))["state"] == "snapmirrored"

    play(quick_path, story)


def test_a_renamed_source_is_recognised_and_gets_no_second_copy(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.change("paris", "vol_1", {"name": "vol_one"})
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        assert "vol_1 is called vol_one at gold-paris now" in told(report)
        assert [each["name"] for each in await story.at["lyon"].get("/storage/volumes")] == ["vol_1"]

    play(quick_path, story)


def test_the_home_is_fenced_too_where_the_served_copy_was_renamed_and_lost_its_relationship(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        await story.failover()
        await story.delete_mirror("lyon")
        await story.change("lyon", "vol_1", {"name": "served"})
        story.place.regain("paris")
        await story.apply()
        assert story.served("paris") == set()
        (volume,) = (await story.group()).volumes
        assert volume.active == "gold-lyon"
        assert {copy.backend: (copy.name, copy.role) for copy in volume.copies} == {
            "gold-paris": ("vol_1", "fenced"),
            "gold-lyon": ("served", "active"),
        }

    play(quick_path, story)


async def _offline(story: Story) -> None:
    await story.change("paris", "vol_1", {"state": "offline"})


async def _nothing(_: Story) -> None: ...


@pytest.mark.parametrize(
    ("arrange", "policy", "why"),
    [
        (_offline, "Asynchronous", "offline"),
        (_nothing, "Sync", "synchronous"),
        (_nothing, "None such", "None such"),
    ],
    ids=["source offline", "synchronous policy", "no such policy"],
)
def test_what_cannot_be_mirrored_is_refused_in_the_plan_and_nothing_is_made(
    arrange: Callable[[Story], Any], policy: str, why: str, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        await arrange(story)
        told_to = story.configured(lambda tree: tree["groups"][GROUP]["targets"][0].update(policy=policy))
        plan = await told_to.plan()
        assert why in told(plan), told(plan)
        assert plan.verdict is not Verdict.DONE
        assert not {"Create destination volumes", "Create relationships"} & set(titles(plan))
        report = await told_to.apply()
        assert report.verdict.exit_status != 0
        assert await story.at["lyon"].get("/storage/volumes") == []

    play(quick_path, story)


def test_svms_that_are_peered_for_something_else_are_allowed_snapmirror(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.at["lyon"].post("/svm/peers", _peers(SVMS["lyon"], SVMS["paris"], "paris", "flexcache"))
        peer = await story.at["paris"].one("/svm/peers")
        await story.at["paris"].patch(f"/svm/peers/{peer['uuid']}", {"state": "peered"})
        await story.protected("vol_1")
        peer = await story.at["lyon"].one("/svm/peers", fields="applications")
        assert set(peer["applications"]) == {"flexcache", "snapmirror"}

    play(quick_path, story)


def test_targets_with_equal_svms_and_aggregates_get_both_mirrors_while_one_is_still_to_be_peered(
    quick_path: Path,
) -> None:
    async def story(story: Story) -> None:
        first = story.configured(lambda tree: tree["groups"][GROUP]["targets"].pop())
        await first.protected("vol_1")
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        for target in ("lyon", "rome"):
            assert (await story.mirror(target))["state"] == "snapmirrored"

    play(quick_path, story, targets=("lyon", "rome"))


def test_a_vault_that_carried_nothing_is_not_updated(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        vault = story.configured(lambda tree: tree["groups"][GROUP]["targets"][0].update(policy="XDPDefault"))
        await vault.protected("vol_1")
        story.write("paris", "vol_1", "newer")
        report = await vault.update()
        assert report.verdict is not Verdict.DONE
        assert "XDPDefault" in told(report)
        assert "label" in told(report), told(report)
        assert "newer" not in story.files("lyon")

    play(quick_path, story, schedule=None)


def test_a_renamed_or_foreign_member_is_taken_out_only_by_name(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        narrowed = story.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=["vol_1"]))
        group = narrowed.place.session.group(GROUP)
        assert "vol_1" in await _refused_to_leave(story)
        assert (await narrowed.place.run(removal.unprotect(group, ["vol_2"]))).verdict is Verdict.DONE
        assert [each.volume for each in (await narrowed.group()).volumes] == ["vol_1"]
        assert (await narrowed.plan()).verdict is Verdict.DONE

    play(quick_path, story)


async def _refused_to_leave(story: Story) -> str:
    plan = await story.planned(removal.unprotect(story.place.session.group(GROUP), ["vol_1"]))
    assert not plan.changes
    return told(plan)


def test_of_a_copy_that_is_all_there_is_it_says_how_to_come_at_what_it_holds(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await story.at["lyon"].delete(f"/snapmirror/relationships/{(await story.mirror('lyon'))['uuid']}")
        assert "reprotect gold takes it up again" in ((await story.concerns())["detached"].hint or "")
        await story.change("paris", "vol_1", {"nas": {"path": ""}})
        await story.at["paris"].delete(f"/storage/volumes/{(await story.volume('paris', 'vol_1', 'uuid'))['uuid']}")
        hint = (await story.concerns())["detached"].hint or ""
        assert "volume clone create -vserver svm_gold_dr -flexclone vol_1_copy -parent-volume vol_1" in hint

    play(quick_path, story)


def test_a_target_without_volumes_of_its_own_takes_no_stranger_in_while_it_serves(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = story.configured(lambda tree: tree["backends"]["gold-lyon"].pop("volumes"))
        await story.protected("vol_1")
        await create_volumes(story.place.lab["lyon"], ["own"])
        assert (await story.failover("lyon", is_planned=True)).verdict is Verdict.DONE
        assert [each.volume for each in (await story.group()).volumes] == ["vol_1"]
        assert "own" not in told(await story.plan())
        await create_volumes(story.place.lab["lyon"], ["vol_2"])
        assert [each.volume for each in (await story.group()).volumes] == ["vol_1", "vol_2"]

    play(quick_path, main, schedule=None)
