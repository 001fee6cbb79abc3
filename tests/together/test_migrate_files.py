"""Files brought to other volumes of their cluster: whole under their name, at one place, wherever the process ends."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
import trio

from datamotion.service import migrations, under_way
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.verdict import Verdict
from tests.profile import thinned
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_check import calls
from tests.together.test_migrate_luns import taken
from tests.together.world import create_volumes

OTHER = "svm_other"
WITHIN, BETWEEN = "gold-paris:vol_2", "gold-other:vol_3/folder/image.raw"
CONTENT = bytes(range(256)) * 4096


async def with_a_file(story: Story) -> Story:
    """vol_1 of paris has a file in a folder, vol_2 and vol_3 of another SVM there have that folder alone."""
    paris = story.at["paris"]
    await create_volumes(story.place.lab["paris"], ["vol_1", "vol_2"])
    await paris.post("/svm/svms", {"name": OTHER})
    volume = {"name": "vol_3", "svm.name": OTHER, "aggregates": [{"name": "aggr1"}], "size": 100 * 2**20}
    await paris.post("/storage/volumes", volume)
    for tree in (story.place.tree("paris", "vol_1"), story.place.tree("paris", "vol_2"), tree_of_other(story)):
        (tree / "folder").mkdir()
    file = story.place.tree("paris", "vol_1") / "folder" / "image.raw"
    file.write_bytes(CONTENT)
    os.utime(file, (file.stat().st_mtime - 3600,) * 2)  # else it could have been written to since, by its time
    backend = {"gold-other": {"cluster": "paris", "svm": OTHER, "volumes": ["vol_*"]}}
    return story.configured(lambda tree: tree["backends"].update(backend))


def tree_of_other(story: Story) -> Path:
    return story.place.root / "paris" / "by-name" / OTHER / "vol_3"


def found(story: Story) -> dict[str, set[str]]:
    """The names in the folder of each volume."""
    trees = {name: story.place.tree("paris", name) for name in ("vol_1", "vol_2")}
    return {
        name: {each.name for each in (tree / "folder").iterdir()}
        for name, tree in {**trees, "vol_3": tree_of_other(story)}.items()
    }


def bytes_at(story: Story, to: str) -> bytes:
    tree = story.place.tree("paris", "vol_2") if to == WITHIN else tree_of_other(story)
    return (tree / "folder" / "image.raw").read_bytes()


def assert_there(story: Story, to: str, *, keeps_source: bool = False) -> None:
    """Whole at its new place, and nothing else is anywhere."""
    assert bytes_at(story, to) == CONTENT
    goal = "vol_2" if to == WITHIN else "vol_3"
    left = {"vol_1"} if keeps_source else set()
    assert found(story) == {name: {"image.raw"} if name in {goal, *left} else set() for name in found(story)}


def migration(story: Story, to: str, **more: Any) -> Any:
    return migrations.migration_of(story.place.session, "gold-paris:vol_1/folder/image.raw", to=to, **more)


async def migrate(story: Story, to: str, **more: Any) -> RunReport:
    return await story.place.run(migrations.migrate(migration(story, to, **more)))


async def gone_on_with(story: Story, to: str) -> RunReport:
    """The same command, again where a copy of a run before still goes on."""
    report = await migrate(story, to)
    if "goes on at the cluster" in told(report):
        await trio.sleep(60)
        report = await migrate(story, to)
    return report


async def abort(story: Story, to: str) -> RunReport:
    return await story.place.run(migrations.abort(migration(story, to)))


async def plan(story: Story, to: str) -> PlanReport:
    return await story.planned(migrations.migrate(migration(story, to)))


@pytest.mark.parametrize("keeps_source", [False, True])
@pytest.mark.parametrize("to", [WITHIN, BETWEEN])
def test_a_file_is_copied_whole_and_only_then_removed(quick_path: Path, to: str, keeps_source: bool) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        shown = await story.planned(migrations.migrate(migration(own, to, keeps_source=keeps_source)))
        assert taken(shown) == ["file copy"]
        gone = [] if keeps_source else ["the old file at gold-paris, once the new one was checked"]
        assert [each.text for each in shown.losses] == gone
        report = await migrate(own, to, keeps_source=keeps_source)
        assert report.verdict is Verdict.DONE, told(report)
        assert_there(own, to, keeps_source=keeps_source)

    play(quick_path, main)


@pytest.mark.parametrize("into", ["vol_2/shelf/", "vol_2/"])
def test_a_place_that_ends_with_a_slash_is_what_a_file_goes_into(quick_path: Path, into: str) -> None:
    async def main(story: Story) -> None:
        own, volume = await with_a_file(story), into.partition("/")[0]
        for _ in range(2):
            report = await migrate(own, f"gold-paris:{into}")
            assert report.verdict is Verdict.DONE, told(report)
            there = own.place.tree("paris", volume).parent / into / "image.raw"
            assert (there.read_bytes(), found(own)["vol_1"]) == (CONTENT, set())

    play(quick_path, main)


@pytest.mark.slow
@pytest.mark.parametrize(("to", "is_carried_out"), [(WITHIN, False), (WITHIN, True), (BETWEEN, True)])
def test_killed_at_any_call_it_goes_on_where_it_was(
    quick_path: Path, to: str, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 5
    over: list[int] = []

    async def main(story: Story) -> None:
        own = await with_a_file(story)
        was_cut_off = await dies(lambda mortal: migrate(mortal, to), own, Life(calls, is_carried_out))
        report = await gone_on_with(own, to)
        assert not was_cut_off or report.verdict in (Verdict.DONE, Verdict.REFUSED), (calls, told(report))
        assert_there(own, to)
        if not was_cut_off:
            over.append(calls)

    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert over[0] > 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("to", "is_carried_out"), thinned([(WITHIN, False), (BETWEEN, True), (BETWEEN, False), (WITHIN, True)], 2)
)
@pytest.mark.sweep
def test_killed_at_any_call_and_aborted_it_is_as_it_was_or_only_goes_on(
    quick_path: Path, to: str, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 2
    over: list[int] = []
    undone: list[int] = []

    async def main(story: Story) -> None:
        own = await with_a_file(story)
        if not await dies(lambda mortal: migrate(mortal, to), own, Life(calls, is_carried_out)):
            over.append(calls)
            return
        report = await abort(own, to)
        if "only the way forward" in told(report):
            assert (await migrate(own, to)).verdict is Verdict.DONE
        if found(own)["vol_2" if to == WITHIN else "vol_3"]:
            assert_there(own, to)
            return
        assert report.verdict in (Verdict.DONE, Verdict.REFUSED), (calls, told(report))
        if report.verdict is Verdict.DONE:
            undone.append(calls)
        assert (own.place.tree("paris", "vol_1") / "folder" / "image.raw").read_bytes() == CONTENT
        assert found(own) == {"vol_1": {"image.raw"}, "vol_2": set(), "vol_3": set()}

    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert undone


def test_a_file_that_is_copied_is_listed_until_it_is_at_its_place(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        whole = (own.place.tree("paris", "vol_1") / "folder" / "image.raw").stat().st_blocks * 512
        told_of: list[tuple[str, int | None, int | None]] = []

        async def watch() -> None:
            while True:
                for each in (await under_way.migrations(own.place.session)).migrations:
                    assert (each.volume, each.source, each.to) == (
                        "vol_1/folder/image.raw",
                        "gold-paris",
                        "gold-paris:vol_2/folder/image.raw",
                    )
                    told_of.append((each.state, each.moved, each.total))
                    rates.append((each.rate, each.seconds_left))
                await trio.sleep(0.5)

        rates: list[tuple[float | None, float | None]] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            assert (await migrate(own, WITHIN)).verdict is Verdict.DONE
            nursery.cancel_scope.cancel()
        copying = [(moved, total) for state, moved, total in told_of if state == "being copied"]
        assert copying, told_of
        assert all(total == whole and moved is not None and 0 < moved < whole for moved, total in copying), copying
        assert any(rate and left for rate, left in rates), rates
        assert not (await under_way.migrations(own.place.session)).migrations

    play(quick_path, main)


def test_one_that_was_taken_aside_is_listed_and_a_store_that_cannot_be_read_is_told(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        assert await dies(lambda mortal: migrate(mortal, WITHIN), own, Life(1, is_carried_out=False))
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert (listed.state, listed.moved) == ("to be copied, taken aside", None)
        (own.place.root / "datamotion.db").write_bytes(b"no database" * 1000)
        report = await under_way.migrations(own.place.session)
        assert not report.migrations
        assert "whether files are copied" in report.unseen[0]

    play(quick_path, main)


def test_a_file_that_is_written_to_meanwhile_stays(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        assert await dies(lambda mortal: migrate(mortal, WITHIN), own, Life(4, is_carried_out=False))
        (old,) = (own.place.tree("paris", "vol_1") / "folder").iterdir()
        with old.open("r+b") as file:  # by somebody who has it open
            file.write(b"later")
        report = await migrate(own, WITHIN)
        assert "may have been written to after it was copied" in told(report)
        assert old.read_bytes()[:5] == b"later"

    play(quick_path, main)


def test_one_that_is_written_to_while_it_is_copied_says_where_it_is_and_how_it_comes_back(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        folder = own.place.tree("paris", "vol_1") / "folder"

        async def write_to_it() -> None:  # by somebody who has it open
            with (folder / "image.raw").open("r+b") as file:
                while (folder / "image.raw").exists():
                    await trio.sleep(0.01)
                await trio.sleep(2)
                file.write(b"later")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write_to_it)
            report = await migrate(own, WITHIN)
        assert "clients find it nowhere" in told(report), told(report)
        assert "with --abort, which gives the old file its name again" in told(report)
        assert (await abort(own, WITHIN)).verdict is Verdict.DONE
        assert (folder / "image.raw").read_bytes()[:5] == b"later"

    play(quick_path, main)


def test_of_a_file_with_other_names_it_is_told_that_this_one_becomes_a_file_of_its_own(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        assert "hard links" not in told(await plan(own, WITHIN))
        folder = own.place.tree("paris", "vol_1") / "folder"
        (folder / "again.raw").hardlink_to(folder / "image.raw")
        assert "image.raw is one file of 2 names (hard links): this name becomes a file of its own" in told(
            await plan(own, WITHIN)
        )
        assert (await migrate(own, WITHIN)).verdict is Verdict.DONE
        assert (folder / "again.raw").read_bytes() == bytes_at(own, WITHIN) == CONTENT

    play(quick_path, main)


@pytest.mark.parametrize("spent", range(5))
@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.parametrize("is_undone", [False, True])
def test_a_file_that_somebody_makes_where_it_goes_is_never_taken_for_the_copy(
    quick_path: Path, spent: int, is_carried_out: bool, is_undone: bool
) -> None:
    """Cut off at any call, by the same command or by its abort: what it was to bring is whole at one of the places."""

    async def main(story: Story) -> None:
        own = await with_a_file(story)
        assert await dies(lambda mortal: migrate(mortal, WITHIN), own, Life(spent, is_carried_out))
        there, theirs = own.place.tree("paris", "vol_2") / "folder" / "image.raw", b"theirs"
        if there.exists():
            return  # it has its name: nobody else takes that
        there.write_bytes(theirs)
        if is_undone:
            assert (await abort(own, WITHIN)).verdict is not Verdict.FAILED
        report = await migrate(own, WITHIN)
        assert report.verdict is Verdict.REFUSED, told(report)
        assert "gold-paris:vol_2/folder/image.raw" in told(report)
        await migrate(own, WITHIN)
        left = [each.read_bytes() for each in (own.place.tree("paris", "vol_1") / "folder").iterdir()]
        assert (left, there.read_bytes()) == ([CONTENT], theirs)
        there.unlink()
        assert (await gone_on_with(own, WITHIN)).verdict is Verdict.DONE
        assert_there(own, WITHIN)

    play(quick_path, main)


def test_a_file_that_somebody_makes_there_while_it_is_copied_stops_it_with_both_named(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        there = own.place.tree("paris", "vol_2") / "folder" / "image.raw"

        async def write_there() -> None:
            while not list(there.parent.iterdir()):
                await trio.sleep(0.01)
            there.write_bytes(b"theirs")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write_there)
            report = await migrate(own, WITHIN)
        assert report.verdict is not Verdict.DONE
        assert "somebody made gold-paris:vol_2/folder/image.raw meanwhile: it is not the copy" in told(report)
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        assert listed.state == "taken aside, and somebody made gold-paris:vol_2/folder/image.raw"
        assert (await abort(own, WITHIN)).verdict is Verdict.DONE
        assert found(own)["vol_1"] == {"image.raw"}
        assert there.read_bytes() == b"theirs"

    play(quick_path, main)


def test_where_somebody_takes_the_old_one_away_its_copy_is_named_and_kept(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        assert await dies(lambda mortal: migrate(mortal, WITHIN), own, Life(3, is_carried_out=False))
        (old,) = (own.place.tree("paris", "vol_1") / "folder").iterdir()
        old.unlink()
        (listed,) = (await under_way.migrations(own.place.session)).migrations
        for said in (listed.state, told(await migrate(own, WITHIN)), told(await abort(own, WITHIN))):
            assert "may be the only copy" in said
        (copy,) = (own.place.tree("paris", "vol_2") / "folder").iterdir()
        assert copy.read_bytes() == CONTENT

    play(quick_path, main)


async def with_folders(story: Story) -> Story:
    """The same, with a goal whose folders are missing."""
    own = await with_a_file(story)
    (own.place.tree("paris", "vol_2") / "folder").rmdir()
    return own


@pytest.mark.parametrize("calls", thinned(range(8), 3))
@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.sweep
def test_folders_are_made_on_its_way_wherever_the_process_ends(
    quick_path: Path, calls: int, is_carried_out: bool
) -> None:
    async def main(story: Story) -> None:
        own, to = await with_folders(story), "gold-paris:vol_2/new/folder/image.raw"
        (own.place.tree("paris", "vol_1") / "folder").chmod(0o750)
        assert await dies(lambda mortal: migrate(mortal, to), own, Life(calls, is_carried_out)) == (calls < 7)
        report = await gone_on_with(own, to)
        assert report.verdict in (Verdict.DONE, Verdict.REFUSED), told(report)
        made = own.place.tree("paris", "vol_2") / "new" / "folder"
        assert (made / "image.raw").read_bytes() == CONTENT
        assert [stat.S_IMODE(each.stat().st_mode) for each in (made, made.parent)] == [0o750, 0o755]
        assert not list((own.place.tree("paris", "vol_1") / "folder").iterdir())

    play(quick_path, main)


@pytest.mark.parametrize("keeps_source", [False, True])
@pytest.mark.parametrize(
    ("calls", "is_carried_out"), thinned([(0, False), (0, True), (1, False), (1, True), (2, False)], 2)
)
def test_within_its_volume_it_is_renamed_or_cloned_wherever_the_process_ends(
    quick_path: Path, keeps_source: bool, calls: int, is_carried_out: bool
) -> None:
    async def main(story: Story) -> None:
        own, to = await with_a_file(story), "gold-paris:vol_1/other/image.raw"

        async def go(mortal: Story) -> RunReport:
            return await migrate(mortal, to, keeps_source=keeps_source)

        tree = own.place.tree("paris", "vol_1")
        inode = (tree / "folder" / "image.raw").stat().st_ino
        assert await dies(go, own, Life(calls, is_carried_out)) == (calls < 2)
        assert (await abort(own, to)).verdict is Verdict.REFUSED, "there is nothing to go back from"
        report = await go(own)
        assert report.verdict in (Verdict.DONE, Verdict.REFUSED), told(report)  # refused: it is there already
        assert (tree / "other" / "image.raw").read_bytes() == CONTENT
        assert (tree / "folder" / "image.raw").exists() is keeps_source
        assert ((tree / "other" / "image.raw").stat().st_ino == inode) is not keeps_source

    play(quick_path, main)


def test_what_cannot_be_copied_is_refused_and_nothing_is_changed(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        writes = await calls(own, "writes")
        (own.place.tree("paris", "vol_2") / "folder" / "taken").write_text("theirs")
        for to, said in (
            ("gold-paris:vol_2/folder/taken", "there is a LUN or a file at"),
            ("gold-lyon:vol_2", "datamotion migrate gold-paris:vol_1 --to"),
        ):
            shown = await plan(own, to)
            assert (shown.verdict, shown.steps) == (Verdict.REFUSED, ()), to
            assert said in told(shown) or any(said in str(each.why_not) for each in shown.mechanisms), told(shown)
        assert await calls(own, "writes") == writes

    play(quick_path, main)
