"""One object that two operators bring to two places: what keeps the winner is named, and that way leads through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from datamotion.service import migrations, under_way
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_migrate import served_with_a_file, volumes_at
from tests.together.test_migrate_groups import THREE, assert_moved, named, with_targets

Go = Callable[[Story, str], Awaitable[RunReport]]


def elsewhere(story: Story, folder: Path) -> Story:
    """The same at another host, whose store tells nothing of what is done here."""
    folder.mkdir()
    return story.configured(lambda tree: tree.update(store=str(folder / "store.db")))


def migration(story: Story, what: str, to: str, *, is_undone: bool = False) -> Any:
    session = story.place.session
    return migrations.migration_of(session, what, to=to, aggregates=("aggr1",), is_undone=is_undone)


async def mirrored(story: Story, what: str, cluster: str) -> None:
    """Somebody's run brings it there, and is cut off once that is a mirror."""

    async def go(mortal: Story) -> RunReport:
        return await mortal.place.run(migrations.migrate(migration(mortal, what, f"gold-{cluster}")))

    while not [each for each in await mirrors_at(story, cluster) if each["state"] == "snapmirrored"]:
        assert await dies(go, story, Life(0, is_carried_out=True))


async def mirrors_at(story: Story, cluster: str) -> list[dict[str, Any]]:
    found = await story.at[cluster].http.get("/api/snapmirror/relationships", params={"fields": "state"})
    records: list[dict[str, Any]] = found.json()["records"]
    return records


async def led_through(winner: Story, loser: Story, what: str, to: str, other: str, abort: str) -> None:
    """The winner serves, and is done once what it names was done, by whom ever."""

    async def go() -> RunReport:
        return await winner.place.run(migrations.migrate(migration(winner, what, to)))

    for _ in range(2):
        report = await go()
        assert report.verdict is not Verdict.DONE
        assert "as a mirror of it, at a place that this migration is not about" in told(report)
        assert f"datamotion migrate {abort} --to BACKEND --abort undoes that, then the same command again" in told(
            report
        )
        assert winner.served("oslo") == {"vol_1"}
    undone = await loser.place.run(migrations.abort(migration(loser, what, other, is_undone=True)))
    assert undone.verdict is Verdict.DONE, told(undone)
    report = await go()
    assert report.verdict is Verdict.DONE, told(report)


@pytest.mark.parametrize("is_undone_by_loser", [False, True])
def test_a_volume_that_another_run_mirrors_elsewhere(quick_path: Path, is_undone_by_loser: bool) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        other = elsewhere(story, quick_path / "elsewhere")
        await mirrored(other, "gold-paris:vol_1", "lyon")
        # Both had looked before either marked it, and the mark that was written last stays.
        await story.change("paris", "vol_1", {"comment": ""})
        undone_by = other if is_undone_by_loser else story
        await led_through(story, undone_by, "gold-paris:vol_1", "gold-oslo", "gold-lyon", "gold-paris:vol_1")
        assert [await volumes_at(story, cluster) for cluster in ("paris", "lyon")] == [{}, {}]
        assert story.files("oslo") == {"kept"}
        for cluster in ("paris", *THREE):
            assert await named(story, cluster, "/snapmirror/policies", "datamotion_*") == []
            assert await mirrors_at(story, cluster) == []

    play(quick_path, main, targets=THREE)


def test_the_run_that_lost_is_told_who_won_and_its_way_out_leads_through(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        loser, what = elsewhere(story, quick_path / "elsewhere"), "gold-paris:vol_1"
        await mirrored(loser, what, "lyon")
        await story.change("paris", "vol_1", {"comment": ""})  # both had looked before either marked it

        async def won() -> RunReport:
            return await story.place.run(migrations.migrate(migration(story, what, "gold-oslo")))

        assert (await won()).verdict is not Verdict.DONE
        for _ in range(2):
            report = await loser.place.run(migrations.migrate(migration(loser, what, "gold-lyon")))
            assert report.verdict is Verdict.REFUSED
            assert "another command brings vol_1 to gold-oslo, and keeps clients away from it at gold-paris" in told(
                report
            )
            assert "the same command with --abort undoes this one" in told(report)
            assert "mend that" not in told(report)
        assert story.served("oslo") == {"vol_1"}
        states = {each.to: each.state for each in (await under_way.migrations(story.place.session)).migrations}
        assert states["gold-oslo"] == "served there, to be finished, clients are kept away from gold-paris"
        undone = await loser.place.run(migrations.abort(migration(loser, what, "gold-lyon", is_undone=True)))
        assert undone.verdict is Verdict.DONE, told(undone)
        assert (await won()).verdict is Verdict.DONE
        assert story.served("oslo") == {"vol_1"}

    play(quick_path, main, targets=THREE)


@pytest.mark.parametrize("is_undone_by_loser", [False, True])
def test_a_group_that_another_run_mirrors_elsewhere(quick_path: Path, is_undone_by_loser: bool) -> None:
    """Undoing the other one lets nobody in at the old home: the group is served by then."""

    async def main(story: Story) -> None:
        own = with_targets(story, "paris", "lyon")
        await own.protected("vol_1")
        other = elsewhere(own, quick_path / "elsewhere")
        await mirrored(other, "gold", "rome")
        undone_by = other if is_undone_by_loser else own
        await led_through(own, undone_by, "gold", "gold-oslo", "gold-rome", "gold")
        assert own.served("paris") == set()
        assert await named(own, "rome", "/storage/volumes", "vol_*") == []
        assert await named(own, "rome", "/snapmirror/policies", "datamotion_*") == []
        await assert_moved(with_targets(own, "oslo", "lyon"), "kept")

    play(quick_path, main, targets=(*THREE, "rome"))
