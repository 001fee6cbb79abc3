"""What would become of a group if a site went now, against what does become of it."""

from __future__ import annotations

import io
from pathlib import Path

import trio
from rich.console import Console

from datamotion.cli.render_explained import render_explained
from datamotion.service import mirrors
from datamotion.service.explain import ExplainReport, explain
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, play, told
from tests.together.test_failover_ways import divided
from tests.together.test_mirrors import writes
from tests.together.world import GROUP, create_volumes

BOTH = ("lyon", "oslo")


async def explained(story: Story) -> ExplainReport:
    return await explain(story.place.session, GROUP)


def shown(report: ExplainReport) -> str:
    told = io.StringIO()
    render_explained(report, Console(file=told, width=1000))
    return told.getvalue()


def test_what_it_says_is_what_a_failover_does_and_nothing_is_changed(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await trio.sleep(600)
        await story.change_mirror("oslo", {"state": "paused"}, "vol_2")
        await trio.sleep(3600)
        before = await writes(story)
        report = await explained(story)
        assert await writes(story) == before
        home, lyon, oslo = report.sites
        assert (home.serves, [each.backend for each in home.places]) == (True, ["gold-lyon", "gold-oslo"])
        assert home.places[0].why_not is None
        assert home.places[1].why_not is not None
        assert (lyon.serves, lyon.unmirrored, oslo.unmirrored) == (False, (), ())
        text = shown(report)
        assert "If gold-paris went now: gold-lyon would serve 2 volumes, and at worst the last " in text
        assert "If gold-lyon went now: clients notice nothing, and every volume has another mirror" in text
        assert report.verdict is Verdict.DONE
        story.place.lose("paris")
        done = await story.failover(max_loss=None)
        assert done.serving == "gold-lyon"

    play(quick_path, main, targets=BOTH)


def test_where_nothing_could_take_over_it_says_what_could_at_its_price(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        await story.change_mirror("lyon", {"state": "paused"})
        await trio.sleep(3 * 3600)
        report = await explained(story)
        home, lyon = report.sites
        assert report.verdict is Verdict.ATTENTION
        assert home.plan is not None
        assert home.plan.verdict is Verdict.REFUSED
        text = shown(report)
        assert "If gold-paris went now: nothing could take over by itself" in text
        assert "over the group's RPO of 2 h" in text
        assert "--max-loss" in text
        assert lyon.unmirrored == ("vol_1",)
        assert "1 volume would have no mirror left" in text

    play(quick_path, main)


def test_a_volume_without_any_mirror_is_told_to_go_with_its_site(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        await create_volumes(story.place.lab["paris"], ["vol_9"])
        report = await explained(story)
        assert report.verdict is Verdict.ATTENTION
        assert [each.lost for each in report.sites] == [("vol_9",), ()]
        assert [each.hint for each in report.sites] == ["datamotion apply gold mirrors what it can", None]
        text = shown(report)
        assert "gold-lyon would serve 1 volume" in text
        assert "1 volume would be gone with it" in text
        assert "there is no other copy of vol_9" in text
        refused = await story.plan_failover(is_planned=None)
        assert "datamotion apply gold makes what is missing" in told(refused), told(refused)

    play(quick_path, main)


def test_of_a_divided_group_it_says_what_would_be_lost_of_what_is_served_there(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = await divided(story)
        await trio.sleep(300)
        report = await explained(story)
        assert "gold is divided: served by gold-paris and gold-lyon" in shown(report)
        home, lyon = report.sites
        assert (home.serves, lyon.serves) == (True, True)
        (place,) = home.places
        assert place.loses_s is not None
        assert 300 <= place.loses_s < 1500
        assert lyon.lost == (), "the copy that served before is there, and says what it lacks"

    play(quick_path, main, schedule=None)


def test_where_nobody_can_tell_who_serves_it_does_not_say_that_clients_notice_nothing(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1", "vol_2")
        await story.delete_mirror("lyon", "vol_2")
        story.place.lose("paris")
        assert (await story.failover("lyon", allow_partial=True)).serving is None
        story.place.lose("lyon")
        report = await explained(story)
        paris, lyon, oslo = report.sites
        assert (paris.undecided, lyon.undecided, oslo.undecided) == (("vol_1", "vol_2"), ("vol_1", "vol_2"), ())
        assert report.verdict is Verdict.ATTENTION
        text = shown(report)
        assert "If gold-lyon went now (it is not seen now): who serves 2 volumes nobody can tell" in text
        assert "datamotion status gold says who may serve them" in text

    play(quick_path, main, targets=BOTH)


def test_copies_that_are_only_out_of_sight_are_not_said_to_be_none(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("lyon")
        story.place.lose("oslo")
        report = await explained(story)
        home, lyon, _ = report.sites
        assert (home.lost, home.unsighted, report.unmirrored) == ((), ("vol_1",), ("vol_1",))
        assert (lyon.unmirrored, report.verdict) == (("vol_1",), Verdict.ATTENTION)
        text = shown(report)
        assert "nothing could take over by itself; no other copy of 1 volume is in sight" in text
        assert "no other copy of vol_1 can be seen; gold-lyon and gold-oslo may hold one" in text
        assert "clients notice nothing, and 1 volume has no mirror in sight as it is" in text
        for untrue in ("there is no other copy", "gone with it", "no mirror left"):
            assert untrue not in text
        story.place.regain("lyon")
        assert "If gold-lyon went now: clients notice nothing, and 1 volume would have no mirror left" in shown(
            await explained(story)
        )

    play(quick_path, main, targets=BOTH)


def test_of_the_last_copy_in_reach_it_says_that_nothing_would_be_left(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        story.place.lose("paris")
        assert (await story.failover("lyon")).verdict is Verdict.DONE
        assert (await story.place.run(mirrors.reprotect(story.place.session.group(GROUP)))).serving == "gold-lyon"
        text = shown(await explained(story))
        assert "datamotion failover gold --to gold-oslo --unplanned --dry-run shows its" in text
        story.place.lose("lyon")
        (oslo,) = (each for each in (await explained(story)).sites if each.backend == "gold-oslo")
        assert (oslo.serves, oslo.unmirrored) == (False, ("vol_1",))

    play(quick_path, main, targets=BOTH)
